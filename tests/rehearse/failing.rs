//! What fails is named: site, step, table, row. Other sites are rehearsed all the same, and the certificate says it, too.

use crate::support::{Bench, MINI_SQL, append, database, executable, replace, write};
use crate::{nothing_left, rehearse, typed};
use rusqlite::Connection;
use serde_json::Value;
use std::fs;

/// The reason of the first failure of the first site.
fn reason(said: &Value) -> &str {
    said["rehearsals"][0]["details"]["failures"][0]["reason"]
        .as_str()
        .unwrap_or_default()
}

#[test]
fn a_step_that_fails_on_this_data_is_named_with_its_site_and_the_others_go_on() {
    let bench = Bench::in_memory();
    let payload = bench.mini_payload();
    write(
        &payload.join("migrations/2.0/20_strict.sql"),
        "CREATE UNIQUE INDEX one_name ON item(name);\n",
    );
    let (bad, good) = (bench.mini_site("bad"), bench.path("good.db"));
    Connection::open(bad.join("data/mini.db"))
        .and_then(|c| c.execute_batch("INSERT INTO thing VALUES (9, 'lamp')"))
        .expect("a second lamp");
    database(&good, MINI_SQL);
    let said = rehearse(&payload, &[bad.as_ref(), good.as_ref()], 30);
    assert_eq!(reason(&said), "STEP:FAILED");
    let failure = said["rehearsals"][0]["failure"].as_str().expect("a sentence");
    assert!(failure.contains("20_strict.sql"), "{failure}");
    assert_eq!(said["rehearsals"][0]["passed"], false);
    assert_eq!(said["rehearsals"][1]["passed"], true);
    let certificate = fs::read_to_string(payload.join("rehearsal/certificate.json")).expect("a certificate");
    assert!(certificate.contains("20_strict.sql"));
    nothing_left(&payload);
}

#[test]
fn rows_that_would_be_lost_are_named_with_their_table() {
    let bench = Bench::in_memory();
    let (site, payload) = (bench.mini_site("site"), bench.mini_payload());
    write(&payload.join("migrations/2.0/20_lose.sql"), "DELETE FROM item WHERE id = 77;\n");
    Connection::open(site.join("data/mini.db"))
        .and_then(|c| c.execute_batch("INSERT INTO thing VALUES (77, 'boat')"))
        .expect("a row");
    let said = rehearse(&payload, &[site.as_ref()], 30);
    assert_eq!(reason(&said), "ROWS:LOST");
    assert_eq!(said["rehearsals"][0]["details"]["failures"][0]["fields"]["table"], "thing");
}

#[test]
fn a_check_that_fails_is_named() {
    let bench = Bench::in_memory();
    // The site first: it is laid out from the small payload as it is at first.
    let (site, payload) = (bench.mini_site("site"), bench.mini_payload());
    append(
        &payload,
        "\n[[check]]\nname = \"there is a boat\"\nsql = \"SELECT count(*) FROM item WHERE name = 'boat'\"\nexpect = 1\n",
    );
    let said = rehearse(&payload, &[site.as_ref()], 30);
    assert_eq!(reason(&said), "CHECK:FAILED");
    let checks = &said["rehearsals"][0]["details"]["checks"];
    assert_eq!(
        (&checks[0]["passed"], &checks[1]["passed"]),
        (&Value::from(true), &Value::from(false)),
        "{checks:#}"
    );
}

#[test]
fn a_check_that_writes_and_a_self_test_that_fails_are_named() {
    for (script, expected) in [
        ("#!/bin/sh\nprintf x >> \"$1\"\n", "CHECK:WROTE"),
        ("#!/bin/sh\necho out of order\nexit 3\n", "CHECK:FAILED"),
    ] {
        let bench = Bench::in_memory();
        let site = bench.mini_site("site");
        let payload = bench.mini_payload();
        write(&payload.join("code/selftest"), script);
        executable(&payload.join("code/selftest"));
        append(
            &payload,
            "\n[[check]]\nname = \"self-test\"\nrun = [\"./selftest\", \"{database.main}\"]\nat = [\"stage\"]\n",
        );
        let said = rehearse(&payload, &[site.as_ref()], 30);
        assert_eq!(reason(&said), expected, "{said:#}");
        nothing_left(&payload);
    }
}

#[test]
fn a_database_that_somebody_keeps_for_himself_is_named_as_busy() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let open = Connection::open(site.join("data/mini.db")).expect("a database");
    open.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let said = rehearse(&payload, &[site.as_ref()], 50);
    assert_eq!(reason(&said), "DATABASE:BUSY");
    assert!(said["rehearsals"][0]["failure"].as_str().is_some_and(|f| f.contains("mini.db")));
    nothing_left(&payload);
}

#[test]
fn damaged_and_unknown_databases_are_named_as_they_lie_at_the_site() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let path = site.join("data/mini.db");
    let whole = fs::read(&path).expect("a database");
    fs::write(&path, [&whole[..4096], &[0xAA; 4096][..]].concat()).expect("damaged");
    let said = rehearse(&payload, &[site.as_ref()], 20);
    let failure = said["rehearsals"][0]["failure"].as_str().expect("a sentence").to_owned();
    assert!(failure.contains("site/data/mini.db"), "{failure}");
    fs::write(&path, "no database at all, but long enough to be looked at\n").expect("spoiled");
    assert_eq!(reason(&rehearse(&payload, &[site.as_ref()], 20)), "DATABASE:INVALID");

    let strange = bench.path("strange.db");
    database(&strange, "CREATE TABLE thing (id INTEGER PRIMARY KEY, title TEXT);");
    let said = rehearse(&payload, &[strange.as_ref()], 20);
    assert_eq!(reason(&said), "VERSION:UNKNOWN");
    let failure = said["rehearsals"][0]["failure"].as_str().expect("a sentence");
    assert!(failure.contains("nearest to 1.0") && failure.contains("--from"), "{failure}");
}

#[test]
fn what_makes_no_sense_on_the_command_line_is_said_before_anything_is_done() {
    let bench = Bench::in_memory();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let nowhere = bench.path("nowhere");
    for words in [
        vec![nowhere.as_os_str()],
        vec![site.as_os_str(), site.as_os_str()],
        vec![site.as_os_str(), "--database".as_ref(), "other=x.db".as_ref()],
        vec![site.as_os_str(), "--from".as_ref(), "not a version".as_ref()],
    ] {
        let ran = typed(&payload, &words).expect(2);
        assert!(ran.stdout.contains("REQUEST:INVALID"), "{}", ran.stdout);
    }
    assert!(!payload.join("rehearsal").exists());
    replace(&payload.join("holdfast.toml"), "format = 1", "format = 9");
    typed(&payload, &[site.as_os_str()]).expect(20);
}
