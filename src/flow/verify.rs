//! Asks the migrated copies and the new code everything that can be asked before they go live.

use super::Context;
use super::examine::HeldDatabase;
use super::migrate::{Candidate, Migrated};
use super::quiesce::Quiet;
use super::stage;
use crate::bundle::Bundle;
use crate::bundle::manifest::{Check, Moment};
use crate::checks;
use crate::database::{
    Locked, Schema, TableContent, Violations, contents, failed, integrity_errors, side_file, table_content, tables, violations,
};
use crate::disk::{Kind, hash_file};
use crate::failure::{Failure, Reason, Result};
use crate::report::Event;
use crate::steps::StepReport;
use crate::swap::{ProgramConfirmation, Workspace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that was asked gave the right answer.
#[must_use = "a verified stage must be sealed or given back"]
pub struct Verified<'a> {
    /// The live pair at rest.
    pub quiet: Quiet<'a>,
    /// The staged databases, in the order of the databases.
    pub databases: Vec<VerifiedDatabase>,
}

/// A staged database that is closed and in its final form.
pub struct VerifiedDatabase {
    /// Where it is staged.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
    /// What is in its tables.
    pub contents: BTreeMap<String, TableContent>,
}

/// Checks the copies, unpacks the code, and runs the payload's own checks on both.
pub fn verify<'a>(context: &Context<'_>, bundle: &Bundle, migrated: Migrated<'a>) -> Result<Verified<'a>> {
    let Migrated { quiet, copies } = migrated;
    let mut databases = Vec::new();
    for (held, candidate) in quiet.decision.databases.iter().zip(copies) {
        databases.push(one_database(context, bundle, held, candidate)?);
    }
    stage::unpack(context, bundle, &quiet.decision)?;
    let stage = Workspace::of_app(&quiet.decision.app).stage();
    let staged: BTreeMap<String, PathBuf> = quiet
        .decision
        .databases
        .iter()
        .zip(&databases)
        .map(|(held, d)| (held.site.name.clone(), d.path.clone()))
        .collect();
    for program in programs(&bundle.manifest.checks, Moment::Stage, &stage, &staged) {
        let output = checks::run(&program.name, &program.run, &stage, program.time_limit_s, &|| {
            context.reporter.cancelled()
        })?;
        note(context, &format!("check “{}”: {}", program.name, output.trim()));
    }
    for database in &databases {
        let is_file = matches!(context.disk.kind(&database.path)?, Some(Kind::File(_)));
        let has_log = context.disk.kind(&side_file(&database.path, "-wal"))?.is_some();
        if !is_file || has_log || hash_file(context.disk, &database.path)? != database.sha256 {
            return Err(Failure::new(
                Reason::CheckWrote,
                format!(
                    "A check changed the database “{}”; a check must only look. Ask those who made the update for a corrected one.",
                    database.path.display()
                ),
            )
            .at(&database.path));
        }
    }
    Ok(Verified { quiet, databases })
}

/// The programs to run at some moment, with `{application}` and `{database.NAME}` replaced.
pub fn programs(all: &[Check], moment: Moment, application: &Path, databases: &BTreeMap<String, PathBuf>) -> Vec<ProgramConfirmation> {
    let fill = |word: &String| {
        let filled = word.replace("{application}", &application.display().to_string());
        databases.iter().fold(filled, |w, (name, path)| {
            w.replace(&format!("{{database.{name}}}"), &path.display().to_string())
        })
    };
    let wanted = all.iter().filter(|c| !c.run.is_empty() && c.at.contains(&moment));
    wanted
        .map(|check| ProgramConfirmation {
            name: check.name.clone(),
            run: check.run.iter().map(fill).collect(),
            time_limit_s: check.time_limit_s,
        })
        .collect()
}

fn one_database(context: &Context<'_>, bundle: &Bundle, held: &HeldDatabase<'_>, candidate: Candidate) -> Result<VerifiedDatabase> {
    let Candidate { path, connection, report } = candidate;
    let told = |e: rusqlite::Error| failed(&e, &path, "checking");
    let schema = Schema::read(&connection, &held.manifest.mask)?;
    if schema != held.target {
        let difference = schema.name_difference(&held.target);
        return Err(Failure::new(
            Reason::SchemaDrift,
            format!("The migrated copy of “{}” has not the schema that it had when the update was packed: {difference}. Ask those who made the update.", held.site.path.display()),
        )
        .at(&held.site.path));
    }
    sound(&connection, &held.site.path)?;
    foreign_keys(&held.violations, &held.site.path, &connection, &report)?;
    let contents = contents(&connection).map_err(told)?;
    untouched(&held.locked, &report, &contents)?;
    for check in bundle
        .manifest
        .checks
        .iter()
        .filter(|c| bundle.manifest.database_name(c.database.as_deref()) == Some(&held.site.name))
    {
        if let (Some(sql), Some(expected)) = (&check.sql, &check.expect) {
            checks::ask(&connection, &check.name, sql, expected)?;
            note(context, &format!("check “{}”: as expected", check.name));
        }
    }
    finished(context, held.wal, path, connection, contents)
}

/// Closes a candidate in its final form. It keeps the journal mode of the original; everything before worked without a log.
pub fn finished(
    context: &Context<'_>,
    wal: bool,
    path: PathBuf,
    connection: rusqlite::Connection,
    contents: BTreeMap<String, TableContent>,
) -> Result<VerifiedDatabase> {
    if wal {
        let set = connection.execute_batch("PRAGMA journal_mode=WAL;");
        set.map_err(|e| failed(&e, &path, "checking"))?;
    }
    connection.close().map_err(|(_, e)| failed(&e, &path, "closing"))?;
    context.disk.flush_file(&path)?;
    Ok(VerifiedDatabase {
        sha256: hash_file(context.disk, &path)?,
        path,
        contents,
    })
}

/// SQLite's own check of a candidate. `live` is the database of which it is a copy.
pub fn sound(connection: &rusqlite::Connection, live: &Path) -> Result<()> {
    let errors = integrity_errors(connection).map_err(|e| failed(&e, live, "checking"))?;
    match errors.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(
            Reason::CheckFailed,
            format!(
                "The migrated copy of “{}” is not sound: {first}. Ask those who made the update.",
                live.display()
            ),
        )
        .with("value", errors)),
    }
}

/// Rows that point at missing rows, and references that cannot be checked: those that were there before stay, new ones stop the update.
pub fn foreign_keys(old: &Violations, live: &Path, connection: &rusqlite::Connection, report: &StepReport) -> Result<()> {
    let after = violations(connection).map_err(|e| failed(&e, live, "checking"))?;
    let name_now = |table: &str| {
        report.accounts.iter().fold(table.to_owned(), |name, (_, accounts)| {
            let account = accounts.iter().find(|a| a.table == name);
            account
                .and_then(|a| a.now.clone().or_else(|| a.moved_to.first().cloned()))
                .unwrap_or(name)
        })
    };
    let before = old.renamed(name_now);
    let more = |(pair, count): &(&_, &u64)| **count > before.rows.get(*pair).copied().unwrap_or(0);
    if let Some(((table, parent), count)) = after.rows.iter().find(more) {
        let message = format!(
            "After the migration {count} rows of “{table}” point at rows of “{parent}” that are not there. Ask those who made the update."
        );
        return Err(Failure::new(Reason::CheckFailed, message)
            .with("table", table.as_str())
            .with("value", *count));
    }
    if let Some((table, parent)) = after.unchecked.difference(&before.unchecked).next() {
        let message = format!(
            "After the migration “{table}” refers to “{parent}”, which has no such unique key: the reference cannot hold. Ask those who made the update."
        );
        return Err(Failure::new(Reason::CheckFailed, message).with("table", table.as_str()));
    }
    Ok(())
}

/// A table that no step named must hold what the live one holds.
pub fn untouched(locked: &Locked, report: &StepReport, contents: &BTreeMap<String, TableContent>) -> Result<()> {
    let live = locked.connection();
    let told = |e: rusqlite::Error| failed(&e, locked.path(), "reading");
    for table in tables(live)
        .map_err(told)?
        .iter()
        .filter(|t| !report.touched.contains(*t) && !t.starts_with("holdfast_"))
    {
        let before = table_content(live, table).map_err(told)?;
        if contents.get(table) != Some(&before) {
            return Err(Failure::new(
                Reason::TableChanged,
                format!("The table “{table}” came out different, and no step touches it. Check the disk, then run the update again."),
            )
            .with("table", table.as_str()));
        }
    }
    Ok(())
}

fn note(context: &Context<'_>, message: &str) {
    context.reporter.event(&Event::Note { message });
}
