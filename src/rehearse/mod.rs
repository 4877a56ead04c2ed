//! A payload tried on copies of real databases, exactly as the updater will run, and the certificate that says so.
//!
//! It never opens a database or a folder that it was given for writing.

mod certificate;

pub use certificate::{Certificate, FOLDER, Rehearsal, Tried};
