//! Everything in which systems differ, behind the same function names. No other module asks which system it is on.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whoever holds one of the paths for longer than a moment. An indexer, a scanner, or a program that is just starting another one
/// lets go by itself; who is still there after several looks is in use.
pub fn lasting_holders(is_ours: &dyn Fn(&Path) -> bool, scripts: &[PathBuf]) -> Vec<Holder> {
    let mut found = holders(is_ours, scripts);
    for wait_ms in [20, 50, 100, 200] {
        if found.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(wait_ms));
        found = holders(is_ours, scripts);
    }
    found
}
