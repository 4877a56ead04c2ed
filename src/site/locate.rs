//! Finds the application folder and the databases: from the command line, from the manifest's candidates, or where the updater stands.

use crate::bundle::Manifest;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use crate::swap::WORK;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the engine may know of its surroundings; passed in, so that tests choose it.
pub struct Environment<'a> {
    /// An environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The running executable.
    pub executable: PathBuf,
}

/// A database of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteDatabase {
    /// Its name in the manifest.
    pub name: String,
    /// Where it lies, without links.
    pub path: PathBuf,
    /// Its name as a unit: relative to the application folder, or absolute.
    pub unit: String,
}

/// The application folder, absolute and without links.
pub fn locate(manifest: &Manifest, given: Option<&Path>, environment: &Environment<'_>) -> Result<PathBuf> {
    if let Some(folder) = given {
        let real = real_folder(folder)?;
        return match looks_right(manifest, &real) {
            true => Ok(real),
            // Nothing may be left in a folder of somebody else's, not even a log.
            false => Err(Failure::new(
                Reason::TargetInvalid,
                format!(
                    "“{}” is not an installation of {}: nothing of it is there ({}). Say with --app where the application is.",
                    real.display(),
                    manifest.product.name,
                    signs(manifest).join(", ")
                ),
            )
            .at(&real)),
        };
    }
    let own = environment.executable.parent().map(Path::to_owned);
    let candidates: Vec<PathBuf> = manifest.application.folders.iter().filter_map(|f| expand(f, environment)).collect();
    let mut found: Vec<PathBuf> = candidates
        .iter()
        .filter(|f| looks_right(manifest, f))
        .filter_map(|f| platform::real_path(f).ok())
        .collect();
    found.dedup();
    match found.as_slice() {
        [one] => return Ok(one.clone()),
        [_, _, ..] => {
            let list: Vec<String> = found.iter().map(|f| format!("“{}”", f.display())).collect();
            fail!(
                TargetMissing,
                "{} is installed more than once: {}. Say which one with --app.",
                manifest.product.name,
                list.join(", ")
            );
        }
        [] => {}
    }
    if let Some(own) = own.as_ref().filter(|own| looks_right(manifest, own)) {
        return real_folder(own);
    }
    let looked: Vec<String> = candidates.iter().chain(&own).map(|f| format!("“{}”", f.display())).collect();
    Err(Failure::new(
        Reason::TargetMissing,
        format!(
            "{} was not found. Say where it is with --app FOLDER. These places were looked at: {}.",
            manifest.product.name,
            if looked.is_empty() { "none".to_owned() } else { looked.join(", ") }
        ),
    ))
}

fn real_folder(folder: &Path) -> Result<PathBuf> {
    let real = platform::real_path(folder).ok().filter(|f| f.is_dir());
    real.ok_or_else(|| {
        Failure::new(
            Reason::TargetMissing,
            format!(
                "There is no folder “{}”. Say with --app where the application is.",
                folder.display()
            ),
        )
        .at(folder)
    })
}

/// The files by which the application is known, for a message.
fn signs(manifest: &Manifest) -> Vec<String> {
    let application = &manifest.application;
    application
        .version
        .file
        .iter()
        .chain(&application.entry)
        .map(|file| format!("“{file}”"))
        .collect()
}

/// Whether the folder holds something of this product, or an unfinished update.
fn looks_right(manifest: &Manifest, folder: &Path) -> bool {
    let signs = manifest.application.entry.iter().map(String::as_str).chain([WORK]);
    folder.is_dir() && signs.into_iter().any(|sign| platform::below(folder, sign).exists())
}

/// Replaces a leading `${VARIABLE}`; `None` if it is not set or empty.
fn expand(path: &str, environment: &Environment<'_>) -> Option<PathBuf> {
    match path.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
        Some((name, rest)) => {
            let value = (environment.variable)(name).filter(|v| !v.is_empty())?;
            Some(platform::below(Path::new(&value), rest.trim_start_matches(['/', '\\'])))
        }
        None => Some(PathBuf::from(path)).filter(|p| p.is_absolute()),
    }
}

/// The databases, in the manifest's order. They need not exist: what is missing is said where it is opened.
pub fn locate_databases(
    manifest: &Manifest,
    app: &Path,
    given: &BTreeMap<String, PathBuf>,
    environment: &Environment<'_>,
) -> Result<Vec<SiteDatabase>> {
    if let Some(name) = given.keys().find(|name| !manifest.databases.iter().any(|d| d.name == **name)) {
        let known: Vec<&str> = manifest.databases.iter().map(|d| d.name.as_str()).collect();
        fail!(
            RequestInvalid,
            "--database names “{name}”; this update knows: {}.",
            known.join(", ")
        );
    }
    let mut found: Vec<SiteDatabase> = Vec::new();
    for database in &manifest.databases {
        let path = match given.get(&database.name) {
            Some(path) => std::path::absolute(path)?,
            None if database.path.starts_with("${") => expand(&database.path, environment).ok_or_else(|| {
                let message = format!(
                    "The database “{}” is at “{}”, and that variable is not set. Say where it is with --database {}=PATH.",
                    database.name, database.path, database.name
                );
                Failure::new(Reason::DatabaseMissing, message)
            })?,
            None => platform::below(app, &database.path),
        };
        let path = match given.contains_key(&database.name) {
            true => path,
            false => redirected(&database.name, path, environment)?,
        };
        let path = platform::real_path(&path).unwrap_or(path);
        let unit = path.strip_prefix(app).unwrap_or(&path).to_str();
        let unit = unit.ok_or_else(|| {
            Failure::new(
                Reason::TargetInvalid,
                format!("The path “{}” is not Unicode; move the database to another one.", path.display()),
            )
        })?;
        if let Some(other) = found.iter().find(|d| d.path == path) {
            fail!(
                TargetInvalid,
                "The databases “{}” and “{}” are one file, “{}”.",
                other.name,
                database.name,
                path.display()
            );
        }
        let unit = platform::slashed(unit);
        found.push(SiteDatabase {
            name: database.name.clone(),
            unit,
            path,
        });
    }
    Ok(found)
}

/// Windows gives an old 32-bit program that writes where it may not a copy of its own, in a folder of its user's, and shows it that one
/// from then on: <https://learn.microsoft.com/windows/win32/sysinfo/registry-virtualization>. Such a copy holds the data that people entered.
fn redirected(name: &str, path: PathBuf, environment: &Environment<'_>) -> Result<PathBuf> {
    let local = (environment.variable)("LOCALAPPDATA").filter(|v| !v.is_empty());
    let (Some(local), Some(inside)) = (local, platform::without_drive(&path)) else {
        return Ok(path);
    };
    let copy = PathBuf::from(local).join("VirtualStore").join(inside);
    match (copy.is_file(), path.is_file()) {
        (false, _) => Ok(path),
        (true, false) => Ok(copy),
        (true, true) => Err(Failure::new(
            Reason::TargetInvalid,
            format!(
                "Windows has redirected what the application wrote: there is a database “{}” and another one, “{}”. The second is probably the one that people use. Look at both, then say which one with --database {name}=PATH.",
                path.display(),
                copy.display()
            ),
        )
        .at(&copy)),
    }
}
