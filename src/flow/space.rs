//! How much room a run needs, volume by volume: computed from what will be written, not guessed.

use crate::disk::failed;
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// For the journal, logs and the file system's own book-keeping, in bytes.
const RESERVE_BYTES: u64 = 4 << 20;
/// A file takes whole blocks, in bytes.
const BLOCK_BYTES: u64 = 4096;

/// What one volume must hold.
#[derive(Debug, Clone, Serialize)]
pub struct Need {
    #[serde(skip)]
    volume: u64,
    /// A folder on it.
    pub folder: PathBuf,
    /// What will be written at most at one time, in bytes.
    pub needed_bytes: u64,
    /// What is free, in bytes.
    pub free_bytes: u64,
}

/// The needs of all volumes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Needs(pub Vec<Need>);

impl Needs {
    /// Adds so many bytes in so many files, below a folder that exists.
    pub fn add(&mut self, folder: &Path, bytes: u64, files: u64) -> Result<()> {
        let volume = platform::volume(folder).map_err(|e| failed("looking at the free space of", folder, &e))?;
        let bytes = bytes + files * BLOCK_BYTES;
        match self.0.iter_mut().find(|n| n.volume == volume.id) {
            Some(need) => need.needed_bytes += bytes,
            None => self.0.push(Need {
                volume: volume.id,
                folder: folder.to_owned(),
                needed_bytes: bytes + RESERVE_BYTES,
                free_bytes: volume.free_bytes,
            }),
        }
        Ok(())
    }

    /// Fails if a volume has less than is needed.
    pub fn check(&self) -> Result<()> {
        match self.0.iter().find(|n| n.free_bytes < n.needed_bytes) {
            None => Ok(()),
            Some(short) => Err(Failure::new(
                Reason::SpaceShort,
                format!(
                    "The update needs {} of free space at “{}”, and {} are free. Make room there, then run the update again.",
                    human(short.needed_bytes),
                    short.folder.display(),
                    human(short.free_bytes)
                ),
            )
            .at(&short.folder)
            .with("value", short.free_bytes)
            .with("expected", short.needed_bytes)),
        }
    }
}

/// Bytes as a person reads them.
pub fn human(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
