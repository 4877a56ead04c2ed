//! The resolved manifest of a bundle: any text, in a zip that holds what it lists, so that what is asked of it is asked.

use super::bundle::{open, sealed};
use holdfast::bundle::{MANIFEST, Manifest, sha256};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The longest content that an entry gets.
const MOST_BYTES: u64 = 2048;

pub fn read(text: &[u8]) {
    let Ok(mut manifest) = serde_json::from_slice::<Manifest>(text) else {
        return open(&packed(text, &[]));
    };
    let mut contents = Vec::new();
    for entry in &mut manifest.entries {
        // A JSON text that any reader may take, and as long as the manifest says where that is short.
        let mut content = b"{}".to_vec();
        content.resize(entry.size.clamp(2, MOST_BYTES) as usize, b' ');
        (entry.size, entry.sha256) = (content.len() as u64, sha256(&content));
        contents.push((entry.path.as_str().to_owned(), content));
    }
    open(&packed(&serde_json::to_vec(&manifest).expect("JSON"), &contents));
}

/// A bundle of a manifest and entries; a name that no zip takes is left out.
fn packed(manifest: &[u8], contents: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in [(MANIFEST, manifest)]
        .into_iter()
        .chain(contents.iter().map(|(n, c)| (n.as_str(), c.as_slice())))
    {
        if zip.start_file(name, stored).is_ok() {
            zip.write_all(content).expect("content");
        }
    }
    sealed(&zip.finish().expect("a zip").into_inner(), manifest)
}
