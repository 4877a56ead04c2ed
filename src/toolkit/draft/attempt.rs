//! Tries a drafted step on the old side's data, in a temporary file, and looks at what comes out as a site would.

use super::super::desk;
use super::super::reshape::{check, copied};
use crate::bundle::manifest::{Modules, RowRule};
use crate::database::Schema;
use crate::disk;
use crate::draft::{Draft, Form};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::in_place;
use crate::report::Nobody;
use crate::reshape::Reshape;
use crate::schema::Side;
use crate::steps::{Chain, Place, Start, Step, TableAccount, is_ours};
use crate::version::Version;
use rusqlite::Connection;
use std::path::Path;

/// What running a step came to.
pub struct Tried {
    /// Rows that the old tables had.
    pub rows: u64,
    /// The old tables.
    pub tables: usize,
}

/// Runs it.
pub fn run(form: Form, path: &Path, old: &Side, new: &Side, made: &Draft) -> Result<Tried> {
    let empty;
    let data = match &old.data {
        Some(data) => data,
        None => {
            empty = built(&old.sql, &old.name)?;
            &empty
        }
    };
    let folder = tempfile::tempdir().map_err(|e| desk(Path::new("a temporary folder"), &e))?;
    let file = folder.path().join("tried.db");
    let step = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let (reached, accounts) = match form {
        Form::Reshape => reshaped(&step, data, &file, new, made)?,
        Form::Sql => in_place(&step, data, &file, old, new, made)?,
    };
    check(data, &reached, &file)?;
    let masks = &made.mapping.masks;
    let (found, wanted) = (Schema::read(&reached, masks)?, Schema::read(&built(&new.sql, &new.name)?, masks)?);
    if found != wanted {
        fail!(
            CheckFailed,
            "The step was tried and does not reach the new schema: {}.",
            found.name_difference(&wanted)
        );
    }
    let theirs = || accounts.iter().filter(|a| !is_ours(&a.table));
    Ok(Tried {
        rows: theirs().map(|a| a.before).sum(),
        tables: theirs().count(),
    })
}

fn built(sql: &str, name: &str) -> Result<Connection> {
    let memory = Connection::open_in_memory().and_then(|c| c.execute_batch(sql).map(|()| c));
    memory.map_err(|e| Failure::new(Reason::DatabaseUnsupported, format!("The schema of “{name}” cannot be made: {e}.")))
}

fn reshaped(step: &str, data: &Connection, file: &Path, new: &Side, made: &Draft) -> Result<(Connection, Vec<TableAccount>)> {
    let reached = Connection::open(file).map_err(|e| crate::database::failed(&e, file, "making"))?;
    let reshape = Reshape {
        step,
        schema: &new.sql,
        mapping: &made.mapping,
        prepare: &|_| Ok(()),
    };
    let report = reshape.run(data, &reached, &Nobody)?;
    Ok((reached, report.accounts))
}

fn in_place(name: &str, data: &Connection, file: &Path, old: &Side, new: &Side, made: &Draft) -> Result<(Connection, Vec<TableAccount>)> {
    let done = in_place::write(&old.definition, &new.definition, &made.mapping)?;
    // Any version will do: nothing asks for it here.
    let version: Version = "1".parse().map_err(|e: String| Failure::new(Reason::StepFailed, e))?;
    let step = Step::new((None, &version), name, &|_| Ok(done.sql.clone().into_bytes()), file.to_owned())?;
    let rule = |leaving: &in_place::Leaving| RowRule {
        version: version.clone(),
        module: None,
        database: None,
        table: leaving.table.clone(),
        moved_to: leaving.moved_to.clone(),
        dropped: leaving.dropped.clone(),
    };
    let rules: Vec<RowRule> = done.rows.iter().map(rule).collect();
    let chain = Chain {
        steps: &[step],
        rules: &rules.iter().collect::<Vec<_>>(),
        functions: &[],
        product: "",
        from: "",
        modules: &Modules::new(),
        tenant: None,
        collect: false,
        run: "draft",
        reporter: &Nobody,
    };
    let disk = disk::disk();
    let (reached, report) = chain.run(Start::Copy(copied(data, file)?), &Place::File(&*disk, file))?;
    Ok((reached, report.accounts.into_iter().flat_map(|(_, accounts)| accounts).collect()))
}
