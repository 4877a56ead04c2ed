//! A disk that counts what the swap does, and ends the process at a chosen operation: what a power cut or a kill does at a site. It counts
//! from the beginning of the swap, so that points can be spread over retiring, placing, confirming, committing and tidying up.

use crate::disk::{Disk, DiskFile, Kind};
use crate::failure::Result;
use crate::platform::{self, Attributes};
use crate::report::Stage;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One operation of the swap.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The stage in which it is.
    pub stage: Stage,
    /// What it does.
    pub name: &'static str,
    /// On which path.
    pub path: PathBuf,
}

/// Counts operations, and knows when the process is to end.
#[derive(Default)]
pub struct Count {
    cut_at: Option<u64>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    stage: Option<Stage>,
    operations: Vec<Operation>,
}

impl Count {
    /// Ends the process before operation `cut_at`, counted from 1; never if it is not given.
    pub fn new(cut_at: Option<u64>) -> Arc<Count> {
        Arc::new(Count {
            cut_at,
            seen: Mutex::default(),
        })
    }

    /// A stage begins. What comes before the swap is not counted.
    pub fn begins(&self, stage: Stage) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.stage = (stage >= Stage::Swap).then_some(stage);
    }

    /// What the swap did.
    pub fn operations(&self) -> Vec<Operation> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).operations.clone()
    }

    fn operation(&self, name: &'static str, path: &Path, torn: &mut dyn FnMut()) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stage) = seen.stage else { return };
        let path = path.to_owned();
        seen.operations.push(Operation { stage, name, path });
        if self.cut_at == Some(seen.operations.len() as u64) {
            torn();
            platform::end_without_a_word();
        }
    }

    fn at(&self, name: &'static str, path: &Path) {
        self.operation(name, path, &mut || {});
    }
}

/// A disk around another.
pub struct CutDisk {
    inner: Box<dyn Disk + Send>,
    count: Arc<Count>,
}

impl CutDisk {
    /// Around the disk that this build works on.
    pub fn new(count: &Arc<Count>) -> CutDisk {
        CutDisk {
            inner: crate::disk::disk(),
            count: count.clone(),
        }
    }

    fn file(&self, path: &Path, inner: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(CutFile {
            inner,
            path: path.to_owned(),
            count: self.count.clone(),
        })
    }
}

impl Disk for CutDisk {
    fn kind(&self, path: &Path) -> Result<Option<Kind>> {
        self.inner.kind(path)
    }
    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        self.inner.list(folder)
    }
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        self.inner.read(path)
    }
    fn open(&self, path: &Path) -> Result<Box<dyn Read>> {
        self.inner.open(path)
    }
    fn modified_ns(&self, path: &Path) -> Result<i128> {
        self.inner.modified_ns(path)
    }
    fn for_sqlite(&self, path: &Path) -> Result<PathBuf> {
        self.inner.for_sqlite(path)
    }
    fn create_dir(&self, path: &Path) -> Result<()> {
        self.count.at("make a folder", path);
        self.inner.create_dir(path)
    }
    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.count.at("make a file", path);
        Ok(self.file(path, self.inner.create(path)?))
    }
    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.count.at("open a file", path);
        Ok(self.file(path, self.inner.append(path)?))
    }
    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        self.count.at("shorten", path);
        self.inner.truncate(path, length)
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.count.at("rename", from);
        self.inner.rename(from, to)
    }
    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.count.at("replace", to);
        self.inner.replace(from, to)
    }
    fn remove_file(&self, path: &Path) -> Result<()> {
        self.count.at("remove", path);
        self.inner.remove_file(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<()> {
        self.count.at("remove the folder", path);
        self.inner.remove_dir(path)
    }
    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        self.count.at("give rights to", path);
        self.inner.set_attributes(path, attributes)
    }
    fn flush_file(&self, path: &Path) -> Result<()> {
        self.count.at("flush", path);
        self.inner.flush_file(path)
    }
    fn flush_all(&self, folder: &Path) -> Result<()> {
        self.count.at("flush all of", folder);
        self.inner.flush_all(folder)
    }
    fn flush_dir(&self, path: &Path) -> Result<()> {
        self.count.at("flush the folder", path);
        self.inner.flush_dir(path)
    }
}

struct CutFile {
    inner: Box<dyn DiskFile>,
    path: PathBuf,
    count: Arc<Count>,
}

impl Write for CutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let inner = &mut self.inner;
        // A cut in the middle of a write leaves a part of it.
        let mut torn = || {
            let _ = inner.write_all(&bytes[..bytes.len() / 2]);
        };
        self.count.operation("write to", &self.path, &mut torn);
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl DiskFile for CutFile {
    fn flush_durably(&mut self) -> Result<()> {
        self.count.at("flush", &self.path);
        self.inner.flush_durably()
    }
}
