//! Secret keys, which only the release manager's tool has.

use super::key::{PublicKey, parse, statement};
use crate::bundle::container::{SIGNATURE_BYTES, Signature};
use crate::bundle::hex;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use ed25519_dalek::{Signer, SigningKey};

const KIND: &str = "ed25519-secret";

/// A secret key of ed25519. It is wiped from memory when it goes.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A new one, from the system's source of chance.
    pub fn generate() -> Result<SecretKey> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|e| Failure::new(Reason::DiskFailed, format!("The system has no chance to make a key of: {e}.")))?;
        Ok(SecretKey::from_seed(&seed))
    }

    /// The one that these bytes stand for.
    pub fn from_seed(seed: &[u8; 32]) -> SecretKey {
        SecretKey(SigningKey::from_bytes(seed))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey::new(self.0.verifying_key().to_bytes())
    }

    /// The text of a `.key` file.
    pub fn text(&self) -> String {
        format!(
            "# A secret key of Holdfast. Whoever has it makes updates that are taken for yours: keep it where nobody else comes, and a copy\n# of it where no fire comes.\nid              {}\n{KIND}  {}\n",
            self.public().id(),
            hex(self.0.as_bytes())
        )
    }

    /// Reads such a text.
    pub fn parse(text: &str) -> Result<SecretKey> {
        let (id, seed) = parse(text, KIND)?;
        let key = SecretKey::from_seed(&seed);
        if key.public().id() != id {
            fail!(
                RequestInvalid,
                "Its key has the id {}, and it says {id}: one of the two was not copied rightly.",
                key.public().id()
            );
        }
        Ok(key)
    }

    /// Signs a manifest by its SHA-256. The same gives the same, always.
    pub fn sign(&self, manifest_sha256: &str) -> Signature {
        let mut signature = [0; SIGNATURE_BYTES];
        let (key, signed) = signature.split_at_mut(32);
        key.copy_from_slice(self.public().bytes());
        signed.copy_from_slice(&self.0.sign(statement(manifest_sha256).as_bytes()).to_bytes());
        signature
    }
}
