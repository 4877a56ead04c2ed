//! Somebody has a file open. The update says busy, names the program and the file, and changes nothing; when the file is free, the same
//! command succeeds. Somebody who comes in the middle of the swap makes it go back.

use crate::play::{Held, Play, number};
use crate::support::wine::{helper, until};
use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::path::Path;

/// None of the modes, some, and all of them, and a file in memory.
const SHARES: [&str; 5] = ["-", "r", "rw", "rwd", "rwdx"];

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
    let mut wrong = Vec::new();
    for file in [
        "lib/one.txt",
        "start.cmd",
        "tool.exe",
        "bin/part.dll",
        "data/mini.db",
        "data/mini.db-wal",
    ] {
        for share in SHARES {
            let held = play.hold(&play.site.join(file), share);
            let ran = play.update_with(&[], &patience);
            wrong.extend(fault(&play, &ran, &held, "hold.exe", file).map(|how| format!("{file} shared as {share}: {how}")));
            if play.now() != before {
                wrong.push(format!("{file} shared as {share}: something changed"));
            }
        }
    }
    println!("ways of holding a file: {} tried, {} wrong", 6 * SHARES.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

/// The updater stops before an operation until somebody else has opened a file.
fn opened_before(play: &Play, operation: usize, file: &Path, share: &str) -> Result<Ran, String> {
    let run = play.wine.next();
    let at = |name: &str| play.folder.join(format!("{run}-{name}"));
    let (here, go, stop) = (at("here"), at("go"), at("stop.cmd"));
    let (seen_here, seen_go) = (play.wine.seen(&here), play.wine.seen(&go));
    write(
        &stop,
        format!("@echo off\r\necho.>{seen_here}\r\n:again\r\nif not exist {seen_go} goto again\r\n"),
    );
    let environment = [
        ("HOLDFAST_FAULT", format!("run@{operation}={}", play.wine.seen(&stop))),
        ("HOLDFAST_PATIENCE_MS", "300".to_owned()),
    ];
    std::thread::scope(|scope| {
        let update = scope.spawn(|| play.update_with(&[], &environment));
        until("the stop", || (here.exists() || update.is_finished()).then_some(()));
        let held = play.try_hold(file, share);
        write(&go, "");
        let ran = update.join().expect("it ran");
        held.map(|_| ran)
    })
}

#[test]
fn somebody_who_comes_in_the_middle_of_the_swap_makes_it_go_back() {
    let play = Play::faulty("mid-run");
    let (before, operations) = (play.now(), play.operations());
    let mut wrong = Vec::new();
    // Held before its own turn, and before the first rename of all.
    for (file, moment) in [
        ("VERSION", "start"),
        ("VERSION", "VERSION"),
        ("data/mini.db", "start"),
        ("shared/other.txt", "gone"),
        (".holdfast/new/VERSION", "data/mini.db"),
        (".holdfast/new/start.cmd", ".holdfast/new/start"),
        (".holdfast/new/data/mini.db", "data/mini.db"),
    ] {
        let n = number(&operations, "rename", moment);
        for share in ["-", "rw"] {
            play.afresh();
            match opened_before(&play, n, &play.site.join(file), share) {
                Ok(ran) if matches!(ran.code, Some(30 | 50)) && ran.stderr.contains(&play.seen(file)) => {}
                Ok(ran) => wrong.push(format!("{file} shared as {share} before {moment}: {:?} {}", ran.code, ran.stderr)),
                Err(said) => wrong.push(format!("{file} shared as {share} before {moment}: it was kept out: {said}")),
            }
            if play.now() != before {
                wrong.push(format!("{file} shared as {share} before {moment}: not the old pair"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    play.update(&[]).expect(0);
    play.expect_new();
}
