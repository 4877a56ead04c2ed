//! A power cut in the middle of the swap is answered at the next start, even if nobody thinks of it: a copy of the updater without its
//! bundle stands by in Holdfast's own folder, and the system is told to run it. Where that cannot be had, the update goes on: whoever
//! runs the updater again gets the same recovery.

use super::Context;
use crate::bundle::container;
use crate::disk::{copy_start, create_dirs, remove_tree};
use crate::failure::{Failure, Result};
use crate::platform;
use crate::report::{Event, Reporter};
use crate::swap::Workspace;
use std::path::Path;

/// Stands by, before the first rename.
pub fn stand_by(context: &Context<'_>, app: &Path) {
    if !platform::RECOVERS_AT_START {
        return;
    }
    let registered = copy(context, app).and_then(|program| {
        platform::register_recovery(app, &program).map_err(|e| crate::disk::failed("registering the recovery of", app, &e))
    });
    if let Err(failure) = registered {
        let message = format!(
            "After a power cut this update will not be brought to its end by itself; run it again then. ({})",
            failure.message
        );
        context.reporter.event(&Event::Warning { message: &message });
    }
}

/// Stands down, when nothing is left to recover.
pub fn stand_down(context: &Context<'_>, app: &Path) {
    if let Err(e) = platform::unregister_recovery(app) {
        let message = format!("The recovery at the next start could not be taken back ({e}). It will find nothing to do.");
        context.reporter.event(&Event::Note { message: &message });
    }
}

/// Says why something is left over. The pair is whole; whoever stands by, or the next start, removes the rest.
pub fn leave_rest(reporter: &dyn Reporter, why: &Failure) {
    let message = format!("What was prepared could not be removed yet: {}", why.message);
    reporter.event(&Event::Warning { message: &message });
}

fn copy(context: &Context<'_>, app: &Path) -> Result<std::path::PathBuf> {
    let root = Workspace::of_app(app).root;
    let target = root.join(platform::RECOVERY_PROGRAM);
    if target == context.program {
        return Ok(target);
    }
    create_dirs(context.disk, &root)?;
    remove_tree(context.disk, &target)?;
    let bundle = match container::is_signed(&context.program)? {
        // A part of a signed program would be one without a signature.
        true => None,
        false => container::find(&context.program)?.and_then(|place| place.begins_at()),
    };
    copy_start(context.disk, &context.program, &target, bundle.unwrap_or(u64::MAX))?;
    context.disk.flush_dir(&root)?;
    Ok(target)
}
