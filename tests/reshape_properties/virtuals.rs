//! Random virtual tables, and whether they still find what they found.

use super::chance::Chance;
use super::rows;
use rusqlite::Connection;

/// Makes some; gives the questions that must have the same answers afterwards.
pub fn make(chance: &mut Chance, connection: &Connection, sql: &mut String) -> Vec<String> {
    let mut asked = Vec::new();
    let mut run = |text: &str| {
        connection.execute_batch(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        *sql += text;
        *sql += "\n";
    };
    let words = ["alpha", "Beta gamma", "naïve café", "", "it''s", "gamma gamma alpha"];
    if chance.percent(40) {
        run("CREATE VIRTUAL TABLE notes USING fts5(title, \"a content\", tag UNINDEXED, tokenize = 'porter unicode61', prefix = '2 3');");
        for _ in 0..chance.below(6) {
            let (rowid, title, body) = (chance.below(5000), chance.pick(&words), chance.pick(&words));
            run(&format!(
                "INSERT OR REPLACE INTO notes(rowid, title, \"a content\", tag) VALUES ({rowid}, '{title}', '{body}', 'x');"
            ));
        }
        if chance.percent(50) {
            run("INSERT INTO notes(notes, rank) VALUES ('rank', 'bm25(0.5, 20.0)');");
        }
        asked.push("SELECT rowid, * FROM notes".to_owned());
        asked.push("SELECT rowid, rank FROM notes('gamma OR alpha') ORDER BY rank, rowid".to_owned());
    }
    if chance.percent(40) {
        let source = chance.pick(&["docs", "docs view"]);
        run(
            "CREATE TABLE docs(id INTEGER PRIMARY KEY, title TEXT, body, other); CREATE VIEW \"docs view\" AS SELECT id, title, body FROM docs;",
        );
        for _ in 0..chance.below(6) {
            let (title, body) = (chance.pick(&words), chance.pick(&words));
            run(&format!("INSERT INTO docs(title, body) VALUES ('{title}', '{body}');"));
        }
        run(&format!(
            "CREATE VIRTUAL TABLE found USING fts5(title, body, content = '{source}', content_rowid = 'id'); INSERT INTO found(found) VALUES ('rebuild');"
        ));
        run(
            "CREATE TRIGGER docs_in AFTER INSERT ON docs BEGIN INSERT INTO found(rowid, title, body) VALUES (NEW.id, NEW.title, NEW.body); END;",
        );
        asked.push("SELECT rowid, * FROM found('gamma OR cafe') ORDER BY rowid".to_owned());
    }
    if chance.percent(40) {
        run("CREATE VIRTUAL TABLE \"places 1\" USING rtree(id, x0, x1, y0, y1, +name TEXT);");
        for _ in 0..chance.below(80) {
            let (id, x, y) = (chance.below(900), chance.below(1000) as f64 / 7.0, chance.below(1000) as f64 / 3.0);
            run(&format!(
                "INSERT OR REPLACE INTO \"places 1\" VALUES ({id}, {x}, {x} + 1, {y}, {y} + 0.1, 'p{id}');"
            ));
        }
        asked.push("SELECT * FROM \"places 1\" ORDER BY id".to_owned());
        asked.push("SELECT id FROM \"places 1\" WHERE x0 > 20 AND y1 < 150 ORDER BY id".to_owned());
    }
    asked
}

pub fn assert_same(asked: &[String], found: &Connection, wanted: &Connection) {
    for sql in asked {
        assert_eq!(rows(found, sql), rows(wanted, sql), "{sql}");
    }
    for name in ["notes", "found"] {
        if found.table_exists(Some("main"), name).expect("a table") {
            let check = format!("INSERT INTO {name}({name}, rank) VALUES ('integrity-check', 1)");
            found.execute_batch(&check).expect(&check);
        }
    }
}
