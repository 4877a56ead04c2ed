//! The mapping of a reshape, in TOML as people write it or in JSON as a bundle carries it, and what a reshape of a small database makes
//! of it: a new database of which every row is accounted for, or a refusal in words. The old database stays as it was.

use super::{tables, told};
use holdfast::payload::parse_mapping;
use holdfast::report::Nobody;
use holdfast::reshape::{Mapping, Reshape};
use rusqlite::Connection;
use std::path::Path;

const OLD: &str = "
    CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT, price REAL, owner INTEGER REFERENCES person(id));
    CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, born TEXT);
    CREATE TABLE tag (thing_id INTEGER, word TEXT, PRIMARY KEY (thing_id, word)) WITHOUT ROWID;
    CREATE TABLE gone (a, b);
    INSERT INTO person VALUES (1, 'Ada', '1815'), (2, 'Grace', '1906'), (5, 'Linus', NULL);
    INSERT INTO thing VALUES (1, 'lamp', 'l', 2.5, 1), (2, 'chair', 'c', 10, 2), (3, 'desk', NULL, NULL, NULL);
    INSERT INTO tag VALUES (1, 'bright'), (1, 'old'), (2, 'old');
    INSERT INTO gone VALUES (1, x'00ff'), ('1', NULL);
    PRAGMA user_version = 1;";

const NEW: &str = "
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'none', price INTEGER, owner INTEGER REFERENCES person(id));
    CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, born INTEGER, note TEXT);
    CREATE TABLE tag (thing_id INTEGER, word TEXT, PRIMARY KEY (thing_id, word)) WITHOUT ROWID;
    CREATE TABLE kind (id INTEGER PRIMARY KEY, word TEXT UNIQUE) STRICT;
    CREATE INDEX by_name ON item (name);
    CREATE VIEW dear AS SELECT * FROM item WHERE price > 5;";

thread_local! {
    static DATABASE: (Connection, String) = {
        let old = tables::empty();
        old.execute_batch(OLD).expect("a database");
        let content = format!("{:?}", tables::content(&old));
        old.execute_batch("PRAGMA query_only = ON").expect("it is only read");
        (old, content)
    };
}

pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(mapping) = serde_json::from_str(text) {
        return reshape(&mapping);
    }
    match parse_mapping(Path::new("mapping.toml"), text) {
        Err(failure) => told(&failure),
        Ok(mapping) => {
            let packed = serde_json::to_string(&mapping).expect("JSON");
            let again: Mapping = serde_json::from_str(&packed).expect("what is packed can be read");
            assert_eq!(again, mapping);
            reshape(&mapping);
        }
    }
}

fn reshape(mapping: &Mapping) {
    DATABASE.with(|(old, content)| {
        let new = tables::empty();
        let reshape = Reshape {
            step: "2.0/10-any.reshape",
            schema: NEW,
            mapping,
            prepare: &|_| Ok(()),
        };
        match tables::limited(|| reshape.run(old, &new, &Nobody)) {
            Err(failure) => told(&failure),
            Ok(report) => {
                let sound: String = new.query_row("PRAGMA integrity_check", [], |r| r.get(0)).expect("an answer");
                assert_eq!(sound, "ok");
                // Every old table has an account, and a row that goes is one that the mapping drops.
                for (table, rows) in tables::content(old) {
                    let account = report.accounts.iter().find(|a| a.table == table);
                    let account = account.unwrap_or_else(|| panic!("{table} has no account: {mapping:?}"));
                    assert_eq!(account.before, rows.len() as u64, "{table}");
                    let says_where = account.left == 0 || account.dropped.is_some() || !account.moved_to.is_empty();
                    assert!(says_where, "{account:?}: {mapping:?}");
                }
            }
        }
        assert_eq!(format!("{:?}", tables::content(old)), *content, "the old database was written");
    });
}
