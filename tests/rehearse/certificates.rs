//! Rehearsals add up in one certificate as long as nothing that is packed changes.

use crate::rehearse;
use crate::support::{Bench, MINI_SQL, append, database};
use serde_json::Value;

fn sites(said: &Value, bench: &Bench) -> Vec<String> {
    let certificate = said["certificate"].as_str().expect("a path");
    let text = std::fs::read(certificate).expect("a certificate");
    let certificate: Value = serde_json::from_slice(&text).expect("JSON");
    let names = certificate["rehearsals"].as_array().expect("rehearsals").iter();
    let root = bench.path("");
    names
        .filter_map(|r| r["site"].as_str())
        .map(|site| site.replace(&root.display().to_string(), ""))
        .collect()
}

#[test]
fn rehearsals_add_up_and_a_changed_payload_begins_anew() {
    let bench = Bench::in_memory();
    let (payload, one) = (bench.mini_payload(), bench.path("one.db"));
    let two = bench.path("two.db");
    database(&one, MINI_SQL);
    database(&two, &format!("{MINI_SQL} INSERT INTO thing VALUES (5, 'bed');"));
    let first = rehearse(&payload, &[one.as_ref()], 0);
    let second = rehearse(&payload, &[two.as_ref()], 0);
    assert_eq!(sites(&second, &bench), ["one.db", "two.db"]);
    let again = rehearse(&payload, &[one.as_ref()], 0);
    assert_eq!(sites(&again, &bench), ["one.db", "two.db"], "the same site replaces its entry");
    assert_eq!(
        again["rehearsals"][0]["databases"], first["rehearsals"][0]["databases"],
        "the same data gives the same value"
    );
    assert_ne!(
        second["rehearsals"][0]["databases"][0]["content"],
        first["rehearsals"][0]["databases"][0]["content"]
    );
    assert_eq!(again["afresh"], Value::Null);
    let afresh = rehearse(&payload, &[two.as_ref(), "--afresh".as_ref()], 0);
    assert_eq!(sites(&afresh, &bench), ["two.db"]);
    append(&payload, "\n[snapshots]\nkeep = 2\n");
    let changed = rehearse(&payload, &[one.as_ref()], 0);
    assert_eq!(sites(&changed, &bench), ["one.db"]);
    assert!(
        changed["afresh"].as_str().is_some_and(|why| why.contains("has changed")),
        "{changed:#}"
    );
}
