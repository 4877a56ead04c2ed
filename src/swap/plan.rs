//! What a swap will move. It is decided before anything is done, printed by `--plan`, and written to the journal.

use serde::{Deserialize, Serialize};

/// The format of plans and journals that this Holdfast reads and writes.
pub const FORMAT: u32 = 1;

/// A swap: which units go and come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// The run's id; it names the snapshot and the history, too.
    pub run: String,
    /// Forward or back.
    pub kind: RunKind,
    /// The product's id.
    pub product: String,
    /// The product's name, for people.
    pub name: String,
    /// The version that goes.
    pub from: String,
    /// The version that comes.
    pub to: String,
    /// The bundle's digest; empty for a rollback.
    pub bundle: String,
    /// In the order in which they are retired: entries, other code, databases. They are placed in the opposite order.
    pub units: Vec<Unit>,
    /// The updater's own file, if the new version brings it: replaced after the commit, because it is running.
    pub own: Option<String>,
    /// How many snapshots stay.
    pub keep: u32,
    /// Whether the snapshot is held until people confirm.
    pub hold: bool,
    /// For a rollback, the run whose snapshot comes back.
    pub snapshot: Option<String>,
    /// Why the update was not rehearsed, if it was not: whoever goes on from here says so, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrehearsed: Option<String>,
}

/// Forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// To a new version.
    Update,
    /// To a snapshot.
    Rollback,
}

/// What one rename moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The path relative to the application folder, with `/`; for a database outside it, the absolute path.
    pub path: String,
    /// What it is to the application.
    pub role: Role,
    /// Whether it stands there before.
    pub had: bool,
    /// Whether it stands there after.
    pub gets: bool,
    /// A database's side files (`-wal` …) that stand there before. They go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub had_sides: Vec<String>,
    /// A database's side files that come with it: those of a snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gets_sides: Vec<String>,
}

/// What a unit is to the application; the order is that of retiring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Without it the application cannot be started.
    Entry,
    /// Other code.
    Code,
    /// A file of the site's own of which the new code needs an edited copy.
    Kept,
    /// A database with its side files.
    Database,
}

impl Plan {
    /// The units of some role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |u| u.role == role)
    }

    /// The units that are not entries, in retiring order.
    pub fn others(&self) -> impl DoubleEndedIterator<Item = &Unit> {
        self.units.iter().filter(|u| u.role != Role::Entry)
    }
}
