//! One updater at a time for one application folder.

use super::Context;
use super::preflight::denied;
use crate::disk::{create_dirs, failed};
use crate::failure::{Failure, Reason, Result};
use crate::platform;
use crate::swap::Workspace;
use std::fs::File;
use std::path::Path;

/// The right to work on a folder, until it goes.
#[must_use = "the right to work on the folder ends when this value goes"]
pub struct Instance {
    _lock: Option<File>,
}

impl Instance {
    /// Takes the right. `only_look` makes nothing: a plan changes nothing at all.
    pub fn begin(context: &Context<'_>, app: &Path, only_look: bool) -> Result<Instance> {
        let root = Workspace::of_app(app).root;
        let path = root.join("lock");
        if only_look && context.disk.kind(&path)?.is_none() {
            return Ok(Instance { _lock: None });
        }
        // Asked first, because a refusal may be a scanner's, and is waited for.
        let folder = if context.disk.kind(&root)?.is_some() { &root } else { app };
        if !platform::may_write(folder) {
            return Err(denied(folder));
        }
        create_dirs(context.disk, &root)?;
        match platform::lock(&path).map_err(|e| failed("locking", &path, &e))? {
            Some(lock) => Ok(Instance { _lock: Some(lock) }),
            None => Err(Failure::new(
                Reason::UpdateRunning,
                format!("Another updater is at work on “{}”. Wait until it has ended.", app.display()),
            )
            .at(app)),
        }
    }
}
