//! Keys as people copy them, and signatures behind a bundle: a program that pins a key takes the one bundle that this key has signed, whole,
//! and nothing else, whatever the bytes are.

use super::{bundle, folder, told};
use holdfast::bundle::container::{self, Place, SIGNATURE_BYTES};
use holdfast::bundle::{Bundle, sha256};
use holdfast::trust::{Block, Pins, PublicKey, SecretKey};
use sha2::{Digest, Sha256};
use std::fs;

/// What the key has signed, its signature last, in front of the footer.
const SIGNED: &[u8] = include_bytes!("../corpus/signature/signed");
/// The key.
const KEY: &str = include_str!("../corpus/signature/office.pub");
const MARK: usize = container::MARK_BYTES as usize;

pub fn read(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        keys(text);
    }
    open(bytes);
    open(&signed_with(bytes));
}

/// A text that is a key is so in one way only.
fn keys(text: &str) {
    match PublicKey::parse(text) {
        Err(failure) => told(&failure),
        Ok(key) => assert_eq!(PublicKey::parse(&key.text()).expect("its own text"), key),
    }
    match SecretKey::parse(text) {
        Err(failure) => told(&failure),
        Ok(key) => {
            let again = SecretKey::parse(&key.text()).expect("its own text");
            assert_eq!(again.public(), key.public());
        }
    }
}

fn open(bytes: &[u8]) {
    let file = folder().join("update.hfb");
    fs::write(&file, bytes).expect("written");
    match container::find(&file) {
        Err(failure) => told(&failure),
        Ok(None) => {}
        Ok(Some(place)) => match pins().accept(&place).and_then(|()| pins().demand(&place)) {
            Err(failure) => told(&failure),
            Ok(()) => believed(place),
        },
    }
}

/// Nothing is believed but what was signed; and a byte of it that is not as it was is noticed.
fn believed(place: Place) {
    assert_eq!(place.manifest_sha256, manifest(), "a bundle is believed that nobody signed");
    let opened = Bundle::open(place);
    let Ok(bundle) = opened else {
        return told(&opened.err().expect("a failure"));
    };
    match bundle.verify(|_| ()) {
        Err(failure) => told(&failure),
        Ok(()) => {
            for entry in &bundle.manifest.entries {
                assert_eq!(sha256(&bundle.read(&entry.path).expect("verified")), entry.sha256, "{}", entry.path);
            }
        }
    }
}

/// The manifest that the key signed, by the footer of what it signed.
fn manifest() -> String {
    holdfast::bundle::hex(&SIGNED[SIGNED.len() - 32..])
}

/// The same bundle with these bytes for its signatures.
fn signed_with(signatures: &[u8]) -> Vec<u8> {
    let foot = SIGNED.len() - MARK;
    let mut changed = SIGNED[..foot - SIGNATURE_BYTES].to_vec();
    changed.extend(signatures);
    changed.extend(&SIGNED[foot..foot + 24]);
    changed.extend((signatures.len() as u64).to_le_bytes());
    changed.extend(&SIGNED[foot + 32..]);
    changed
}

/// A program's pins, with this one key.
fn pins() -> Pins {
    let key = PublicKey::parse(KEY).expect("a key");
    let mut block: Block = [0; size_of::<Block>()];
    let (keys, sum) = block[16..].split_at_mut(size_of::<Block>() - 16 - 32);
    keys[0] = 1;
    keys[1..33].copy_from_slice(key.bytes());
    sum.copy_from_slice(&Sha256::digest(&*keys));
    Pins::read(&block).expect("pins")
}

/// What is signed is believed as it is, or nothing that is asked here would mean anything.
pub fn sound() {
    bundle::open(SIGNED);
    let file = folder().join("update.hfb");
    fs::write(&file, SIGNED).expect("written");
    let place = container::find(&file).expect("a bundle").expect("a bundle");
    pins().accept(&place).expect("signed by this key");
    assert_eq!(
        signed_with(&SIGNED[SIGNED.len() - MARK - SIGNATURE_BYTES..SIGNED.len() - MARK]),
        SIGNED
    );
}
