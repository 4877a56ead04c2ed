//! The real disk: `std::fs` and the platform, with the path in every failure. Nothing here decides anything.
#![allow(clippy::disallowed_methods, reason = "this is the one place that writes")]

use super::{Disk, DiskFile, Kind, failed};
use crate::failure::Result;
use crate::platform::{self, Attributes};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The disk of this machine.
pub struct RealDisk;

impl Disk for RealDisk {
    fn kind(&self, path: &Path) -> Result<Option<Kind>> {
        match fs::symlink_metadata(path) {
            Ok(m) if m.is_file() => Ok(Some(Kind::File(m.len()))),
            Ok(m) if m.is_dir() => Ok(Some(Kind::Folder)),
            Ok(_) => Ok(Some(Kind::Other)),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(failed("looking at", path, &e)),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed("listing", folder, &e)),
        };
        let mut names = entries
            .map(|e| e.map(|e| e.file_name()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(|e| failed("listing", folder, &e))?;
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed("reading", path, &e)),
        }
    }

    fn open(&self, path: &Path) -> Result<Box<dyn io::Read>> {
        let file = File::open(path).map_err(|e| failed("opening", path, &e))?;
        Ok(Box::new(file))
    }

    fn modified_ns(&self, path: &Path) -> Result<i128> {
        platform::modified_ns(path).map_err(|e| failed("looking at", path, &e))
    }

    fn create_dir(&self, path: &Path) -> Result<()> {
        fs::create_dir(path).map_err(|e| failed("making the folder", path, &e))
    }

    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        RealFile::open(path, OpenOptions::new().write(true).create_new(true))
    }

    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        RealFile::open(path, OpenOptions::new().append(true).create(true))
    }

    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        let shorten = || OpenOptions::new().write(true).open(path)?.set_len(length);
        shorten().map_err(|e| failed("shortening", path, &e))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        platform::rename_new(from, to).map_err(|e| failed("moving", from, &e).with("to", to.display().to_string()))
    }

    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        platform::rename_over(from, to).map_err(|e| failed("replacing", to, &e))
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        platform::remove_file(path).map_err(|e| failed("removing", path, &e))
    }

    fn remove_dir(&self, path: &Path) -> Result<()> {
        platform::remove_dir(path).map_err(|e| failed("removing the folder", path, &e))
    }

    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        platform::set_attributes(path, attributes).map_err(|e| failed("giving owner and access rights to", path, &e))
    }

    fn flush_file(&self, path: &Path) -> Result<()> {
        platform::flush_file(path).map_err(|e| failed("flushing", path, &e))
    }

    fn flush_all(&self, folder: &Path) -> Result<()> {
        platform::flush_all(folder).map_err(|e| failed("flushing", folder, &e))
    }

    fn flush_dir(&self, path: &Path) -> Result<()> {
        platform::flush_dir(path).map_err(|e| failed("flushing the folder", path, &e))
    }
}

struct RealFile {
    file: File,
    path: PathBuf,
}

impl RealFile {
    fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn DiskFile>> {
        let file = options.open(path).map_err(|e| failed("making", path, &e))?;
        Ok(Box::new(RealFile {
            file,
            path: path.to_owned(),
        }))
    }
}

impl Write for RealFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|e| match e.kind() {
            ErrorKind::Interrupted => e,
            _ => failed("writing", &self.path, &e).into(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for RealFile {
    fn flush_durably(&mut self) -> Result<()> {
        self.file.sync_all().map_err(|e| failed("flushing", &self.path, &e))
    }
}
