//! A database in memory, in the transaction that the conductor would hold, and a script to run on it.

use holdfast::failure::{Failure, Reason};
use holdfast::report::{Answer, Event, Question, Reporter};
use holdfast::script::{Context, Limits, ScriptReport, Scripts};
use rusqlite::Connection;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub const STEP: &str = "2.0/30-x.js";

/// Writes down what it hears; cancels when told so.
#[derive(Default)]
pub struct Ear {
    pub heard: Mutex<Vec<String>>,
    pub cancel: AtomicBool,
    pub asked: AtomicU64,
}

impl Reporter for Ear {
    fn event(&self, event: &Event<'_>) {
        self.heard.lock().unwrap().push(serde_json::to_string(event).unwrap());
    }

    fn ask(&self, _: &Question<'_>) -> Answer {
        Answer::No
    }

    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.cancel.load(Ordering::Relaxed)
    }
}

pub fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys=OFF; BEGIN;
             CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, any);
             INSERT INTO t VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30);",
        )
        .unwrap();
    connection
}

pub fn limits() -> Limits {
    Limits {
        memory_bytes: 32 << 20,
        ..Limits::default()
    }
}

pub fn context(reporter: &dyn Reporter) -> Context<'_> {
    Context {
        from: "1.0",
        to: "2.0",
        tenant: Some("north"),
        reporter,
    }
}

/// Runs a whole step.
pub fn run_on(connection: &Connection, source: &str) -> Result<ScriptReport, Failure> {
    Scripts::new(connection, limits())?.run(STEP, source, &context(&Ear::default()))
}

/// Runs a whole step on a new database.
pub fn run(source: &str) -> Result<ScriptReport, Failure> {
    let connection = database();
    let result = run_on(&connection, source);
    still_usable(&connection);
    result
}

/// Runs the body of a step and gives what it logged.
pub fn logged(body: &str) -> Vec<String> {
    let source = format!("export default function (db, ctx) {{\n{body}\n}}");
    run(&source).unwrap_or_else(|failure| panic!("{failure}")).log
}

/// The failure of the body of a step.
pub fn failed(body: &str) -> Failure {
    run(&format!("export default function (db, ctx) {{\n{body}\n}}")).expect_err(body)
}

/// A step failure that says these words, and stands in this line.
pub fn says(failure: &Failure, line: Option<u32>, words: &[&str]) {
    assert_eq!(failure.reason, Reason::StepFailed, "{failure}");
    told(failure, line, words);
}

pub fn told(failure: &Failure, line: Option<u32>, words: &[&str]) {
    for word in words {
        assert!(failure.message.contains(word), "“{word}” is not in: {failure}");
    }
    assert_eq!(failure.fields.get("step").and_then(|v| v.as_str()), Some(STEP), "{failure}");
    assert_eq!(
        failure.fields.get("line").and_then(serde_json::Value::as_u64),
        line.map(u64::from),
        "{failure}"
    );
    if let Some(line) = line {
        assert!(failure.message.contains(&format!("{STEP} line {line}: ")), "{failure}");
    }
    assert!(
        failure.message.ends_with("Ask those who made the update for a corrected one."),
        "{failure}"
    );
}

/// Whatever a script did, the transaction is open and the connection answers.
pub fn still_usable(connection: &Connection) {
    assert!(!connection.is_autocommit(), "the transaction is gone");
    connection.execute("INSERT INTO t(name) VALUES ('after')", []).unwrap();
    connection.execute_batch("DROP TABLE t; ROLLBACK; BEGIN;").unwrap();
}
