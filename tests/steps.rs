//! Every kind of step in one update by the real updater: SQL, a reshape, a data load, a script, in any order, with functions that only the
//! application has. All of it arrives together, or nothing does; the ledger says what each did.

mod support;

use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use support::*;

/// The old database: people with a town as text, a search index, and a view that calls a function of the application.
const OLD: &str = "
CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, town TEXT, age TEXT);
CREATE TABLE note (person_id INTEGER REFERENCES person, body TEXT);
CREATE TABLE fax (id INTEGER PRIMARY KEY, number TEXT);
CREATE TABLE country (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(body);
CREATE VIEW shouting AS SELECT app_shout(name) AS name FROM person;
PRAGMA user_version = 1;
";

const ROWS: &str = "
INSERT INTO person VALUES (1, 'Ada', 'Paris', '36'), (2, 'Bob', 'Lyon', '7'), (3, 'Cy', 'Paris', NULL), (9, 'gone', NULL, NULL);
DELETE FROM person WHERE id = 9;
INSERT INTO note VALUES (1, 'first'), (3, 'second');
INSERT INTO fax VALUES (1, '0123');
INSERT INTO country VALUES ('FR', 'France'), ('DE', 'Germany');
INSERT INTO search VALUES ('some words'), ('other words');
";

/// The new one: towns have a table of their own, ages are numbers.
const NEW: &str = "
CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE human (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, town_id INTEGER REFERENCES town, age INTEGER, shout TEXT);
CREATE TABLE note (person_id INTEGER REFERENCES human, body TEXT);
CREATE TABLE country (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX human_town ON human(town_id);
CREATE VIRTUAL TABLE search USING fts5(body);
CREATE VIEW shouting AS SELECT app_shout(name) AS name FROM human;
";

const MAPPING: &str = r#"
[table.town]
from = "person"
where = "town IS NOT NULL"
only = true
match = ["name"]
on_match = "keep"
columns.name = "town"

[table.human]
from = "person"
columns.town_id = { key_of = "town", of = "CASE WHEN town IS NOT NULL THEN id END" }

[[drop]]
table = "fax"
reason = "nobody has one any more"
"#;

const LOAD: &str = r#"
[context.south]
[[file]]
file = "countries.json"
table = "country"
mode = "upsert"
[[file]]
file = "towns.csv"
table = "town"
contexts = ["south"]
"#;

const SCRIPT: &str = "export default function (db, ctx) {
  db.define('app_twice', {deterministic: true}, (n) => n === null ? null : n * 2);
  db.each('SELECT id, name FROM human', (row) => {
    db.run('UPDATE human SET shout = ? WHERE id = ?', [row.name.toUpperCase() + ' ' + ctx.to, row.id]);
  });
}
";

struct Play {
    bench: Bench,
    payload: PathBuf,
    site: PathBuf,
}

impl Play {
    fn new() -> Play {
        let bench = Bench::new();
        let payload = bench.path("payload");
        write(
            &payload.join("holdfast.toml"),
            r#"format = 1
[product]
id = "steps"
name = "Steps"
version = "2.0"
[application]
entry = ["start"]
version = { user_version = { 1 = "1.0", 2 = "2.0" } }
[[database]]
name = "main"
path = "data/main.db"
[[function]]
name = "app_shout"
arguments = 1
"#,
        );
        for (tree, text) in [("code", "#!/bin/sh\necho 2.0\n"), ("releases/1.0/code", "#!/bin/sh\necho 1.0\n")] {
            write(&payload.join(tree).join("start"), text);
            executable(&payload.join(tree).join("start"));
        }
        write(&payload.join("releases/1.0/main.sql"), OLD);
        let step = |name: &str, text: &str| write(&payload.join("migrations/2.0").join(name), text);
        step("10-fill.sql", "UPDATE person SET age = NULL WHERE age = '';\n");
        step("20-people.reshape/schema.sql", NEW);
        step("20-people.reshape/mapping.toml", MAPPING);
        step("30-countries.load/load.toml", LOAD);
        step(
            "30-countries.load/countries.json",
            r#"[{"code": "FR", "name": "la France"}, {"code": "IT", "name": "Italy"}]"#,
        );
        step("30-countries.load/towns.csv", "name\nNice\n");
        step("40-shout.js", SCRIPT);
        step(
            "50-version.sql",
            "UPDATE human SET age = app_twice(age); PRAGMA user_version = 2;\n",
        );
        let site = bench.path("site");
        copy_tree(&payload.join("releases/1.0/code"), &site);
        fs::create_dir_all(site.join("data")).expect("a folder");
        let made = Connection::open(site.join("data/main.db")).expect("a database");
        made.execute_batch(OLD).expect("the old schema");
        made.execute_batch(ROWS).expect("rows");
        Play { bench, payload, site }
    }

    fn step(&self, name: &str) -> PathBuf {
        self.payload.join("migrations/2.0").join(name)
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/main.db")
    }

    fn update(&self, more: &[&str]) -> Ran {
        let updater = self.bench.path("update");
        if updater.exists() {
            fs::remove_file(&updater).expect("removed");
        }
        self.bench.pack(&self.payload, "update");
        update(&updater, &self.site, more)
    }

    /// An update that must fail with a reason and words, and change nothing.
    #[track_caller]
    fn refuses(&self, reason_code: &str, words: &[&str]) {
        let before = (tree(&self.site), content(&self.database()));
        let ran = self.update(&[]).expect(30);
        for word in words {
            assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        }
        assert_eq!(reason(&self.site), reason_code);
        let now = tree(&self.site)
            .into_iter()
            .filter(|(path, _)| !path.starts_with(".holdfast"))
            .collect();
        assert_eq!((now, content(&self.database())), before);
    }
}

fn all(database: &Path, query: &str) -> String {
    ask(database, &format!("SELECT group_concat(line, ';') FROM ({query})"))
}

#[test]
fn every_kind_of_step_arrives_and_goes_back() {
    let play = Play::new();
    let before = content(&play.database());
    play.update(&[]).expect(0);
    let database = play.database();
    assert_eq!(
        all(
            &database,
            "SELECT h.id || h.name || coalesce(t.name, '-') || coalesce(age, '-') || shout AS line FROM human h LEFT JOIN town t ON t.id = town_id"
        ),
        "1AdaParis72ADA 2.0;2BobLyon14BOB 2.0;3CyParis-CY 2.0"
    );
    assert_eq!(all(&database, "SELECT id || name AS line FROM town"), "1Paris;2Lyon");
    assert_eq!(
        all(&database, "SELECT code || name AS line FROM country"),
        "DEGermany;FRla France;ITItaly"
    );
    assert_eq!(
        all(&database, "SELECT rowid || body AS line FROM search WHERE search MATCH 'words'"),
        "1some words;2other words"
    );
    assert_eq!(ask(&database, "SELECT seq FROM sqlite_sequence WHERE name = 'human'"), "9");
    assert_eq!(ask(&database, "PRAGMA user_version"), "2");
    assert_eq!(
        all(&database, "SELECT step || ' ' || kind || ' ' || coalesce(source || '>' || table_name || ' ' || rows_read || ' ' || rows_inserted, '') AS line
            FROM holdfast_ledger WHERE source IS NOT NULL ORDER BY step, table_name, source"),
        "20-people.reshape reshape country>country 2 2;20-people.reshape reshape person>human 3 3;20-people.reshape reshape note>note 2 2;\
         20-people.reshape reshape person>town 3 2;30-countries.load load countries.json>country 2 1;30-countries.load load towns.csv>town 0 0"
    );
    assert_eq!(ask(&database, "SELECT version FROM holdfast_version WHERE module = 'steps'"), "2.0");
    update(&play.bench.path("update"), &play.site, &[]).expect(10);
    verb(&play.bench.path("update"), "rollback", &play.site, &[]).expect(0);
    assert_eq!(content(&database), before);
}

#[test]
fn a_tenant_gets_what_is_for_it() {
    let play = Play::new();
    play.update(&["--context", "south"]).expect(0);
    assert_eq!(
        all(&play.database(), "SELECT name AS line FROM town ORDER BY name"),
        "Lyon;Nice;Paris"
    );
}

#[test]
fn a_chain_that_begins_with_a_reshape_reads_the_live_database_and_rows_only_in_its_log() {
    let play = Play::new();
    fs::remove_file(play.step("10-fill.sql")).expect("removed");
    let open = Connection::open(play.database()).expect("a database");
    open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO person VALUES (10, 'Di', 'Nice', '1')")
        .expect("a row");
    let copies: Vec<(PathBuf, Vec<u8>)> = ["", "-wal"]
        .map(|suffix| PathBuf::from(format!("{}{suffix}", play.database().display())))
        .map(|path| (path.clone(), fs::read(path).expect("bytes")))
        .into();
    drop(open);
    copies.iter().for_each(|(path, bytes)| write(path, bytes));
    play.update(&[]).expect(0);
    assert_eq!(ask(&play.database(), "SELECT shout FROM human WHERE id = 10"), "DI 2.0");
    assert_eq!(ask(&play.database(), "PRAGMA journal_mode"), "wal");
    verb(&play.bench.path("update"), "rollback", &play.site, &[]).expect(0);
    assert_eq!(ask(&play.database(), "SELECT town FROM person WHERE id = 10"), "Nice");
}

#[test]
fn what_does_not_fit_is_named_and_nothing_changes() {
    let play = Play::new();
    let age = |value: &str| {
        let database = Connection::open(play.database()).expect("a database");
        database
            .execute("UPDATE person SET age = ?1 WHERE id = 2", [value])
            .expect("an age");
    };
    // Not 7: somebody has to say what is meant.
    age("007");
    play.refuses(
        "ROW:REJECTED",
        &["20-people.reshape", "the row of “person” with id = 2", "“007” for “human.age”"],
    );
    age("7");
    write(&play.step("30-countries.load/load.toml"), LOAD.replace("upsert", "insert"));
    play.refuses("ROW:REJECTED", &["30-countries.load", "countries.json row 1", "code = FR"]);
    write(&play.step("30-countries.load/load.toml"), LOAD);
    write(&play.step("50-version.sql"), "PRAGMA user_version = 2;\n");
    write(
        &play.step("40-shout.js"),
        "export default function (db, ctx) {\n  if (db.get('SELECT count(*) AS n FROM human').n)\n    ctx.fail('there are people', {table: 'human'});\n}\n",
    );
    play.refuses("STEP:FAILED", &["40-shout.js line 3", "there are people"]);
    write(
        &play.step("40-shout.js"),
        "export default function (db) {\n  db.run('DELETE FROM note');\n}\n",
    );
    play.refuses("ROWS:LOST", &["2 of 2 rows of the table “note” went"]);
}

#[test]
fn a_reshape_that_cannot_be_is_not_packed() {
    let play = Play::new();
    let cases = [
        (MAPPING.replace("[table.human]", "[table.humans]"), "Did you mean “human”?"),
        (
            MAPPING.replace("columns.name = \"town\"", "columns.name = \"twon\""),
            "Did you mean “town”?",
        ),
        (
            MAPPING.replace("key_of = \"town\"", "key_of = \"note\""),
            "no target table with an INTEGER PRIMARY KEY",
        ),
        (MAPPING.replace("only = true", "onyl = true"), "onyl"),
        (
            MAPPING.replace("from = \"person\"\ncolumns.town_id", "from = \"persn\"\ncolumns.town_id"),
            "Did you mean “person”?",
        ),
        (
            MAPPING.replace("reason = \"nobody has one any more\"", "reason = \"\""),
            "gives no reason",
        ),
    ];
    for (mapping, words) in cases {
        write(&play.step("20-people.reshape/mapping.toml"), &mapping);
        let ran = play.bench.try_pack(&play.payload, &play.bench.path("update"));
        assert_eq!(ran.code, Some(20), "{words}");
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}
