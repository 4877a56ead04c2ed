//! A step as it stands in a payload: read, checked for itself, and given the form that a bundle carries.

use super::data::with_data;
use super::mapping::besides;
use super::resolve::list;
use super::{invalid, load_json, parse_mapping};
use crate::bundle::manifest::label;
use crate::failure::Result;
use crate::load::{self, LoadPlan};
use crate::near::near;
use crate::reshape::{Mapping, schema_text};
use crate::script;
use crate::sql::{Kind::Blank, tokens};
use crate::steps::{Body, Kind, MAPPING, SCHEMA, Step};
use crate::version::Version;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};

/// A step, and the entries that a bundle has for it: files as they are, and texts that packing makes. That of a file step has no name.
pub struct StepFiles {
    /// The step.
    pub step: Step,
    /// Files by their names in the step.
    pub files: Vec<(String, PathBuf)>,
    /// Texts by their names in the step.
    pub texts: Vec<(String, String)>,
}

/// The mapping in a reshape's folder, as it is written.
const WRITTEN: &str = "mapping.toml";
/// The target schema as a database that has it.
const SCHEMA_DATABASE: &str = "schema.db";

/// Reads a step of the migration `to` a version of a module or of the application.
pub fn read_step(to: (Option<&str>, &Version), name: &str, path: &Path) -> Result<StepFiles> {
    let Some(kind) = Kind::of(name) else {
        return Err(invalid(
            path,
            "a step is a .sql or .js file, or a folder that ends with .reshape or .load",
        ));
    };
    if kind.is_folder() != path.is_dir() {
        let what = if kind.is_folder() { "a folder" } else { "a file" };
        return Err(invalid(path, format!("a step of this name is {what}")));
    }
    let make = |texts: &dyn Fn(&str) -> Result<Vec<u8>>| Step::new(to, name, texts, path.to_owned());
    match kind {
        Kind::Sql | Kind::Script => {
            let step = make(&|_| fs::read(path).map_err(|e| invalid(path, e)))?;
            match &step.body {
                Body::Script(source) => script::check(&step.place(), source)?,
                Body::Sql(text) => no_questions(path, text)?,
                _ => {}
            }
            Ok(StepFiles {
                step,
                files: vec![(String::new(), path.to_owned())],
                texts: Vec::new(),
            })
        }
        Kind::Load => {
            let written = path.join(load::FILE);
            let text = fs::read_to_string(&written).map_err(|e| invalid(&written, e))?;
            let json = load_json(&format!("{}/{name}", label(to.0, to.1)), &text)?;
            let step = make(&|_| Ok(json.clone().into_bytes()))?;
            let Body::Load { plan, .. } = &step.body else {
                return Err(invalid(path, "is no load"));
            };
            let files = data_files(path, plan)?;
            Ok(StepFiles {
                step: Step {
                    checksum: with_data(&step.checksum, &files)?,
                    ..step
                },
                files,
                texts: vec![(load::PACKED.to_owned(), json)],
            })
        }
        Kind::Reshape => {
            only(path, |name| [WRITTEN, SCHEMA, SCHEMA_DATABASE].contains(&name))?;
            let texts = vec![(SCHEMA.to_owned(), schema(path)?), (MAPPING.to_owned(), mapping(path)?)];
            let text = |file: &str| {
                texts
                    .iter()
                    .find(|(name, _)| name == file)
                    .map(|(_, text)| text.clone().into_bytes())
            };
            let step = make(&|file| text(file).ok_or_else(|| invalid(&path.join(file), "is missing")))?;
            Ok(StepFiles {
                step,
                files: Vec::new(),
                texts,
            })
        }
    }
}

/// A drafted step in SQL asks in comments that begin with `@ask`.
fn no_questions(path: &Path, text: &str) -> Result<()> {
    let comments = tokens(text).into_iter().filter(|t| t.kind == Blank);
    let mut asks = comments.flat_map(|t| t.text.match_indices("-- @ask").map(move |(at, _)| t.start + at));
    let Some(first) = asks.next() else { return Ok(()) };
    let question = text[first..]
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("-- @ask")
        .trim();
    let line = text[..first].matches('\n').count() + 1;
    let more = besides(asks.count());
    Err(invalid(
        path,
        format!("line {line}: “{question}” is not answered. Change the statements below it as they are to be, and remove the line.{more}"),
    ))
}

fn only(folder: &Path, belongs: impl Fn(&str) -> bool) -> Result<()> {
    match list(folder)?.into_iter().find(|name| !belongs(name)) {
        None => Ok(()),
        Some(name) => {
            let hint =
                near(&name, [WRITTEN, SCHEMA, SCHEMA_DATABASE].into_iter()).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
            Err(invalid(
                &folder.join(name),
                format!("nothing of that name belongs in such a step.{hint}"),
            ))
        }
    }
}

/// The data files that a load names.
fn data_files(folder: &Path, plan: &LoadPlan) -> Result<Vec<(String, PathBuf)>> {
    let file = |name: &str| {
        let path = folder.join(name);
        match path.is_file() {
            true => Ok((name.to_owned(), path)),
            false => Err(invalid(&path, format!("is missing, and {} names it", load::FILE))),
        }
    };
    plan.files().map(file).collect()
}

fn mapping(folder: &Path) -> Result<String> {
    let path = folder.join(WRITTEN);
    let mapping = match path.is_file() {
        true => parse_mapping(&path, &fs::read_to_string(&path).map_err(|e| invalid(&path, e))?)?,
        false => Mapping::default(),
    };
    serde_json::to_string_pretty(&mapping).map_err(|e| invalid(&path, e))
}

fn schema(folder: &Path) -> Result<String> {
    let (text, database) = (folder.join(SCHEMA), folder.join(SCHEMA_DATABASE));
    match (text.is_file(), database.is_file()) {
        (true, false) => fs::read_to_string(&text).map_err(|e| invalid(&text, e)),
        (false, true) => {
            let open = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
            open.and_then(|c| schema_text(&c)).map_err(|e| invalid(&database, e))
        }
        _ => Err(invalid(
            folder,
            format!("either {SCHEMA} or {SCHEMA_DATABASE} must say the target schema"),
        )),
    }
}
