//! Tries a pair where it stands, quickly: version, schema, the payload's programs. Everything that it needs is in the journal, so
//! that recovery can do it without the payload.

use super::Work;
use crate::checks;
use crate::database::{Locked, Schema, glance};
use crate::failure::{Failure, Reason, Result};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What must hold for a pair that was just placed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// First lines of files, by path in the application folder.
    pub files: BTreeMap<String, String>,
    /// The databases.
    pub databases: Vec<DatabaseConfirmation>,
    /// Programs that must end well.
    pub programs: Vec<ProgramConfirmation>,
}

/// What must hold for a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatabaseConfirmation {
    /// Its unit path.
    pub path: String,
    /// The manifest's masks.
    pub masks: Vec<String>,
    /// Its schema's fingerprint.
    pub fingerprint: String,
    /// A query and the text of the one value that it must give, if the version is read so.
    pub version: Option<(String, String)>,
}

/// A program that must end well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramConfirmation {
    /// The check's name.
    pub name: String,
    /// Program and arguments, with everything replaced.
    pub run: Vec<String>,
    /// Seconds.
    pub time_limit_s: u64,
}

/// Tries the pair in the application folder.
pub fn try_pair(work: &Work<'_>, confirmation: &Confirmation) -> Result<()> {
    for (file, expected) in &confirmation.files {
        let text = work.disk.read(&work.app.join(file))?.unwrap_or_default();
        let first = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned();
        if first != *expected {
            return Err(differs(&format!("the first line of “{file}”"), &first, expected));
        }
    }
    for database in &confirmation.databases {
        try_database(work, database)?;
    }
    for program in &confirmation.programs {
        checks::run(&program.name, &program.run, work.app, program.time_limit_s, &|| false)?;
    }
    Ok(())
}

fn try_database(work: &Work<'_>, expected: &DatabaseConfirmation) -> Result<()> {
    let path = work.app.join(&expected.path);
    // Alone, no shared-memory file appears; if people work with it already, a glance must do.
    match Locked::open(work.disk, &path) {
        Ok(locked) => {
            ask(locked.connection(), expected)?;
            locked.close()
        }
        Err(failure) if failure.reason == Reason::DatabaseBusy => ask(&glance(work.disk, &path)?, expected),
        Err(failure) => Err(failure),
    }
}

fn ask(connection: &Connection, expected: &DatabaseConfirmation) -> Result<()> {
    let schema = Schema::read(connection, &expected.masks)?;
    if schema.fingerprint() != expected.fingerprint {
        return Err(differs(
            &format!("the schema of “{}”", expected.path),
            &schema.fingerprint(),
            &expected.fingerprint,
        ));
    }
    if let Some((query, version)) = &expected.version {
        let found = connection.query_row(query, [], |row| row.get::<_, rusqlite::types::Value>(0));
        let found = match found {
            Ok(rusqlite::types::Value::Text(text)) => text,
            Ok(rusqlite::types::Value::Integer(number)) => number.to_string(),
            Ok(other) => format!("{other:?}"),
            Err(e) => e.to_string(),
        };
        if found != *version {
            return Err(differs(&format!("the version in “{}”", expected.path), &found, version));
        }
    }
    Ok(())
}

fn differs(what: &str, found: &str, expected: &str) -> Failure {
    Failure::new(
        Reason::CheckFailed,
        format!("The new version does not stand as it should: {what} is “{found}”, and “{expected}” is expected."),
    )
    .with("value", found)
    .with("expected", expected)
}
