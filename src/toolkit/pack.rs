//! `holdfast pack`: a payload becomes an updater, without a compiler.

use super::{certified, desk, keys, sign};
use crate::bundle::container;
use crate::bundle::manifest::not_rehearsed;
use crate::failure::{Failure, Reason, Result};
use crate::payload;
use crate::platform;
use crate::site::known_versions;
use crate::trust::SecretKey;
use std::io::Write;
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
    /// Sign it with this secret key. It can be signed later, too, with `holdfast sign`.
    #[arg(long, value_name = "NAME.key")]
    key: Option<PathBuf>,
    /// Have the updater take only what this public key has signed; several may be given. Without it the updater pins what its stub pins.
    #[arg(long = "pin", value_name = "NAME.pub", conflicts_with = "bundle_only")]
    pins: Vec<PathBuf>,
    /// Pack although not every version was rehearsed with exactly this payload. Every result at a site then says so, with these words.
    #[arg(long, value_name = "WHY")]
    unrehearsed: Option<String>,
}

const EXAMPLES: &str = "Examples:
  holdfast pack my-payload -o update
  holdfast pack my-payload -o update.exe --stub target/windows/out/i686/updater.exe
  holdfast pack my-payload -o update --unrehearsed \"for the test laboratory alone\"
  holdfast pack my-payload -o update --pin release.pub --key release.key
  holdfast pack my-payload -o update.hfb --bundle-only --key release.key";

/// Packs a payload, and says so.
pub fn pack(arguments: &Arguments) -> Result<()> {
    let resolved = write(arguments)?;
    let (manifest, output) = (&resolved.manifest, &arguments.output);
    say!(
        "{} {} from {}: “{}”",
        manifest.product.name,
        manifest.product.version,
        known_versions(manifest),
        output.display()
    );
    if let Some(why) = manifest.unrehearsed() {
        say!("{} Every result at a site will say so.", not_rehearsed(why));
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
            key: None,
            pins: Vec::new(),
            unrehearsed: Some(why.to_owned()),
        }
    }
}

/// Writes what a payload is packed to. It appears whole or not at all.
fn write(arguments: &Arguments) -> Result<payload::Resolved> {
    let Arguments { payload, output, .. } = arguments;
    let why = arguments.unrehearsed.as_deref().map(certified::reason).transpose()?;
    let key = arguments.key.as_deref().map(keys::secret).transpose()?;
    let mut resolved = payload::resolve(payload)?;
    certified::certify(&mut resolved, payload, why)?;
    let stub = match arguments.bundle_only {
        true => None,
        false => Some(find_stub(arguments.stub.as_deref())?),
    };
    let program = stub
        .as_deref()
        .map(|stub| program(stub, &arguments.pins, key.as_ref()))
        .transpose()?;
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| desk(folder, &e))?;
    if let Some(program) = &program {
        file.write_all(program).map_err(|e| desk(output, &e))?;
    }
    let mut scratch = tempfile::tempfile_in(folder).map_err(|e| desk(folder, &e))?;
    let signer = |manifest: &str| key.iter().map(|key| key.sign(manifest)).collect();
    resolved.write_signed(&signer, &mut scratch, &mut file)?;
    file.as_file().sync_all().map_err(|e| desk(output, &e))?;
    let length = file.as_file().metadata().map_err(|e| desk(output, &e))?.len();
    if stub.is_some() && length > MAX_PROGRAM_BYTES {
        return Err(too_large(payload, length));
    }
    let mut permissions = file.as_file().metadata().map_err(|e| desk(output, &e))?.permissions();
    match &stub {
        Some(stub) => permissions = std::fs::metadata(stub).map_err(|e| desk(stub, &e))?.permissions(),
        // A temporary file is for its owner alone; a bundle is to be read by whoever is given it.
        None => platform::let_all_read(&mut permissions),
    }
    std::fs::set_permissions(file.path(), permissions).map_err(|e| desk(output, &e))?;
    file.persist(output).map_err(|e| desk(output, &e.error))?;
    Ok(resolved)
}

/// No system starts a program that is larger, and none signs one: <https://learn.microsoft.com/windows/win32/debug/pe-format> has 32 bits.
const MAX_PROGRAM_BYTES: u64 = u32::MAX as u64;

fn too_large(payload: &Path, length: u64) -> Failure {
    let message = format!(
        "The update would have {length} bytes, and Windows starts no program of more than {MAX_PROGRAM_BYTES}. Make a file of its own of it, and a \
         program that takes it: `holdfast pack {} --bundle-only --key NAME.key -o update.hfb`, then `holdfast pin --key NAME.pub -o update.exe`.",
        payload.display()
    );
    Failure::new(Reason::PayloadInvalid, message).at(payload)
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

/// The bytes of a stub, without the bundle that it may carry already, with the keys that it shall pin.
fn program(stub: &Path, pins: &[PathBuf], key: Option<&SecretKey>) -> Result<Vec<u8>> {
    let mut bytes = std::fs::read(stub).map_err(|e| desk(stub, &e))?;
    if let Some(place) = container::find(stub)? {
        bytes.truncate(place.begins_at().unwrap_or(u64::MAX) as usize);
    }
    if bytes.len() < 4 || !(bytes.starts_with(b"\x7fELF") || bytes.starts_with(b"MZ") || bytes.starts_with(b"#!")) {
        let message = format!(
            "“{}” is no executable; --stub names the updater that the bundle is appended to.",
            stub.display()
        );
        return Err(Failure::new(Reason::PayloadInvalid, message).at(stub));
    }
    if !pins.is_empty() {
        sign::set_pins(stub, &mut bytes, &keys::public(pins)?)?;
    }
    let pinned = sign::pins_of(stub, &bytes)?;
    match key {
        Some(key) => sign::fits(key, pinned.as_ref())?,
        None if pinned.is_some_and(|pins| !pins.keys().is_empty()) => {
            say!("It takes only what is signed: sign it before you hand it out, with `holdfast sign`.");
        }
        None => {}
    }
    Ok(bytes)
}
