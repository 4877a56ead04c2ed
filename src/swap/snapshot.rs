//! Old versions that are kept for a rollback: what is in `kept/<run>`, and what must be known to put it back.

use super::Work;
use super::confirm::Confirmation;
use super::places::Workspace;
use super::plan::Plan;
use crate::database::TableContent;
use crate::failure::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a rollback must know of the pair that goes, and of the one that came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// How the old pair is tried when it comes back.
    pub confirmation: Confirmation,
    /// The content of the new databases at the commit, by unit and table: what is more later was written since.
    pub contents: BTreeMap<String, BTreeMap<String, TableContent>>,
    /// The files of the new code, and SHA-256 of the kept files that were edited: what differs later is the site's.
    pub files: Vec<String>,
    /// See `files`.
    pub kept: BTreeMap<String, String>,
    /// The manifest's patterns of files that the code makes.
    pub derived: Vec<String>,
}

/// `.holdfast-snapshot.json` in a kept folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The run that retired it.
    pub plan: Plan,
    /// What a rollback must know.
    pub before: Before,
    /// Counts up: the order of snapshots must not depend on a clock that people set.
    pub number: u64,
    /// When it was retired, in UTC.
    pub at: String,
    /// Whether it waits for people to confirm or roll back.
    pub held: bool,
}

/// The name of the description in a kept folder.
pub const SNAPSHOT: &str = ".holdfast-snapshot.json";

/// All snapshots of an application folder, oldest first. A description that is damaged, or that names another folder than the one in
/// which it lies, is none: what is removed later goes by that name.
pub fn snapshots(work: &Work<'_>) -> Result<Vec<Snapshot>> {
    let kept = Workspace::of_app(work.app).root.join("kept");
    let mut found = Vec::new();
    for name in work.disk.list(&kept)? {
        let text = work.disk.read(&kept.join(&name).join(SNAPSHOT))?;
        let snapshot = text.and_then(|t| serde_json::from_slice::<Snapshot>(&t).ok());
        found.extend(snapshot.filter(|s| name == *s.plan.run));
    }
    found.sort_by(|a, b| (a.number, &a.plan.run).cmp(&(b.number, &b.plan.run)));
    Ok(found)
}

/// The folder of a snapshot in the application folder.
pub fn kept_folder(app: &Path, run: &str) -> PathBuf {
    Workspace::of_app(app).kept(run)
}
