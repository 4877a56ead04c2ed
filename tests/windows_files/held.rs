//! Somebody has a file open. The update says busy, names the program and the file, and changes nothing; when the file is free, the same
//! command succeeds.

use crate::play::{Held, Play};
use crate::support::proof::{Sweep, is_nightly};
use crate::support::wine::helper;
use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::path::Path;

/// All combinations of the modes, a file in memory, and somebody who writes.
const SHARES: [&str; 12] = ["-", "r", "w", "d", "rw", "rd", "wd", "rwd", "rwdx", "W", "Wrw", "Wrwd"];

/// Rows that are only in the log, as a cut leaves them.
fn with_log(database: &Path) {
    let made = database.with_extension("made");
    fs::rename(database, &made).expect("renamed");
    let open = Connection::open(&made).expect("a database");
    open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO thing VALUES (3, 'only in the log');")
        .expect("a log");
    fs::copy(&made, database).expect("a copy");
    fs::copy(made.with_extension("made-wal"), database.with_extension("db-wal")).expect("a copy");
    drop(open);
    for suffix in ["made", "made-wal", "made-shm"] {
        let _ = fs::remove_file(database.with_extension(suffix));
    }
}

/// What is wrong with a busy answer, if anything.
fn fault(play: &Play, ran: &Ran, held: &Held, program: &str, file: &str) -> Option<String> {
    let named = format!("“{program}” (process {})", held.pid);
    let path = play.seen(file);
    let wrong = [
        (ran.code != Some(50), format!("ended with {:?}", ran.code)),
        (!ran.stderr.contains(&named), format!("did not name {named}")),
        (!ran.stderr.contains(&path), format!("did not name {path}")),
    ];
    let wrong: Vec<String> = wrong.into_iter().filter(|(is, _)| *is).map(|(_, how)| how).collect();
    (!wrong.is_empty()).then(|| format!("{}: {}", wrong.join(", "), ran.stderr.trim()))
}

#[test]
fn whoever_holds_a_file_in_any_way_is_named_and_nothing_changes() {
    let play = Play::faulty("held");
    with_log(&play.site.join("data/mini.db"));
    let before = play.now();
    let patience = [("HOLDFAST_PATIENCE_MS", "300".to_owned())];
    let sweep = Sweep::begin(
        "files held under Wine: from the beginning",
        "whoever has a file open, sharing it in whatever way, is named, and right after the failed run nothing has changed",
    );
    let (mut tried, mut wrong) = (0, Vec::new());
    let files = [
        "lib/one.txt",
        "start.cmd",
        "tool.exe",
        "bin/part.dll",
        "data/mini.db",
        "data/mini.db-wal",
    ];
    for (k, file) in files.into_iter().enumerate() {
        // The database in every way; the others in every third, each in others, unless it is night.
        let all = is_nightly() || file == "data/mini.db";
        for (_, share) in SHARES.into_iter().enumerate().filter(|(j, _)| all || (j + k).is_multiple_of(3)) {
            tried += 1;
            let held = play.hold(&play.site.join(file), share);
            let ran = play.update_with(&[], &patience);
            wrong.extend(fault(&play, &ran, &held, "hold.exe", file).map(|how| format!("{file} shared as {share}: {how}")));
            if play.now() != before {
                wrong.push(format!("{file} shared as {share}: something changed"));
            }
        }
    }
    sweep.end(tried, "ways of holding a file", &[], &wrong);
    play.update(&[]).expect(0);
    play.expect_new();
    assert_eq!(
        ask(&play.site.join("data/mini.db"), "SELECT name FROM item WHERE id = 3"),
        "only in the log"
    );
}

#[test]
fn a_program_of_the_application_that_runs_is_named_and_after_its_end_the_same_command_succeeds() {
    let play = Play::new("running");
    let (before, other) = (play.now(), play.folder.join("other.txt"));
    write(&other, "");
    let words = [play.wine.seen(&other), "rwd".to_owned()];
    let held = play.held(&play.site.join("tool.exe"), &words, &play.folder).expect("it runs");
    let ran = play.update(&[]);
    assert_eq!(fault(&play, &ran, &held, "tool.exe", "tool.exe"), None);
    assert_eq!(reason(&play.site), "APPLICATION:RUNNING");
    assert_eq!(play.now(), before);
    held.let_go();
    play.update(&[]).expect(0);
    play.expect_new();
}

#[test]
fn a_program_that_uses_a_dll_of_the_application_is_noticed() {
    let play = Play::new("dll");
    let (before, load) = (play.now(), helper("load.c", &play.folder));
    let held = play.held(&load, &[play.seen("bin/part.dll")], &play.folder).expect("it runs");
    let ran = play.update(&[]);
    // Wine keeps no handle to a DLL that is loaded, and its Restart Manager never knows anybody.
    assert!(ran.code == Some(50) && ran.stderr.contains("another program"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&play.seen("bin/part.dll")), "{}", ran.stderr);
    assert_eq!(play.now(), before);
    held.let_go();
    play.update(&[]).expect(0);
    play.expect_new();
}

#[test]
fn a_program_that_works_in_a_folder_of_the_application_leaves_the_old_pair_and_is_named() {
    let play = Play::faulty("working-folder");
    let (before, other) = (play.now(), play.folder.join("other.txt"));
    write(&other, "");
    let words = [play.wine.seen(&other), "rwd".to_owned()];
    let held = play
        .held(&play.folder.join("hold.exe"), &words, &play.site.join("lib"))
        .expect("it runs");
    let ran = play.update_with(&[], &[("HOLDFAST_PATIENCE_MS", "300".to_owned())]);
    assert_eq!(play.now(), before, "{}", ran.stderr);
    assert_eq!(fault(&play, &ran, &held, "hold.exe", "lib"), None);
    held.let_go();
    play.update(&[]).expect(0);
    play.expect_new();
}
