//! The releases from which an update starts: what they installed, which modules they may have, and the schemas of their databases. A release
//! whose modules differ from site to site has a folder `variants/<any name>/` for each further combination.

use super::invalid;
use super::migrations::Steps;
use super::reach::database_of;
use super::release::{FileList, read_list, write_list};
use super::resolve::{Resolver, hash, list, versions, walk};
use super::trial::{Origin, Trial, Tried};
use crate::bundle::manifest::{Database, Modules, RowRule, Start};
use crate::failure::Result;
use crate::near::near;
use crate::version::Version;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The file that says which modules a release or a variant of it has: `<module> <version>` a line.
pub const MODULES: &str = "modules.txt";
/// The folder of further combinations of modules.
const VARIANTS: &str = "variants";

impl Resolver<'_> {
    /// The releases from which the update starts, and the entry of each database's schema at the end of the first one.
    pub fn releases(&mut self, steps: &Steps) -> Result<(Vec<Start>, BTreeMap<String, String>)> {
        let root = self.payload.join("releases");
        let releases = versions(&root)?;
        if releases.is_empty() {
            return Err(invalid(&root, "there is no release to start from; `holdfast release` records one"));
        }
        if let Some((version, folder)) = releases.iter().find(|(v, _)| **v >= self.source.product.version) {
            let message = format!("an update to {} cannot start from {version}", self.source.product.version);
            return Err(invalid(folder, message));
        }
        let mut starts: Vec<Start> = Vec::new();
        let mut folders = Vec::new();
        for (version, folder) in &releases {
            let list = release_files(folder)?;
            let files = self.add_text(format!("releases/{version}/files.txt"), write_list(&list));
            for folder in variants(folder)? {
                let modules = self.read_modules(&folder)?;
                let same = starts.iter().position(|s| s.version == *version && s.modules == modules);
                if same.is_some() {
                    return Err(invalid(
                        &folder,
                        "has the same modules in the same versions as another variant of this release",
                    ));
                }
                starts.push(Start {
                    version: version.clone(),
                    files: files.clone(),
                    modules,
                    schemas: BTreeMap::new(),
                    targets: BTreeMap::new(),
                });
                folders.push(folder);
            }
        }
        let mut targets = BTreeMap::new();
        for database in &self.source.databases {
            self.schemas(database, &mut starts, &folders, steps, &mut targets)?;
        }
        Ok((starts, targets))
    }

    /// Tries the way of one database from every start, and notes the schemas at both ends.
    fn schemas(
        &mut self,
        database: &Database,
        starts: &mut [Start],
        folders: &[PathBuf],
        steps: &Steps,
        targets: &mut BTreeMap<String, String>,
    ) -> Result<()> {
        let name = &database.name;
        let tried = self.try_out(database, starts, folders, steps)?;
        let mut written: BTreeMap<String, String> = BTreeMap::new();
        for (n, (start, Tried { schema, target })) in starts.iter_mut().zip(tried).enumerate() {
            let place = match n {
                _ if start.modules.is_empty() => format!("{}/{name}", start.version),
                n => format!("{}/{n}/{name}", start.version),
            };
            let entry = self.add_text(format!("releases/{place}.schema"), schema.text());
            start.schemas.insert(name.clone(), entry);
            let text = target.text();
            let number = written.len();
            let entry = match written.get(&text) {
                Some(entry) => entry.clone(),
                None if number == 0 => self.add_text(format!("schema/{name}.schema"), text.clone()),
                None => self.add_text(format!("schema/{number}/{name}.schema"), text.clone()),
            };
            if written.is_empty() {
                targets.insert(name.clone(), entry.clone());
            } else if targets.get(name) != Some(&entry) {
                start.targets.insert(name.clone(), entry.clone());
            }
            written.insert(text, entry);
        }
        Ok(())
    }

    fn try_out(&self, database: &Database, starts: &[Start], folders: &[PathBuf], steps: &Steps) -> Result<Vec<Tried>> {
        let name = &database.name;
        let mut origins = Vec::new();
        for (start, folder) in starts.iter().zip(folders) {
            let path = database_of(folder, name)?;
            origins.push(Origin {
                version: &start.version,
                modules: &start.modules,
                path,
            });
        }
        let first = self.source.databases.first().map(|d| d.name.as_str());
        let means = |rule: &&RowRule| rule.database.as_deref().or(first) == Some(name);
        let rules: Vec<&RowRule> = self.source.rows.iter().filter(means).collect();
        let trial = Trial {
            origins: &origins,
            steps: steps.get(name).map_or(&[], Vec::as_slice),
            rules: &rules,
            functions: &self.source.functions,
            product: &self.source.product.id,
            modules: &self.source.modules,
            masks: &database.mask,
            fresh: database.fresh,
        };
        trial.run()
    }

    pub(super) fn read_modules(&self, folder: &Path) -> Result<Modules> {
        let path = folder.join(MODULES);
        let mut modules = Modules::new();
        if !path.is_file() {
            return Ok(modules);
        }
        let text = fs::read_to_string(&path).map_err(|e| invalid(&path, e))?;
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |message: String| invalid(&path, format!("line {}: {message}", n + 1));
            let Some((id, version)) = line.trim().split_once(char::is_whitespace) else {
                return Err(wrong("is not of the form “<module> <version>”".to_owned()));
            };
            let version: Version = version.trim().parse().map_err(wrong)?;
            let Some(known) = self.source.modules.iter().find(|module| module.id == id) else {
                let hint = near(id, self.source.modules.iter().map(|m| m.id.as_str()));
                let hint = hint.map_or_else(String::new, |n| format!("; did you mean “{n}”?"));
                return Err(wrong(format!("the manifest has no [[module]] “{id}”{hint}")));
            };
            if version > known.version {
                return Err(wrong(format!(
                    "“{id}” {version} is newer than {}, to which this update leads",
                    known.version
                )));
            }
            if modules.insert(id.to_owned(), version).is_some() {
                return Err(wrong(format!("names “{id}” again")));
            }
        }
        Ok(modules)
    }
}

/// The folders of a release in which its databases are: its own, and one for each further combination of modules.
fn variants(folder: &Path) -> Result<Vec<PathBuf>> {
    let further = folder.join(VARIANTS);
    let names = list(&further)?;
    Ok(std::iter::once(folder.to_owned())
        .chain(names.into_iter().map(|name| further.join(name)))
        .collect())
}

/// What a release installed.
pub fn release_files(folder: &Path) -> Result<FileList> {
    let (code, list) = (folder.join("code"), folder.join("files.txt"));
    match (code.is_dir(), list.is_file()) {
        (true, false) => {
            let mut files = Vec::new();
            walk(&code, "", &mut files)?;
            files
                .into_iter()
                .map(|path| Ok((path.clone(), hash(&code.join(&path))?.1)))
                .collect()
        }
        (false, true) => read_list(&fs::read_to_string(&list).map_err(|e| invalid(&list, e))?, &list),
        _ => Err(invalid(
            folder,
            "either code/ or files.txt must say which files that release installed",
        )),
    }
}
