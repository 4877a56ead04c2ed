//! What a new foreign key asks of the rows: whether what they refer to is there. Parents are compared as SQLite does, by the parent's
//! type and collation. Where no index of the old database helps, their keys are set aside in a temporary database on disk.

use super::ask::{Asker, is_known};
use super::question::{Count, Question};
use super::rows::Rows;
use super::{Stop, run};
use crate::diff::matching::Matching;
use crate::diff::report::{Change, Finding, Level};
use crate::diff::words::reference;
use crate::schema::{Column, ForeignKey, Part, Table};
use crate::sql::quoted;
use rusqlite::{Connection, Error, ToSql, params_from_iter};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The rows to which others refer.
pub struct Parents<'a> {
    data: &'a Connection,
    matching: &'a Matching<'a>,
    side: &'a str,
    /// Keys that are set aside, in tables that have a number.
    aside: Option<Arc<Mutex<Connection>>>,
    tables: HashMap<(String, Vec<String>), String>,
}

impl<'a> Parents<'a> {
    /// Of the old side.
    pub fn new(data: &'a Connection, matching: &'a Matching<'a>, side: &'a str) -> Parents<'a> {
        Parents {
            data,
            matching,
            side,
            aside: None,
            tables: HashMap::new(),
        }
    }

    /// What is set aside, for the function that asks.
    pub fn shared(&self) -> Option<Arc<Mutex<Connection>>> {
        self.aside.clone()
    }

    /// The table in which keys are set aside, filled if it is not yet.
    fn aside(&mut self, rows: &Rows<'_>, columns: &[(&Column, &Column)]) -> std::result::Result<String, Stop> {
        let key = (rows.old.name.clone(), columns.iter().map(|(_, now)| now.name.clone()).collect());
        if let Some(table) = self.tables.get(&key) {
            return Ok(table.clone());
        }
        let table = format!("p{}", self.tables.len());
        let here = |e: Error| run::failed(&e, "the temporary database", &rows.old.name);
        let shared = match &self.aside {
            Some(shared) => shared.clone(),
            None => {
                let made = Arc::new(Mutex::new(temporary().map_err(here)?));
                self.aside.insert(made).clone()
            }
        };
        let aside = shared.lock().unwrap_or_else(PoisonError::into_inner);
        self.fill(&aside, &table, rows, columns)?;
        self.tables.insert(key, table.clone());
        Ok(table)
    }

    fn fill(&self, aside: &Connection, table: &str, rows: &Rows<'_>, columns: &[(&Column, &Column)]) -> std::result::Result<(), Stop> {
        let here = |e: Error| run::failed(&e, "the temporary database", &rows.old.name);
        let there = |e: Error| run::failed(&e, self.side, &rows.old.name);
        let declared = |(n, (_, now)): (usize, &(&Column, &Column))| format!("k{n} {} COLLATE {}", now.declared, now.collation);
        let made: Vec<String> = columns.iter().enumerate().map(declared).collect();
        let listed: Vec<String> = (0..columns.len()).map(|n| format!("k{n}")).collect();
        let sql = format!(
            "CREATE TABLE {table} ({}, PRIMARY KEY ({})) WITHOUT ROWID",
            made.join(", "),
            listed.join(", ")
        );
        aside.prepare(&sql).and_then(|mut s| s.execute([])).map_err(here)?;
        let values: Vec<String> = columns.iter().map(|(was, _)| rows.sql(was)).collect();
        let is_whole: Vec<String> = values.iter().map(|v| format!("{v} IS NOT NULL")).collect();
        let query = format!("SELECT {} FROM {} WHERE {}", values.join(", "), rows.from(), is_whole.join(" AND "));
        let put = format!("INSERT OR IGNORE INTO {table} VALUES ({})", vec!["?"; columns.len()].join(", "));
        let mut put = aside.prepare(&put).map_err(here)?;
        let mut all = self.data.prepare(&query).map_err(there)?;
        let mut all = all.query([]).map_err(there)?;
        while let Some(row) = all.next().map_err(there)? {
            let mut values: Vec<super::ask::Held> = Vec::with_capacity(columns.len());
            for n in 0..columns.len() {
                values.push(super::ask::Held::of(row.get_ref(n).map_err(there)?));
            }
            put.execute(params_from_iter(values.iter().map(|v| v as &dyn ToSql)))
                .map_err(here)?;
        }
        Ok(())
    }
}

/// A database without a name, which SQLite keeps in a temporary file as far as it does not fit into memory.
fn temporary() -> rusqlite::Result<Connection> {
    let aside = Connection::open("")?;
    aside.execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768; BEGIN")?;
    Ok(aside)
}

/// The key that a finding is about.
fn key_of<'a>(finding: &Finding, rows: &Rows<'a>) -> Option<&'a ForeignKey> {
    let name = finding.subject.name.as_deref()?;
    let joined = |key: &ForeignKey| key.columns.join(", ");
    let old_names = |key: &ForeignKey| {
        let old: Option<Vec<&str>> = key.columns.iter().map(|c| rows.of_new(c).map(|was| was.name.as_str())).collect();
        old.map(|old| old.join(", "))
    };
    rows.new.foreign_keys.iter().find(|key| {
        let is_called = match finding.change {
            Change::Added => joined(key).eq_ignore_ascii_case(name),
            _ => old_names(key).is_some_and(|old| old.eq_ignore_ascii_case(name)),
        };
        is_called && finding.new.as_deref() == Some(reference(key).as_str())
    })
}

/// Rows that refer to what is not there. A reference with NULL in a part refers to nothing, and need not.
pub fn question(
    finding: &Finding,
    rows: &Rows<'_>,
    asker: &mut Asker<'_>,
    parents: &mut Parents<'_>,
) -> std::result::Result<Option<Question>, Stop> {
    let Some(key) = key_of(finding, rows) else { return Ok(None) };
    let unknown = |why: String| Stop::Unknown(why);
    let is_parent = |(_, new): &&(&Table, &Table)| new.name.eq_ignore_ascii_case(&key.parent);
    let (old, new) = parents
        .matching
        .tables
        .iter()
        .find(is_parent)
        .ok_or_else(|| unknown(format!("the table “{}” is new, and what it will hold is not known", key.parent)))?;
    let there = Rows::new(parents.matching, old, new);
    let named: Vec<&str> = match key.parent_columns.is_empty() {
        true => new.key.iter().map(|p| p.text.as_str()).collect(),
        false => key.parent_columns.iter().map(String::as_str).collect(),
    };
    if named.len() != key.columns.len() {
        let why = format!("“{}” has no key of {} columns", new.name, key.columns.len());
        return Err(unknown(why));
    }
    let mut columns: Vec<(&Column, &Column)> = Vec::new();
    for name in named {
        let pair = there.of_new(name).zip(new.column(name));
        let (was, now) = pair.ok_or_else(|| unknown(format!("“{}.{name}” is new, and what it will hold is not known", new.name)))?;
        if !is_known(&now.collation) {
            return Err(unknown(format!("the collation {} is the application's own", now.collation)));
        }
        columns.push((was, now));
    }
    let mut values = Vec::new();
    let mut count = Count {
        one: format!("refers to a row of “{}” that is not there", new.name),
        many: format!("refer to rows of “{}” that are not there", new.name),
        ..Count::new(Level::Blocks, String::new(), "")
    };
    for name in &key.columns {
        let Some(column) = rows.new.column(name) else { return Ok(None) };
        let value = asker.column(rows, column)?;
        count = count.show(&column.name, value.clone());
        values.push(value);
    }
    let is_same = columns
        .iter()
        .all(|(was, now)| there.is_bare(was, now) && was.collation == now.collation);
    let is_orphan = if is_same && is_found_fast(old, &columns) {
        let pairs = columns.iter().zip(&values);
        // Without an affinity of its own the value takes the parent's.
        let matches: Vec<String> = pairs
            .map(|((was, _), value)| format!("\"parent:\".{} = +{value}", quoted(&was.name)))
            .collect();
        format!(
            "NOT EXISTS (SELECT 1 FROM main.{} AS \"parent:\" WHERE {})",
            quoted(&old.name),
            matches.join(" AND ")
        )
    } else {
        let table = parents.aside(&there, &columns)?;
        asker.is_orphan(&table, columns.len(), &values)
    };
    let mut conditions: Vec<String> = values.iter().map(|v| format!("{v} IS NOT NULL")).collect();
    conditions.push(is_orphan);
    count.condition = conditions.join(" AND ");
    Ok(Some(Question::one(count)))
}

/// Whether an index of the old table, or its rowid, leads straight to a row with these values.
fn is_found_fast(table: &Table, columns: &[(&Column, &Column)]) -> bool {
    let is_asked = |part: &Part| {
        let same = |(was, _): &&(&Column, &Column)| was.name.eq_ignore_ascii_case(&part.text) && was.collation == part.collation;
        !part.is_expression && columns.iter().any(|c| same(&c))
    };
    let leads = |parts: &[Part]| parts.len() >= columns.len() && parts[..columns.len()].iter().all(is_asked);
    let indexes = table.indexes.iter().filter(|i| i.filter.is_none()).map(|i| i.parts.as_slice());
    let sets = table.uniques.iter().map(|u| u.parts.as_slice());
    sets.chain(indexes).chain([table.key.as_slice()]).any(leads)
}
