//! Which version's data a database holds, and whether it is sound. The database is looked at in a copy: SQLite makes, fills and removes side
//! files as it reads, and at the site nothing at all may change. No lock is taken, so a write during the copy is noticed and said.

use super::Candidate;
use crate::bundle::Bundle;
use crate::bundle::manifest::Database;
use crate::database::{
    Mark, SIDE_SUFFIXES, Schema, failed, has_hot_journal, integrity_errors, is_database, open_copy, side_file, violations,
};
use crate::disk::{Disk, Kind};
use crate::failure::{Failure, Reason, Result};
use crate::script::{self, Limits};
use crate::site::{SiteDatabase, read_version};
use crate::steps::{LastStep, last_step, noted_version};
use crate::version::Version;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How often a copy is begun again because somebody wrote meanwhile.
const ATTEMPTS: usize = 3;

/// What was found in one database.
#[derive(Debug, Default, Serialize)]
pub struct Data {
    /// Its name in the manifest.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is there.
    pub there: bool,
    /// The versions whose data it may be.
    pub versions: Vec<String>,
    /// SHA-256 of its schema as text.
    pub fingerprint: String,
    /// How its schema differs from the nearest one, if it is none that the update knows.
    pub difference: Option<String>,
    /// The version that its own query gives, where the manifest asks this database.
    pub says: Option<String>,
    /// The version that Holdfast noted in it.
    pub noted: Option<String>,
    /// Whether it keeps a write-ahead log.
    pub wal: bool,
    /// Its side files, with their sizes in bytes.
    pub side_files: BTreeMap<String, u64>,
    /// Whether a write to it was cut off.
    pub hot_journal: bool,
    /// What the integrity check complains about.
    pub integrity: Vec<String>,
    /// Rows that point at rows that are not there.
    pub foreign_keys: Vec<BrokenKey>,
    /// Keys that SQLite cannot check.
    pub unchecked_keys: Vec<String>,
    /// The step of Holdfast's that ran last.
    pub last_step: Option<LastStep>,
    /// Places among the candidates.
    #[serde(skip)]
    pub fits: BTreeSet<usize>,
}

/// Rows of one table that point at rows that are not there.
#[derive(Debug, Serialize)]
pub struct BrokenKey {
    /// The table.
    pub table: String,
    /// The table to which they point.
    pub parent: String,
    /// How many.
    pub rows: u64,
}

/// What a database is compared with.
pub struct Known<'a> {
    /// The disk.
    pub disk: &'a dyn Disk,
    /// The application folder.
    pub app: &'a Path,
    /// The update.
    pub bundle: &'a Bundle,
    /// The versions.
    pub candidates: &'a [Candidate<'a>],
    /// Whether Holdfast has updated this site: then what it notes in a database counts where the schema does not tell.
    pub is_updated: bool,
}

/// Looks at a database in a copy in `folder`. What is wrong goes to `findings`; the connection is the copy's.
pub fn look(
    known: &Known<'_>,
    site: &SiteDatabase,
    database: &Database,
    folder: &Path,
    findings: &mut Vec<Failure>,
) -> Result<(Data, Option<Connection>)> {
    let disk = known.disk;
    let mut data = Data {
        name: site.name.clone(),
        path: site.path.clone(),
        there: disk.kind(&site.path)?.is_some(),
        ..Data::default()
    };
    for suffix in SIDE_SUFFIXES {
        if let Some(Kind::File(bytes)) = disk.kind(&side_file(&site.path, suffix))? {
            data.side_files.insert(suffix.to_owned(), bytes);
        }
    }
    if !data.there && database.fresh.is_some() {
        data.fits = (0..known.candidates.len()).filter(|n| !known.candidates[*n].is_new).collect();
        data.versions = known.versions(&data.fits);
        return Ok((data, None));
    }
    if let Err(failure) = is_database(disk, &site.path) {
        findings.push(failure);
        return Ok((data, None));
    }
    data.hot_journal = has_hot_journal(disk, &site.path)?;
    if data.hot_journal {
        findings.push(unfinished(&site.path));
    }
    let connection = match copied(disk, &site.path, folder) {
        Ok(connection) => connection,
        Err(failure) => {
            findings.push(failure);
            return Ok((data, None));
        }
    };
    if let Err(failure) = known.ask(&mut data, &connection, database, findings) {
        findings.push(failure);
    }
    Ok((data, Some(connection)))
}

/// A copy of a database with what its side files hold, opened. SQLite puts the copy in order, as the application would the database.
fn copied(disk: &dyn Disk, path: &Path, folder: &Path) -> Result<Connection> {
    let copy = folder.join("copy.db");
    for _ in 0..ATTEMPTS {
        let before = Mark::of(disk, path)?;
        for suffix in ["", "-wal", "-journal"] {
            let (from, to) = (side_file(path, suffix), side_file(&copy, suffix));
            if to.exists() {
                std::fs::remove_file(&to).map_err(|e| crate::disk::failed("removing", &to, &e))?;
            }
            if disk.kind(&from)?.is_some() {
                std::fs::copy(&from, &to).map_err(|e| crate::disk::failed("copying", &from, &e))?;
            }
        }
        if Mark::of(disk, path)? == before {
            return open_copy(&copy);
        }
    }
    Err(Failure::new(
        Reason::DatabaseWritten,
        format!(
            "Somebody writes to the database “{}” all the time. Close the application, then verify again.",
            path.display()
        ),
    )
    .at(path))
}

fn unfinished(path: &Path) -> Failure {
    Failure::new(
        Reason::DatabaseUnfinished,
        format!(
            "The application was cut off while it was writing to “{}”, or writes to it now; what follows is said of the database as it will be \
             when SQLite has put it in order. Start the application once, close it, and verify again.",
            path.display()
        ),
    )
    .at(path)
}

impl Known<'_> {
    fn ask(&self, data: &mut Data, connection: &Connection, database: &Database, findings: &mut Vec<Failure>) -> Result<()> {
        let path = data.path.clone();
        let told = |e: rusqlite::Error| failed(&e, &path, "reading");
        script::declare(connection, &self.bundle.manifest.functions, Limits::default())?;
        data.integrity = integrity_errors(connection).map_err(told)?;
        if let Some(first) = data.integrity.first() {
            let message = format!(
                "The database “{}” is damaged: {first}. Have it repaired, or restore a backup.",
                path.display()
            );
            findings.push(
                Failure::new(Reason::DatabaseCorrupt, message)
                    .at(&path)
                    .with("value", data.integrity.clone()),
            );
        }
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |r| r.get(0)).map_err(told)?;
        data.wal = mode.eq_ignore_ascii_case("wal");
        data.noted = noted_version(connection, &self.bundle.manifest.product.id).map_err(told)?;
        data.last_step = last_step(connection).map_err(told)?;
        let broken = violations(connection).map_err(told)?;
        let key = |((table, parent), rows)| BrokenKey { table, parent, rows };
        data.foreign_keys = broken.rows.into_iter().map(key).collect();
        let named = |(table, parent)| format!("foreign key mismatch - \"{table}\" referencing \"{parent}\"");
        data.unchecked_keys = broken.unchecked.into_iter().map(named).collect();
        findings.extend(broken_keys(data));
        self.compare(data, connection, database, findings)
    }

    /// Finds the versions whose schema, version and notes this database has.
    fn compare(&self, data: &mut Data, connection: &Connection, database: &Database, findings: &mut Vec<Failure>) -> Result<()> {
        let schema = Schema::read(connection, &database.mask)?;
        data.fingerprint = schema.fingerprint();
        let mut nearest: Option<(usize, String, String)> = None;
        for (n, candidate) in self.candidates.iter().enumerate() {
            let expected = Schema::parse(&self.bundle.text(candidate.schema(&self.bundle.manifest, &data.name))?);
            if schema == expected {
                data.fits.insert(n);
                continue;
            }
            let (more, fewer) = schema.difference(&expected);
            let lines = more.len() + fewer.len();
            if nearest.as_ref().is_none_or(|(least, ..)| lines < *least) {
                nearest = Some((lines, candidate.version.to_string(), schema.name_difference(&expected)));
            }
        }
        if let Some((_, version, difference)) = nearest.filter(|_| data.fits.is_empty()) {
            let message = format!(
                "The database “{}” is of no version that this update knows; {version} is nearest: {difference}.",
                data.path.display()
            );
            findings.push(Failure::new(Reason::SchemaDrift, message).at(&data.path));
            data.difference = Some(difference);
        }
        self.by_query(data, connection, findings);
        self.by_notes(data);
        data.versions = self.versions(&data.fits);
        Ok(())
    }

    /// A database that the manifest asks for the version says itself which one it is.
    fn by_query(&self, data: &mut Data, connection: &Connection, findings: &mut Vec<Failure>) {
        let manifest = &self.bundle.manifest;
        let source = &manifest.application.version;
        if source.file.is_some() || manifest.database_name(source.database.as_deref()) != Some(&data.name) {
            return;
        }
        match read_version(self.disk, self.app, manifest, Some(connection)) {
            Err(failure) => findings.push(failure),
            Ok(version) => {
                data.says = Some(version.to_string());
                let by_schema = self.versions(&data.fits);
                data.fits.retain(|n| *self.candidates[*n].version == version);
                if data.fits.is_empty() && !by_schema.is_empty() {
                    let message = format!(
                        "The database “{}” says that it is of version {version}, and its schema is that of {}.",
                        data.path.display(),
                        by_schema.join(", ")
                    );
                    findings.push(Failure::new(Reason::PairMixed, message).at(&data.path));
                }
            }
        }
    }

    /// Where steps change rows alone, the schema does not tell the new version from an old one, and what Holdfast noted does. That nothing is
    /// noted says something only where Holdfast has been at work.
    fn by_notes(&self, data: &mut Data) {
        let is_new = |n: &usize| self.candidates[*n].is_new;
        if !data.fits.iter().any(is_new) || data.fits.iter().all(is_new) {
            return;
        }
        let noted: Option<Version> = data.noted.as_ref().and_then(|text| text.parse().ok());
        data.fits.retain(|n| {
            let candidate = &self.candidates[*n];
            let has_step = |m: &&crate::bundle::manifest::Migration| m.module.is_none() && m.steps.iter().any(|s| s.database == data.name);
            let last = self
                .bundle
                .manifest
                .chain(candidate.start)
                .filter(has_step)
                .map(|m| &m.version)
                .max();
            match (candidate.is_new, last) {
                (_, None) => true,
                (true, Some(last)) => noted.as_ref().map_or(!self.is_updated, |noted| noted >= last),
                (false, Some(_)) => noted.as_ref().is_none_or(|noted| noted <= candidate.version),
            }
        });
    }

    /// The versions of some candidates, each once.
    fn versions(&self, fits: &BTreeSet<usize>) -> Vec<String> {
        super::versions(self.candidates, fits)
    }
}

fn broken_keys(data: &Data) -> Option<Failure> {
    if data.foreign_keys.is_empty() && data.unchecked_keys.is_empty() {
        return None;
    }
    let named = data
        .foreign_keys
        .iter()
        .map(|k| format!("{} in “{}” to “{}”", k.rows, k.table, k.parent));
    let named: Vec<String> = named.chain(data.unchecked_keys.iter().cloned()).collect();
    let message = format!(
        "In the database “{}” rows point at rows that are not there: {}. An update leaves them as they are.",
        data.path.display(),
        named.join(", ")
    );
    Some(Failure::new(Reason::CheckFailed, message).at(&data.path))
}
