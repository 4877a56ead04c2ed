//! A database and a step's folder in memory, in the state in which the engine runs a load: in a transaction, foreign keys off, under
//! an authorizer as strict as that of the engine.

use holdfast::failure::{Failure, Reason, Result};
use holdfast::load::{Files, LoadPlan, LoadReport, Options, run};
use holdfast::payload::load_json;
use holdfast::report::Nobody;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::BTreeMap;
use std::io::Read;

pub const STEP: &str = "2.0/20-countries.load";

/// The files of a step.
#[derive(Default)]
pub struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    pub fn with(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Folder {
        self.0.insert(name.to_owned(), bytes.as_ref().to_vec());
        self
    }
}

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>> {
        match self.0.get(name) {
            Some(bytes) => Ok(Box::new(Dribble(bytes))),
            None => Err(Failure::new(Reason::BundleDamaged, format!("no {name}"))),
        }
    }
}

/// Gives seven bytes at a time, so that characters and rows are cut anywhere.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let amount = out.len().min(7);
        self.0.read(&mut out[..amount])
    }
}

/// A database that a step works on.
pub fn database(schema: &str) -> Connection {
    let mut connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch("PRAGMA foreign_keys=OFF").expect("off");
    connection.execute_batch(schema).expect("a schema");
    connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
    connection.authorizer(Some(judge)).expect("an authorizer");
    connection
}

fn judge(context: AuthContext<'_>) -> Authorization {
    // FTS5 asks for data_version itself.
    const PRAGMAS: [&str; 6] = [
        "data_version",
        "table_list",
        "table_xinfo",
        "index_list",
        "index_xinfo",
        "foreign_key_list",
    ];
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } | AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {
            Authorization::Deny
        }
        AuthAction::Pragma { pragma_name, .. } if !PRAGMAS.contains(&pragma_name) => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

pub fn plan(text: &str) -> LoadPlan {
    let plan = load_json(STEP, text).and_then(|json| LoadPlan::parse(STEP, &json));
    plan.unwrap_or_else(|failure| panic!("{failure}"))
}

pub fn load(connection: &Connection, text: &str, folder: &Folder) -> Result<LoadReport> {
    load_in(connection, text, folder, None, false)
}

pub fn load_in(connection: &Connection, text: &str, folder: &Folder, context: Option<&str>, collect: bool) -> Result<LoadReport> {
    let options = Options {
        context,
        collect,
        reporter: &Nobody,
    };
    run(connection, &plan(text), folder, &options)
}

/// Loads one file into one table.
pub fn one(schema: &str, entry: &str, file: &str, bytes: impl AsRef<[u8]>) -> (Connection, Result<LoadReport>) {
    let connection = database(schema);
    let text = format!("[[file]]\nfile = \"{file}\"\n{entry}");
    let report = load(&connection, &text, &Folder::default().with(file, bytes));
    (connection, report)
}

/// The failure of a load of one file, without the advice at its end.
pub fn refusal(schema: &str, entry: &str, file: &str, bytes: impl AsRef<[u8]>) -> Failure {
    let mut failure = one(schema, entry, file, bytes).1.expect_err("it must be refused");
    let advice = " Ask those who made the update for a corrected one.";
    assert!(failure.message.ends_with(advice), "{}", failure.message);
    failure.message.truncate(failure.message.len() - advice.len());
    failure
}

/// All values of a query, as SQL literals: `1|'FR'|NULL`, a line a row.
pub fn ask(connection: &Connection, query: &str) -> String {
    let mut statement = connection.prepare(query).expect(query);
    let width = statement.column_count();
    let mut rows = statement.query([]).expect(query);
    let mut lines = Vec::new();
    while let Some(row) = rows.next().expect(query) {
        let values: Vec<String> = (0..width).map(|n| literal(row.get_ref(n).expect("a value"))).collect();
        lines.push(values.join("|"));
    }
    lines.join("\n")
}

fn literal(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(i) => i.to_string(),
        ValueRef::Real(r) => format!("{r:?}"),
        ValueRef::Text(t) => format!("'{}'", String::from_utf8_lossy(t)),
        ValueRef::Blob(b) => format!("x'{}'", holdfast::bundle::hex(b)),
    }
}

/// Read, inserted, updated, skipped of the n-th file.
pub fn counts(report: &LoadReport, n: usize) -> (u64, u64, u64, u64) {
    let file = &report.files[n];
    (file.read, file.inserted, file.updated, file.skipped)
}
