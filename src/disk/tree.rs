//! What is built from the disk's few operations: whole folders, whole files, hashes. Nothing here knows what it copies.

use super::{Disk, Kind};
use crate::bundle::hex;
use crate::failure::{Failure, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Makes a folder and those above it that are missing, and makes each durable in its parent.
pub fn create_dirs(disk: &dyn Disk, path: &Path) -> Result<()> {
    if disk.kind(path)?.is_some() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_dirs(disk, parent)?;
        disk.create_dir(path)?;
        disk.flush_dir(parent)?;
    }
    Ok(())
}

/// Adds every file at or below a path.
pub fn files_below(disk: &dyn Disk, path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    match disk.kind(path)? {
        Some(Kind::File(_)) => {
            found.insert(path.to_owned());
            Ok(())
        }
        Some(Kind::Folder) => disk
            .list(path)?
            .iter()
            .try_for_each(|name| files_below(disk, &path.join(name), found)),
        _ => Ok(()),
    }
}

/// Removes a file, link, or folder with all that is in it. Nothing there is fine: a removal may be repeated.
pub fn remove_tree(disk: &dyn Disk, path: &Path) -> Result<()> {
    match disk.kind(path)? {
        None => Ok(()),
        Some(Kind::Folder) => {
            for name in disk.list(path)? {
                remove_tree(disk, &path.join(name))?;
            }
            disk.remove_dir(path)
        }
        Some(_) => disk.remove_file(path),
    }
}

/// Writes a new file durably; its entry in the folder still wants a flush of the folder.
pub fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = disk.create(path)?;
    file.write_all(bytes).map_err(Failure::from)?;
    file.flush_durably()
}

/// Replaces a file by new bytes at once: a reader sees the old bytes or the new ones, also after a power cut.
pub fn replace_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = Path::new(&name);
    remove_tree(disk, partial)?;
    write_new(disk, partial, bytes)?;
    disk.replace(partial, path)?;
    match path.parent() {
        Some(parent) => disk.flush_dir(parent),
        None => Ok(()),
    }
}

/// Like [`replace_file`], for a value as indented JSON.
pub fn write_text(disk: &dyn Disk, path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|e| Failure::from(io::Error::from(e)))?;
    text.push(b'\n');
    replace_file(disk, path, &text)
}

/// SHA-256 of a file, read in pieces.
pub fn hash_file(disk: &dyn Disk, path: &Path) -> Result<String> {
    let mut source = disk.open(path)?;
    let mut hash = Hashed::new(io::sink());
    pump(&mut source, &mut hash).map_err(|e| super::failed("reading", path, &e))?;
    Ok(hash.digest().1)
}

/// Copies a file durably to a name at which nothing stands, and gives the SHA-256 of what was written.
pub fn copy_file(disk: &dyn Disk, from: &Path, to: &Path) -> Result<String> {
    copy_start(disk, from, to, u64::MAX)
}

/// The same with no more than the first so many bytes.
pub fn copy_start(disk: &dyn Disk, from: &Path, to: &Path, bytes: u64) -> Result<String> {
    let mut source = disk.open(from)?.take(bytes);
    let mut target = Hashed::new(disk.create(to)?);
    pump(&mut source, &mut target)?;
    let (mut file, digest) = target.digest();
    file.flush_durably()?;
    Ok(digest)
}

fn pump(source: &mut dyn Read, target: &mut dyn Write) -> io::Result<()> {
    let mut buffer = vec![0u8; 1 << 18];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(()),
            read => target.write_all(&buffer[..read])?,
        }
    }
}

/// A writer that hashes what passes.
pub struct Hashed<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Hashed<W> {
    /// Begins with nothing hashed.
    pub fn new(inner: W) -> Self {
        Hashed {
            inner,
            hash: Sha256::new(),
        }
    }

    /// The writer and the SHA-256 of all that passed.
    pub fn digest(self) -> (W, String) {
        (self.inner, hex(&self.hash.finalize()))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
