//! From a payload folder to a resolved manifest and the content of every entry. What is resolved here is all that a site needs to know.

use super::release::{FileList, read_list, write_list};
use super::source::{Source, read_source};
use super::step::{StepFiles, read_step};
use super::trial::Trial;
use super::{invalid, validate};
use crate::bundle::manifest::{self, Entry, FORMAT, Manifest, Migration, RowRule, Start};
use crate::bundle::{names, sha256, writer};
use crate::database::Schema;
use crate::failure::{Failure, Reason, Result};
use crate::near::near;
use crate::platform;
use crate::steps::{Kind, Step};
use crate::version::Version;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A payload that is ready to be written as a bundle.
pub struct Resolved {
    /// Its manifest.
    pub manifest: Manifest,
    contents: BTreeMap<String, Content>,
}

/// The steps' texts by database.
type Steps = BTreeMap<String, Vec<Step>>;

enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Resolved {
    /// Writes the bundle behind what `out` holds already.
    pub fn write(&self, scratch: &mut (impl Read + Write + Seek), out: &mut dyn Write) -> Result<()> {
        let open = |path: &str| -> std::io::Result<Box<dyn Read>> {
            match self.contents.get(path) {
                Some(Content::File(file)) => Ok(Box::new(File::open(file)?)),
                Some(Content::Bytes(bytes)) => Ok(Box::new(Cursor::new(bytes.clone()))),
                None => Err(std::io::ErrorKind::NotFound.into()),
            }
        };
        writer::write(&self.manifest, &open, scratch, out)
    }
}

/// Resolves a payload folder: everything in it is read, checked, and tried.
pub fn resolve(payload: &Path) -> Result<Resolved> {
    let source = read_source(payload)?;
    validate::check(&source, payload)?;
    no_strangers(payload)?;
    let mut resolver = Resolver {
        payload,
        source: &source,
        entries: Vec::new(),
        contents: BTreeMap::new(),
    };
    resolver.code()?;
    resolver.notes()?;
    resolver.entry_files()?;
    let (migrations, steps) = resolver.migrations()?;
    let (starts, schemas) = resolver.releases(&steps)?;
    let lowest = starts.first().map(|s| s.version.clone());
    if let Some(useless) = migrations
        .iter()
        .find(|m| Some(&m.version) <= lowest.as_ref() || m.version > source.product.version)
    {
        let message = format!(
            "this migration is on no way from a release to {}; remove it, or add the release below it",
            source.product.version
        );
        return Err(invalid(&payload.join("migrations").join(useless.version.to_string()), message));
    }
    let Resolver { mut entries, contents, .. } = resolver;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Resolved {
        manifest: Manifest {
            format: FORMAT,
            product: source.product,
            application: source.application,
            databases: source.databases,
            functions: source.functions,
            checks: source.checks,
            rows: source.rows,
            snapshots: source.snapshots,
            starts,
            schemas,
            migrations,
            entries,
        },
        contents,
    })
}

/// The steps of each database of a payload, ascending, without anything being tried.
pub fn migrations(payload: &Path) -> Result<BTreeMap<String, Vec<Step>>> {
    let source = read_source(payload)?;
    let mut resolver = Resolver {
        payload,
        source: &source,
        entries: Vec::new(),
        contents: BTreeMap::new(),
    };
    Ok(resolver.migrations()?.1)
}

/// What may stand in a payload folder.
const PARTS: [&str; 5] = ["holdfast.toml", "code", "releases", "migrations", "notes"];

fn no_strangers(payload: &Path) -> Result<()> {
    for name in list(payload)? {
        if !PARTS.contains(&name.as_str()) && !name.starts_with('.') {
            let hint = near(&name, PARTS.into_iter()).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
            return Err(invalid(
                &payload.join(&name),
                format!("nothing of that name belongs in a payload.{hint}"),
            ));
        }
    }
    Ok(())
}

struct Resolver<'a> {
    payload: &'a Path,
    source: &'a Source,
    entries: Vec<Entry>,
    contents: BTreeMap<String, Content>,
}

impl Resolver<'_> {
    fn add_file(&mut self, path: String, file: PathBuf) -> Result<()> {
        let (size, sha256) = hash(&file)?;
        let executable = platform::is_executable(&file);
        self.entries.push(Entry {
            path: path.clone(),
            size,
            sha256,
            executable,
        });
        self.contents.insert(path, Content::File(file));
        Ok(())
    }

    fn add_text(&mut self, path: String, text: String) -> String {
        self.entries.push(Entry {
            path: path.clone(),
            size: text.len() as u64,
            sha256: sha256(text.as_bytes()),
            executable: false,
        });
        self.contents.insert(path.clone(), Content::Bytes(text.into_bytes()));
        path
    }

    fn code(&mut self) -> Result<()> {
        let root = self.payload.join("code");
        let mut files = Vec::new();
        walk(&root, "", &mut files)?;
        names::check_all(files.iter().map(String::as_str)).map_err(|f| f.hint("Rename it and pack again."))?;
        if let Some(file) = &self.source.application.version.file {
            let text = fs::read_to_string(root.join(file))
                .map_err(|e| invalid(&root.join(file), format!("application.version reads this file: {e}")))?;
            let first = text.lines().next().unwrap_or_default().trim();
            if first.parse::<Version>().ok().as_ref() != Some(&self.source.product.version) {
                let message = format!(
                    "its first line is “{first}”, and product.version is {}",
                    self.source.product.version
                );
                return Err(invalid(&root.join(file), message));
            }
        }
        files
            .into_iter()
            .try_for_each(|path| self.add_file(format!("code/{path}"), root.join(path)))
    }

    /// Every entry must be known: brought by this release, or (one of them at most stays away) by an older one.
    fn entry_files(&self) -> Result<()> {
        let root = self.payload.join("code");
        let mut known: Vec<String> = self
            .contents
            .keys()
            .filter_map(|p| Some(p.strip_prefix("code/")?.to_owned()))
            .collect();
        let entry = &self.source.application.entry;
        if !entry.iter().any(|e| known.contains(e)) {
            let hint = near(&entry[0], known.iter().map(String::as_str)).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
            return Err(invalid(
                &root,
                format!("application.entry names “{}”, which is not in code/.{hint}", entry[0]),
            ));
        }
        for (_, folder) in versions(&self.payload.join("releases"))? {
            known.extend(release_files(&folder)?.into_keys());
        }
        match entry.iter().find(|e| !known.contains(e)) {
            Some(unknown) => {
                let hint = near(unknown, known.iter().map(String::as_str)).map_or_else(String::new, |n| format!(". Did you mean “{n}”?"));
                Err(invalid(
                    &root,
                    format!("application.entry names “{unknown}”, which is in no release{hint}"),
                ))
            }
            None => Ok(()),
        }
    }

    fn notes(&mut self) -> Result<()> {
        let mut files = Vec::new();
        if self.payload.join("notes").exists() {
            walk(&self.payload.join("notes"), "notes/", &mut files)?;
        }
        if let Some(notes) = self.source.product.notes.as_ref().filter(|n| !files.contains(n)) {
            return Err(invalid(
                &self.payload.join(notes),
                "product.notes names this file, and it is not in notes/",
            ));
        }
        files
            .into_iter()
            .try_for_each(|path| self.add_file(path.clone(), self.payload.join(path)))
    }

    /// The migrations with their steps, and the steps' texts by database.
    fn migrations(&mut self) -> Result<(Vec<Migration>, Steps)> {
        let root = self.payload.join("migrations");
        let mut migrations = Vec::new();
        let mut texts = Steps::new();
        for (version, folder) in versions(&root)? {
            let mut steps = Vec::new();
            for (database, name, path) in self.step_files(&folder)? {
                let StepFiles { step, files, texts: made } = read_step(&version, &name, &path)?;
                let entry = format!("migrations/{version}/{database}/{name}");
                let inside = |file: &str| match file {
                    "" => entry.clone(),
                    file => format!("{entry}/{file}"),
                };
                for (file, path) in files {
                    self.add_file(inside(&file), path)?;
                }
                for (file, text) in made {
                    self.add_text(inside(&file), text);
                }
                steps.push(manifest::Step {
                    database: database.clone(),
                    name,
                    entry,
                    checksum: step.checksum.clone(),
                });
                texts.entry(database).or_default().push(step);
            }
            migrations.push(Migration { version, steps });
        }
        Ok((migrations, texts))
    }

    /// Database, name and path of each step of a migration: files are for the first database, folders are named after theirs.
    fn step_files(&self, folder: &Path) -> Result<Vec<(String, String, PathBuf)>> {
        let first = self.source.databases.first();
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
                found.push((first.name.clone(), name, path));
            }
        }
        Ok(found)
    }

    /// The releases from which the update starts, and the entry of each database's schema at the end.
    fn releases(&mut self, steps: &Steps) -> Result<(Vec<Start>, BTreeMap<String, String>)> {
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
        for (version, folder) in &releases {
            let list = release_files(folder)?;
            starts.push(Start {
                version: version.clone(),
                files: self.add_text(format!("releases/{version}/files.txt"), write_list(&list)),
                schemas: BTreeMap::new(),
            });
        }
        let mut targets = BTreeMap::new();
        for database in &self.source.databases {
            let (schemas, target) = self.try_out(&database.name, &database.mask, &releases, steps)?;
            for start in &mut starts {
                let text = schemas.get(&start.version).map_or_else(String::new, Schema::text);
                let entry = self.add_text(format!("releases/{}/{}.schema", start.version, database.name), text);
                start.schemas.insert(database.name.clone(), entry);
            }
            let entry = self.add_text(format!("schema/{}.schema", database.name), target.text());
            targets.insert(database.name.clone(), entry);
        }
        Ok((starts, targets))
    }

    fn try_out(
        &self,
        database: &str,
        masks: &[String],
        releases: &BTreeMap<Version, PathBuf>,
        steps: &Steps,
    ) -> Result<(BTreeMap<Version, Schema>, Schema)> {
        let mut paths = BTreeMap::new();
        for (version, folder) in releases {
            let found = ["sql", "db"]
                .map(|e| folder.join(format!("{database}.{e}")))
                .into_iter()
                .find(|p| p.is_file());
            let path = found.ok_or_else(|| {
                invalid(
                    folder,
                    format!("{database}.sql or {database}.db is missing: the database of that release"),
                )
            })?;
            paths.insert(version.clone(), path);
        }
        let first = self.source.databases.first().map(|d| d.name.as_str());
        let rules: Vec<&RowRule> = self
            .source
            .rows
            .iter()
            .filter(|r| r.database.as_deref().or(first) == Some(database))
            .collect();
        let trial = Trial {
            releases: &paths,
            steps: steps.get(database).map_or(&[], Vec::as_slice),
            rules: &rules,
            functions: &self.source.functions,
            module: &self.source.product.id,
            masks,
        };
        trial.run()
    }
}

/// The folders of a folder, which must all be named after versions.
fn versions(root: &Path) -> Result<BTreeMap<Version, PathBuf>> {
    let mut found = BTreeMap::new();
    for name in list(root)? {
        let path = root.join(&name);
        let version: Version = name.parse().map_err(|e| invalid(&path, e))?;
        if let Some(other) = found.insert(version, path.clone()) {
            return Err(invalid(&path, format!("means the same version as {}", other.display())));
        }
    }
    Ok(found)
}

fn release_files(folder: &Path) -> Result<FileList> {
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

/// The names in a folder, sorted; none if there is no such folder.
pub fn list(folder: &Path) -> Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|e| invalid(folder, e))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| invalid(folder, e))?.file_name();
        let name = name
            .into_string()
            .map_err(|n| invalid(&folder.join(n), "the name is not Unicode"))?;
        names.push(name);
    }
    names.sort();
    Ok(names)
}

/// All files below a folder, as paths with `/`.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    if !folder.is_dir() {
        return Err(invalid(folder, "the folder is missing"));
    }
    for name in list(folder)? {
        let path = folder.join(&name);
        let meta = fs::symlink_metadata(&path).map_err(|e| invalid(&path, e))?;
        match (meta.is_dir(), meta.is_file()) {
            (true, _) => walk(&path, &format!("{prefix}{name}/"), found)?,
            (_, true) => found.push(format!("{prefix}{name}")),
            _ => return Err(invalid(&path, "is a link or device; only files and folders can be packed")),
        }
    }
    Ok(())
}

fn hash(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(|e| invalid(path, e))?;
    let mut sink = crate::disk::Hashed::new(std::io::sink());
    let size = std::io::copy(&mut file, &mut sink)
        .map_err(|e| Failure::new(Reason::DiskFailed, format!("“{}” cannot be read: {e}.", path.display())).at(path))?;
    Ok((size, sink.digest().1))
}
