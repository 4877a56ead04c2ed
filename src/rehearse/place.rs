//! Copies of a site. The site itself is read once, into a copy that stays as it is; each trial begins with a copy of that, always at the
//! same place, so that every path in a journal means the same file.

use super::Voice;
use crate::database::{Mark, SIDE_SUFFIXES, side_file};
use crate::disk::{Disk, Kind, RealDisk, failed};
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use crate::site::Patterns;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From this size on, a file that the update keeps is not copied: an empty one of the same length stands for it.
pub const HOLLOW_BYTES: u64 = 64 << 20;
/// How often a database is copied anew because somebody wrote to it meanwhile.
const ATTEMPTS: usize = 3;

/// A copy of a site.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder of the whole copy.
    pub root: PathBuf,
    /// The application folder.
    pub app: PathBuf,
    /// The databases that lie elsewhere, by their names in the manifest.
    pub given: BTreeMap<String, PathBuf>,
    /// Files whose content was not copied, relative to the application folder.
    pub hollow: BTreeSet<PathBuf>,
}

/// Where a database is taken from, and where it goes in the copy.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name in the manifest.
    pub name: String,
    /// The file at the site.
    pub from: PathBuf,
    /// Relative to the application folder; `None` if it lies elsewhere.
    pub inside: Option<PathBuf>,
}

impl Place {
    /// An empty one.
    pub fn new(root: &Path) -> Result<Place> {
        let app = root.join("app");
        make_folder(&app)?;
        Ok(Place {
            root: root.to_owned(),
            app,
            given: BTreeMap::new(),
            hollow: BTreeSet::new(),
        })
    }

    /// Takes the files of an application folder, its databases apart. What `keep` matches may be left hollow where it is large.
    pub fn take_folder(&mut self, voice: &Voice<'_>, site: &Path, sources: &[Source], keep: &Patterns) -> Result<()> {
        let with_sides = |source: &Source| {
            let sides = SIDE_SUFFIXES.iter().map(|suffix| side_file(&source.from, suffix));
            sides.chain([source.from.clone()]).collect::<Vec<_>>()
        };
        let app = self.app.clone();
        let mut copier = Copier {
            voice,
            from: site.to_owned(),
            to: app,
            skipped: sources.iter().flat_map(with_sides).collect(),
            keep: Some(keep),
            hollow: BTreeSet::new(),
        };
        copier.folder(Path::new(""))?;
        self.hollow = copier.hollow;
        Ok(())
    }

    /// Takes a database with its log, from a place where others may be using it. Nothing is opened for writing there, and no file appears.
    pub fn take_database(&mut self, source: &Source) -> Result<()> {
        let to = self.database_place(source)?;
        copy_database(&source.from, &to)
    }

    /// Where a database goes in this copy; the folder for it is made.
    pub fn database_place(&mut self, source: &Source) -> Result<PathBuf> {
        let to = match &source.inside {
            Some(inside) => self.app.join(inside),
            None => {
                let folder = self.root.join("databases").join(&source.name);
                let to = folder.join(source.from.file_name().unwrap_or(source.name.as_ref()));
                self.given.insert(source.name.clone(), to.clone());
                to
            }
        };
        make_folder(to.parent().unwrap_or(&self.root))?;
        Ok(to)
    }

    /// A copy of this copy at another root, in place of what is there.
    pub fn copied_to(&self, voice: &Voice<'_>, root: &Path) -> Result<Place> {
        if root.exists() {
            fs::remove_dir_all(root).map_err(|e| failed("removing", root, &e))?;
        }
        make_folder(root)?;
        let inside = |path: &Path| root.join(path.strip_prefix(&self.root).unwrap_or(path));
        let mut copier = Copier {
            voice,
            from: self.root.clone(),
            to: root.to_owned(),
            skipped: self.hollow.iter().map(|path| self.app.join(path)).collect(),
            keep: None,
            hollow: BTreeSet::new(),
        };
        copier.folder(Path::new(""))?;
        let copy = Place {
            root: root.to_owned(),
            app: inside(&self.app),
            given: self.given.iter().map(|(name, path)| (name.clone(), inside(path))).collect(),
            hollow: self.hollow.clone(),
        };
        for path in &self.hollow {
            hollow_copy(&self.app.join(path), &copy.app.join(path))?;
        }
        Ok(copy)
    }

    /// The folders that are Holdfast's own in this copy.
    pub fn own_folders(&self) -> Vec<PathBuf> {
        let beside = self.given.values().map(|path| crate::swap::Workspace::beside(path).root);
        beside.chain([crate::swap::Workspace::of_app(&self.app).root]).collect()
    }
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| failed("making", path, &e))
}

/// Copies a folder.
struct Copier<'a> {
    voice: &'a Voice<'a>,
    from: PathBuf,
    to: PathBuf,
    skipped: BTreeSet<PathBuf>,
    keep: Option<&'a Patterns>,
    hollow: BTreeSet<PathBuf>,
}

impl Copier<'_> {
    fn folder(&mut self, inside: &Path) -> Result<()> {
        let from = self.from.join(inside);
        for name in RealDisk.list(&from)? {
            self.voice.go_on()?;
            let inside = inside.join(name);
            let (from, to) = (self.from.join(&inside), self.to.join(&inside));
            if self.skipped.contains(&from) {
                continue;
            }
            match RealDisk.kind(&from)? {
                Some(Kind::Folder) => {
                    make_folder(&to)?;
                    self.folder(&inside)?;
                }
                Some(Kind::File(bytes)) => {
                    let path = platform::slashed(&inside.to_string_lossy());
                    if bytes >= HOLLOW_BYTES && self.keep.is_some_and(|keep| keep.match_path(&path)) {
                        hollow_copy(&from, &to)?;
                        self.hollow.insert(inside);
                    } else {
                        copy_file(&from, &to)?;
                    }
                }
                Some(Kind::Other) => self.link(&from, &to),
                None => {}
            }
        }
        Ok(())
    }

    /// A link that leads out of the site must not lead a rehearsed program to live data: the copy leads nowhere.
    fn link(&self, from: &Path, to: &Path) {
        let Ok(target) = fs::read_link(from) else { return };
        let absolute = from.parent().unwrap_or(from).join(&target);
        let stays = match (platform::real_path(&absolute), platform::real_path(&self.from)) {
            (Ok(real), Ok(site)) => real.strip_prefix(&site).ok().map(|inside| self.to.join(inside)),
            _ => None,
        };
        let target = match stays {
            Some(_) if target.is_relative() => target,
            Some(inside) => inside,
            None => PathBuf::from("not-part-of-the-rehearsal"),
        };
        // The update does not follow links: a copy without it is as good.
        let _ = platform::link(&target, to);
    }
}

/// Copies a file; the system shares its blocks where it can. The copy may be written to.
fn copy_file(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map_err(|e| match e.kind() {
        std::io::ErrorKind::StorageFull => failed("copying", to, &e),
        _ => failed("copying", from, &e),
    })?;
    let mut permissions = fs::metadata(to).map_err(|e| failed("copying", to, &e))?.permissions();
    if permissions.readonly() {
        platform::let_owner_write(&mut permissions);
        fs::set_permissions(to, permissions).map_err(|e| failed("copying", to, &e))?;
    }
    Ok(())
}

/// A file of the same length without the content.
fn hollow_copy(from: &Path, to: &Path) -> Result<()> {
    let make = || {
        let length = fs::metadata(from)?.len();
        fs::File::create(to)?.set_len(length)
    };
    make().map_err(|e| failed("making", to, &e))
}

/// Copies a database with its log and its journal. The shared-memory file is made anew by whoever opens the copy.
pub fn copy_database(from: &Path, to: &Path) -> Result<()> {
    crate::database::is_database(&RealDisk, from).or_else(|failure| match failure.reason {
        // The update is to say what it says at the site.
        Reason::DatabaseInvalid => Ok(()),
        _ => Err(failure),
    })?;
    for _ in 0..ATTEMPTS {
        if platform::is_locked(from).map_err(|e| failed("reading", from, &e))? {
            break;
        }
        let before = Mark::of(&RealDisk, from)?;
        for suffix in ["", "-wal", "-journal"] {
            let (from, to) = (side_file(from, suffix), side_file(to, suffix));
            match RealDisk.kind(&from)? {
                Some(Kind::File(_)) => copy_file(&from, &to)?,
                _ if to.exists() => fs::remove_file(&to).map_err(|e| failed("removing", &to, &e))?,
                _ => {}
            }
        }
        if Mark::of(&RealDisk, from)? == before {
            return Ok(());
        }
    }
    let message = format!(
        "The database “{}” is in use by a program that writes to it. Close that program, or wait until it is done, then rehearse again.",
        from.display()
    );
    Err(Failure::new(Reason::DatabaseBusy, message).at(from))
}
