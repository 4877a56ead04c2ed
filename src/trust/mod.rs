//! Who may make updates. A bundle is signed over the SHA-256 of its manifest, which holds the hash of every entry, and so of all that it
//! carries; a program pins the keys that it believes, and then takes nothing that none of them has signed.
//!
//! What is read before a signature has been found right is little: the footer, the signatures, and nothing of the zip. Recovery, rollback and
//! confirmation need no bundle and ask nothing of this module. There are no dates in it: a key counts until programs are made that do not
//! pin it any more.

mod key;
mod pins;
#[cfg(feature = "toolkit")]
mod program;
#[cfg(feature = "toolkit")]
mod secret;
#[cfg(test)]
mod tests;

pub use key::{Judged, PublicKey, judge};
pub use pins::{Block, MAX_PINS, Pins};
#[cfg(feature = "toolkit")]
pub use program::{pin, pinned};
#[cfg(feature = "toolkit")]
pub use secret::SecretKey;
