//! The swap backward. It reads from the three places of each unit what has happened to it, and may be cut off and begun again at
//! any point: the entries leave first and come back last, as on the way forward.

use super::Work;
use super::act::{flush_folders, moved};
use super::journal::Staged;
use super::places::{Workspace, places, workspace_of, workspaces};
use super::plan::{Plan, Role, RunKind, Unit};
use crate::database::SIDE_SUFFIXES;
use crate::disk::{Kind, create_dirs, hash_file, remove_tree};
use crate::fail;
use crate::failure::Result;
use crate::mutants::planted;
use crate::report::{Event, Spot};
use std::path::{Path, PathBuf};

/// Whether any unit of a plan has been moved away. Without a trace of that, nothing has been placed, either: something is
/// retired before anything is placed.
pub fn anything_retired(work: &Work<'_>, plan: &Plan) -> Result<bool> {
    for unit in plan.units.iter().filter(|u| u.had) {
        let at = places(work.app, unit);
        let sides = unit.had_sides.iter().map(|suffix| at.side(suffix).old);
        for old in [at.old.clone()].into_iter().chain(sides) {
            if exists(work, &old)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether every unit is in its new place.
pub fn all_placed(work: &Work<'_>, staged: &Staged) -> Result<bool> {
    for unit in &staged.plan.units {
        let at = places(work.app, unit);
        let (live, new, old) = (exists(work, &at.live)?, exists(work, &at.new)?, exists(work, &at.old)?);
        if live != unit.gets || new || old != unit.had {
            return Ok(false);
        }
    }
    Ok(true)
}

fn exists(work: &Work<'_>, path: &Path) -> Result<bool> {
    Ok(work.disk.kind(path)?.is_some())
}

/// Puts every unit back to where it was before the run. Returns the places to which newer data was moved.
pub fn undo(work: &Work<'_>, staged: &Staged) -> Result<Vec<PathBuf>> {
    let plan = &staged.plan;
    let mut aside = Vec::new();
    take_out(work, staged, plan.of_role(Role::Entry), &mut aside)?;
    flush_folders(work, staged)?;
    // Only while a database is in its new place can its side files be told from those that others made.
    for unit in plan.of_role(Role::Database) {
        take_out_sides(work, staged, unit, &mut aside)?;
    }
    flush_folders(work, staged)?;
    take_out(work, staged, plan.others(), &mut aside)?;
    if planted("recovery-entries-first") {
        put_back(work, plan.of_role(Role::Entry))?;
    }
    put_back(work, plan.others().rev())?;
    flush_folders(work, staged)?;
    put_back(work, plan.of_role(Role::Entry))?;
    flush_folders(work, staged)?;
    aside.extend(keep_newer(work, staged)?);
    Ok(aside)
}

fn take_out<'a>(work: &Work<'_>, staged: &Staged, units: impl Iterator<Item = &'a Unit>, aside: &mut Vec<PathBuf>) -> Result<()> {
    for unit in units {
        let at = places(work.app, unit);
        let retired = exists(work, &at.old)?;
        // What is still staged was never placed: where nothing of ours was before, whatever is there now is the site's own.
        let is_theirs = !unit.had && exists(work, &at.new)?;
        if is_theirs {
            for side in unit.gets_sides.iter().map(|suffix| at.side(suffix)) {
                if exists(work, &side.live)? && !exists(work, &side.new)? {
                    back_to_stage(work, &side.live, &side.new)?;
                }
            }
            continue;
        }
        let was_there = unit.had && !retired;
        if exists(work, &at.live)? && !was_there {
            if unit.gets && !exists(work, &at.new)? {
                back_to_stage(work, &at.live, &at.new)?;
                moved(work, unit, Spot::New);
            } else {
                // Something else made a file here while the unit was away; it is nobody's to lose.
                aside.push(set_aside(work, staged, unit, &at.live)?);
            }
        }
    }
    Ok(())
}

/// Side files beside the live name. Those of the database that was placed there leave with it. Any other one is of a program that opened the
/// old database before it was retired and wrote to it since: its rows are there, and it stays, for the old database comes back to it.
fn take_out_sides(work: &Work<'_>, staged: &Staged, unit: &Unit, aside: &mut Vec<PathBuf>) -> Result<()> {
    let at = places(work.app, unit);
    let is_placed = unit.gets && !exists(work, &at.new)?;
    // Before anything was retired, or placed where nothing was, everything beside the live name is the site's own.
    if !exists(work, &at.old)? && (unit.had || !is_placed) {
        return Ok(());
    }
    for suffix in SIDE_SUFFIXES {
        let side = at.side(suffix);
        let has = |sides: &[String]| sides.iter().any(|s| s == suffix);
        let is_old = has(&unit.had_sides) && !exists(work, &side.old)?;
        if is_old || !exists(work, &side.live)? {
            continue;
        }
        let has_left_stage = !exists(work, &side.new)?;
        if has_left_stage && (is_placed || has(&unit.gets_sides)) {
            back_to_stage(work, &side.live, &side.new)?;
        } else if is_placed || exists(work, &side.old)? {
            aside.push(set_aside(work, staged, unit, &side.live)?);
        }
    }
    Ok(())
}

fn back_to_stage(work: &Work<'_>, live: &Path, new: &Path) -> Result<()> {
    if let Some(parent) = new.parent() {
        create_dirs(work.disk, parent)?;
    }
    work.disk.rename(live, new)
}

fn put_back<'a>(work: &Work<'_>, units: impl Iterator<Item = &'a Unit>) -> Result<()> {
    for unit in units.filter(|u| u.had) {
        let at = places(work.app, unit);
        // A power cut may leave a log retired, and the database to which it belongs not.
        for side in unit.had_sides.iter().map(|suffix| at.side(suffix)) {
            if exists(work, &side.old)? {
                work.disk.rename(&side.old, &side.live)?;
            }
        }
        if planted("recovery-forgets") && !exists(work, &at.live)? {
            continue;
        }
        if !exists(work, &at.old)? {
            if !exists(work, &at.live)? {
                fail!(
                    RecoveryFailed,
                    "“{}” is in none of its places. Nothing else was removed; the folder “{}” holds all that is left. Ask for help before starting the application.",
                    at.live.display(),
                    Workspace::of_app(work.app).root.display()
                );
            }
            continue;
        }
        work.disk.rename(&at.old, &at.live)?;
        moved(work, unit, Spot::Live);
    }
    Ok(())
}

/// A placed database may have been used before it was taken out again. What then differs from what was staged is kept.
fn keep_newer(work: &Work<'_>, staged: &Staged) -> Result<Vec<PathBuf>> {
    let mut aside = Vec::new();
    if staged.plan.kind == RunKind::Rollback {
        // The stage of a rollback is the snapshot itself, which is kept whole.
        return Ok(aside);
    }
    for unit in &staged.plan.units {
        let Some(hash) = staged.hashes.get(&unit.path) else { continue };
        let at = places(work.app, unit);
        if !matches!(work.disk.kind(&at.new)?, Some(Kind::File(_))) {
            continue;
        }
        let log = matches!(work.disk.kind(&at.side("-wal").new)?, Some(Kind::File(1..)));
        if log || hash_file(work.disk, &at.new)? != *hash {
            for suffix in SIDE_SUFFIXES {
                let side = at.side(suffix).new;
                if exists(work, &side)? {
                    set_aside(work, staged, unit, &side)?;
                }
            }
            aside.push(set_aside(work, staged, unit, &at.new)?);
        }
    }
    Ok(aside)
}

fn set_aside(work: &Work<'_>, staged: &Staged, unit: &Unit, path: &Path) -> Result<PathBuf> {
    let (workspace, inside) = workspace_of(work.app, &unit.path);
    let folder = workspace.aside(&staged.plan.run).join(inside.parent().unwrap_or(Path::new("")));
    create_dirs(work.disk, &folder)?;
    let name = path.file_name().unwrap_or_default();
    let mut to = folder.join(name);
    let mut n = 1;
    while exists(work, &to)? {
        n += 1;
        to = folder.join(format!("{n}-{}", name.to_string_lossy()));
    }
    work.disk.rename(path, &to)?;
    work.disk.flush_dir(&folder)?;
    work.reporter.event(&Event::Warning {
        message: &format!(
            "“{}” was changed after the new version was put in place; it is kept as “{}”.",
            unit.path,
            to.display()
        ),
    });
    Ok(to)
}

/// Throws the stage away, or, for a rollback, puts the snapshot back among the kept ones.
pub fn discard_stage(work: &Work<'_>, plan: &Plan) -> Result<()> {
    for workspace in workspaces(work.app, plan) {
        let (new, old) = (workspace.stage(), workspace.old());
        match &plan.snapshot {
            None => remove_tree(work.disk, &new)?,
            Some(run) => {
                if exists(work, &new)? && !exists(work, &workspace.kept(run))? {
                    create_dirs(work.disk, &workspace.root.join("kept"))?;
                    work.disk.rename(&new, &workspace.kept(run))?;
                    work.disk.flush_dir(&workspace.root.join("kept"))?;
                }
            }
        }
        remove_empty(work, &old)?;
        if workspace != Workspace::of_app(work.app) {
            remove_tree(work.disk, &workspace.root.join("barrier"))?;
            let is_empty = work.disk.list(&workspace.root)?.is_empty();
            if !exists(work, &workspace.root)? {
                continue;
            }
            work.disk.flush_dir(&workspace.root)?;
            if is_empty {
                work.disk.remove_dir(&workspace.root)?;
            }
        }
    }
    Ok(())
}

/// Removes a folder of nothing but folders. A file in it would be something that nobody accounted for, so it stays.
fn remove_empty(work: &Work<'_>, folder: &Path) -> Result<bool> {
    if !exists(work, folder)? {
        return Ok(true);
    }
    let mut empty = true;
    for name in work.disk.list(folder)? {
        let path = folder.join(name);
        empty &= match work.disk.kind(&path)? {
            Some(Kind::Folder) => remove_empty(work, &path)?,
            _ => false,
        };
    }
    if empty {
        work.disk.remove_dir(folder)?;
    }
    Ok(empty)
}
