//! How a load says what is wrong: with a row, with a file, or with the step. Only words are here; what happens next is for those who call.

use super::datum::Datum;
use crate::failure::{Failure, Reason};
use crate::near::near;
use rusqlite::ErrorCode;

/// What a person at a site can do about data that somebody else wrote.
pub const ASK: &str = "Ask those who made the update for a corrected one.";

/// What is wrong with a row, before it is known where the row stands.
#[derive(Debug, Default)]
pub struct Complaint {
    /// The column, if it is one.
    pub column: Option<String>,
    /// The value that was refused.
    pub value: Option<String>,
    /// “must not be empty”, or a sentence without a column.
    pub why: String,
}

impl Complaint {
    /// About the row.
    pub fn row(why: impl Into<String>) -> Complaint {
        Complaint {
            why: why.into(),
            ..Complaint::default()
        }
    }

    /// About a value of a column.
    pub fn of(column: &str, value: Option<String>, why: impl Into<String>) -> Complaint {
        Complaint {
            column: Some(column.to_owned()),
            value,
            why: why.into(),
        }
    }
}

/// What stops a row: a complaint, or something that stops the load with it.
#[derive(Debug)]
pub enum Trouble {
    /// The row is rejected.
    Row(Complaint),
    /// Nothing can go on.
    Load(Failure),
}

impl From<Complaint> for Trouble {
    fn from(complaint: Complaint) -> Trouble {
        Trouble::Row(complaint)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Load(failure)
    }
}

/// Where a row stands.
#[derive(Debug)]
pub struct RowPlace<'a> {
    /// “2.0/20-countries.load”.
    pub step: &'a str,
    /// “countries.json”.
    pub file: &'a str,
    /// The table it is for.
    pub table: &'a str,
    /// From 1.
    pub row: u64,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// “code = FR”, if the row has a key.
    pub key: Option<String>,
}

impl RowPlace<'_> {
    /// The failure of a row.
    pub fn rejects(&self, complaint: Complaint) -> Failure {
        let what = match &complaint.column {
            Some(column) => format!("column “{column}” {}", complaint.why),
            None => complaint.why.clone(),
        };
        let key = self.key.as_ref().map_or_else(String::new, |key| format!(", key {key}"));
        let message = format!(
            "{} row {} (line {}) of table “{}”{key}: {what}. {ASK}",
            named(self.step, self.file),
            self.row,
            self.line,
            self.table
        );
        let mut failure = Failure::new(Reason::RowRejected, message)
            .with("step", self.step)
            .with("file", self.file)
            .with("row", self.row)
            .with("line", self.line)
            .with("table", self.table)
            .with("reason", complaint.why);
        for (name, value) in [("key", self.key.clone()), ("column", complaint.column), ("value", complaint.value)] {
            if let Some(value) = value {
                failure = failure.with(name, value);
            }
        }
        failure
    }
}

/// A file of a step for people: “20-countries.load/countries.json”.
pub fn named(step: &str, file: &str) -> String {
    format!("{}/{file}", step.rsplit('/').next().unwrap_or(step))
}

/// A file that cannot be read on. `file` is its name for people.
pub fn broken(file: &str, line: Option<u64>, what: impl std::fmt::Display) -> Failure {
    let place = line.map_or_else(String::new, |line| format!(" line {line}"));
    let failure = Failure::new(Reason::StepFailed, format!("{file}{place} {what}")).with("file", file);
    match line {
        Some(line) => failure.with("line", line),
        None => failure,
    }
}

/// A step that does not fit the database.
pub fn unfit(step: &str, what: impl std::fmt::Display) -> Failure {
    Failure::new(Reason::StepFailed, format!("{}: {what}. {ASK}", named(step, "load.toml"))).with("step", step)
}

/// “ (did you mean “x”?)”, where something is near.
pub fn meant<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    near(word, candidates).map_or_else(String::new, |near| format!(" (did you mean “{near}”?)"))
}

/// A value for a message: short, on one line.
pub fn shown(value: &Datum<'_>) -> String {
    match value {
        Datum::Null => "NULL".to_owned(),
        Datum::Int(i) => i.to_string(),
        Datum::Real(r) => r.to_string(),
        Datum::Text(text) => brief(text),
        Datum::Bytes(_) => "text that is not UTF-8".to_owned(),
        Datum::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}

/// The first 80 characters of a text, on one line.
pub fn brief(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(80).map(|c| if c.is_control() { '·' } else { c }).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

/// What SQLite said about a statement that belongs to no row.
pub fn refused(step: &str, doing: &str, error: &rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => Failure::new(Reason::Cancelled, "The update was cancelled."),
        Some(ErrorCode::DiskFull) => Failure::new(
            Reason::SpaceShort,
            "There was no room left while the data was brought to the new version. Make room and run the update again.",
        ),
        _ => Failure::new(Reason::StepFailed, format!("The step {step} failed at {doing}: {error}. {ASK}")).with("step", step),
    }
}
