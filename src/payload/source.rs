//! Reads `holdfast.toml`. An unknown key is an error that names the near one: a key that is silently ignored is a promise not kept.

use super::invalid;
use super::written::read;
use crate::bundle::manifest::{Application, Check, Database, Module, Product, RowRule, Snapshots};
use crate::failure::Result;
use crate::script::DeclaredFunction;
use serde::Deserialize;
use std::path::Path;

/// The name of the manifest in a payload folder.
pub const FILE: &str = "holdfast.toml";

/// `holdfast.toml`, as it is written. Its parts are documented at their types.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Always 1.
    pub format: u32,
    /// What is updated.
    pub product: Product,
    /// The application folder.
    pub application: Application,
    /// The databases.
    #[serde(default, rename = "database")]
    pub databases: Vec<Database>,
    /// Functions that the application itself gives to SQLite.
    #[serde(default, rename = "function")]
    pub functions: Vec<DeclaredFunction>,
    /// The checks.
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
    /// What becomes of rows that leave their table.
    #[serde(default)]
    pub rows: Vec<RowRule>,
    /// Parts with versions of their own.
    #[serde(default, rename = "module")]
    pub modules: Vec<Module>,
    /// How long old versions are kept.
    #[serde(default)]
    pub snapshots: Snapshots,
}

/// Reads the manifest of a payload folder.
pub fn read_source(payload: &Path) -> Result<Source> {
    let path = payload.join(FILE);
    let text =
        std::fs::read_to_string(&path).map_err(|e| invalid(&path, format!("cannot be read ({e}). `holdfast new` lays out a payload.")))?;
    parse_source(&path, &text)
}

/// Reads a manifest; `path` is for messages.
pub fn parse_source(path: &Path, text: &str) -> Result<Source> {
    read(text).map_err(|why| invalid(path, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_suggests_the_near_one() {
        let error = read::<Source>("format = 1\n[product]\nid='x'\nnam='y'\nversion='1'").expect_err("unknown key");
        assert!(error.contains("line 4") && error.ends_with("Did you mean `name`?"), "{error}");
    }
}
