//! The migrations of a payload: those of the application in `migrations/`, those of a module in `modules/<module>/migrations/`.

use super::resolve::{Resolver, list, versions};
use super::step::{StepFiles, read_step};
use super::{Source, invalid};
use crate::bundle::manifest::{self, Fresh, Migration, Start};
use crate::failure::Result;
use crate::near::near;
use crate::steps::{Kind, Step};
use crate::version::Version;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The steps with their texts, by database; those of a module follow those of the application and of the modules before it.
pub type Steps = BTreeMap<String, Vec<Step>>;

/// All migrations of a payload.
pub struct Migrations {
    /// As a bundle lists them.
    pub migrations: Vec<Migration>,
    /// Their steps.
    pub steps: Steps,
}

/// Which migrations are wanted, by their module and version.
type Wanted<'a> = &'a dyn Fn(Option<&str>, &Version) -> bool;

impl Resolver<'_> {
    /// The migrations that are wanted, with their steps; the others are not read.
    pub fn migrations(&mut self, wanted: Wanted<'_>) -> Result<Migrations> {
        let mut found = Migrations {
            migrations: Vec::new(),
            steps: Steps::new(),
        };
        self.migrations_below(("migrations", None), wanted, &mut found)?;
        let modules = self.payload.join("modules");
        for id in list(&modules)? {
            let path = modules.join(&id);
            let known = self.source.modules.iter().map(|module| module.id.as_str());
            if !known.clone().any(|known| known == id) {
                let hint = near(&id, known).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
                return Err(invalid(&path, format!("the manifest has no [[module]] of this id.{hint}")));
            }
            if let Some(stranger) = list(&path)?.into_iter().find(|name| name != "migrations") {
                return Err(invalid(&path.join(stranger), "nothing but migrations/ belongs in a module"));
            }
        }
        for module in self.source.modules.iter().map(|module| module.id.clone()) {
            let folder = format!("modules/{module}/migrations");
            self.migrations_below((&folder, Some(&module)), wanted, &mut found)?;
        }
        Ok(found)
    }

    fn migrations_below(&mut self, (below, module): (&str, Option<&str>), wanted: Wanted<'_>, found: &mut Migrations) -> Result<()> {
        let all = versions(&self.payload.join(below))?;
        for (version, folder) in all.into_iter().filter(|(version, _)| wanted(module, version)) {
            let mut steps = Vec::new();
            for (database, name, path) in self.step_files(&folder, module)? {
                let StepFiles { step, files, texts } = read_step((module, &version), &name, &path)?;
                let entry = format!("{below}/{version}/{database}/{name}");
                let inside = |file: &str| match file {
                    "" => entry.clone(),
                    file => format!("{entry}/{file}"),
                };
                for (file, path) in files {
                    self.add_file(inside(&file), path)?;
                }
                for (file, text) in texts {
                    self.add_text(inside(&file), text);
                }
                steps.push(manifest::Step {
                    database: database.clone(),
                    name,
                    entry,
                    checksum: step.checksum.clone(),
                });
                found.steps.entry(database).or_default().push(step);
            }
            found.migrations.push(Migration {
                version,
                module: module.map(str::to_owned),
                steps,
            });
        }
        Ok(())
    }

    /// Database, name and path of each step of a migration: files are for the module's database or the first one, folders are named after
    /// theirs.
    fn step_files(&self, folder: &Path, module: Option<&str>) -> Result<Vec<(String, String, PathBuf)>> {
        let own = self.source.modules.iter().find(|m| Some(m.id.as_str()) == module);
        let own = own.and_then(|module| module.database.as_deref());
        let first = own.or_else(|| self.source.databases.first().map(|d| d.name.as_str()));
        let first = first.ok_or_else(|| invalid(folder, "there are steps, and the manifest names no database"))?;
        let mut found = Vec::new();
        for name in list(folder)? {
            let path = folder.join(&name);
            let is_step = Kind::of(&name).is_some();
            if path.is_dir() && !is_step {
                if !self.source.databases.iter().any(|d| d.name == name) {
                    return Err(invalid(
                        &path,
                        "the manifest names no database of this name, and no step ends like that",
                    ));
                }
                for step in list(&path)? {
                    found.push((name.clone(), step.clone(), path.join(step)));
                }
            } else {
                found.push((first.to_owned(), name, path));
            }
        }
        Ok(found)
    }
}

/// Holdfast notes a module's version with its migrations: one that no migration leads to would never be noted.
pub fn noted_versions(source: &Source, migrations: &[Migration], payload: &Path) -> Result<()> {
    for module in source.modules.iter().filter(|module| module.query.is_none()) {
        let own = migrations.iter().filter(|m| m.module.as_ref() == Some(&module.id));
        let last = own.map(|m| &m.version).max();
        if let Some(last) = last.filter(|last| **last < module.version) {
            let to = &module.version;
            let message =
                format!("the [[module]] leads to {to}, and its last migration leads to {last}; add one, or give the module a query");
            return Err(invalid(&payload.join("modules").join(&module.id), message));
        }
    }
    Ok(())
}

/// A migration that no site would ever run is a mistake: a release is missing, or a version is mistyped.
pub fn no_useless(source: &Source, migrations: &[Migration], starts: &[Start], payload: &Path) -> Result<()> {
    let has_chain = source.databases.iter().any(|d| d.fresh == Some(Fresh::Chain));
    for migration in migrations {
        let module = source.modules.iter().find(|m| Some(&m.id) == migration.module.as_ref());
        let (folder, target, below): (PathBuf, &Version, Vec<Option<&Version>>) = match module {
            None => (
                payload.to_owned(),
                &source.product.version,
                starts.iter().map(|s| Some(&s.version)).collect(),
            ),
            Some(module) => {
                let installed = starts.iter().filter_map(|s| s.modules.get(&module.id)).map(Some);
                let new = module.install.then_some(None);
                (
                    payload.join("modules").join(&module.id),
                    &module.version,
                    installed.chain(new).collect(),
                )
            }
        };
        let is_below = below.iter().any(|from| from.is_none_or(|from| *from < migration.version));
        let runs = is_below || (has_chain && module.is_none_or(|m| m.install));
        if !runs || migration.version > *target {
            let message = format!("this migration is on no way from a release to {target}; remove it, or add the release below it");
            return Err(invalid(&folder.join("migrations").join(migration.version.to_string()), message));
        }
    }
    Ok(())
}
