//! What the tests of exports and imports share: the commands, zips made by hand, and how databases are compared.

use crate::support::*;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of an export's step in its zip.
pub const STEP: &str = "migrations/1.0/10-export.load";

pub fn holdfast(words: &[&str]) -> Ran {
    run(Command::new(HOLDFAST).args(words))
}

pub fn export(database: &Path, zip: &Path, more: &[&str]) -> Ran {
    let words = ["export", text(database), "--out", text(zip)];
    holdfast(&[&words, more].concat())
}

pub fn import(zip: &Path, database: &Path, more: &[&str]) -> Ran {
    let words = ["import", text(zip), "--database", text(database)];
    holdfast(&[&words, more].concat())
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("Unicode")
}

pub fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.stdout))
}

/// An empty database with the schema of another, in the same encoding.
pub fn twin(of: &Path, at: &Path) {
    let (old, new) = (Connection::open(of).expect("a database"), Connection::open(at).expect("a database"));
    let encoding: String = old.query_row("PRAGMA encoding", [], |r| r.get(0)).expect("an encoding");
    new.execute_batch(&format!("PRAGMA encoding = '{encoding}'; PRAGMA foreign_keys = OFF"))
        .expect("set");
    let query = "SELECT s.sql FROM sqlite_schema AS s LEFT JOIN pragma_table_list AS l ON l.name = s.name AND l.schema = 'main'
                 WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.name NOT LIKE 'holdfast\\_%' ESCAPE '\\'
                   AND ifnull(l.type, '') <> 'shadow' ORDER BY s.type = 'trigger', s.type = 'view', s.type = 'index', s.rowid";
    let mut statement = old.prepare(query).expect("the schema");
    let texts: Vec<String> = statement
        .query_map([], |r| r.get(0))
        .expect("the schema")
        .map(|r| r.expect("SQL"))
        .collect();
    for sql in texts {
        new.execute_batch(&sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

/// Every row of every table that is the application's, with the bytes and types of its values, and of the counters. With rowids where
/// `rowids` says so. In no order but that of the rows themselves.
pub fn rows(database: &Path, rowids: bool) -> Vec<String> {
    let connection = Connection::open(database).expect("a database");
    let query = "SELECT l.name, l.type = 'virtual', l.wr FROM pragma_table_list AS l
                 WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') AND l.name NOT LIKE 'holdfast\\_%' ESCAPE '\\'
                   AND l.name <> 'sqlite_schema'";
    let mut statement = connection.prepare(query).expect("tables");
    let tables: Vec<(String, bool, bool)> = statement
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .expect("tables")
        .map(|r| r.expect("a table"))
        .collect();
    let mut all = Vec::new();
    for (table, is_virtual, without) in tables {
        let named = table.replace('"', "\"\"");
        let rowid = if !without && (rowids || is_virtual) && !table.starts_with("sqlite_") {
            "_rowid_, "
        } else {
            ""
        };
        let mut select = connection.prepare(&format!("SELECT {rowid}* FROM \"{named}\"")).expect("a table");
        let width = select.column_count();
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let values: Vec<String> = (0..width).map(|n| value(row.get_ref(n).expect("a value"))).collect();
            all.push(format!("{table}: {}", values.join(", ")));
        }
    }
    all.sort();
    all
}

fn value(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(i) => format!("integer {i}"),
        ValueRef::Real(r) => format!("real {:016x}", r.to_bits()),
        ValueRef::Text(t) => format!("text {}", t.escape_ascii()),
        ValueRef::Blob(b) => format!("blob {}", b.escape_ascii()),
    }
}

/// A zip with these files.
pub fn zip(path: &Path, files: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).expect("a file"));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).expect("an entry");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a zip");
}

/// The text of a file in a zip.
pub fn unzipped(path: &Path, name: &str) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).expect("a file")).expect("a zip");
    let entry = zip.by_name(name).unwrap_or_else(|e| panic!("{name}: {e}"));
    std::io::read_to_string(entry).expect("text")
}

/// The names in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A database with one small table, and a zip with a row for it.
pub struct Small {
    pub bench: Bench,
    pub database: PathBuf,
    pub zip: PathBuf,
}

pub const SMALL: &str = "CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE person(id INTEGER PRIMARY KEY, town INTEGER REFERENCES town(id), name TEXT);
    INSERT INTO town VALUES (1, 'Ulm'); INSERT INTO person VALUES (1, 1, 'Ada');";

impl Small {
    pub fn new() -> Small {
        let bench = Bench::new();
        let small = Small {
            database: bench.path("app/small.db"),
            zip: bench.path("rows.zip"),
            bench,
        };
        database(&small.database, SMALL);
        small.load("[[file]]\nfile = \"t.json\"\ntable = \"town\"", r#"[{"id": 2, "name": "Bonn"}]"#);
        small
    }

    /// Makes the zip: a plan, and `t.json`.
    pub fn load(&self, plan: &str, rows: &str) {
        let files = [
            ("migrations/2.0/10-towns.load/load.toml", plan),
            ("migrations/2.0/10-towns.load/t.json", rows),
        ];
        zip(&self.zip, &files);
    }

    pub fn import(&self, more: &[&str]) -> Ran {
        import(&self.zip, &self.database, more)
    }

    /// The import must end so and change nothing, not even beside the database.
    #[track_caller]
    pub fn refused(&self, more: &[&str], code: i32, said: &[&str]) {
        let before = fs::read(&self.database).expect("a database");
        let beside: Vec<String> = names(self.database.parent().expect("a folder"));
        let ran = self.import(more).expect(code);
        for word in said {
            assert!(ran.stderr.contains(word), "“{word}” is not in: {}", ran.stderr);
        }
        assert!(fs::read(&self.database).expect("a database") == before, "the database has changed");
        let mut now = names(self.database.parent().expect("a folder"));
        now.retain(|name| name != ".holdfast-small.db" || beside.contains(name));
        assert_eq!(now, beside);
        for left in ["new", "old", "kept", ".holdfast/journal.jsonl", ".holdfast/plan.json"] {
            let left = self.bench.path("app/.holdfast-small.db").join(left);
            assert!(!left.exists(), "{} is left over", left.display());
        }
    }
}
