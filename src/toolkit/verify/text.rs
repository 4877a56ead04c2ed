//! What `holdfast verify` says to a person: what is wrong, the worst first; then the pair, and a line for each part.

use super::code::{Differing, What};
use super::data::Data;
use super::{Pair, Report};
use std::fmt::{Display, Formatter, Result};

/// How many files are named in a sentence.
const NAMED: usize = 8;

/// Files that do not fit, in words.
pub fn differing(files: &[Differing]) -> String {
    let one = |file: &Differing| {
        let of = match file.fits.is_empty() {
            true => String::new(),
            false => format!(" ({})", file.fits.join(", ")),
        };
        let what = match file.what {
            What::Missing => "is missing",
            What::Changed if file.fits.is_empty() => "is changed",
            What::Changed => "is of another version",
            What::Strange => "is of another version alone",
            What::Edited => "is edited as for another version",
        };
        format!("“{}” {what}{of}", file.path)
    };
    let named: Vec<String> = files.iter().take(NAMED).map(one).collect();
    match files.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for finding in &self.findings {
            writeln!(f, "{}  {}", finding.reason, finding.message)?;
        }
        let version = self.version.as_deref().unwrap_or_default();
        match self.pair {
            Pair::Old => writeln!(f, "pair: old {version}")?,
            Pair::New => writeln!(f, "pair: new {version}")?,
            Pair::Mixed => writeln!(f, "pair: MIXED")?,
            Pair::None => writeln!(f, "pair: none that this update knows")?,
        }
        writeln!(f, "folder: {} in “{}”", self.product, self.folder.display())?;
        match self.code.versions.is_empty() {
            false => writeln!(f, "code: {}", self.code.versions.join(" or "))?,
            true => writeln!(f, "code: of no one version, nearest {}", self.code.nearest)?,
        }
        if !self.code.own.is_empty() {
            writeln!(f, "code: the site's own among it: {}", self.code.own.join(", "))?;
        }
        for data in &self.databases {
            database(f, data)?;
        }
        for (id, version) in &self.modules {
            writeln!(f, "module {id}: {version}")?;
        }
        own(f, self)
    }
}

fn database(f: &mut Formatter<'_>, data: &Data) -> Result {
    let name = &data.name;
    writeln!(f, "data {name}: {} in “{}”", version(data), data.path.display())?;
    if !data.there {
        return Ok(());
    }
    let broken: u64 = data.foreign_keys.iter().map(|k| k.rows).sum();
    let sides: Vec<String> = data
        .side_files
        .iter()
        .map(|(suffix, bytes)| format!("{suffix} {bytes} bytes"))
        .collect();
    let shown: String = data.fingerprint.chars().take(12).collect();
    writeln!(
        f,
        "data {name}: schema {shown}, {}, {broken} broken foreign keys, {}, side files: {}",
        if data.integrity.is_empty() {
            "integrity ok"
        } else {
            "integrity broken"
        },
        if data.wal { "write-ahead log" } else { "rollback journal" },
        if sides.is_empty() { "none".to_owned() } else { sides.join(", ") }
    )?;
    match &data.last_step {
        Some(last) => writeln!(f, "data {name}: last step {} to {} at {}", last.step, last.version, last.at),
        None => writeln!(f, "data {name}: no step of Holdfast's"),
    }
}

fn version(data: &Data) -> String {
    match (data.versions.is_empty(), data.there) {
        (false, true) => data.versions.join(" or "),
        (false, false) => "not there yet".to_owned(),
        (true, true) => "of no version".to_owned(),
        (true, false) => "missing".to_owned(),
    }
}

fn own(f: &mut Formatter<'_>, report: &Report) -> Result {
    let own = &report.holdfast;
    match own.unfinished.is_empty() && own.leftovers.is_empty() {
        true => writeln!(f, "holdfast: nothing unfinished")?,
        false => writeln!(f, "holdfast: unfinished")?,
    }
    for left in &own.leftovers {
        writeln!(f, "holdfast: left over “{}”", left.display())?;
    }
    for kept in &own.kept {
        let what = match (kept.held, kept.aside) {
            (true, _) => ", held: it waits for “confirm” or “rollback”",
            (_, true) => ", newer data that a rollback put aside",
            _ => "",
        };
        let whole = if kept.whole { "whole" } else { "not whole" };
        writeln!(f, "holdfast: kept {} (number {}, {whole}{what})", kept.version, kept.number)?;
    }
    for test in &own.test {
        writeln!(f, "holdfast: a trial in “{}”", test.display())?;
    }
    for aside in &own.aside {
        writeln!(f, "holdfast: newer data in “{}”", aside.display())?;
    }
    Ok(())
}
