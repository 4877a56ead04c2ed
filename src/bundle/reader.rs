//! Reads a bundle, trusting nothing: the manifest must be the one that the footer names, the zip must hold exactly the
//! entries that the manifest lists, and every byte is counted and hashed before it is used.

use super::container::{Place, ReadSeek};
use super::manifest::{Entry, FORMAT, Manifest, Step};
use super::{MANIFEST, hex, names, sha256};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io::{Read, SeekFrom, Write};
use zip::ZipArchive;

/// The largest manifest that is read, in bytes: about 200,000 files.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// The largest entry that is held in memory (steps, schemas, lists), in bytes.
const MAX_TEXT_BYTES: u64 = 256 << 20;

/// An opened bundle.
pub struct Bundle {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the manifest, which holds the hash of every entry: the bundle's name in journals and results.
    pub digest: String,
    place: Place,
    archive: RefCell<ZipArchive<Box<dyn ReadSeek>>>,
    sizes: HashMap<String, usize>,
}

impl Bundle {
    /// Opens a bundle and checks its manifest and its list of entries.
    pub fn open(place: Place) -> Result<Bundle> {
        let mut archive = ZipArchive::new(place.open()?).map_err(|e| damaged(&format!("its list of files cannot be read ({e})")))?;
        let text = manifest_text(&mut archive)?;
        if sha256(&text) != place.manifest_sha256 {
            return Err(damaged("its manifest is not the one that was packed"));
        }
        let manifest = parse(&text)?;
        check_entries(&archive, count_entries(&place, archive.len() as u64)?, &manifest)?;
        check_references(&manifest)?;
        let sizes = manifest.entries.iter().enumerate().map(|(n, e)| (e.path.clone(), n)).collect();
        Ok(Bundle {
            digest: sha256(&text),
            manifest,
            place,
            archive: RefCell::new(archive),
            sizes,
        })
    }

    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The manifest's word on an entry.
    pub fn entry(&self, path: &str) -> Result<&Entry> {
        let found = self.sizes.get(path).map(|n| &self.manifest.entries[*n]);
        found.ok_or_else(|| damaged(&format!("“{path}” is missing")))
    }

    /// The bytes of a small entry, checked.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        if self.entry(path)?.size > MAX_TEXT_BYTES {
            return Err(damaged(&format!("“{path}” is too large for what it is used for")));
        }
        let mut bytes = Vec::new();
        self.copy(path, &mut bytes)?;
        Ok(bytes)
    }

    /// The text of a small entry, checked.
    pub fn text(&self, path: &str) -> Result<String> {
        String::from_utf8(self.read(path)?).map_err(|_| damaged(&format!("“{path}” is not UTF-8 text")))
    }

    /// Copies an entry while counting and hashing it. What was written is good only if this returns `Ok`.
    /// Errors of the writer come back as they are when they carry a [`Failure`].
    pub fn copy(&self, path: &str, out: &mut dyn Write) -> Result<()> {
        let entry = self.entry(path)?;
        let mut archive = self.archive.borrow_mut();
        let mut file = archive
            .by_name(path)
            .map_err(|e| damaged(&format!("“{path}” cannot be read ({e})")))?;
        let mut hash = Sha256::new();
        let mut left = entry.size;
        let mut buffer = vec![0u8; 1 << 18];
        loop {
            let read = file
                .read(&mut buffer)
                .map_err(|e| damaged(&format!("“{path}” cannot be read ({e})")))?;
            if read == 0 {
                break;
            }
            left = left
                .checked_sub(read as u64)
                .ok_or_else(|| damaged(&format!("“{path}” is larger than its {} bytes", entry.size)))?;
            hash.update(&buffer[..read]);
            out.write_all(&buffer[..read]).map_err(Failure::from)?;
        }
        if left != 0 || hex(&hash.finalize()) != entry.sha256 {
            return Err(damaged(&format!("“{path}” is not what was packed")).with("entry", path));
        }
        Ok(())
    }

    /// Reads and checks every entry.
    pub fn verify(&self, mut seen: impl FnMut(&Entry)) -> Result<()> {
        for entry in &self.manifest.entries {
            self.copy(&entry.path, &mut std::io::sink())?;
            seen(entry);
        }
        Ok(())
    }
}

fn manifest_text(archive: &mut ZipArchive<Box<dyn ReadSeek>>) -> Result<Vec<u8>> {
    let file = archive.by_name(MANIFEST).map_err(|_| damaged("it has no manifest"))?;
    let mut text = Vec::new();
    file.take(MAX_MANIFEST_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|e| damaged(&format!("its manifest cannot be read ({e})")))?;
    if text.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(damaged("its manifest is too large"));
    }
    Ok(text)
}

fn parse(text: &[u8]) -> Result<Manifest> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    let format: Format = serde_json::from_slice(text).map_err(|e| damaged(&format!("its manifest makes no sense ({e})")))?;
    if format.format != FORMAT {
        fail!(
            BundleFormat,
            "This update has format {}, and this program reads format {FORMAT}. Use the program that was delivered with the update.",
            format.format
        );
    }
    serde_json::from_slice(text).map_err(|e| damaged(&format!("its manifest makes no sense ({e})")))
}

/// The zip and the manifest must name the same files, each once, with the same sizes, and all of them safe.
fn check_entries(archive: &ZipArchive<Box<dyn ReadSeek>>, count: u64, manifest: &Manifest) -> Result<()> {
    names::check_entries(manifest.entries.iter().map(|e| e.path.as_str())).map_err(corrected)?;
    let listed: HashSet<&str> = manifest.entries.iter().map(|e| e.path.as_str()).chain([MANIFEST]).collect();
    if archive.len() != listed.len() || count != listed.len() as u64 {
        return Err(damaged("it holds other files than its manifest lists"));
    }
    for name in archive.file_names() {
        let name = name.map_err(|e| damaged(&format!("it holds a name that cannot be read ({e})")))?;
        if !listed.contains(name.as_ref()) {
            names::check(&name).map_err(corrected)?;
            return Err(damaged(&format!("it holds “{name}”, which its manifest does not list")));
        }
    }
    Ok(())
}

/// The number of entries that the end of the zip states (APPNOTE 4.3.16). The zip library keeps one of several entries of a name.
fn count_entries(place: &Place, read: u64) -> Result<u64> {
    let mut end = [0u8; 22];
    let mut zip = place.open()?;
    let found = zip.seek(SeekFrom::End(-22)).and_then(|_| zip.read_exact(&mut end));
    match found {
        Ok(()) if end.starts_with(b"PK\x05\x06") => Ok(match u16::from_le_bytes([end[10], end[11]]) {
            // More than fit here: the 64-bit record holds the number, and packing never writes a name twice.
            u16::MAX => read,
            count => u64::from(count),
        }),
        _ => Err(damaged("its end is not that of a zip")),
    }
}

/// Every entry that the manifest refers to must be there, so that nothing is found missing in the middle of a run.
fn check_references(manifest: &Manifest) -> Result<()> {
    let application = &manifest.application;
    let paths = application
        .entry
        .iter()
        .chain(&application.version.file)
        .chain(application.edits.iter().map(|e| &e.file));
    paths.into_iter().try_for_each(|path| names::check(path)).map_err(corrected)?;
    let has: HashSet<&str> = manifest.entries.iter().map(|e| e.path.as_str()).collect();
    let starts = manifest
        .starts
        .iter()
        .flat_map(|s| s.schemas.values().chain(s.targets.values()).chain([&s.files]));
    let steps = manifest.migrations.iter().flat_map(|m| &m.steps);
    let folder = |step: &Step| {
        has.iter()
            .any(|path| path.strip_prefix(step.entry.as_str()).is_some_and(|rest| rest.starts_with('/')))
    };
    // What a step that is a folder must hold is its kind's to say.
    let steps = steps.filter(|s| !folder(s)).map(|s| &s.entry);
    let all = starts.chain(steps).chain(manifest.schemas.values()).chain(&manifest.product.notes);
    if let Some(missing) = all.into_iter().find(|path| !has.contains(path.as_str())) {
        return Err(damaged(&format!("its manifest refers to “{missing}”, which is not in it")));
    }
    for database in &manifest.databases {
        let complete =
            manifest.schemas.contains_key(&database.name) && manifest.starts.iter().all(|s| s.schemas.contains_key(&database.name));
        if !complete {
            return Err(damaged(&format!(
                "it does not say what schema the database “{}” has",
                database.name
            )));
        }
    }
    Ok(())
}

fn corrected(failure: Failure) -> Failure {
    failure.hint("Ask those who made the update for a corrected one.")
}

fn damaged(why: &str) -> Failure {
    Failure::new(
        Reason::BundleDamaged,
        format!("The update is damaged: {why}. Copy it again from its source."),
    )
}
