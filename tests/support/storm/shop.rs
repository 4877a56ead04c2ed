//! A live application, as shops have it: it opens the database, sells, and closes it again, all day long. It knows one version of the
//! database and leaves any other alone. It keeps a list of what was confirmed to it: that must never be lost.

use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::support::matrix::SOLD;

/// How long a shop does something else between two sales, in microseconds at most: a busy one is always in the updater's way, a quiet one
/// lets it through.
const PAUSES_US: [u64; 3] = [10_000, 50_000, 300_000];

pub struct Shop {
    database: PathBuf,
    /// `user_version` and table of the version that it knows.
    version: u8,
    table: &'static str,
    closed: AtomicBool,
    /// Held while the shop has the database open. A look at the file from this process would end the shop's locks.
    till: Mutex<Till>,
}

#[derive(Default)]
pub struct Till {
    /// Keys of the rows that were committed.
    pub confirmed: Vec<i64>,
    /// How often it tried.
    tried: i64,
}

impl Shop {
    pub fn new(database: &Path, version: u8, table: &'static str) -> Shop {
        Shop {
            database: database.to_owned(),
            version,
            table,
            closed: AtomicBool::new(false),
            till: Mutex::default(),
        }
    }

    /// Sells until the shop is closed.
    pub fn trade(&self, mut chance: fastrand::Rng) {
        let pause_us = PAUSES_US[chance.usize(0..PAUSES_US.len())];
        while !self.closed.load(Ordering::SeqCst) {
            self.sell();
            std::thread::park_timeout(Duration::from_micros(chance.u64(0..pause_us)));
        }
    }

    /// Opens the database once more, as whichever version is there does on the next morning: a run that was ended may leave an empty log,
    /// which goes then.
    pub fn open_once(&self) {
        let _till = self.pause();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let look = Connection::open_with_flags(&self.database, flags);
        let look = look.and_then(|c| c.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())));
        look.expect("a database that can be read");
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// The till, while nothing is sold.
    pub fn pause(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sell(&self) {
        let mut till = self.pause();
        if !self.is_known() {
            return;
        }
        // The file is never made: an empty one would be the application's mistake, and not a row that was lost.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let Ok(connection) = Connection::open_with_flags(&self.database, flags) else {
            return;
        };
        till.tried += 1;
        let key = SOLD + till.tried;
        let insert = format!("INSERT INTO {} (id, name) VALUES (?1, 'sold ' || ?1)", self.table);
        if connection.execute(&insert, [key]).is_ok() {
            till.confirmed.push(key);
        }
    }

    /// Whether the database is there in the version that the shop knows. The header holds it, at offset 60.
    fn is_known(&self) -> bool {
        let mut header = [0; 64];
        let read = File::open(&self.database).and_then(|mut file| file.read_exact(&mut header));
        read.is_ok() && header[63] == self.version
    }
}

impl Till {
    /// Every sale that was confirmed must be in the table, whole and once, and nothing that was never tried.
    pub fn agrees(&self, database: &Path, table: &str) -> Result<(), String> {
        let shown = database.display();
        let look = || -> rusqlite::Result<(String, Vec<i64>, i64)> {
            let connection = Connection::open(database)?;
            let whole = connection.query_row("PRAGMA integrity_check", [], |r| r.get(0))?;
            let mut rows = connection.prepare(&format!(
                "SELECT id FROM {table} WHERE id >= {SOLD} AND name = 'sold ' || id ORDER BY id"
            ))?;
            let keys = rows.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            let count = format!("SELECT count(*) FROM {table} WHERE id >= {SOLD}");
            Ok((whole, keys, connection.query_row(&count, [], |r| r.get(0))?))
        };
        let (whole, keys, count) = look().map_err(|e| format!("{shown}: {e}"))?;
        let lost: Vec<&i64> = self.confirmed.iter().filter(|key| keys.binary_search(key).is_err()).collect();
        let invented = keys.last().is_some_and(|last| *last > SOLD + self.tried);
        match whole == "ok" && lost.is_empty() && !invented && keys.len() as i64 == count {
            true => Ok(()),
            false => Err(format!(
                "{shown}: {whole}; lost {lost:?}; {count} rows, {} of them as they were sold",
                keys.len()
            )),
        }
    }
}
