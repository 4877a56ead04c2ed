//! Everything in which systems differ, behind the same function names. No other module asks which system it is on.

mod entry;
mod guarantee;
mod holder;
mod loaded;
mod said;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use loaded::as_loaded;
#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whoever holds one of the files for longer than a moment. An indexer, a scanner, or a program that is just starting another one
/// lets go by itself; who is still there after several looks is in use.
pub fn lasting_holders(files: &BTreeSet<PathBuf>, scripts: &[PathBuf]) -> Vec<Holder> {
    let mut found = holders(files, scripts);
    for wait_ms in [20, 50, 100, 200] {
        if found.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(wait_ms));
        found = holders(files, scripts);
    }
    found
}

/// What lies below a folder, by a path with `/` between its parts. Windows takes no `/` in a path with the prefix for long ones, and people
/// want to see one kind of separator.
pub fn below(folder: &Path, path: impl AsRef<Path>) -> PathBuf {
    folder.join(path.as_ref().components().collect::<PathBuf>())
}

/// A path as two names of one file are compared.
pub fn folded(path: &str) -> String {
    if NAMES_IGNORE_CASE { path.to_lowercase() } else { path.to_owned() }
}
