//! Public keys, the text in which people keep them, and what a signature is worth.

use crate::bundle::container::{Place, Signature};
use crate::bundle::{hex, sha256};
use crate::fail;
use crate::failure::Result;
use ed25519_dalek::VerifyingKey;

/// A public key of ed25519.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// What is signed: that these are the words of a manifest's hash, and not of anything else that the same key may sign.
pub fn statement(manifest_sha256: &str) -> String {
    format!("holdfast update, format 1, manifest sha256 {manifest_sha256}\n")
}

impl PublicKey {
    /// A key from its bytes.
    pub fn new(bytes: [u8; 32]) -> PublicKey {
        PublicKey(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name by which people tell keys apart: the first 16 digits of its SHA-256.
    pub fn id(&self) -> String {
        sha256(&self.0)[..16].to_owned()
    }

    /// The text of a `.pub` file.
    pub fn text(&self) -> String {
        format!(
            "# A public key of Holdfast: pin it with `holdfast pack --pin`, ask for it with `holdfast verify --key`.\nid       {}\ned25519  {}\n",
            self.id(),
            hex(&self.0)
        )
    }

    /// Reads such a text. The id says whether it was copied without a mistake.
    pub fn parse(text: &str) -> Result<PublicKey> {
        let (id, key) = parse(text, "ed25519")?;
        let key = PublicKey(key);
        if key.id() != id {
            fail!(
                RequestInvalid,
                "Its key has the id {}, and it says {id}: one of the two was not copied rightly.",
                key.id()
            );
        }
        // Not every 32 bytes are a key, and a weak one would accept anything.
        if VerifyingKey::from_bytes(&key.0).map_or(true, |key| key.is_weak()) {
            fail!(RequestInvalid, "It holds 32 bytes that are no key.");
        }
        Ok(key)
    }

    /// Whether a signature of that manifest is this key's.
    fn signed(&self, manifest_sha256: &str, signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        let statement = statement(manifest_sha256);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(statement.as_bytes(), &signature).is_ok())
    }
}

/// The id and the 32 bytes in the text of a key file.
pub(super) fn parse(text: &str, kind: &str) -> Result<(String, [u8; 32])> {
    let (mut id, mut key) = (None, None);
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        match line.split_once(char::is_whitespace) {
            _ if line.is_empty() || line.starts_with('#') => {}
            Some(("id", value)) => id = Some(value.trim().to_owned()),
            Some((found, value)) if found == kind => key = Some(value.trim().to_owned()),
            _ => fail!(
                RequestInvalid,
                "It has a line that stands in no such file: a key has one line “id” and one line “{kind}”."
            ),
        }
    }
    let (Some(id), Some(key)) = (id, key) else {
        fail!(RequestInvalid, "It lacks a line “id” or a line “{kind}”.");
    };
    match bytes(&key) {
        Some(key) => Ok((id, key)),
        None => fail!(RequestInvalid, "Behind “{kind}” there are not 64 hexadecimal digits."),
    }
}

fn bytes(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let pairs = digits.as_bytes().chunks_exact(2);
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// A signature of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Whose it says that it is.
    pub key: PublicKey,
    /// Whether that is so, and whether it is for the manifest that the footer names.
    pub right: bool,
}

/// Every signature of a bundle. Of the bundle itself nothing is read.
pub fn judge(place: &Place) -> Vec<Judged> {
    let judged = |signature: &Signature| {
        let (key, signature) = signature.split_first_chunk::<32>()?;
        let key = PublicKey(*key);
        let right = key.signed(&place.manifest_sha256, signature.first_chunk::<64>()?);
        Some(Judged { key, right })
    };
    place.signatures.iter().filter_map(judged).collect()
}
