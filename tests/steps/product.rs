//! A product whose update has a step of every kind, in this order: SQL, a reshape, a data load with contexts, a script, and SQL that calls
//! what the script defined; with a search index, key counters, and a view that calls a function of the application.

use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};

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

/// What does not map by name.
pub const MAPPING: &str = r#"
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

/// The load's plan.
pub const LOAD: &str = r#"
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

/// The payload. 1.0 → 2.0.
pub fn payload(bench: &Bench) -> PathBuf {
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
    payload
}

/// A site of 1.0 in that folder, and where its database is.
pub fn site(payload: &Path, site: &Path) -> PathBuf {
    copy_tree(&payload.join("releases/1.0/code"), site);
    let database = site.join("data/main.db");
    fs::create_dir_all(site.join("data")).expect("a folder");
    let made = Connection::open(&database).expect("a database");
    made.execute_batch(OLD).expect("the old schema");
    made.execute_batch(ROWS).expect("rows");
    database
}

/// The values of a column `line`.
pub fn all(database: &Path, query: &str) -> String {
    ask(database, &format!("SELECT group_concat(line, ';') FROM ({query})"))
}

/// Every step has done its work without a context, as the rows and the ledger say.
#[track_caller]
pub fn assert_arrived(database: &Path) {
    assert_eq!(
        all(
            database,
            "SELECT h.id || h.name || coalesce(t.name, '-') || coalesce(age, '-') || shout AS line FROM human h LEFT JOIN town t ON t.id = town_id"
        ),
        "1AdaParis72ADA 2.0;2BobLyon14BOB 2.0;3CyParis-CY 2.0"
    );
    assert_eq!(all(database, "SELECT id || name AS line FROM town"), "1Paris;2Lyon");
    assert_eq!(
        all(database, "SELECT code || name AS line FROM country"),
        "DEGermany;FRla France;ITItaly"
    );
    assert_eq!(
        all(database, "SELECT rowid || body AS line FROM search WHERE search MATCH 'words'"),
        "1some words;2other words"
    );
    assert_eq!(ask(database, "SELECT seq FROM sqlite_sequence WHERE name = 'human'"), "9");
    assert_eq!(ask(database, "PRAGMA user_version"), "2");
    assert_eq!(
        all(database, "SELECT step || ' ' || kind || ' ' || coalesce(source || '>' || table_name || ' ' || rows_read || ' ' || rows_inserted, '') AS line
            FROM holdfast_ledger WHERE source IS NOT NULL ORDER BY step, table_name, source"),
        "20-people.reshape reshape country>country 2 2;20-people.reshape reshape person>human 3 3;20-people.reshape reshape note>note 2 2;\
         20-people.reshape reshape person>town 3 2;30-countries.load load countries.json>country 2 1;30-countries.load load towns.csv>town 0 0"
    );
    assert_eq!(ask(database, "SELECT version FROM holdfast_version WHERE module = 'steps'"), "2.0");
}
