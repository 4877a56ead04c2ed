//! What a database is and whether it is sound: its schema, its own word, the ledger, its side files, damage.

use super::site::*;
use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::path::PathBuf;

#[test]
fn data_of_the_other_version_is_told_by_the_ledger_where_the_schema_is_the_same() {
    let rows_alone = |play: &Play| {
        write(
            &play.payload.join("migrations/2.0/10_item.sql"),
            "UPDATE thing SET name = upper(name);\n",
        );
        replace(&play.payload.join("holdfast.toml"), "FROM item", "FROM thing");
        play.bench.pack(&play.payload, "update")
    };
    let (old, new) = (Play::new(), Play::new());
    let updater = rows_alone(&new);
    rows_alone(&old);
    old.verify().is_whole("old", "1.0");
    update(&updater, &new.site, &[]).expect(0);
    new.verify().is_whole("new", "2.0");
    let kept = Play::new();
    rows_alone(&kept);
    kept.takes_database_of(&new);
    kept.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 1.0 and data of 2.0"]);
    new.takes_database_of(&old);
    new.verify().is("mixed", &["PAIR:MIXED"]).names(&["Program of 2.0 and data of 1.0"]);
}

#[test]
fn a_schema_of_no_version_is_named() {
    let play = Play::new();
    database(&play.database(), "ALTER TABLE thing ADD COLUMN mine TEXT");
    play.verify().is("none", &["SCHEMA:DRIFT"]).names(&["thing.mine", "1.0 is nearest"]);
    fs::remove_file(play.database()).expect("a database");
    play.verify().is("none", &["DATABASE:MISSING"]).names(&["data/mini.db"]);
    write(&play.database(), "this is not a database");
    play.verify().is("none", &["DATABASE:INVALID"]);
}

#[test]
fn a_damaged_page_is_found() {
    let play = Play::new();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
                INSERT INTO thing SELECT i, 'a thing of number ' || i FROM n";
    database(&play.database(), fill);
    let mut text = fs::read(play.database()).expect("a database");
    let page = 4096 * 6;
    assert!(text.len() > page + 4096);
    text[page..page + 600].fill(0xEE);
    fs::write(play.database(), text).expect("written");
    let found = play.verify();
    assert_eq!(found.findings()[0], "DATABASE:CORRUPT", "{:#}", found.report);
    assert_eq!(found.code, Some(20));
    found.names(&["mini.db", "damaged"]);
}

#[test]
fn rows_that_point_nowhere_are_counted_by_table() {
    let play = Play::new();
    let broken = "PRAGMA foreign_keys=OFF; INSERT INTO part VALUES (7, 70), (8, 80), (9, 90)";
    database(&play.database(), broken);
    let found = play.verify();
    found.is("old", &["CHECK:FAILED"]).names(&["3 in “part” to “thing”"]);
    assert_eq!(
        found.report["databases"][0]["foreign_keys"],
        serde_json::json!([{"table": "part", "parent": "thing", "rows": 3}])
    );
}

#[test]
fn a_write_that_was_cut_off_is_said_and_judged_as_it_will_be() {
    let play = Play::new();
    let (making, cut) = (play.bench.path("making/mini.db"), play.database());
    fs::create_dir_all(making.parent().expect("a parent")).expect("a folder");
    fs::copy(&cut, &making).expect("a copy");
    let open = Connection::open(&making).expect("a database");
    // The pages reach the file before the commit because the cache is too small for them.
    open.execute_batch(
        "PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE; ALTER TABLE thing ADD COLUMN half TEXT;
         WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
         INSERT INTO thing SELECT i, 'a thing of number ' || i, 'half' FROM n;",
    )
    .expect("half a write");
    for suffix in ["", "-journal"] {
        let from = PathBuf::from(format!("{}{suffix}", making.display()));
        fs::copy(from, format!("{}{suffix}", cut.display())).expect("a copy");
    }
    let journal = fs::read(format!("{}-journal", cut.display())).expect("a journal");
    assert!(journal.first().is_some_and(|b| *b != 0), "the journal is not hot");
    let found = play.verify();
    found.is("old", &["DATABASE:UNFINISHED"]);
    assert_eq!(found.report["databases"][0]["hot_journal"], true);
}

#[test]
fn rows_and_tables_that_are_only_in_the_log_count() {
    let play = Play::new();
    fs::remove_file(play.database()).expect("a database");
    let making = play.bench.path("making/mini.db");
    let elsewhere = play.bench.path("world/elsewhere/mini.db");
    database(&making, &[MINI_SQL, PARTS].concat());
    let open = Connection::open(&making).expect("a database");
    let take = |script: &str| {
        open.execute_batch(script).expect("a log");
        for suffix in ["", "-wal"] {
            let from = PathBuf::from(format!("{}{suffix}", making.display()));
            let text = fs::read(from).expect("readable");
            write(&PathBuf::from(format!("{}{suffix}", elsewhere.display())), text);
        }
    };
    take("PRAGMA foreign_keys=OFF; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO part VALUES (9, 90);");
    let words = option(&elsewhere);
    let found = play.verify_with(&play.payload, &words);
    found.is("old", &["CHECK:FAILED"]).names(&["1 in “part” to “thing”"]);
    assert_eq!(found.report["databases"][0]["wal"], true);
    assert!(found.report["databases"][0]["side_files"]["-wal"].as_u64() > Some(0));
    take("DELETE FROM part WHERE id = 9;");
    play.verify_with(&play.payload, &words).is_whole("old", "1.0");
    take("ALTER TABLE thing RENAME TO item; ALTER TABLE item ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'; PRAGMA user_version=2;");
    play.verify_with(&play.payload, &words)
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 1.0 and data of 2.0"]);
}

#[test]
fn a_locked_database_is_no_hindrance() {
    let play = Play::new();
    let updater = play.bench.pack(&play.payload, "update");
    let open = Connection::open(play.database()).expect("a database");
    // Nothing of this process may read the file from here on: where it closes a file, its locks on it end.
    open.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    update(&updater, &play.site, &[]).expect(50);
    let ran = verify(&play.payload, &play.site, &[]).expect(0);
    assert!(ran.stdout.contains("\"old\""), "{}", ran.stdout);
    update(&updater, &play.site, &[]).expect(50);
}

#[test]
fn a_database_that_says_its_version_is_taken_at_its_word() {
    let play = Play::new();
    replace(
        &play.payload.join("holdfast.toml"),
        "version = { file = \"VERSION\" }",
        "version = { user_version = { 1 = \"1.0\", 2 = \"2.0\" } }",
    );
    let found = play.verify();
    found.is_whole("old", "1.0");
    assert_eq!(found.report["databases"][0]["says"], "1.0");
    database(&play.database(), "PRAGMA user_version = 2");
    play.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["says that it is of version 2.0", "its schema is that of 1.0"]);
    database(&play.database(), "PRAGMA user_version = 1");
    let updater = play.bench.pack(&play.payload, "update");
    update(&updater, &play.site, &[]).expect(0);
    play.verify().is_whole("new", "2.0");
}

#[test]
fn modules_belong_to_the_pair() {
    let play = Play::new();
    append(
        &play.payload,
        "[[module]]\nid = \"reports\"\nversion = \"1.1\"\nquery = \"SELECT version FROM plugin\"\n",
    );
    let step = "ALTER TABLE plugin ADD COLUMN made TEXT; UPDATE plugin SET version = '1.1';\n";
    write(&play.payload.join("modules/reports/migrations/1.1/10-made.sql"), step);
    let plugin = "CREATE TABLE plugin (version TEXT NOT NULL);\n";
    let variant = play.payload.join("releases/1.0/variants/with-reports");
    write(&variant.join("main.sql"), [MINI_SQL, PARTS, plugin].concat());
    write(&variant.join("modules.txt"), "reports 1.0\n");
    play.verify().is_whole("old", "1.0");
    database(&play.database(), &format!("{plugin} INSERT INTO plugin VALUES ('1.0')"));
    assert_eq!(play.verify().is_whole("old", "1.0").report["modules"]["reports"], "1.0");
    database(&play.database(), "UPDATE plugin SET version = '1.1'");
    play.verify()
        .is("none", &["VERSION:UNKNOWN"])
        .names(&["not with these modules: reports 1.1"]);
    database(&play.database(), "UPDATE plugin SET version = '1.0'");
    let updater = play.bench.pack(&play.payload, "update");
    update(&updater, &play.site, &[]).expect(0);
    assert_eq!(play.verify().is_whole("new", "2.0").report["modules"]["reports"], "1.1");
}
