//! Runs the whole chain at packing, on the databases of the old releases, so that the schema at the end is known and a step that
//! cannot run never leaves the desk.

use super::invalid;
use crate::bundle::manifest::{Fresh, Module, Modules, RowRule};
use crate::database::Schema;
use crate::failure::{Failure, Reason, Result};
use crate::near::near;
use crate::report::Nobody;
use crate::script::DeclaredFunction;
use crate::steps::{Chain, Place, Start, Step, fresh_steps};
use crate::version::Version;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A release in one combination of modules, with its database: an SQL script or a database file.
pub struct Origin<'a> {
    /// The release.
    pub version: &'a Version,
    /// The modules that are there.
    pub modules: &'a Modules,
    /// The database.
    pub path: PathBuf,
}

/// One database through all versions.
pub struct Trial<'a> {
    /// Where ways begin.
    pub origins: &'a [Origin<'a>],
    /// All steps of this database, those of a module after those of the application and of the modules before it.
    pub steps: &'a [Step],
    /// The rules for rows.
    pub rules: &'a [&'a RowRule],
    /// Functions that only the application has.
    pub functions: &'a [DeclaredFunction],
    /// The product's id.
    pub product: &'a str,
    /// The modules of the product.
    pub modules: &'a [Module],
    /// The manifest's masks.
    pub masks: &'a [String],
    /// How a site without this database gets one.
    pub fresh: Option<Fresh>,
}

/// The schemas at both ends of the way from one origin.
pub struct Tried {
    /// As the release left it.
    pub schema: Schema,
    /// As the last step leaves it.
    pub target: Schema,
}

impl Trial<'_> {
    /// The schemas of all origins, in their order. Ways that lead to the same modules must lead to the same schema.
    pub fn run(&self) -> Result<Vec<Tried>> {
        let mut schemas = Vec::new();
        for origin in self.origins {
            let read = self.open(&origin.path).and_then(|c| Schema::read(&c, self.masks));
            schemas.push(read.map_err(|f| invalid(&origin.path, f.message))?);
        }
        let mut ends: BTreeMap<BTreeSet<&str>, (&Origin<'_>, Schema)> = BTreeMap::new();
        let mut tried = Vec::new();
        for (origin, schema) in self.origins.iter().zip(&schemas) {
            let target = self.way(origin, &schemas)?;
            let modules = self.modules_after(origin);
            match ends.get(&modules) {
                Some((other, expected)) if *expected != target => {
                    let difference = target.name_difference(expected);
                    let message = format!(
                        "from {} the migrations lead to another schema than from {}: {difference}",
                        origin.version, other.version
                    );
                    return Err(invalid(&origin.path, message));
                }
                Some(_) => {}
                None => drop(ends.insert(modules, (origin, target.clone()))),
            }
            tried.push(Tried {
                schema: schema.clone(),
                target,
            });
        }
        let new = Modules::new();
        if let Some(fresh) = self.fresh {
            let installed: BTreeSet<&str> = self.modules.iter().filter(|m| m.install).map(|m| m.id.as_str()).collect();
            self.fresh(fresh, &new, ends.get(&installed).map(|(_, target)| target))?;
        }
        Ok(tried)
    }

    /// The modules that a site has afterwards.
    fn modules_after<'s>(&'s self, origin: &'s Origin<'_>) -> BTreeSet<&'s str> {
        let installed = self.modules.iter().filter(|m| m.install).map(|m| m.id.as_str());
        installed.chain(origin.modules.keys().map(String::as_str)).collect()
    }

    /// A site without the database must get the one that a site with it has in the end.
    fn fresh(&self, how: Fresh, none: &Modules, expected: Option<&Schema>) -> Result<()> {
        let comes = |step: &&Step| {
            let installed = |id: &String| self.modules.iter().any(|m| m.install && m.id == *id);
            step.module.as_ref().is_none_or(installed)
        };
        let all: Vec<Step> = self.steps.iter().filter(comes).cloned().collect();
        let steps = fresh_steps(how, all)?;
        let connection = Connection::open_in_memory().map_err(|e| Failure::new(Reason::PayloadInvalid, e.to_string()))?;
        crate::script::declare(&connection, self.functions, crate::script::Limits::default())?;
        let said = |message: String| Failure::new(Reason::PayloadInvalid, format!("Tried for a site without this database: {message}"));
        let ran = self.chain(&steps, "", none).run(Start::Copy(connection), &Place::Memory);
        let (connection, _) = ran.map_err(|f| said(f.message).with("reason", f.reason.code()))?;
        let schema = Schema::read(&connection, self.masks)?;
        match expected {
            Some(expected) if schema != *expected => Err(said(format!(
                "it gets another schema than sites that have one: {}.",
                schema.name_difference(expected)
            ))),
            Some(_) => Ok(()),
            None => Err(said(
                "no release leads to the modules that it gets, so its schema cannot be compared.".to_owned(),
            )),
        }
    }

    fn chain<'t>(&'t self, steps: &'t [Step], from: &'t str, modules: &'t Modules) -> Chain<'t> {
        Chain {
            steps,
            rules: self.rules,
            functions: self.functions,
            product: self.product,
            from,
            modules,
            tenant: None,
            collect: false,
            run: "packing",
            reporter: &Nobody,
        }
    }

    fn open(&self, path: &Path) -> Result<Connection> {
        let connection = open(path)?;
        crate::script::declare(&connection, self.functions, crate::script::Limits::default())?;
        Ok(connection)
    }

    /// The steps that run from one origin.
    fn steps_from(&self, origin: &Origin<'_>) -> Vec<&Step> {
        let after = self.modules_after(origin);
        let runs = |step: &&Step| match &step.module {
            None => step.version > *origin.version,
            Some(module) => after.contains(module.as_str()) && origin.modules.get(module).is_none_or(|v| step.version > *v),
        };
        self.steps.iter().filter(runs).collect()
    }

    /// The database of one origin as the steps up to a version leave it; those of modules are of the last version alone.
    pub fn reach(&self, origin: &Origin<'_>, version: &Version, is_last: bool) -> Result<Connection> {
        let runs = |step: &&Step| match &step.module {
            None => step.version <= *version,
            Some(_) => is_last,
        };
        let steps: Vec<Step> = self.steps_from(origin).into_iter().filter(runs).cloned().collect();
        let connection = self.open(&origin.path)?;
        let from = origin.version.to_string();
        let ran = self
            .chain(&steps, &from, origin.modules)
            .run(Start::Copy(connection), &Place::Memory);
        let (connection, _) = ran.map_err(|f| failed(format!("Tried on {}", origin.path.display()), f))?;
        Ok(connection)
    }

    /// The database that the steps up to a version make of nothing.
    pub fn begin(&self, how: Fresh, version: &Version) -> Result<Connection> {
        let own = |step: &&Step| step.module.is_none() && step.version <= *version;
        let steps = fresh_steps(how, self.steps.iter().filter(own).cloned().collect())?;
        let connection = Connection::open_in_memory().map_err(|e| Failure::new(Reason::PayloadInvalid, e.to_string()))?;
        let ran = self.chain(&steps, "", &Modules::new()).run(Start::Copy(connection), &Place::Memory);
        let (connection, _) = ran.map_err(|f| {
            failed(
                format!("No release is older than {version}, so the migrations began with nothing"),
                f,
            )
        })?;
        Ok(connection)
    }

    /// Runs the steps from one origin, and compares with every later release on the way.
    fn way(&self, origin: &Origin<'_>, schemas: &[Schema]) -> Result<Schema> {
        let Origin {
            version: start,
            modules,
            path,
        } = origin;
        let mut connection = self.open(path)?;
        let steps = self.steps_from(origin);
        for steps in steps.chunk_by(|a, b| (&a.module, &a.version) == (&b.module, &b.version)) {
            let steps: Vec<Step> = steps.iter().map(|s| (*s).clone()).collect();
            let first = &steps[0];
            self.known_tables(&connection, first)?;
            let from = start.to_string();
            let ran = self.chain(&steps, &from, modules).run(Start::Copy(connection), &Place::Memory);
            (connection, _) = ran.map_err(|f| failed(format!("Tried on {}", path.display()), f))?;
            let schema = Schema::read(&connection, self.masks)?;
            // Modules come later, so a release with the same ones is what the application's migrations must have led to.
            let later = |(other, _): &(&Origin<'_>, &Schema)| other.version == &first.version && other.modules == *modules;
            let later = self.origins.iter().zip(schemas).find(later).filter(|_| first.module.is_none());
            if let Some((_, expected)) = later.filter(|(_, expected)| **expected != schema) {
                let difference = schema.name_difference(expected);
                let message = format!(
                    "the migrations from {start} to {} do not give that release's schema: {difference}",
                    first.version
                );
                return Err(invalid(path, message));
            }
        }
        Schema::read(&connection, self.masks)
    }
}

impl Trial<'_> {
    /// A rule for a table that is not there would be found out at a site only.
    fn known_tables(&self, connection: &Connection, first: &Step) -> Result<()> {
        let tables = crate::database::tables(connection).map_err(|e| Failure::new(Reason::PayloadInvalid, e.to_string()))?;
        match self
            .rules
            .iter()
            .find(|r| (&r.module, &r.version) == (&first.module, &first.version) && !tables.contains(&r.table))
        {
            None => Ok(()),
            Some(rule) => {
                let hint =
                    near(&rule.table, tables.iter().map(String::as_str)).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"));
                let message = format!(
                    "the [[rows]] of “{}” for {} name a table that is not there before that migration.{hint}",
                    rule.table,
                    first.label()
                );
                Err(Failure::new(Reason::PayloadInvalid, message))
            }
        }
    }
}

fn failed(doing: String, failure: Failure) -> Failure {
    Failure::new(Reason::PayloadInvalid, format!("{doing}: {}", failure.message)).with("reason", failure.reason.code())
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
