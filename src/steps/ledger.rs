//! The ledger: tables inside the database that say which steps have run on it and which version it has, written in the same transaction
//! as the steps. Any SQLite tool reads them. Of all that, Holdfast decides from nothing but the version
//! noted for a module that has no query of its own.

use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::Serialize;

/// The table of steps.
pub const LEDGER: &str = "holdfast_ledger";
/// The table of versions.
const VERSIONS: &str = "holdfast_version";

/// Whether a table is Holdfast's own, and so no part of the application's schema.
pub fn is_ours(table: &str) -> bool {
    table.len() >= 9 && table.as_bytes()[..9].eq_ignore_ascii_case(b"holdfast_")
}

/// One row of the ledger: a step, or one table of a step that fills several.
#[derive(Default)]
pub struct Row<'a> {
    /// The run that did it.
    pub run: &'a str,
    /// The product, or the module whose step it is.
    pub module: &'a str,
    /// The version to which the step leads.
    pub version: &'a str,
    /// The step's name.
    pub step: &'a str,
    /// `sql`, `reshape`, `load`, `script`.
    pub kind: &'a str,
    /// `sha256:` of the normalised text.
    pub checksum: &'a str,
    /// The table that was filled, where a step says so.
    pub table: Option<&'a str>,
    /// The old table or the file from which its rows came.
    pub source: Option<&'a str>,
    /// The tenant.
    pub context: Option<&'a str>,
    /// Rows read from the source.
    pub read: u64,
    /// Rows inserted, updated and deleted.
    pub changes: (u64, u64, u64),
    /// Rows that were there as they are.
    pub skipped: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Columns that the first ledgers did not have.
const LATER: [(&str, &str); 7] = [
    ("module", "TEXT"),
    ("table_name", "TEXT"),
    ("source", "TEXT"),
    ("context", "TEXT"),
    ("rows_read", "INTEGER NOT NULL DEFAULT 0"),
    ("rows_skipped", "INTEGER NOT NULL DEFAULT 0"),
    ("result", "TEXT NOT NULL DEFAULT 'done'"),
];

/// Makes the ledger if it is not there, and adds what an older one lacks.
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
         );
         CREATE TABLE IF NOT EXISTS {VERSIONS} (
             module TEXT NOT NULL PRIMARY KEY,
             version TEXT NOT NULL,
             run TEXT NOT NULL,
             at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
         );"
    ))?;
    for (name, form) in LATER {
        let query = "SELECT EXISTS(SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)";
        if !connection.query_row(query, [LEDGER, name], |r| r.get::<_, bool>(0))? {
            connection.execute_batch(&format!("ALTER TABLE {LEDGER} ADD COLUMN {name} {form}"))?;
        }
    }
    Ok(())
}

/// Adds a row.
pub fn record(connection: &Connection, row: &Row<'_>) -> Result<()> {
    let (inserted, updated, deleted) = row.changes;
    connection.execute(
        &format!(
            "INSERT INTO {LEDGER} (run, module, version, step, kind, checksum, table_name, source, context, rows_read,
                                   rows_inserted, rows_updated, rows_deleted, rows_skipped, seconds)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        ),
        params![
            row.run,
            row.module,
            row.version,
            row.step,
            row.kind,
            row.checksum,
            row.table,
            row.source,
            row.context,
            row.read,
            inserted,
            updated,
            deleted,
            row.skipped,
            row.seconds
        ],
    )?;
    Ok(())
}

/// What a run did with one file of a load, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileAccount {
    /// The step.
    pub step: String,
    /// The file.
    pub file: String,
    /// The table.
    pub table: String,
    /// Rows in the file.
    pub read: u64,
    /// New rows.
    pub inserted: u64,
    /// Rows that were there and changed.
    pub updated: u64,
    /// Rows that were there as they are.
    pub skipped: u64,
}

/// The files that a run has loaded.
pub fn file_accounts(connection: &Connection, run: &str) -> Result<Vec<FileAccount>> {
    let query = format!(
        "SELECT step, source, table_name, rows_read, rows_inserted, rows_updated, rows_skipped FROM {LEDGER}
         WHERE run = ?1 AND kind = 'load' AND source IS NOT NULL ORDER BY id"
    );
    let mut statement = connection.prepare(&query)?;
    let rows = statement.query_map([run], |r| {
        Ok(FileAccount {
            step: r.get(0)?,
            file: r.get(1)?,
            table: r.get(2)?,
            read: r.get(3)?,
            inserted: r.get(4)?,
            updated: r.get(5)?,
            skipped: r.get(6)?,
        })
    })?;
    rows.collect()
}

/// The step that ran last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastStep {
    /// The run that did it.
    pub run: String,
    /// The version to which it leads.
    pub version: String,
    /// Its name.
    pub step: String,
    /// When, in UTC.
    pub at: String,
}

/// The step that ran last; none where no step has run.
pub fn last_step(connection: &Connection) -> Result<Option<LastStep>> {
    if !connection.table_exists(None, LEDGER)? {
        return Ok(None);
    }
    let query = format!("SELECT run, version, step, finished_at FROM {LEDGER} ORDER BY id DESC LIMIT 1");
    let last = |r: &rusqlite::Row<'_>| {
        Ok(LastStep {
            run: r.get(0)?,
            version: r.get(1)?,
            step: r.get(2)?,
            at: r.get(3)?,
        })
    };
    connection.query_row(&query, [], last).optional()
}

/// Notes the version that a module has now.
pub fn note_version(connection: &Connection, module: &str, version: &str, run: &str) -> Result<()> {
    connection.execute(
        // An update in place: a REPLACE would look like a row that went.
        &format!(
            "INSERT INTO {VERSIONS} (module, version, run) VALUES (?1, ?2, ?3) ON CONFLICT(module) DO UPDATE
             SET version = excluded.version, run = excluded.run, at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
        ),
        [module, version, run],
    )?;
    Ok(())
}

/// The version that was noted for a module, if any was. A database without that table has none.
pub fn noted_version(connection: &Connection, module: &str) -> Result<Option<String>> {
    if !connection.table_exists(None, VERSIONS)? {
        return Ok(None);
    }
    let query = format!("SELECT version FROM {VERSIONS} WHERE module = ?1");
    connection.query_row(&query, [module], |row| row.get(0)).optional()
}
