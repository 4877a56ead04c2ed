//! `holdfast new`: a payload folder to begin with, or the sample product to learn from.

use super::desk;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The sample product, packed by build.rs.
static SAMPLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sample.zip"));

/// The manifest of a new payload: every field, with what it is for.
const MANIFEST: &str = include_str!("new.toml");

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The folder; it must not exist or be empty.
    folder: PathBuf,
    /// Lay out the sample product, complete with its old releases.
    #[arg(long)]
    sample: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast new my-payload       # its holdfast.toml explains every field
  holdfast new relief --sample  # a whole product to learn from";

/// Lays out a payload.
pub fn new(arguments: &Arguments) -> Result<()> {
    let folder = &arguments.folder;
    let empty = fs::read_dir(folder)
        .map(|mut entries| entries.next().is_none())
        .unwrap_or(!folder.exists());
    if !empty {
        fail!(PayloadInvalid, "“{}” exists and is not empty. Name a new folder.", folder.display());
    }
    if arguments.sample {
        unpack_sample(folder)?;
    } else {
        for part in ["code", "releases", "migrations", "notes"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).map_err(|e| desk(&part, &e))?;
        }
        let manifest = folder.join("holdfast.toml");
        fs::write(&manifest, MANIFEST).map_err(|e| desk(&manifest, &e))?;
    }
    say!(
        "“{}” is laid out. Fill in its holdfast.toml, put the new program into code/, then `holdfast release VERSION --app FOLDER --payload {}`.",
        folder.display(),
        folder.display()
    );
    Ok(())
}

/// Unpacks the sample product.
pub fn unpack_sample(folder: &Path) -> Result<()> {
    let broken = |e: zip::result::ZipError| Failure::new(Reason::BundleDamaged, format!("The sample inside this program is damaged: {e}."));
    zip::ZipArchive::new(Cursor::new(SAMPLE))
        .and_then(|mut zip| zip.extract(folder))
        .map_err(broken)
}
