//! `holdfast rehearse`: a payload tried on copies of real sites exactly as the updater will run, and the certificate that says so.

#[path = "rehearse/certificates.rs"]
mod certificates;
#[path = "rehearse/failing.rs"]
mod failing;
#[path = "rehearse/hash.rs"]
mod hash;
#[path = "rehearse/sites.rs"]
mod sites;
mod support;

use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use support::{HOLDFAST, Ran, run};

/// Rehearses, with few cuts, and gives what was said as JSON.
fn rehearse(payload: &Path, words: &[&OsStr], code: i32) -> Value {
    let ran = typed(payload, words);
    let text = ran.expect(code).stdout;
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn typed(payload: &Path, words: &[&OsStr]) -> Ran {
    run(Command::new(HOLDFAST)
        .arg("rehearse")
        .arg(payload)
        .args(words)
        .args(["--json", "--cuts", "2"])
        .env("TMPDIR", payload.parent().expect("a parent")))
}

/// Fails the test if a copy was left behind.
#[track_caller]
fn nothing_left(payload: &Path) {
    let folder = payload.parent().expect("a parent");
    let left = std::fs::read_dir(folder).expect("a folder").flatten();
    let left: Vec<_> = left
        .map(|e| e.file_name())
        .filter(|n| n.to_string_lossy().starts_with("holdfast-rehearsal"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
