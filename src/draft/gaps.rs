//! What a mapping leaves open between two schemas: rows and values of the old one without a place, and new columns that nothing fills.
//! With data it is counted; without, everything may hold something.

use super::carried::{Carried, Source, is, is_ordinary};
use crate::failure::{Failure, Reason, Result};
use crate::reshape::{Mapping, Way, way_of};
use crate::schema::{Column, Definition, Table, TableKind};
use crate::sql::quoted;
use rusqlite::Connection;

/// Something open.
#[derive(Debug, Clone, PartialEq)]
pub enum Gap {
    /// Rows of an old table that no source takes.
    Rows {
        /// The table.
        table: String,
        /// How many; unknown without data.
        rows: Option<u64>,
    },
    /// Old columns that nothing mentions.
    Columns {
        /// Their table.
        table: String,
        /// Those that hold values, with how many; without data all.
        held: Vec<(String, Option<u64>)>,
        /// Those that hold none in this database.
        empty: Vec<String>,
    },
    /// A new column that must have a value and gets none.
    Unfilled {
        /// The target table.
        table: String,
        /// Which of its sources.
        source: usize,
        /// The column.
        column: String,
        /// The old table, or the query.
        from: String,
        /// Rows that wait for it.
        rows: Option<u64>,
        /// Whether it is the key by which SQLite keeps the rows.
        is_key: bool,
    },
}

/// The old side: its schema, and its data if there is any.
#[derive(Clone, Copy)]
pub struct Old<'a> {
    /// The schema.
    pub definition: &'a Definition,
    /// An open database.
    pub data: Option<&'a Connection>,
}

/// A query that the old database does not answer.
pub fn told(error: &rusqlite::Error) -> Failure {
    Failure::new(Reason::DatabaseUnsupported, format!("The old database cannot be asked: {error}."))
}

impl Old<'_> {
    /// One number.
    pub fn count(&self, query: &str) -> Result<Option<u64>> {
        let Some(data) = self.data else { return Ok(None) };
        data.query_row(query, [], |r| r.get(0)).map(Some).map_err(|e| told(&e))
    }

    /// A table's rows.
    pub fn rows(&self, table: &Table) -> Result<Option<u64>> {
        self.count(&format!("SELECT count(*) FROM main.{}", quoted(&table.name)))
    }
}

/// Finds all that is open.
pub fn find(old: Old<'_>, new: &Definition, mapping: &Mapping) -> Result<Vec<Gap>> {
    let carried = Carried::read(old.definition, new, mapping);
    let mut gaps = Vec::new();
    for table in &old.definition.tables {
        match &table.kind {
            TableKind::Ordinary => gaps.extend(table_gaps(old, &carried, mapping, table)?),
            TableKind::Virtual { .. } => gaps.extend(virtual_gap(old, new, mapping, table)?),
        }
    }
    for target in &carried.targets {
        for source in &target.sources {
            gaps.extend(unfilled(old, target.table, source)?);
        }
    }
    Ok(gaps)
}

fn is_dropped(mapping: &Mapping, table: &str, column: Option<&str>) -> bool {
    mapping.drops.iter().any(|d| {
        is(&d.table, table)
            && match (&d.column, column) {
                (None, None) => true,
                (Some(a), Some(b)) => is(a, b),
                _ => false,
            }
    })
}

fn table_gaps(old: Old<'_>, carried: &Carried<'_>, mapping: &Mapping, table: &Table) -> Result<Vec<Gap>> {
    if is_dropped(mapping, &table.name, None) {
        return Ok(Vec::new());
    }
    let sources: Vec<&Source<'_>> = carried.of(&table.name).map(|(_, source)| source).collect();
    let rows = old.rows(table)?;
    if sources.is_empty() {
        return Ok(vec![Gap::Rows {
            table: table.name.clone(),
            rows,
        }]);
    }
    let mut gaps = Vec::new();
    let filters: Option<Vec<&str>> = sources.iter().map(|s| s.rule.filter.as_deref()).collect();
    if let Some(filters) = filters {
        let taken = format!(
            "SELECT count(*) FROM main.{} AS old WHERE ({}\n)",
            quoted(&table.name),
            filters.join("\n) OR (")
        );
        // A filter that cannot be asked is the reshape's to complain of.
        let left = old
            .count(&taken)
            .ok()
            .flatten()
            .zip(rows)
            .map(|(taken, rows)| rows.saturating_sub(taken));
        if left != Some(0) {
            gaps.push(Gap::Rows {
                table: table.name.clone(),
                rows: left,
            });
        }
    }
    let is_loose = |c: &&Column| {
        let name = c.name.to_ascii_lowercase();
        c.generated.is_none() && !sources.iter().any(|s| s.uses.contains(&name)) && !is_dropped(mapping, &table.name, Some(&c.name))
    };
    let loose: Vec<&Column> = table.columns.iter().filter(is_loose).collect();
    if !loose.is_empty() {
        let counts = held(old, table, &loose)?;
        let (held, empty): (Vec<_>, Vec<_>) = loose
            .iter()
            .map(|c| c.name.clone())
            .zip(counts)
            .partition(|(_, count)| *count != Some(0));
        let (table, empty) = (table.name.clone(), empty.into_iter().map(|(name, _)| name).collect());
        gaps.push(Gap::Columns { table, held, empty });
    }
    Ok(gaps)
}

/// How many values each of some columns holds.
fn held(old: Old<'_>, table: &Table, columns: &[&Column]) -> Result<Vec<Option<u64>>> {
    let Some(data) = old.data else {
        return Ok(vec![None; columns.len()]);
    };
    let counts: Vec<String> = columns.iter().map(|c| format!("count({})", quoted(&c.name))).collect();
    let query = format!("SELECT {} FROM main.{}", counts.join(", "), quoted(&table.name));
    let read = |r: &rusqlite::Row<'_>| (0..columns.len()).map(|n| r.get(n)).collect::<rusqlite::Result<Vec<Option<u64>>>>();
    data.query_row(&query, [], read).map_err(|e| told(&e))
}

/// The rows of a virtual table that is gone; those of an index over another table are no loss.
fn virtual_gap(old: Old<'_>, new: &Definition, mapping: &Mapping, table: &Table) -> Result<Option<Gap>> {
    let is_there = new.table(&table.name).is_some_and(|t| !is_ordinary(t));
    if is_there || way_of(&table.sql) == Way::Rebuild || is_dropped(mapping, &table.name, None) {
        return Ok(None);
    }
    let rows = old.rows(table).unwrap_or(None);
    Ok((rows != Some(0)).then(|| Gap::Rows {
        table: table.name.clone(),
        rows,
    }))
}

fn unfilled(old: Old<'_>, target: &Table, source: &Source<'_>) -> Result<Vec<Gap>> {
    // What a query gives is its author's affair; the reshape says what is missing.
    if source.rule.query.is_some() {
        return Ok(Vec::new());
    }
    let waits = |given: &&super::carried::Given<'_>| {
        let is_key = target.rowid_column.as_deref().is_some_and(|key| is(key, &given.column.name));
        let must = given.column.not_null && given.column.default.is_none();
        given.rule.is_none() && if is_key { source.from.is_some() && !source.rule.only } else { must }
    };
    let open: Vec<_> = source.values.iter().filter(waits).collect();
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let rows = old.count(&format!("SELECT count(*) {}", source.rows())).unwrap_or(None);
    let one = |given: &&super::carried::Given<'_>| {
        let is_key = target.rowid_column.as_deref().is_some_and(|key| is(key, &given.column.name));
        Gap::Unfilled {
            table: target.name.clone(),
            source: source.n,
            column: given.column.name.clone(),
            from: source.from.map_or_else(|| "a query".to_owned(), |t| t.name.clone()),
            rows,
            is_key,
        }
    };
    // Where there is no row nothing waits, but the reshape wants to know of a key, and of any value as soon as the table has rows.
    let matters = |given: &&&super::carried::Given<'_>| {
        let is_key = target.rowid_column.as_deref().is_some_and(|key| is(key, &given.column.name));
        is_key || rows != Some(0) || source.from.is_some_and(|t| old.rows(t).ok().flatten() != Some(0))
    };
    Ok(open.iter().filter(matters).map(one).collect())
}
