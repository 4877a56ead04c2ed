//! Who made an update: its signatures and the keys that its program pins, for `inspect`; and what `holdfast verify UPDATE` says about it
//! where no site is named: whether every byte is as it was packed, who signed that, and whether somebody believes that key.

use super::{keys, sign};
use crate::bundle::container::{self, Place};
use crate::bundle::{Bundle, manifest};
use crate::fail;
use crate::failure::{Aftermath, Exit, Failure, Reason, Result};
use crate::trust::{Pins, PublicKey, judge};
use serde::Serialize;
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

/// Signatures and pins of a file.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Who signed.
    pub signatures: Vec<Signed>,
    /// The ids of the keys that the program pins; `None` if the file is no program.
    pub pins: Option<Vec<String>>,
}

/// One signature.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// The key's id.
    pub key: String,
    /// Whether it is that key's, and for this update.
    pub right: bool,
    /// Whether the program in front of the update pins that key.
    pub pinned: bool,
}

/// Looks at the signatures of an update and at the program in front of it.
pub fn look(file: &Path, place: &Place) -> Result<(Made, Option<Pins>)> {
    let pins = sign::pins_of(file, &sign::head(file, place)?)?;
    let is_pinned = |key: &PublicKey| pins.as_ref().is_some_and(|pins| pins.keys().contains(key));
    let signed = judge(place).into_iter().map(|signature| Signed {
        key: signature.key.id(),
        right: signature.right,
        pinned: is_pinned(&signature.key),
    });
    let made = Made {
        signatures: signed.collect(),
        pins: pins.as_ref().map(|pins| pins.keys().iter().map(PublicKey::id).collect()),
    };
    Ok((made, pins))
}

impl Display for Made {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for signature in &self.signatures {
            let what = match (signature.right, signature.pinned) {
                (true, true) => "which this program pins",
                (true, false) if self.pins.as_ref().is_some_and(|pins| !pins.is_empty()) => "which this program does not pin",
                (true, false) => "which nothing here pins",
                (false, _) => "and that signature does not fit",
            };
            writeln!(f, "  signed    by the key {}, {what}", signature.key)?;
        }
        if self.signatures.is_empty() {
            writeln!(f, "  signed    no")?;
        }
        match &self.pins {
            Some(pins) if pins.is_empty() => writeln!(f, "  pins      none: this program takes what is behind it, signed or not"),
            Some(pins) => writeln!(f, "  pins      {}: this program takes nothing else", pins.join(", ")),
            None => Ok(()),
        }
    }
}

/// What was found of an update.
#[derive(Debug, Serialize)]
struct Report {
    /// The file.
    file: PathBuf,
    /// The process's exit code: 0 only if it is whole, and signed by a key that is pinned or was named.
    exit_code: u8,
    /// What is wrong.
    findings: Vec<Failure>,
    product: String,
    version: String,
    /// SHA-256 of the manifest, which is what is signed.
    bundle: String,
    files: usize,
    bytes: u64,
    #[serde(flatten)]
    made: Made,
    /// Why it was not rehearsed, if it was not.
    unrehearsed: Option<String>,
}

/// Looks, says what was found, and gives the process's exit code.
pub fn verify(file: &Path, keys: &[PathBuf], json: bool) -> u8 {
    let told = match report(file, keys) {
        Ok(report) if json => Ok((serde_json::json!(report), report.exit_code)),
        Ok(report) => {
            crate::print::out(format_args!("{report}"));
            return report.exit_code;
        }
        Err(failure) => Err(failure),
    };
    match told {
        Ok((report, code)) => {
            say!("{report:#}");
            code
        }
        Err(failure) => {
            let code = Exit::of(&failure, Aftermath::Untouched) as u8;
            match json {
                true => say!("{:#}", serde_json::json!({"exit_code": code, "findings": [failure]})),
                false => complain!("{}\n{}", failure.message, failure.reason),
            }
            code
        }
    }
}

fn report(file: &Path, keys: &[PathBuf]) -> Result<Report> {
    if file.is_dir() {
        fail!(
            RequestInvalid,
            "“{}” is a payload, which is not signed. Name a packed update, or say with which site it is to be compared: --app FOLDER.",
            file.display()
        );
    }
    let named = keys::public(keys)?;
    let Some(place) = container::find(file)? else {
        fail!(BundleMissing, "“{}” carries no update.", file.display());
    };
    let (made, pins) = look(file, &place)?;
    let bundle = Bundle::open(place)?;
    let mut bytes = 0;
    bundle.verify(|entry| bytes += entry.size)?;
    let findings: Vec<Failure> = doubts(file, bundle.place(), pins.as_ref(), &named);
    let manifest = &bundle.manifest;
    Ok(Report {
        file: file.to_owned(),
        exit_code: if findings.is_empty() { Exit::Done } else { Exit::Refused } as u8,
        findings,
        product: manifest.product.name.clone(),
        version: manifest.product.version.to_string(),
        bundle: bundle.digest.clone(),
        files: manifest.entries.len(),
        bytes,
        made,
        unrehearsed: manifest.unrehearsed().map(str::to_owned),
    })
}

/// Why somebody should not take it for genuine: by the program's own keys, and by those that were named.
fn doubts(file: &Path, place: &Place, pins: Option<&Pins>, named: &[PublicKey]) -> Vec<Failure> {
    let pinned = pins.map_or(&[][..], Pins::keys);
    let right: Vec<PublicKey> = judge(place).into_iter().filter(|s| s.right).map(|s| s.key).collect();
    let shown = file.display();
    let mut doubts: Vec<Failure> = pins.and_then(|pins| pins.accept(place).err()).into_iter().collect();
    if !named.is_empty() && !right.iter().any(|key| named.contains(key)) {
        let ids: Vec<String> = named.iter().map(PublicKey::id).collect();
        let reason = if place.signatures.is_empty() {
            Reason::BundleUnsigned
        } else {
            Reason::BundleSignature
        };
        let message = format!("“{shown}” has no right signature by {}.", ids.join(" or "));
        doubts.push(Failure::new(reason, message).at(file));
    }
    if named.is_empty() && pinned.is_empty() {
        let failure = match (place.signatures.is_empty(), right.is_empty()) {
            (true, _) => Failure::new(
                Reason::BundleUnsigned,
                format!(
                    "“{shown}” is not signed: every byte is as it was packed, and nothing says by whom. Sign it: `holdfast sign {shown} --key NAME.key`."
                ),
            ),
            (_, true) => Failure::new(
                Reason::BundleSignature,
                format!("The signature of “{shown}” does not fit it: it was changed after it was signed, or signed for another update."),
            ),
            _ => Failure::new(
                Reason::BundleUnpinned,
                format!("“{shown}” is signed, and nothing here says whose signature it must be. Name the key: --key NAME.pub."),
            ),
        };
        doubts.push(failure.at(file));
    }
    doubts
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{}  {}", finding.reason, finding.message)?;
        }
        writeln!(f, "{} {}: “{}”", self.product, self.version, self.file.display())?;
        writeln!(f, "  bundle    {}", self.bundle)?;
        writeln!(f, "  whole     {} files, {} bytes, each as it was packed", self.files, self.bytes)?;
        write!(f, "{}", self.made)?;
        match &self.unrehearsed {
            Some(why) => writeln!(f, "  {}", manifest::not_rehearsed(why)),
            None => Ok(()),
        }
    }
}
