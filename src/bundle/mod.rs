//! The payload packed: a zip with a resolved manifest, behind an executable, inside it, or in a file of its own.
//! Nothing of a bundle is used before its bytes are checked against the manifest, and the manifest against the footer.

pub mod container;
pub mod manifest;
pub mod names;
mod pe;
mod reader;
pub mod writer;

pub use manifest::Manifest;
pub use reader::Bundle;

use sha2::{Digest, Sha256};

/// The name of the manifest inside a bundle; always its first entry.
pub const MANIFEST: &str = "manifest.json";

/// SHA-256 of bytes in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
