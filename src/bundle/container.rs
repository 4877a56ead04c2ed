//! Where a bundle lies: `header, zip, signatures, footer`, alone in a file, behind an executable, or as bytes inside one.
//! The header lets a cut-off file be told from one that never carried a bundle; the footer is what counts.
//! A file is opened once and held, so that what was looked at first and what is read later are of the same file.

use crate::fail;
use crate::failure::{Failure, Reason, Result};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Length of the header and of the footer, in bytes.
pub const MARK_BYTES: u64 = 64;
/// A public key and its signature, one behind the other, as they lie in a bundle. What they are worth is for [`crate::trust`] to say.
pub type Signature = [u8; SIGNATURE_BYTES];
/// Length of a signature with its key, in bytes.
pub const SIGNATURE_BYTES: usize = 32 + 64;
/// So many signatures are read.
pub const MAX_SIGNATURES: usize = 16;
const HEAD: &[u8; 16] = b"\x93holdfast head\r\n";
const FOOT: &[u8; 16] = b"\x93holdfast foot\r\n";

/// Where the zip of a bundle is.
#[derive(Debug, Clone)]
pub struct Place {
    source: Source,
    /// SHA-256 of the manifest, as the footer says.
    pub manifest_sha256: String,
    /// The same as bytes.
    pub digest: [u8; 32],
    /// Who is said to have signed that.
    pub signatures: Vec<Signature>,
}

#[derive(Debug, Clone)]
enum Source {
    File {
        path: PathBuf,
        file: Held,
        start: u64,
        length: u64,
    },
    Bytes(&'static [u8]),
}

impl Place {
    /// The file that carries the bundle, if it is not inside the program.
    pub fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::File { path, .. } => Some(path),
            Source::Bytes(_) => None,
        }
    }

    /// Where in its file the bundle begins, header included.
    pub fn begins_at(&self) -> Option<u64> {
        match &self.source {
            Source::File { start, .. } => Some(start - MARK_BYTES),
            Source::Bytes(_) => None,
        }
    }

    /// How long the zip is, in bytes.
    pub fn length(&self) -> u64 {
        match &self.source {
            Source::File { length, .. } => *length,
            Source::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Opens the zip for reading.
    pub fn open(&self) -> Result<Box<dyn ReadSeek>> {
        match &self.source {
            Source::Bytes(bytes) => Ok(Box::new(Cursor::new(*bytes))),
            Source::File { file, start, length, .. } => Ok(Box::new(Window {
                file: file.clone(),
                start: *start,
                length: *length,
                at: 0,
            })),
        }
    }
}

/// Something that can be read at any place.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// The bundle at the end of a file; `None` if the file carries none.
pub fn find(path: &Path) -> Result<Option<Place>> {
    let mut file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let length = file.metadata().map_err(|e| unreadable(path, &e))?.len();
    let (length, foot) = last_foot(&mut file, length).map_err(|e| unreadable(path, &e))?;
    match foot {
        Some(foot) => {
            let apart = || damaged(path, "its parts do not fit together");
            let signed_at = (length - MARK_BYTES).checked_sub(foot.signatures_length).ok_or_else(apart)?;
            let start = signed_at.checked_sub(foot.length).filter(|s| *s >= MARK_BYTES);
            let start = start.ok_or_else(apart)?;
            let signatures = signatures(&mut file, signed_at, foot.signatures_length).map_err(|e| unreadable(path, &e))?;
            Ok(Some(Place {
                source: Source::File {
                    path: path.to_owned(),
                    file: Arc::new(Mutex::new(file)),
                    start,
                    length: foot.length,
                },
                manifest_sha256: super::hex(&foot.digest),
                digest: foot.digest,
                signatures: signatures.ok_or_else(apart)?,
            }))
        }
        None if has_head(&mut file).map_err(|e| unreadable(path, &e))? => Err(damaged(path, "its end is missing")),
        None => Ok(None),
    }
}

/// The bundle in bytes that build.rs embedded, which have no header (it would look like the rest of a cut-off one); `None` if there are none.
pub fn embedded(bytes: &'static [u8]) -> Result<Option<Place>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let length = bytes.len() as u64;
    let foot = foot(&mut Cursor::new(bytes), length).ok().flatten();
    // It is not signed: whoever trusts the program trusts what was built into it.
    let Some(foot) = foot.filter(|f| f.length == length - MARK_BYTES && f.signatures_length == 0) else {
        fail!(
            BundleDamaged,
            "The update inside this program is damaged. Copy the program again from its source."
        );
    };
    Ok(Some(Place {
        source: Source::Bytes(&bytes[..foot.length as usize]),
        manifest_sha256: super::hex(&foot.digest),
        digest: foot.digest,
        signatures: Vec::new(),
    }))
}

/// Writes header, zip, signatures and footer; the digest is the manifest's.
pub fn write(out: &mut dyn Write, zip: &mut dyn Read, length: u64, digest: &[u8; 32], signatures: &[Signature]) -> io::Result<()> {
    let mark = |magic: &[u8; 16], signatures_length: usize, out: &mut dyn Write| {
        out.write_all(magic)?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&(signatures_length as u64).to_le_bytes())?;
        out.write_all(digest)
    };
    // The header is the same whether it is signed or not.
    mark(HEAD, 0, out)?;
    io::copy(zip, out)?;
    let signatures = signatures.concat();
    out.write_all(&signatures)?;
    mark(FOOT, signatures.len(), out)
}

/// The signatures at a place of a file; `None` if so many bytes are none.
fn signatures(file: &mut File, at: u64, length: u64) -> io::Result<Option<Vec<Signature>>> {
    if length > (MAX_SIGNATURES * SIGNATURE_BYTES) as u64 {
        return Ok(None);
    }
    let mut bytes = vec![0; length as usize];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    let (signatures, rest) = bytes.as_chunks::<SIGNATURE_BYTES>();
    Ok(rest.is_empty().then(|| signatures.to_vec()))
}

/// The footer at the end of a file, or before its signature, which is aligned to 8 bytes; and where it ends.
fn last_foot(file: &mut File, length: u64) -> io::Result<(u64, Option<Foot>)> {
    let Some(signature) = super::pe::signature_start(file, length)? else {
        return Ok((length, foot(file, length)?));
    };
    for end in (signature.saturating_sub(7)..=signature).rev() {
        if let Some(foot) = foot(file, end)? {
            return Ok((end, Some(foot)));
        }
    }
    Ok((length, None))
}

/// Whether a file is an executable with a signature, which a shortened copy would break.
pub fn is_signed(path: &Path) -> Result<bool> {
    let look = || {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        super::pe::signature_start(&mut file, length)
    };
    look().map(|start| start.is_some()).map_err(|e| unreadable(path, &e))
}

struct Foot {
    length: u64,
    signatures_length: u64,
    digest: [u8; 32],
}

fn foot(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<Foot>> {
    if length < 2 * MARK_BYTES {
        return Ok(None);
    }
    let mut mark = [0u8; MARK_BYTES as usize];
    file.seek(SeekFrom::Start(length - MARK_BYTES))?;
    file.read_exact(&mut mark)?;
    let (magic, rest) = mark.split_at(16);
    let (numbers, rest) = rest.split_at(16);
    let mut digest = [0; 32];
    digest.copy_from_slice(rest);
    let number = |at: usize| numbers[at..at + 8].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    Ok((magic == FOOT).then(|| Foot {
        length: number(0),
        signatures_length: number(8),
        digest,
    }))
}

/// Whether a header stands anywhere in the file: its 16 bytes followed by a plausible length and the zip's own first bytes.
/// The magic alone occurs in every Holdfast executable, as data.
fn has_head(file: &mut File) -> io::Result<bool> {
    const ZIP: &[u8] = b"PK\x03\x04";
    let after = MARK_BYTES as usize;
    // Cut off inside the header itself: nothing else ends so.
    let length = file.metadata()?.len();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(MARK_BYTES + ZIP.len() as u64)))?;
    file.read_to_end(&mut tail)?;
    if tail.windows(HEAD.len()).any(|w| w == HEAD) {
        return Ok(true);
    }
    let mut window: Vec<u8> = Vec::new();
    let mut chunk = vec![0u8; 1 << 16];
    file.seek(SeekFrom::Start(0))?;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(false);
        }
        window.extend(&chunk[..read]);
        let found = window
            .windows(after + ZIP.len())
            .any(|w| w[0] == HEAD[0] && w.starts_with(HEAD) && w.ends_with(ZIP));
        if found {
            return Ok(true);
        }
        window.drain(..window.len().saturating_sub(after + ZIP.len()));
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Reason::BundleDamaged,
        format!(
            "The update “{}” cannot be read: {error}. Copy it again from its source.",
            path.display()
        ),
    )
    .at(path)
}

fn damaged(path: &Path, why: &str) -> Failure {
    Failure::new(
        Reason::BundleDamaged,
        format!("The update “{}” is damaged: {why}. Copy it again from its source.", path.display()),
    )
    .at(path)
}

/// An open file that several windows look through.
type Held = Arc<Mutex<File>>;

/// A part of a file, read as if it were the whole.
struct Window {
    file: Held,
    start: u64,
    length: u64,
    at: u64,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at).min(buffer.len() as u64) as usize;
        // Another window may have moved it. What a thread that panicked has left is still a file.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + self.at))?;
        let read = file.read(&mut buffer[..left])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        // A zip may name any place at all.
        let place = at.and_then(|at| Some((at, self.start.checked_add(at)?)));
        let (at, _) = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.at = at;
        Ok(at)
    }
}
