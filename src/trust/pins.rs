//! The keys that a program pins. They lie inside the executable, in a block of its constant data that `holdfast pack --pin` fills: in front of
//! every bundle, and below an Authenticode signature that is made afterwards. There is one such block and no other place, so whoever puts
//! another bundle behind the program, or takes the signature away, changes nothing about them; to be rid of them takes another program.

use super::key::{Judged, PublicKey, judge};
use crate::bundle::container::Place;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use sha2::{Digest, Sha256};

/// So many keys find room.
pub const MAX_PINS: usize = 8;
pub(super) const MAGIC_BYTES: usize = 16;
pub(super) const KEYS_BYTES: usize = 1 + 32 * MAX_PINS;
pub(super) const BLOCK_BYTES: usize = MAGIC_BYTES + KEYS_BYTES + 32;

/// A mark, how many keys there are, the keys, and a SHA-256 of these. In a program that pins nothing all is zero but the mark.
pub type Block = [u8; BLOCK_BYTES];

/// This program's own. Its mark is written nowhere else, so that one search finds it.
static BLOCK: Block = {
    let mut block = [0; BLOCK_BYTES];
    let magic = b"\x93holdfast pins\r\n";
    let mut n = 0;
    while n < MAGIC_BYTES {
        block[n] = magic[n];
        n += 1;
    }
    block
};

/// This program's block.
pub(super) fn block() -> Block {
    platform::as_loaded(&BLOCK)
}

/// The keys that a program believes; none if it pins none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pins(Vec<PublicKey>);

impl Pins {
    /// Those of this program.
    pub fn own() -> Result<Pins> {
        Pins::read(&block())
    }

    /// Those of a block.
    pub fn read(block: &Block) -> Result<Pins> {
        let (keys, sum) = block[MAGIC_BYTES..].split_at(KEYS_BYTES);
        if keys.iter().chain(sum).all(|byte| *byte == 0) {
            return Ok(Pins(Vec::new()));
        }
        let count = usize::from(keys[0]);
        if Sha256::digest(keys)[..] != *sum || count == 0 || count > MAX_PINS {
            fail!(
                BundleDamaged,
                "This program is damaged where it says whose updates it takes. Copy it again from its source."
            );
        }
        let (keys, _) = keys[1..].as_chunks::<32>();
        Ok(Pins(keys[..count].iter().map(|key| PublicKey::new(*key)).collect()))
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }

    /// Refuses a bundle that none of the keys has signed, if there are any.
    pub fn accept(&self, place: &Place) -> Result<()> {
        let judged = judge(place);
        let pinned = |signature: &&Judged| self.0.contains(&signature.key);
        match judged.iter().find(pinned) {
            _ if self.0.is_empty() => Ok(()),
            _ if judged.iter().filter(pinned).any(|signature| signature.right) => Ok(()),
            Some(wrong) => Err(refused(
                Reason::BundleSignature,
                place,
                &format!(
                    "was changed after it was signed: the signature of the key {} does not fit it",
                    wrong.key.id()
                ),
            )),
            None if judged.is_empty() => Err(refused(
                Reason::BundleUnsigned,
                place,
                &format!("is not signed, and this program takes only what {} has signed", self.said()),
            )),
            None => {
                let by: Vec<String> = judged.iter().map(|signature| signature.key.id()).collect();
                let why = format!(
                    "is signed by the key {}, and this program takes only what {} has signed",
                    by.join(", "),
                    self.said()
                );
                Err(refused(Reason::BundleSignature, place, &why))
            }
        }
    }

    /// Refuses a bundle in a file of its own where no key says whose it must be.
    pub fn demand(&self, place: &Place) -> Result<()> {
        if self.0.is_empty() {
            let why = "lies in a file of its own, and this program pins no key by which it could tell who made it";
            return Err(refused(Reason::BundleUnpinned, place, why));
        }
        Ok(())
    }

    /// `the key 0123…`, or `one of the keys 0123…, 4567…`.
    fn said(&self) -> String {
        let ids: Vec<String> = self.0.iter().map(PublicKey::id).collect();
        let what = if ids.len() == 1 { "the key" } else { "one of the keys" };
        format!("{what} {}", ids.join(", "))
    }
}

fn refused(reason: Reason, place: &Place, why: &str) -> Failure {
    let file = place.file();
    let what = file.map_or_else(
        || "The update inside this program".to_owned(),
        |file| format!("The update “{}”", file.display()),
    );
    let failure = Failure::new(reason, format!("{what} {why}. Ask those who made the update for the right file."));
    match file {
        Some(file) => failure.at(file),
        None => failure,
    }
}
