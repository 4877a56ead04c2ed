//! Data files: CSV, JSON and JSON lines, in every way in which a plan can have them read. The first byte chooses. What is loaded is in
//! the table, row for row, and comes out and in again as it was.

use super::load_plan::STEP;
use super::{tables, told};
use holdfast::failure::Result;
use holdfast::load::{Files, LoadPlan, Options, run, write_table};
use holdfast::report::Nobody;
use rusqlite::Connection;
use std::io::Read;

const TABLE: &str = "
    CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, n INTEGER, r REAL, d DECIMAL(10, 2), b BLOB, any, f BOOLEAN, v VARCHAR(5), c TEXT UNIQUE);
    INSERT INTO t (id, s, c) VALUES (1, 'one', 'x'), (2, NULL, 'y');";

/// The plans, by the first byte.
fn plan(chosen: u8) -> String {
    let mode = ["insert", "upsert", "update"][usize::from(chosen % 3)];
    let key = if chosen & 0x40 == 0 { "" } else { r#", "key": ["c"]"# };
    let validate = chosen & 0x80 == 0;
    let form = match (chosen / 3) % 8 {
        0 => r#""format": "json""#,
        1 => r#""format": "jsonl""#,
        2 => r#""format": "csv""#,
        3 => r#""format": "csv", "delimiter": ";""#,
        4 => r#""format": "csv", "delimiter": "\t", "empty": "text""#,
        5 => r#""format": "csv", "empty": "quoted""#,
        6 => r#""format": "csv", "empty": "text""#,
        _ => r#""format": "json""#,
    };
    format!(r#"{{"file": [{{"file": "rows.data", "table": "t", "mode": "{mode}", "validate": {validate}, {form}{key}}}]}}"#)
}

/// Gives seven bytes at a time, so that characters and rows are cut anywhere.
struct Dribble<'a>(&'a [u8]);

impl Files for Dribble<'_> {
    fn open(&self, _: &str) -> Result<Box<dyn Read + '_>> {
        Ok(Box::new(Dribble(self.0)))
    }
}

impl Read for Dribble<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let amount = out.len().min(7);
        self.0.read(&mut out[..amount])
    }
}

struct Whole<'a>(&'a [u8]);

impl Files for Whole<'_> {
    fn open(&self, _: &str) -> Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0))
    }
}

thread_local! {
    static DATABASE: (Connection, Connection) = (table(TABLE), table(&TABLE[..TABLE.find("INSERT").expect("rows")]));
}

fn table(script: &str) -> Connection {
    let connection = tables::empty();
    connection.execute_batch(script).expect("a table");
    connection
}

pub fn read(bytes: &[u8]) {
    let Some((chosen, bytes)) = bytes.split_first() else { return };
    let plan = LoadPlan::parse(STEP, &plan(*chosen)).expect("a plan");
    DATABASE.with(|(connection, other)| {
        let in_pieces = load(connection, &plan, &Dribble(bytes), false);
        let at_once = load(connection, &plan, &Whole(bytes), false);
        assert_eq!(
            in_pieces.as_ref().err(),
            at_once.as_ref().err(),
            "where the file is cut must not matter"
        );
        let gathered = load(connection, &plan, &Whole(bytes), true);
        // Who gathers what does not fit finds the same first row that ends a load, unless the file itself breaks off further on.
        if let (Err(first), Ok(gathered)) = (&at_once, &gathered) {
            assert_eq!(gathered.rejected.as_ref(), Some(first));
        }
        assert!(at_once.is_err() || gathered.is_ok_and(|g| g.rejected.is_none()));
        let Ok(loaded) = at_once else { return };
        assert_eq!(in_pieces.expect("as at once").rows, loaded.rows);
        carried(other, &loaded);
    });
}

/// What a load left in the table, before it was undone.
struct Loaded {
    rows: Vec<String>,
    /// The table written out, if it can be.
    written: Option<Vec<u8>>,
    /// The first row that did not fit.
    rejected: Option<String>,
}

fn load(connection: &Connection, plan: &LoadPlan, files: &dyn Files, collect: bool) -> std::result::Result<Loaded, String> {
    let before = tables::rows(connection, "t");
    connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let options = Options {
        context: None,
        collect,
        reporter: &Nobody,
    };
    let done = run(connection, plan, files, &options);
    let loaded = done.map_err(|failure| {
        told(&failure);
        failure.message
    });
    let loaded = loaded.map(|report| {
        let rows = tables::rows(connection, "t");
        let file = &report.files[0];
        assert_eq!(file.read, file.inserted + file.updated + file.skipped + report.rejected_count);
        assert_eq!(rows.len() as u64, before.len() as u64 + file.inserted);
        let mut written = Vec::new();
        Loaded {
            rows,
            written: write_table(connection, "t", &mut written).is_ok().then_some(written),
            rejected: report.rejected.first().map(|f| f.message.clone()),
        }
    });
    connection.execute_batch("ROLLBACK").expect("undone");
    assert_eq!(tables::rows(connection, "t"), before);
    loaded
}

/// Written out and loaded into an empty table it is what it was.
fn carried(other: &Connection, loaded: &Loaded) {
    let Some(written) = &loaded.written else { return };
    let plan = r#"{"file": [{"file": "t.jsonl", "table": "t", "validate": false}]}"#;
    let plan = LoadPlan::parse(STEP, plan).expect("a plan");
    let again = load(other, &plan, &Whole(written), false).unwrap_or_else(|why| panic!("it does not come back: {why}"));
    assert_eq!(again.rows, loaded.rows);
}
