//! `holdfast pack`: a payload becomes an updater, without a compiler.

use super::desk;
use crate::bundle::container;
use crate::failure::{Failure, Reason, Result};
use crate::payload;
use crate::platform;
use crate::site::known_versions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The name of the updater that is built beside `holdfast`.
const STUB: &str = if cfg!(windows) { "updater.exe" } else { "updater" };

/// Packs a payload, and says so.
pub fn pack(payload: &Path, output: &Path, stub: Option<&Path>, bundle_only: bool) -> Result<()> {
    let resolved = write(payload, output, stub, bundle_only)?;
    let manifest = &resolved.manifest;
    println!(
        "{} {} from {}: “{}”",
        manifest.product.name,
        manifest.product.version,
        known_versions(manifest),
        output.display()
    );
    Ok(())
}

/// Writes what a payload is packed to. It appears whole or not at all.
pub fn write(payload: &Path, output: &Path, stub: Option<&Path>, bundle_only: bool) -> Result<payload::Resolved> {
    let resolved = payload::resolve(payload)?;
    let stub = if bundle_only { None } else { Some(find_stub(stub)?) };
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
