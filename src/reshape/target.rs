//! The new file around its rows: how it is kept, its tables before the rows come, and after them all that SQLite would otherwise look at
//! for every row.

use super::describe::{Described, Object, Table};
use super::mapping::Mapping;
use super::plan::{Given, Plan};
use crate::sql::quoted;
use regex_lite::Regex;
use rusqlite::{Connection, Result};

/// Gives a new, empty database the form of the old one, and begins the one transaction in which it is filled.
pub fn begin(old: &Connection, new: &Connection) -> Result<()> {
    let number = |name: &str| old.query_row(&format!("PRAGMA {name}"), [], |r| r.get::<_, i64>(0));
    let encoding: String = old.query_row("PRAGMA encoding", [], |r| r.get(0))?;
    new.execute_batch(&format!(
        "PRAGMA page_size={}; PRAGMA encoding='{encoding}'; PRAGMA auto_vacuum={};
         PRAGMA application_id={}; PRAGMA user_version={};",
        number("page_size")?,
        number("auto_vacuum")?,
        number("application_id")?,
        number("user_version")?,
    ))?;
    // A new file that is not finished is thrown away, so nothing has to be taken back.
    new.execute_batch(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-65536; BEGIN IMMEDIATE;",
    )
}

/// Makes the ordinary tables. Literals that differ by site are the site's own.
pub fn tables(new: &Connection, target: &Described, plan: &Plan<'_>, masks: &[Regex]) -> Result<()> {
    for table in target.tables.iter().filter(|t| !t.is_virtual) {
        new.execute_batch(&masked(table, plan, masks))?;
    }
    Ok(())
}

fn masked(table: &Table, plan: &Plan<'_>, masks: &[Regex]) -> String {
    let mut sql = table.sql.clone();
    if masks.is_empty() {
        return sql;
    }
    let sources = plan
        .tables
        .iter()
        .filter(|t| t.target.name == table.name)
        .flat_map(|t| t.sources.first());
    for (source, value) in sources.flat_map(|s| s.values.iter().map(move |v| (s, v))) {
        let Given::Selected(_) = value.given else { continue };
        let old = value.from.as_deref().and_then(|name| source.from?.column(name)?.default.as_deref());
        let (Some(old), Some(new)) = (old, value.column.default.as_deref()) else {
            continue;
        };
        for mask in masks {
            if let (Some(ours), Some(theirs)) = (mask.find(old), mask.find(new)) {
                sql = sql.replace(theirs.as_str(), ours.as_str());
            }
        }
    }
    sql
}

/// AUTOINCREMENT must not give a key again that was given before: <https://sqlite.org/autoinc.html>.
pub fn sequences(old: &Connection, new: &Connection, plan: &Plan<'_>) -> Result<()> {
    let has = |c: &Connection| {
        c.query_row(
            "SELECT EXISTS(SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence')",
            [],
            |r| r.get(0),
        )
    };
    if !has(old)? || !has(new)? {
        return Ok(());
    }
    let mut read = old.prepare("SELECT max(CAST(seq AS INTEGER)) FROM main.sqlite_sequence WHERE name = ?1")?;
    for table in &plan.tables {
        let Some(key) = table.target.rowid_column.as_deref() else {
            continue;
        };
        let (.., autoincrement) = new.column_metadata(Some("main"), table.target.name.as_str(), key)?;
        if !autoincrement {
            continue;
        }
        let mut highest: Option<i64> = None;
        for from in table.sources.iter().filter_map(|s| s.from) {
            // Anybody may write that table: a counter may be text or NULL, which SQLite takes for a number.
            highest = highest.max(read.query_row([&from.name], |r| r.get(0))?);
        }
        if let Some(seq) = highest {
            let now = new.query_row(
                "SELECT max(seq) FROM main.sqlite_sequence WHERE name = ?1",
                [&table.target.name],
                |r| r.get::<_, Option<i64>>(0),
            )?;
            new.execute("DELETE FROM main.sqlite_sequence WHERE name = ?1", [&table.target.name])?;
            new.execute(
                "INSERT INTO main.sqlite_sequence(name, seq) VALUES (?1, ?2)",
                (&table.target.name, now.unwrap_or(seq).max(seq)),
            )?;
        }
    }
    Ok(())
}

/// Makes all indexes, triggers or views, in the order of the target. The error names the one that cannot be made.
///
/// Views come before the virtual tables, which may be built from one; SQLite looks into a view only when it is read. Triggers come last:
/// they must not see the rows come.
pub fn objects<'t>(new: &Connection, target: &'t Described, kind: &str) -> std::result::Result<(), (&'t Object, rusqlite::Error)> {
    let mut objects = target.objects.iter().filter(|o| o.kind == kind);
    objects.try_for_each(|object| new.execute_batch(&object.sql).map_err(|e| (object, e)))
}

/// The end: what the query planner knew, and the commit.
pub fn finish(old: &Connection, new: &Connection, mapping: &Mapping) -> Result<()> {
    if let Some(version) = mapping.user_version {
        new.execute_batch(&format!("PRAGMA user_version={version}"))?;
    }
    let knew = old.query_row(
        "SELECT EXISTS(SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1')",
        [],
        |r| r.get(0),
    );
    if knew? {
        new.execute_batch("ANALYZE main")?;
    }
    new.execute_batch("COMMIT")
}

/// How many rows each table of the new database has.
pub fn rows(new: &Connection, plan: &Plan<'_>) -> Result<std::collections::BTreeMap<String, u64>> {
    let count = |name: &String| new.query_row(&format!("SELECT count(*) FROM main.{}", quoted(name)), [], |r| r.get(0));
    plan.tables
        .iter()
        .map(|t| Ok((t.target.name.clone(), count(&t.target.name)?)))
        .collect()
}
