//! Copies a locked database page by page through SQLite's backup API, which sees what is in the log and needs no function,
//! collation or module of the application: <https://sqlite.org/backup.html>.

use super::{Locked, failed};
use crate::fail;
use crate::failure::Result;
use crate::report::Reporter;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Pages copied between two looks at the cancel button.
const PAGES: i32 = 1024;

/// Copies the database to a new file and returns it opened, in rollback mode and not yet durable. `progress` gets pages done and in all.
pub fn copy(from: &Locked, to: &Path, reporter: &dyn Reporter, progress: &dyn Fn(u64, u64)) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copying = |e: rusqlite::Error| failed(&e, to, "copying the database to");
    let mut target = Connection::open_with_flags(to, flags).map_err(copying)?;
    // The copy is thrown away on any failure and flushed as a whole at the end.
    target.execute_batch("PRAGMA synchronous=OFF;").map_err(copying)?;
    {
        let backup = Backup::new(from.connection(), &mut target).map_err(copying)?;
        loop {
            if reporter.cancelled() {
                fail!(Cancelled, "The update was cancelled.");
            }
            let step = backup.step(PAGES).map_err(copying)?;
            let state = backup.progress();
            progress((state.pagecount - state.remaining) as u64, state.pagecount as u64);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => {
                    return Err(copying(rusqlite::Error::SqliteFailure(
                        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                        None,
                    )));
                }
            }
        }
    }
    target.execute_batch("PRAGMA journal_mode=DELETE;").map_err(copying)?;
    Ok(target)
}
