//! Whether a database is sound: SQLite's own integrity check, foreign keys, and what its schema needs that only the application has.

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

/// Tables and indexes that cannot be used without a function, collation or module of the application's own; each with SQLite's word for it.
pub fn unsupported(connection: &Connection) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for table in super::tables(connection)? {
        // Preparing a change parses the checks, defaults, generated columns and index expressions of the table.
        if let Err(e) = connection.prepare(&format!("EXPLAIN DELETE FROM main.{}", quoted(&table))) {
            let text = e.to_string();
            if ["no such function", "no such collation", "no such module", "unknown function"]
                .iter()
                .any(|t| text.contains(t))
            {
                found.push(format!("{table}: {text}"));
            }
        }
    }
    let mut statement = connection.prepare("SELECT DISTINCT x.coll FROM pragma_table_list t, pragma_index_list(t.name, 'main') i, pragma_index_xinfo(i.name, 'main') x WHERE t.schema = 'main' AND x.coll NOT IN (SELECT name FROM pragma_collation_list)")?;
    let collations = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>>>();
    found.extend(
        collations
            .unwrap_or_default()
            .into_iter()
            .map(|c| format!("no such collation sequence: {c}")),
    );
    Ok(found)
}
