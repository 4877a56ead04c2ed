//! The renames that make a stage live, the journal that records them, and the recovery that undoes or finishes them.
//!
//! Two renames cannot be one atomic act, so the order carries the promise: the entry units go first and come last, and between the
//! two nothing can be started. What has happened to a unit is read from which of its three places exist, so the journal needs
//! no record for each rename, and there is one commit point: the record `committed`.
//! Error, panic, kill and power cut are all answered by [`recover`].

mod act;
mod confirm;
mod journal;
mod places;
mod plan;
mod recover;
mod registered;
mod snapshot;
mod tidy;
mod undo;

pub use act::{Armed, arm, perform};
pub use confirm::{Confirmation, DatabaseConfirmation, ProgramConfirmation, try_pair};
pub use journal::{Journal, Record, SPARE, Staged, append, archive, begin, is_hot};
pub use places::{JOURNAL, Places, WORK, Workspace, places, workspace_of, workspaces};
pub use plan::{FORMAT, Plan, Role, RunKind, Unit};
pub use recover::{Recovered, commit, give_back, recover};
pub use snapshot::{Before, SNAPSHOT, Snapshot, kept_folder, snapshots};
pub use tidy::{INSTALLED, prune, tidy};

use crate::disk::Disk;
use crate::report::Reporter;
use std::path::Path;

/// What every part of the swap works with.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// The disk.
    pub disk: &'a dyn Disk,
    /// Whoever watches.
    pub reporter: &'a dyn Reporter,
    /// The application folder, absolute and without links.
    pub app: &'a Path,
}
