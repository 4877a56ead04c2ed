//! Snapshot and migration: each live database is copied by the connection that holds its lock, and the steps run on the copy.

use super::Context;
use super::Request;
use super::examine::HeldDatabase;
use super::quiesce::Quiet;
use crate::bundle::Bundle;
use crate::database::{Locked, copy, failed, open_copy};
use crate::disk::create_dirs;
use crate::failure::Result;
use crate::report::{Event, Stage};
use crate::script::{self, DeclaredFunction, Limits};
use crate::steps::{Body, Chain, Place, Start, StepReport};
use crate::swap::{Role, Unit, places};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// The live pair at rest, and a copy of each of its databases in the stage.
#[must_use = "copies must be migrated or given back"]
pub struct Copied<'a> {
    quiet: Quiet<'a>,
    copies: Vec<PathBuf>,
}

/// The copies brought to the new version, in the order of the databases.
#[must_use = "migrated copies must be verified or given back"]
pub struct Migrated<'a> {
    /// The live pair at rest.
    pub quiet: Quiet<'a>,
    /// The copies.
    pub copies: Vec<Candidate>,
}

/// A migrated copy of one database.
pub struct Candidate {
    /// Where it is staged.
    pub path: PathBuf,
    /// Open for the checks.
    pub connection: Connection,
    /// What the steps did.
    pub report: StepReport,
}

/// Where a database is staged.
pub fn staged_path(app: &Path, unit: &str) -> PathBuf {
    let unit = Unit {
        path: unit.to_owned(),
        role: Role::Database,
        had: true,
        gets: true,
        had_sides: Vec::new(),
        gets_sides: Vec::new(),
    };
    places(app, &unit).new
}

/// Whether a reshape makes the copy: then the live database is read once, and not copied before.
fn begins_with_reshape(database: &HeldDatabase<'_>) -> bool {
    database.steps.first().is_some_and(|s| matches!(s.body, Body::Reshape { .. }))
}

/// Copies every database into the stage, also those that no step changes: the checks look at them there.
pub fn snapshot<'a>(context: &Context<'_>, quiet: Quiet<'a>) -> Result<Copied<'a>> {
    let mut copies = Vec::new();
    for database in &quiet.decision.databases {
        let path = staged_path(&quiet.decision.app, &database.site.unit);
        create_dirs(context.disk, path.parent().unwrap_or(&quiet.decision.app))?;
        if begins_with_reshape(database) {
            copies.push(path);
            continue;
        }
        copy_locked(context, &database.locked, &path)?;
        copies.push(path);
    }
    Ok(Copied { quiet, copies })
}

/// Copies a live database into the stage.
pub fn copy_locked(context: &Context<'_>, locked: &Locked, path: &Path) -> Result<()> {
    let progress = |done, total| {
        context.reporter.event(&Event::Progress {
            stage: Stage::Snapshot,
            done,
            total,
        });
    };
    let connection = copy(locked, path, context.reporter, &progress)?;
    connection.close().map_err(|(_, e)| failed(&e, path, "closing"))
}

/// Runs the steps of the chain on each copy.
pub fn migrate<'a>(context: &Context<'_>, bundle: &Bundle, request: &Request, copied: Copied<'a>) -> Result<Migrated<'a>> {
    let Copied { quiet, copies } = copied;
    let mut migrated = Vec::new();
    for (database, path) in quiet.decision.databases.iter().zip(copies) {
        unpack_loads(context, bundle, database)?;
        let start = match begins_with_reshape(database) {
            true => Start::Live(database.locked.connection()),
            false => Start::Copy(working_copy(&bundle.manifest.functions, &path)?),
        };
        let chain = Chain {
            steps: &database.steps,
            rules: &database.rules,
            functions: &bundle.manifest.functions,
            product: &bundle.manifest.product.id,
            from: &quiet.decision.plan.from,
            modules: &quiet.decision.start.modules,
            tenant: request.tenant.as_deref(),
            collect: false,
            run: &context.run,
            reporter: context.reporter,
        };
        let (connection, report) = chain.run(start, &Place::File(context.disk, &path))?;
        tell_accounts(context, &database.site.name, &report);
        migrated.push(Candidate { path, connection, report });
    }
    Ok(Migrated { quiet, copies: migrated })
}

/// The copy is worth nothing until it is flushed as a whole; temporary files belong on the volume whose space was counted.
pub fn working_copy(functions: &[DeclaredFunction], path: &Path) -> Result<Connection> {
    let connection = open_copy(path)?;
    let set = format!(
        "PRAGMA synchronous=OFF; PRAGMA temp_store_directory='{}';",
        path.parent().unwrap_or(path).display().to_string().replace('\'', "''")
    );
    connection.execute_batch(&set).map_err(|e| failed(&e, path, "preparing"))?;
    script::declare(&connection, functions, Limits::default())?;
    Ok(connection)
}

/// The data files of loads come into the stage, checked as they are written. They go when the stage is sealed.
fn unpack_loads(context: &Context<'_>, bundle: &Bundle, database: &HeldDatabase<'_>) -> Result<()> {
    for step in &database.steps {
        let Body::Load { plan, folder } = &step.body else { continue };
        let below = step.module.as_ref().map_or_else(String::new, |module| format!("modules/{module}/"));
        let entry = format!("{below}migrations/{}/{}/{}", step.version, database.site.name, step.name);
        for file in plan.files() {
            let to = crate::platform::below(folder, file);
            create_dirs(context.disk, to.parent().unwrap_or(folder))?;
            let mut out = context.disk.create(&to)?;
            bundle.copy(&format!("{entry}/{file}"), &mut out)?;
        }
    }
    Ok(())
}

fn tell_accounts(context: &Context<'_>, database: &str, report: &StepReport) {
    for (version, accounts) in &report.accounts {
        context.reporter.event(&Event::Accounts {
            database,
            version: &version.to_string(),
            accounts,
        });
        for account in accounts.iter().filter(|a| a.left > 0) {
            let why = account
                .dropped
                .clone()
                .unwrap_or_else(|| format!("moved to {}", account.moved_to.join(", ")));
            let message = format!("{version}: {} rows left the table “{}”: {why}", account.left, account.table);
            context.reporter.event(&Event::Note { message: &message });
        }
    }
}
