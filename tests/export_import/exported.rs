//! What goes into an export and what does not, and what takes it back besides an import.

use crate::desk::*;
use crate::support::*;
use rusqlite::Connection;
use std::fs;

const SCHEMA: &str = "
    CREATE TABLE country(code TEXT PRIMARY KEY); CREATE TABLE city(id INTEGER PRIMARY KEY, country TEXT REFERENCES country(code));
    CREATE TABLE django_migrations(id INTEGER PRIMARY KEY); CREATE TABLE django_session(id INTEGER PRIMARY KEY);
    CREATE TABLE holdfast_ledger(id INTEGER PRIMARY KEY, step TEXT);
    CREATE VIRTUAL TABLE blind USING fts5(v, content='');
    INSERT INTO country VALUES ('FR'); INSERT INTO city VALUES (1, 'FR'); INSERT INTO django_session VALUES (1);
    INSERT INTO holdfast_ledger VALUES (1, '10-items.sql'); INSERT INTO blind(rowid, v) VALUES (1, 'text'); ANALYZE;";

fn tables(said: &serde_json::Value, list: &str) -> Vec<String> {
    let list = said[list].as_array().expect("a list");
    list.iter().map(|t| t["table"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn tables_are_chosen_and_what_stays_out_is_said() {
    let bench = Bench::new();
    let db = bench.path("a.db");
    database(&db, SCHEMA);
    let mut n = 0;
    let mut exported = |words: &[&str]| {
        n += 1;
        let zip = bench.path(&format!("{n}.zip"));
        let said = json(&export(&db, &zip, &[words, &["--json"]].concat()).expect(0));
        (tables(&said, "tables"), tables(&said, "left_out"), said, zip)
    };
    let (all, left, said, zip) = exported(&[]);
    assert_eq!(all, ["country", "django_migrations", "django_session", "city", "holdfast_ledger"]);
    for table in ["blind", "blind_data", "sqlite_stat1"] {
        assert!(left.contains(&table.to_owned()), "{left:?}");
    }
    assert_eq!((&said["tables"][4]["loaded"], &said["triggers"]), (&false.into(), &false.into()));
    let why: Vec<&str> = said["left_out"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|l| l["why"].as_str().expect("why"))
        .collect();
    assert!(why.iter().any(|w| w.contains("keeps an index and not the text")), "{why:?}");
    assert!(unzipped(&zip, &format!("{STEP}/load.toml")).contains("table = \"holdfast_ledger\"\nenabled = false"));
    let (all, ..) = exported(&["--without-framework", "--exclude", "DJANGO_*"]);
    assert_eq!(all, ["country", "city"]);
    let (all, left, ..) = exported(&["--table", "City"]);
    assert_eq!(all, ["city"]);
    assert!(left.contains(&"country".to_owned()), "{left:?}");
}

#[test]
fn what_cannot_be_exported_is_named_and_nothing_is_written() {
    let bench = Bench::new();
    let (db, zip) = (bench.path("a.db"), bench.path("a.zip"));
    database(&db, SCHEMA);
    let refused = |words: &[&str], said: &str| {
        let ran = export(&db, &zip, words).expect(20);
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
        assert!(!zip.exists());
    };
    refused(
        &["--table", "contry"],
        "no table “contry” in the database (did you mean “country”?)",
    );
    refused(&["--exclude", "jango*"], "fits no table");
    refused(&["--exclude", "[x"], "is no pattern");
    refused(&["--table", "blind"], "keeps an index and not the text");
    refused(&["--table", "blind_data"], "lies behind a virtual table");
    refused(&["--exclude", "*"], "all of them are left out");
    refused(&["--version", "two"], "“two” is not a version");
    assert!(
        export(&bench.path("no.db"), &zip, &[])
            .expect(20)
            .stderr
            .contains("There is no database")
    );
    fs::write(&zip, "mine").expect("a file");
    assert!(export(&db, &zip, &[]).expect(20).stderr.contains("is there already"));
    assert_eq!(fs::read_to_string(&zip).expect("a file"), "mine");
    let no = bench.path("no-database");
    fs::write(&no, "this is no database, and it is long enough for one to look twice at it").expect("a file");
    export(&no, &bench.path("b.zip"), &[]).expect(20);
    assert_eq!(names(&bench.path("")), ["a.db", "a.zip", "no-database"]);
}

#[test]
fn triggers_fire_only_if_what_they_write_is_not_exported() {
    let bench = Bench::new();
    let db = bench.path("a.db");
    database(
        &db,
        "CREATE TABLE item(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE log(v TEXT); CREATE TABLE seen(n INT);
         CREATE TRIGGER a AFTER INSERT ON item BEGIN INSERT INTO log VALUES (new.v); UPDATE seen SET n = n + 1; END;
         CREATE TABLE free(v); CREATE TRIGGER b BEFORE INSERT ON free BEGIN SELECT RAISE(ABORT, 'read only'); END;",
    );
    let mut n = 0;
    let mut export = |words: &[&str]| {
        n += 1;
        export(&db, &bench.path(&format!("{n}.zip")), &[words, &["--json"]].concat())
    };
    for (words, fire) in [
        (&[][..], false),
        (&["--table", "item"], true),
        (&["--table", "item", "--table", "log", "--table", "seen"], false),
        (&["--table", "log"], false),
        (&["--table", "free"], false),
    ] {
        assert_eq!(json(&export(words).expect(0))["triggers"], fire, "{words:?}");
    }
    let ran = export(&["--table", "item", "--table", "log"]).expect(20);
    assert!(
        ran.stderr.contains("“log”, which is exported, and to “seen”, which is not"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_value_that_no_load_would_give_back_stops_the_export() {
    let bench = Bench::new();
    let (db, zip) = (bench.path("a.db"), bench.path("a.zip"));
    database(&db, "CREATE TABLE t(a TEXT); INSERT INTO t VALUES (1)");
    let connection = Connection::open(&db).expect("a database");
    connection
        .execute_batch("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a INTEGER)' WHERE name = 't'")
        .expect("changed behind the database's back");
    drop(connection);
    let ran = export(&db, &zip, &[]).expect(20);
    assert!(
        ran.stderr.contains("Row 1 of table “t” cannot be written out: column “a”"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(&bench.path("")), ["a.db"]);
}

#[test]
fn a_payload_takes_an_export_back() {
    let bench = Bench::new();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let db = bench.path("rows.db");
    database(
        &db,
        "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL, colour TEXT NOT NULL DEFAULT 'none');
         INSERT INTO item VALUES (70, 'table', x'00ff'), (71, 'bed', 'blue'); CREATE TABLE holdfast_ledger(id);",
    );
    let zip = bench.path("rows.zip");
    export(&db, &zip, &["--version", "2.0"]).expect(0);
    let mut archive = zip::ZipArchive::new(fs::File::open(&zip).expect("a file")).expect("a zip");
    archive.extract(&payload).expect("unzipped into the payload");
    // The steps run in the order of their names.
    fs::rename(
        payload.join("migrations/2.0/10-export.load"),
        payload.join("migrations/2.0/20-export.load"),
    )
    .expect("renamed");
    let updater = bench.pack(&payload, "update");
    update(&updater, &site, &[]).expect(0);
    let found = ask(
        &site.join("data/mini.db"),
        "SELECT group_concat(id || typeof(colour)) FROM item WHERE id > 2",
    );
    assert_eq!(found, "70blob,71text");
}
