//! What Holdfast has left at a site, and what was typed wrong.

use super::site::*;
use crate::support::*;
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

#[test]
fn an_unfinished_run_is_said_and_not_brought_to_its_end() {
    let done = Play::updated(&[]);
    let history = fs::read_dir(done.site.join(".holdfast/history")).expect("a folder");
    let journal = history.flatten().next().expect("a journal").path();
    let text = fs::read_to_string(journal).expect("text");
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let cut = Play::new();
    write(
        &cut.site.join(".holdfast/journal.jsonl"),
        format!("{}\n", lines.next().expect("a line")),
    );
    write(&cut.site.join(".holdfast/new/start"), "half a stage");
    let found = cut.verify();
    found
        .is("old", &["UPDATE:UNFINISHED"])
        .names(&["from 1.0 to 2.0", "begin", "recover"]);
    assert_eq!(found.report["holdfast"]["unfinished"][0]["phase"], "begin");
    assert_eq!(found.report["holdfast"]["unfinished"][0]["committed"], false);
    let left = found.report["holdfast"]["leftovers"].to_string();
    assert!(left.contains(".holdfast/new"), "{left}");
    // Past its commit, with the journal alone left over.
    write(&done.site.join(".holdfast/journal.jsonl"), &text);
    let found = done.verify();
    found.is("new", &["UPDATE:UNFINISHED"]).names(&["was not tidied up"]);
    assert_eq!(found.report["holdfast"]["unfinished"][0]["committed"], true);
    // A journal of which nothing can be read.
    write(&done.site.join(".holdfast/journal.jsonl"), "torn");
    done.verify().is("new", &["UPDATE:UNFINISHED"]).names(&["cannot be read"]);
}

#[test]
fn what_only_an_unfinished_run_may_leave_is_named() {
    for left in ["new/start", "old/start", "barrier"] {
        let play = Play::updated(&[]);
        write(&play.site.join(".holdfast").join(left), "left");
        play.verify().is("new", &["UPDATE:UNFINISHED"]).names(&["left over"]);
    }
}

#[test]
fn a_kept_version_that_is_not_whole_is_named() {
    let play = Play::updated(&[]);
    let kept = fs::read_dir(play.site.join(".holdfast/kept")).expect("a folder");
    let kept = kept.flatten().next().expect("a version").path();
    fs::remove_file(kept.join("data/mini.db")).expect("a database");
    play.verify().is("new", &["SNAPSHOT:MISSING"]).names(&["data/mini.db"]);
    fs::remove_file(kept.join(".holdfast-snapshot.json")).expect("a description");
    play.verify().is("new", &["SNAPSHOT:MISSING"]).names(&[".holdfast-snapshot.json"]);
}

#[test]
fn another_product_is_said() {
    let play = Play::updated(&[]);
    replace(&play.site.join(".holdfast/installed.json"), "\"mini\"", "\"maxi\"");
    play.verify().is("new", &["PRODUCT:OTHER"]).names(&["maxi"]);
}

#[test]
fn what_was_typed_wrong_is_said() {
    let play = Play::new();
    let empty = play.bench.path("empty");
    fs::create_dir_all(&empty).expect("a folder");
    let words = |list: &[&str]| list.iter().map(OsString::from).collect::<Vec<_>>();
    for (update, site, more, code, reason) in [
        (&play.bench.path("none"), &play.site, words(&[]), 2, "REQUEST:INVALID"),
        (&play.payload, &play.site, words(&["--database", "main"]), 2, "REQUEST:INVALID"),
        (&play.payload, &play.site, words(&["--database", "other=x"]), 2, "REQUEST:INVALID"),
        (&play.payload, &play.bench.path("none"), words(&[]), 20, "TARGET:MISSING"),
        (&play.payload, &empty, words(&[]), 20, "TARGET:INVALID"),
        (&play.site.join("start"), &play.site, words(&[]), 20, "BUNDLE:MISSING"),
        (&empty, &play.site, words(&[]), 20, "PAYLOAD:INVALID"),
    ] {
        let ran = verify(update, site, &more).expect(code);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(report["findings"][0]["reason"], reason, "{report:#}");
    }
    assert!(bytes(&empty).is_empty());
    let ran = run(Command::new(HOLDFAST).arg("verify").arg(&play.payload)).expect(2);
    assert!(ran.stderr.contains("--app"), "{}", ran.stderr);
    let ran = run(Command::new(HOLDFAST).arg("verify").arg(&empty).arg("--app").arg(&play.site)).expect(20);
    assert!(ran.stderr.contains("PAYLOAD:INVALID"), "{}", ran.stderr);
}
