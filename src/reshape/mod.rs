//! A reshape: a fresh database with the target schema, into which every row of the old one is carried as a mapping says. What the mapping
//! does not mention maps by name. The old database is only read; so the live one can be the source, under its lock.
//!
//! Rows pass through this process one by one, and not by `INSERT … SELECT` over an attached database: only so can the row that does not fit
//! be named, the two files differ in encoding, and the live database stay what it is, read and not written.

mod account;
mod copy;
mod describe;
mod mapping;
mod plan;
mod planner;
mod problems;
mod select;
mod target;
mod twins;
mod value;
mod virtuals;

pub use copy::SourceReport;
pub use describe::{Described, Object, Table as DescribedTable};
pub use mapping::{Drop, Mapping, OnMatch, Other, SourceRule, ValueRule};
pub use select::mentioned;
pub use value::{Affinity, Change, shown};
pub use virtuals::{Way, content_table, way_of};

use crate::database::compile_mask;
use crate::failure::{Failure, Reason, Result};
use crate::report::Reporter;
use crate::steps::{TableAccount, is_ours};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// A reshape to be done.
pub struct Reshape<'a> {
    /// Its name, for messages.
    pub step: &'a str,
    /// The target schema: SQL that makes it.
    pub schema: &'a str,
    /// What does not map by name.
    pub mapping: &'a Mapping,
    /// Prepares a connection: functions that only the application has.
    pub prepare: &'a dyn Fn(&Connection) -> Result<()>,
}

/// What came of it.
#[derive(Debug)]
pub struct ReshapeReport {
    /// Each source of each target table.
    pub sources: Vec<SourceReport>,
    /// What became of each old table.
    pub accounts: Vec<TableAccount>,
    /// Tables, old and new, that did not simply come over as they were.
    pub touched: BTreeSet<String>,
}

/// The text that makes the schema of a database, without what Holdfast and SQLite keep for themselves.
pub fn schema_text(connection: &Connection) -> rusqlite::Result<String> {
    let described = Described::read(connection)?;
    let tables = described.tables.into_iter().filter(|t| !is_ours(&t.name)).map(|t| t.sql);
    let objects = described.objects.into_iter().map(|o| o.sql);
    // A comment at the end of a statement must not swallow the semicolon.
    Ok(tables.chain(objects).map(|sql| sql + "\n;\n").collect())
}

impl Reshape<'_> {
    /// Fills a new, empty database. On failure it is worth nothing, and the old one is untouched.
    pub fn run(&self, old: &Connection, new: &Connection, reporter: &dyn Reporter) -> Result<ReshapeReport> {
        let was = Described::read(old).map_err(|e| self.failed("reading the old schema", &e))?;
        let target = self.target(&was)?;
        (self.prepare)(new)?;
        let plan = planner::plan(old, self.mapping, &was, &target, self.step)?;
        let tables = account::account(old, &was, self.mapping, &plan, self.step)?;
        target::begin(old, new).map_err(|e| self.failed("beginning the new database", &e))?;
        let masks = self.mapping.masks.iter().map(|m| compile_mask(m)).collect::<Result<Vec<_>>>()?;
        target::tables(new, &target, &plan, &masks).map_err(|e| self.failed("making the tables", &e))?;
        let copier = copy::Copier {
            old,
            new,
            step: self.step,
            total: tables.iter().map(|t| t.rows).sum(),
            reporter,
        };
        let sources = copier.all(&plan)?;
        target::sequences(old, new, &plan).map_err(|e| self.failed("carrying the key counters", &e))?;
        let made = |(object, e)| self.unmade(new, &target, object, &e);
        target::objects(new, &target, "view").map_err(made)?;
        virtuals::carry(old, new, &was, &target, self.mapping).map_err(|problem| self.failure(&problem))?;
        target::objects(new, &target, "index").map_err(made)?;
        target::objects(new, &target, "trigger").map_err(made)?;
        target::finish(old, new, self.mapping).map_err(|e| self.failed("finishing the new database", &e))?;
        let rows = target::rows(new, &plan).map_err(|e| self.failed("counting", &e))?;
        let same = |t: &plan::TablePlan<'_>| matches!(t.sources.as_slice(), [one] if one.is_same);
        let untouched: BTreeSet<&str> = plan.tables.iter().filter(|t| same(t)).map(|t| t.target.name.as_str()).collect();
        let names = was.tables.iter().chain(&target.tables).map(|t| t.name.as_str());
        Ok(ReshapeReport {
            accounts: account::accounts(&tables, &plan, &sources, &rows),
            touched: names.filter(|name| !untouched.contains(name)).map(str::to_owned).collect(),
            sources,
        })
    }

    /// The target schema, as SQLite reads it. Holdfast's own tables come along.
    fn target(&self, was: &Described) -> Result<Described> {
        let told = |e: rusqlite::Error| self.failure(&format!("the target schema cannot be read: {e}"));
        let memory = Connection::open_in_memory().map_err(told)?;
        (self.prepare)(&memory)?;
        memory.execute_batch(self.schema).map_err(told)?;
        let mut target = Described::read(&memory).map_err(told)?;
        let ours = was.tables.iter().filter(|t| is_ours(&t.name) && target.table(&t.name).is_none());
        let ours: Vec<_> = ours.cloned().collect();
        target.tables.extend(ours);
        Ok(target)
    }

    /// An index, trigger or view that cannot be made. If rows are the cause, the first of them is named.
    fn unmade(&self, new: &Connection, target: &Described, object: &Object, error: &rusqlite::Error) -> Failure {
        let failure = self.failed(&format!("making the {} “{}”", object.kind, object.name), error);
        let is_rows = error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation);
        let Some(table) = target.table(&object.table).filter(|_| is_rows) else {
            return failure;
        };
        // SQLite keeps a database without a name in a temporary file.
        let aside = Connection::open("").map_err(|e| self.failed("looking for rows that are the same", &e));
        let aside = aside.and_then(|aside| (self.prepare)(&aside).map(|()| aside));
        let Some(key) = aside
            .ok()
            .and_then(|aside| twins::second(new, &aside, table, object).ok().flatten())
        else {
            return failure;
        };
        let message = format!(
            "{}: the row of “{}” with {key} cannot be carried over: another row has the same values for the index “{}” ({error}). Ask those who made the update for a corrected one.",
            self.step, table.name, object.name
        );
        Failure::new(Reason::RowRejected, message)
            .with("step", self.step)
            .with("table", table.name.as_str())
            .with("key", key)
            .with("target", table.name.as_str())
            .with("reason", error.to_string())
    }

    fn failed(&self, doing: &str, error: &rusqlite::Error) -> Failure {
        let failure = crate::database::failed(error, std::path::Path::new("the new database"), doing);
        match failure.reason {
            Reason::DiskFailed => self.failure(&format!("{doing}: {error}")),
            _ => failure.with("step", self.step),
        }
    }

    fn failure(&self, problem: &str) -> Failure {
        let message = format!(
            "The step {} failed: {problem}. Ask those who made the update for a corrected one.",
            self.step
        );
        Failure::new(Reason::StepFailed, message).with("step", self.step)
    }
}
