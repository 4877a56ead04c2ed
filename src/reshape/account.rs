//! The row accounting of a reshape: every old row and every old value has a place in the new schema, or the mapping says why it goes.
//! Found out before anything is copied.

use super::copy::SourceReport;
use super::describe::{Described, Table};
use super::mapping::{Drop, Mapping};
use super::plan::{Plan, SourcePlan};
use crate::failure::{Failure, Reason, Result};
use crate::sql::quoted;
use crate::steps::TableAccount;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What an old table holds, and how much of it some source takes.
pub struct OldTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Of those, how many at least one source reads.
    pub taken: u64,
    /// Why the rest goes.
    pub dropped: Option<String>,
}

/// Looks at every old table. The first loss that nobody declared is a failure.
pub fn account(old: &Connection, schema: &Described, mapping: &Mapping, plan: &Plan<'_>, step: &str) -> Result<Vec<OldTable>> {
    let told = |e: rusqlite::Error| Failure::new(Reason::StepFailed, format!("The step {step} cannot count rows: {e}.")).with("step", step);
    let mut found = Vec::new();
    for table in schema.tables.iter().filter(|t| !t.is_virtual) {
        let sources: Vec<&SourcePlan<'_>> = sources_of(plan, table).collect();
        let rows = count(old, table, None).map_err(told)?;
        let filters: Option<Vec<String>> = sources.iter().map(|s| s.filter.clone()).collect();
        let taken = match filters {
            _ if sources.is_empty() => 0,
            None => rows,
            Some(filters) => count(old, table, Some(&filters)).map_err(told)?,
        };
        let dropped = drop_of(mapping, table, None).map(|d| d.reason.clone());
        if taken < rows && dropped.is_none() {
            return Err(lost(step, &table.name, None, rows - taken));
        }
        if rows > 0 && dropped.is_none() {
            columns(old, table, &sources, mapping, step, &told)?;
        }
        found.push(OldTable {
            name: table.name.clone(),
            rows,
            taken,
            dropped,
        });
    }
    Ok(found)
}

fn sources_of<'p>(plan: &'p Plan<'_>, table: &'p Table) -> impl Iterator<Item = &'p SourcePlan<'p>> {
    let sources = plan.tables.iter().flat_map(|t| &t.sources);
    sources.filter(|s| s.from.is_some_and(|from| from.name == table.name))
}

fn drop_of<'m>(mapping: &'m Mapping, table: &Table, column: Option<&str>) -> Option<&'m Drop> {
    mapping.drops.iter().find(|d| {
        let same = match (&d.column, column) {
            (None, None) => true,
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        };
        same && d.table.eq_ignore_ascii_case(&table.name)
    })
}

fn count(old: &Connection, table: &Table, filters: Option<&[String]>) -> rusqlite::Result<u64> {
    let filter = match filters {
        Some(filters) => format!(" WHERE ({}\n)", filters.join("\n) OR (")),
        None => String::new(),
    };
    old.query_row(
        &format!("SELECT count(*) FROM main.{} AS old{filter}", quoted(&table.name)),
        [],
        |r| r.get(0),
    )
}

/// Columns that no source mentions may hold nothing.
fn columns(
    old: &Connection,
    table: &Table,
    sources: &[&SourcePlan<'_>],
    mapping: &Mapping,
    step: &str,
    told: &dyn Fn(rusqlite::Error) -> Failure,
) -> Result<()> {
    let used: BTreeSet<&str> = sources.iter().flat_map(|s| s.uses.iter().map(String::as_str)).collect();
    let is_loose = |name: &str| !used.contains(name.to_ascii_lowercase().as_str()) && drop_of(mapping, table, Some(name)).is_none();
    let loose: Vec<&str> = table
        .columns
        .iter()
        .filter(|c| !c.generated && is_loose(&c.name))
        .map(|c| c.name.as_str())
        .collect();
    if loose.is_empty() {
        return Ok(());
    }
    let counts: Vec<String> = loose.iter().map(|name| format!("count({})", quoted(name))).collect();
    let query = format!("SELECT {} FROM main.{}", counts.join(", "), quoted(&table.name));
    let counts = old.query_row(&query, [], |r| {
        (0..loose.len()).map(|n| r.get::<_, u64>(n)).collect::<rusqlite::Result<Vec<u64>>>()
    });
    let counts = counts.map_err(told)?;
    match loose.iter().zip(counts).find(|(_, count)| *count > 0) {
        Some((column, count)) => Err(lost(step, &table.name, Some(column), count)),
        None => Ok(()),
    }
}

fn lost(step: &str, table: &str, column: Option<&str>, count: u64) -> Failure {
    let (what, place) = match column {
        Some(column) => (
            format!("{count} values of the column “{table}.{column}”"),
            format!("table = \"{table}\", column = \"{column}\""),
        ),
        None => (format!("{count} rows of the table “{table}”"), format!("table = \"{table}\"")),
    };
    let message = format!(
        "{step}: {what} have no place in the new schema, and the mapping does not say why. Nothing may be lost in silence: map them, or declare [[drop]] {place}, reason = \"…\"."
    );
    let failure = Failure::new(Reason::RowsLost, message)
        .with("step", step)
        .with("table", table)
        .with("value", count);
    match column {
        Some(column) => failure.with("column", column),
        None => failure,
    }
}

/// The accounts after the copy, as every kind of step gives them.
pub fn accounts(old: &[OldTable], plan: &Plan<'_>, reports: &[SourceReport], rows_now: &BTreeMap<String, u64>) -> Vec<TableAccount> {
    let one = |table: &OldTable| {
        let mut targets: Vec<&str> = Vec::new();
        for report in reports.iter().filter(|r| r.from.as_deref() == Some(&table.name)) {
            if !targets.contains(&report.table.as_str()) {
                targets.push(&report.table);
            }
        }
        // Where the rows keep their keys the table lives on; other targets hold parts of it.
        let carries = |name: &&&str| {
            let plan = plan.tables.iter().find(|t| t.target.name == ***name);
            plan.is_some_and(|p| p.sources.first().is_some_and(|s| s.from.is_some_and(|f| f.name == table.name)))
        };
        let same = targets.iter().find(|t| t.eq_ignore_ascii_case(&table.name));
        let now = same.or_else(|| targets.iter().find(carries)).map(|t| (*t).to_owned());
        TableAccount {
            table: table.name.clone(),
            before: table.rows,
            after: now.as_ref().and_then(|n| rows_now.get(n)).copied().unwrap_or(0),
            left: table.rows - table.taken,
            moved_to: targets
                .iter()
                .filter(|t| Some(**t) != now.as_deref())
                .map(|t| (*t).to_owned())
                .collect(),
            dropped: table.dropped.clone(),
            now,
        }
    };
    old.iter().map(one).collect()
}
