//! A live database, locked against everyone else and readable by us alone.
//!
//! `locking_mode=EXCLUSIVE`, set before the first access, takes a file lock that even an idle connection in WAL mode prevents,
//! and keeps the WAL index in memory: <https://sqlite.org/wal.html#noshm>. So nothing is written while we look, no shared-memory file
//! appears, and the log is not moved into the database when we close. Rejected: `BEGIN EXCLUSIVE` alone (in WAL mode it succeeds beside
//! readers, and the backup API refuses a source inside a write transaction), and locking bytes of the file ourselves
//! (POSIX locks vanish when any other handle of the process closes: so nothing here may open the file while it is locked, see [`Locked::head`]).

use super::mark::HEADER_BYTES;
use super::{failed, side_file};
use crate::disk::{Disk, Kind};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a lock is waited for: long enough for a write that is just ending, short enough for a person.
const PATIENCE: Duration = Duration::from_secs(2);

/// A live database under an exclusive lock, which ends when this value goes.
#[must_use = "the lock ends when this value goes"]
pub struct Locked {
    connection: Connection,
    path: PathBuf,
    is_absent: bool,
    head: Vec<u8>,
    /// From before the lock to after it: on Unix, to close any handle of the file ends this process's locks on it
    /// (<https://sqlite.org/howtocorrupt.html> §2.2).
    _handle: Option<Box<dyn Read>>,
}

impl fmt::Debug for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locked").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Locked {
    /// Locks a live database. Says in people's words why it cannot be.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Locked> {
        look_first(disk, path)?;
        let has_log = disk.kind(&side_file(path, "-wal"))?.is_some();
        let seen = disk.for_sqlite(path)?;
        let mut handle = disk.open(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let lock = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(&seen, flags)?;
            connection.busy_timeout(PATIENCE)?;
            // Without this the last connection moves the log into the database when it closes: a write to live data.
            // Where there is no log yet, closing must run its course, so that the empty log that SQLite makes goes again.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
            connection.execute_batch(
                "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA query_only=ON; PRAGMA cell_size_check=ON;",
            )?;
            Ok(connection)
        };
        let connection = lock().map_err(|e| failed(&e, path, "locking"))?;
        // Somebody may have written between the look and the lock, and left a log because we had the file open.
        if matches!(disk.kind(&side_file(path, "-wal"))?, Some(Kind::File(1..))) {
            connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                .map_err(|e| failed(&e, path, "locking"))?;
        }
        let mut head = Vec::new();
        let unreadable = |e: io::Error| Failure::new(Reason::DiskFailed, format!("“{}” cannot be read: {e}.", path.display())).at(path);
        (&mut handle).take(HEADER_BYTES).read_to_end(&mut head).map_err(unreadable)?;
        Ok(Locked {
            connection,
            path: path.to_owned(),
            is_absent: false,
            head,
            _handle: Some(handle),
        })
    }

    /// Stands for a database that is not there yet: an empty one in memory, which nobody else can have open.
    pub fn absent(path: &Path) -> Result<Locked> {
        Ok(Locked {
            connection: Connection::open_in_memory().map_err(|e| failed(&e, path, "making"))?,
            path: path.to_owned(),
            is_absent: true,
            head: Vec::new(),
            _handle: None,
        })
    }

    /// Whether there is no such database yet.
    pub fn is_absent(&self) -> bool {
        self.is_absent
    }

    /// The connection, for reading.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The header as it is under the lock. Whoever wants to know it asks here, and does not open the file.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Ends the lock.
    pub fn close(self) -> Result<()> {
        self.connection.close().map_err(|(_, e)| failed(&e, &self.path, "closing"))
    }
}

/// Opens a database that others may be using, for a few questions. Like [`Locked`], it leaves the side files as they are.
pub fn glance(disk: &dyn Disk, path: &Path) -> Result<Connection> {
    look_first(disk, path)?;
    let has_log = disk.kind(&side_file(path, "-wal"))?.is_some();
    let seen = disk.for_sqlite(path)?;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&seen, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
        connection.execute_batch("PRAGMA query_only=ON;")?;
        Ok(connection)
    };
    open().map_err(|e| failed(&e, path, "opening"))
}

/// What can be said of the file without SQLite, which would begin to repair a database that was cut off in the middle of a write.
fn look_first(disk: &dyn Disk, path: &Path) -> Result<()> {
    is_database(disk, path)?;
    let shown = path.display();
    if platform::is_write_protected(&disk.for_sqlite(path)?) {
        return Err(Failure::new(
            Reason::DatabaseReadonly,
            format!("The database “{shown}” is write-protected. Allow writing to it, then run the update again."),
        )
        .at(path));
    }
    hot_journal(disk, path)
}

/// There must be a file that begins like a database.
pub fn is_database(disk: &dyn Disk, path: &Path) -> Result<()> {
    let shown = path.display();
    match disk.kind(path)? {
        Some(Kind::File(_)) => {}
        Some(_) => fail!(DatabaseInvalid, "“{shown}” is not a file, so it is no database."),
        None => fail!(
            DatabaseMissing,
            "The database “{shown}” is missing. Say where it is with --database, or restore it from a backup."
        ),
    }
    let mut head = [0u8; 16];
    let read = Read::read(&mut disk.open(path)?, &mut head).map_err(Failure::from)?;
    if read < 16 || &head != b"SQLite format 3\0" {
        let seen = match read {
            0 => "it is empty".to_owned(),
            _ => "it begins with other bytes than an SQLite database does, so it is another kind of file or it is encrypted".to_owned(),
        };
        return Err(Failure::new(
            Reason::DatabaseInvalid,
            format!("“{shown}” is not a database that can be updated: {seen}."),
        )
        .at(path));
    }
    Ok(())
}

/// Whether a write to the database has not ended: a rollback journal that does not begin with a zero belongs to one.
/// <https://sqlite.org/lockingv3.html#hot_journals>
pub fn has_hot_journal(disk: &dyn Disk, path: &Path) -> Result<bool> {
    let journal = side_file(path, "-journal");
    let Some(Kind::File(1..)) = disk.kind(&journal)? else {
        return Ok(false);
    };
    let mut first = [0u8; 1];
    Read::read(&mut disk.open(&journal)?, &mut first).map_err(Failure::from)?;
    Ok(first != [0])
}

/// A reading connection tells a writer at work from one that was cut off, and cannot roll back.
fn hot_journal(disk: &dyn Disk, path: &Path) -> Result<()> {
    if !has_hot_journal(disk, path)? {
        return Ok(());
    }
    let seen = disk.for_sqlite(path)?;
    let look = || {
        Connection::open_with_flags(&seen, OpenFlags::SQLITE_OPEN_READ_ONLY)?.query_row(
            "SELECT count(*) FROM sqlite_schema",
            [],
            |_| Ok(()),
        )
    };
    match look() {
        Err(e) if e.sqlite_error_code() != Some(rusqlite::ErrorCode::DatabaseBusy) => Err(Failure::new(
            Reason::DatabaseUnfinished,
            format!(
                "The application was cut off while it was writing to “{}”, and its database still has to be put in order. \
                 Start the application once, close it, and run the update again.",
                path.display()
            ),
        )
        .at(path)),
        _ => Err(failed(&busy(), path, "locking")),
    }
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}
