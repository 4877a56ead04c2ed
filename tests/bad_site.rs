//! What a site can be like. What the update was not made for is refused before anything is touched, each kind with its own reason and
//! with the thing named; what only looks odd (strange paths, links, files that a site may change) is updated.

mod support;

use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

/// A refusal that must come: exit code 20, a reason, things (parted by `|`) that the message names, and a site that is as before.
#[track_caller]
fn refused(updater: &Path, site: &Path, reason: &str, names: &str) -> Value {
    refused_by(&mut Command::new(updater), site, reason, names)
}

#[track_caller]
fn refused_by(updater: &mut Command, site: &Path, reason: &str, names: &str) -> Value {
    let (before, file, shown) = (
        site.is_dir().then(|| tree(site)),
        site.with_file_name("result.json"),
        site.display(),
    );
    write(&file, "");
    mode(&file, 0o666);
    let ran = run(updater.arg("--silent").arg("--app").arg(site).arg("--result").arg(&file));
    let result: Value = serde_json::from_slice(&fs::read(&file).expect("a result file")).expect("JSON");
    let message = result["request"]["message"].as_str().expect("a message");
    assert_eq!(ran.code, Some(20), "{shown}: {ran:?}");
    assert_eq!(result["failures"][0]["reason"], reason, "{shown}: {message}");
    assert_eq!(result["request"]["state"], "refused", "{shown}");
    let said = message.ends_with(". Nothing was changed.") && ran.stderr.starts_with(message);
    assert!(said, "{shown}: {ran:?}");
    for name in names.split('|') {
        assert!(message.contains(name), "{shown}: “{name}” is not in: {message}");
    }
    assert_eq!(site.is_dir().then(|| tree(site)), before, "{shown}");
    result
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
}

/// An update that must work: new code and new data, and the site's own files as they were.
#[track_caller]
fn updated(updater: &Path, site: &Path) {
    update(updater, site, &[]).expect(0);
    in_place(site);
    assert_eq!(ask(&site.join("data/mini.db"), "SELECT group_concat(name) FROM item"), "lamp,chair");
    assert_eq!(fs::read_to_string(site.join("uploads/a.txt")).expect("kept"), "an upload\n");
}

#[track_caller]
fn in_place(site: &Path) {
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION"), "2.0\n");
    assert_eq!(run(&mut Command::new(site.join("start"))).expect(0).stdout, "2.0\n");
    assert!(!site.join("gone/old.txt").exists() && site.join("added/new.txt").exists());
}

#[test]
fn another_product_is_refused_by_its_name() {
    let bench = Bench::new();
    let (site, updater) = (bench.mini_site("site"), bench.pack(&bench.mini_payload(), "update"));
    let installed = site.join(".holdfast/installed.json");
    write(&installed, r#"{"product":"stock-keeper","version":"1.0"}"#);
    let result = refused(&updater, &site, "PRODUCT:OTHER", "stock-keeper|Mini");
    assert_eq!(result["failures"][0]["fields"]["expected"], "mini");
    assert_eq!(reason(&site), "PRODUCT:OTHER");
    assert!(fs::read_to_string(installed).expect("still there").contains("stock-keeper"));
}

#[test]
fn a_folder_that_is_missing_or_not_the_product_is_refused_and_nothing_is_left_in_it() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    refused(&updater, &bench.path("nowhere"), "TARGET:MISSING", "nowhere|--app");
    assert!(!bench.path("nowhere").exists());
    write(&bench.path("file"), "no folder");
    refused(&updater, &bench.path("file"), "TARGET:MISSING", "file|--app");
    let letters = bench.path("letters");
    write(&letters.join("to-anna.txt"), "Dear Anna,\n");
    refused(&updater, &letters, "TARGET:INVALID", "letters|Mini|VERSION");
    assert!(!letters.join(".holdfast").exists(), "a folder of somebody else's got our files");
}

#[test]
fn a_version_that_the_update_does_not_start_from_is_refused_by_name() {
    let bench = Bench::new();
    let (site, updater) = (bench.mini_site("site"), bench.pack(&bench.mini_payload(), "update"));
    let long = "7".repeat(5000);
    let cases: [(&[u8], &str, &str); 9] = [
        (b"0.9\n", "VERSION:OLDER", "Mini 0.9|1.0"),
        (b"3.0\n", "VERSION:NEWER", "Mini 3.0|newer|2.0"),
        (b"1.5\n", "VERSION:UNKNOWN", "Mini 1.5|1.0"),
        (b"2.0-rc1\n", "VERSION:UNKNOWN", "Mini 2.0-rc1"),
        (b"banana\n", "VERSION:UNKNOWN", "banana|VERSION"),
        (b"", "VERSION:UNKNOWN", "VERSION"),
        (b"\n1.0\n", "VERSION:UNKNOWN", "VERSION"),
        (b"\xff\xfe1\0.\x000\0\n\0", "VERSION:UNKNOWN", "VERSION"),
        (long.as_bytes(), "VERSION:UNKNOWN", "VERSION"),
    ];
    for (text, wanted, names) in cases {
        write(&site.join("VERSION"), text);
        let result = refused(&updater, &site, wanted, names);
        let message = result["request"]["message"].as_str().expect("a message");
        assert!(message.len() < 1000, "a person cannot read {} bytes", message.len());
        assert_eq!(reason(&site), wanted);
    }
}

#[test]
fn a_version_that_is_already_there_is_said_to_be_and_nothing_is_done() {
    let bench = Bench::new();
    let (site, updater) = (bench.mini_site("site"), bench.pack(&bench.mini_payload(), "update"));
    updated(&updater, &site);
    let before = tree(&site);
    let ran = update(&updater, &site, &[]).expect(10);
    assert_eq!(
        ran.stdout,
        "Mini 2.0 is already in place. There was nothing to do. This update was not rehearsed: a test.\n"
    );
    assert_eq!(result(&site)["failures"], serde_json::json!([]));
    assert_eq!((&result(&site)["request"]["state"], tree(&site)), (&"nothing_to_do".into(), before));
}

#[test]
fn a_schema_that_drifted_is_refused_with_the_difference_named() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let cases = [
        ("ALTER TABLE thing ADD COLUMN price REAL", "in addition|thing.price REAL"),
        ("CREATE TABLE mine (a)", "in addition|table mine"),
        ("DROP TABLE thing", "lacks|table thing"),
        ("CREATE INDEX i ON thing(name)", "in addition|index i on thing(name)"),
        ("CREATE VIEW v AS SELECT 1", "in addition|view v"),
        ("CREATE TRIGGER g AFTER DELETE ON thing BEGIN SELECT 1; END", "trigger g"),
        ("ALTER TABLE thing RENAME TO things", "table things|lacks|“table thing”"),
        ("ALTER TABLE thing RENAME name TO title", "thing.title|lacks|thing.name"),
    ];
    for (n, (sql, names)) in cases.into_iter().enumerate() {
        let site = bench.mini_site(&format!("site-{n}"));
        database(&site.join("data/mini.db"), sql);
        let result = refused(&updater, &site, "SCHEMA:DRIFT", names);
        let path = result["failures"][0]["fields"]["path"].as_str();
        assert_eq!((path, reason(&site).as_str()), (site.join("data/mini.db").to_str(), "SCHEMA:DRIFT"));
    }
}

#[test]
fn statistics_that_the_site_gathered_are_no_drift() {
    let bench = Bench::new();
    let (site, updater) = (bench.mini_site("site"), bench.pack(&bench.mini_payload(), "update"));
    database(&site.join("data/mini.db"), "ANALYZE; PRAGMA application_id = 7;");
    updated(&updater, &site);
}

/// Changes a site by commands of the shell.
fn change(site: &Path, commands: &str) {
    let _ = run(Command::new("sh").args(["-ec", commands]).current_dir(site)).expect(0);
}

#[test]
fn program_files_that_are_not_as_released_are_refused_and_named() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let cases = [
        ("echo patched here >> lib/one.txt", "“lib/one.txt”|differ"),
        (": > start", "“start”|differ"),
        ("rm shared/same.txt", "“shared/same.txt”|missing"),
        ("rm -r lib", "“lib/one.txt”|missing"),
        ("rm gone/old.txt; mkdir gone/old.txt; touch gone/old.txt/x", "“gone/old.txt”"),
        ("rm gone/old.txt; : > lib/one.txt", "“lib/one.txt”|differ|“gone/old.txt”|missing"),
    ];
    for (n, (commands, names)) in cases.into_iter().enumerate() {
        let site = bench.mini_site(&format!("site-{n}"));
        change(&site, commands);
        refused(&updater, &site, "CODE:CHANGED", names);
        assert_eq!(reason(&site), "CODE:CHANGED");
    }
}

#[test]
fn program_files_that_the_manifest_lets_a_site_change_are_no_obstacle() {
    let bench = Bench::new();
    let (site, payload) = (bench.mini_site("site"), bench.mini_payload());
    let may = "replace = [\"lib/*.txt\", \"gone/**\"]\nkeep = [\"shared/other.txt\", ";
    replace(&payload.join("holdfast.toml"), "keep = [", may);
    let updater = bench.pack(&payload, "update");
    change(&site, "echo mine | tee lib/one.txt shared/other.txt lib/mine.txt; rm gone/old.txt");
    let own = tree(&site)["shared/other.txt"].clone();
    updated(&updater, &site);
    assert_eq!(fs::read_to_string(site.join("lib/one.txt")).expect("lib"), "one of 2.0\n");
    assert_eq!(tree(&site)["shared/other.txt"], own, "a kept file is not even renamed");
    assert_eq!(
        fs::read_to_string(site.join("lib/mine.txt")).expect("mine"),
        "mine
"
    );
}

#[test]
fn a_file_of_the_site_where_the_new_version_brings_one_is_refused_by_name() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let cases = [
        ("added/new.txt", "mkdir added; echo mine > added/new.txt"),
        ("added/new.txt", "mkdir -p added/new.txt"),
        ("added/new.txt", "mkdir -p added/new.txt; touch added/new.txt/mine"),
        ("added", "echo mine > added"),
        ("lib/deep", "echo mine > lib/deep"),
        ("added", "ln -s uploads added"),
    ];
    for (n, (name, commands)) in cases.into_iter().enumerate() {
        let site = bench.mini_site(&format!("site-{n}"));
        change(&site, commands);
        refused(&updater, &site, "CODE:COLLISION", &format!("“{name}"));
        assert_eq!(reason(&site), "CODE:COLLISION");
    }
    let beside = bench.mini_site("beside");
    change(&beside, "mkdir added; echo mine > added/mine.txt");
    updated(&updater, &beside);
    assert_eq!(fs::read_to_string(beside.join("added/mine.txt")).expect("mine"), "mine\n");
}

#[test]
fn a_setting_that_cannot_be_edited_is_refused_and_named() {
    let bench = Bench::new();
    let (site, updater) = (bench.mini_site("site"), bench.pack(&bench.mini_payload(), "update"));
    for (text, times) in [("colour = red\n", 0), ("", 0), ("colour = blue\ncolour = blue\n", 2)] {
        write(&site.join("settings.ini"), text);
        let names = format!("settings.ini|colour = blue|{times} times");
        let result = refused(&updater, &site, "EDIT:FAILED", &names);
        assert_eq!(
            (result["failures"][0]["fields"]["value"].as_u64(), reason(&site)),
            (Some(times), "EDIT:FAILED".into())
        );
    }
}

#[test]
fn odd_paths_are_updated_like_any_other() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let long = "a-rather-long-name-".repeat(11)[..200].to_owned();
    for name in [
        "two  blanks ",
        "données – 資料 Ω",
        &long,
        "O'Brien's 100% #1? \"co\" & $HOME;x=1",
        "-silent",
    ] {
        updated(&updater, &bench.mini_site(name));
    }
}

#[test]
fn an_application_folder_behind_a_link_is_updated_where_it_really_is() {
    let bench = Bench::new();
    let (site, updater) = (bench.mini_site("real"), bench.pack(&bench.mini_payload(), "update"));
    let link = bench.path("link");
    symlink("real", &link).expect("a link");
    updated(&updater, &link);
    assert_eq!(fs::read_link(&link).expect("still a link"), Path::new("real"));
    assert_eq!(result(&site)["request"]["target"].as_str(), site.to_str());
}

#[test]
fn code_that_is_reached_through_a_link_or_on_another_volume_is_refused_by_name() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    for path in ["lib", "lib/one.txt", "start", "settings.ini"] {
        let site = bench.mini_site(&format!("site-of-{}", path.replace('/', "-")));
        let elsewhere = bench.path(&format!("elsewhere-{}", path.replace('/', "-")));
        fs::rename(site.join(path), &elsewhere).expect("moved");
        symlink(&elsewhere, site.join(path)).expect("a link");
        refused(&updater, &site, "TARGET:LINK", path);
        assert_eq!(reason(&site), "TARGET:LINK");
    }
    let site = bench.mini_site("mounted");
    let _volume = Mounted::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], site.join("lib"));
    write(&site.join("lib/one.txt"), "one of 1.0\n");
    refused(&updater, &site, "TARGET:LINK", "lib");
}

#[test]
fn a_database_that_is_a_link_moves_where_it_really_is() {
    let bench = Bench::new();
    let (file, folder, updater) = (
        bench.mini_site("file"),
        bench.mini_site("folder"),
        bench.pack(&bench.mini_payload(), "update"),
    );
    for (site, link, inside) in [(&file, "data/mini.db", ""), (&folder, "data", "mini.db")] {
        let elsewhere = bench.path(&format!("elsewhere-{}", link.replace('/', "-")));
        fs::create_dir(&elsewhere).expect("a folder");
        let (link, real) = (site.join(link), elsewhere.join("things"));
        fs::rename(&link, &real).expect("moved");
        symlink(&real, &link).expect("a link");
        updated(&updater, site);
        assert_eq!(fs::read_link(&link).expect("still a link"), real);
        let real = if inside.is_empty() { real } else { real.join(inside) };
        let name = real.file_name().and_then(|n| n.to_str()).expect("a name");
        let kept = fs::read_dir(real.with_file_name(format!(".holdfast-{name}/kept")))
            .expect("beside it")
            .next();
        let old = kept.expect("one run").expect("an entry").path().join(name);
        assert_eq!(
            (ask(&real, "PRAGMA user_version"), ask(&old, "SELECT count(*) FROM thing")),
            ("2".into(), "2".into())
        );
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_refused_before_anything_moves() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    mode(&bench.path(""), 0o755);
    // What belongs to somebody else; everything beside it is the user's own.
    for (name, foreign, named) in [
        ("all", ".", "all"),
        ("children", "shared", "children/shared"),
        ("unit", "lib", "unit/lib"),
    ] {
        let site = bench.mini_site(name);
        for (owner, what) in [("65534:65534", site.clone()), ("0:0", site.join(foreign))] {
            let _ = run(Command::new("chown").args(["-R", owner]).arg(what)).expect(0);
        }
        let mut nobody = Command::new("setpriv");
        nobody
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(&updater);
        refused_by(&mut nobody, &site, "TARGET:DENIED", named);
    }
    let site = bench.mini_site("read-only");
    let text = site.to_str().expect("Unicode");
    let _mounted = Mounted::new(&["--bind", text], site.clone());
    let _ = run(Command::new("mount").args(["-o", "remount,ro,bind", text])).expect(0);
    refused(&updater, &site, "TARGET:DENIED", "read-only");
}

/// A mount that ends with the test.
struct Mounted(PathBuf);

impl Mounted {
    fn new(what: &[&str], at: PathBuf) -> Mounted {
        let _ = run(Command::new("mount").args(what).arg(&at)).expect(0);
        Mounted(at)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg(&self.0));
    }
}
