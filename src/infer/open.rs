//! What nobody knows yet: counted, with the most frequent values, so that people can answer.

use super::data::Data;
use super::findings::{Candidate, Column as Name, Open, Origin};
use super::world::{World, key};
use crate::schema::{Column, Table, TableKind};
use crate::sql::{Kind, quoted, tokens};
use rusqlite::types::ValueRef;

/// Up to so many rows, values are counted one by one; above, a sample stands for them.
const COUNTED: u64 = 200_000;
/// How many values are told.
const TOLD: usize = 10;
/// How many candidates are told.
const CANDIDATES: usize = 5;

/// Counts in the old database.
pub struct Counting<'w, 'a> {
    /// Both sides.
    pub world: &'w World<'a>,
    /// Samples.
    pub data: &'w Data<'a>,
}

impl Counting<'_, '_> {
    /// An old table without a place.
    pub fn table(&self, table: &Table, candidates: Vec<Candidate>) -> Open {
        Open {
            origin: Origin::OldTable { table: table.name.clone() },
            rows: self.rows(table),
            samples: Vec::new(),
            candidates: best(candidates),
        }
    }

    /// An old column without a place.
    pub fn column(&self, table: &Table, column: &Column, candidates: Vec<Candidate>) -> Open {
        Open {
            origin: Origin::OldColumn(name(table, column)),
            rows: self.filled(table, column),
            samples: self.samples(table, column),
            candidates: best(candidates),
        }
    }

    /// A new column that nothing fills; `rows` would need a value.
    pub fn new_column(&self, table: &Table, column: &Column, rows: Option<u64>, candidates: Vec<Candidate>) -> Open {
        Open {
            origin: Origin::NewColumn(name(table, column)),
            rows,
            samples: Vec::new(),
            candidates: best(candidates),
        }
    }

    /// Rows of an old table; `None` if no data is known.
    pub fn rows(&self, table: &Table) -> Option<u64> {
        self.count(&format!("SELECT count(*) FROM main.{}", quoted(&table.name)), table)
    }

    /// Values that are neither NULL nor the default.
    fn filled(&self, table: &Table, column: &Column) -> Option<u64> {
        let (table_name, name) = (quoted(&table.name), quoted(&column.name));
        let besides = match column.default.as_deref().filter(|d| is_literal(d)) {
            Some(default) => format!("{name} IS NOT NULL AND {name} IS NOT ({default})"),
            None => format!("{name} IS NOT NULL"),
        };
        self.count(&format!("SELECT count(*) FROM main.{table_name} WHERE {besides}"), table)
    }

    fn count(&self, sql: &str, table: &Table) -> Option<u64> {
        let Some(connection) = self.world.old_data else {
            return self.world.is_live.then_some(0);
        };
        if table.kind != TableKind::Ordinary {
            return None;
        }
        let counted = connection.query_row(sql, [], |r| r.get::<_, i64>(0));
        match counted {
            Ok(rows) => u64::try_from(rows).ok(),
            Err(error) => {
                self.data.note(&error, &table.name);
                None
            }
        }
    }

    /// The most frequent values with their counts.
    fn samples(&self, table: &Table, column: &Column) -> Vec<(String, u64)> {
        let Some(connection) = self.world.old_data else { return Vec::new() };
        let (table_name, name) = (quoted(&table.name), quoted(&column.name));
        if self.rows(table).is_none_or(|rows| rows > COUNTED) {
            let rows = self.data.old(table);
            let frequent = rows.columns.get(&key(&column.name)).map(|s| s.frequent()).unwrap_or_default();
            return frequent.into_iter().take(TOLD).collect();
        }
        let sql = format!(
            "SELECT {name}, count(*) FROM main.{table_name} WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY 2 DESC, 1 LIMIT {TOLD}"
        );
        let told = connection.prepare(&sql).and_then(|mut statement| {
            let rows = statement.query_map([], |r| Ok((shown(r.get_ref(0)?), r.get::<_, i64>(1)?.unsigned_abs())))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        told.unwrap_or_else(|error| {
            self.data.note(&error, &table.name);
            Vec::new()
        })
    }
}

fn name(table: &Table, column: &Column) -> Name {
    Name {
        table: table.name.clone(),
        name: column.name.clone(),
    }
}

fn best(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(CANDIDATES);
    candidates
}

/// A value as text, the longest cut.
pub fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).chars().take(80).collect(),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Whether a default is the same in every row and can be asked for anywhere.
fn is_literal(default: &str) -> bool {
    let words: Vec<_> = tokens(default).into_iter().filter(|t| t.kind != Kind::Blank).collect();
    words
        .iter()
        .all(|t| matches!(t.kind, Kind::Literal | Kind::Number) || matches!(t.text, "-" | "+" | "(" | ")") || t.is("true") || t.is("false"))
}
