//! `holdfast keygen`, and the files in which keys are kept. A secret key's file is its owner's alone and is never written over.

use super::desk;
use crate::failure::{Failure, Reason, Result};
use crate::trust::{PublicKey, SecretKey};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The files to write, without their ends: NAME.key is secret, NAME.pub is for everybody.
    #[arg(short, long, value_name = "NAME")]
    output: PathBuf,
}

const EXAMPLES: &str = "Examples:
  holdfast keygen -o release
  holdfast keygen -o /media/key-stick/release-2026";

/// Makes a pair of keys.
pub fn generate(arguments: &Arguments) -> Result<()> {
    let [secret, public] = ["key", "pub"].map(|end| ended(&arguments.output, end));
    if let Some(there) = [&secret, &public].into_iter().find(|path| path.symlink_metadata().is_ok()) {
        let message = format!(
            "“{}” is there already, and a key is never written over: what it signed could not be renewed. Give another name with -o.",
            there.display()
        );
        return Err(Failure::new(Reason::RequestInvalid, message).at(there));
    }
    let key = SecretKey::generate()?;
    put(&secret, &key.text(), true)?;
    put(&public, &key.public().text(), false)?;
    say!("Key {}", key.public().id());
    say!(
        "  “{}” is secret: sign with it (`holdfast sign update.exe --key {}`).",
        secret.display(),
        secret.display()
    );
    say!(
        "  “{}” is for everybody: pin it (`holdfast pack … --pin {}`).",
        public.display(),
        public.display()
    );
    Ok(())
}

/// The name with an end, whatever points it holds.
fn ended(name: &Path, end: &str) -> PathBuf {
    let mut path = OsString::from(name);
    path.push(".");
    path.push(end);
    path.into()
}

/// Writes a new file; it appears whole or not at all.
fn put(path: &Path, text: &str, is_secret: bool) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        // A temporary file is for its owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        if !is_secret {
            let mut permissions = file.as_file().metadata()?.permissions();
            crate::platform::let_all_read(&mut permissions);
            fs::set_permissions(file.path(), permissions)?;
        }
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    };
    write().map_err(|e| desk(path, &e))
}

/// Reads a secret key.
pub fn secret(path: &Path) -> Result<SecretKey> {
    SecretKey::parse(&read(path)?).map_err(|failure| none(path, "secret key", "NAME.key", failure))
}

/// Reads public keys.
pub fn public(paths: &[PathBuf]) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for path in paths {
        let key = PublicKey::parse(&read(path)?).map_err(|failure| none(path, "public key", "NAME.pub", failure))?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn read(path: &Path) -> Result<String> {
    const MAX_BYTES: u64 = 1 << 16;
    let read = || match fs::metadata(path)?.len() {
        0..=MAX_BYTES => fs::read(path),
        _ => Ok(Vec::new()),
    };
    let bytes = read().map_err(|e| desk(path, &e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn none(path: &Path, what: &str, name: &str, failure: Failure) -> Failure {
    let message = format!(
        "“{}” is no {what} of Holdfast. {} `holdfast keygen -o NAME` makes {name}.",
        path.display(),
        failure.message
    );
    Failure::new(Reason::RequestInvalid, message).at(path)
}
