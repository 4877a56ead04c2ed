//! `holdfast release`: records an installed release, so that updates may start from it: its files and the schema of its databases.

use super::desk;
use crate::bundle::names;
use crate::database::glance;
use crate::disk::{Disk, Kind, RealDisk, hash_file};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::payload::{FileList, MODULES, Source, read_source, write_list};
use crate::site::{Patterns, module_version};
use crate::version::Version;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Its version.
    version: String,
    /// The application folder as that release installed it.
    #[arg(long)]
    app: PathBuf,
    /// The payload into which it is written.
    #[arg(long, default_value = ".")]
    payload: PathBuf,
    /// A database, if it is not where the manifest says: NAME=PATH.
    #[arg(long = "database", value_name = "NAME=PATH")]
    databases: Vec<String>,
    /// Record a further combination of modules of a release that is recorded already, under this name.
    #[arg(long)]
    variant: Option<String>,
}

const EXAMPLES: &str = "Examples:
  holdfast release 1.0 --app /opt/relief --payload my-payload
  holdfast release 1.0 --app /opt/relief --database main=/var/lib/relief/relief.db
  holdfast release 1.0 --app /opt/relief --variant with-maps  # the same release with another set of modules";

/// Writes `releases/<version>/` of a payload from an application folder; or, for a further combination of modules, a variant of it.
pub fn release(arguments: &Arguments) -> Result<()> {
    let Arguments { app, payload, variant, .. } = arguments;
    let version: Version = arguments
        .version
        .parse()
        .map_err(|e: String| Failure::new(Reason::RequestInvalid, e))?;
    let source = read_source(payload)?;
    let given = parse(&arguments.databases)?;
    let release = payload.join("releases").join(version.to_string());
    let folder = match variant {
        Some(_) if !release.is_dir() => fail!(
            PayloadInvalid,
            "“{}” is not there: a variant belongs to a release that is recorded. Record one without --variant first.",
            release.display()
        ),
        Some(name) => {
            names::check(name)?;
            release.join("variants").join(name)
        }
        None => release,
    };
    if folder.exists() {
        fail!(
            PayloadInvalid,
            "“{}” is there already; a release does not change. Remove it to record it anew.",
            folder.display()
        );
    }
    let paths: BTreeMap<&str, PathBuf> = source
        .databases
        .iter()
        .map(|d| (d.name.as_str(), given.get(&d.name).cloned().unwrap_or_else(|| app.join(&d.path))))
        .collect();
    let mut list = FileList::new();
    let not_code = Patterns::new(&[source.application.keep.clone(), source.application.derived.clone()].concat())?;
    collect(app, "", &not_code, &paths, &mut list)?;
    names::check_all(list.keys().map(String::as_str))?;
    let schemas = paths
        .iter()
        .map(|(name, path)| Ok((*name, schema(path)?)))
        .collect::<Result<Vec<_>>>()?;
    let modules = modules(&source, &paths)?;
    fs::create_dir_all(&folder).map_err(|e| desk(&folder, &e))?;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| desk(&path, &e))
    };
    if variant.is_none() {
        write("files.txt", &write_list(&list))?;
    }
    if !modules.is_empty() {
        write(MODULES, &modules)?;
    }
    for (name, sql) in schemas {
        write(&format!("{name}.sql"), &sql)?;
    }
    say!(
        "{} files and {} databases of {} {version}: “{}”",
        list.len(),
        paths.len(),
        source.product.name,
        folder.display()
    );
    note_missing_entry(&source, &list);
    Ok(())
}

/// The modules that are there, as the payload keeps them: one a line.
fn modules(source: &Source, databases: &BTreeMap<&str, PathBuf>) -> Result<String> {
    let mut text = String::new();
    for module in &source.modules {
        let first = source.databases.first().map(|d| d.name.as_str());
        let Some(path) = module.database.as_deref().or(first).and_then(|name| databases.get(name)) else {
            continue;
        };
        if let Some(version) = module_version(module, &glance(&RealDisk, path)?)? {
            text += &format!("{} {version}\n", module.id);
        }
    }
    Ok(text)
}

fn note_missing_entry(source: &Source, list: &FileList) {
    if !source.application.entry.iter().any(|e| list.contains_key(e)) {
        complain!("warning: none of application.entry is among the files; name what starts this release there, too.");
    }
}

/// Databases by their names, as they were typed.
pub fn parse(databases: &[String]) -> Result<BTreeMap<String, PathBuf>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, path)) => Ok((name.to_owned(), PathBuf::from(path))),
        None => fail!(RequestInvalid, "--database wants NAME=PATH, and not “{text}”."),
    };
    databases.iter().map(pair).collect()
}

fn collect(folder: &Path, prefix: &str, not_code: &Patterns, databases: &BTreeMap<&str, PathBuf>, list: &mut FileList) -> Result<()> {
    for name in RealDisk.list(folder)? {
        let path = folder.join(&name);
        let inside = format!("{prefix}{}", name.to_string_lossy());
        let side = |database: &PathBuf| {
            crate::database::SIDE_SUFFIXES
                .iter()
                .any(|s| crate::database::side_file(database, s) == path)
        };
        if inside == crate::swap::WORK || not_code.match_path(&inside) || databases.values().any(|d| *d == path || side(d)) {
            continue;
        }
        match RealDisk.kind(&path)? {
            Some(Kind::Folder) => collect(&path, &format!("{inside}/"), not_code, databases, list)?,
            Some(Kind::File(_)) => {
                list.insert(inside, hash_file(&RealDisk, &path)?);
            }
            _ => complain!("warning: “{}” is a link or device and is left out.", path.display()),
        }
    }
    Ok(())
}

/// The statements that build the schema, in an order in which they can run.
fn schema(path: &Path) -> Result<String> {
    let connection = glance(&RealDisk, path)?;
    let told = |e: rusqlite::Error| crate::database::failed(&e, path, "reading");
    let query = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'holdfast\\_%' ESCAPE '\\'
                 AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
                 ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid";
    let mut statement = connection.prepare(query).map_err(told)?;
    let statements = statement
        .query_map([], |r| r.get::<_, String>(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(told)?;
    let pragma = |name: &str| {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |r| r.get::<_, i64>(0))
            .map_err(told)
    };
    let mut text = format!(
        "PRAGMA user_version = {};\nPRAGMA application_id = {};\n",
        pragma("user_version")?,
        pragma("application_id")?
    );
    statements.iter().for_each(|s| text += &format!("{s};\n"));
    Ok(text)
}
