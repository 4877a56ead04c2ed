//! Looks at one live database under its lock: what it is, whether it is sound, and whether it is the one that the update was made for.

use super::Context;
use crate::bundle::manifest::{Database, RowRule, Start};
use crate::bundle::{Bundle, Manifest};
use crate::database::{Locked, Schema, Violations, integrity_errors, violations};
use crate::failure::{Failure, Reason, Result};
use crate::report::Event;
use crate::script::{self, Limits};
use crate::site::SiteDatabase;
use crate::steps::Step;
use std::path::Path;

/// A live database under lock, with what will be done to its copy.
pub struct HeldDatabase<'a> {
    /// Where it lies.
    pub site: SiteDatabase,
    /// The lock.
    pub locked: Locked,
    /// The manifest's word on it.
    pub manifest: &'a Database,
    /// The steps of the chain, ascending.
    pub steps: Vec<Step>,
    /// What may become of its rows.
    pub rules: Vec<&'a RowRule>,
    /// The schema that it must have at the end.
    pub target: Schema,
    /// The fingerprint that it has now.
    pub fingerprint: String,
    /// Whether it keeps a write-ahead log.
    pub wal: bool,
    /// Its size, the log included, in bytes.
    pub bytes: u64,
    /// Foreign keys that are broken already.
    pub violations: Violations,
}

/// A database must be sound, and have the schema of its version, before anything is done with it.
pub fn examine<'a>(
    context: &Context<'_>,
    bundle: &'a Bundle,
    start: &Start,
    site: SiteDatabase,
    locked: Locked,
    database: &'a Database,
    stage: &Path,
) -> Result<HeldDatabase<'a>> {
    let connection = locked.connection();
    // Without them the indexes and checks that call them could not be looked at.
    script::declare(connection, &bundle.manifest.functions, Limits::default())?;
    let told = |e: rusqlite::Error| crate::database::failed(&e, &site.path, "reading");
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |r| r.get(0)).map_err(told)?;
    let pages: (u64, u64) = connection
        .query_row("SELECT page_count, page_size FROM pragma_page_count, pragma_page_size", [], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
        .map_err(told)?;
    let schema = Schema::read(connection, &database.mask)?;
    let expected = Schema::parse(&bundle.text(start.schemas.get(&database.name).map_or("", String::as_str))?);
    if schema != expected {
        let difference = schema.name_difference(&expected);
        let (more, fewer) = schema.difference(&expected);
        return Err(Failure::new(
            Reason::SchemaDrift,
            format!(
                "The database “{}” is not as version {} left it: {difference}. This update was not made for it. Send this message to those who made the update.",
                site.path.display(),
                start.version
            ),
        )
        .at(&site.path)
        .with("value", more)
        .with("expected", fewer));
    }
    let errors = integrity_errors(connection).map_err(told)?;
    if let Some(first) = errors.first() {
        return Err(Failure::new(
            Reason::DatabaseCorrupt,
            format!("The database “{}” was damaged before this update: {first}. Have it repaired, or restore a backup, then run the update again.", site.path.display()),
        )
        .at(&site.path)
        .with("value", errors));
    }
    let (violations, mismatches) = violations(connection).map_err(told)?;
    let broken: u64 = violations.values().sum();
    if broken > 0 || !mismatches.is_empty() {
        let message = format!(
            "“{}” had {broken} rows that point at missing rows before the update; they stay as they are.",
            site.path.display()
        );
        context.reporter.event(&Event::Warning { message: &message });
    }
    Ok(HeldDatabase {
        steps: steps(bundle, start, &database.name, stage)?,
        rules: rules(&bundle.manifest, &database.name),
        target: Schema::parse(&bundle.text(bundle.manifest.schemas.get(&database.name).map_or("", String::as_str))?),
        fingerprint: schema.fingerprint(),
        wal: mode.eq_ignore_ascii_case("wal"),
        bytes: pages.0 * pages.1,
        manifest: database,
        violations,
        site,
        locked,
    })
}

/// What a load's data is called in the stage until the stage is sealed.
const LOADS: &str = ".holdfast-load";

fn steps(bundle: &Bundle, start: &Start, database: &str, stage: &Path) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for migration in bundle.manifest.chain(&start.version) {
        for step in migration.steps.iter().filter(|s| s.database == database) {
            let texts = |file: &str| match file {
                "" => bundle.read(&step.entry),
                file => bundle.read(&format!("{}/{file}", step.entry)),
            };
            let folder = crate::platform::below(&stage.join(LOADS), &step.entry);
            steps.push(Step {
                // That of a load covers its data, which is not read here.
                checksum: step.checksum.clone(),
                ..Step::new(migration.version.clone(), &step.name, &texts, folder)?
            });
        }
    }
    Ok(steps)
}

fn rules<'m>(manifest: &'m Manifest, database: &str) -> Vec<&'m RowRule> {
    let means = |rule: &&RowRule| manifest.database_name(rule.database.as_deref()) == Some(database);
    manifest.rows.iter().filter(means).collect()
}
