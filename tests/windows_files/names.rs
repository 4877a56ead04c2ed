//! Where things lie and what they are called: names that shells and tools stumble over, paths longer than Windows once could, letters that
//! differ by case alone, other drives, shares, databases elsewhere, and what Windows redirected.

use crate::play::{Bytes, Play, bytes};
use crate::support::wine::updater;
use crate::support::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Moves the site to another folder below the one of the play.
fn moved(play: &mut Play, to: &str) {
    let to = play.folder.join(to);
    fs::create_dir_all(to.parent().expect("a parent")).expect("folders");
    fs::rename(&play.site, &to).expect("renamed");
    play.site = to;
}

/// An update, what it must leave, and a rollback to exactly what was there.
#[track_caller]
fn there_and_back(play: &Play, more: &[&str]) {
    let before = play.now();
    play.update(more).expect(0);
    play.expect_new();
    play.update(more).expect(10);
    play.verb("rollback", &[]).expect(0);
    assert_eq!(play.now(), before);
}

const STRANGE: &str = "Büro & Söhne (100 %) ^ ! %PATH% 'a' ,;=+[]{}`~@#$ — 日本語 ελλ";

#[test]
fn names_that_shells_stumble_over_are_names_like_others() {
    let mut play = Play::with("strange", &updater(), |payload| {
        for (tree, version) in [("code", "2.0"), ("releases/1.0/code", "1.0")] {
            let tree = payload.join(tree);
            write(&tree.join(format!("bin/{STRANGE}.txt")), version);
            write(&tree.join(format!("{STRANGE} {version}/part 1.txt")), version);
            write(&tree.join("bin/ leading.and..dots.txt"), version);
        }
    });
    moved(&mut play, &format!("{STRANGE}/{STRANGE}"));
    write(&play.site.join(format!("uploads/{STRANGE}")), "the site's own");
    write(&play.site.join(format!("shared/{STRANGE}.ini")), "the site's own");
    there_and_back(&play, &[]);
    for path in [format!("uploads/{STRANGE}"), format!("shared/{STRANGE}.ini")] {
        assert_eq!(fs::read_to_string(play.site.join(&path)).expect("there"), "the site's own");
    }
}

/// More characters than a path could once have: <https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation>.
const LIMIT: usize = 260;

#[test]
fn files_deeper_than_260_characters_are_updated() {
    let deep = ["a folder of the application with a name of forty"; 3].join("/");
    let mut play = Play::with("deep-files", &updater(), |payload| {
        for (tree, version) in [("code", "2.0"), ("releases/1.0/code", "1.0")] {
            write(&payload.join(tree).join("lib").join(&deep).join("three.txt"), version);
            write(&payload.join(tree).join("shared").join(&deep).join("four.txt"), version);
        }
    });
    // The folder itself is not too deep; everything below is.
    moved(&mut play, &["a folder above the application, of forty char"; 3].join("/"));
    let own = play.site.join("shared").join(&deep).join("mine.txt");
    write(&own, "the site's own");
    assert!(play.wine.seen(&play.site).len() < LIMIT && play.wine.seen(&own).len() > LIMIT);
    there_and_back(&play, &[]);
    assert_eq!(fs::read_to_string(&own).expect("there"), "the site's own");
}

#[test]
fn an_application_deeper_than_260_characters_is_updated_with_its_database() {
    let mut play = Play::new("deep-site");
    moved(&mut play, &["a folder above the application, of forty char"; 6].join("/"));
    assert!(play.wine.seen(&play.site).len() > LIMIT);
    there_and_back(&play, &[]);
}

/// Gives files and folders other letters, from the innermost to the outermost.
fn recased(site: &Path) {
    for (from, to) in [
        ("lib/one.txt", "One.TXT"),
        ("lib", "LIB"),
        ("shared/other.txt", "OTHER.txt"),
        ("shared/same.txt", "Same.Txt"),
        ("shared", "Shared"),
        ("VERSION", "Version"),
        ("start.cmd", "START.CMD"),
        ("settings.ini", "SETTINGS.INI"),
        ("data/mini.db", "Mini.DB"),
        ("data", "Data"),
        ("bin/part.dll", "PART.DLL"),
    ] {
        let from = site.join(from);
        let to = from.with_file_name(to);
        fs::rename(from, to).expect("renamed");
    }
}

/// By names as Windows tells them apart. No two may be one.
fn folded(now: &Bytes) -> Bytes {
    let folded: Bytes = now.iter().map(|(path, what)| (path.to_lowercase(), what.clone())).collect();
    assert_eq!(folded.len(), now.len(), "two names are one: {:?}", now.keys());
    folded
}

#[test]
fn a_site_with_names_of_other_case_is_updated_and_loses_nothing_of_its_own() {
    let play = Play::new("case");
    recased(&play.site);
    write(&play.site.join("LIB/Mine.txt"), "the site's own, in a folder of the release");
    let before = play.now();
    play.update(&[]).expect(0);
    let (now, new) = (folded(&play.now()), folded(&bytes(&play.payload.join("code"))));
    for (path, what) in &new {
        assert_eq!(now.get(path), Some(what), "{path}");
    }
    let own: BTreeSet<&str> = now.keys().map(String::as_str).filter(|path| !new.contains_key(*path)).collect();
    let expected = [
        "data",
        "data/mini.db",
        "lib/mine.txt",
        "settings.ini",
        "shared/mine.txt",
        "uploads",
        "uploads/a.txt",
    ];
    assert_eq!(own, BTreeSet::from(expected));
    assert_eq!(now["lib/mine.txt"], folded(&before)["lib/mine.txt"]);
    let database = fs::read_dir(play.site.join("Data"))
        .expect("the same folder")
        .next()
        .expect("a file");
    play.expect_new_data(&database.expect("a file").path());
    play.verb("rollback", &[]).expect(0);
    assert_eq!(folded(&play.now()), folded(&before));
}

/// Makes a drive letter, or a share, of a folder.
fn drive(play: &Play, name: &str, folder: &Path) {
    let link = play.wine.drive_c().with_file_name("dosdevices").join(name);
    fs::create_dir_all(link.parent().expect("a parent")).expect("folders");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(folder, link).expect("a link");
}

#[test]
fn an_application_is_reached_through_another_drive_and_through_a_share() {
    let play = Play::new("drives");
    let before = play.now();
    drive(&play, "q:", &play.folder);
    drive(&play, "unc/office/share", &play.folder);
    for app in [r"Q:\site", r"q:\SITE\", r"Q:/site", r"\\office\share\site", r"\\?\Q:\site"] {
        play.run(&["--app", app], &[]).expect(0);
        play.expect_new();
        play.run(&["--app", app], &[]).expect(10);
        play.run(&["rollback", "--app", app], &[]).expect(0);
        assert_eq!(play.now(), before, "{app}");
    }
}

#[test]
fn a_database_elsewhere_is_found_by_option_and_by_variable() {
    let mut play = Play::with("elsewhere", &updater(), |payload| {
        replace(
            &payload.join("holdfast.toml"),
            r#"path = "data/mini.db""#,
            r#"path = "${MINI_DATA}/mini.db""#,
        );
    });
    let outside = play.folder.join("Daten der Firma & Co");
    fs::rename(play.site.join("data"), &outside).expect("renamed");
    moved(&mut play, "Programm/Mini");
    let (before, data) = (play.now(), bytes(&outside));
    drive(&play, "r:", &outside);
    let seen = play.wine.seen(&outside);
    let variable = [("MINI_DATA", seen.clone())];
    type Way<'a> = (&'a [&'a str], &'a [(&'a str, String)]);
    let ways: [Way<'_>; 3] = [
        (&[], &variable),
        (&["--database", &format!(r"main={seen}\mini.db")], &[]),
        (&["--database", r"main=R:\mini.db"], &[]),
    ];
    for (words, environment) in ways {
        play.update_with(words, environment).expect(0);
        play.expect_new_data(&outside.join("mini.db"));
        play.verb("rollback", &[]).expect(0);
        assert_eq!((play.now(), bytes(&outside)), (before.clone(), data.clone()), "{words:?}");
    }
    play.update(&[]).expect(20);
    assert_eq!(reason(&play.site), "DATABASE:MISSING");
}

/// Where Windows would put what the application wrote to a file.
fn redirected(play: &Play, path: &str) -> PathBuf {
    let ran = play.wine.batch(&["echo %LOCALAPPDATA%".to_owned()]);
    let local = ran
        .stdout
        .trim()
        .strip_prefix(r"C:\")
        .expect("a folder on drive C:")
        .replace('\\', "/");
    let inside = play.site.strip_prefix(play.wine.drive_c()).expect("a site on drive C:");
    play.wine.drive_c().join(local).join("VirtualStore").join(inside).join(path)
}

#[test]
fn a_database_that_windows_redirected_is_found_and_two_are_refused_by_name() {
    let play = Play::new("redirected");
    let (live, copy) = (play.site.join("data/mini.db"), redirected(&play, "data/mini.db"));
    write(&copy, fs::read(&live).expect("the database"));
    rusqlite::Connection::open(&copy)
        .and_then(|c| c.execute_batch("INSERT INTO thing VALUES (7, 'written since')"))
        .expect("a row");
    let before = play.now();
    let ran = play.update(&[]).expect(20);
    for path in [&live, &copy] {
        assert!(ran.stderr.contains(&play.wine.seen(path)), "{}", ran.stderr);
    }
    assert_eq!((reason(&play.site).as_str(), play.now()), ("TARGET:INVALID", before));
    fs::remove_file(&live).expect("removed");
    play.update(&[]).expect(0);
    assert_eq!(ask(&copy, "SELECT name FROM item WHERE id = 7"), "written since");
    assert!(!live.exists());
    play.expect_new_data(&copy);
}
