//! `load.toml` as people write it, and the JSON that a bundle carries in its place: so the updater needs no TOML.

use super::written::read;
use crate::failure::Result;
use crate::load::{LoadPlan, Source, wrong_plan};

/// Reads the plan of a step, checks it by itself, and writes it as a bundle carries it.
pub fn load_json(step: &str, text: &str) -> Result<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source: Source = read(text).map_err(|why| wrong_plan(step, &why))?;
    let json = serde_json::to_string_pretty(&source).map_err(|e| wrong_plan(step, &e.to_string()))?;
    LoadPlan::of(step, source).map(|_| json)
}
