//! New checks, asked of each row in turn: a table in memory with the target's columns, types and collations, and nothing else, holds one row
//! at a time.

use super::{Looked, Seen, Why};
use crate::draft::carried::{Source, is};
use crate::draft::gaps::told;
use crate::failure::Result;
use crate::reshape::mentioned;
use crate::schema::{Check, Column, Table};
use crate::sql::quoted;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};

/// The checks of a target table that its source's rows have not passed already.
pub struct Probe {
    memory: Connection,
    table: String,
    checks: Vec<Asked>,
}

/// A check, and the columns that it mentions.
struct Asked {
    check: Check,
    columns: Vec<String>,
    works: bool,
}

impl Probe {
    /// `None` if nothing is to be asked.
    pub fn new(target: &Table, source: &Source<'_>) -> Result<Option<Probe>> {
        let Some(from) = source.from else { return Ok(None) };
        let asked = |check: &&Check| {
            let columns = columns_of(target, check);
            let was = from.checks.iter().any(|c| c.expression == check.expression);
            let by_name = columns.iter().all(|c| {
                let given = source.values.iter().find(|v| is(&v.column.name, c));
                given.is_some_and(|g| {
                    g.rule.as_ref().is_some_and(|r| r.map.is_empty())
                        && g.old.is_some_and(|old| is(&old.name, c) && old.declared == g.column.declared)
                })
            });
            !(was && by_name)
        };
        let checks: Vec<Check> = target.checks.iter().filter(asked).cloned().collect();
        if checks.is_empty() {
            return Ok(None);
        }
        let memory = Connection::open_in_memory().map_err(|e| told(&e))?;
        let declared = |c: &Column| {
            if c.declared.is_empty() {
                String::new()
            } else {
                quoted(&c.declared)
            }
        };
        let column = |c: &Column| format!("{} {} COLLATE {}", quoted(&c.name), declared(c), c.collation);
        let columns: Vec<String> = target.columns.iter().filter(|c| c.generated.is_none()).map(column).collect();
        // A collation of the application's cannot be had here; then the reshape itself will tell.
        if memory
            .execute_batch(&format!("CREATE TABLE {}({})", quoted(&target.name), columns.join(", ")))
            .is_err()
        {
            return Ok(None);
        }
        let asked = |check: Check| Asked {
            columns: columns_of(target, &check),
            works: true,
            check,
        };
        Ok(Some(Probe {
            memory,
            table: target.name.clone(),
            checks: checks.into_iter().map(asked).collect(),
        }))
    }

    /// Whether some check mentions a column.
    pub fn needs(&self, column: &str) -> bool {
        self.checks.iter().any(|c| c.columns.iter().any(|name| is(name, column)))
    }

    /// Asks all checks of a row.
    pub fn row(&mut self, values: &[(&Looked<'_>, ValueRef<'_>)], seen: &mut Seen<'_>) -> Result<()> {
        let needed: Vec<_> = values.iter().filter(|(looked, _)| looked.check).collect();
        let names: Vec<String> = needed.iter().map(|(looked, _)| quoted(&looked.given.column.name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let table = quoted(&self.table);
        let insert = format!(
            "INSERT INTO {table}({}) VALUES ({})",
            names.join(", "),
            vec!["?"; names.len()].join(", ")
        );
        let mut insert = self.memory.prepare_cached(&insert).map_err(|e| told(&e))?;
        for (n, (looked, read)) in needed.iter().enumerate() {
            let bound = match looked.change.apply(*read) {
                Ok(Some(value)) => insert.raw_bind_parameter(n + 1, value),
                _ => insert.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(*read)),
            };
            bound.map_err(|e| told(&e))?;
        }
        insert.raw_execute().map_err(|e| told(&e))?;
        for asked in self.checks.iter_mut().filter(|a| a.works) {
            let sql = format!("SELECT coalesce(NOT ({}\n), 0) FROM {table}", asked.check.sql);
            let fails = self
                .memory
                .prepare_cached(&sql)
                .and_then(|mut s| s.query_row([], |r| r.get::<_, bool>(0)));
            let Ok(fails) = fails else {
                asked.works = false;
                continue;
            };
            for (looked, read) in needed
                .iter()
                .filter(|(l, _)| asked.columns.last().is_some_and(|c| is(c, &l.given.column.name)))
            {
                seen.add(&looked.given.column.name, Why::Check(asked.check.sql.clone()), *read, !fails);
            }
        }
        let delete = format!("DELETE FROM {table}");
        self.memory
            .prepare_cached(&delete)
            .and_then(|mut s| s.raw_execute())
            .map_err(|e| told(&e))?;
        Ok(())
    }
}

fn columns_of(target: &Table, check: &Check) -> Vec<String> {
    let names: Vec<String> = mentioned(&check.sql).collect();
    let columns = target
        .columns
        .iter()
        .filter(|c| c.generated.is_none() && names.iter().any(|n| is(n, &c.name)));
    columns.map(|c| c.name.clone()).collect()
}
