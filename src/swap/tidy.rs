//! What is left to do after the commit: the retired pair becomes a snapshot, the stage goes, snapshots that nobody needs any more
//! go, and the journal becomes history. All of it may be cut and repeated; nothing of it can make the update fail.

use super::Work;
use super::journal::{self, Staged};
use super::places::{Workspace, workspaces};
use super::plan::{Plan, RunKind};
use super::snapshot::{SNAPSHOT, Snapshot, snapshots};
use crate::disk::{copy_file, create_dirs, hash_file, remove_tree, write_text};
use crate::failure::Result;
use crate::platform;
use serde::Serialize;
use std::path::Path;

/// `installed.json`: what Holdfast put into the application folder last.
#[derive(Serialize)]
struct Installed<'a> {
    product: &'a str,
    version: &'a str,
    run: &'a str,
    at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unrehearsed: Option<&'a str>,
}

/// The name of the record of what is installed.
pub const INSTALLED: &str = "installed.json";

/// Finishes a committed run.
pub fn tidy(work: &Work<'_>, staged: &Staged, now: &str) -> Result<()> {
    let plan = &staged.plan;
    let root = Workspace::of_app(work.app).root;
    keep_snapshot(work, staged, now)?;
    let installed = Installed {
        product: &plan.product,
        version: &plan.to,
        run: &plan.run,
        at: now,
        unrehearsed: plan.unrehearsed.as_deref(),
    };
    write_text(work.disk, &root.join(INSTALLED), &installed)?;
    let app = Workspace::of_app(work.app);
    super::registered::bring_up_to_date(work, plan, &app.kept(&plan.run), &app.stage(), now)?;
    replace_own(work, plan)?;
    for workspace in workspaces(work.app, plan) {
        remove_tree(work.disk, &workspace.stage())?;
        // A trial pair has served its purpose, and holds a whole copy of the data.
        remove_tree(work.disk, &workspace.root.join("test"))?;
        remove_tree(work.disk, &workspace.root.join("barrier"))?;
        work.disk.flush_dir(&workspace.root)?;
    }
    if plan.kind == RunKind::Update && !plan.hold {
        prune(work, plan.keep)?;
    }
    journal::archive(work, &plan.run)
}

/// `old` becomes `kept/<run>`, with its description written first.
fn keep_snapshot(work: &Work<'_>, staged: &Staged, now: &str) -> Result<()> {
    let plan = &staged.plan;
    let app = Workspace::of_app(work.app);
    let kept = app.kept(&plan.run);
    if work.disk.kind(&kept)?.is_none() {
        create_dirs(work.disk, &app.old())?;
        let snapshot = Snapshot {
            plan: plan.clone(),
            before: staged.before.clone(),
            number: snapshots(work)?.iter().map(|s| s.number).max().unwrap_or(0).saturating_add(1),
            at: now.to_owned(),
            held: plan.hold,
        };
        write_text(work.disk, &app.old().join(SNAPSHOT), &snapshot)?;
    }
    for workspace in workspaces(work.app, plan) {
        let (old, kept) = (workspace.old(), workspace.kept(&plan.run));
        if work.disk.kind(&old)?.is_some() && work.disk.kind(&kept)?.is_none() {
            create_dirs(work.disk, &workspace.root.join("kept"))?;
            work.disk.rename(&old, &kept)?;
            work.disk.flush_dir(&workspace.root.join("kept"))?;
            work.disk.flush_dir(&workspace.root)?;
        }
    }
    Ok(())
}

/// The updater's own file could not be a unit, since it runs. Its old version is kept beside the others.
fn replace_own(work: &Work<'_>, plan: &Plan) -> Result<()> {
    let Some(own) = &plan.own else { return Ok(()) };
    let app = Workspace::of_app(work.app);
    let (live, new, kept) = (work.app.join(own), app.stage().join(own), app.kept(&plan.run).join(own));
    if work.disk.kind(&new)?.is_none() {
        return Ok(());
    }
    if work.disk.kind(&live)?.is_some() {
        if hash_file(work.disk, &live)? == hash_file(work.disk, &new)? {
            return Ok(());
        }
        create_dirs(work.disk, kept.parent().unwrap_or(Path::new("")))?;
        remove_tree(work.disk, &kept)?;
        copy_file(work.disk, &live, &kept)?;
        let attributes = platform::attributes(&live).map_err(|e| crate::disk::failed("reading the access rights of", &live, &e))?;
        work.disk.set_attributes(&kept, &attributes)?;
    }
    platform::replace_program(&new, &live).map_err(|e| crate::disk::failed("replacing", &live, &e))
}

/// Removes the oldest snapshots above the number that the manifest keeps. Newer data that a rollback put aside is never removed.
pub fn prune(work: &Work<'_>, keep: u32) -> Result<()> {
    let updates: Vec<Snapshot> = snapshots(work)?
        .into_iter()
        .filter(|s| s.plan.kind == RunKind::Update && !s.held)
        .collect();
    let excess = updates.len().saturating_sub(keep.max(1) as usize);
    for snapshot in &updates[..excess] {
        // The description goes last: without it the rest would never be found again.
        for workspace in workspaces(work.app, &snapshot.plan) {
            let kept = workspace.kept(&snapshot.plan.run);
            for name in work.disk.list(&kept)?.into_iter().filter(|n| n != SNAPSHOT) {
                remove_tree(work.disk, &kept.join(name))?;
            }
            remove_tree(work.disk, &kept)?;
        }
    }
    Ok(())
}
