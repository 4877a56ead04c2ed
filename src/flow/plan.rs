//! The plan as people and machines read it: what `--plan` prints.

use super::examine::HeldDatabase;
use super::preflight::Decision;
use super::space::{Needs, human};
use crate::bundle::manifest::{Migration, Module, not_rehearsed};
use crate::platform;
use crate::site::Owner;
use crate::steps::Step;
use crate::swap::{Role, Unit};
use serde::Serialize;
use std::path::PathBuf;

/// The plan for people and machines.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    /// The product's name.
    pub product: String,
    /// The installed version.
    pub from: String,
    /// The version that comes.
    pub to: String,
    /// The application folder.
    pub folder: PathBuf,
    /// Why it was not rehearsed, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unrehearsed: Option<String>,
    /// The modules that are there or come: name, installed version if any, and the one that comes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<ModulePlan>,
    /// The migrations, in order.
    pub migrations: Vec<String>,
    /// The databases and their steps.
    pub databases: Vec<DatabasePlan>,
    /// What will move, in the order of retiring.
    pub units: Vec<Unit>,
    /// Kept files that will be edited.
    pub edits: Vec<String>,
    /// How many files of the site's own stay where they are.
    pub kept_files: usize,
    /// Room needed and free, volume by volume.
    pub space: Needs,
    /// Programs and people that are in the way now.
    pub holders: Vec<platform::Holder>,
}

/// One module in the plan.
#[derive(Debug, Clone, Serialize)]
pub struct ModulePlan {
    /// Its name.
    pub name: String,
    /// The installed version; none if it comes now.
    pub from: Option<String>,
    /// The version that comes.
    pub to: String,
}

/// One database in the plan.
#[derive(Debug, Clone, Serialize)]
pub struct DatabasePlan {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes; none of a database that is made new.
    pub bytes: u64,
    /// `version/step`, in order.
    pub steps: Vec<String>,
}

impl Decision<'_> {
    /// The plan for people and machines.
    pub fn described(&self) -> Described {
        let database = |d: &HeldDatabase<'_>| DatabasePlan {
            name: d.site.name.clone(),
            path: d.site.path.clone(),
            bytes: d.bytes,
            steps: d.steps.iter().map(Step::place).collect(),
        };
        Described {
            product: self.plan.name.clone(),
            from: self.plan.from.clone(),
            to: self.plan.to.clone(),
            folder: self.app.clone(),
            unrehearsed: self.plan.unrehearsed.clone(),
            modules: self.modules(),
            migrations: self.manifest.chain(self.start).map(Migration::label).collect(),
            databases: self.databases.iter().map(database).collect(),
            units: self.plan.units.clone(),
            edits: self.edits.keys().cloned().collect(),
            kept_files: self.scan.files.values().filter(|f| f.owner == Owner::Site).count(),
            space: self.needs.clone(),
            holders: self.holders(),
        }
    }
}

impl Decision<'_> {
    fn modules(&self) -> Vec<ModulePlan> {
        let stays = |module: &&Module| module.install || self.start.modules.contains_key(&module.id);
        let plan = |module: &Module| ModulePlan {
            name: module.id.clone(),
            from: self.start.modules.get(&module.id).map(ToString::to_string),
            to: module.version.to_string(),
        };
        self.manifest.modules.iter().filter(stays).map(plan).collect()
    }
}

impl std::fmt::Display for Described {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} in “{}”: {} to {}", self.product, self.folder.display(), self.from, self.to)?;
        if let Some(why) = &self.unrehearsed {
            writeln!(f, "  {}", not_rehearsed(why))?;
        }
        for module in &self.modules {
            match &module.from {
                Some(from) => writeln!(f, "  module {}: {from} to {}", module.name, module.to)?,
                None => writeln!(f, "  module {}: new, {}", module.name, module.to)?,
            }
        }
        for database in &self.databases {
            writeln!(
                f,
                "  database {} ({}): {}",
                database.name,
                human(database.bytes),
                database.path.display()
            )?;
            for step in &database.steps {
                writeln!(f, "    step {step}")?;
            }
        }
        for unit in &self.units {
            let what = match (unit.had, unit.gets) {
                (true, true) => "replaced",
                (false, _) => "added",
                (true, false) => "removed",
            };
            let role = if unit.role == Role::Entry { " (entry)" } else { "" };
            writeln!(f, "  {what:9}{}{role}", unit.path)?;
        }
        for edit in &self.edits {
            writeln!(f, "  edited   {edit}")?;
        }
        writeln!(f, "  {} files of the site's own stay where they are", self.kept_files)?;
        for need in &self.space.0 {
            writeln!(
                f,
                "  needs {} of {} free at “{}”",
                human(need.needed_bytes),
                human(need.free_bytes),
                need.folder.display()
            )?;
        }
        for holder in &self.holders {
            writeln!(f, "  in use by {}: {}", holder.words(), holder.path.display())?;
        }
        writeln!(f, "Nothing was changed.")
    }
}
