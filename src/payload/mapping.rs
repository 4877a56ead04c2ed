//! `mapping.toml` as a person writes it: short forms are written out, and the rest is [`Mapping`]'s.

use super::invalid;
use super::written::{explain, read};
use crate::failure::Result;
use crate::reshape::Mapping;
use serde_json::{Value, json};
use std::path::Path;

/// Reads a mapping; `path` is for messages.
pub fn parse_mapping(path: &Path, text: &str) -> Result<Mapping> {
    let table: toml::Table = read(text).map_err(|why| invalid(path, why))?;
    let mut value = serde_json::to_value(table).map_err(|e| invalid(path, e))?;
    if let Some(tables) = value.get_mut("table").and_then(Value::as_object_mut) {
        for sources in tables.values_mut() {
            if sources.is_object() {
                *sources = json!([sources.take()]);
            }
            sources.as_array_mut().into_iter().flatten().for_each(columns);
        }
    }
    serde_json::from_value(value).map_err(|e| invalid(path, explain(&e.to_string())))
}

/// `new = "old"` is short for `new = { from = "old" }`.
fn columns(source: &mut Value) {
    for rule in source
        .get_mut("columns")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|c| c.values_mut())
    {
        if rule.is_string() {
            *rule = json!({ "from": rule.take() });
        }
    }
}
