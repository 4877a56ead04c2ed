//! A database of somebody's, opened for reading in one transaction, also while its application is at work. It is never written, and
//! nothing stays beside it.

use crate::database::{failed, side_file};
use crate::failure::{Failure, Reason, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Removes what reading left beside a database. It must be dropped after the connection.
pub struct Tidy(Option<PathBuf>);

impl Tidy {
    /// To be made before the database is opened.
    pub fn beside(path: &Path) -> Tidy {
        Tidy((!side_file(path, "-wal").exists()).then(|| path.to_owned()))
    }
}

/// How long somebody who writes is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens a database, and begins the transaction in which all is read.
pub fn open(path: &Path) -> Result<(Connection, Tidy)> {
    let tidy = Tidy::beside(path);
    let connection = match begun(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
        // Where nothing can be written, not even for readers, nobody else can write either.
        Err(e) if tidy.0.is_some() && is_closed_to_readers(&e) => as_it_stands(path),
        opened => opened,
    };
    Ok((connection.map_err(|e| explained(&e, path))?, tidy))
}

fn begun(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    // One state of it for all that is read.
    connection.execute_batch("BEGIN; SELECT count(*) FROM main.sqlite_schema")?;
    Ok(connection)
}

fn is_closed_to_readers(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|e| e.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::CannotOpen) || code == Some(rusqlite::ffi::SQLITE_READONLY_CANTINIT)
}

fn as_it_stands(path: &Path) -> rusqlite::Result<Connection> {
    let text = path.to_string_lossy();
    let mut uri = String::from("file:");
    for byte in text.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(byte as char),
            b if b.is_ascii_alphanumeric() => uri.push(b as char),
            b => uri += &format!("%{b:02X}"),
        }
    }
    begun(
        Path::new(&(uri + "?immutable=1")),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    )
}

/// What SQLite said, for somebody who only wants to look.
pub fn explained(error: &rusqlite::Error, path: &Path) -> Failure {
    let shown = path.display();
    let text = error.to_string();
    let plain = |reason, message: String| Failure::new(reason, message).at(path);
    match (error.sqlite_error_code(), error.sqlite_error().map(|e| e.extended_code)) {
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => plain(
            Reason::DatabaseBusy,
            format!(
                "The database “{shown}” is locked by a program that writes to it. Close that program, or wait until it is done, and try again."
            ),
        ),
        (_, Some(rusqlite::ffi::SQLITE_READONLY_ROLLBACK)) => plain(
            Reason::DatabaseUnfinished,
            format!(
                "The application was cut off while it was writing to “{shown}”, and its database still has to be put in order. Start the application once and close it, or open a copy."
            ),
        ),
        _ if text.contains("malformed database schema") => super::read::failed(error).hint(&format!("It is “{shown}”.")).at(path),
        (Some(ErrorCode::NotADatabase), _) => plain(
            Reason::DatabaseInvalid,
            format!(
                "“{shown}” is not an SQLite database, or it is encrypted. An encrypted one has to be exported to a plain one first, by the application or its tool."
            ),
        ),
        (Some(ErrorCode::DatabaseCorrupt), _) => plain(
            Reason::DatabaseCorrupt,
            format!("The database “{shown}” is damaged ({error}). Take another copy of it, or have it repaired (`sqlite3 FILE .recover`)."),
        ),
        _ => failed(error, path, "reading"),
    }
}

impl Drop for Tidy {
    /// SQLite makes an empty log for whoever reads a database that keeps one, and takes it away when the last one with the right to write goes.
    fn drop(&mut self) {
        let Some(path) = &self.0 else { return };
        if std::fs::metadata(side_file(path, "-wal")).is_ok_and(|log| log.len() == 0) {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            // If that is not possible the empty log stays, which is as good as none.
            let _ = Connection::open_with_flags(path, flags)
                .and_then(|connection| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())));
        }
    }
}
