//! What a manifest must hold beyond its form. Everything that can be wrong is found here, at the release manager's desk, and not at a site.

use super::invalid;
use super::source::{FILE, Source};
use crate::bundle::manifest::{Check, FORMAT};
use crate::failure::{Failure, Result};
use crate::near::near;
use glob::Pattern;
use std::collections::HashSet;
use std::path::Path;

/// Checks the manifest by itself.
pub fn check(source: &Source, payload: &Path) -> Result<()> {
    let path = payload.join(FILE);
    let wrong = |message: String| Err::<(), Failure>(invalid(&path, message));
    if source.format != FORMAT {
        return wrong(format!("format is {}, and this Holdfast packs format {FORMAT}", source.format));
    }
    let id = &source.product.id;
    if !is_id(id) {
        return wrong(format!("product.id “{id}” must be of lower-case letters, digits, “-”, “.” and “_”"));
    }
    if source.product.name.trim().is_empty() {
        return wrong("product.name is empty, and people at the site would not know what is updated".to_owned());
    }
    if source.application.entry.is_empty() {
        return wrong("application.entry names no file: without it the application could be started in the middle of the swap".to_owned());
    }
    if source.snapshots.keep == 0 {
        return wrong("snapshots.keep must be at least 1: the old version is what a rollback needs".to_owned());
    }
    version_source(source).or_else(wrong)?;
    patterns(source).or_else(wrong)?;
    databases(source, &path)?;
    source.checks.iter().try_for_each(|c| one_check(source, c)).or_else(wrong)?;
    modules(source).or_else(wrong)?;
    rows(source).or_else(wrong)?;
    edits(source).or_else(wrong)
}

fn version_source(source: &Source) -> std::result::Result<(), String> {
    let version = &source.application.version;
    let ways = [version.file.is_some(), version.query.is_some(), !version.user_version.is_empty()];
    if ways.iter().filter(|w| **w).count() != 1 {
        return Err("application.version needs exactly one of file, query and user_version".to_owned());
    }
    let asked = version
        .database
        .as_deref()
        .or_else(|| source.databases.first().map(|d| d.name.as_str()));
    if version.file.is_none() && source.databases.iter().any(|d| Some(d.name.as_str()) == asked && d.fresh.is_some()) {
        return Err("application.version asks a database that may be missing (fresh): let it read a file".to_owned());
    }
    if version.file.is_none() && source.databases.is_empty() {
        return Err("application.version asks a database, and there is none".to_owned());
    }
    known_database(source, version.database.as_deref(), "application.version")
}

fn known_database(source: &Source, name: Option<&str>, place: &str) -> std::result::Result<(), String> {
    let Some(name) = name else { return Ok(()) };
    if source.databases.iter().any(|d| d.name == name) {
        return Ok(());
    }
    let near = near(name, source.databases.iter().map(|d| d.name.as_str()));
    Err(format!(
        "{place} names the database “{name}”, and there is none of that name{}",
        near.map_or_else(String::new, |n| format!("; did you mean “{n}”?"))
    ))
}

fn patterns(source: &Source) -> std::result::Result<(), String> {
    let a = &source.application;
    for pattern in a.keep.iter().chain(&a.derived).chain(&a.replace) {
        Pattern::new(pattern).map_err(|e| format!("the pattern “{pattern}” is wrong: {e}"))?;
    }
    Ok(())
}

fn databases(source: &Source, path: &Path) -> Result<()> {
    let mut names = HashSet::new();
    for database in &source.databases {
        let plain = database.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if database.name.is_empty() || !plain || !names.insert(&database.name) {
            return Err(invalid(
                path,
                format!(
                    "the database name “{}” must be of letters, digits, “-” and “_”, and stand once",
                    database.name
                ),
            ));
        }
        if !(0.0..=1000.0).contains(&database.growth) {
            return Err(invalid(
                path,
                format!("database.growth of “{}” must lie between 0 and 1000", database.name),
            ));
        }
        for mask in &database.mask {
            crate::database::compile_mask(mask).map_err(|f| invalid(path, f.message))?;
        }
    }
    Ok(())
}

fn one_check(source: &Source, check: &Check) -> std::result::Result<(), String> {
    let place = format!("the check “{}”", check.name);
    if check.sql.is_some() != check.run.is_empty() {
        return Err(format!("{place} needs exactly one of sql and run"));
    }
    let scalar = check.expect.as_ref().is_some_and(|e| !e.is_array() && !e.is_object());
    if check.sql.is_some() && !scalar {
        return Err(format!("{place} needs expect: the one value that its query must give"));
    }
    if check.sql.is_none() && check.expect.is_some() {
        return Err(format!("{place} runs a program, which must exit with 0; expect is for sql"));
    }
    if check.time_limit_s == 0 || check.at.is_empty() {
        return Err(format!(
            "{place} would never run: time_limit_s must be at least 1, and at must name stage or live"
        ));
    }
    known_database(source, check.database.as_deref(), &place)
}

fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
    !id.is_empty() && id.bytes().all(plain)
}

fn modules(source: &Source) -> std::result::Result<(), String> {
    let mut ids = HashSet::from([source.product.id.as_str()]);
    for module in &source.modules {
        let (id, place) = (&module.id, format!("the [[module]] “{}”", module.id));
        if !is_id(id) || id.starts_with('.') {
            return Err(format!("{place} must have an id of lower-case letters, digits, “-”, “.” and “_”"));
        }
        if !ids.insert(id) {
            return Err(format!("{place} has the id of another module or of the product"));
        }
        if source.databases.is_empty() {
            return Err(format!("{place} has its version in a database, and there is none"));
        }
        known_database(source, module.database.as_deref(), &place)?;
    }
    Ok(())
}

fn rows(source: &Source) -> std::result::Result<(), String> {
    for rule in &source.rows {
        let place = format!("the [[rows]] of “{}”", rule.table);
        if rule.moved_to.is_empty() == rule.dropped.is_none() {
            return Err(format!("{place} needs exactly one of moved_to and dropped"));
        }
        known_database(source, rule.database.as_deref(), &place)?;
        if let Some(module) = rule.module.as_ref().filter(|id| !source.modules.iter().any(|m| m.id == **id)) {
            return Err(format!(
                "{place} names the module “{module}”, and there is no [[module]] of that id"
            ));
        }
    }
    Ok(())
}

fn edits(source: &Source) -> std::result::Result<(), String> {
    let keep: Vec<Pattern> = source.application.keep.iter().filter_map(|p| Pattern::new(p).ok()).collect();
    for edit in &source.application.edits {
        let place = format!("the edit of “{}”", edit.file);
        crate::bundle::names::check(&edit.file).map_err(|f| f.message)?;
        match (&edit.find, &edit.replace, &edit.append) {
            (Some(find), Some(_), None) if !find.is_empty() => {}
            (None, None, Some(_)) => {}
            _ => return Err(format!("{place} needs find and replace, or append")),
        }
        if !keep.iter().any(|p| p.matches(&edit.file)) {
            return Err(format!(
                "{place}: the file is not covered by application.keep, so the new release replaces it anyway"
            ));
        }
    }
    Ok(())
}
