//! Counts rows inserted, updated and deleted through SQLite's pre-update hook: <https://sqlite.org/c3ref/preupdate_blobwrite.html>.
//! It also sees WITHOUT ROWID tables and the rows that REPLACE deletes, which the plain update hook does not.
//!
//! The binding is ours because the crate's own needs libclang at build time. It is compiled in by `.cargo/config.toml`.
#![allow(unsafe_code, reason = "one C callback; see the comments")]

use rusqlite::{Connection, ffi};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};

unsafe extern "C" {
    fn sqlite3_preupdate_hook(db: *mut ffi::sqlite3, callback: Option<Callback>, context: *mut c_void) -> *mut c_void;
}

type Callback = unsafe extern "C" fn(*mut c_void, *mut ffi::sqlite3, c_int, *const c_char, *const c_char, i64, i64);

/// Rows changed in one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows that came.
    pub inserted: u64,
    /// Rows that changed in place.
    pub updated: u64,
    /// Rows that went.
    pub deleted: u64,
    /// Of those, rows in whose place the same statement put one with the same rowid: what REPLACE does.
    pub replaced: u64,
    /// The rowids that went last, before the next one came.
    going: [Option<i64>; GOING],
    next: usize,
}

/// REPLACE deletes at most one row for each unique key before it inserts.
const GOING: usize = 16;

/// Counts on one connection for as long as it lives.
pub struct Counter<'c> {
    connection: &'c Connection,
    #[allow(clippy::box_collection, reason = "SQLite holds its address")]
    tables: Box<HashMap<String, Changes>>,
}

impl<'c> Counter<'c> {
    /// Begins to count.
    pub fn new(connection: &'c Connection) -> Self {
        let mut tables = Box::new(HashMap::new());
        let context: *mut HashMap<String, Changes> = &raw mut *tables;
        // SAFETY: the handle is valid while `connection` is borrowed; the context lives until `drop`, which takes the hook off first.
        unsafe { sqlite3_preupdate_hook(connection.handle(), Some(count), context.cast()) };
        Counter { connection, tables }
    }

    /// What was changed since the last call, table by table.
    pub fn take(&mut self) -> HashMap<String, Changes> {
        std::mem::take(&mut *self.tables)
    }
}

impl Drop for Counter<'_> {
    fn drop(&mut self) {
        // SAFETY: as in `new`; after this SQLite does not use the context any more.
        unsafe { sqlite3_preupdate_hook(self.connection.handle(), None, std::ptr::null_mut()) };
    }
}

/// Called by SQLite before a row changes; it must not panic and must not use the connection.
unsafe extern "C" fn count(
    context: *mut c_void,
    _: *mut ffi::sqlite3,
    kind: c_int,
    schema: *const c_char,
    table: *const c_char,
    rowid: i64,
    _: i64,
) {
    // SAFETY: SQLite passes back the context given in `new` and two C strings, and calls on the thread that runs the statement,
    // which is the one that owns the counter.
    let (tables, schema, table) = unsafe {
        (
            &mut *context.cast::<HashMap<String, Changes>>(),
            CStr::from_ptr(schema),
            CStr::from_ptr(table),
        )
    };
    if schema.to_bytes() != b"main" || table.to_bytes().starts_with(b"sqlite_") {
        return;
    }
    let Ok(table) = table.to_str() else { return };
    if !tables.contains_key(table) {
        tables.insert(table.to_owned(), Changes::default());
    }
    if let Some(changes) = tables.get_mut(table) {
        match kind {
            ffi::SQLITE_INSERT => {
                changes.inserted += 1;
                changes.replaced += u64::from(changes.going.contains(&Some(rowid)));
                changes.going = [None; GOING];
            }
            ffi::SQLITE_UPDATE => changes.updated += 1,
            _ => {
                changes.deleted += 1;
                changes.going[changes.next % GOING] = Some(rowid);
                changes.next += 1;
            }
        }
    }
}
