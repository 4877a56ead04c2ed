//! The zip of an import: data loads in the payload's own layout, and nothing else. Nothing in it is trusted: names are those that every system
//! stores as they are, every byte is read and checked before the database is looked at, and a file that no load names is a mistake.

use crate::bundle::names;
use crate::disk::{Disk, create_dirs};
use crate::failure::{Failure, Reason, Result};
use crate::flow::import::Cargo;
use crate::load::{FILE, LoadPlan, Mode};
use crate::near::near;
use crate::payload::load_json;
use crate::platform::below;
use crate::steps::{Body, Kind, Step};
use crate::version::Version;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// The largest plan that is read, in bytes.
const MAX_PLAN_BYTES: u64 = 64 << 20;
/// Files of a Unix zip that are links.
const LINK: u32 = 0o120_000;
/// Where the kind of a file stands in its mode.
const KIND: u32 = 0o170_000;

/// An opened zip.
pub struct Archive {
    path: PathBuf,
    zip: RefCell<ZipArchive<BufReader<File>>>,
    loads: Vec<Load>,
    mode: Option<Mode>,
}

/// One load in it.
struct Load {
    version: Version,
    name: String,
    /// Its folder in the zip.
    folder: String,
    /// As a bundle would carry it.
    plan: String,
    /// Its data files with their sizes.
    files: Vec<(String, u64)>,
}

impl Archive {
    /// Opens a zip and reads all of it once. `mode` takes the place of what its plans say.
    pub fn open(path: &Path, mode: Option<Mode>) -> Result<Archive> {
        let file = File::open(path).map_err(|e| {
            let message = format!("“{}” cannot be opened: {e}.", path.display());
            Failure::new(Reason::RequestInvalid, message).at(path)
        })?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(path, &format!("it is no zip, or it is cut off ({e})")))?;
        let mut archive = Archive {
            path: path.to_owned(),
            zip: RefCell::new(zip),
            loads: Vec::new(),
            mode,
        };
        let sizes = archive.entries()?;
        archive.loads = archive.find_loads(sizes)?;
        for load in &archive.loads {
            for (file, size) in &load.files {
                archive.copy(&format!("{}/{file}", load.folder), *size, &mut std::io::sink())?;
            }
        }
        Ok(archive)
    }

    /// The files by their paths, with their sizes.
    fn entries(&self) -> Result<BTreeMap<String, u64>> {
        let mut zip = self.zip.borrow_mut();
        let mut sizes = BTreeMap::new();
        for n in 0..zip.len() {
            let entry = zip.by_index_raw(n).map_err(|e| self.damaged(&format!("its list of files: {e}")))?;
            let name = entry.name().map_err(|e| self.damaged(&format!("a name in it: {e}")))?.into_owned();
            if entry.is_dir() {
                names::check(name.trim_end_matches('/')).map_err(|f| self.unsafe_name(f))?;
                continue;
            }
            if entry.unix_mode().is_some_and(|mode| mode & KIND == LINK) {
                let message = format!("“{name}” is a link; only files can be imported.");
                return Err(self.unsafe_name(Failure::new(Reason::BundleName, message).with("value", name)));
            }
            sizes.insert(name, entry.size());
        }
        names::check_all(sizes.keys().map(String::as_str)).map_err(|f| self.unsafe_name(f))?;
        Ok(sizes)
    }

    fn find_loads(&self, sizes: BTreeMap<String, u64>) -> Result<Vec<Load>> {
        let mut folders: BTreeMap<(Version, String), (String, BTreeMap<String, u64>)> = BTreeMap::new();
        for (path, size) in sizes {
            let (version, step, file) = self.place(&path)?;
            let folder = path[..path.len() - file.len() - 1].to_owned();
            let (known, files) = folders
                .entry((version, step.to_owned()))
                .or_insert((folder.clone(), BTreeMap::new()));
            if *known != folder {
                return Err(self.wrong(&format!("“{known}” and “{folder}” are of one and the same version")));
            }
            files.insert(file.to_owned(), size);
        }
        if folders.is_empty() {
            return Err(self.wrong("there is no data load in it"));
        }
        let loads = folders.into_iter().map(|((version, name), (folder, mut files))| {
            let size = files.remove(FILE);
            let size = size.ok_or_else(|| self.wrong(&format!("“{folder}/{FILE}” is missing")))?;
            let mut plan = Vec::new();
            if size > MAX_PLAN_BYTES {
                return Err(self.wrong(&format!("“{folder}/{FILE}” is too large for a plan")));
            }
            self.copy(&format!("{folder}/{FILE}"), size, &mut plan)?;
            let text = String::from_utf8(plan).map_err(|_| self.wrong(&format!("“{folder}/{FILE}” is not UTF-8 text")))?;
            let plan = load_json(&format!("{version}/{name}"), &text)?;
            let mut load = Load {
                files: Vec::new(),
                version,
                name,
                folder,
                plan,
            };
            let Body::Load { plan, .. } = self.step(&load, Path::new(""))?.body else {
                return Err(self.wrong(&format!("“{}” is no data load", load.folder)));
            };
            for file in plan.files() {
                let size = files.remove(file);
                let size = size.ok_or_else(|| self.wrong(&format!("“{}/{file}” is missing, and {FILE} names it", load.folder)))?;
                load.files.push((file.to_owned(), size));
            }
            let unused = files.keys().find(|file| !plan.disabled().any(|d| d == file.as_str()));
            match unused {
                Some(unused) => Err(self.wrong(&format!("“{}/{unused}” is named by no [[file]] of its {FILE}", load.folder))),
                None => Ok(load),
            }
        });
        loads.collect()
    }

    /// What a path means: version, step, file in the step.
    fn place<'p>(&self, path: &'p str) -> Result<(Version, &'p str, &'p str)> {
        let mut parts = path.splitn(4, '/');
        let (Some("migrations"), Some(version), Some(step), Some(file)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(self.stranger(path));
        };
        if Kind::of(step) != Some(Kind::Load) {
            return Err(self.stranger(path));
        }
        let version = version.parse().map_err(|e| self.wrong(&format!("“{path}”: {e}")))?;
        Ok((version, step, file))
    }

    fn stranger(&self, path: &str) -> Failure {
        let first = path.split('/').next().unwrap_or_default();
        let near = near(first, ["migrations"].into_iter()).map_or_else(String::new, |near| format!(" (did you mean “{near}”?)"));
        self.wrong(&format!("“{path}” is not of the form migrations/VERSION/NAME.load/FILE{near}"))
    }

    fn step(&self, load: &Load, folder: &Path) -> Result<Step> {
        let folder = below(folder, format!("{}/{}", load.version, load.name));
        let mut step = Step::new((None, &load.version), &load.name, &|_| Ok(load.plan.clone().into_bytes()), folder)?;
        if let (Some(mode), Body::Load { plan, .. }) = (self.mode, &mut step.body) {
            **plan = LoadPlan::with_mode((**plan).clone(), mode);
        }
        Ok(step)
    }

    /// Copies an entry; its length and its checksum must be those that the zip says.
    fn copy(&self, name: &str, size: u64, out: &mut dyn Write) -> Result<()> {
        let unreadable = |e: &dyn std::fmt::Display| self.damaged(&format!("“{name}” cannot be read ({e})")).with("entry", name);
        let mut zip = self.zip.borrow_mut();
        let mut entry = zip.by_name(name).map_err(|e| unreadable(&e))?;
        let mut left = size;
        let mut buffer = vec![0u8; 1 << 18];
        loop {
            let read = entry.read(&mut buffer).map_err(|e| unreadable(&e))?;
            if read == 0 {
                break;
            }
            left = left
                .checked_sub(read as u64)
                .ok_or_else(|| unreadable(&"it is longer than it says"))?;
            out.write_all(&buffer[..read])?;
        }
        match left {
            0 => Ok(()),
            _ => Err(unreadable(&"it is shorter than it says")),
        }
    }

    fn unsafe_name(&self, failure: Failure) -> Failure {
        failure
            .hint("Make the zip again, with `holdfast export` or by hand.")
            .at(&self.path)
    }

    fn wrong(&self, why: &str) -> Failure {
        let message = format!("“{}” cannot be imported: {why}. Correct the zip.", self.path.display());
        Failure::new(Reason::PayloadInvalid, message).at(&self.path)
    }

    fn damaged(&self, why: &str) -> Failure {
        damaged(&self.path, why)
    }
}

fn damaged(path: &Path, why: &str) -> Failure {
    let message = format!("“{}” is damaged: {why}. Copy it again from its source.", path.display());
    Failure::new(Reason::BundleDamaged, message).at(path)
}

impl Cargo for Archive {
    fn steps(&self, folder: &Path) -> Result<Vec<Step>> {
        self.loads.iter().map(|load| self.step(load, folder)).collect()
    }

    fn size(&self) -> (u64, u64) {
        let files = self.loads.iter().flat_map(|load| &load.files);
        files.fold((0, 0), |(bytes, files), (_, size)| (bytes + size, files + 1))
    }

    fn unpack(&self, disk: &dyn Disk, folder: &Path) -> Result<()> {
        for load in &self.loads {
            let to = below(folder, format!("{}/{}", load.version, load.name));
            for (file, size) in &load.files {
                let path = below(&to, file);
                create_dirs(disk, path.parent().unwrap_or(&to))?;
                let mut out = disk.create(&path)?;
                self.copy(&format!("{}/{file}", load.folder), *size, &mut out)?;
            }
        }
        Ok(())
    }
}
