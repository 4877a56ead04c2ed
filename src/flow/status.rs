//! What state an application folder is in, as far as Holdfast is concerned. It only looks.

use super::Context;
use crate::bundle::manifest::not_rehearsed;
use crate::failure::Result;
use crate::swap::{self, Journal, RunKind, Workspace, snapshots};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The state of an application folder.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The folder.
    pub folder: PathBuf,
    /// What Holdfast installed last, if anything.
    pub installed: Option<serde_json::Value>,
    /// A run that is not at its end: its id, and the versions between which it stands.
    pub unfinished: Option<Unfinished>,
    /// Old versions that are kept, and newer data that a rollback put aside, oldest first.
    pub snapshots: Vec<Kept>,
}

/// A run that is not at its end.
#[derive(Debug, Serialize)]
pub struct Unfinished {
    /// Its id.
    pub run: String,
    /// From this version.
    pub from: String,
    /// To this version.
    pub to: String,
    /// Whether it is past its commit point: then only tidying is left.
    pub committed: bool,
}

/// A kept version.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// The run that retired it.
    pub run: String,
    /// Its version.
    pub version: String,
    /// What took its place.
    pub replaced_by: String,
    /// When, in UTC.
    pub at: String,
    /// Whether the newer version waits to be confirmed.
    pub held: bool,
    /// Whether it is newer data that a rollback put aside.
    pub aside: bool,
    /// Where it is.
    pub folder: PathBuf,
}

/// Looks at an application folder.
pub fn status(context: &Context<'_>, app: &Path) -> Result<Status> {
    let work = context.work(app);
    let root = Workspace::of_app(app).root;
    let installed = context.disk.read(&root.join(swap::INSTALLED))?;
    let unfinished = Journal::read(&work)?.map(|journal| {
        let plan = journal.plan();
        Unfinished {
            run: plan.map_or_else(String::new, |p| p.run.clone()),
            from: plan.map_or_else(String::new, |p| p.from.clone()),
            to: plan.map_or_else(String::new, |p| p.to.clone()),
            committed: journal.committed(),
        }
    });
    let kept = |s: swap::Snapshot| Kept {
        folder: swap::kept_folder(app, &s.plan.run),
        version: s.plan.from,
        replaced_by: s.plan.to,
        at: s.at,
        held: s.held,
        aside: s.plan.kind == RunKind::Rollback,
        run: s.plan.run,
    };
    Ok(Status {
        folder: app.to_owned(),
        installed: installed.and_then(|text| serde_json::from_slice(&text).ok()),
        unfinished,
        snapshots: snapshots(&work)?.into_iter().map(kept).collect(),
    })
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "folder      {}", self.folder.display())?;
        match &self.installed {
            Some(i) => writeln!(
                f,
                "installed   {} {} since {}",
                i["product"].as_str().unwrap_or("?"),
                i["version"].as_str().unwrap_or("?"),
                i["at"].as_str().unwrap_or("?")
            )?,
            None => writeln!(f, "installed   nothing by Holdfast yet")?,
        }
        if let Some(why) = self.installed.as_ref().and_then(|i| i["unrehearsed"].as_str()) {
            writeln!(f, "            {}", not_rehearsed(why))?;
        }
        match &self.unfinished {
            Some(u) if u.committed => writeln!(f, "unfinished  {} to {} is in place; “recover” tidies up", u.from, u.to)?,
            Some(u) => writeln!(f, "unfinished  {} to {}; “recover” brings it to its end", u.from, u.to)?,
            None => writeln!(f, "unfinished  nothing")?,
        }
        for kept in &self.snapshots {
            let what = match (kept.held, kept.aside) {
                (true, _) => " (held: confirm or roll back)",
                (_, true) => " (newer data, put aside by a rollback)",
                _ => "",
            };
            writeln!(
                f,
                "kept        {} replaced by {} at {}{what}: {}",
                kept.version,
                kept.replaced_by,
                kept.at,
                kept.folder.display()
            )?;
        }
        Ok(())
    }
}
