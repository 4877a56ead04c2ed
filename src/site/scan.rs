//! Whose each file of the application folder is: the release's, made by the code, a database, or the site's own. What nobody
//! installed is the site's own: it is not touched, not even renamed.

use super::SiteDatabase;
use crate::bundle::manifest::Application;
use crate::database::{SIDE_SUFFIXES, side_file};
use crate::disk::{Disk, Kind, hash_file};
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use crate::swap::WORK;
use glob::{MatchOptions, Pattern};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Whose a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The site's: uploads, settings, anything unknown, links, folders on other volumes.
    Site,
    /// The site's, too, but the release may put files there.
    EmptyFolder,
    /// A database of the manifest, or one of its side files.
    Database,
    /// The release's, with the SHA-256 of what is there.
    Release(String),
    /// Made by the code as it runs.
    Derived,
    /// The running updater itself.
    Updater,
}

/// A file (or an empty folder) of the application folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFile {
    /// Whose it is.
    pub owner: Owner,
    /// Bytes.
    pub size: u64,
    /// Whether a pattern of the manifest makes it the site's.
    pub kept: bool,
}

/// An application folder, file by file.
#[derive(Debug, Default)]
pub struct Scan {
    /// By path, with `/`.
    pub files: BTreeMap<String, LiveFile>,
    /// Release files that are not there.
    pub missing: Vec<String>,
    /// Release files that are not as they were installed.
    pub changed: Vec<String>,
}

/// Patterns of the manifest. A `*` stays within one folder, `**` does not.
pub struct Patterns(Vec<Pattern>);

impl Patterns {
    /// Compiles patterns; packing has seen them compile.
    pub fn new(patterns: &[String]) -> Result<Patterns> {
        let compiled: std::result::Result<Vec<Pattern>, _> = patterns.iter().map(|p| Pattern::new(p)).collect();
        compiled
            .map(Patterns)
            .map_err(|e| Failure::new(Reason::BundleDamaged, format!("A pattern of the update is wrong: {e}.")))
    }

    /// Whether any of them matches.
    pub fn match_path(&self, path: &str) -> bool {
        let options = MatchOptions {
            case_sensitive: !platform::NAMES_IGNORE_CASE,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        self.0.iter().any(|p| p.matches_with(path, options))
    }
}

/// Looks at every file of an application folder. `release` is the list of what the installed release brought, and `code` what the new
/// one brings: a file that differs from one of theirs by the case of its letters alone, where that is no difference, goes by their name.
pub fn scan<'c>(
    disk: &dyn Disk,
    app: &Path,
    application: &'c Application,
    release: &'c BTreeMap<String, String>,
    code: impl Iterator<Item = &'c str>,
    databases: &[SiteDatabase],
    updater: &Path,
) -> Result<Scan> {
    let edited = application.edits.iter().map(|e| e.file.as_str());
    let known = code.chain(edited).chain(release.keys().map(String::as_str));
    let mut scanner = Scanner {
        disk,
        release,
        spelling: known
            .filter(|_| platform::NAMES_IGNORE_CASE)
            .map(|path| (platform::folded(path), path.to_owned()))
            .collect(),
        keep: Patterns::new(&application.keep)?,
        derived: Patterns::new(&application.derived)?,
        databases: databases
            .iter()
            .flat_map(|d| SIDE_SUFFIXES.iter().map(|s| side_file(&d.path, s)).chain([d.path.clone()]))
            .collect(),
        updater,
        volume: platform::volume_id(app).map_err(|e| crate::disk::failed("looking at the volume of", app, &e))?,
        scan: Scan::default(),
    };
    scanner.folder(app, "")?;
    let mut scan = scanner.scan;
    (scan.missing, scan.changed) = differences(&scan, application, release)?;
    Ok(scan)
}

/// Which files of a release are not there, and which are not as they were installed. What the manifest leaves to the site is neither.
pub fn differences(scan: &Scan, application: &Application, release: &BTreeMap<String, String>) -> Result<(Vec<String>, Vec<String>)> {
    let replace = Patterns::new(&application.replace)?;
    let (keep, derived) = (Patterns::new(&application.keep)?, Patterns::new(&application.derived)?);
    let forgiven = |path: &str| replace.match_path(path) || scan.files.get(path).is_some_and(|f| f.kept || f.owner == Owner::Updater);
    let absent = |path: &&String| !scan.files.contains_key(*path) && !forgiven(path) && !keep.match_path(path) && !derived.match_path(path);
    let missing = release.keys().filter(absent).cloned().collect();
    let differs = |(path, hash): &(&String, &String)| match scan.files.get(*path).map(|f| &f.owner) {
        Some(Owner::Release(found)) => found != *hash && !forgiven(path),
        Some(Owner::Site | Owner::EmptyFolder) => !forgiven(path),
        _ => false,
    };
    let changed = release.iter().filter(differs).map(|(path, _)| path.clone()).collect();
    Ok((missing, changed))
}

struct Scanner<'a> {
    disk: &'a dyn Disk,
    release: &'a BTreeMap<String, String>,
    spelling: BTreeMap<String, String>,
    keep: Patterns,
    derived: Patterns,
    databases: BTreeSet<PathBuf>,
    updater: &'a Path,
    volume: u64,
    scan: Scan,
}

impl Scanner<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let names = self.disk.list(folder)?;
        if names.is_empty() && !prefix.is_empty() {
            self.add(prefix.trim_end_matches('/'), Owner::EmptyFolder, 0);
        }
        for name in names.into_iter().filter(|n| !(prefix.is_empty() && n == WORK)) {
            let path = folder.join(&name);
            let Some(name) = name.to_str() else {
                // It cannot be in any list, so it is the site's; its folder is no unit.
                self.add(&format!("{prefix}{}", name.to_string_lossy()), Owner::Site, 0);
                continue;
            };
            let inside = format!("{prefix}{name}");
            match self.disk.kind(&path)? {
                Some(Kind::Folder) if platform::volume_id(&path).is_ok_and(|id| id == self.volume) => {
                    self.folder(&path, &format!("{inside}/"))?
                }
                Some(Kind::File(size)) => {
                    let inside = self.spelling.get(&platform::folded(&inside)).cloned().unwrap_or(inside);
                    let owner = self.owner(&path, &inside)?;
                    self.add(&inside, owner, size);
                }
                _ => self.add(&inside, Owner::Site, 0),
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, owner: Owner, size: u64) {
        let kept = self.keep.match_path(path) && owner == Owner::Site;
        self.scan.files.insert(path.to_owned(), LiveFile { owner, size, kept });
    }

    fn owner(&self, path: &Path, inside: &str) -> Result<Owner> {
        Ok(if self.databases.contains(path) {
            Owner::Database
        } else if path == self.updater {
            Owner::Updater
        } else if self.keep.match_path(inside) {
            Owner::Site
        } else if self.release.contains_key(inside) {
            Owner::Release(hash_file(self.disk, path)?)
        } else if self.derived.match_path(inside) {
            Owner::Derived
        } else {
            Owner::Site
        })
    }
}
