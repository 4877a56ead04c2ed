//! `holdfast migrate`: the migrations of a payload on a copy of a database, by hand. What a developer tries steps with.

use super::by_hand::new_file;
use super::reshape::{check, copied, print, read_only};
use crate::bundle::manifest::RowRule;
use crate::disk;
use crate::fail;
use crate::failure::Result;
use crate::payload::{migrations, read_source};
use crate::report::Nobody;
use crate::steps::{Chain, Place, Start, Step};
use crate::version::Version;
use std::path::PathBuf;

/// What was typed.
#[derive(clap::Args)]
pub struct Arguments {
    /// The database; it is only read.
    database: PathBuf,
    /// The payload folder.
    #[arg(long, default_value = ".")]
    payload: PathBuf,
    /// The database to write; it must not exist.
    #[arg(long)]
    out: PathBuf,
    /// Which of the payload's databases it is; the first one if not given.
    #[arg(long)]
    name: Option<String>,
    /// The version that the database has: only migrations to later ones run. All of them run if not given.
    #[arg(long)]
    from: Option<String>,
    /// The version to reach; the last one if not given.
    #[arg(long)]
    to: Option<String>,
    /// The tenant, for data loads and scripts.
    #[arg(long)]
    context: Option<String>,
    /// Print the row accounting as JSON.
    #[arg(long)]
    json: bool,
}

/// Does it. Nothing is written unless all of it succeeds.
pub fn migrate(arguments: &Arguments) -> Result<()> {
    let source = read_source(&arguments.payload)?;
    let first = source.databases.first().map(|d| d.name.as_str());
    let Some(name) = arguments.name.as_deref().or(first) else {
        fail!(RequestInvalid, "The payload names no database.");
    };
    if !source.databases.iter().any(|d| d.name == name) {
        let known: Vec<&str> = source.databases.iter().map(|d| d.name.as_str()).collect();
        fail!(RequestInvalid, "The payload has no database “{name}”, but {}.", known.join(", "));
    }
    let steps = chosen(arguments, migrations(&arguments.payload)?.remove(name).unwrap_or_default())?;
    let rules: Vec<&RowRule> = source
        .rows
        .iter()
        .filter(|r| r.database.as_deref().or(first) == Some(name))
        .collect();
    let old = read_only(&arguments.database)?;
    let report = new_file(&arguments.out, |path| {
        let start = copied(&old, path)?;
        crate::script::declare(&start, &source.functions, crate::script::Limits::default())?;
        let chain = Chain {
            steps: &steps,
            rules: &rules,
            functions: &source.functions,
            module: &source.product.id,
            from: arguments.from.as_deref().unwrap_or(""),
            tenant: arguments.context.as_deref(),
            run: "by hand",
            reporter: &Nobody,
        };
        let disk = disk::disk();
        let (new, report) = chain.run(Start::Copy(start), &Place::File(&*disk, path))?;
        check(&old, &new, path)?;
        new.close().map_err(|(_, e)| crate::database::failed(&e, path, "closing"))?;
        Ok(report)
    })?;
    let accounts: Vec<_> = report.accounts.into_iter().flat_map(|(_, accounts)| accounts).collect();
    print(&report.sources, &accounts, arguments.json)
}

/// The steps between two versions.
fn chosen(arguments: &Arguments, steps: Vec<Step>) -> Result<Vec<Step>> {
    let version = |text: &Option<String>| -> Result<Option<Version>> {
        let Some(text) = text else { return Ok(None) };
        match text.parse() {
            Ok(version) => Ok(Some(version)),
            Err(e) => fail!(RequestInvalid, "“{text}” is not a version: {e}."),
        }
    };
    let (from, to) = (version(&arguments.from)?, version(&arguments.to)?);
    let is_chosen = |step: &Step| from.as_ref().is_none_or(|v| step.version > *v) && to.as_ref().is_none_or(|v| step.version <= *v);
    Ok(steps.into_iter().filter(is_chosen).collect())
}
