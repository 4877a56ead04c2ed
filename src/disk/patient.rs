//! A disk that tries again. Scanners and indexers open what has just been written, and Windows then refuses to rename or remove it; they
//! let go by themselves. Whatever is still refused after [`PATIENCE`] is a failure like any other.

use super::{Disk, DiskFile, Kind, files_below};
use crate::failure::{Failure, Reason, Result};
use crate::platform::{self, Attributes};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one operation is tried for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// A disk around another.
pub struct PatientDisk<D> {
    inner: D,
    patience: Duration,
}

impl<D: Disk> PatientDisk<D> {
    /// With the patience that people and scanners need.
    pub fn new(inner: D) -> Self {
        PatientDisk {
            inner,
            patience: patience(),
        }
    }

    fn again<T>(&self, attempt: impl Fn() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let mut pause = PAUSES.0;
        loop {
            match attempt() {
                Err(failure) if passes(&failure) && started.elapsed() < self.patience => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(PAUSES.1);
                }
                done => return done,
            }
        }
    }
}

impl<D: Disk> PatientDisk<D> {
    /// Names whoever keeps a file or folder from being moved. If nobody does, the failure is what it was.
    fn who_holds(&self, failure: Failure, path: &Path) -> Failure {
        if !passes(&failure) {
            return failure;
        }
        let mut files = BTreeSet::new();
        // What cannot be listed has no holder that could be named.
        let _ = files_below(&self.inner, path, &mut files);
        let holders = platform::holders(&files, &[]);
        let Some(holder) = holders.first() else { return failure };
        let message = format!(
            "“{}” cannot be moved, because “{}” is open in {}. Close it, then run the update again.",
            path.display(),
            holder.path.display(),
            holder.words()
        );
        Failure {
            reason: Reason::ApplicationRunning,
            message,
            ..failure
        }
        .with("holders", serde_json::to_value(&holders).unwrap_or_default())
    }
}

fn patience() -> Duration {
    #[cfg(feature = "faults")]
    if let Some(ms) = std::env::var("HOLDFAST_PATIENCE_MS").ok().and_then(|ms| ms.parse().ok()) {
        return Duration::from_millis(ms);
    }
    PATIENCE
}

fn passes(failure: &Failure) -> bool {
    let code = failure.fields.get("os_error").and_then(serde_json::Value::as_i64);
    code.and_then(|code| i32::try_from(code).ok()).is_some_and(platform::is_passing)
}

impl<D: Disk> Disk for PatientDisk<D> {
    fn kind(&self, path: &Path) -> Result<Option<Kind>> {
        self.inner.kind(path)
    }
    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        self.again(|| self.inner.list(folder))
    }
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        self.again(|| self.inner.read(path))
    }
    fn open(&self, path: &Path) -> Result<Box<dyn io::Read>> {
        self.again(|| self.inner.open(path))
    }
    fn create_dir(&self, path: &Path) -> Result<()> {
        self.again(|| self.inner.create_dir(path))
    }
    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.again(|| self.inner.create(path))
    }
    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.again(|| self.inner.append(path))
    }
    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        self.again(|| self.inner.truncate(path, length))
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.again(|| self.inner.rename(from, to))
            .map_err(|failure| self.who_holds(failure, from))
    }
    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.again(|| self.inner.replace(from, to))
    }
    fn remove_file(&self, path: &Path) -> Result<()> {
        self.again(|| self.inner.remove_file(path))
    }
    fn remove_dir(&self, path: &Path) -> Result<()> {
        self.again(|| self.inner.remove_dir(path))
    }
    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        self.again(|| self.inner.set_attributes(path, attributes))
    }
    fn flush_file(&self, path: &Path) -> Result<()> {
        self.again(|| self.inner.flush_file(path))
    }
    fn flush_all(&self, folder: &Path) -> Result<()> {
        self.again(|| self.inner.flush_all(folder))
    }
    fn flush_dir(&self, path: &Path) -> Result<()> {
        self.again(|| self.inner.flush_dir(path))
    }
}
