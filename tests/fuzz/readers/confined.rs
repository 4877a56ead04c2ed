//! The real disk below one folder. What lies outside is refused, and that it was asked for is remembered: a journal that says so is only
//! ever followed as far as here.

use holdfast::disk::{Disk, DiskFile, Kind, RealDisk};
use holdfast::failure::{Failure, Reason, Result};
use holdfast::platform::Attributes;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

pub struct Confined {
    root: PathBuf,
    left: AtomicBool,
}

impl Confined {
    pub fn new(root: &Path) -> Confined {
        Confined {
            root: root.to_owned(),
            left: AtomicBool::new(false),
        }
    }

    /// Whether anything outside was asked for.
    pub fn was_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }

    fn inside(&self, path: &Path) -> Result<RealDisk> {
        let below = path.strip_prefix(&self.root);
        if below.is_ok_and(|p| p.components().all(|c| matches!(c, Component::Normal(_)))) {
            return Ok(RealDisk);
        }
        self.left.store(true, Ordering::Relaxed);
        Err(Failure::new(Reason::TargetDenied, format!("“{}” lies outside.", path.display())))
    }
}

impl Disk for Confined {
    fn kind(&self, path: &Path) -> Result<Option<Kind>> {
        self.inside(path)?.kind(path)
    }
    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        self.inside(folder)?.list(folder)
    }
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        self.inside(path)?.read(path)
    }
    fn open(&self, path: &Path) -> Result<Box<dyn Read>> {
        self.inside(path)?.open(path)
    }
    fn modified_ns(&self, path: &Path) -> Result<i128> {
        self.inside(path)?.modified_ns(path)
    }
    fn create_dir(&self, path: &Path) -> Result<()> {
        self.inside(path)?.create_dir(path)
    }
    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.inside(path)?.create(path)
    }
    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.inside(path)?.append(path)
    }
    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        self.inside(path)?.truncate(path, length)
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.inside(from)?;
        self.inside(to)?.rename(from, to)
    }
    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.inside(from)?;
        self.inside(to)?.replace(from, to)
    }
    fn remove_file(&self, path: &Path) -> Result<()> {
        self.inside(path)?.remove_file(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<()> {
        self.inside(path)?.remove_dir(path)
    }
    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        self.inside(path)?.set_attributes(path, attributes)
    }
    fn flush_file(&self, path: &Path) -> Result<()> {
        self.inside(path)?.flush_file(path)
    }
    fn flush_all(&self, folder: &Path) -> Result<()> {
        self.inside(folder)?.flush_all(folder)
    }
    fn flush_dir(&self, path: &Path) -> Result<()> {
        self.inside(path)?.flush_dir(path)
    }
}
