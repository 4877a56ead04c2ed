//! A step in SQL: statement by statement, each with what it does to tables entered into the account. An error names file, line and statement.

use super::account::Account;
use super::guard::{OURS, Seen, take, trusted};
use super::preupdate::{Changes, Counter};
use super::{Step, is_ours};
use crate::failure::{Failure, Reason, Result};
use crate::sql::{Statement, quoted, statements};
use rusqlite::{Connection, ErrorCode};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Runs a step's statements. Returns the rows inserted, updated and deleted.
pub fn run(
    connection: &Connection,
    step: &Step,
    text: &str,
    counter: &mut Counter<'_>,
    account: &mut Account,
    seen: &Mutex<Seen>,
) -> Result<(u64, u64, u64)> {
    let mut total = (0, 0, 0);
    for statement in statements(text) {
        let changes = run_statement(connection, &statement, counter, account, seen).map_err(|e| explain(&e, step, &statement, seen))?;
        total = changes.values().fold(total, |t, c| add(t, (c.inserted, c.updated, c.deleted)));
        account.enter(&changes);
    }
    Ok(total)
}

fn run_statement(
    connection: &Connection,
    statement: &Statement<'_>,
    counter: &mut Counter<'_>,
    account: &mut Account,
    seen: &Mutex<Seen>,
) -> rusqlite::Result<HashMap<String, Changes>> {
    take(seen);
    let mut prepared = connection.prepare(statement.text)?;
    let actions = take(seen);
    let names = if actions.altered.is_empty() {
        BTreeMap::new()
    } else {
        trusted(seen, || roots(connection))?
    };
    for table in &actions.dropped {
        let rows = trusted(seen, || {
            connection.query_row(&format!("SELECT count(*) FROM main.{}", quoted(table)), [], |r| r.get(0))
        })?;
        account.dropped(table, rows);
    }
    let mut rows = prepared.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    for table in &actions.created {
        let rows = trusted(seen, || {
            connection.query_row(&format!("SELECT count(*) FROM main.{}", quoted(table)), [], |r| r.get(0))
        });
        account.created(table, rows.unwrap_or(0));
    }
    for table in &actions.altered {
        account.altered(table);
    }
    if !names.is_empty() {
        let now = trusted(seen, || roots(connection))?;
        for (root, name) in &names {
            if let Some(new) = now.get(root).filter(|new| *new != name) {
                if is_ours(new) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).refused = Some(OURS);
                    return Err(rusqlite::Error::InvalidQuery);
                }
                account.renamed(name, new);
            }
        }
    }
    let mut changes = counter.take();
    for (table, changes) in changes.iter_mut().filter(|(_, c)| c.replaced > 0) {
        // The hook knows no rowid where there is none, so there every row that went counts as gone.
        let query = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
        if trusted(seen, || connection.query_row(query, [table], |r| r.get::<_, bool>(0))).unwrap_or(true) {
            changes.replaced = 0;
        }
    }
    Ok(changes)
}

/// The tables by root page, which a rename does not change.
pub fn roots(connection: &Connection) -> rusqlite::Result<BTreeMap<i64, String>> {
    let mut statement = connection.prepare("SELECT rootpage, name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0")?;
    statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
}

/// A step's error: file, line, statement, and SQLite's word for it.
fn explain(error: &rusqlite::Error, step: &Step, statement: &Statement<'_>, seen: &Mutex<Seen>) -> Failure {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        return Failure::new(Reason::Cancelled, "The update was cancelled.");
    }
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
        return Failure::new(
            Reason::SpaceShort,
            "There was no room left while the data was brought to the new version. Make room and run the update again.",
        );
    }
    let place = format!("{}/{} line {}", step.version, step.name, statement.line);
    let (reason, message) = match take(seen).refused {
        Some(what) => (Reason::StepRefused, format!("The step {place} may not use {what}.")),
        None => (Reason::StepFailed, format!("The step {place} failed: {error}.")),
    };
    let text: String = statement.text.chars().take(500).collect();
    Failure::new(reason, format!("{message} Ask those who made the update for a corrected one."))
        .with("step", format!("{}/{}", step.version, step.name))
        .with("line", statement.line)
        .with("statement", text)
}

fn add(a: (u64, u64, u64), b: (u64, u64, u64)) -> (u64, u64, u64) {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}
