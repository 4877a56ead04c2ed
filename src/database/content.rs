//! What is in a table: how many rows, and a hash over all of their values in key order.

use crate::bundle::hex;
use crate::sql::quoted;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The content of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableContent {
    /// Rows.
    pub rows: u64,
    /// SHA-256 over column names, keys and values with their types.
    pub sha256: String,
}

/// The ordinary tables, sorted. Virtual tables and what lies behind them are left to the integrity check, SQLite's own tables to SQLite.
pub fn tables(connection: &Connection) -> Result<Vec<String>> {
    let query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    connection.prepare(query)?.query_map([], |r| r.get(0))?.collect()
}

/// The number of rows of every ordinary table.
pub fn row_counts(connection: &Connection) -> Result<BTreeMap<String, u64>> {
    let count = |name: String| {
        let rows = connection.query_row(&format!("SELECT count(*) FROM main.{}", quoted(&name)), [], |r| r.get(0))?;
        Ok((name, rows))
    };
    tables(connection)?.into_iter().map(count).collect()
}

/// The content of every ordinary table.
pub fn contents(connection: &Connection) -> Result<BTreeMap<String, TableContent>> {
    let content = |name: String| {
        let content = table_content(connection, &name)?;
        Ok((name, content))
    };
    tables(connection)?.into_iter().map(content).collect()
}

/// The content of a table. It is read in the order of its own b-tree, which is that of rowid or primary key.
pub fn table_content(connection: &Connection, table: &str) -> Result<TableContent> {
    let rowid = rowid_name(connection, table)?;
    let columns = rowid.map_or_else(|| "*".to_owned(), |rowid| format!("{rowid}, *"));
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM main.{} NOT INDEXED", quoted(table)))?;
    let mut hash = Sha256::new();
    for name in statement.column_names() {
        part(&mut hash, b'n', name.as_bytes());
    }
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        for n in 0..width {
            match row.get_ref(n)? {
                ValueRef::Null => part(&mut hash, b'0', &[]),
                ValueRef::Integer(i) => part(&mut hash, b'i', &i.to_le_bytes()),
                ValueRef::Real(r) => part(&mut hash, b'r', &r.to_bits().to_le_bytes()),
                ValueRef::Text(t) => part(&mut hash, b't', t),
                ValueRef::Blob(b) => part(&mut hash, b'b', b),
            }
        }
    }
    Ok(TableContent {
        rows: count,
        sha256: hex(&hash.finalize()),
    })
}

fn part(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

/// The name by which the rowid can be asked for: one that no column has taken. `None` for WITHOUT ROWID.
fn rowid_name(connection: &Connection, table: &str) -> Result<Option<&'static str>> {
    // The table stands in parentheses: with WHERE alone SQLite would list all tables for each of them.
    let mut list = connection.prepare_cached("SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'")?;
    if list.query_row([table], |r| r.get(0))? {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT lower(name) FROM pragma_table_xinfo(?1, 'main')")?;
    let taken = statement
        .query_map([table], |r| r.get::<_, String>(0))?
        .collect::<Result<Vec<_>>>()?;
    Ok(["rowid", "_rowid_", "oid"]
        .into_iter()
        .find(|name| !taken.iter().any(|t| t == name)))
}
