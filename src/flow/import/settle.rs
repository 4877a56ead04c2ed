//! Where an import keeps what it must remember, and how one that was cut off is brought to its end: by the next import, by a person, or by an
//! update of the application to which the database belongs.

use super::super::{Context, Instance, standby};
use crate::fail;
use crate::failure::{Failure, Result};
use crate::platform;
use crate::report::Event;
use crate::swap::{self, Recovered, Workspace};
use std::path::{Path, PathBuf};

/// The folder that stands for the application: the workspace beside the database.
pub fn home(database: &Path) -> PathBuf {
    Workspace::beside(database).root
}

/// Where a database is, also when a cut import has left it in another place: absolute, and without links as far as can be seen.
pub fn real_database(path: &Path) -> Result<PathBuf> {
    if let Ok(real) = platform::real_path(path) {
        return Ok(real);
    }
    let target = match std::fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => std::path::absolute(path)?,
    };
    match (target.parent().map(platform::real_path), target.file_name()) {
        (Some(Ok(folder)), Some(name)) => Ok(folder.join(name)),
        _ => fail!(DatabaseMissing, "There is no database “{}”.", path.display()),
    }
}

/// Brings an import that was cut off to its end. `asked` is set when a person asked for it. The second value is why something of it is left
/// over; until that is tidied up, nothing else may begin.
pub fn settle(context: &Context<'_>, database: &Path, asked: bool) -> Result<(Recovered, Option<Failure>)> {
    let home = home(database);
    let work = context.work(&home);
    if !swap::is_hot(&work)? {
        return Ok((Recovered::Nothing, None));
    }
    let _instance = Instance::begin(context, &home, false)?;
    let recovered = swap::recover(&work, &(context.now)(), asked);
    if recovered.is_ok() && !swap::is_hot(&work)? {
        standby::stand_down(context, &home);
    }
    recovered
}

/// The same before an update looks at the database.
pub fn settle_first(context: &Context<'_>, database: &Path, only_look: bool) -> Result<()> {
    if !only_look {
        let (_, left) = settle(context, database, false)?;
        return left.map_or(Ok(()), Err);
    }
    if swap::is_hot(&context.work(&home(database)))? {
        let message = "An unfinished import is here; it would be brought to its end first.";
        context.reporter.event(&Event::Warning { message });
    }
    Ok(())
}
