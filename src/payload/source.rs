//! Reads `holdfast.toml`. An unknown key is an error that names the near one: a key that is silently ignored is a promise not kept.

use super::invalid;
use crate::bundle::manifest::{Application, Check, Database, Module, Product, RowRule, Snapshots};
use crate::failure::Result;
use crate::near::near;
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
    toml::from_str(&text).map_err(|e| invalid(&path, explain(&e.to_string())))
}

/// Adds the near key to serde's word on an unknown one.
fn explain(error: &str) -> String {
    let error = error.trim_end();
    let words: Vec<&str> = error.split('`').collect();
    let unknown = error
        .contains("unknown field")
        .then(|| words.iter().position(|w| w.ends_with("unknown field ")))
        .flatten();
    let near = unknown.and_then(|n| near(words.get(n + 1)?, words[n + 2..].iter().skip(1).step_by(2).copied()));
    match near {
        Some(near) => format!("{error}\nDid you mean `{near}`?"),
        None => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_suggests_the_near_one() {
        let error = toml::from_str::<Source>("format = 1\n[product]\nid='x'\nnam='y'\nversion='1'").expect_err("unknown key");
        assert!(explain(&error.to_string()).ends_with("Did you mean `name`?"), "{error}");
    }
}
