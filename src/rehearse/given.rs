//! What stands on the command line for a site: an application folder with its databases, or a database alone, around which a site is laid
//! out from the payload's own releases.

use super::Voice;
use super::place::{Place, Source};
use crate::bundle::Bundle;
use crate::bundle::manifest::Start;
use crate::database::Schema;
use crate::disk::{Disk, RealDisk, failed, hash_file};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::payload;
use crate::platform;
use crate::script::{self, Limits};
use crate::site::{Environment, Patterns, locate, locate_databases, read_version};
use crate::steps::noted_version;
use crate::version::Version;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What sites are taken for.
pub struct Taking<'a> {
    /// The payload folder.
    pub payload: &'a Path,
    /// What is rehearsed.
    pub bundle: &'a Bundle,
    /// Databases that take the place of a site's own, by name.
    pub databases: &'a BTreeMap<String, PathBuf>,
    /// The version of a database that is given alone.
    pub from: Option<&'a Version>,
    /// Whoever watches.
    pub voice: &'a Voice<'a>,
}

/// What a word means.
enum Given {
    Folder(PathBuf),
    Database(Option<String>, PathBuf),
}

impl Taking<'_> {
    /// Copies the site that a word names to `root`. `room` is asked with the files' bytes before anything is copied.
    pub fn take(&self, word: &str, root: &Path, room: &dyn Fn(u64, u64) -> Result<()>) -> Result<Place> {
        match self.means(word)? {
            Given::Folder(folder) => self.folder(&folder, root, room),
            Given::Database(name, path) => self.around(name, &path, root, room),
        }
    }

    fn means(&self, word: &str) -> Result<Given> {
        let path = Path::new(word);
        if path.is_dir() {
            return Ok(Given::Folder(path.to_owned()));
        }
        if path.exists() {
            return Ok(Given::Database(None, path.to_owned()));
        }
        let named = word
            .split_once('=')
            .filter(|(name, path)| self.knows(name) && Path::new(path).exists());
        if let Some((name, path)) = named {
            return Ok(Given::Database(Some(name.to_owned()), path.into()));
        }
        fail!(
            RequestInvalid,
            "There is no “{word}”. A site is an application folder or a database: `holdfast rehearse {} SITE…`.",
            self.payload.display()
        )
    }

    fn knows(&self, name: &str) -> bool {
        self.bundle.manifest.databases.iter().any(|d| d.name == name)
    }

    /// An application folder, with each database that was given in the place of its own.
    fn folder(&self, folder: &Path, root: &Path, room: &dyn Fn(u64, u64) -> Result<()>) -> Result<Place> {
        let manifest = &self.bundle.manifest;
        let environment = Environment {
            variable: &|name| std::env::var_os(name),
            executable: std::env::current_exe()?,
        };
        let app = locate(manifest, Some(folder), &environment)?;
        let found = locate_databases(manifest, &app, &BTreeMap::new(), &environment).or_else(|failure| {
            // A path that cannot be worked out here does not matter where all databases are given.
            let all = manifest.databases.iter().all(|d| self.databases.contains_key(&d.name));
            if all { Ok(Vec::new()) } else { Err(failure) }
        })?;
        let source = |name: &str, path: &str| {
            let own = found.iter().find(|site| site.name == name).map(|site| site.path.clone());
            let inside = own.as_ref().and_then(|own| own.strip_prefix(&app).ok()).map(Path::to_owned);
            let relative = Path::new(path).is_relative() && !path.starts_with("${");
            Source {
                name: name.to_owned(),
                inside: inside.or_else(|| (relative && own.is_none()).then(|| path.into())),
                from: self.databases.get(name).cloned().or(own).unwrap_or_default(),
            }
        };
        let sources: Vec<Source> = manifest.databases.iter().map(|d| source(&d.name, &d.path)).collect();
        let bytes = super::watch::bytes_below(&app);
        let outside = sources
            .iter()
            .filter(|s| !s.from.starts_with(&app))
            .map(|s| bytes_of(&s.from))
            .sum::<u64>();
        room(bytes + outside, sources.iter().map(|s| bytes_of(&s.from)).sum())?;
        let mut place = Place::new(root)?;
        // What lies where a given database goes is not the site's for this rehearsal.
        let own = found.iter().map(|site| Source {
            name: site.name.clone(),
            from: site.path.clone(),
            inside: None,
        });
        let keep = Patterns::new(&manifest.application.keep)?;
        place.take_folder(self.voice, &app, &own.chain(sources.iter().cloned()).collect::<Vec<_>>(), &keep)?;
        for source in &sources {
            self.voice.go_on()?;
            let is_given = self.databases.contains_key(&source.name);
            // A missing one is the update's to judge, unless somebody named it.
            if is_given || RealDisk.kind(&source.from)?.is_some() {
                place.take_database(source)?;
            }
        }
        Ok(place)
    }

    /// A database alone: the program and the other databases are those of the release of its version.
    fn around(&self, name: Option<String>, path: &Path, root: &Path, room: &dyn Fn(u64, u64) -> Result<()>) -> Result<Place> {
        let manifest = &self.bundle.manifest;
        room(bytes_of(path), bytes_of(path))?;
        let mut place = Place::new(root)?;
        // It is looked at in a copy: whoever reads a database with SQLite may leave something beside it.
        let looked_at = root.join("given");
        super::place::make_folder(&looked_at)?;
        let copy = looked_at.join("copy.db");
        super::place::copy_database(path, &copy)?;
        let (name, version) = self.identify(name, &copy, path)?;
        std::fs::remove_dir_all(&looked_at).map_err(|e| failed("removing", &looked_at, &e))?;
        self.lay_out(&version, &place.app)?;
        for database in &manifest.databases {
            let relative = Path::new(&database.path).is_relative() && !database.path.starts_with("${");
            let given = if database.name == name {
                Some(path)
            } else {
                self.databases.get(&database.name).map(PathBuf::as_path)
            };
            let source = Source {
                name: database.name.clone(),
                from: given.map_or_else(|| PathBuf::from(format!("{}.db", database.name)), Path::to_owned),
                inside: relative.then(|| PathBuf::from(&database.path)),
            };
            match given {
                Some(_) => place.take_database(&source)?,
                None => {
                    let to = place.database_place(&source)?;
                    self.recorded(&version, &database.name, &to)?;
                }
            }
        }
        Ok(place)
    }

    /// Which of the manifest's databases it is, and of which version: by its own word, or by its schema.
    fn identify(&self, name: Option<String>, copy: &Path, shown: &Path) -> Result<(String, Version)> {
        let manifest = &self.bundle.manifest;
        let open = || -> Result<Connection> {
            let connection = crate::database::open_copy(copy)?;
            script::declare(&connection, &manifest.functions, Limits::default())?;
            Ok(connection)
        };
        let connection = open().map_err(|f| f.at(shown))?;
        let schema = |database: &str| {
            let masks = manifest.databases.iter().find(|d| d.name == database).map_or(&[][..], |d| &d.mask);
            Schema::read(&connection, masks).map_err(|f| f.hint(&format!("It is “{}”.", shown.display())).at(shown))
        };
        let mut fits: Vec<(&str, &Version)> = Vec::new();
        for database in &manifest.databases {
            if name.as_ref().is_some_and(|name| *name != database.name) {
                continue;
            }
            let found = schema(&database.name)?;
            for start in &manifest.starts {
                if found == self.schema_at(start, &database.name)? {
                    fits.push((&database.name, &start.version));
                }
            }
        }
        fits.dedup();
        let same_file = |name: &&str| {
            manifest
                .databases
                .iter()
                .any(|d| d.name == **name && Path::new(&d.path).file_name() == shown.file_name())
        };
        let fitting: Vec<&str> = fits.iter().map(|(name, _)| *name).collect();
        let name = name
            .or_else(|| fitting.iter().find(|n| same_file(n)).or(fitting.first()).map(|n| (*n).to_owned()))
            .or_else(|| manifest.databases.first().map(|d| d.name.clone()))
            .unwrap_or_default();
        if let Some(from) = self.from {
            return Ok((name, from.clone()));
        }
        if let Some(said) = self.said(&name, &connection)? {
            return Ok((name, said));
        }
        let mut versions: Vec<&Version> = fits.iter().filter(|(n, _)| *n == name).map(|(_, v)| *v).collect();
        versions.dedup();
        match versions.as_slice() {
            [one] => Ok((name, (*one).clone())),
            [] => Err(self.unknown(&name, &schema(&name)?, shown)?),
            several => {
                let shown: Vec<String> = several.iter().map(ToString::to_string).collect();
                fail!(
                    VersionUnknown,
                    "The database does not say its version, and its schema fits several: {}. Say which with --from.",
                    shown.join(", ")
                )
            }
        }
    }

    fn schema_at(&self, start: &Start, database: &str) -> Result<Schema> {
        Ok(Schema::parse(
            &self.bundle.text(start.schemas.get(database).map_or("", String::as_str))?,
        ))
    }

    /// The version that a database has by its own word.
    fn said(&self, name: &str, connection: &Connection) -> Result<Option<Version>> {
        let manifest = &self.bundle.manifest;
        let source = &manifest.application.version;
        if source.file.is_none() && manifest.database_name(source.database.as_deref()) == Some(name) {
            return read_version(&RealDisk, Path::new(""), manifest, Some(connection)).map(Some);
        }
        let noted = noted_version(connection, &manifest.product.id);
        Ok(noted.ok().flatten().and_then(|text| text.parse().ok()))
    }

    /// No release has this schema: the nearest one is named, with the difference.
    fn unknown(&self, name: &str, schema: &Schema, shown: &Path) -> Result<Failure> {
        let mut nearest: Option<(usize, &Version, Schema)> = None;
        for start in &self.bundle.manifest.starts {
            let expected = self.schema_at(start, name)?;
            let (more, fewer) = schema.difference(&expected);
            let distance = more.len() + fewer.len();
            if nearest.as_ref().is_none_or(|(least, ..)| distance < *least) {
                nearest = Some((distance, &start.version, expected));
            }
        }
        let near = nearest.map_or_else(String::new, |(_, version, expected)| {
            format!(" It is nearest to {version}: {}.", schema.name_difference(&expected))
        });
        let message = format!(
            "The database “{}” has the schema of no release from which this payload starts.{near} Record its release with `holdfast release`, or say --from VERSION to see what the update says to it.",
            shown.display()
        );
        Ok(Failure::new(Reason::VersionUnknown, message).at(shown))
    }

    /// Lays out the program of a release. Where only its list of files is recorded, each file is looked for by its hash in the payload.
    fn lay_out(&self, version: &Version, app: &Path) -> Result<()> {
        let releases = self.payload.join("releases");
        let names = RealDisk.list(&releases)?;
        let of_version = |name: &&std::ffi::OsString| name.to_str().and_then(|n| n.parse::<Version>().ok()).as_ref() == Some(version);
        let Some(folder) = names.iter().find(of_version).map(|name| releases.join(name)) else {
            let known = crate::site::known_versions(&self.bundle.manifest);
            fail!(
                VersionUnknown,
                "The payload starts from {known}, and the database is of version {version}. Say another one with --from, or record that release with `holdfast release`."
            );
        };
        let list = payload::release_files(&folder)?;
        let by_hash = self.files_by_hash(&names.iter().map(|n| releases.join(n).join("code")).collect::<Vec<_>>())?;
        let missing: Vec<&String> = list
            .iter()
            .filter(|(_, hash)| !by_hash.contains_key(*hash))
            .map(|(path, _)| path)
            .collect();
        if let Some(first) = missing.first() {
            fail!(
                RequestInvalid,
                "Of release {version} the payload has only the list of files: {} of {} are not in it, such as “{first}”. Rehearse an application folder of that version, with this database in it: `holdfast rehearse {} FOLDER --database NAME=PATH`.",
                missing.len(),
                list.len(),
                self.payload.display()
            );
        }
        for (path, hash) in &list {
            self.voice.go_on()?;
            let to = platform::below(app, path);
            super::place::make_folder(to.parent().unwrap_or(app))?;
            let own = platform::below(&folder.join("code"), path);
            let from = if own.is_file() { &own } else { &by_hash[hash] };
            std::fs::copy(from, &to).map_err(|e| failed("copying", from, &e))?;
        }
        Ok(())
    }

    fn files_by_hash(&self, releases: &[PathBuf]) -> Result<BTreeMap<String, PathBuf>> {
        let mut found = BTreeMap::new();
        for folder in releases.iter().chain([&self.payload.join("code")]) {
            let mut files = std::collections::BTreeSet::new();
            crate::disk::files_below(&RealDisk, folder, &mut files)?;
            for file in files {
                found.insert(hash_file(&RealDisk, &file)?, file);
            }
        }
        Ok(found)
    }

    /// Makes a database as a release recorded it.
    fn recorded(&self, version: &Version, name: &str, to: &Path) -> Result<()> {
        let reached = payload::reach(self.payload, Some(version), Some(name))?;
        let write = || {
            let mut file = Connection::open(to)?;
            let backup = Backup::new(&reached.connection, &mut file)?;
            backup.step(-1).map(|_| ())
        };
        write().map_err(|e| crate::database::failed(&e, to, "making"))
    }
}

fn bytes_of(database: &Path) -> u64 {
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    bytes(database) + bytes(&crate::database::side_file(database, "-wal"))
}
