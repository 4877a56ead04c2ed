//! The certificate of rehearsals: for exactly which payload, against what, with what outcome. It lies in the payload, in `rehearsal/`,
//! which is not packed and does not count for the payload's hash.
//!
//! It says only what was seen: whether it is enough to pack is for [`Certificate::missing`], and who may override that for `pack`.

use crate::failure::{Failure, Reason, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The folder in a payload where certificate and page lie.
pub const FOLDER: &str = "rehearsal";
const FILE: &str = "certificate.json";

/// What rehearsals of one payload came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The form of this file: 1.
    pub format: u32,
    /// The product's id.
    pub product: String,
    /// The version to which the payload leads.
    pub version: String,
    /// SHA-256 of everything that the payload is packed to.
    pub payload: String,
    /// The version of Holdfast that rehearsed.
    pub engine: String,
    /// Each rehearsal, in the order in which they were done.
    pub rehearsals: Vec<Rehearsal>,
}

/// One rehearsal of one site: its program and all of its databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The version from which it started.
    pub from: String,
    /// What it ran against, as it was named.
    pub site: String,
    /// Each database.
    pub databases: Vec<Tried>,
    /// Whether everything held, the way back included.
    pub passed: bool,
    /// What went wrong, in a sentence; `None` if nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Points at which the swap was cut, recovered and compared.
    pub cuts: u64,
    /// Everything else that was measured: time, space, steps with their rows, accounts, checks.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

/// A database that a rehearsal ran against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Its name in the manifest.
    pub name: String,
    /// SHA-256 of its content, read table by table, so that the same rows give the same value.
    pub content: String,
    /// The fingerprint of its schema before.
    pub before: String,
    /// The fingerprint of the schema reached.
    pub after: String,
    /// Bytes before.
    pub bytes: u64,
    /// Rows before.
    pub rows: u64,
}

impl Certificate {
    /// Reads the certificate that lies in a payload; `None` if there is none.
    pub fn read(payload: &Path) -> Result<Option<Certificate>> {
        let path = payload.join(FOLDER).join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::new(Reason::DiskFailed, format!("“{}”: {error}.", path.display())).at(&path));
            }
        };
        let certificate: Certificate = serde_json::from_str(&text).map_err(|error| {
            let message = format!(
                "“{}” is no certificate of a rehearsal: {error}. Rehearse again: `holdfast rehearse {} SITE…`.",
                path.display(),
                payload.display()
            );
            Failure::new(Reason::PayloadInvalid, message).at(&path)
        })?;
        Ok(Some(certificate))
    }

    /// The versions among `from` that no passed rehearsal of exactly this payload started from.
    pub fn missing<'v>(&self, payload: &str, from: &'v [String]) -> Vec<&'v str> {
        let covered = |version: &str| self.payload == payload && self.rehearsals.iter().any(|r| r.passed && r.from == version);
        from.iter().map(String::as_str).filter(|version| !covered(version)).collect()
    }
}
