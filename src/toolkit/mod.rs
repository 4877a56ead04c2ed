//! The release manager's commands: one file each. None of it is in the updater.
#![allow(
    clippy::disallowed_methods,
    reason = "the desk is not a site: what is written here is the release manager's own"
)]

mod by_hand;
mod certified;
mod cli;
mod completion;
mod demo;
mod diff;
mod draft;
mod export;
mod import;
mod inspect;
mod keys;
mod maker;
mod man;
mod migrate;
mod new;
mod pack;
mod rehearse;
mod release;
mod report;
mod reshape;
mod sign;
mod status;
mod verify;

pub use cli::{command, main};

use crate::failure::{Failure, Reason};
use std::path::Path;

/// A file of the desk that cannot be read or written.
fn desk(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Reason::DiskFailed, format!("“{}”: {error}.", path.display())).at(path)
}
