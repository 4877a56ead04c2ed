//! From a payload folder to a resolved manifest and the content of every entry. What is resolved here is all that a site needs to know.

use super::migrations::{Migrations, Steps, no_useless, noted_versions};
use super::reach::Reached;
use super::releases::release_files;
use super::source::{Source, read_source};
use super::{invalid, validate};
use crate::bundle::manifest::{Entry, FORMAT, Manifest};
use crate::bundle::{names, sha256, writer};
use crate::failure::{Failure, Reason, Result};
use crate::near::near;
use crate::platform;
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
    hash: String,
}

enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Resolved {
    /// SHA-256 of the manifest as it was resolved, which holds the hash of every entry: equal exactly if the same is packed. What is added to
    /// the manifest later, such as a word on its rehearsals, does not change it.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Writes the bundle behind what `out` holds already.
    pub fn write(&self, scratch: &mut (impl Read + Write + Seek), out: &mut dyn Write) -> Result<()> {
        self.write_signed(&|_| Vec::new(), scratch, out)
    }

    /// The same, signed.
    pub fn write_signed(&self, signer: &writer::Signer<'_>, scratch: &mut (impl Read + Write + Seek), out: &mut dyn Write) -> Result<()> {
        let open = |path: &str| -> std::io::Result<Box<dyn Read>> {
            match self.contents.get(path) {
                Some(Content::File(file)) => Ok(Box::new(File::open(file)?)),
                Some(Content::Bytes(bytes)) => Ok(Box::new(Cursor::new(bytes.clone()))),
                None => Err(std::io::ErrorKind::NotFound.into()),
            }
        };
        writer::write(&self.manifest, &open, signer, scratch, out)
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
    let Migrations { migrations, steps } = resolver.migrations(&|_, _| true)?;
    let (starts, schemas) = resolver.releases(&steps)?;
    no_useless(&source, &migrations, &starts, payload)?;
    noted_versions(&source, &migrations, payload)?;
    let Resolver { mut entries, contents, .. } = resolver;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        format: FORMAT,
        product: source.product,
        application: source.application,
        databases: source.databases,
        functions: source.functions,
        checks: source.checks,
        rows: source.rows,
        modules: source.modules,
        snapshots: source.snapshots,
        starts,
        schemas,
        migrations,
        rehearsed: None,
        unrehearsed: None,
        entries,
    };
    let text = serde_json::to_vec(&manifest).map_err(|e| invalid(payload, e))?;
    Ok(Resolved {
        hash: sha256(&text),
        manifest,
        contents,
    })
}

/// The steps of each database of a payload, ascending, without anything being tried.
pub fn migrations(payload: &Path) -> Result<Steps> {
    let source = read_source(payload)?;
    let mut resolver = Resolver {
        payload,
        source: &source,
        entries: Vec::new(),
        contents: BTreeMap::new(),
    };
    Ok(resolver.migrations(&|_, _| true)?.steps)
}

/// The folder in a payload where the certificate of its rehearsals lies: it is not packed.
pub const REHEARSAL: &str = "rehearsal";

/// A database as a version of the payload has it: the payload's own, which is the newest, if none is given.
pub fn reach(payload: &Path, version: Option<&Version>, database: Option<&str>) -> Result<Reached> {
    let source = read_source(payload)?;
    validate::check(&source, payload)?;
    let mut resolver = Resolver {
        payload,
        source: &source,
        entries: Vec::new(),
        contents: BTreeMap::new(),
    };
    resolver.reach(version, database)
}

/// What may stand in a payload folder.
const PARTS: [&str; 7] = ["holdfast.toml", "code", "releases", "migrations", "modules", "notes", REHEARSAL];

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

/// A payload on its way into a bundle.
pub(super) struct Resolver<'a> {
    pub payload: &'a Path,
    pub source: &'a Source,
    entries: Vec<Entry>,
    contents: BTreeMap<String, Content>,
}

impl Resolver<'_> {
    /// Puts a file into the bundle.
    pub fn add_file(&mut self, path: String, file: PathBuf) -> Result<()> {
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

    /// Puts a text into the bundle; gives its path there.
    pub fn add_text(&mut self, path: String, text: String) -> String {
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
}

/// The folders of a folder, which must all be named after versions.
pub(super) fn versions(root: &Path) -> Result<BTreeMap<Version, PathBuf>> {
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

/// The names in a folder, sorted; none if there is no such folder.
pub(super) fn list(folder: &Path) -> Result<Vec<String>> {
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
pub(super) fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
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

pub(super) fn hash(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(|e| invalid(path, e))?;
    let mut sink = crate::disk::Hashed::new(std::io::sink());
    let size = std::io::copy(&mut file, &mut sink)
        .map_err(|e| Failure::new(Reason::DiskFailed, format!("“{}” cannot be read: {e}.", path.display())).at(path))?;
    Ok((size, sink.digest().1))
}
