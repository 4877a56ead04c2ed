//! Snapshot and migration: each live database is copied by the connection that holds its lock, and the steps run on the copy.

use super::Context;
use super::quiesce::Quiet;
use crate::database::{StepReport, copy, failed, migrate as run_steps, open_copy};
use crate::disk::create_dirs;
use crate::failure::Result;
use crate::report::{Event, Stage};
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

/// Copies every database into the stage, also those that no step changes: the checks look at them there.
pub fn snapshot<'a>(context: &Context<'_>, quiet: Quiet<'a>) -> Result<Copied<'a>> {
    let mut copies = Vec::new();
    for database in &quiet.decision.databases {
        let path = staged_path(&quiet.decision.app, &database.site.unit);
        create_dirs(context.disk, path.parent().unwrap_or(&quiet.decision.app))?;
        let progress = |done, total| {
            context.reporter.event(&Event::Progress {
                stage: Stage::Snapshot,
                done,
                total,
            });
        };
        let connection = copy(&database.locked, &path, context.reporter, &progress)?;
        connection.close().map_err(|(_, e)| failed(&e, &path, "closing"))?;
        copies.push(path);
    }
    Ok(Copied { quiet, copies })
}

/// Runs the steps of the chain on each copy.
pub fn migrate<'a>(context: &Context<'_>, copied: Copied<'a>) -> Result<Migrated<'a>> {
    let Copied { quiet, copies } = copied;
    let mut migrated = Vec::new();
    for (database, path) in quiet.decision.databases.iter().zip(copies) {
        let mut connection = open_copy(&path)?;
        // The copy is worth nothing until it is flushed as a whole; temporary files belong on the volume whose space was counted.
        let set = format!(
            "PRAGMA synchronous=OFF; PRAGMA temp_store_directory='{}';",
            path.parent().unwrap_or(&path).display().to_string().replace('\'', "''")
        );
        connection.execute_batch(&set).map_err(|e| failed(&e, &path, "preparing"))?;
        let report = match database.steps.is_empty() {
            true => StepReport::default(),
            false => run_steps(&mut connection, &database.steps, &database.rules, &context.run, context.reporter)?,
        };
        for (version, accounts) in &report.accounts {
            for account in accounts.iter().filter(|a| a.left > 0) {
                let why = account
                    .dropped
                    .clone()
                    .unwrap_or_else(|| format!("moved to {}", account.moved_to.join(", ")));
                let message = format!("{version}: {} rows left the table “{}”: {why}", account.left, account.table);
                context.reporter.event(&Event::Note { message: &message });
            }
        }
        migrated.push(Candidate { path, connection, report });
    }
    Ok(Migrated { quiet, copies: migrated })
}
