//! The way of an import into one database: `settle → preflight → quiesce → snapshot → migrate → verify → stage → swap → confirm → tidy`, as for
//! an update, with the same parts and the same way back. To the swap it is a site of nothing but one database that lies elsewhere: journal
//! and snapshot are in the folder `.holdfast-<name>` beside the database, so an application's own updates, their snapshots and their
//! rollbacks know nothing of it.

mod settle;

pub use settle::{home, real_database, settle, settle_first};

use super::examine::{LOADS, form, sound};
use super::locks::{database_files, lock};
use super::migrate::{copy_locked, working_copy};
use super::preflight::{unit, workable};
use super::quiesce::in_use;
use super::space::Needs;
use super::stage::{read_back, remove_strangers, settle_database, side_files};
use super::verify::{self, VerifiedDatabase};
use super::{Context, Ended, Instance, Request, attributes, panicked, standby};
use crate::bundle::manifest::{Modules, RowRule};
use crate::database::{Locked, Mark, Schema, Violations, contents, failed};
use crate::disk::{Disk, create_dirs};
use crate::fail;
use crate::failure::{Aftermath, Failure, Reason, Result};
use crate::platform;
use crate::report::{Event, Stage};
use crate::steps::{Body, Chain, FileAccount, Place, Start, Step, TableAccount, file_accounts};
use crate::swap::{
    self, Before, Confirmation, DatabaseConfirmation, FORMAT, JOURNAL, Plan, Role, RunKind, Staged, Unit, Workspace, places,
};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// What is imported: loads, and their data.
pub trait Cargo {
    /// The steps in their order; their data will lie below a folder.
    fn steps(&self, folder: &Path) -> Result<Vec<Step>>;
    /// What the data takes, in bytes and files.
    fn size(&self) -> (u64, u64);
    /// Writes the data below the folder.
    fn unpack(&self, disk: &dyn Disk, folder: &Path) -> Result<()>;
}

/// What is asked for.
pub struct Wanted<'a> {
    /// The database, absolute and without links.
    pub database: &'a Path,
    /// The tenant whose data it is.
    pub tenant: Option<&'a str>,
    /// Whether loads may empty tables.
    pub clear: bool,
    /// How many old databases stay.
    pub keep: u32,
    /// Go on where a power cut in a rename may lose both names.
    pub allow_fat: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Imported {
    /// Where the old database is kept.
    pub snapshot: PathBuf,
    /// What became of each file.
    pub files: Vec<FileAccount>,
    /// What became of each table's rows.
    pub tables: Vec<TableAccount>,
}

/// An import that has ended.
pub struct Ending {
    /// What it came to.
    pub outcome: Result<Imported>,
    /// What a failure left behind.
    pub aftermath: Aftermath,
    /// A second failure, on the way back.
    pub second: Option<Failure>,
}

/// Runs an import from its beginning to its end. What was unfinished must be settled.
pub fn import(context: &Context<'_>, wanted: &Wanted<'_>, cargo: &dyn Cargo) -> Ending {
    let home = home(wanted.database);
    // The right to work on the database is held until the end, the way back included.
    let (held, _instance) = match prepare(context, wanted, cargo, &home) {
        Ok(prepared) => prepared,
        Err(failure) => {
            return Ending {
                outcome: Err(failure),
                aftermath: Aftermath::Untouched,
                second: None,
            };
        }
    };
    let failure = match catch_unwind(AssertUnwindSafe(|| carry_out(context, wanted, cargo, &home, held))) {
        Ok(Ok((imported, tidied))) => {
            if tidied {
                standby::stand_down(context, &home);
            }
            return Ending {
                outcome: Ok(imported),
                aftermath: Aftermath::Untouched,
                second: None,
            };
        }
        Ok(Err(failure)) => failure,
        Err(panic) => panicked(&*panic),
    };
    let ended = Ended::bare(context, &home).gave_back(context, &context.work(&home), failure);
    Ending {
        aftermath: ended.aftermath,
        second: ended.second,
        outcome: match ended.outcome {
            Err(failure) => Err(failure),
            Ok(_) => Err(Failure::new(Reason::InternalPanic, "An import that failed has no failure.")),
        },
    }
}

/// A live database at rest, under its lock, and what will be done to its copy.
struct Held {
    locked: Locked,
    unit: Unit,
    steps: Vec<Step>,
    rules: Vec<RowRule>,
    wal: bool,
    violations: Violations,
    fingerprint: String,
}

/// Decides: nothing of this changes the database.
fn prepare(context: &Context<'_>, wanted: &Wanted<'_>, cargo: &dyn Cargo, home: &Path) -> Result<(Held, Instance)> {
    context.stage(Stage::Preflight)?;
    let database = wanted.database;
    let folder = database.parent().unwrap_or(database);
    let path = database.to_str().map(platform::slashed).ok_or_else(|| {
        let message = format!(
            "The path “{}” is not Unicode; move the database to another one.",
            database.display()
        );
        Failure::new(Reason::TargetInvalid, message)
    })?;
    nobody_else(context, database)?;
    let request = Request {
        allow_fat: wanted.allow_fat,
        ..Request::default()
    };
    if context.disk.kind(folder)?.is_some() {
        workable(context, &request, folder)?;
    }
    let locked = lock(context, database)?;
    // Made only where there is a database: nothing is left beside what is none.
    create_dirs(context.disk, home)?;
    let instance = Instance::begin(context, home, false)?;
    let connection = locked.connection();
    let (wal, bytes) = form(connection).map_err(|e| failed(&e, database, "reading"))?;
    let violations = sound(context, connection, database)?;
    let steps = cargo.steps(&loads(database))?;
    let rules = rules(&locked, &steps, wanted.clear)?;
    let (data, files) = cargo.size();
    let mut needs = Needs::default();
    // The copy, its rollback journal, the data, and twice as much for the rows that come of it and their indexes.
    needs.add(folder, 2 * bytes + 3 * data, files + 1)?;
    needs.check()?;
    context.stage(Stage::Quiesce)?;
    let holders = platform::lasting_holders(&database_files(database).collect::<BTreeSet<_>>(), &[]);
    if !holders.is_empty() {
        return Err(in_use(&format!("“{}”", database.display()), &holders));
    }
    let fingerprint = Schema::read(connection, &[])?.fingerprint();
    let held = Held {
        unit: unit(&path, Role::Database),
        locked,
        steps,
        rules,
        wal,
        violations,
        fingerprint,
    };
    Ok((held, instance))
}

/// An unfinished update of the application to which the database belongs comes to its end first, by that application's own updater.
fn nobody_else(context: &Context<'_>, database: &Path) -> Result<()> {
    let beside = Workspace::beside(database);
    let mut traces = vec![beside.stage(), beside.old()];
    traces.extend(
        database
            .ancestors()
            .skip(1)
            .map(|folder| Workspace::of_app(folder).root.join(JOURNAL)),
    );
    for trace in traces {
        if context.disk.kind(&trace)?.is_some() {
            let message = format!(
                "An update of the application to which “{}” belongs is at work or was cut off. Run its program with the word “recover” first.",
                database.display()
            );
            return Err(Failure::new(Reason::UpdateRunning, message).at(&trace));
        }
    }
    Ok(())
}

/// Where the data of loads lies until the stage is sealed.
fn loads(database: &Path) -> PathBuf {
    Workspace::beside(database).stage().join(LOADS)
}

/// Rows may leave a table only if that was asked for.
fn rules(locked: &Locked, steps: &[Step], may_clear: bool) -> Result<Vec<RowRule>> {
    let mut rules = Vec::new();
    for step in steps {
        let Body::Load { plan, .. } = &step.body else { continue };
        let tables = plan.clears(locked.connection());
        for table in tables.map_err(|e| failed(&e, locked.path(), "reading"))? {
            rules.push(RowRule {
                module: None,
                version: step.version.clone(),
                database: None,
                table,
                moved_to: Vec::new(),
                dropped: Some(format!("{} clears it", step.place())),
            });
        }
    }
    if let Some(rule) = rules.first().filter(|_| !may_clear) {
        let names: BTreeSet<&str> = rules.iter().map(|r| r.table.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let message = format!(
            "This import empties tables before it loads them: {}. Say --clear to allow that; their rows stay in the snapshot.",
            names.join(", ")
        );
        return Err(Failure::new(Reason::RowsLost, message).with("table", rule.table.as_str()));
    }
    Ok(rules)
}

/// From the first byte written to the end; the second value says whether everything was tidied up.
fn carry_out(context: &Context<'_>, wanted: &Wanted<'_>, cargo: &dyn Cargo, home: &Path, held: Held) -> Result<(Imported, bool)> {
    let work = context.work(home);
    let staged_at = places(home, &held.unit).new;
    swap::begin(&work, &plan(context, wanted, &held.unit), &(context.now)())?;
    context.stage(Stage::Snapshot)?;
    create_dirs(context.disk, &loads(wanted.database))?;
    copy_locked(context, &held.locked, &staged_at)?;
    context.stage(Stage::Migrate)?;
    cargo.unpack(context.disk, &loads(wanted.database))?;
    let (verified, mut imported) = migrate(context, wanted, &held, &staged_at)?;
    context.stage(Stage::Stage)?;
    seal(context, wanted.database, home, &verified)?;
    standby::stand_by(context, home);
    context.stage(Stage::Swap)?;
    let staged = staged(context, wanted, &held, &verified)?;
    let armed = swap::arm(&work, staged)?;
    held.locked.close()?;
    let staged = swap::perform(&work, armed)?;
    context.stage(Stage::Confirm)?;
    swap::try_pair(&work, &staged.confirmation)?;
    if crate::mutants::planted("backup-removed-early") {
        crate::disk::remove_tree(context.disk, &Workspace::beside(wanted.database).old())?;
    }
    swap::commit(&work, &staged, &(context.now)())?;
    context.stage(Stage::Tidy)?;
    // Past the commit point nothing can fail the import; what is left over is finished at the next start.
    let tidied = swap::tidy(&work, &staged, &(context.now)());
    if let Err(failure) = &tidied {
        let message = format!("The rows are in place, but tidying up was not finished: {}", failure.message);
        context.reporter.event(&Event::Warning { message: &message });
    }
    let beside = Workspace::beside(wanted.database);
    let kept = if tidied.is_ok() { beside.kept(&context.run) } else { beside.old() };
    imported.snapshot = kept.join(wanted.database.file_name().unwrap_or_default());
    Ok((imported, tidied.is_ok()))
}

fn plan(context: &Context<'_>, wanted: &Wanted<'_>, unit: &Unit) -> Plan {
    Plan {
        format: FORMAT,
        run: context.run.clone(),
        kind: RunKind::Update,
        product: "import".to_owned(),
        name: wanted.database.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        from: "before the import".to_owned(),
        to: "after the import".to_owned(),
        bundle: String::new(),
        units: vec![unit.clone()],
        own: None,
        keep: wanted.keep,
        hold: false,
        snapshot: None,
        unrehearsed: None,
    }
}

/// Loads the rows into the copy, and asks it everything that can be asked before it goes live.
fn migrate(context: &Context<'_>, wanted: &Wanted<'_>, held: &Held, staged_at: &Path) -> Result<(VerifiedDatabase, Imported)> {
    let chain = Chain {
        steps: &held.steps,
        rules: &held.rules.iter().collect::<Vec<_>>(),
        functions: &[],
        product: "",
        from: "",
        modules: &Modules::new(),
        tenant: wanted.tenant,
        collect: false,
        run: &context.run,
        reporter: context.reporter,
    };
    let start = Start::Copy(working_copy(&[], staged_at)?);
    let (connection, report) = chain.run(start, &Place::File(context.disk, staged_at))?;
    context.stage(Stage::Verify)?;
    let live = wanted.database;
    let told = |e: rusqlite::Error| failed(&e, live, "checking");
    if Schema::read(&connection, &[])?.fingerprint() != held.fingerprint {
        fail!(
            CheckFailed,
            "The schema of “{}” would be another after this import.",
            live.display()
        );
    }
    verify::sound(&connection, live)?;
    verify::foreign_keys(&held.violations, live, &connection, &report)?;
    let contents = contents(&connection).map_err(told)?;
    verify::untouched(&held.locked, &report, &contents)?;
    let imported = Imported {
        snapshot: PathBuf::new(),
        files: file_accounts(&connection, &context.run).map_err(told)?,
        tables: report.accounts.into_iter().flat_map(|(_, accounts)| accounts).collect(),
    };
    let verified = verify::finished(context, held.wal, staged_at.to_owned(), connection, contents)?;
    Ok((verified, imported))
}

/// Removes what does not belong, makes everything durable, and reads it back.
fn seal(context: &Context<'_>, live: &Path, home: &Path, verified: &VerifiedDatabase) -> Result<()> {
    let stage = Workspace::beside(live).stage();
    let expected = BTreeMap::from([(verified.path.clone(), verified.sha256.clone())]);
    remove_strangers(context, &stage, &expected)?;
    settle_database(context, &attributes::read(live)?, &verified.path)?;
    context.disk.flush_all(&stage)?;
    context.disk.flush_dir(home)?;
    read_back(context, &expected)
}

/// What recovery must know, with the live database as it looks under the lock.
fn staged(context: &Context<'_>, wanted: &Wanted<'_>, held: &Held, verified: &VerifiedDatabase) -> Result<Staged> {
    let path = held.unit.path.clone();
    let unit = Unit {
        had_sides: side_files(context, wanted.database)?,
        ..held.unit.clone()
    };
    // The schema is the same before and after, so both are tried in the same way.
    let confirmation = Confirmation {
        databases: vec![DatabaseConfirmation {
            path: path.clone(),
            masks: Vec::new(),
            fingerprint: held.fingerprint.clone(),
            version: None,
        }],
        ..Confirmation::default()
    };
    Ok(Staged {
        plan: plan(context, wanted, &unit),
        marks: BTreeMap::from([(path.clone(), Mark::under(context.disk, &held.locked)?)]),
        hashes: BTreeMap::from([(path.clone(), verified.sha256.clone())]),
        before: Before {
            confirmation: confirmation.clone(),
            contents: BTreeMap::from([(path, verified.contents.clone())]),
            ..Before::default()
        },
        confirmation,
    })
}
