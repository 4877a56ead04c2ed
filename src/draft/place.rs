//! Where in a payload a drafted step stands: the one that is there already, or a new one behind the others.

use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::payload::read_source;
use crate::version::Version;
use std::path::{Path, PathBuf};

/// The form of the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A fresh database with the new schema, into which every row is carried.
    Reshape,
    /// Statements that change the database in place.
    Sql,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Form::Reshape => ".reshape",
            Form::Sql => ".sql",
        }
    }
}

/// Where a step goes.
pub struct Wanted<'a> {
    /// The payload folder.
    pub payload: &'a Path,
    /// The version to which it leads; the product's if not given.
    pub version: Option<&'a str>,
    /// Which database; the first one if not given.
    pub database: Option<&'a str>,
    /// What it is called, without its number.
    pub name: &'a str,
    /// Its form.
    pub form: Form,
}

/// Where it stands.
pub struct Stand {
    /// The file or folder.
    pub path: PathBuf,
    /// The version to which it leads.
    pub version: String,
}

impl Wanted<'_> {
    /// The step's place. It need not be there.
    pub fn place(&self) -> Result<Stand> {
        let source = read_source(self.payload)?;
        let version = match self.version {
            None => source.product.version.clone(),
            Some(text) => text
                .parse::<Version>()
                .map_err(|e| Failure::new(Reason::RequestInvalid, format!("“{text}” is not a version: {e}.")))?,
        };
        let names: Vec<&str> = source.databases.iter().map(|d| d.name.as_str()).collect();
        let folder = self.payload.join("migrations").join(version.to_string());
        let folder = match (self.database, names.as_slice()) {
            (_, []) => fail!(
                PayloadInvalid,
                "The payload names no database: give it a [[database]] in holdfast.toml."
            ),
            (Some(name), _) if !names.contains(&name) => {
                fail!(RequestInvalid, "The payload has no database “{name}”, but {}.", names.join(", "))
            }
            (Some(name), [_, _, ..]) => folder.join(name),
            (None, [_, _, ..]) => fail!(
                RequestInvalid,
                "The payload has several databases. Say with --database which one it is: {}.",
                names.join(", ")
            ),
            _ => folder,
        };
        if self.name.is_empty() || !self.name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
            fail!(
                RequestInvalid,
                "“{}” is no name for a step: letters, digits, “-”, “_” and “.” are.",
                self.name
            );
        }
        Ok(Stand {
            path: self.step_in(&folder)?,
            version: version.to_string(),
        })
    }

    fn step_in(&self, folder: &Path) -> Result<PathBuf> {
        let mut last = 0;
        let there = |e: std::io::Error| Failure::new(Reason::DiskFailed, format!("“{}”: {e}.", folder.display())).at(folder);
        let entries = match folder.is_dir() {
            true => std::fs::read_dir(folder)
                .map_err(there)?
                .collect::<std::io::Result<Vec<_>>>()
                .map_err(there)?,
            false => Vec::new(),
        };
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            last = last.max(name[..digits].parse::<u32>().unwrap_or(0));
            let rest = name[digits..].trim_start_matches(['-', '_']);
            if rest == format!("{}{}", self.name, self.form.ending()) {
                return Ok(entry.path());
            }
        }
        let number = (last / 10 + 1) * 10;
        Ok(folder.join(format!("{number:02}-{}{}", self.name, self.form.ending())))
    }
}
