//! A whole pair of either version is named; whatever of another version stands among it is named, too.

use super::site::*;
use crate::support::*;
use serde_json::Value;
use std::fs;
use std::process::Command;

#[test]
fn a_whole_pair_is_named() {
    let play = Play::new();
    let found = play.verify();
    found.is_whole("old", "1.0");
    assert_eq!(found.report["code"]["own"], serde_json::json!(["shared/mine.txt"]));
    assert_eq!(found.report["databases"][0]["integrity"], serde_json::json!([]));
    let updater = play.bench.pack(&play.payload, "update");
    play.verify_with(&updater, &[]).is_whole("old", "1.0");
    update(&updater, &play.site, &[]).expect(0);
    let found = play.verify_with(&updater, &[]);
    found.is_whole("new", "2.0");
    assert_eq!(found.report["databases"][0]["last_step"]["step"], "10_item.sql");
    assert_eq!(found.report["databases"][0]["noted"], "2.0");
    let kept = &found.report["holdfast"]["kept"][0];
    assert_eq!((&kept["version"], &kept["number"]), (&"1.0".into(), &1.into()));
    assert_eq!((&kept["whole"], &kept["held"]), (&true.into(), &false.into()));
    verb(&updater, "rollback", &play.site, &[]).expect(0);
    let found = play.verify_with(&updater, &[]);
    found.is_whole("old", "1.0");
    assert_eq!(found.report["holdfast"]["kept"][0]["aside"], true);
}

#[test]
fn a_held_pair_is_whole_and_waits() {
    let play = Play::updated(&["--hold"]);
    let found = play.verify();
    found.is_whole("new", "2.0");
    assert_eq!(found.report["holdfast"]["kept"][0]["held"], true);
    let ran = run(Command::new(HOLDFAST).arg("verify").arg(&play.payload).arg("--app").arg(&play.site)).expect(0);
    for line in [
        "pair: new 2.0",
        "code: 2.0",
        "data main: 2.0",
        "nothing unfinished",
        "held: it waits for",
    ] {
        assert!(ran.stdout.contains(line), "“{line}” is not in {}", ran.stdout);
    }
}

#[test]
fn a_trial_leaves_a_whole_pair() {
    let play = Play::updated(&["--test"]);
    let found = play.verify();
    found.is_whole("old", "1.0");
    assert_eq!(found.report["holdfast"]["test"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_sample_products_sites_are_whole() {
    let bench = Bench::in_memory();
    let payload = bench.relief_payload();
    let updater = bench.pack(&payload, "update");
    let site = bench.relief_site("site", "1.0");
    for (pair, version) in [("old", "1.0"), ("new", "2.0")] {
        let ran = verify(&payload, &site, &[]).expect(0);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!((&report["pair"], &report["version"]), (&pair.into(), &version.into()));
        update(&updater, &site, &[]);
    }
}

#[test]
fn one_file_of_another_version_is_mixed() {
    let old = Play::new();
    old.takes("code", "lib/one.txt");
    old.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["lib/one.txt", "2.0", "1.0 is nearest"]);
    let new = Play::updated(&[]);
    new.takes("releases/1.0/code", "shared/other.txt");
    new.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["shared/other.txt", "1.0", "2.0 is nearest"]);
}

#[test]
fn a_file_that_only_another_version_has_is_mixed() {
    let old = Play::new();
    old.takes("code", "lib/deep/two.txt");
    old.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["lib/deep/two.txt", "is of another version alone"]);
    let new = Play::updated(&[]);
    new.takes("releases/1.0/code", "gone/old.txt");
    new.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["gone/old.txt", "is of another version alone"]);
}

#[test]
fn what_nobody_installed_is_the_sites_own_and_is_named() {
    let play = Play::updated(&[]);
    write(&play.site.join("lib/strange.txt"), "of nobody");
    let found = play.verify();
    found.is_whole("new", "2.0");
    assert_eq!(
        found.report["code"]["own"],
        serde_json::json!(["lib/strange.txt", "shared/mine.txt"])
    );
}

#[test]
fn a_file_of_no_version_and_a_missing_one_are_named() {
    let play = Play::updated(&[]);
    write(&play.site.join("lib/one.txt"), "of no version");
    fs::remove_file(play.site.join("added/new.txt")).expect("a file");
    play.verify()
        .is("none", &["CODE:CHANGED"])
        .names(&["“lib/one.txt” is changed", "“added/new.txt” is missing"]);
}

#[test]
fn the_database_of_the_other_version_is_mixed() {
    let (old, new) = (Play::new(), Play::updated(&[]));
    let (mixed_old, mixed_new) = (Play::new(), Play::updated(&[]));
    mixed_old.takes_database_of(&new);
    mixed_old
        .verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 1.0 and data of 2.0"]);
    mixed_new.takes_database_of(&old);
    mixed_new
        .verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 2.0 and data of 1.0"]);
    // Both: a file of the new program is missing beside the old data.
    mixed_new.takes("releases/1.0/code", "lib/one.txt");
    mixed_new.verify().is("mixed", &["PAIR:MIXED"]).names(&["lib/one.txt"]);
    assert_eq!(mixed_new.verify().report["databases"][0]["versions"], serde_json::json!(["1.0"]));
}

#[test]
fn a_kept_file_has_the_form_of_its_version() {
    let (old, new) = (Play::new(), Play::updated(&[]));
    for play in [&old, &new] {
        write(&play.site.join("settings.ini"), "colour = red\nlast = 9\n");
    }
    old.verify().is_whole("old", "1.0");
    new.verify().is_whole("new", "2.0");
    write(&old.site.join("settings.ini"), "colour = green\nlast = 1\n");
    write(&new.site.join("settings.ini"), "colour = blue\nlast = 1\n");
    for play in [&old, &new] {
        play.verify()
            .is("mixed", &["PAIR:MIXED"])
            .names(&["“settings.ini” is edited as for another version"]);
    }
}
