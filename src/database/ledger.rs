//! The ledger: a table inside the database that says which steps have run on it, written in the same transaction as the steps.
//! Any SQLite tool reads it. Holdfast never decides from it.

use rusqlite::{Connection, Result, params};

/// The ledger's table.
pub const LEDGER: &str = "holdfast_ledger";

/// Whether a table is Holdfast's own, and so no part of the application's schema.
pub fn is_ours(table: &str) -> bool {
    table.len() >= 9 && table.as_bytes()[..9].eq_ignore_ascii_case(b"holdfast_")
}

/// One row of the ledger.
pub struct Row<'a> {
    /// The run that did it.
    pub run: &'a str,
    /// The version to which the step leads.
    pub version: &'a str,
    /// The step's file name.
    pub step: &'a str,
    /// `sql`.
    pub kind: &'a str,
    /// `sha256:` of the normalised text.
    pub checksum: &'a str,
    /// Rows inserted, updated and deleted.
    pub changes: (u64, u64, u64),
    /// How long it took.
    pub seconds: f64,
}

/// Makes the ledger if it is not there.
pub fn prepare(connection: &Connection) -> Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {LEDGER} (
             id INTEGER PRIMARY KEY,
             run TEXT NOT NULL,
             version TEXT NOT NULL,
             step TEXT NOT NULL,
             kind TEXT NOT NULL,
             checksum TEXT NOT NULL,
             rows_inserted INTEGER NOT NULL,
             rows_updated INTEGER NOT NULL,
             rows_deleted INTEGER NOT NULL,
             seconds REAL NOT NULL,
             finished_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
         )"
    ))
}

/// Adds a row.
pub fn record(connection: &Connection, row: &Row<'_>) -> Result<()> {
    let (inserted, updated, deleted) = row.changes;
    connection.execute(
        &format!(
            "INSERT INTO {LEDGER} (run, version, step, kind, checksum, rows_inserted, rows_updated, rows_deleted, seconds)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ),
        params![
            row.run,
            row.version,
            row.step,
            row.kind,
            row.checksum,
            inserted,
            updated,
            deleted,
            row.seconds
        ],
    )?;
    Ok(())
}
