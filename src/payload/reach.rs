//! A version of a payload as a database: the one that a release recorded, or the one to which the migrations lead from the release before.

use super::resolve::{Resolver, versions};
use super::source::FILE;
use super::trial::{Origin, Trial};
use super::{Source, invalid};
use crate::bundle::manifest::{Database, Fresh, Modules, RowRule};
use crate::fail;
use crate::failure::Result;
use crate::near::near;
use crate::version::Version;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A version that was asked for.
pub struct Reached {
    /// Its database, in memory.
    pub connection: Connection,
    /// The text that made it, if it is a release's script.
    pub script: Option<String>,
    /// The masks of this database.
    pub masks: Vec<String>,
}

impl Resolver<'_> {
    /// A database of a version; of the payload's own if none is given, which is the newest. Only the steps that lead there are read: those
    /// behind it may have open questions.
    pub(super) fn reach(&mut self, version: Option<&Version>, database: Option<&str>) -> Result<Reached> {
        let database = named(self.source, database, self.payload)?;
        let target = &self.source.product.version;
        let releases = versions(&self.payload.join("releases"))?;
        let wanted = version.unwrap_or(target);
        self.knows(wanted, &releases)?;
        let below = releases.range(..=wanted).next_back();
        let leads_there = |module: Option<&str>, step: &Version| match module {
            None => step <= wanted && below.is_none_or(|(release, _)| step > release),
            Some(_) => wanted == target,
        };
        let steps = self.migrations(&leads_there)?.steps;
        let own = steps.get(&database.name).map_or(&[][..], Vec::as_slice);
        let modules = match below {
            Some((_, folder)) => self.read_modules(folder)?,
            None => Modules::new(),
        };
        let origin = match below {
            Some((version, folder)) => Some(Origin {
                version,
                modules: &modules,
                path: database_of(folder, &database.name)?,
            }),
            None => None,
        };
        let first = self.source.databases.first().map(|d| d.name.as_str());
        let means = |rule: &&RowRule| rule.database.as_deref().or(first) == Some(database.name.as_str());
        let rules: Vec<&RowRule> = self.source.rows.iter().filter(means).collect();
        let trial = Trial {
            origins: &[],
            steps: own,
            rules: &rules,
            functions: &self.source.functions,
            product: &self.source.product.id,
            modules: &self.source.modules,
            masks: &database.mask,
            fresh: database.fresh,
        };
        let is_recorded = origin.as_ref().filter(|o| o.version == wanted);
        let script = is_recorded.filter(|o| o.path.extension().is_some_and(|e| e == "sql"));
        Ok(Reached {
            script: script.and_then(|o| std::fs::read_to_string(&o.path).ok()),
            connection: match &origin {
                Some(origin) => trial.reach(origin, wanted, wanted == target)?,
                None => trial.begin(database.fresh.unwrap_or(Fresh::Chain), wanted)?,
            },
            masks: database.mask.clone(),
        })
    }

    /// Whether a version is recorded, or migrations lead to it.
    fn knows(&self, wanted: &Version, releases: &BTreeMap<Version, PathBuf>) -> Result<()> {
        let migrations = versions(&self.payload.join("migrations"))?;
        let known: BTreeSet<&Version> = releases
            .keys()
            .chain(migrations.keys())
            .chain([&self.source.product.version])
            .collect();
        if known.contains(wanted) {
            return Ok(());
        }
        let known: Vec<String> = known.into_iter().map(ToString::to_string).collect();
        fail!(
            RequestInvalid,
            "The payload “{}” knows no version {wanted}, but {}.",
            self.payload.display(),
            known.join(", ")
        )
    }
}

fn named<'s>(source: &'s Source, name: Option<&str>, payload: &Path) -> Result<&'s Database> {
    let Some(name) = name else {
        return source.databases.first().ok_or_else(|| {
            invalid(
                &payload.join(FILE),
                "the payload names no database, so there is no schema to look at",
            )
        });
    };
    if let Some(found) = source.databases.iter().find(|d| d.name == name) {
        return Ok(found);
    }
    let known: Vec<&str> = source.databases.iter().map(|d| d.name.as_str()).collect();
    let hint = near(name, known.iter().copied()).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
    fail!(
        RequestInvalid,
        "The payload has no database “{name}”, but {}.{hint}",
        known.join(", ")
    )
}

/// The database of a release: a script or a database file.
pub(super) fn database_of(folder: &Path, name: &str) -> Result<PathBuf> {
    let found = ["sql", "db"]
        .map(|e| folder.join(format!("{name}.{e}")))
        .into_iter()
        .find(|p| p.is_file());
    found.ok_or_else(|| invalid(folder, format!("{name}.sql or {name}.db is missing: the database of that release")))
}
