//! `holdfast migrate`: the migrations of a payload on a copy of a database, by hand. What a developer tries steps with.

use super::by_hand::new_file;
use super::reshape::{check, copied, print, read_only};
use crate::bundle::manifest::{Modules, RowRule};
use crate::disk;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::payload::{Source, migrations, read_source};
use crate::report::Nobody;
use crate::site::module_version;
use crate::steps::{Chain, Place, Start, Step, noted_version};
use crate::version::Version;
use rusqlite::Connection;
use std::path::PathBuf;

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
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
    /// The version that the database has: only migrations to later ones run. If not given, the one that the database itself says; all of them
    /// run if it says none.
    #[arg(long)]
    from: Option<String>,
    /// The version to reach; the last one if not given.
    #[arg(long)]
    to: Option<String>,
    /// The version of a module that the database has: ID=VERSION. If not given, the one that the database itself says.
    #[arg(long = "module", value_name = "ID=VERSION")]
    modules: Vec<String>,
    /// Run migrations again that the database has had, whatever it says.
    #[arg(long)]
    force: bool,
    /// Name every row of a data load that does not fit, and not the first one alone.
    #[arg(long)]
    collect: bool,
    /// The tenant, for data loads and scripts.
    #[arg(long)]
    context: Option<String>,
    /// Print the row accounting as JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast migrate app.db --payload my-payload --out new.db
  holdfast migrate app.db --payload my-payload --out new.db --from 1.0 --to 1.2
  holdfast migrate app.db --payload my-payload --out new.db --collect --json  # every row that does not fit";

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
    let rules: Vec<&RowRule> = source
        .rows
        .iter()
        .filter(|r| r.database.as_deref().or(first) == Some(name))
        .collect();
    let old = read_only(&arguments.database)?;
    let way = Way::find(arguments, &source, name, &old)?;
    let steps = way.steps(migrations(&arguments.payload)?.remove(name).unwrap_or_default());
    if steps.is_empty() {
        complain!("note: no migration is left to run; the result is a copy. With --force they run again.");
    }
    let from = way.from.as_ref().map(ToString::to_string).unwrap_or_default();
    let report = new_file(&arguments.out, |path| {
        let start = copied(&old, path)?;
        crate::script::declare(&start, &source.functions, crate::script::Limits::default())?;
        let chain = Chain {
            steps: &steps,
            rules: &rules,
            functions: &source.functions,
            product: &source.product.id,
            from: &from,
            modules: &way.modules,
            tenant: arguments.context.as_deref(),
            collect: arguments.collect,
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

/// From where to where.
struct Way {
    from: Option<Version>,
    to: Option<Version>,
    modules: Modules,
    /// Modules that come if they are not there.
    come: Vec<String>,
    force: bool,
}

impl Way {
    /// What was typed; where nothing was, what the database says.
    fn find(arguments: &Arguments, source: &Source, database: &str, old: &Connection) -> Result<Way> {
        let version = |text: &String| -> Result<Version> {
            match text.parse() {
                Ok(version) => Ok(version),
                Err(e) => fail!(RequestInvalid, "“{text}” is not a version: {e}."),
            }
        };
        let mut given = Modules::new();
        for pair in &arguments.modules {
            let Some((id, text)) = pair.split_once('=') else {
                fail!(RequestInvalid, "--module takes ID=VERSION, and not “{pair}”.");
            };
            if !source.modules.iter().any(|module| module.id == id) {
                fail!(RequestInvalid, "The payload has no module “{id}”.");
            }
            given.insert(id.to_owned(), version(&text.to_owned())?);
        }
        let from = match &arguments.from {
            Some(text) => Some(version(text)?),
            None if arguments.force => None,
            None => said_version(source, database, old)?,
        };
        let mut modules = Modules::new();
        for module in &source.modules {
            let there = match given.remove(&module.id) {
                None => module_version(module, old)?,
                some => some,
            };
            modules.extend(there.map(|version| (module.id.clone(), version)));
        }
        Ok(Way {
            from,
            to: arguments.to.as_ref().map(version).transpose()?,
            modules,
            come: source.modules.iter().filter(|m| m.install).map(|m| m.id.clone()).collect(),
            force: arguments.force,
        })
    }

    fn steps(&self, all: Vec<Step>) -> Vec<Step> {
        let is_left = |step: &Step| match &step.module {
            None => self.from.as_ref().is_none_or(|v| step.version > *v) && self.to.as_ref().is_none_or(|v| step.version <= *v),
            Some(id) => match self.modules.get(id) {
                None => self.come.contains(id),
                Some(version) => self.force || step.version > *version,
            },
        };
        all.into_iter().filter(is_left).collect()
    }
}

/// The version that a database has by its own word: what the application keeps there, else what Holdfast noted.
fn said_version(source: &Source, database: &str, old: &Connection) -> Result<Option<Version>> {
    let first = source.databases.first().map(|d| d.name.as_str());
    let kept = &source.application.version;
    let is_asked = kept.file.is_none() && kept.database.as_deref().or(first) == Some(database);
    let told = |e: rusqlite::Error| {
        Failure::new(
            Reason::VersionUnknown,
            format!("The version cannot be read: {e}. Say it with --from."),
        )
    };
    if !is_asked {
        let noted = noted_version(old, &source.product.id).map_err(told)?;
        return Ok(noted.and_then(|text| text.parse().ok()));
    }
    if let Some(query) = &kept.query {
        let value: rusqlite::types::Value = old.query_row(query, [], |row| row.get(0)).map_err(told)?;
        return Ok(match value {
            rusqlite::types::Value::Text(text) => text.parse().ok(),
            rusqlite::types::Value::Integer(number) => number.to_string().parse().ok(),
            _ => None,
        });
    }
    let number: i64 = old.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(told)?;
    Ok(kept.user_version.get(&number.to_string()).cloned())
}
