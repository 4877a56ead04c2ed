//! What Holdfast itself has left at a site: an unfinished run, a stage, old versions, a trial. It only looks, and decides nothing of what a
//! recovery would do.

use crate::database::side_file;
use crate::disk::Disk;
use crate::failure::{Failure, Reason, Result};
use crate::platform::below;
use crate::report::Nobody;
use crate::site::SiteDatabase;
use crate::swap::{self, Journal, RunKind, SNAPSHOT, Snapshot, Work, Workspace, snapshots, workspace_of};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What Holdfast has left.
#[derive(Debug, Default, Serialize)]
pub struct Own {
    /// What it installed last.
    pub installed: Option<Value>,
    /// Runs that are not at their end.
    pub unfinished: Vec<Unfinished>,
    /// What only an unfinished run may have.
    pub leftovers: Vec<PathBuf>,
    /// Old versions that are kept, and newer data that a rollback put aside, oldest first.
    pub kept: Vec<Kept>,
    /// Trial pairs.
    pub test: Vec<PathBuf>,
    /// Newer data of runs that were undone.
    pub aside: Vec<PathBuf>,
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
    /// The last line of its journal that holds.
    pub phase: String,
    /// Whether it is past its commit point.
    pub committed: bool,
}

/// A kept version.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// The run that retired it.
    pub run: String,
    /// Its number: they count up.
    pub number: u64,
    /// Its version.
    pub version: String,
    /// What took its place.
    pub replaced_by: String,
    /// Whether the newer version waits to be confirmed.
    pub held: bool,
    /// Whether it is newer data that a rollback put aside.
    pub aside: bool,
    /// Whether all that its plan names is there.
    pub whole: bool,
    /// What is not.
    pub missing: Vec<String>,
}

/// Looks at the workspaces of a site.
pub fn look(disk: &dyn Disk, app: &Path, sites: &[SiteDatabase], product: &str, findings: &mut Vec<Failure>) -> Result<Own> {
    let mut own = Own::default();
    let root = Workspace::of_app(app).root;
    own.installed = disk
        .read(&root.join(swap::INSTALLED))?
        .and_then(|text| serde_json::from_slice(&text).ok());
    if let Some(other) = own
        .installed
        .as_ref()
        .and_then(|i| i["product"].as_str())
        .filter(|id| *id != product)
    {
        let message = format!(
            "In “{}” another product is installed (“{other}”), and not “{product}”.",
            app.display()
        );
        findings.push(Failure::new(Reason::ProductOther, message).at(app));
    }
    own.workspace(disk, &Workspace::of_app(app))?;
    own.journal(disk, app, findings)?;
    for site in sites {
        // Beside a database are the stage and the old one of an update, and all that an import needs.
        let beside = Workspace::beside(&site.path);
        own.workspace(disk, &beside)?;
        own.workspace(disk, &Workspace::of_app(&beside.root))?;
        own.journal(disk, &beside.root, findings)?;
    }
    own.kept(disk, app, findings)?;
    if own.unfinished.is_empty()
        && let Some(first) = own.leftovers.first()
    {
        let message = format!(
            "“{}” is left over from an update, and no journal says of which. Start the update with “recover”, then verify again.",
            first.display()
        );
        findings.push(Failure::new(Reason::UpdateUnfinished, message).at(first));
    }
    Ok(own)
}

impl Own {
    fn workspace(&mut self, disk: &dyn Disk, workspace: &Workspace) -> Result<()> {
        let root = &workspace.root;
        let places = [workspace.stage(), workspace.old(), root.join("barrier"), root.join(swap::SPARE)];
        for place in places {
            if disk.kind(&place)?.is_some() {
                self.leftovers.push(place);
            }
        }
        let test = root.join("test");
        if disk.kind(&test)?.is_some() {
            self.test.push(test);
        }
        let aside = root.join("aside");
        self.aside.extend(disk.list(&aside)?.into_iter().map(|name| aside.join(name)));
        Ok(())
    }

    fn journal(&mut self, disk: &dyn Disk, app: &Path, findings: &mut Vec<Failure>) -> Result<()> {
        let journal = match Journal::read(&work(disk, app)) {
            Ok(Some(journal)) => journal,
            Ok(None) => return Ok(()),
            Err(failure) => {
                findings.push(failure);
                Journal::default()
            }
        };
        let plan = journal.plan();
        let last = journal.records.last().and_then(|record| serde_json::to_value(record).ok());
        let found = Unfinished {
            run: plan.map_or_else(String::new, |p| p.run.clone()),
            from: plan.map_or_else(String::new, |p| p.from.clone()),
            to: plan.map_or_else(String::new, |p| p.to.clone()),
            phase: last.and_then(|l| l["phase"].as_str().map(str::to_owned)).unwrap_or_default(),
            committed: journal.committed(),
        };
        let what = match (plan.is_some(), found.committed) {
            (false, _) => "Its journal cannot be read".to_owned(),
            (true, false) => format!("It leads from {} to {}, and came to “{}”", found.from, found.to, found.phase),
            (true, true) => format!("It led from {} to {}, and was not tidied up", found.from, found.to),
        };
        let message = format!(
            "An unfinished update is in “{}”. {what}. Start the update with “recover”, then verify again.",
            app.display()
        );
        findings.push(Failure::new(Reason::UpdateUnfinished, message).at(app));
        self.unfinished.push(found);
        Ok(())
    }

    fn kept(&mut self, disk: &dyn Disk, app: &Path, findings: &mut Vec<Failure>) -> Result<()> {
        let described = snapshots(&work(disk, app))?;
        for snapshot in &described {
            self.kept.push(kept(disk, app, snapshot)?);
        }
        let folder = Workspace::of_app(app).root.join("kept");
        for name in disk.list(&folder)? {
            let name = name.to_string_lossy().into_owned();
            if !self.kept.iter().any(|k| k.run == name) {
                self.kept.push(Kept {
                    missing: vec![SNAPSHOT.to_owned()],
                    version: "?".to_owned(),
                    replaced_by: "?".to_owned(),
                    run: name,
                    number: 0,
                    held: false,
                    aside: false,
                    whole: false,
                });
            }
        }
        for kept in self.kept.iter().filter(|k| !k.whole) {
            let place = folder.join(&kept.run);
            let message = format!(
                "The kept version {} is not whole: of “{}”, {} is missing. It cannot be put back.",
                kept.version,
                place.display(),
                kept.missing.join(", ")
            );
            findings.push(Failure::new(Reason::SnapshotMissing, message).at(&place));
        }
        Ok(())
    }
}

fn work<'w>(disk: &'w dyn Disk, app: &'w Path) -> Work<'w> {
    Work {
        disk,
        reporter: &Nobody,
        app,
    }
}

/// Whether each unit that the run retired, with its side files, is in the folder that keeps it.
fn kept(disk: &dyn Disk, app: &Path, snapshot: &Snapshot) -> Result<Kept> {
    let plan = &snapshot.plan;
    let mut missing = Vec::new();
    for unit in plan.units.iter().filter(|u| u.had) {
        let (workspace, inside) = workspace_of(app, &unit.path);
        let place = below(&workspace.kept(&plan.run), &inside);
        for suffix in std::iter::once("").chain(unit.had_sides.iter().map(String::as_str)) {
            if disk.kind(&side_file(&place, suffix))?.is_none() {
                missing.push(format!("{}{suffix}", unit.path));
            }
        }
    }
    Ok(Kept {
        run: plan.run.clone(),
        number: snapshot.number,
        version: plan.from.clone(),
        replaced_by: plan.to.clone(),
        held: snapshot.held,
        aside: plan.kind == RunKind::Rollback,
        whole: missing.is_empty(),
        missing,
    })
}
