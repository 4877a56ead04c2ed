//! The block of pins in the file of a program, for the release manager's tool: found, read, and filled.

use super::key::PublicKey;
use super::pins::{BLOCK_BYTES, KEYS_BYTES, MAGIC_BYTES, MAX_PINS, Pins, block};
use crate::fail;
use crate::failure::Result;
use memchr::memmem;
use sha2::{Digest, Sha256};

/// Where the block lies in a program; `None` if it has none.
fn find(program: &[u8]) -> Result<Option<usize>> {
    let block = block();
    let marked = memmem::find_iter(program, &block[..MAGIC_BYTES]);
    let places: Vec<usize> = marked.filter(|at| at + BLOCK_BYTES <= program.len()).take(2).collect();
    if places.len() > 1 {
        fail!(PayloadInvalid, "it has several places for keys, and so none that counts");
    }
    Ok(places.first().copied())
}

/// The keys that a program in a file pins; `None` if it is none that could.
pub fn pinned(program: &[u8]) -> Result<Option<Pins>> {
    let Some(at) = find(program)? else {
        return Ok(None);
    };
    let block = program[at..].first_chunk::<BLOCK_BYTES>();
    block.map(Pins::read).transpose()
}

/// Makes a program pin these keys, and no other.
pub fn pin(program: &mut [u8], keys: &[PublicKey]) -> Result<()> {
    if keys.is_empty() || keys.len() > MAX_PINS {
        fail!(RequestInvalid, "A program pins one key to {MAX_PINS}, and not {}.", keys.len());
    }
    let Some(at) = find(program)? else {
        fail!(PayloadInvalid, "it has no place for keys: it is no updater of this Holdfast");
    };
    let mut block = [0; KEYS_BYTES];
    block[0] = keys.len() as u8;
    for (room, key) in block[1..].chunks_exact_mut(32).zip(keys) {
        room.copy_from_slice(key.bytes());
    }
    let at = at + MAGIC_BYTES;
    program[at..at + KEYS_BYTES].copy_from_slice(&block);
    program[at + KEYS_BYTES..at + KEYS_BYTES + 32].copy_from_slice(&Sha256::digest(block));
    Ok(())
}
