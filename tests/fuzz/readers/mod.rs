//! What is asked of each reader, whatever bytes it is given. libFuzzer (`tests/fuzz/targets`) and an ordinary test (`tests/readers.rs`) ask
//! the same: nothing panics, nothing is lost or leaves its folder, and what is refused is refused in words.
//! Nothing here may run a program or touch a file outside of its own folder, whatever the bytes say.
#![allow(dead_code, reason = "each target uses a part of it")]

pub mod bundle;
pub mod confined;
pub mod journal;
pub mod load_plan;
pub mod load_rows;
pub mod manifest;
pub mod mapping;
pub mod payload;
pub mod result;
pub mod schema;
pub mod signature;
pub mod site;
pub mod sql;
pub mod tables;

use holdfast::failure::Failure;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Reads any bytes, and panics if what comes of it is not as it must be.
pub type Reader = fn(&[u8]);

/// Each target by its name.
pub const TARGETS: [(&str, Reader); 11] = [
    ("bundle", bundle::read),
    ("manifest", manifest::read),
    ("payload", payload::read),
    ("journal", journal::read),
    ("mapping", mapping::read),
    ("load_plan", load_plan::read),
    ("load_rows", load_rows::read),
    ("sql", sql::read),
    ("signature", signature::read),
    ("schema", schema::read),
    ("result", result::read),
];

/// A refusal says something that a person can read and a machine can take.
pub fn told(failure: &Failure) {
    assert!(failure.message.trim().len() > 10, "{failure:?}");
    let text = serde_json::to_vec(failure).expect("a failure is JSON");
    let again: Failure = serde_json::from_slice(&text).expect("a failure comes back");
    assert_eq!((again.reason, &again.message), (failure.reason, &failure.message));
}

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// This thread's folder: where `TMPDIR` says, or in memory where there is such a place.
pub fn folder() -> PathBuf {
    FOLDER.with(|folder| {
        let made = folder.get_or_init(|| {
            let memory = Some(Path::new("/dev/shm")).filter(|m| std::env::var_os("TMPDIR").is_none() && m.is_dir());
            let parent = memory.map_or_else(std::env::temp_dir, Path::to_owned);
            let made = tempfile::Builder::new().prefix("holdfast-readers-").tempdir_in(parent);
            made.expect("a folder")
        });
        made.path().canonicalize().expect("it is there")
    })
}
