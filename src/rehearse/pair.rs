//! What a site is, file by file, as hashes; and whether that is exactly the old pair or exactly the new one. It reads the disk and
//! believes nothing that the update says of itself, but for one thing: which bytes of a database it had verified before it went live.

use super::details::Found;
use super::place::Place;
use crate::bundle::Manifest;
use crate::database::{SIDE_SUFFIXES, side_file};
use crate::disk::{Disk, Kind, RealDisk, hash_file};
use crate::failure::Result;
use crate::platform;
use crate::site::Patterns;
use crate::swap::{JOURNAL, WORK, Workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Everything at a site but what is Holdfast's own: paths, and what is there.
pub type Tree = BTreeMap<PathBuf, String>;

/// What stands for a folder.
const A_FOLDER: &str = "a folder";

/// Reads a site. A database that lies elsewhere stands under its absolute path, as it does in a plan.
pub fn tree(place: &Place) -> Result<Tree> {
    let mut found = Tree::new();
    below(place, &place.app, &mut found)?;
    for database in place.given.values() {
        below(place, database.parent().unwrap_or(database), &mut found)?;
    }
    Ok(found)
}

fn below(place: &Place, folder: &Path, found: &mut Tree) -> Result<()> {
    for name in RealDisk.list(folder)? {
        // Beside a database that lies elsewhere, Holdfast's own folder has the database's name behind this.
        if name.to_string_lossy().starts_with(WORK) || name.to_string_lossy().ends_with("-shm") {
            continue;
        }
        let path = folder.join(name);
        let inside = path.strip_prefix(&place.app).unwrap_or(&path).to_owned();
        let what = match RealDisk.kind(&path)? {
            None => continue,
            Some(Kind::Folder) => {
                below(place, &path, found)?;
                A_FOLDER.to_owned()
            }
            Some(Kind::File(bytes)) if place.hollow.contains(&inside) => format!("{bytes} bytes that were not copied"),
            Some(Kind::File(_)) => {
                let executable = if platform::is_executable(&path) { " may be run" } else { "" };
                hash_file(&RealDisk, &path)? + executable
            }
            Some(Kind::Other) => {
                std::fs::read_link(&path).map_or_else(|_| "something".to_owned(), |to| format!("a link to {}", to.display()))
            }
        };
        found.insert(inside, what);
    }
    Ok(())
}

/// Both pairs of a site.
pub struct Pairs<'m> {
    /// The old one.
    pub old: Tree,
    /// The new one, once an update has ended well.
    pub new: Option<Tree>,
    manifest: &'m Manifest,
    code: BTreeSet<PathBuf>,
    derived: Patterns,
}

/// What was found, and in words how it differs from both pairs if it does.
pub struct Judgement {
    /// Which pair.
    pub found: Found,
    /// How it differs from both, if it does.
    pub difference: Option<String>,
}

impl<'m> Pairs<'m> {
    /// With the old pair as it stands.
    pub fn new(manifest: &'m Manifest, place: &Place) -> Result<Pairs<'m>> {
        Ok(Pairs {
            old: tree(place)?,
            new: None,
            manifest,
            code: manifest.code().map(|(path, _)| PathBuf::from(path)).collect(),
            derived: Patterns::new(&manifest.application.derived)?,
        })
    }

    /// Which pair a site is when nothing is at work there.
    pub fn judge(&self, place: &Place) -> Result<Judgement> {
        self.compare(place, &tree(place)?, &Journal::default())
    }

    /// What can be started at a site in the middle of a swap.
    pub fn judge_cut(&self, place: &Place) -> Result<Judgement> {
        let mut entries = self.manifest.application.entry.iter();
        if !entries.any(|entry| platform::below(&place.app, entry).exists()) {
            return Ok(Judgement {
                found: Found::Nothing,
                difference: None,
            });
        }
        self.compare(place, &tree(place)?, &Journal::read(&place.app))
    }

    /// In words, how a site differs from the old pair.
    pub fn differs_from_old(&self, place: &Place) -> Result<Option<String>> {
        Ok(self.unlike_old(&tree(place)?, &Journal::default()))
    }

    fn compare(&self, place: &Place, found: &Tree, journal: &Journal) -> Result<Judgement> {
        let Some(from_old) = self.unlike_old(found, journal) else {
            return Ok(Judgement {
                found: Found::Old,
                difference: None,
            });
        };
        let from_new = self.unlike_new(place, found, journal)?;
        Ok(match from_new {
            None => Judgement {
                found: Found::New,
                difference: None,
            },
            Some(from_new) => Judgement {
                found: Found::Mixed,
                difference: Some(format!(
                    "Compared with the old pair, {from_old}; compared with the new one, {from_new}"
                )),
            },
        })
    }

    fn unlike_old(&self, found: &Tree, journal: &Journal) -> Option<String> {
        let lost = self
            .old
            .iter()
            .find(|(path, what)| found.get(*path) != Some(what) && !journal.has_retired(path, found));
        let strange = || found.keys().find(|path| !self.old.contains_key(*path) && self.code.contains(*path));
        match lost {
            Some((path, _)) => Some(differs(path, found)),
            None => strange().map(|path| format!("“{}” of the new version is there", path.display())),
        }
    }

    fn unlike_new(&self, place: &Place, found: &Tree, journal: &Journal) -> Result<Option<String>> {
        let Some(new) = &self.new else {
            return Ok(Some("nothing is known, because no update has ended well".to_owned()));
        };
        let verified = verified_databases(&place.app);
        let sides: BTreeSet<PathBuf> = verified
            .keys()
            .flat_map(|unit| SIDE_SUFFIXES.iter().map(move |suffix| side_file(Path::new(unit), suffix)))
            .collect();
        for (unit, hashes) in &verified {
            let what = found.get(Path::new(unit));
            if !what.is_some_and(|what| hashes.iter().any(|hash| what.starts_with(hash.as_str()))) {
                return Ok(Some(format!("the database “{unit}” is not the one that was verified")));
            }
        }
        let counts = |path: &Path| {
            let is_derived = self.derived.match_path(&platform::slashed(&path.to_string_lossy()));
            !is_derived && !sides.contains(path) && !path.to_str().is_some_and(|unit| verified.contains_key(unit))
        };
        let lost = new.iter().find(|(path, what)| {
            let differs = found.get(*path) != Some(what);
            differs && counts(path) && !journal.has_retired(path, found)
        });
        let is_left = |path: &&PathBuf| !new.contains_key(*path) && counts(path) && self.old.contains_key(*path);
        Ok(match lost {
            Some((path, _)) => Some(differs(path, found)),
            None => found
                .keys()
                .find(is_left)
                .map(|path| format!("“{}” of the old version is there", path.display())),
        })
    }
}

fn differs(path: &Path, found: &Tree) -> String {
    let how = if found.contains_key(path) { "differs" } else { "is missing" };
    format!("“{}” {how}", path.display())
}

/// What the journal of an unfinished run says of the units without which nothing can be started. They go one by one.
#[derive(Default)]
struct Journal {
    entries: Vec<PathBuf>,
}

impl Journal {
    fn read(app: &Path) -> Journal {
        let records = records(&Workspace::of_app(app).root.join(JOURNAL));
        let units = records.iter().filter_map(|record| record["plan"]["units"].as_array()).flatten();
        let entries = units
            .filter(|unit| unit["role"] == "entry")
            .filter_map(|unit| unit["path"].as_str());
        Journal {
            entries: entries.map(PathBuf::from).collect(),
        }
    }

    /// Whether a path is out of use with the entry to which it belongs.
    fn has_retired(&self, path: &Path, found: &Tree) -> bool {
        !found.contains_key(path) && self.entries.iter().any(|entry| path.starts_with(entry))
    }
}

/// The hashes that databases had when runs at this site were ready to go live, by unit.
fn verified_databases(app: &Path) -> BTreeMap<String, Vec<String>> {
    let root = Workspace::of_app(app).root;
    let history = root.join("history");
    let past = RealDisk
        .list(&history)
        .unwrap_or_default()
        .into_iter()
        .map(|name| history.join(name));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in past.chain([root.join(JOURNAL)]).flat_map(|path| records(&path)) {
        let units = record["plan"]["units"].as_array().into_iter().flatten();
        for unit in units.filter(|unit| unit["role"] == "database") {
            let path = unit["path"].as_str().unwrap_or_default();
            if let Some(hash) = record["hashes"][path].as_str() {
                found.entry(path.to_owned()).or_default().push(hash.to_owned());
            }
        }
    }
    found
}

fn records(journal: &Path) -> Vec<Value> {
    let text = std::fs::read(journal).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .map(|mut line| line["record"].take())
        .collect()
}
