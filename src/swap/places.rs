//! Where things are: a unit's three places, and Holdfast's own folders. The names are fixed, so that recovery can read the state
//! from them alone.

use super::plan::{Plan, Unit};
use crate::database::side_file;
use crate::platform::below;
use std::path::{Path, PathBuf};

/// Holdfast's own folder in an application folder.
pub const WORK: &str = ".holdfast";
/// The journal, in that folder. While it is there, a run is unfinished.
pub const JOURNAL: &str = "journal.jsonl";

/// The three places of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where the application finds it.
    pub live: PathBuf,
    /// Where it is staged.
    pub new: PathBuf,
    /// Where the old one is kept.
    pub old: PathBuf,
}

impl Places {
    /// The places of a database's side file.
    pub fn side(&self, suffix: &str) -> Places {
        Places {
            live: side_file(&self.live, suffix),
            new: side_file(&self.new, suffix),
            old: side_file(&self.old, suffix),
        }
    }
}

/// One of Holdfast's own folders: in the application folder, or beside a database that lies elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// The folder itself.
    pub root: PathBuf,
}

impl Workspace {
    /// The one in the application folder.
    pub fn of_app(app: &Path) -> Workspace {
        Workspace { root: app.join(WORK) }
    }

    /// The one beside a database.
    pub fn beside(database: &Path) -> Workspace {
        let mut name = std::ffi::OsString::from(format!("{WORK}-"));
        name.push(database.file_name().unwrap_or_default());
        Workspace {
            root: database.with_file_name(name),
        }
    }

    /// The stage.
    pub fn stage(&self) -> PathBuf {
        self.root.join("new")
    }

    /// What was retired by the run at work.
    pub fn old(&self) -> PathBuf {
        self.root.join("old")
    }

    /// Snapshots of finished runs.
    pub fn kept(&self, run: &str) -> PathBuf {
        self.root.join("kept").join(run)
    }

    /// Newer data that an undone or rolled back run left behind.
    pub fn aside(&self, run: &str) -> PathBuf {
        self.root.join("aside").join(run)
    }
}

/// The workspace of a unit, and its path in there.
pub fn workspace_of(app: &Path, unit: &str) -> (Workspace, PathBuf) {
    let path = Path::new(unit);
    match path.is_absolute() {
        true => (Workspace::beside(path), PathBuf::from(path.file_name().unwrap_or_default())),
        false => (Workspace::of_app(app), path.to_owned()),
    }
}

/// The three places of a unit.
pub fn places(app: &Path, unit: &Unit) -> Places {
    let (workspace, inside) = workspace_of(app, &unit.path);
    Places {
        live: below(app, &unit.path),
        new: below(&workspace.stage(), &inside),
        old: below(&workspace.old(), &inside),
    }
}

/// All workspaces of a plan; the application folder's is last, because it holds the journal.
pub fn workspaces(app: &Path, plan: &Plan) -> Vec<Workspace> {
    let mut found: Vec<Workspace> = Vec::new();
    for unit in &plan.units {
        let (workspace, _) = workspace_of(app, &unit.path);
        if Path::new(&unit.path).is_absolute() && !found.contains(&workspace) {
            found.push(workspace);
        }
    }
    found.push(Workspace::of_app(app));
    found
}
