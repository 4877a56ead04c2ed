//! The certificate of rehearsals: for exactly which payload, against what, with what outcome. It lies in the payload, in `rehearsal/`,
//! which is not packed and does not count for the payload's hash.
//!
//! It says only what was seen: whether it is enough to pack is for [`Certificate::missing`], and who may override that for `pack`.

use super::details::Details;
use crate::failure::{Failure, Reason, Result};
use crate::payload;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// The folder in a payload where certificate and page lie.
pub const FOLDER: &str = payload::REHEARSAL;
/// The certificate in that folder.
pub const FILE: &str = "certificate.json";
/// The same as a page, beside it.
const PAGE: &str = "certificate.html";
/// The form of certificates that this Holdfast reads and writes.
const FORMAT: u32 = 1;
/// The version of Holdfast that rehearses.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

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
    #[serde(default)]
    pub details: Details,
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
    /// An empty one, for exactly this payload and this Holdfast.
    pub fn of(resolved: &payload::Resolved) -> Certificate {
        let product = &resolved.manifest.product;
        Certificate {
            format: FORMAT,
            product: product.id.clone(),
            version: product.version.to_string(),
            payload: resolved.hash().to_owned(),
            engine: ENGINE.to_owned(),
            rehearsals: Vec::new(),
        }
    }

    /// Whether rehearsals of another certificate may be added to this one's: nothing that is packed has changed, nor has Holdfast.
    pub fn is_for(&self, other: &Certificate) -> bool {
        (self.format, &self.payload, &self.engine) == (other.format, &other.payload, &other.engine)
    }

    /// Adds a rehearsal. It takes the place of an earlier one of the same site.
    pub fn add(&mut self, rehearsal: Rehearsal) {
        match self.rehearsals.iter_mut().find(|r| r.site == rehearsal.site) {
            Some(earlier) => *earlier = rehearsal,
            None => self.rehearsals.push(rehearsal),
        }
    }

    /// Writes it into a payload, with its page. Each of the two appears whole or not at all.
    pub fn write(&self, payload: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        put(&payload.join(FOLDER), FILE, &format!("{text}\n"))?;
        put(&payload.join(FOLDER), PAGE, &super::page::written(self))
    }

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
        if certificate.format != FORMAT {
            let message = format!(
                "“{}” has the form {}, and this Holdfast knows {FORMAT}. Rehearse again with this one: `holdfast rehearse {} SITE…`.",
                path.display(),
                certificate.format,
                payload.display()
            );
            return Err(Failure::new(Reason::PayloadInvalid, message).at(&path));
        }
        Ok(Some(certificate))
    }

    /// The versions among `from` that no passed rehearsal of exactly this payload started from.
    pub fn missing<'v>(&self, payload: &str, from: &'v [String]) -> Vec<&'v str> {
        let covered = |version: &str| self.payload == payload && self.rehearsals.iter().any(|r| r.passed && r.from == version);
        from.iter().map(String::as_str).filter(|version| !covered(version)).collect()
    }
}

/// Puts a text into a folder of the payload, at once.
pub fn put(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        // A temporary file is for its owner alone, and a certificate is to be read by whoever has the payload.
        let mut permissions = file.as_file().metadata()?.permissions();
        crate::platform::let_all_read(&mut permissions);
        std::fs::set_permissions(file.path(), permissions)?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|e| crate::disk::failed("writing", &path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rehearsal(site: &str, from: &str, passed: bool) -> Rehearsal {
        Rehearsal {
            from: from.to_owned(),
            site: site.to_owned(),
            databases: Vec::new(),
            passed,
            failure: None,
            cuts: 0,
            details: Details::default(),
        }
    }

    fn certificate() -> Certificate {
        Certificate {
            format: FORMAT,
            product: "mini".to_owned(),
            version: "2.0".to_owned(),
            payload: "abc".to_owned(),
            engine: ENGINE.to_owned(),
            rehearsals: Vec::new(),
        }
    }

    #[test]
    fn rehearsals_add_up_and_the_same_site_replaces_its_entry() {
        let mut certificate = certificate();
        certificate.add(rehearsal("one", "1.0", false));
        certificate.add(rehearsal("two", "1.1", true));
        certificate.add(rehearsal("one", "1.0", true));
        let sites: Vec<(&str, bool)> = certificate.rehearsals.iter().map(|r| (r.site.as_str(), r.passed)).collect();
        assert_eq!(sites, [("one", true), ("two", true)]);
    }

    #[test]
    fn only_passed_rehearsals_of_this_payload_cover_a_version() {
        let mut certificate = certificate();
        certificate.add(rehearsal("one", "1.0", true));
        certificate.add(rehearsal("two", "1.1", false));
        let from = ["1.0".to_owned(), "1.1".to_owned(), "1.2".to_owned()];
        assert_eq!(certificate.missing("abc", &from), ["1.1", "1.2"]);
        assert_eq!(certificate.missing("other", &from), ["1.0", "1.1", "1.2"]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Certificate::read(folder.path()), Ok(None));
        let mut written = certificate();
        written.add(rehearsal("one", "1.0", true));
        written.write(folder.path()).expect("written");
        assert_eq!(Certificate::read(folder.path()), Ok(Some(written)));
        std::fs::write(folder.path().join(FOLDER).join(FILE), "{}").expect("spoiled");
        let failure = Certificate::read(folder.path()).expect_err("no certificate");
        assert!(failure.message.contains("holdfast rehearse"), "{failure}");
    }
}
