//! The payload's own checks: a query with the answer that it must give, and a program that must end well and in time.

use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::platform::{self, Ended, run_limited};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Asks a query for its one value and compares it with what is expected.
pub fn ask(connection: &Connection, name: &str, sql: &str, expected: &Value) -> Result<()> {
    let told = |e: rusqlite::Error| failed(name, format!("its query failed: {e}"));
    let mut statement = connection.prepare(sql).map_err(told)?;
    let mut rows = statement.query([]).map_err(told)?;
    let value = match rows.next().map_err(told)? {
        Some(row) => json(row.get_ref(0).map_err(told)?),
        None => Value::Null,
    };
    if same(&value, expected) {
        return Ok(());
    }
    Err(failed(name, format!("it gives {value}, and {expected} is expected"))
        .with("value", value)
        .with("expected", expected.clone()))
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(i) => i.into(),
        ValueRef::Real(r) => r.into(),
        ValueRef::Text(t) => String::from_utf8_lossy(t).into_owned().into(),
        ValueRef::Blob(b) => crate::bundle::hex(b).into(),
    }
}

/// SQLite has no booleans, and `1` and `1.0` are one number.
fn same(value: &Value, expected: &Value) -> bool {
    match expected {
        Value::Bool(truth) => value.as_i64() == Some(i64::from(*truth)),
        Value::Number(_) => value.as_f64().is_some() && (value == expected || value.as_f64() == expected.as_f64()),
        _ => value == expected,
    }
}

/// Runs a program in a folder; it must exit with 0 before its time is up. Returns the last part of what it said.
pub fn run(name: &str, command: &[String], folder: &Path, limit_s: u64, cancelled: &dyn Fn() -> bool) -> Result<String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(failed(name, "it names no program".to_owned()));
    };
    // `./x` means the code tree, not the folder in which the updater was started.
    let program = match program.strip_prefix("./") {
        Some(inside) => platform::program(&platform::below(folder, inside)),
        None => program.into(),
    };
    let mut command = Command::new(&program);
    command.args(arguments).current_dir(folder);
    let ended = run_limited(&mut command, Duration::from_secs(limit_s), cancelled);
    let (ended, output) = ended.map_err(|e| failed(name, format!("“{}” cannot be run: {e}", program.display())))?;
    let said = last_words(&output);
    match ended {
        Ended::Exited(Some(0)) => Ok(output),
        Ended::Exited(code) => {
            let how = code.map_or_else(|| "it crashed".to_owned(), |c| format!("it ended with {c}"));
            Err(failed(name, if said.is_empty() { how } else { format!("{how}, saying: {said}") }).with("output", output))
        }
        Ended::TooLate => Err(Failure::new(
            Reason::CheckTimeout,
            format!("The check “{name}” did not end within {limit_s} seconds. Ask those who made the update for a corrected one."),
        )
        .with("check", name)
        .with("expected", limit_s)),
        Ended::Cancelled => fail!(Cancelled, "The update was cancelled."),
    }
}

/// The last five lines of what a program said, fit for a sentence.
fn last_words(output: &str) -> String {
    let plain = |line: &str| -> String { line.chars().filter(|c| !c.is_control()).take(200).collect() };
    let lines: Vec<String> = output
        .trim()
        .lines()
        .rev()
        .take(5)
        .map(plain)
        .filter(|line| !line.is_empty())
        .collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
}

fn failed(name: &str, why: String) -> Failure {
    Failure::new(
        Reason::CheckFailed,
        format!("The check “{name}” failed: {why}. Ask those who made the update for a corrected one."),
    )
    .with("check", name)
}
