//! Empties tables before anything is loaded. Ordinary tables alone: what lies behind a virtual table follows from that table, and a
//! full-text index of the application follows from its triggers, which fire here as for any DELETE. Numbers that AUTOINCREMENT has
//! given out stay given out.

use super::plan::Clear;
use super::table::{self, Table};
use super::trouble::{refused, unfit};
use crate::failure::Result;
use crate::sql::quoted;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// A table that was emptied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// The table.
    pub table: String,
    /// The rows that went, with those that triggers wrote meanwhile.
    pub rows: u64,
}

/// Empties what the plan says.
pub fn clear(connection: &Connection, step: &str, clear: &Clear) -> Result<Vec<Cleared>> {
    let tables = match clear {
        Clear::Nothing => return Ok(Vec::new()),
        Clear::All => table::names(connection).map_err(|e| refused(step, "listing the tables", &e))?,
        Clear::Tables(named) => {
            let mut seen = BTreeSet::new();
            let mut tables = Vec::new();
            for name in named {
                let table = Table::read(connection, step, name)?;
                if table.is_virtual {
                    let why = format!("“{}” is a virtual table: it is emptied by an SQL step", table.name);
                    return Err(unfit(step, why).with("table", table.name));
                }
                let table = table.name;
                if seen.insert(table.clone()) {
                    tables.push(table);
                }
            }
            tables
        }
    };
    let mut cleared = Vec::new();
    for table in tables {
        let rows = empty(connection, step, &table)?;
        cleared.push(Cleared { table, rows });
    }
    // A trigger may have written into a table that was empty by then, a log of deletions for one.
    for table in &mut cleared {
        table.rows += empty(connection, step, &table.table)?;
    }
    for Cleared { table, .. } in &cleared {
        let query = format!("SELECT EXISTS (SELECT 1 FROM main.{})", quoted(table));
        let left: bool = connection
            .query_row(&query, [], |r| r.get(0))
            .map_err(|e| refused(step, &format!("clearing “{table}”"), &e))?;
        if left {
            let why =
                format!("the table “{table}” is not empty after it was cleared: a trigger of the application keeps or writes rows there");
            return Err(unfit(step, why).with("table", table.as_str()));
        }
    }
    Ok(cleared)
}

fn empty(connection: &Connection, step: &str, table: &str) -> Result<u64> {
    let deleted = connection.execute(&format!("DELETE FROM main.{}", quoted(table)), []);
    let rows = deleted.map_err(|e| refused(step, &format!("clearing “{table}”"), &e).with("table", table))?;
    Ok(rows as u64)
}
