//! Writes the zip of a bundle: the manifest first, then its entries, all with the same date, so that the same payload always
//! gives the same bytes.

use super::container::Signature;
use super::manifest::Manifest;
use super::{MANIFEST, container, hex, names};
use crate::failure::{Failure, Reason, Result};
use sha2::{Digest, Sha256};
use std::io::{Read, Seek, SeekFrom, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Opens the content of an entry by its path.
pub type Content<'a> = dyn Fn(&str) -> std::io::Result<Box<dyn Read>> + 'a;

/// Signs a manifest by its SHA-256, or does not.
pub type Signer<'a> = dyn Fn(&str) -> Vec<Signature> + 'a;

/// Writes a whole bundle (header, zip, signatures, footer) behind what `out` holds already. `scratch` takes the zip while its length is not
/// known.
pub fn write(
    manifest: &Manifest,
    content: &Content<'_>,
    signer: &Signer<'_>,
    scratch: &mut (impl Read + Write + Seek),
    out: &mut dyn Write,
) -> Result<()> {
    names::check_entries(manifest.entries.iter().map(|e| e.path.as_str())).map_err(|f| f.hint("Rename it and pack again."))?;
    let text = serde_json::to_vec(manifest).map_err(|e| unwritable(&e))?;
    let mut zip = ZipWriter::new(&mut *scratch);
    put(&mut zip, MANIFEST, false, &mut text.as_slice()).map_err(|e| unwritable(&e))?;
    for entry in &manifest.entries {
        let mut source = content(&entry.path).map_err(|e| unwritable(&e).with("entry", entry.path.as_str()))?;
        put(&mut zip, &entry.path, entry.executable, &mut source).map_err(|e| unwritable(&e).with("entry", entry.path.as_str()))?;
    }
    zip.finish().map_err(|e| unwritable(&e))?;
    let length = scratch.stream_position().map_err(|e| unwritable(&e))?;
    scratch.seek(SeekFrom::Start(0)).map_err(|e| unwritable(&e))?;
    let digest = Sha256::digest(&text).into();
    container::write(out, scratch, length, &digest, &signer(&hex(&digest))).map_err(|e| unwritable(&e))
}

fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, path: &str, executable: bool, source: &mut dyn Read) -> zip::result::ZipResult<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(true)
        .unix_permissions(if executable { 0o755 } else { 0o644 });
    zip.start_file(path, options)?;
    std::io::copy(source, zip)?;
    Ok(())
}

fn unwritable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Reason::DiskFailed,
        format!("The bundle cannot be written: {error}. Look for free space and write permission."),
    )
}
