//! The plan of a load, checked by itself. What it says of tables and columns is checked when the database is there.

mod source;

use super::rules::{Check, Rule};
use super::trouble::{meant, named};
use crate::failure::{Failure, Reason, Result};
use source::{ClearSource, FileSource};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use source::{Counter, Empty, Format, RuleSource, Scalar};
pub use source::{Mode, Source};

/// The name of the plan in a step's folder, as people write it.
pub const FILE: &str = "load.toml";
/// Its name as a bundle carries it.
pub const PACKED: &str = "load.json";

/// What stands for the context's name in the name of a file.
const CONTEXT: &str = "{context}";

/// A load step: what it clears, which files it loads in which order, and what their rows must hold.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    pub(super) step: String,
    pub(super) clear: Clear,
    pub(super) triggers: bool,
    pub(super) counters: Vec<Counter>,
    pub(super) files: Vec<FilePlan>,
    pub(super) contexts: BTreeMap<String, BTreeMap<String, Scalar>>,
    pub(super) rules: Vec<Rule>,
    names: Vec<String>,
}

/// Which tables are emptied first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clear {
    Nothing,
    All,
    Tables(Vec<String>),
}

/// One file, as the plan has it.
#[derive(Debug, Clone)]
pub(super) struct FilePlan {
    /// The name, which may hold `{context}`.
    pub file: String,
    pub table: String,
    pub mode: Mode,
    pub key: Vec<String>,
    pub enabled: bool,
    pub format: Format,
    pub contexts: Vec<String>,
    pub validate: bool,
    pub empty: Empty,
    pub delimiter: u8,
}

/// The row that a natural key names.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceRule {
    /// The other table.
    pub table: String,
    /// Its column in which the file's value stands.
    pub key: String,
    /// Its column whose value is stored.
    pub value: String,
}

impl LoadPlan {
    /// Reads the plan that a bundle carries for a step, which is named as in “2.0/20-countries.load”.
    pub fn parse(step: &str, text: &str) -> Result<LoadPlan> {
        LoadPlan::of(step, serde_json::from_str(text).map_err(|e| wrong_plan(step, &e.to_string()))?)
    }

    /// The plan that is written for a step.
    pub fn of(step: &str, source: Source) -> Result<LoadPlan> {
        build(step, source).map_err(|why| wrong_plan(step, &why))
    }

    /// The step's name.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// The data files that it loads, in any context, each once: what packing takes. A disabled file is not among them.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Files that are named and switched off: they lie in the folder and are not packed.
    pub fn disabled(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter(|f| !f.enabled).map(|f| f.file.as_str())
    }

    /// The same plan with another mode for all of its files.
    pub fn with_mode(mut self, mode: Mode) -> LoadPlan {
        self.files.iter_mut().for_each(|file| file.mode = mode);
        self
    }

    /// The tables that it empties first, of those that are there.
    pub fn clears(&self, connection: &rusqlite::Connection) -> rusqlite::Result<Vec<String>> {
        match &self.clear {
            Clear::Nothing => Ok(Vec::new()),
            Clear::All => super::table::names(connection),
            Clear::Tables(names) => Ok(names.clone()),
        }
    }

    /// The contexts that it knows.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.contexts.keys().map(String::as_str)
    }
}

/// A plan that makes no sense, under the name by which people know it.
pub fn wrong_plan(step: &str, why: &str) -> Failure {
    let message = format!("{}: {why}", named(step, FILE));
    Failure::new(Reason::PayloadInvalid, message).with("step", step).with("file", FILE)
}

impl FilePlan {
    /// The file's name in a context; `None` where it is not loaded.
    pub fn name_in(&self, context: Option<&str>) -> Option<String> {
        let chosen = self.contexts.is_empty() || context.is_some_and(|c| self.contexts.iter().any(|known| known == c));
        match context {
            _ if !chosen => None,
            Some(context) => Some(self.file.replace(CONTEXT, context)),
            None if self.file.contains(CONTEXT) => None,
            None => Some(self.file.clone()),
        }
    }
}

type Checked<T> = std::result::Result<T, String>;

fn build(step: &str, source: Source) -> Checked<LoadPlan> {
    let clear = match source.clear {
        None => Clear::Nothing,
        Some(ClearSource::Every(_)) => Clear::All,
        Some(ClearSource::Tables(tables)) => Clear::Tables(tables),
    };
    let contexts = source.contexts.into_iter().map(|(name, context)| {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        match plain && !name.is_empty() {
            true => Ok((name, context.set)),
            false => Err(format!("the context “{name}” must be named with letters, digits, “-” and “_”")),
        }
    });
    let contexts = contexts.collect::<Checked<BTreeMap<_, _>>>()?;
    if source.files.is_empty() && clear == Clear::Nothing {
        return Err("it loads no file and clears no table: give it a [[file]]".to_owned());
    }
    let files = source
        .files
        .into_iter()
        .map(|file| one_file(file, &contexts))
        .collect::<Checked<Vec<_>>>()?;
    let rules = source.rules.into_iter().map(Rule::of).collect::<Checked<Vec<_>>>()?;
    for rule in &rules {
        if !files.iter().any(|f| f.table.eq_ignore_ascii_case(&rule.table)) {
            let near = meant(&rule.table, files.iter().map(|f| f.table.as_str()));
            return Err(format!(
                "a [[rule]] is for the table “{}”, and no [[file]] loads it{near}",
                rule.table
            ));
        }
    }
    once_referred(&rules)?;
    Ok(LoadPlan {
        step: step.to_owned(),
        names: names(&files, &contexts)?,
        clear,
        triggers: source.triggers,
        counters: source.counters,
        files,
        contexts,
        rules,
    })
}

fn one_file(source: FileSource, contexts: &BTreeMap<String, BTreeMap<String, Scalar>>) -> Checked<FilePlan> {
    let file = source.file;
    let place = format!("the [[file]] “{file}”");
    for name in &source.contexts {
        if !contexts.contains_key(name) {
            let near = meant(name, contexts.keys().map(String::as_str));
            return Err(format!(
                "{place} is for the context “{name}”, and there is no [context.{name}]{near}"
            ));
        }
    }
    if file.contains(CONTEXT) && contexts.is_empty() {
        return Err(format!("{place} has {CONTEXT} in its name, and there is no [context.NAME]"));
    }
    let format = match source.format {
        Some(format) => format,
        None => Format::by_name(&file).ok_or_else(|| {
            format!("{place} ends with none of .json, .jsonl, .ndjson and .csv: say format = \"json\", \"jsonl\" or \"csv\"")
        })?,
    };
    let csv_only = source.empty.is_some() || source.delimiter.is_some();
    if csv_only && format != Format::Csv {
        return Err(format!("{place} is no CSV, and empty and delimiter are for CSV"));
    }
    let delimiter = match source.delimiter.as_deref().map(str::as_bytes) {
        None => b',',
        Some([one]) if one.is_ascii_graphic() && *one != b'"' || *one == b'\t' => *one,
        Some(_) => return Err(format!("{place} needs one ASCII character as delimiter, and no quote")),
    };
    Ok(FilePlan {
        table: source.table,
        mode: source.mode,
        key: source.key,
        enabled: source.enabled,
        contexts: source.contexts,
        validate: source.validate,
        empty: source.empty.unwrap_or_default(),
        file,
        format,
        delimiter,
    })
}

/// The names of all files that may be loaded, each a path that every system can hold.
fn names(files: &[FilePlan], contexts: &BTreeMap<String, BTreeMap<String, Scalar>>) -> Checked<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for file in files {
        let of_contexts = contexts.keys().filter_map(|context| file.name_in(Some(context)));
        for name in file.name_in(None).into_iter().chain(of_contexts) {
            crate::bundle::names::check(&name).map_err(|f| f.message)?;
            if [FILE, PACKED].iter().any(|plan| name.eq_ignore_ascii_case(plan)) {
                return Err(format!("“{name}” is the plan and holds no data: give the data another name"));
            }
            if file.enabled && seen.insert(name.clone()) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// A column can hold the natural key of one table only.
fn once_referred(rules: &[Rule]) -> Checked<()> {
    let referring = rules.iter().filter(|r| matches!(r.check, Check::Reference(_)));
    let mut seen = BTreeSet::new();
    for rule in referring {
        if !seen.insert((rule.table.to_ascii_lowercase(), rule.column.to_ascii_lowercase())) {
            return Err(format!(
                "the column “{}” of “{}” has more than one reference",
                rule.column, rule.table
            ));
        }
    }
    Ok(())
}
