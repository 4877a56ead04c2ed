//! Runs the whole chain at packing, on the databases of the old releases, so that the schema at the end is known and a step that
//! cannot run never leaves the desk.

use super::invalid;
use crate::bundle::manifest::RowRule;
use crate::database::Schema;
use crate::failure::{Failure, Reason, Result};
use crate::near::near;
use crate::report::Nobody;
use crate::script::DeclaredFunction;
use crate::steps::{Chain, Place, Start, Step};
use crate::version::Version;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One database through all versions.
pub struct Trial<'a> {
    /// The releases' databases: SQL scripts or database files, by version.
    pub releases: &'a BTreeMap<Version, PathBuf>,
    /// All steps of this database, ascending.
    pub steps: &'a [Step],
    /// The rules for rows.
    pub rules: &'a [&'a RowRule],
    /// Functions that only the application has.
    pub functions: &'a [DeclaredFunction],
    /// The product's id.
    pub module: &'a str,
    /// The manifest's masks.
    pub masks: &'a [String],
}

impl Trial<'_> {
    /// The schema of each release, and the one to which every one of them leads.
    pub fn run(&self) -> Result<(BTreeMap<Version, Schema>, Schema)> {
        let mut schemas = BTreeMap::new();
        for (version, path) in self.releases {
            let schema = Schema::read(&self.open(path)?, self.masks).map_err(|f| invalid(path, f.message))?;
            schemas.insert(version.clone(), schema);
        }
        let mut target: Option<(Version, Schema)> = None;
        for (start, path) in self.releases {
            let end = self.chain(start, path, &schemas)?;
            match &target {
                Some((other, expected)) if *expected != end => {
                    let difference = end.name_difference(expected);
                    let message = format!("from {start} the migrations lead to another schema than from {other}: {difference}");
                    return Err(invalid(path, message));
                }
                Some(_) => {}
                None => target = Some((start.clone(), end)),
            }
        }
        let (_, target) = target.ok_or_else(|| Failure::new(Reason::PayloadInvalid, "there is no release to start from"))?;
        Ok((schemas, target))
    }

    fn open(&self, path: &Path) -> Result<Connection> {
        let connection = open(path)?;
        crate::script::declare(&connection, self.functions, crate::script::Limits::default())?;
        Ok(connection)
    }

    /// Runs the steps from one release, and compares with every later release on the way.
    fn chain(&self, start: &Version, path: &Path, schemas: &BTreeMap<Version, Schema>) -> Result<Schema> {
        let mut connection = self.open(path)?;
        let steps: Vec<&Step> = self.steps.iter().filter(|s| s.version > *start).collect();
        for steps in steps.chunk_by(|a, b| a.version == b.version) {
            let steps: Vec<Step> = steps.iter().map(|s| (*s).clone()).collect();
            self.known_tables(&connection, &steps[0].version)?;
            let chain = Chain {
                steps: &steps,
                rules: self.rules,
                functions: self.functions,
                module: self.module,
                from: &start.to_string(),
                tenant: None,
                run: "packing",
                reporter: &Nobody,
            };
            let ran = chain.run(Start::Copy(connection), &Place::Memory);
            (connection, _) = ran.map_err(|f| {
                Failure::new(Reason::PayloadInvalid, format!("Tried on {}: {}", path.display(), f.message)).with("reason", f.reason.code())
            })?;
            let schema = Schema::read(&connection, self.masks)?;
            if let Some(expected) = schemas.get(&steps[0].version).filter(|expected| **expected != schema) {
                let difference = schema.name_difference(expected);
                let message = format!(
                    "the migrations from {start} to {} do not give that release's schema: {difference}",
                    steps[0].version
                );
                return Err(invalid(path, message));
            }
        }
        Schema::read(&connection, self.masks)
    }
}

impl Trial<'_> {
    /// A rule for a table that is not there would be found out at a site only.
    fn known_tables(&self, connection: &Connection, version: &Version) -> Result<()> {
        let tables = crate::database::tables(connection).map_err(|e| Failure::new(Reason::PayloadInvalid, e.to_string()))?;
        match self.rules.iter().find(|r| r.version == *version && !tables.contains(&r.table)) {
            None => Ok(()),
            Some(rule) => {
                let hint =
                    near(&rule.table, tables.iter().map(String::as_str)).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
                let message = format!(
                    "the [[rows]] of “{}” for {version} name a table that is not there before that migration.{hint}",
                    rule.table
                );
                Err(Failure::new(Reason::PayloadInvalid, message))
            }
        }
    }
}

/// A working copy in memory of a release's database: a script is run, a database file is copied.
fn open(path: &Path) -> Result<Connection> {
    let failed = |e: rusqlite::Error| invalid(path, format!("cannot be used as a release's database: {e}"));
    let mut memory = Connection::open_in_memory().map_err(failed)?;
    if path.extension().is_some_and(|e| e == "sql") {
        let script = std::fs::read_to_string(path).map_err(|e| invalid(path, format!("cannot be read: {e}")))?;
        memory.execute_batch("PRAGMA foreign_keys=OFF;").map_err(failed)?;
        memory.execute_batch(&script).map_err(failed)?;
    } else {
        let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        let backup = rusqlite::backup::Backup::new(&file, &mut memory).map_err(failed)?;
        backup.step(-1).map_err(failed)?;
    }
    Ok(memory)
}
