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

    fn again<T>(&self, path: &Path, attempt: impl Fn() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let mut pause = PAUSES.0;
        loop {
            match attempt() {
                Err(failure) if passes(&failure) => {
                    if started.elapsed() >= self.patience {
                        return Err(self.who_holds(failure, path));
                    }
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(PAUSES.1);
                }
                done => return done,
            }
        }
    }

    /// Names whoever keeps a file or folder from being used. If nobody does, the failure is what it was.
    fn who_holds(&self, failure: Failure, path: &Path) -> Failure {
        let mut held = BTreeSet::from([path.to_owned()]);
        // What cannot be listed has no holder that could be named.
        let _ = files_below(&self.inner, path, &mut held);
        let holders = platform::holders(&held, &[]);
        let Some(holder) = holders.first() else { return failure };
        let message = format!(
            "“{}” has to be free, but {}. Close it, then run the update again.",
            path.display(),
            match holder.path == path {
                true => format!("it is open in {}", holder.words()),
                false => format!("“{}” is open in {}", holder.path.display(), holder.words()),
            }
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
        self.again(folder, || self.inner.list(folder))
    }
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        self.again(path, || self.inner.read(path))
    }
    fn open(&self, path: &Path) -> Result<Box<dyn io::Read>> {
        self.again(path, || self.inner.open(path))
    }
    fn modified_ns(&self, path: &Path) -> Result<i128> {
        self.again(path, || self.inner.modified_ns(path))
    }
    fn create_dir(&self, path: &Path) -> Result<()> {
        self.again(path, || self.inner.create_dir(path))
    }
    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.again(path, || self.inner.create(path))
    }
    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.again(path, || self.inner.append(path))
    }
    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        self.again(path, || self.inner.truncate(path, length))
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.again(from, || self.inner.rename(from, to))
    }
    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.again(from, || self.inner.replace(from, to))
    }
    fn remove_file(&self, path: &Path) -> Result<()> {
        self.again(path, || self.inner.remove_file(path))
    }
    fn remove_dir(&self, path: &Path) -> Result<()> {
        self.again(path, || self.inner.remove_dir(path))
    }
    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        self.again(path, || self.inner.set_attributes(path, attributes))
    }
    fn flush_file(&self, path: &Path) -> Result<()> {
        self.again(path, || self.inner.flush_file(path))
    }
    fn flush_all(&self, folder: &Path) -> Result<()> {
        self.again(folder, || self.inner.flush_all(folder))
    }
    fn flush_dir(&self, path: &Path) -> Result<()> {
        self.again(path, || self.inner.flush_dir(path))
    }
}
