//! Steps that are not plain SQL, on the connection of the chain: data loads and scripts. What they did to tables is entered into the account
//! from what SQLite told while they ran.

use super::account::Account;
use super::guard::{Seen, take, trusted};
use super::preupdate::Counter;
use super::{Step, sql};
use crate::database::row_counts;
use crate::disk;
use crate::failure::{Failure, Reason, Result};
use crate::load::{self, LoadPlan};
use crate::script::{self, Scripts};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;

/// The data files of a load, in a folder.
struct Folder<'a>(&'a Path);

impl load::Files for Folder<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>> {
        let path = crate::platform::below(self.0, name);
        let file = std::fs::File::open(&path).map_err(|e| disk::failed("opening", &path, &e))?;
        Ok(Box::new(file))
    }
}

/// Runs a load. With `collect`, every row that does not fit is in the failure, and not the first one alone.
pub fn load(connection: &Connection, plan: &LoadPlan, folder: &Path, options: &load::Options<'_>) -> Result<Vec<load::FileReport>> {
    let report = load::run(connection, plan, &Folder(folder), options)?;
    match report.rejected.first() {
        None => Ok(report.files),
        Some(first) => Err(rejected(first, &report)),
    }
}

fn rejected(first: &Failure, report: &load::LoadReport) -> Failure {
    let mut lines: Vec<&str> = report.rejected.iter().map(|failure| failure.message.as_str()).collect();
    let more = report.rejected_count.saturating_sub(lines.len() as u64);
    let more = (more > 0).then(|| format!("… and {more} more"));
    lines.extend(more.as_deref());
    let message = format!("{} rows do not fit:\n{}", report.rejected_count, lines.join("\n"));
    Failure::new(Reason::RowRejected, message)
        .with("rows", report.rejected_count)
        .with("first", first.message.as_str())
}

/// Runs a script. Returns the rows that it read.
pub fn script(scripts: &mut Scripts<'_>, step: &Step, source: &str, context: &script::Context<'_>, seen: &Mutex<Seen>) -> Result<u64> {
    take(seen);
    scripts
        .run(&step.place(), source, context)
        .map(|report| report.read)
        .map_err(|failure| match peek(seen) {
            Some(what) if failure.reason != Reason::Cancelled => Failure {
                reason: Reason::StepRefused,
                message: format!("A step may not use {what}. {}", failure.message),
                ..failure
            },
            _ => failure,
        })
}

fn peek(seen: &Mutex<Seen>) -> Option<&'static str> {
    take(seen).refused
}

/// The tables before a step whose statements are not known one by one.
pub struct Before {
    rows: BTreeMap<String, u64>,
    roots: BTreeMap<i64, String>,
}

impl Before {
    /// As they are now.
    pub fn of(connection: &Connection) -> rusqlite::Result<Before> {
        Ok(Before {
            rows: row_counts(connection)?,
            roots: sql::roots(connection)?,
        })
    }

    /// Enters what the step did. Rows that a table had when it was dropped, or when it came, follow from what was counted meanwhile.
    pub fn enter(
        &self,
        connection: &Connection,
        account: &mut Account,
        counter: &mut Counter<'_>,
        seen: &Mutex<Seen>,
    ) -> rusqlite::Result<(u64, u64, u64)> {
        let (changes, actions) = (counter.take(), take(seen));
        let counted = |table: &str| changes.get(table).map_or((0, 0), |c| (c.inserted, c.deleted));
        let (rows, roots) = trusted(seen, || {
            Ok::<_, rusqlite::Error>((row_counts(connection)?, sql::roots(connection)?))
        })?;
        for table in &actions.created {
            let (inserted, deleted) = counted(table);
            let now = rows.get(table).copied().unwrap_or(0);
            account.created(table, (now + deleted).saturating_sub(inserted));
        }
        account.enter(&changes);
        for table in &actions.altered {
            account.altered(table);
        }
        for (root, name) in &self.roots {
            if let Some(new) = roots.get(root).filter(|new| *new != name) {
                account.renamed(name, new);
            }
        }
        for table in &actions.dropped {
            let (inserted, deleted) = counted(table);
            let before = self.rows.get(table).copied().unwrap_or(0);
            account.dropped(table, (before + inserted).saturating_sub(deleted));
        }
        Ok(changes
            .values()
            .fold((0, 0, 0), |t, c| (t.0 + c.inserted, t.1 + c.updated, t.2 + c.deleted)))
    }
}
