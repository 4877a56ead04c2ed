//! Indexes are made when all rows are there, and a unique one then only says that two are the same. This finds which row comes second, so
//! that it can be named: the rows pass once more, through a table of their own that has the index from the beginning.

use super::describe::{Object, Table};
use super::value::shown;
use crate::sql::quoted;
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ErrorCode, Result};

/// The key of the first row that an index does not take. `None` if it takes all of them. `aside` is an empty database.
pub fn second(new: &Connection, aside: &Connection, table: &Table, index: &Object) -> Result<Option<String>> {
    aside.execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; BEGIN")?;
    aside.execute_batch(&table.sql)?;
    aside.execute_batch(&index.sql)?;
    let key: Vec<(&str, String)> = match table.key().as_slice() {
        [] => table.rowid().map(|name| (name, name.to_owned())).into_iter().collect(),
        columns => columns.iter().map(|c| (c.name.as_str(), quoted(&c.name))).collect(),
    };
    let names: Vec<String> = table.columns.iter().filter(|c| !c.generated).map(|c| quoted(&c.name)).collect();
    let selected: Vec<String> = names.iter().chain(key.iter().map(|(_, name)| name)).cloned().collect();
    let name = quoted(&table.name);
    let mut select = new.prepare(&format!("SELECT {} FROM main.{name} NOT INDEXED", selected.join(", ")))?;
    let places = vec!["?"; names.len()].join(", ");
    let mut insert = aside.prepare(&format!("INSERT OR ABORT INTO main.{name}({}) VALUES ({places})", names.join(", ")))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for n in 0..names.len() {
            insert.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(row.get_ref(n)?))?;
        }
        match insert.raw_execute() {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                let part = |(n, (name, _)): (usize, &(&str, String))| Ok(format!("{name} = {}", shown(row.get_ref(names.len() + n)?)));
                let parts = key.iter().enumerate().map(part).collect::<Result<Vec<_>>>()?;
                return Ok(Some(parts.join(", ")));
            }
            done => done?,
        };
    }
    Ok(None)
}
