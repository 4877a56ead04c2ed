//! Sites of every kind: what is given is never changed, what is done is what the updater does, and the drill's points are really spread.

use crate::support::{Bench, MINI_SQL, ask, content, copy_tree, database, hash, tree};
use crate::{nothing_left, rehearse};
use rusqlite::Connection;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// All bytes at a place, side files and Holdfast's own folder too.
fn everything(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(everything(&path)),
            false => found.push((path.display().to_string(), hash(&fs::read(&path).expect("a file")))),
        }
    }
    found.sort();
    found
}

#[test]
fn a_site_is_rehearsed_and_stays_byte_for_byte_as_it_was() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let before = everything(&site);
    let said = rehearse(&payload, &[site.as_ref()], 0);
    assert_eq!(everything(&site), before);
    nothing_left(&payload);
    let one = &said["rehearsals"][0];
    assert_eq!((&one["passed"], &one["from"]), (&Value::from(true), &Value::from("1.0")), "{one:#}");
    assert_eq!(one["databases"][0]["rows"], 2);
    assert_ne!(one["databases"][0]["before"], one["databases"][0]["after"]);
    let details = &one["details"];
    assert_eq!(details["steps"][0]["step"], "10_item.sql");
    assert_eq!(details["steps"][0]["updated"], 1);
    assert_eq!(details["accounts"][0]["table"], "thing");
    assert_eq!(details["accounts"][0]["now"], "item");
    assert_eq!(details["checks"][0]["passed"], true);
    assert_eq!(details["rollback"]["old_again"], true);
    let stages: Vec<&str> = details["phases"]
        .as_array()
        .expect("phases")
        .iter()
        .filter_map(|p| p["stage"].as_str())
        .collect();
    assert_eq!(stages.first(), Some(&"bundle"));
    assert_eq!(stages.last(), Some(&"tidy"));
    assert!(details["needed_bytes"].as_u64() > Some(0) && details["peak_bytes"].as_u64() > Some(0));
}

#[test]
fn the_drill_reaches_from_the_first_operation_to_the_last_and_finds_both_pairs() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let ran = crate::support::run(
        std::process::Command::new(crate::HOLDFAST)
            .arg("rehearse")
            .arg(&payload)
            .arg(&site)
            .args(["--json", "--cuts", "12"]),
    );
    let said: Value = serde_json::from_str(&ran.expect(0).stdout).expect("JSON");
    let drill = &said["rehearsals"][0]["details"]["drill"];
    let cuts = drill["cuts"].as_array().expect("cuts");
    let points: Vec<u64> = cuts.iter().filter_map(|c| c["at"].as_u64()).collect();
    let operations = drill["operations"].as_u64().expect("operations");
    assert_eq!(points.len(), 12);
    assert_eq!((points[0], points[11]), (1, operations), "{points:?}");
    let widest = points.windows(2).map(|w| w[1] - w[0]).max().expect("gaps");
    assert!(widest <= operations.div_ceil(11) + 1, "{points:?} of {operations}");
    let found = |key: &str, what: &str| cuts.iter().filter(|c| c[key] == what).count();
    assert_eq!(found("recovered", "old") + found("recovered", "new"), 12);
    assert!(found("recovered", "old") > 0 && found("recovered", "new") > 0, "{cuts:#?}");
    assert!(
        found("left", "nothing") > 0,
        "no cut fell between the retiring and the placing: {cuts:#?}"
    );
    for stage in ["swap", "tidy"] {
        assert!(cuts.iter().any(|c| c["stage"] == stage), "no cut in {stage}");
    }
}

#[test]
fn rows_that_are_in_the_log_alone_are_rehearsed_while_the_application_has_it_open() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let open = Connection::open(site.join("data/mini.db")).expect("a database");
    open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO thing VALUES (3, 'table');")
        .expect("a row in the log");
    let before = everything(&site);
    let said = rehearse(&payload, &[site.as_ref()], 0);
    assert_eq!(everything(&site), before);
    assert_eq!(said["rehearsals"][0]["databases"][0]["rows"], 3);
    drop(open);
}

#[test]
fn a_database_alone_gets_a_site_of_its_version() {
    let bench = Bench::in_memory();
    let payload = bench.mini_payload();
    let alone = bench.path("from-a-stick.db");
    database(&alone, MINI_SQL);
    let before = fs::read(&alone).expect("a file");
    let said = rehearse(&payload, &[alone.as_ref()], 0);
    assert_eq!(said["rehearsals"][0]["from"], "1.0");
    assert_eq!(fs::read(&alone).expect("a file"), before);
    assert_eq!(said["missing"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_database_takes_the_place_of_a_sites_own() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let other = bench.path("other.db");
    database(&other, &format!("{MINI_SQL} INSERT INTO thing VALUES (7, 'bed'), (8, 'desk');"));
    let given = format!("main={}", other.display());
    let said = rehearse(&payload, &[site.as_ref(), "--database".as_ref(), given.as_ref()], 0);
    assert_eq!(said["rehearsals"][0]["databases"][0]["rows"], 4);
}

#[test]
fn both_pairs_are_left_to_be_tried() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let keep = bench.path("keep");
    rehearse(&payload, &[site.as_ref(), "--keep".as_ref(), keep.as_ref()], 0);
    let names = fs::read_dir(&keep).expect("a folder").flatten().map(|e| e.file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["site"], "nothing but the pairs stays");
    let (old, new) = (keep.join("site/old/app"), keep.join("site/new/app"));
    assert_eq!(tree(&old), tree(&site));
    assert_eq!(fs::read_to_string(new.join("VERSION")).expect("VERSION"), "2.0\n");
    assert_eq!(ask(&new.join("data/mini.db"), "SELECT colour FROM item WHERE id = 1"), "red");
    assert!(content(&old.join("data/mini.db")).contains("thing"));
}

#[test]
fn the_same_rows_are_shown_before_and_after_and_masked_if_asked() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let said = rehearse(&payload, &[site.as_ref(), "--shell".as_ref()], 0);
    let samples = said["rehearsals"][0]["details"]["samples"].as_array().expect("samples").clone();
    let of = |kind: &str| {
        samples
            .iter()
            .find(|s| s["kind"] == kind)
            .unwrap_or_else(|| panic!("{kind}: {samples:#?}"))
    };
    let renamed = of("renamed_table");
    assert_eq!(renamed["what"], "The table “thing” is now “item”.");
    assert_eq!(renamed["rows"][0]["old"], renamed["rows"][0]["new"]);
    assert!(renamed.to_string().contains("lamp"));
    assert_eq!(of("new")["rows"][0]["new"][0], "red");
    let masked = rehearse(&payload, &[site.as_ref(), "--shell".as_ref(), "--masked".as_ref()], 0);
    let text = masked["rehearsals"][0]["details"]["samples"].to_string();
    assert!(text.contains("aaaa") && !text.contains("lamp"), "{text}");
    let page = fs::read_to_string(payload.join("rehearsal/certificate.html")).expect("a page");
    assert!(page.contains("Renamed tables") && !page.contains("lamp"));
}

#[test]
fn a_link_out_of_the_site_leads_nowhere_in_the_copy() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let outside = bench.path("outside");
    copy_tree(&site.join("uploads"), &outside);
    std::os::unix::fs::symlink(&outside, site.join("shared/pictures")).expect("a link");
    let keep = bench.path("keep");
    rehearse(&payload, &[site.as_ref(), "--keep".as_ref(), keep.as_ref()], 0);
    let kept = keep.join("site/new/app/shared/pictures");
    assert!(kept.is_symlink() && !kept.exists());
}
