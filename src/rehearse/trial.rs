//! One update on a copy of a site, through the updater's own flow, and everything that is measured and seen on the way.

use super::cut::{Count, CutDisk, Operation};
use super::details::{Back, CheckRow, Details, StepRow};
use super::pair::Pairs;
use super::place::Place;
use super::watch::Watch;
use super::{Desk, Tried};
use crate::bundle::{Manifest, sha256};
use crate::cli::{clock, run_id};
use crate::database::{Locked, SIDE_SUFFIXES, Schema, contents, failed, side_file};
use crate::disk::{Disk, RealDisk, disk};
use crate::failure::{Exit, Failure, Reason, Result};
use crate::flow::{self, Context, Ended, Outcome};
use crate::platform;
use crate::report::Reporter;
use crate::script::{self, Limits};
use crate::site::Environment;
use crate::steps::{LEDGER, is_ours};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How one update on a copy went.
pub struct Trial {
    /// How it ended.
    pub exit: Exit,
    /// The version from which it started, once it was found.
    pub from: String,
    /// What was measured.
    pub details: Details,
    /// What the swap did to the disk.
    pub operations: Vec<Operation>,
}

/// What an engine's function is given here.
pub fn with_context<T>(disk: &dyn Disk, reporter: &dyn Reporter, act: impl FnOnce(&Context<'_>) -> T) -> T {
    act(&Context {
        program: PathBuf::new(),
        disk,
        reporter,
        environment: Environment {
            variable: &|name| std::env::var_os(name),
            executable: std::env::current_exe().unwrap_or_default(),
        },
        now: &clock,
        run: run_id(),
    })
}

/// Runs the update on a copy.
pub fn update(desk: &Desk<'_>, place: &Place) -> Trial {
    let count = Count::new(None);
    let disk = CutDisk::new(&count);
    let watch = Watch::new(desk.voice, &count, place.own_folders());
    let started = Instant::now();
    let (run, ended) = with_context(&disk, &watch, |context| {
        let ended = flow::update(context, desk.bundle, &desk.request_for(place));
        (context.run.clone(), ended)
    });
    let over = Instant::now();
    let heard = watch.into_heard();
    let seconds = (over - started).as_secs_f64();
    let file = ended.file(seconds, None);
    let mut details = Details {
        at: clock(),
        failures: file.failures,
        seconds,
        away_seconds: heard.away_seconds(),
        estimated_seconds: file.request.estimated_time.saturating_add(seconds.ceil() as u64),
        needed_bytes: ended.needed_bytes,
        peak_bytes: heard.peak_bytes,
        phases: heard.phases(over),
        checks: Vec::new(),
        ..Details::default()
    };
    let other = not_an_update(&ended);
    details.failures.extend(other);
    let asked = |check: &str| heard.said_by(check).map(str::to_owned);
    details.checks = checks(&desk.bundle.manifest, &asked, &details.failures);
    if matches!(ended.outcome, Ok(Outcome::Updated | Outcome::Held))
        && let Err(failure) = steps(desk, place, &run, &mut details)
    {
        details.failures.push(failure);
    }
    details.warnings = heard.warnings;
    details.accounts = heard.accounts;
    let exit = match (ended.exit(), details.failures.is_empty()) {
        (Exit::Done, false) => Exit::Refused,
        (exit, _) => exit,
    };
    Trial {
        exit,
        from: file.request.from,
        details,
        operations: count.operations(),
    }
}

/// An update that ended well without having updated anything shows nothing.
fn not_an_update(ended: &Ended) -> Option<Failure> {
    let message = match &ended.outcome {
        Ok(Outcome::Updated | Outcome::Held) | Err(_) => return None,
        Ok(Outcome::AlreadyInPlace) => "This version is in place there already, so there was nothing to rehearse.",
        Ok(_) => "The update ended without a new version in place, so nothing was rehearsed.",
    };
    Some(Failure::new(Reason::VersionNewer, message))
}

/// What the ledger says of the run.
fn steps(desk: &Desk<'_>, place: &Place, run: &str, details: &mut Details) -> Result<()> {
    for (name, path) in desk.databases(place)? {
        let locked = Locked::open(&RealDisk, &path)?;
        let told = |e: rusqlite::Error| failed(&e, &path, "reading");
        let connection = locked.connection();
        if connection.table_exists(None, LEDGER).map_err(told)? {
            details.steps.extend(rows_of(connection, &name, run).map_err(told)?);
        }
        locked.close()?;
    }
    Ok(())
}

fn rows_of(connection: &Connection, database: &str, run: &str) -> rusqlite::Result<Vec<StepRow>> {
    let query = format!(
        "SELECT module, version, step, kind, table_name, source, rows_read, rows_inserted, rows_updated, rows_deleted, rows_skipped, seconds
         FROM {LEDGER} WHERE run = ?1 ORDER BY id"
    );
    let mut statement = connection.prepare(&query)?;
    let rows = statement.query_map([run], |row| {
        Ok(StepRow {
            database: database.to_owned(),
            module: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
            version: row.get(1)?,
            step: row.get(2)?,
            kind: row.get(3)?,
            table: row.get(4)?,
            source: row.get(5)?,
            read: row.get(6)?,
            inserted: row.get(7)?,
            updated: row.get(8)?,
            deleted: row.get(9)?,
            skipped: row.get(10)?,
            seconds: row.get(11)?,
        })
    })?;
    rows.collect()
}

/// The payload's checks. What was asked said so; the one that failed is named by the failure.
fn checks(manifest: &Manifest, said: &dyn Fn(&str) -> Option<String>, failures: &[Failure]) -> Vec<CheckRow> {
    let failed = |name: &str| failures.iter().any(|f| f.fields.get("check").is_some_and(|check| check == name));
    let row = |check: &crate::bundle::manifest::Check| {
        let output = said(&check.name);
        CheckRow {
            name: check.name.clone(),
            kind: if check.run.is_empty() { "sql" } else { "run" }.to_owned(),
            passed: match (failed(&check.name), &output) {
                (true, _) => Some(false),
                (false, Some(_)) => Some(true),
                // A program that is asked only where it stands after the swap is not noted; the update would have failed with it.
                (false, None) => (failures.is_empty() && !check.run.is_empty()).then_some(true),
            },
            said: if check.run.is_empty() {
                String::new()
            } else {
                output.unwrap_or_default()
            },
        }
    };
    manifest.checks.iter().map(row).collect()
}

/// Goes back from a completed update, and compares what is there with the old pair.
pub fn back(desk: &Desk<'_>, place: &Place, pairs: &Pairs<'_>) -> (Back, Option<Failure>) {
    let started = Instant::now();
    let watch = Watch::new(desk.voice, &Count::new(None), Vec::new());
    let ended = with_context(&*disk(), &watch, |context| {
        flow::rollback(context, &place.app, &desk.request_for(place))
    });
    let seconds = started.elapsed().as_secs_f64();
    let wrong = match &ended.outcome {
        Err(failure) => Some(failure.clone()),
        Ok(_) => match pairs.differs_from_old(place) {
            Ok(None) => None,
            Ok(Some(how)) => Some(Failure::new(
                Reason::PairMixed,
                format!("After the rollback the old pair is not there as it was: {how}."),
            )),
            Err(failure) => Some(failure),
        },
    };
    let old_again = wrong.is_none();
    (Back { seconds, old_again }, wrong)
}

/// What the databases of a copy hold. What cannot be read is left to the update to judge.
pub fn tried(desk: &Desk<'_>, place: &Place) -> Result<Vec<Tried>> {
    let mut found = Vec::new();
    for (name, path) in desk.databases(place)? {
        desk.voice.go_on()?;
        if path.is_file()
            && let Ok(tried) = content(desk, &name, &path)
        {
            found.push(tried);
        }
    }
    Ok(found)
}

fn content(desk: &Desk<'_>, name: &str, path: &Path) -> Result<Tried> {
    let locked = Locked::open(&RealDisk, path)?;
    let connection = locked.connection();
    script::declare(connection, &desk.bundle.manifest.functions, Limits::default())?;
    let before = Schema::read(connection, desk.masks(name))?.fingerprint();
    let tables = contents(connection).map_err(|e| failed(&e, path, "reading"))?;
    let own = tables.iter().filter(|(table, _)| !is_ours(table));
    let text: String = own.clone().map(|(table, c)| format!("{} {} {table}\n", c.sha256, c.rows)).collect();
    let bytes = |suffix: &&str| std::fs::metadata(side_file(path, suffix)).map_or(0, |m| m.len());
    let tried = Tried {
        name: name.to_owned(),
        content: sha256(text.as_bytes()),
        before,
        after: String::new(),
        bytes: ["", SIDE_SUFFIXES[0]].iter().map(bytes).sum(),
        rows: own.map(|(_, c)| c.rows).sum(),
    };
    locked.close()?;
    Ok(tried)
}

/// The fingerprints that databases of a copy have now, by name.
pub fn fingerprints(desk: &Desk<'_>, place: &Place) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (name, path) in desk.databases(place)? {
        let locked = Locked::open(&RealDisk, &path)?;
        let schema = Schema::read(locked.connection(), desk.masks(&name))?;
        found.insert(name, schema.fingerprint());
        locked.close()?;
    }
    Ok(found)
}

/// Says a failure of a copy as one of the site: nobody knows the copy.
pub fn renamed(failure: Failure, place: &Place, site: &str) -> Failure {
    let site = site.trim_end_matches(['/', '\\']);
    let mut names: Vec<(String, String)> = vec![(place.app.display().to_string(), site.to_owned())];
    names.extend(place.given.iter().map(|(name, path)| (path.display().to_string(), name.clone())));
    let text = serde_json::to_string(&failure).unwrap_or_default();
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default().trim_matches('"').to_owned();
    let said = names
        .iter()
        .fold(text, |text, (copy, site)| text.replace(&quoted(copy), &quoted(site)));
    serde_json::from_str(&said).unwrap_or(failure)
}

/// Where a path of a copy is at the site, for people.
pub fn inside(place: &Place, path: &Path) -> String {
    let shown = path
        .strip_prefix(&place.app)
        .or_else(|_| path.strip_prefix(&place.root))
        .unwrap_or(path);
    platform::slashed(&shown.to_string_lossy())
}
