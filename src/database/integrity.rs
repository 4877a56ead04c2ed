//! Whether a database is sound: SQLite's own integrity check, and foreign keys.

use crate::sql::quoted;
use rusqlite::{Connection, Result};
use std::collections::{BTreeMap, BTreeSet};

/// What `PRAGMA integrity_check` complains about; empty if nothing. It is the full check: the quick one skips indexes and UNIQUE.
pub fn integrity_errors(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA main.integrity_check(20)")?;
    let lines = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// A table and one that it refers to.
pub type Pair = (String, String);

/// What is wrong with the foreign keys of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations {
    /// How many rows of a table point at a parent that is not there. Counted and not listed, so that a broken database of any size fits.
    pub rows: BTreeMap<Pair, u64>,
    /// Keys that SQLite cannot check, because their parent has no such table or unique key. It counts no row of the whole table then.
    pub unchecked: BTreeSet<Pair>,
}

impl Violations {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.unchecked.is_empty()
    }

    /// The same after tables got other names.
    pub fn renamed(&self, name_now: impl Fn(&str) -> String) -> Violations {
        let pair = |(table, parent): &Pair| (name_now(table), name_now(parent));
        let mut rows = BTreeMap::new();
        for (old, count) in &self.rows {
            *rows.entry(pair(old)).or_default() += count;
        }
        Violations {
            rows,
            unchecked: self.unchecked.iter().map(pair).collect(),
        }
    }
}

/// All foreign key violations.
pub fn violations(connection: &Connection) -> Result<Violations> {
    let mut found = Violations::default();
    for table in super::tables(connection)? {
        let check = format!("PRAGMA main.foreign_key_check({})", quoted(&table));
        let mut count = || -> Result<()> {
            let mut statement = connection.prepare(&check)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                *found.rows.entry((row.get(0)?, row.get(2)?)).or_default() += 1;
            }
            Ok(())
        };
        if let Err(error) = count() {
            match unchecked(&error, &table) {
                Some(parent) => drop(found.unchecked.insert((table, parent))),
                None => return Err(error),
            }
        }
    }
    Ok(found)
}

/// The parent of a key that SQLite cannot check, from its message: `foreign key mismatch - "child" referencing "parent"`.
fn unchecked(error: &rusqlite::Error, table: &str) -> Option<String> {
    let rusqlite::Error::SqliteFailure(_, Some(text)) = error else {
        return None;
    };
    let rest = text.strip_prefix("foreign key mismatch - \"")?;
    let parent = rest.strip_prefix(table).and_then(|rest| rest.strip_prefix("\" referencing \""));
    Some(parent.unwrap_or(rest).trim_end_matches('"').to_owned())
}
