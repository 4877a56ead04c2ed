//! `holdfast sign` and `holdfast pin`: a packed update or a bundle gets a signature, a program gets the keys that it believes. Both write a
//! new file in the place of the old one, whole or not at all, and both come before Authenticode, whose signature covers everything.

use super::{desk, keys};
use crate::bundle::Bundle;
use crate::bundle::container::{self, Place, Signature};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::trust::{self, Judged, Pins, PublicKey, SecretKey, judge};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What was typed for `sign`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = SIGN_EXAMPLES)]
pub struct Signing {
    /// A packed update or a bundle.
    file: PathBuf,
    /// The secret key.
    #[arg(long, value_name = "NAME.key")]
    key: PathBuf,
    /// The file to write; the same one if not given.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// What was typed for `pin`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = PIN_EXAMPLES)]
pub struct Pinning {
    /// The program; the updater beside this one if not given.
    program: Option<PathBuf>,
    /// A public key that it shall believe; several may be given. Keys that it pinned before are forgotten.
    #[arg(long = "key", value_name = "NAME.pub", required = true)]
    keys: Vec<PathBuf>,
    /// The program to write.
    #[arg(short, long)]
    output: PathBuf,
}

const SIGN_EXAMPLES: &str = "Examples:
  holdfast sign update.exe --key release.key
  holdfast sign update.hfb --key release.key -o signed/update.hfb";

const PIN_EXAMPLES: &str = "Examples:
  holdfast pin --key release.pub -o update.exe
  holdfast pin target/windows/out/i686/updater.exe --key release.pub --key reserve.pub -o update.exe";

/// Signs what is whole. A signature by the same key gives way; those of other keys stay, if they are right.
pub fn sign(arguments: &Signing) -> Result<()> {
    let (file, key) = (&arguments.file, keys::secret(&arguments.key)?);
    not_authenticode(file)?;
    let Some(place) = container::find(file)? else {
        fail!(
            BundleMissing,
            "“{}” carries no update that could be signed. Pack one: `holdfast pack PAYLOAD -o update.exe`.",
            file.display()
        );
    };
    let bundle = Bundle::open(place.clone())?;
    bundle.verify(|_| ())?;
    let program = head(file, &place)?;
    fits(&key, pins_of(file, &program)?.as_ref())?;
    let others = judge(&place);
    let stays = |(signature, judged): (&Signature, &Judged)| (judged.right && judged.key != key.public()).then_some(*signature);
    let mut signatures: Vec<Signature> = place.signatures.iter().zip(&others).filter_map(stays).collect();
    if signatures.len() + 1 > container::MAX_SIGNATURES {
        fail!(
            RequestInvalid,
            "“{}” has {} signatures, and no update has more.",
            file.display(),
            signatures.len()
        );
    }
    signatures.push(key.sign(&place.manifest_sha256));
    let output = arguments.output.as_ref().unwrap_or(file);
    write(output, file, &mut |out| {
        out.write_all(&program)?;
        container::write(
            out,
            &mut place.open().map_err(io::Error::other)?,
            place.length(),
            &place.digest,
            &signatures,
        )
    })?;
    let product = &bundle.manifest.product;
    say!(
        "{} {} is signed by the key {}: “{}”",
        product.name,
        product.version,
        key.public().id(),
        output.display()
    );
    Ok(())
}

/// Makes a program pin keys.
pub fn pin(arguments: &Pinning) -> Result<()> {
    let program = super::pack::find_stub(arguments.program.as_deref())?;
    let mut bytes = fs::read(&program).map_err(|e| desk(&program, &e))?;
    let end = container::find(&program)?
        .and_then(|place| place.begins_at())
        .map_or(bytes.len(), |at| at as usize);
    let keys = keys::public(&arguments.keys)?;
    set_pins(&program, &mut bytes[..end], &keys)?;
    write(&arguments.output, &program, &mut |out| out.write_all(&bytes))?;
    for key in &keys {
        say!(
            "“{}” takes updates that the key {} has signed.",
            arguments.output.display(),
            key.id()
        );
    }
    Ok(())
}

/// Makes the program in these bytes pin keys.
pub fn set_pins(file: &Path, program: &mut [u8], keys: &[PublicKey]) -> Result<()> {
    not_authenticode(file)?;
    trust::pin(program, keys).map_err(|failure| of(file, failure))
}

/// The keys that the program in these bytes pins; `None` for what is no program of Holdfast.
pub fn pins_of(file: &Path, program: &[u8]) -> Result<Option<Pins>> {
    trust::pinned(program).map_err(|failure| of(file, failure))
}

/// What lies in front of a bundle: a program, or nothing.
pub fn head(file: &Path, place: &Place) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let begin = File::open(file).map(|file| file.take(place.begins_at().unwrap_or(0)));
    begin
        .and_then(|mut begin| begin.read_to_end(&mut bytes))
        .map_err(|e| desk(file, &e))?;
    Ok(bytes)
}

/// A signature by a key that the program does not pin would be of no use.
pub fn fits(key: &SecretKey, pins: Option<&Pins>) -> Result<()> {
    let pinned = pins.map_or(&[][..], Pins::keys);
    if !pinned.is_empty() && !pinned.contains(&key.public()) {
        let ids: Vec<String> = pinned.iter().map(PublicKey::id).collect();
        fail!(
            BundleSignature,
            "The key is {}, and the program takes only what {} has signed. Sign with that key, or pin this one, too (--pin).",
            key.public().id(),
            ids.join(" or ")
        );
    }
    Ok(())
}

/// An Authenticode signature covers the whole file: whatever is changed afterwards breaks it.
pub fn not_authenticode(file: &Path) -> Result<()> {
    if container::is_signed(file)? {
        let message = format!(
            "“{}” has an Authenticode signature, which would be broken. Take the file as it was before, and sign it for Windows last.",
            file.display()
        );
        return Err(Failure::new(Reason::RequestInvalid, message).at(file));
    }
    Ok(())
}

fn of(file: &Path, failure: Failure) -> Failure {
    Failure::new(failure.reason, format!("“{}”: {}", file.display(), failure.message)).at(file)
}

/// Writes a file with the permissions of another one. It appears whole or not at all.
fn write(output: &Path, like: &Path, content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut put = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut out = io::BufWriter::new(&mut file);
        content(&mut out)?;
        out.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        fs::set_permissions(file.path(), fs::metadata(like)?.permissions())?;
        file.persist(output)?;
        Ok(())
    };
    put().map_err(|e| desk(output, &e))
}
