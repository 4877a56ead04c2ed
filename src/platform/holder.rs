//! A process that holds something; the same on every system.

use std::path::PathBuf;

/// A process that holds something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Holder {
    /// Process id; 0 if the system does not say.
    pub pid: u32,
    /// The program's name.
    pub name: String,
    /// One of the files that it holds.
    pub path: PathBuf,
}

impl Holder {
    /// For a sentence: the name, and the process where it is known.
    pub fn words(&self) -> String {
        match self.pid {
            0 => self.name.clone(),
            pid => format!("“{}” (process {pid})", self.name),
        }
    }
}
