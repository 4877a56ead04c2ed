//! SQLite databases as an updater sees them: locked, copied, described, migrated, checked. A live database is only ever
//! opened through [`Locked`], which cannot write to it.

mod content;
mod copy;
mod integrity;
mod locked;
mod mark;
mod schema;

pub use content::{TableContent, contents, row_counts, table_content, tables};
pub use copy::copy;
pub use integrity::{Pair, Violations, integrity_errors, violations};
pub use locked::{Locked, glance, has_hot_journal, is_database};
pub use mark::{Mark, SIDE_SUFFIXES, side_file};
pub use schema::{Schema, compile_mask};

use crate::failure::{Failure, Reason};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// Opens a database that is Holdfast's own copy, for reading and writing.
pub fn open_copy(path: &Path) -> crate::failure::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|e| failed(&e, path, "opening"))
}

/// What SQLite said, as a failure that names the database.
pub fn failed(error: &rusqlite::Error, path: &Path, doing: &str) -> Failure {
    let shown = path.display();
    let code = error.sqlite_error_code();
    let text = error.to_string();
    if ["no such collation", "no such function", "no such module", "unknown function"]
        .iter()
        .any(|t| text.contains(t))
    {
        let message = format!("The database “{shown}” needs what only the application has: {text}. Ask those who made the update.");
        return Failure::new(Reason::DatabaseUnsupported, message).at(path);
    }
    let (reason, message) = match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Reason::DatabaseBusy,
            format!("The database “{shown}” is in use. Close the application on every computer that uses it, then run the update again."),
        ),
        Some(ErrorCode::DiskFull) => (
            Reason::SpaceShort,
            format!("There was no room left while {doing} “{shown}”. Make room on that volume and run the update again."),
        ),
        Some(ErrorCode::NotADatabase) => (
            Reason::DatabaseInvalid,
            format!("“{shown}” is not an SQLite database, or it is encrypted."),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            Reason::DatabaseCorrupt,
            format!("The database “{shown}” is damaged ({error}). Have it repaired, or restore a backup, before updating."),
        ),
        Some(ErrorCode::OperationInterrupted) => (Reason::Cancelled, "The update was cancelled.".to_owned()),
        Some(ErrorCode::ReadOnly) => (Reason::DatabaseReadonly, format!("The database “{shown}” is write-protected.")),
        _ => (
            Reason::DiskFailed,
            format!("SQLite failed at {doing} “{shown}”: {error}. Check the disk, then run the update again."),
        ),
    };
    Failure::new(reason, message).at(path)
}
