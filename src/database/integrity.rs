//! Whether a database is sound: SQLite's own integrity check, and foreign keys.

use crate::sql::quoted;
use rusqlite::{Connection, Result};
use std::collections::BTreeMap;

/// What `PRAGMA integrity_check` complains about; empty if nothing. It is the full check: the quick one skips indexes and UNIQUE.
pub fn integrity_errors(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA main.integrity_check(20)")?;
    let lines = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// How many rows of each (table, parent) point at a parent that is not there. Counted and not listed, so that a broken database of any size fits.
pub type Violations = BTreeMap<(String, String), u64>;

/// All foreign key violations. A key whose parent has no unique key cannot be checked by SQLite and is named instead of counted.
pub fn violations(connection: &Connection) -> Result<(Violations, Vec<String>)> {
    let mut found = Violations::new();
    let mut mismatches = Vec::new();
    for table in super::tables(connection)? {
        let check = format!("PRAGMA main.foreign_key_check({})", quoted(&table));
        let mut count = || -> Result<()> {
            let mut statement = connection.prepare(&check)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                *found.entry((row.get(0)?, row.get(2)?)).or_default() += 1;
            }
            Ok(())
        };
        match count() {
            Err(rusqlite::Error::SqliteFailure(_, Some(text))) if text.contains("mismatch") => mismatches.push(text),
            done => done?,
        }
    }
    Ok((found, mismatches))
}
