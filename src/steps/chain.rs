//! Runs the steps of a chain of migrations on a working copy. Between two reshapes all steps and their ledger rows are one transaction, with
//! foreign keys off, under an authorizer that refuses what no step may do; a reshape makes the next working copy. Whatever fails, the copies
//! are thrown away, so half a chain is never seen by anybody.

use super::account::{Account, TableAccount};
use super::guard::{Seen, trusted};
use super::ledger::{self, Row};
use super::other::{self, Before};
use super::preupdate::Counter;
use super::{Body, Step, is_ours, sql};
use crate::bundle::manifest::{Modules, RowRule};
use crate::database::{failed, open_copy, side_file};
use crate::disk::{Disk, remove_tree};
use crate::failure::{Failure, Result};
use crate::load::{self, State};
use crate::report::{Event, Reporter};
use crate::reshape::{Reshape, SourceReport};
use crate::script::{self, DeclaredFunction, Limits, Scripts};
use crate::version::Version;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthContext, Authorization};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The steps of one database, and what they run with.
pub struct Chain<'a> {
    /// Ascending.
    pub steps: &'a [Step],
    /// What may become of rows.
    pub rules: &'a [&'a RowRule],
    /// Functions that only the application has.
    pub functions: &'a [DeclaredFunction],
    /// The product, for the ledger; empty where the steps lead to no version of it.
    pub product: &'a str,
    /// The version from which the chain leads.
    pub from: &'a str,
    /// The modules that are there, and the versions from which the chain leads them.
    pub modules: &'a Modules,
    /// The tenant whose data it is.
    pub tenant: Option<&'a str>,
    /// Whether a load goes on after a row that does not fit, to name all of them before it fails.
    pub collect: bool,
    /// The run's id.
    pub run: &'a str,
    /// Whoever watches, and may cancel.
    pub reporter: &'a dyn Reporter,
}

/// What a chain begins with.
pub enum Start<'c> {
    /// A working copy.
    Copy(Connection),
    /// The live database under its lock: its first step is a reshape, which makes the working copy.
    Live(&'c Connection),
}

/// Where working copies are.
pub enum Place<'p> {
    /// In memory.
    Memory,
    /// At this path, made and renamed by this disk.
    File(&'p dyn Disk, &'p Path),
}

/// What a chain of migrations did to one database.
#[derive(Debug, Default, Serialize)]
pub struct StepReport {
    /// The accounts, version by version; one that a reshape divides has several.
    pub accounts: Vec<(Version, Vec<TableAccount>)>,
    /// Where the rows of reshaped tables came from.
    pub sources: Vec<SourceReport>,
    /// Tables that were made, changed or dropped.
    #[serde(skip)]
    pub touched: BTreeSet<String>,
    /// Rows inserted, updated and deleted in all.
    pub changes: (u64, u64, u64),
}

impl Chain<'_> {
    /// Runs all steps. Returns the working copy to which they have led.
    pub fn run(&self, start: Start<'_>, place: &Place<'_>) -> Result<(Connection, StepReport)> {
        let mut report = StepReport::default();
        let mut left = self.steps;
        let mut current = start;
        while let Some(first) = left.first() {
            let is_reshape = |step: &&Step| matches!(step.body, Body::Reshape { .. });
            if is_reshape(&first) {
                current = Start::Copy(self.reshape(first, current, place, &mut report)?);
                left = &left[1..];
                continue;
            }
            let Start::Copy(connection) = &mut current else {
                return Err(plain(&rusqlite::Error::InvalidQuery));
            };
            let count = left.iter().position(|step| is_reshape(&step)).unwrap_or(left.len());
            self.transaction(connection, &left[..count], &mut report)?;
            left = &left[count..];
        }
        match current {
            Start::Copy(connection) => Ok((connection, report)),
            Start::Live(_) => Err(plain(&rusqlite::Error::InvalidQuery)),
        }
    }

    fn declare(&self, connection: &Connection) -> Result<()> {
        script::declare(connection, self.functions, Limits::default())
    }

    /// Makes the next working copy, and puts it in the place of the one before.
    fn reshape(&self, step: &Step, from: Start<'_>, place: &Place<'_>, report: &mut StepReport) -> Result<Connection> {
        let Body::Reshape { schema, mapping } = &step.body else {
            return Err(plain(&rusqlite::Error::InvalidQuery));
        };
        self.begins(step);
        let started = Instant::now();
        let reshape = Reshape {
            step: &step.place(),
            schema,
            mapping,
            prepare: &|connection| self.declare(connection),
        };
        let old = match &from {
            Start::Copy(connection) => connection,
            Start::Live(connection) => connection,
        };
        let (new, path) = next(&from, place)?;
        let done = reshape.run(old, &new, self.reporter)?;
        self.note_reshape(&new, step, &done.sources, started.elapsed().as_secs_f64())
            .map_err(|e| plain(&e))?;
        for source in &done.sources {
            report.changes.0 += source.written;
            report.changes.1 += source.updated;
        }
        report.accounts.push((step.version.clone(), done.accounts));
        report.sources.extend(done.sources);
        report.touched.extend(done.touched);
        let (Place::File(disk, live), Some(path)) = (place, path) else {
            return Ok(new);
        };
        close(new, &path)?;
        if let Start::Copy(connection) = from {
            close(connection, live)?;
            remove_tree(*disk, live)?;
            disk.rename(&path, live)?;
        }
        let connection = open_copy(live)?;
        self.declare(&connection)?;
        Ok(connection)
    }

    fn note_reshape(&self, new: &Connection, step: &Step, sources: &[SourceReport], seconds: f64) -> rusqlite::Result<()> {
        let version = step.version.to_string();
        new.execute_batch("BEGIN")?;
        ledger::prepare(new)?;
        let whole = self.row(step, &version, seconds, (0, 0, 0));
        ledger::record(new, &whole)?;
        for source in sources.iter().filter(|s| s.read > 0 && !is_ours(&s.table)) {
            let row = Row {
                table: Some(&source.table),
                source: source.from.as_deref(),
                read: source.read,
                changes: (source.written, source.updated, 0),
                skipped: source.matched - source.updated.min(source.matched),
                seconds: source.seconds,
                ..self.row(step, &version, 0.0, (0, 0, 0))
            };
            ledger::record(new, &row)?;
        }
        ledger::note_version(new, self.module_of(step), &version, self.run)?;
        new.execute_batch("COMMIT")
    }

    fn begins(&self, step: &Step) {
        self.reporter.event(&Event::Step {
            version: &step.label(),
            step: &step.name,
        });
    }

    fn module_of<'s>(&'s self, step: &'s Step) -> &'s str {
        step.module.as_deref().unwrap_or(self.product)
    }

    /// The version from which a step's part of the product comes; nothing for a module that is new.
    fn version_before(&self, step: &Step) -> String {
        match &step.module {
            None => self.from.to_owned(),
            Some(module) => self.modules.get(module).map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Steps that are not reshapes: all of them, or none.
    fn transaction(&self, connection: &mut Connection, steps: &[Step], report: &mut StepReport) -> Result<()> {
        let seen = Arc::new(Mutex::new(Seen::default()));
        prepare(connection, &seen, self.reporter.cancel_flag()).map_err(|e| plain(&e))?;
        self.within(connection, steps, &seen, report)?;
        let restored = connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
        restored
            .and_then(|()| connection.progress_handler(0, None::<fn() -> bool>))
            .map_err(|e| plain(&e))
    }

    fn within(&self, connection: &Connection, steps: &[Step], seen: &Mutex<Seen>, report: &mut StepReport) -> Result<()> {
        let mut counter = Counter::new(connection);
        let mut scripts = Scripts::new(connection, Limits::default())?;
        for steps in steps.chunk_by(|a, b| (&a.module, &a.version) == (&b.module, &b.version)) {
            let (first, version) = (&steps[0], &steps[0].version);
            let means = |rule: &&RowRule| (&rule.module, &rule.version) == (&first.module, version);
            let rules: Vec<&RowRule> = self.rules.iter().copied().filter(means).collect();
            let mut account = trusted(seen, || Account::begin(connection)).map_err(|e| plain(&e))?;
            for step in steps {
                self.begins(step);
                let mut at = At {
                    connection,
                    counter: &mut counter,
                    account: &mut account,
                    scripts: &mut scripts,
                    seen,
                };
                let changes = self.step(step, &mut at)?;
                let sum = &mut report.changes;
                *sum = (sum.0 + changes.0, sum.1 + changes.1, sum.2 + changes.2);
                counter.take();
            }
            let closed = trusted(seen, || account.close(connection, &rules)).map_err(|e| plain(&e))?;
            let closed = closed.map_err(|f| f.with("version", first.label()))?;
            report.accounts.push((version.clone(), closed));
            report.touched.extend(account.touched().iter().cloned());
            if !self.module_of(first).is_empty() {
                let note = || ledger::note_version(connection, self.module_of(first), &version.to_string(), self.run);
                trusted(seen, note).map_err(|e| plain(&e))?;
            }
        }
        drop(scripts);
        trusted(seen, || connection.execute_batch("COMMIT")).map_err(|e| plain(&e))
    }

    /// One step with its rows in the ledger.
    fn step(&self, step: &Step, at: &mut At<'_, '_>) -> Result<(u64, u64, u64)> {
        let started = Instant::now();
        let version = step.version.to_string();
        let (connection, seen) = (at.connection, at.seen);
        let mut files = Vec::new();
        let before = match &step.body {
            Body::Sql(_) | Body::Reshape { .. } => None,
            _ => Some(trusted(seen, || Before::of(connection)).map_err(|e| plain(&e))?),
        };
        let (mut changes, mut read) = ((0, 0, 0), 0);
        match &step.body {
            Body::Sql(text) => changes = sql::run(connection, step, text, at.counter, at.account, seen)?,
            Body::Script(source) => {
                let context = script::Context {
                    from: &self.version_before(step),
                    to: &version,
                    tenant: self.tenant,
                    reporter: self.reporter,
                };
                read = other::script(at.scripts, step, source, &context, seen)?;
            }
            Body::Load { plan, folder } => {
                let options = load::Options {
                    context: self.tenant,
                    collect: self.collect,
                    reporter: self.reporter,
                };
                files = other::load(connection, plan, folder, &options)?;
            }
            Body::Reshape { .. } => {}
        }
        if let Some(before) = before {
            changes = before.enter(connection, at.account, at.counter, seen).map_err(|e| plain(&e))?;
        }
        let seconds = started.elapsed().as_secs_f64();
        let noted = trusted(seen, || {
            // What one step leaves switched on is not the next one's to inherit.
            connection.execute_batch("PRAGMA legacy_alter_table=OFF")?;
            let whole = Row {
                read,
                ..self.row(step, &version, seconds, if files.is_empty() { changes } else { (0, 0, 0) })
            };
            ledger::record(connection, &whole)?;
            files
                .iter()
                .try_for_each(|file| ledger::record(connection, &self.file_row(step, &version, file)))
        });
        noted.map_err(|e| plain(&e))?;
        Ok(changes)
    }

    fn file_row<'r>(&'r self, step: &'r Step, version: &'r str, file: &'r load::FileReport) -> Row<'r> {
        Row {
            table: Some(&file.table),
            source: Some(&file.file),
            context: file.context.as_deref(),
            read: file.read,
            skipped: match file.state {
                State::Loaded => file.skipped,
                State::Disabled | State::OtherContext => file.read,
            },
            ..self.row(step, version, 0.0, (file.inserted, file.updated, 0))
        }
    }

    fn row<'r>(&'r self, step: &'r Step, version: &'r str, seconds: f64, changes: (u64, u64, u64)) -> Row<'r> {
        Row {
            run: self.run,
            module: self.module_of(step),
            version,
            step: &step.name,
            kind: step.body.kind(),
            checksum: &step.checksum,
            context: self.tenant,
            changes,
            seconds,
            ..Row::default()
        }
    }
}

/// What a step works with.
struct At<'a, 'c> {
    connection: &'c Connection,
    counter: &'a mut Counter<'c>,
    account: &'a mut Account,
    scripts: &'a mut Scripts<'c>,
    seen: &'a Mutex<Seen>,
}

fn prepare(connection: &mut Connection, seen: &Arc<Mutex<Seen>>, cancel: Option<Arc<AtomicBool>>) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    connection.execute_batch("PRAGMA foreign_keys=OFF; PRAGMA cache_size=-16384; BEGIN IMMEDIATE;")?;
    ledger::prepare(connection)?;
    let seen = seen.clone();
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        seen.lock().unwrap_or_else(PoisonError::into_inner).judge(&context)
    }))?;
    connection.progress_handler(10_000, cancel.map(|flag| move || flag.load(Ordering::Relaxed)))
}

/// A new, empty database: where the working copy is to be, or beside the one that is there.
fn next(from: &Start<'_>, place: &Place<'_>) -> Result<(Connection, Option<PathBuf>)> {
    let Place::File(disk, live) = place else {
        return Ok((Connection::open_in_memory().map_err(|e| plain(&e))?, None));
    };
    let path = match from {
        Start::Copy(_) => side_file(live, "-reshaped"),
        Start::Live(_) => live.to_path_buf(),
    };
    remove_tree(*disk, &path)?;
    let connection = Connection::open(&path).map_err(|e| failed(&e, &path, "making"))?;
    Ok((connection, Some(path)))
}

fn close(connection: Connection, path: &Path) -> Result<()> {
    connection.close().map_err(|(_, e)| failed(&e, path, "closing"))
}

fn plain(error: &rusqlite::Error) -> Failure {
    failed(error, Path::new("the working copy"), "changing")
}
