//! A payload tried on copies of real databases, exactly as the updater will run, and the certificate that says so.
//!
//! It never opens a database or a folder that it was given for writing.
#![allow(
    clippy::disallowed_methods,
    reason = "the desk is not a site: what is written here is the release manager's own"
)]

mod certificate;

pub use certificate::{Certificate, ENGINE, FILE, FOLDER, Rehearsal, Tried, put};
