//! `holdfast pack`: a payload becomes an updater, without a compiler.

use super::{certified, desk};
use crate::bundle::container;
use crate::bundle::manifest::not_rehearsed;
use crate::failure::{Failure, Reason, Result};
use crate::payload;
use crate::platform;
use crate::site::known_versions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The name of the updater that is built beside `holdfast`.
const STUB: &str = if cfg!(windows) { "updater.exe" } else { "updater" };

/// What is packed, and into what.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The payload folder.
    payload: PathBuf,
    /// The executable to write.
    #[arg(short, long)]
    output: PathBuf,
    /// The updater to which the bundle is appended; the one beside this program if not given.
    #[arg(long)]
    stub: Option<PathBuf>,
    /// Write the bundle alone, without an updater.
    #[arg(long, conflicts_with = "stub")]
    bundle_only: bool,
    /// Pack although not every version was rehearsed with exactly this payload. Every result at a site then says so, with these words.
    #[arg(long, value_name = "WHY")]
    unrehearsed: Option<String>,
}

const EXAMPLES: &str = "Examples:
  holdfast pack my-payload -o update
  holdfast pack my-payload -o update.exe --stub target/windows/out/i686/updater.exe
  holdfast pack my-payload -o update --unrehearsed \"for the test laboratory alone\"";

/// Packs a payload, and says so.
pub fn pack(arguments: &Arguments) -> Result<()> {
    let resolved = write(arguments)?;
    let (manifest, output) = (&resolved.manifest, &arguments.output);
    println!(
        "{} {} from {}: “{}”",
        manifest.product.name,
        manifest.product.version,
        known_versions(manifest),
        output.display()
    );
    if let Some(why) = manifest.unrehearsed() {
        println!("{} Every result at a site will say so.", not_rehearsed(why));
    }
    Ok(())
}

/// Packs behind the usual updater without asking for a rehearsal.
pub fn unrehearsed(payload: &Path, output: &Path, why: &str) -> Result<()> {
    pack(&Arguments::unrehearsed(payload, output, why))
}

/// The bundle alone, which nobody is given and which is looked at here only.
pub fn for_use_here(payload: &Path, output: &Path) -> Result<()> {
    let arguments = Arguments {
        bundle_only: true,
        ..Arguments::unrehearsed(payload, output, "it was packed to be looked at")
    };
    write(&arguments).map(|_| ())
}

impl Arguments {
    fn unrehearsed(payload: &Path, output: &Path, why: &str) -> Arguments {
        Arguments {
            payload: payload.to_owned(),
            output: output.to_owned(),
            stub: None,
            bundle_only: false,
            unrehearsed: Some(why.to_owned()),
        }
    }
}

/// Writes what a payload is packed to. It appears whole or not at all.
fn write(arguments: &Arguments) -> Result<payload::Resolved> {
    let Arguments { payload, output, .. } = arguments;
    let why = arguments.unrehearsed.as_deref().map(certified::reason).transpose()?;
    let mut resolved = payload::resolve(payload)?;
    certified::certify(&mut resolved, payload, why)?;
    let stub = if arguments.bundle_only {
        None
    } else {
        Some(find_stub(arguments.stub.as_deref())?)
    };
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| desk(folder, &e))?;
    if let Some(stub) = &stub {
        copy_stub(stub, &mut file)?;
    }
    let mut scratch = tempfile::tempfile_in(folder).map_err(|e| desk(folder, &e))?;
    resolved.write(&mut scratch, &mut file)?;
    file.as_file().sync_all().map_err(|e| desk(output, &e))?;
    if let Some(stub) = &stub {
        let permissions = std::fs::metadata(stub).map_err(|e| desk(stub, &e))?.permissions();
        std::fs::set_permissions(file.path(), permissions).map_err(|e| desk(output, &e))?;
    }
    if stub.is_none() {
        // A temporary file is for its owner alone; a bundle is to be read by whoever is given it.
        let mut permissions = file.as_file().metadata().map_err(|e| desk(output, &e))?.permissions();
        platform::let_all_read(&mut permissions);
        std::fs::set_permissions(file.path(), permissions).map_err(|e| desk(output, &e))?;
    }
    file.persist(output).map_err(|e| desk(output, &e.error))?;
    Ok(resolved)
}

/// The updater to which bundles are appended. This program can be one, too, when none stands beside it: it is only larger.
pub fn find_stub(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let own = std::env::current_exe().map_err(|e| desk(Path::new("this program"), &e))?;
    let beside = own.with_file_name(STUB);
    Ok(if beside.is_file() { beside } else { own })
}

/// Copies a stub, without the bundle that it may carry already.
fn copy_stub(stub: &Path, out: &mut impl Write) -> Result<()> {
    let bytes = std::fs::read(stub).map_err(|e| desk(stub, &e))?;
    let end = match container::find(stub)? {
        Some(place) => place.begins_at().unwrap_or(bytes.len() as u64) as usize,
        None => bytes.len(),
    };
    if end < 4 || !(bytes.starts_with(b"\x7fELF") || bytes.starts_with(b"MZ") || bytes.starts_with(b"#!")) {
        let message = format!(
            "“{}” is no executable; --stub names the updater that the bundle is appended to.",
            stub.display()
        );
        return Err(Failure::new(Reason::PayloadInvalid, message).at(stub));
    }
    io::copy(&mut &bytes[..end], out).map(|_| ()).map_err(|e| desk(stub, &e))
}
