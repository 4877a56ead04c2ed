//! What `pack` asks of rehearsals: a passed one of exactly this payload from every version that it starts from, or a person's word why there
//! is none. It only reads certificates; what it finds goes into the manifest, where every site reads it.

use crate::bundle::manifest::Rehearsed;
use crate::failure::{Failure, Reason, Result};
use crate::payload::Resolved;
use crate::rehearse::Certificate;
use crate::version::Version;
use std::path::Path;

/// The shortest reason that says anything, in letters, and the longest that a window shows, in characters.
const REASON: std::ops::RangeInclusive<usize> = 3..=200;

/// Only the engine that rehearsed may pack.
const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Writes into the manifest what was rehearsed. Where that is not enough, `why` is what sites will read; without it nothing is packed.
pub fn certify(resolved: &mut Resolved, payload: &Path, why: Option<String>) -> Result<()> {
    let mut starts: Vec<Version> = resolved.manifest.starts.iter().map(|start| start.version.clone()).collect();
    starts.dedup();
    let names: Vec<String> = starts.iter().map(ToString::to_string).collect();
    let certificate = Certificate::read(payload)?;
    let missing: Vec<&str> = match &certificate {
        Some(certificate) if certificate.engine == ENGINE => certificate.missing(resolved.hash(), &names),
        _ => names.iter().map(String::as_str).collect(),
    };
    if why.is_none() && !missing.is_empty() {
        return Err(unrehearsed(payload, certificate.as_ref(), resolved.hash(), &missing));
    }
    let covered = names.iter().zip(&starts).filter(|(name, _)| !missing.contains(&name.as_str()));
    let versions: Vec<Version> = covered.map(|(_, version)| version.clone()).collect();
    resolved.manifest.rehearsed = certificate.filter(|_| !versions.is_empty()).map(|certificate| Rehearsed {
        payload: certificate.payload,
        engine: certificate.engine,
        versions,
    });
    resolved.manifest.unrehearsed = why;
    Ok(())
}

/// A reason that a person at a site can read.
pub fn reason(words: &str) -> Result<String> {
    let words = words.trim();
    let letters = words.chars().filter(|c| c.is_alphabetic()).count();
    let readable = letters >= *REASON.start() && words.chars().count() <= *REASON.end() && !words.chars().any(char::is_control);
    if readable {
        return Ok(words.to_owned());
    }
    let message = format!(
        "--unrehearsed wants the reason in words, on one line, in at most {} characters: every result at a site shows it.",
        REASON.end()
    );
    Err(Failure::new(Reason::RequestInvalid, message))
}

fn unrehearsed(payload: &Path, certificate: Option<&Certificate>, hash: &str, missing: &[&str]) -> Failure {
    let found = match certificate {
        None => "it has no certificate",
        Some(certificate) if certificate.engine != ENGINE => "another version of Holdfast rehearsed it",
        Some(certificate) if certificate.payload != hash => "its certificate is for the payload as it was before it was changed",
        Some(_) => "its certificate has no rehearsal from there that passed",
    };
    let versions = missing.join(", ");
    let message = format!(
        "“{}” was not rehearsed from {versions}: {found}. Run `holdfast rehearse {} SITE` with a site of each of these versions, and pack again. \
         To pack it all the same, say why with --unrehearsed; every result at a site will then say so.",
        payload.display(),
        payload.display(),
    );
    Failure::new(Reason::PayloadUnrehearsed, message).with("missing", missing.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>())
}
