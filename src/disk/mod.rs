//! Everything that Holdfast does to a disk, behind one small trait, so that every change can be counted, refused or cut off by
//! a test. No other module may write, rename or remove a file; a lint holds that.

#[cfg(feature = "faults")]
mod faulty;
mod patient;
mod real;
#[cfg(all(feature = "faults", unix))]
pub mod simulated;
mod tree;

pub use patient::PatientDisk;
pub use real::RealDisk;
pub use tree::{Hashed, copy_file, copy_start, create_dirs, files_below, hash_file, remove_tree, replace_file, write_new, write_text};

use crate::failure::{Failure, Reason, Result};
use crate::platform::Attributes;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What stands at a path, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, with its length in bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link, device or anything else.
    Other,
}

/// A disk. Every method that changes something is one operation; each names its path in the failure.
pub trait Disk: Sync {
    /// What stands at a path; `None` if nothing does.
    fn kind(&self, path: &Path) -> Result<Option<Kind>>;
    /// The names in a folder, sorted; empty if there is no such folder.
    fn list(&self, folder: &Path) -> Result<Vec<std::ffi::OsString>>;
    /// A whole file; `None` if there is none.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>>;
    /// Opens a file for reading.
    fn open(&self, path: &Path) -> Result<Box<dyn io::Read>>;
    /// A file's modification time in nanoseconds since 1970.
    fn modified_ns(&self, path: &Path) -> Result<i128>;
    /// Where SQLite finds a database, with its side files, to read it: it knows real disks alone.
    fn for_sqlite(&self, path: &Path) -> Result<PathBuf> {
        Ok(path.to_owned())
    }

    /// Makes a folder in a folder that exists.
    fn create_dir(&self, path: &Path) -> Result<()>;
    /// Makes a file that must not exist.
    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>>;
    /// Opens a file to write at its end; makes it if it is not there.
    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>>;
    /// Shortens a file that is there.
    fn truncate(&self, path: &Path, length: u64) -> Result<()>;
    /// Renames within a volume, to a name at which nothing stands.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;
    /// Renames a file onto another, which goes.
    fn replace(&self, from: &Path, to: &Path) -> Result<()>;
    /// Removes a file or link.
    fn remove_file(&self, path: &Path) -> Result<()>;
    /// Removes an empty folder.
    fn remove_dir(&self, path: &Path) -> Result<()>;
    /// Gives owner, mode, attributes and access lists.
    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()>;
    /// Makes a file's bytes durable.
    fn flush_file(&self, path: &Path) -> Result<()>;
    /// Makes everything below a folder durable: bytes and entries.
    fn flush_all(&self, folder: &Path) -> Result<()>;
    /// Makes a folder's entries durable, where the system can.
    fn flush_dir(&self, path: &Path) -> Result<()>;
}

/// A file that is being written.
pub trait DiskFile: Write {
    /// Makes what was written durable.
    fn flush_durably(&mut self) -> Result<()>;
}

/// The disk that this build works on: the real one, tried with patience, or with the feature `faults` the one that fails when told to.
pub fn disk() -> Box<dyn Disk + Send> {
    #[cfg(feature = "faults")]
    return Box::new(PatientDisk::new(faulty::FaultyDisk::from_environment(RealDisk)));
    #[cfg(not(feature = "faults"))]
    Box::new(PatientDisk::new(RealDisk))
}

/// A failure of the disk: which operation, on which path, why, and what to do about it.
pub fn failed(doing: &str, path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let (reason, message) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
            Reason::SpaceShort,
            format!("There was no room left while {doing} “{shown}”. Make room on that volume and run the update again."),
        ),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
            Reason::TargetDenied,
            format!("The system did not allow {doing} “{shown}” ({error}). Run the update as a user who may write there."),
        ),
        _ => (
            Reason::DiskFailed,
            format!(
                "The system failed at {doing} “{shown}” ({error}). Check the disk, and that no other program holds the file, then run the update again."
            ),
        ),
    };
    Failure::new(reason, message)
        .at(path)
        .with("os_error", error.raw_os_error().unwrap_or(0))
}
