//! Runs a plan: clears, loads file by file, and asks at the end whether all that was loaded refers to something.

use super::clear::clear;
use super::counter;
use super::file::Job;
use super::foreign::{self, Link};
use super::plan::LoadPlan;
use super::put::{Put, Putter};
use super::quiet::Quiet;
use super::table::Table;
use super::trouble::{Complaint, Trouble, meant, unfit};
use super::{FileReport, Files, GATHERED, LoadReport, Options, State};
use crate::failure::{Failure, Reason, Result};
use rusqlite::Connection;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// After so many rows somebody may have cancelled.
const LOOK_EACH: u64 = 1000;

/// Loads everything that the plan says. The caller has begun a transaction, and abandons it if this fails.
pub fn run(connection: &Connection, plan: &LoadPlan, files: &dyn Files, options: &Options<'_>) -> Result<LoadReport> {
    known_context(plan, options.context)?;
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for file in plan.files.iter().filter(|f| f.enabled && f.name_in(options.context).is_some()) {
        if let Entry::Vacant(vacant) = tables.entry(file.table.to_ascii_lowercase()) {
            vacant.insert(Table::read(connection, plan.step(), &file.table)?);
        }
    }
    known_columns(plan, options.context, &tables)?;
    let mut run = Run {
        connection,
        plan,
        files,
        options,
        in_transaction: !connection.is_autocommit(),
        report: LoadReport::default(),
    };
    let jobs = run.jobs(&tables)?;
    let quiet = Quiet::begin(connection, plan)?;
    run.report.cleared = clear(connection, plan.step(), &plan.clear)?;
    let mut links = Vec::new();
    for table in tables.values() {
        links.push((table, foreign::links(connection, plan.step(), table)?));
    }
    for job in &jobs {
        run.load(job)?;
    }
    for (table, links) in &links {
        run.refer(table, links, &jobs)?;
    }
    counter::raise(connection, plan)?;
    quiet.end(tables.values())?;
    Ok(run.report)
}

fn known_context(plan: &LoadPlan, context: Option<&str>) -> Result<()> {
    match context {
        Some(name) if !plan.contexts.is_empty() && !plan.contexts.contains_key(name) => {
            let near = meant(name, plan.contexts());
            Err(unfit(plan.step(), format!("there is no [context.{name}]{near}")).with("value", name))
        }
        _ => Ok(()),
    }
}

/// A column that a context sets is one of the tables that are loaded, at least.
fn known_columns(plan: &LoadPlan, context: Option<&str>, tables: &BTreeMap<String, Table>) -> Result<()> {
    let set = context.and_then(|name| plan.contexts.get(name)).into_iter().flatten();
    for (column, _) in set {
        if !tables.is_empty() && tables.values().all(|table| table.column(column).is_none()) {
            let all = tables.values().flat_map(|table| &table.columns);
            let near = meant(column, all.map(|c| c.name.as_str()));
            let why = format!("a context sets “{column}”, and no table that is loaded has that column{near}");
            return Err(unfit(plan.step(), why).with("column", column.as_str()));
        }
    }
    Ok(())
}

struct Run<'a> {
    connection: &'a Connection,
    plan: &'a LoadPlan,
    files: &'a dyn Files,
    options: &'a Options<'a>,
    in_transaction: bool,
    report: LoadReport,
}

impl<'a> Run<'a> {
    /// The files to load, made ready; the report gets a line for every file of the plan.
    fn jobs<'t>(&mut self, tables: &'t BTreeMap<String, Table>) -> Result<Vec<(usize, Job<'t>)>>
    where
        'a: 't,
    {
        let plan = self.plan;
        let mut jobs = Vec::new();
        for file in &plan.files {
            let name = file.name_in(self.options.context);
            let state = match (file.enabled, &name) {
                (false, _) => State::Disabled,
                (true, None) => State::OtherContext,
                (true, Some(_)) => State::Loaded,
            };
            let table = tables.get(&file.table.to_ascii_lowercase());
            self.report.files.push(FileReport {
                table: table.map_or(file.table.as_str(), |t| t.name.as_str()).to_owned(),
                file: name.clone().unwrap_or_else(|| file.file.clone()),
                context: self.options.context.filter(|_| state == State::Loaded).map(str::to_owned),
                state,
                read: 0,
                inserted: 0,
                updated: 0,
                skipped: 0,
            });
            if let (State::Loaded, Some(name), Some(table)) = (state, name, table) {
                jobs.push((
                    self.report.files.len() - 1,
                    Job::new(plan, file, name, table, self.options.context)?,
                ));
            }
        }
        Ok(jobs)
    }

    fn load(&mut self, (place, job): &(usize, Job<'_>)) -> Result<()> {
        let (connection, files) = (self.connection, self.files);
        let mut putter = Putter::new(
            connection,
            self.plan.step(),
            job.table,
            job.plan.mode,
            job.key.as_ref(),
            job.plan.validate,
        );
        job.each_row(connection, files, &mut |row, line, values, trouble| {
            self.look(row)?;
            let put = match trouble {
                Some(trouble) => Err(trouble),
                None => putter.put(values),
            };
            let report = &mut self.report.files[*place];
            report.read += 1;
            match put {
                Ok(Put::Inserted) => report.inserted += 1,
                Ok(Put::Updated) => report.updated += 1,
                Ok(Put::Same) => report.skipped += 1,
                Err(Trouble::Load(failure)) => return Err(failure.with("file", job.name.as_str()).with("row", row).with("line", line)),
                Err(Trouble::Row(complaint)) => {
                    let failure = job.rejects(row, line, values, complaint);
                    self.reject(failure)?;
                }
            }
            Ok(())
        })
    }

    fn look(&self, row: u64) -> Result<()> {
        if row.is_multiple_of(LOOK_EACH) && self.options.reporter.cancelled() {
            return Err(Failure::new(Reason::Cancelled, "The update was cancelled."));
        }
        Ok(())
    }

    /// Ends the load with the row, or gathers it.
    fn reject(&mut self, failure: Failure) -> Result<()> {
        if self.in_transaction && self.connection.is_autocommit() {
            let message = format!(
                "{} A trigger of the application has rolled back all that was done.",
                failure.message
            );
            return Err(Failure {
                reason: Reason::StepFailed,
                message,
                ..failure
            });
        }
        if !self.options.collect {
            return Err(failure);
        }
        self.report.rejected_count += 1;
        if self.report.rejected.len() < GATHERED {
            self.report.rejected.push(failure);
        }
        Ok(())
    }

    /// Finds the rows of files that say what refers to nothing. The files are read again, and only where there is such a row.
    fn refer(&mut self, table: &Table, links: &[Link], jobs: &[(usize, Job<'_>)]) -> Result<()> {
        let dangling = foreign::dangling(self.connection, self.plan.step(), links)?;
        if dangling.is_empty() {
            return Ok(());
        }
        let wanted: HashMap<String, usize> = dangling.iter().enumerate().map(|(n, one)| (one.said(), n)).collect();
        let mut found = vec![false; dangling.len()];
        for (_, job) in jobs.iter().filter(|(_, job)| std::ptr::eq(job.table, table)) {
            job.each_row(self.connection, self.files, &mut |row, line, values, trouble| {
                self.look(row)?;
                if trouble.is_some() {
                    return Ok(());
                }
                for (n, link) in links.iter().enumerate() {
                    let Some(place) = link.said(n, values).and_then(|said| wanted.get(&said)) else {
                        continue;
                    };
                    found[*place] = true;
                    let failure = job.rejects(row, line, values, link.complaint(table, &dangling[*place]));
                    self.reject(failure)?;
                }
                Ok(())
            })?;
        }
        for (one, _) in dangling.iter().zip(found).filter(|(_, found)| !found) {
            let complaint = links[one.link].complaint(table, one);
            self.reject(self.unsaid(table, complaint))?;
        }
        Ok(())
    }

    /// The failure of a row that no file says in these words: a default or a trigger put the value there.
    fn unsaid(&self, table: &Table, complaint: Complaint) -> Failure {
        let column = complaint.column.unwrap_or_default();
        let message = format!(
            "After the step {} a row of table “{}” in column “{column}” {}. {}",
            self.plan.step(),
            table.name,
            complaint.why,
            super::trouble::ASK
        );
        Failure::new(Reason::RowRejected, message)
            .with("step", self.plan.step())
            .with("table", table.name.as_str())
            .with("column", column)
            .with("value", complaint.value.unwrap_or_default())
            .with("reason", complaint.why)
    }
}
