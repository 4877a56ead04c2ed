//! A file with a bundle behind it: as it is, and with its footer made good, so that more than the footer is read.

use super::{folder, told};
use holdfast::bundle::{Bundle, MANIFEST, container};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Component, Path};

const MARK: usize = container::MARK_BYTES as usize;

pub fn read(bytes: &[u8]) {
    open(bytes);
    if let Some(mended) = mended(bytes) {
        open(&mended);
    }
}

/// The bundle in a file of these bytes, refused or sound.
pub fn open(bytes: &[u8]) {
    let file = folder().join("update.exe");
    fs::write(&file, bytes).expect("written");
    match container::find(&file).and_then(|place| place.map(Bundle::open).transpose()) {
        Err(failure) => told(&failure),
        Ok(None) => {}
        Ok(Some(bundle)) => sound(&bundle),
    }
    // It must be possible to say whether it is signed, whatever it is.
    let _ = container::is_signed(&file);
}

/// What may be believed of a bundle that was opened.
fn sound(bundle: &Bundle) {
    let mut folded = BTreeSet::new();
    for (path, entry) in bundle.manifest.code() {
        assert!(stays_inside(path), "{path:?}");
        assert!(folded.insert(path.to_uppercase().to_lowercase()), "{path:?} stands twice");
        assert_eq!(bundle.entry(&entry.path).expect("listed").size, entry.size);
    }
    for entry in &bundle.manifest.entries {
        assert!(stays_inside(&entry.path), "{:?}", entry.path);
    }
    let text = serde_json::to_vec(&bundle.manifest).expect("JSON");
    let again: holdfast::bundle::Manifest = serde_json::from_slice(&text).expect("what was read can be written and read");
    assert_eq!(serde_json::to_vec(&again).expect("JSON"), text);
    match bundle.verify(|_| ()) {
        Err(failure) => told(&failure),
        Ok(()) => {
            for entry in bundle.manifest.entries.iter().take(8) {
                let bytes = bundle.read(&entry.path).expect("verified");
                assert_eq!(
                    (bytes.len() as u64, holdfast::bundle::sha256(&bytes)),
                    (entry.size, entry.sha256.clone())
                );
            }
        }
    }
    for start in &bundle.manifest.starts {
        assert!(bundle.manifest.chain(start).count() <= bundle.manifest.migrations.len() * (1 + bundle.manifest.modules.len()));
    }
    steps(bundle);
}

/// The steps, as a site reads them.
fn steps(bundle: &Bundle) {
    for migration in &bundle.manifest.migrations {
        for step in &migration.steps {
            let texts = |file: &str| match file {
                "" => bundle.read(&step.entry),
                file => bundle.read(&format!("{}/{file}", step.entry)),
            };
            let to = (migration.module.as_deref(), &migration.version);
            if let Err(failure) = holdfast::steps::Step::new(to, &step.name, &texts, folder()) {
                told(&failure);
            }
        }
    }
}

/// Whether a path ends below the folder that it is joined to.
fn stays_inside(path: &str) -> bool {
    let plain = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    plain && !path.is_empty() && !path.to_lowercase().starts_with(".holdfast") && !path.contains(['\\', ':', '\0'])
}

/// The same with a footer that names the length and the manifest that are there.
fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.len().checked_sub(MARK)?;
    // Behind what stands before the header; the seeds have nothing there.
    let start = bytes
        .windows(16)
        .position(|w| w == b"\x93holdfast head\r\n")
        .filter(|at| at + MARK <= end);
    let zip = &bytes[start.map_or(0, |at| at + MARK)..end];
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).ok()?;
    let mut manifest = Vec::new();
    archive.by_name(MANIFEST).ok()?.take(1 << 20).read_to_end(&mut manifest).ok()?;
    let mended = sealed(zip, &manifest);
    (mended != bytes).then_some(mended)
}

/// Header and footer around a zip.
pub fn sealed(zip: &[u8], manifest: &[u8]) -> Vec<u8> {
    let mut rest = (zip.len() as u64).to_le_bytes().to_vec();
    rest.extend([0; 8]);
    rest.extend(Sha256::digest(manifest));
    [b"\x93holdfast head\r\n", rest.as_slice(), zip, b"\x93holdfast foot\r\n", &rest].concat()
}
