//! `holdfast.toml`: read, and checked by itself. What passes has patterns and masks that can be asked at once.

use super::told;
use holdfast::database::compile_mask;
use holdfast::payload::{check_source, parse_source};
use holdfast::site::Patterns;
use std::path::Path;
use std::time::{Duration, Instant};

/// Paths that make a pattern look far.
const PATHS: [&str; 4] = [
    "settings.ini",
    "uploads/2024/a/b/c/d/e/f/g/h/i/j/k/l/m/photo.jpg",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/b",
];

pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let folder = Path::new("payload");
    let source = match parse_source(&folder.join("holdfast.toml"), text) {
        Ok(source) => source,
        Err(failure) => return told(&failure),
    };
    if let Err(failure) = check_source(&source, folder) {
        return told(&failure);
    }
    let began = Instant::now();
    let application = &source.application;
    for patterns in [&application.keep, &application.derived, &application.replace] {
        let patterns = Patterns::new(patterns).expect("it was checked");
        PATHS.iter().for_each(|path| {
            patterns.match_path(path);
        });
    }
    for mask in source.databases.iter().flat_map(|d| &d.mask) {
        let mask = compile_mask(mask).expect("it was checked");
        PATHS.iter().for_each(|path| {
            mask.is_match(path);
        });
    }
    assert!(began.elapsed() < Duration::from_secs(5), "patterns that a site would wait for");
    assert!(!source.product.name.trim().is_empty() && source.snapshots.keep > 0 && !application.entry.is_empty());
    for edit in &application.edits {
        assert!(!edit.file.split('/').any(|part| part == ".."), "{}", edit.file);
    }
}
