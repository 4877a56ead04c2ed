//! A table as samples need it: its columns and key, some of its rows, and a row by its key.

use crate::database::tables;
use crate::masked::like;
use crate::sql::quoted;
use crate::steps::is_ours;
pub use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

/// How many rows are looked at from each end of a table.
const LOOK_AT: usize = 100;
/// How much of a value is shown, in characters.
const SHOWN_CHARS: usize = 48;

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The declared type.
    pub declared: String,
    /// Its place in the key, from 1; 0 if it has none.
    pub key: usize,
}

/// An ordinary table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Table {
    /// All tables of a database that are not Holdfast's.
    pub fn all(connection: &Connection) -> Result<Vec<Table>> {
        let mut found = Vec::new();
        for name in tables(connection)?.into_iter().filter(|name| !is_ours(name)) {
            let mut statement = connection.prepare_cached("SELECT name, type, pk FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1")?;
            let columns = statement.query_map([&name], |row| {
                Ok(Column {
                    name: row.get(0)?,
                    declared: row.get::<_, String>(1)?.to_uppercase(),
                    key: row.get(2)?,
                })
            })?;
            let columns = columns.collect::<Result<_>>()?;
            found.push(Table { name, columns });
        }
        Ok(found)
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }

    /// Where a column is, in any case.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// The places of the key's columns, in its order.
    pub fn key(&self) -> Vec<usize> {
        let mut key: Vec<usize> = (0..self.columns.len()).filter(|n| self.columns[*n].key > 0).collect();
        key.sort_by_key(|n| self.columns[*n].key);
        key
    }

    /// The first rows.
    pub fn first_rows(&self, connection: &Connection, count: usize) -> Result<Vec<Vec<Value>>> {
        self.query(connection, &format!("LIMIT {count}"), &[])
    }

    /// Some rows: the first and the last by key.
    pub fn some_rows(&self, connection: &Connection) -> Result<Vec<Vec<Value>>> {
        let key = self.key();
        let order = |direction: &str| {
            let columns: Vec<String> = key
                .iter()
                .map(|n| format!("{} {direction}", quoted(&self.columns[*n].name)))
                .collect();
            format!("ORDER BY {} LIMIT {LOOK_AT}", columns.join(", "))
        };
        if key.is_empty() {
            return self.first_rows(connection, LOOK_AT);
        }
        let mut rows = self.query(connection, &order("ASC"), &[])?;
        let last = self.query(connection, &order("DESC"), &[])?;
        let is_new = |row: &Vec<Value>| !rows.iter().any(|other| key.iter().all(|n| other[*n] == row[*n]));
        let more: Vec<_> = last.into_iter().filter(is_new).collect();
        rows.extend(more.into_iter().rev());
        Ok(rows)
    }

    /// The first row in which columns have these values.
    pub fn row_where(&self, connection: &Connection, columns: &[usize], values: &[Value]) -> Result<Option<Vec<Value>>> {
        let conditions: Vec<String> = columns.iter().map(|n| format!("{} IS ?", quoted(&self.columns[*n].name))).collect();
        let rows = self.query(connection, &format!("WHERE {} LIMIT 1", conditions.join(" AND ")), values)?;
        Ok(rows.into_iter().next())
    }

    fn query(&self, connection: &Connection, tail: &str, values: &[Value]) -> Result<Vec<Vec<Value>>> {
        let columns: Vec<String> = self.columns.iter().map(|c| quoted(&c.name)).collect();
        let sql = format!("SELECT {} FROM main.{} {tail}", columns.join(", "), quoted(&self.name));
        let mut statement = connection.prepare_cached(&sql)?;
        let width = self.columns.len();
        let rows = statement.query_map(params_from_iter(values), |row| (0..width).map(|n| row.get(n)).collect())?;
        rows.collect()
    }

    /// The columns of this table that refer to others: place, table, and column there.
    pub fn references(&self, connection: &Connection) -> Result<Vec<(usize, String, Option<String>)>> {
        // A key of several columns does not lead from one value to one row.
        let query = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1, 'main') GROUP BY id HAVING count(*) = 1";
        let mut statement = connection.prepare_cached(query)?;
        let rows = statement.query_map([&self.name], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
        let rows = rows.collect::<Result<Vec<(String, String, Option<String>)>>>()?;
        Ok(rows
            .into_iter()
            .filter_map(|(from, table, to)| Some((self.place(&from)?, table, to)))
            .collect())
    }

    /// `id 7`, for people.
    pub fn key_text(&self, row: &[Value], masked: bool) -> String {
        let part = |n: &usize| {
            let hidden = masked && !matches!(row[*n], Value::Integer(_));
            format!("{} {}", self.columns[*n].name, shown(&row[*n], hidden))
        };
        self.key().iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

/// A value for people; masked, its form.
pub fn shown(value: &Value, masked: bool) -> String {
    let text = match value {
        Value::Null => return "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => return format!("{} bytes", bytes.len()),
    };
    let plain = |c: char| match c {
        _ if c.is_control() => ' ',
        _ if masked => like(c),
        _ => c,
    };
    let mut short: String = text.chars().take(SHOWN_CHARS).map(plain).collect();
    if text.chars().count() > SHOWN_CHARS {
        short.push('…');
    }
    short
}
