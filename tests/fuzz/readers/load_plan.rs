//! The plan of a load, in TOML as people write it or in JSON as a bundle carries it, run on a small database with small files: what it
//! names is loaded or cleared, or the whole is refused in words; a table that it does not name keeps its rows.

use super::{tables, told};
use holdfast::failure::{Failure, Reason, Result};
use holdfast::load::{Files, LoadPlan, Options, run};
use holdfast::payload::load_json;
use holdfast::report::Nobody;
use rusqlite::Connection;
use std::io::Read;

pub const STEP: &str = "2.0/20-any.load";

const TABLES: &str = "
    CREATE TABLE country (id INTEGER PRIMARY KEY, code TEXT UNIQUE NOT NULL, name VARCHAR(20), tenant_id INTEGER);
    CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, country_id INTEGER REFERENCES country(id), tenant_id INTEGER DEFAULT 0, active BOOLEAN);
    CREATE TABLE visit (person_id INTEGER, day TEXT, note, PRIMARY KEY (person_id, day)) WITHOUT ROWID;
    CREATE TABLE apart (a, b);
    INSERT INTO country VALUES (1, 'FR', 'France', 7), (2, 'ES', 'España', 8);
    INSERT INTO person VALUES (1, 'Ada', 1, 7, 1), (2, 'Grace', 2, 8, 0);
    INSERT INTO visit VALUES (1, '2024-01-01', 'first');
    INSERT INTO apart VALUES (1, 2);";

/// What the files hold, whatever their names: by their endings.
struct Small;

impl Files for Small {
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>> {
        let text: &[u8] = match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("json") => br#"[{"code": "DE", "name": "Germany"}, {"code": "FR", "name": "La France", "tenant_id": 9}]"#,
            Some("jsonl" | "ndjson") => b"{\"id\": 3, \"name\": \"Linus\", \"active\": true}\n{\"id\": 1, \"name\": null}\n",
            Some("csv") => b"person_id,day\n1,2024-01-02\n2,2024-01-03\n",
            Some("data") => b"id;name;country_id\n7;\"a;b\";FR\n8;;ES\n",
            _ => {
                return Err(Failure::new(
                    Reason::BundleDamaged,
                    format!("There is no file “{name}” in the step."),
                ));
            }
        };
        Ok(Box::new(text))
    }
}

/// The database before anything is loaded.
pub fn database() -> Connection {
    let connection = tables::empty();
    connection.execute_batch(TABLES).expect("tables");
    connection
}

pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let plan = match text.trim_start().starts_with('{') {
        true => LoadPlan::parse(STEP, text),
        false => load_json(STEP, text).map(|json| LoadPlan::parse(STEP, &json).expect("what is packed can be read")),
    };
    let plan = match plan {
        Ok(plan) => plan,
        Err(failure) => return told(&failure),
    };
    for file in plan.files() {
        assert!(
            !file.split('/').any(|part| matches!(part, ".." | "." | "")) && !file.contains('\\'),
            "{file}"
        );
    }
    let contexts = plan.contexts().take(2).map(Some);
    for context in [None].into_iter().chain(contexts) {
        in_context(&plan, context);
    }
}

fn in_context(plan: &LoadPlan, context: Option<&str>) {
    let connection = database();
    let before = tables::content(&connection);
    connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let options = Options {
        context,
        collect: false,
        reporter: &Nobody,
    };
    let cleared = plan.clears(&connection).expect("tables");
    let done = tables::limited(|| run(&connection, plan, &Small, &options));
    assert!(!connection.is_autocommit(), "a load ended the transaction that is not its own");
    match done {
        Err(failure) => told(&failure),
        Ok(report) => {
            let loaded = report.files.iter().map(|f| f.table.as_str());
            let named: Vec<&str> = loaded.chain(cleared.iter().map(String::as_str)).collect();
            for (table, rows) in &before {
                if !named.iter().any(|name| name.eq_ignore_ascii_case(table)) {
                    assert_eq!(tables::rows(&connection, table), *rows, "{table} is not named by the plan");
                }
            }
            for file in &report.files {
                assert_eq!(file.read, file.inserted + file.updated + file.skipped);
            }
        }
    }
    connection.execute_batch("ROLLBACK").expect("undone");
    assert_eq!(tables::content(&connection), before);
}
