//! Owner, mode, attributes and access lists: what a staged file or folder gets is what the live one of the same name has. Each is looked at
//! once, however many files are below it.

use super::Context;
use super::preflight::Decision;
use crate::disk::{Kind, failed};
use crate::failure::{Failure, Reason, Result};
use crate::platform::{self, Attributes, below};
use crate::swap::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is to have which attributes, folders before what is in them.
pub type Wanted = BTreeMap<PathBuf, Attributes>;

/// The attributes of a path as it is.
pub fn read(path: &Path) -> Result<Attributes> {
    platform::attributes(path).map_err(|e| failed("reading the access rights of", path, &e))
}

/// The attributes that staged files, given by their paths and whether they may be run, and the folders above them must have.
pub fn wanted<'a>(context: &Context<'_>, decision: &Decision<'_>, files: impl Iterator<Item = (&'a str, bool)>) -> Result<Wanted> {
    let above = read(&decision.app)?;
    let stage = Workspace::of_app(&decision.app).stage();
    let mut wanted = Wanted::new();
    for (path, executable) in files {
        let folders = path.match_indices('/').map(|(end, _)| (&path[..end], true));
        for (part, is_folder) in folders.chain([(path, false)]) {
            let staged = below(&stage, part);
            if wanted.contains_key(&staged) {
                continue;
            }
            let live = below(&decision.app, part);
            let attributes = match context.disk.kind(&live)? {
                Some(Kind::File(_)) if !is_folder && executable => read(&live)?.executable(),
                Some(Kind::File(_)) if !is_folder => read(&live)?,
                Some(Kind::Folder) if is_folder => read(&live)?,
                _ => Attributes::for_new_in(&above, executable, is_folder),
            };
            wanted.insert(staged, attributes);
        }
    }
    Ok(wanted)
}

/// Gives what is not there already.
pub fn give(context: &Context<'_>, wanted: &Wanted) -> Result<()> {
    for (staged, attributes) in wanted {
        if read(staged)? != *attributes {
            context.disk.set_attributes(staged, attributes)?;
        }
    }
    Ok(())
}

/// Looks whether all that is there still has them.
pub fn check(context: &Context<'_>, wanted: &Wanted) -> Result<()> {
    for (staged, attributes) in wanted {
        if context.disk.kind(staged)?.is_some() && read(staged)? != *attributes {
            let message = format!(
                "The access rights of “{}” are not those that it was given; a check changed them. Ask those who made the update.",
                staged.display()
            );
            return Err(Failure::new(Reason::StageDamaged, message).at(staged));
        }
    }
    Ok(())
}
