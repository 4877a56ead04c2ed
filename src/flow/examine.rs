//! Looks at one live database under its lock: what it is, whether it is sound, and whether it is the one that the update was made for.

use super::Context;
use crate::bundle::manifest::{Database, Migration, RowRule, Start};
use crate::bundle::{Bundle, Manifest};
use crate::database::{Locked, Schema, Violations, integrity_errors, violations};
use crate::failure::{Failure, Reason, Result};
use crate::report::Event;
use crate::script::{self, Limits};
use crate::site::SiteDatabase;
use crate::steps::{Step, fresh_steps};
use rusqlite::Connection;
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
    let (wal, bytes) = form(connection).map_err(|e| crate::database::failed(&e, &site.path, "reading"))?;
    let schema = Schema::read(connection, &database.mask)?;
    if locked.is_absent() {
        let message = format!("There is no database “{}” yet; the update makes a new one.", site.path.display());
        context.reporter.event(&Event::Warning { message: &message });
    } else {
        as_known(bundle, start, &site, database, &schema)?;
    }
    let violations = sound(context, connection, &site.path)?;
    Ok(HeldDatabase {
        steps: steps(bundle, start, database, locked.is_absent(), stage)?,
        rules: rules(&bundle.manifest, &database.name),
        target: Schema::parse(&bundle.text(bundle.manifest.target(start, &database.name).unwrap_or_default())?),
        fingerprint: schema.fingerprint(),
        wal,
        bytes,
        manifest: database,
        violations,
        site,
        locked,
    })
}

/// Whether a database keeps a write-ahead log, and its size in bytes.
pub fn form(connection: &Connection) -> rusqlite::Result<(bool, u64)> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |r| r.get(0))?;
    let query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes = connection.query_row(query, [], |r| r.get(0))?;
    Ok((mode.eq_ignore_ascii_case("wal"), bytes))
}

/// A live database must be sound. Foreign keys that are broken already are said, and given back.
pub fn sound(context: &Context<'_>, connection: &Connection, path: &Path) -> Result<Violations> {
    let told = |e: rusqlite::Error| crate::database::failed(&e, path, "reading");
    let errors = integrity_errors(connection).map_err(told)?;
    if let Some(first) = errors.first() {
        return Err(Failure::new(
            Reason::DatabaseCorrupt,
            format!(
                "The database “{}” was damaged before this update: {first}. Have it repaired, or restore a backup, then run the update again.",
                path.display()
            ),
        )
        .at(path)
        .with("value", errors));
    }
    let violations = violations(connection).map_err(told)?;
    let shown = path.display();
    let broken: u64 = violations.rows.values().sum();
    if broken > 0 {
        let message = format!("“{shown}” had {broken} rows that point at missing rows before the update; they stay as they are.");
        context.reporter.event(&Event::Warning { message: &message });
    }
    if let Some((table, parent)) = violations.unchecked.first() {
        let message = format!(
            "“{shown}” had a reference of “{table}” to “{parent}” before the update that SQLite cannot check, since “{parent}” has no such unique key; it stays as it is."
        );
        context.reporter.event(&Event::Warning { message: &message });
    }
    Ok(violations)
}

/// What a load's data is called in the stage until the stage is sealed.
pub const LOADS: &str = ".holdfast-load";

/// The steps for one database, ascending. One that is not there gets those that make it.
fn steps(bundle: &Bundle, start: &Start, database: &Database, is_absent: bool, stage: &Path) -> Result<Vec<Step>> {
    let (manifest, fresh) = (&bundle.manifest, database.fresh.filter(|_| is_absent));
    let migrations: Vec<&Migration> = match fresh {
        Some(_) => manifest.every_migration(&start.modules).collect(),
        None => manifest.chain(start).collect(),
    };
    let mut steps = Vec::new();
    for migration in migrations {
        for step in migration.steps.iter().filter(|s| s.database == database.name) {
            let texts = |file: &str| match file {
                "" => bundle.read(&step.entry),
                file => bundle.read(&format!("{}/{file}", step.entry)),
            };
            let folder = crate::platform::below(&stage.join(LOADS), &step.entry);
            let to = (migration.module.as_deref(), &migration.version);
            steps.push(Step {
                // That of a load covers its data, which is not read here.
                checksum: step.checksum.clone(),
                ..Step::new(to, &step.name, &texts, folder)?
            });
        }
    }
    match fresh {
        Some(how) => fresh_steps(how, steps),
        None => Ok(steps),
    }
}

/// Known to known: the schema must be the one that the release left.
fn as_known(bundle: &Bundle, start: &Start, site: &SiteDatabase, database: &Database, schema: &Schema) -> Result<()> {
    let expected = Schema::parse(&bundle.text(start.schemas.get(&database.name).map_or("", String::as_str))?);
    if *schema != expected {
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
    Ok(())
}

fn rules<'m>(manifest: &'m Manifest, database: &str) -> Vec<&'m RowRule> {
    let means = |rule: &&RowRule| manifest.database_name(rule.database.as_deref()) == Some(database);
    manifest.rows.iter().filter(means).collect()
}
