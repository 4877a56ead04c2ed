//! `holdfast verify`: which version a site is, program and data together; without a site, [`maker`] looks at the update itself. It is the oracle of Holdfast's own tests, for a release manager with
//! a site and a payload. It takes no lock and must never change anything at the site, not even a side file of a database.

mod code;
mod data;
mod own;
mod text;

use super::{desk, maker, pack, release};
use crate::bundle::manifest::{Manifest, Modules, Start, label};
use crate::bundle::{Bundle, container};
use crate::disk::RealDisk;
use crate::fail;
use crate::failure::{Aftermath, Exit, Failure, Reason, Result};
use crate::site::{Environment, SiteDatabase, installed_modules, locate, locate_databases, read_version};
use crate::swap::Workspace;
use crate::version::Version;
use code::{Code, Release};
use data::{Data, Known};
use own::Own;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The payload folder, or the update that was packed of it.
    update: PathBuf,
    /// The application folder of the site; without it the update itself is looked at.
    #[arg(long)]
    app: Option<PathBuf>,
    /// A public key that must have signed the update; with several, one of them.
    #[arg(long = "key", value_name = "NAME.pub", conflicts_with = "app")]
    keys: Vec<PathBuf>,
    /// A database, if it is not where the manifest says: NAME=PATH.
    #[arg(long = "database", value_name = "NAME=PATH", requires = "app")]
    databases: Vec<String>,
    /// All that was found, as one JSON object.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast verify update.exe --key release.pub
  holdfast verify my-payload --app /opt/relief
  holdfast verify update.exe --app /opt/relief --json
  holdfast verify update --app /opt/relief --database main=/var/lib/relief/relief.db";

/// A version of which a site may be: one from which the update starts, or the new one, as it is reached from a start.
pub struct Candidate<'m> {
    /// The version.
    pub version: &'m Version,
    /// The start itself, or the one from which the new version was reached.
    pub start: &'m Start,
    /// Whether it is the version to which the update leads.
    pub is_new: bool,
    release: usize,
}

/// Program and data together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pair {
    /// Both are of a version from which the update starts.
    Old,
    /// Both are of the version to which it leads.
    New,
    /// Parts are of several versions.
    Mixed,
    /// They are of no version that the update knows.
    None,
}

/// All that was found at a site.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Program and data together.
    pub pair: Pair,
    /// Of which version both are.
    pub version: Option<String>,
    /// The process's exit code.
    pub exit_code: u8,
    /// What is wrong, the worst first.
    pub findings: Vec<Failure>,
    /// The application folder.
    pub folder: PathBuf,
    /// The product's name.
    pub product: String,
    /// The program.
    pub code: Code,
    /// The databases.
    pub databases: Vec<Data>,
    /// The modules that are there, with their versions.
    pub modules: Modules,
    /// What Holdfast has left.
    pub holdfast: Own,
}

/// Looks, says what was found, and gives the process's exit code.
pub fn run(arguments: &Arguments) -> u8 {
    let Some(app) = &arguments.app else {
        return maker::verify(&arguments.update, &arguments.keys, arguments.json);
    };
    match verify(arguments, app) {
        Ok(report) => {
            match arguments.json {
                true => say!("{:#}", serde_json::json!(report)),
                false => crate::print::out(format_args!("{report}")),
            }
            report.exit_code
        }
        Err(failure) => {
            let code = Exit::of(&failure, Aftermath::Untouched) as u8;
            match arguments.json {
                true => say!(
                    "{:#}",
                    serde_json::json!({"pair": Pair::None, "exit_code": code, "findings": [failure]})
                ),
                false => complain!("{}\n{}", failure.message, failure.reason),
            }
            code
        }
    }
}

fn verify(arguments: &Arguments, app: &Path) -> Result<Report> {
    let given = release::parse(&arguments.databases)?;
    let scratch = tempfile::tempdir().map_err(|e| desk(&std::env::temp_dir(), &e))?;
    let bundle = open(&arguments.update, scratch.path())?;
    let manifest = &bundle.manifest;
    let environment = Environment {
        variable: &|name| std::env::var_os(name),
        executable: std::env::current_exe()?,
    };
    let app = locate(manifest, Some(app), &environment)?;
    let sites = locate_databases(manifest, &app, &given, &environment)?;
    let mut findings = Vec::new();
    let own = own::look(&RealDisk, &app, &sites, &manifest.product.id, &mut findings)?;
    let releases = code::releases(&bundle)?;
    let code = code::look(&RealDisk, &app, manifest, &releases, &sites, &environment.executable)?;
    let candidates = candidates(manifest, &releases);
    let known = Known {
        disk: &RealDisk,
        app: &app,
        bundle: &bundle,
        candidates: &candidates,
        is_updated: is_updated(&app, &own),
    };
    let mut connections = BTreeMap::new();
    let databases = look_at_all(&known, &sites, scratch.path(), &mut findings, &mut connections)?;
    let named = connections.iter().map(|(name, connection)| (name.as_str(), connection)).collect();
    let modules = installed_modules(manifest, &named).unwrap_or_else(|failure| {
        findings.push(failure);
        Modules::new()
    });
    let said = said_version(&app, manifest, &named);
    let (pair, version) = judge(&candidates, &code, &databases, (&modules, said), manifest, &mut findings);
    findings.extend(code_finding(&app, &code));
    findings.sort_by_key(|failure| rank(failure.reason));
    Ok(Report {
        pair,
        version,
        exit_code: findings.first().map_or(Exit::Done, |f| Exit::of(f, Aftermath::Untouched)) as u8,
        findings,
        folder: app,
        product: manifest.product.name.clone(),
        code,
        databases,
        modules,
        holdfast: own,
    })
}

/// The bundle of a packed update, or of a payload that is packed for this purpose; every byte of it is checked.
fn open(update: &Path, scratch: &Path) -> Result<Bundle> {
    let packed = match update.is_dir() {
        true => {
            let packed = scratch.join("bundle");
            pack::for_use_here(update, &packed)?;
            packed
        }
        false if update.is_file() => update.to_owned(),
        false => fail!(RequestInvalid, "There is no payload folder and no update “{}”.", update.display()),
    };
    let Some(place) = container::find(&packed)? else {
        fail!(BundleMissing, "“{}” carries no update.", update.display());
    };
    let bundle = Bundle::open(place)?;
    bundle.verify(|_| ())?;
    Ok(bundle)
}

fn candidates<'m>(manifest: &'m Manifest, releases: &[Release<'m>]) -> Vec<Candidate<'m>> {
    let candidate = |start: &'m Start, is_new: bool| {
        let version = if is_new { &manifest.product.version } else { &start.version };
        Candidate {
            release: releases.iter().position(|r| r.version == version).unwrap_or_default(),
            version,
            start,
            is_new,
        }
    };
    let ends = [false, true].into_iter();
    ends.flat_map(|is_new| manifest.starts.iter().map(move |start| candidate(start, is_new)))
        .collect()
}

impl Candidate<'_> {
    /// The entry with the schema that a database has in this version.
    pub fn schema<'a>(&'a self, manifest: &'a Manifest, database: &str) -> &'a str {
        let old = || self.start.schemas.get(database).map(String::as_str);
        let entry = if self.is_new {
            manifest.target(self.start, database)
        } else {
            old()
        };
        entry.unwrap_or_default()
    }

    /// Whether a site of this version may have these modules.
    fn may_have(&self, manifest: &Manifest, modules: &Modules) -> bool {
        match self.is_new {
            false => self.start.modules == *modules,
            true => manifest.modules.iter().all(|module| match modules.get(&module.id) {
                None => !module.install && !self.start.modules.contains_key(&module.id),
                Some(version) => *version == module.version,
            }),
        }
    }
}

/// The versions of some candidates, each once.
pub fn versions(candidates: &[Candidate<'_>], fits: &BTreeSet<usize>) -> Vec<String> {
    let mut found: Vec<String> = fits.iter().map(|n| candidates[*n].version.to_string()).collect();
    found.dedup();
    found
}

/// Whether Holdfast has worked at this site, so that it would have noted what it did.
fn is_updated(app: &Path, own: &Own) -> bool {
    let history = Workspace::of_app(app).root.join("history");
    own.installed.is_some() || !own.unfinished.is_empty() || !own.kept.is_empty() || history.is_dir()
}

/// Looks at all databases; `connections` gets those to their copies, by name.
fn look_at_all(
    known: &Known<'_>,
    sites: &[SiteDatabase],
    scratch: &Path,
    findings: &mut Vec<Failure>,
    connections: &mut BTreeMap<String, Connection>,
) -> Result<Vec<Data>> {
    let mut found = Vec::new();
    for (n, (site, database)) in sites.iter().zip(&known.bundle.manifest.databases).enumerate() {
        let folder = scratch.join(n.to_string());
        std::fs::create_dir(&folder).map_err(|e| desk(&folder, &e))?;
        let (data, connection) = data::look(known, site, database, &folder, findings)?;
        connections.extend(connection.map(|connection| (site.name.clone(), connection)));
        found.push(data);
    }
    Ok(found)
}

/// The version that the site says it has.
fn said_version(app: &Path, manifest: &Manifest, connections: &BTreeMap<&str, &Connection>) -> Result<Version> {
    let asked = manifest.database_name(manifest.application.version.database.as_deref());
    let connection = asked.and_then(|name| connections.get(name).copied());
    read_version(&RealDisk, app, manifest, connection)
}

/// Whether program and data are of one version.
fn judge(
    candidates: &[Candidate<'_>],
    code: &Code,
    databases: &[Data],
    (modules, said): (&Modules, Result<Version>),
    manifest: &Manifest,
    findings: &mut Vec<Failure>,
) -> (Pair, Option<String>) {
    let by_parts = |n: &usize| code.fits.contains(&candidates[*n].release) && databases.iter().all(|d| d.fits.contains(n));
    let parts: BTreeSet<usize> = (0..candidates.len()).filter(by_parts).collect();
    let mut whole: BTreeSet<usize> = parts
        .iter()
        .copied()
        .filter(|n| candidates[*n].may_have(manifest, modules))
        .collect();
    if whole.is_empty() && !parts.is_empty() {
        findings.push(other_modules(&versions(candidates, &parts), modules));
    }
    // Two versions may have the same program and the same schemas: then the one that the site says.
    match said {
        Ok(said) if whole.iter().any(|n| *candidates[*n].version == said) => whole.retain(|n| *candidates[*n].version == said),
        Ok(said) if !whole.is_empty() => {
            let message = format!(
                "The site says that version {said} is installed, and program and data are of {}.",
                versions(candidates, &whole).join(", ")
            );
            findings.push(Failure::new(Reason::PairMixed, message).with("value", said.to_string()));
        }
        Ok(_) => {}
        // What cannot be read is said already where the program is not whole.
        Err(failure) if !code.fits.is_empty() && databases.iter().all(|d| d.there) => findings.push(failure),
        Err(_) => {}
    }
    let is_read = !code.fits.is_empty() && databases.iter().all(|d| !d.fits.is_empty());
    if is_read && parts.is_empty() {
        findings.push(mixed(code, databases));
    }
    let is_mixed = code.fits.is_empty() && code.is_mixed() || findings.iter().any(|f| f.reason == Reason::PairMixed);
    match whole.iter().next().map(|n| &candidates[*n]) {
        _ if is_mixed => (Pair::Mixed, None),
        Some(one) if one.is_new => (Pair::New, Some(one.version.to_string())),
        Some(one) => (Pair::Old, Some(one.version.to_string())),
        None => (Pair::None, None),
    }
}

fn mixed(code: &Code, databases: &[Data]) -> Failure {
    let data = databases
        .iter()
        .map(|d| format!("data of {} in “{}”", d.versions.join(" or "), d.name));
    let parts: Vec<String> = data.collect();
    Failure::new(
        Reason::PairMixed,
        format!(
            "Program of {} and {}: they do not belong together. Do not start the application.",
            code.versions.join(" or "),
            parts.join(", ")
        ),
    )
}

fn other_modules(versions: &[String], modules: &Modules) -> Failure {
    let named: Vec<String> = modules.iter().map(|(id, version)| label(Some(id), version)).collect();
    let message = format!(
        "Program and data are of {}, but not with these modules: {}.",
        versions.join(", "),
        if named.is_empty() { "none".to_owned() } else { named.join(", ") }
    );
    Failure::new(Reason::VersionUnknown, message).with("value", named)
}

/// What is wrong with the program, file by file.
fn code_finding(app: &Path, code: &Code) -> Option<Failure> {
    if !code.fits.is_empty() {
        return None;
    }
    let reason = if code.is_mixed() { Reason::PairMixed } else { Reason::CodeChanged };
    let message = format!(
        "The program in “{}” is of no one version; {} is nearest, from which {} files differ: {}.",
        app.display(),
        code.nearest,
        code.differing.len(),
        text::differing(&code.differing)
    );
    let files: Vec<&str> = code.differing.iter().map(|d| d.path.as_str()).collect();
    Some(Failure::new(reason, message).at(app).with("value", files))
}

/// The worst first: what a recovery does not mend, then what it does, then what stops nobody.
fn rank(reason: Reason) -> usize {
    let order = [
        Reason::DatabaseCorrupt,
        Reason::PairMixed,
        Reason::CodeChanged,
        Reason::SchemaDrift,
        Reason::DatabaseMissing,
        Reason::DatabaseInvalid,
    ];
    let last = [
        Reason::DatabaseUnfinished,
        Reason::UpdateUnfinished,
        Reason::CheckFailed,
        Reason::SnapshotMissing,
    ];
    let place = |list: &[Reason]| list.iter().position(|r| *r == reason);
    match (place(&order), place(&last)) {
        (Some(n), _) => n,
        (_, Some(n)) => order.len() + 1 + n,
        _ => order.len(),
    }
}
