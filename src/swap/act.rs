//! The swap itself, forward: arm, retire, place. Every rename is to a fixed name; nothing is decided here but whether to go on.

use super::journal::{self, Record, Staged};
use super::places::{Places, places, workspaces};
use super::plan::{Role, Unit};
use super::{Work, Workspace};
use crate::database::{Mark, SIDE_SUFFIXES, side_file};
use crate::disk::create_dirs;
use crate::failure::{Failure, Reason, Result};
use crate::mutants::planted;
use crate::platform;
use crate::report::{Event, Spot};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A stage that may go live: it must be performed, or given back.
#[must_use = "an armed stage must be performed or given back"]
pub struct Armed {
    staged: Staged,
}

/// Makes room for what will be retired, and records that the stage is ready.
pub fn arm(work: &Work<'_>, staged: Staged) -> Result<Armed> {
    for unit in staged.plan.units.iter().filter(|u| u.gets && !u.had) {
        let live = places(work.app, unit).live;
        if work.disk.kind(&live)?.is_some() {
            return Err(written(&live, "was made while the update ran"));
        }
    }
    for unit in staged.plan.units.iter().filter(|u| u.had) {
        if let Some(parent) = places(work.app, unit).old.parent() {
            create_dirs(work.disk, parent)?;
        }
    }
    if !planted("armed-unrecorded") {
        journal::armed(work, &staged)?;
    }
    Ok(Armed { staged })
}

/// Retires the old pair and places the new one. On failure the caller gives back; this function leaves things where they are.
pub fn perform(work: &Work<'_>, armed: Armed) -> Result<Staged> {
    let staged = armed.staged;
    let plan = &staged.plan;
    retire(work, plan.of_role(Role::Entry))?;
    barrier(work, &staged, &Record::EntriesRetired)?;
    retire(work, plan.others())?;
    nobody_wrote(work, &staged)?;
    if planted("entries-first") {
        place(work, plan.of_role(Role::Entry))?;
    }
    place(work, plan.others().rev())?;
    barrier(work, &staged, &Record::EntriesNext)?;
    if !planted("entries-first") {
        place(work, plan.of_role(Role::Entry))?;
    }
    barrier(work, &staged, &Record::Placed)?;
    Ok(staged)
}

fn retire<'a>(work: &Work<'_>, units: impl Iterator<Item = &'a Unit>) -> Result<()> {
    for unit in units.filter(|u| u.had) {
        let at = places(work.app, unit);
        work.disk.rename(&at.live, &at.old)?;
        for suffix in &unit.had_sides {
            let side = at.side(suffix);
            // A reader may have tidied up after itself; what matters is compared below.
            if work.disk.kind(&side.live)?.is_some() {
                work.disk.rename(&side.live, &side.old)?;
            }
        }
        moved(work, unit, Spot::Old);
    }
    Ok(())
}

fn place<'a>(work: &Work<'_>, units: impl Iterator<Item = &'a Unit>) -> Result<()> {
    for unit in units.filter(|u| u.gets) {
        let at = places(work.app, unit);
        // A database appears when its side files are there, never before.
        for suffix in &unit.gets_sides {
            let side = at.side(suffix);
            work.disk.rename(&side.new, &side.live)?;
        }
        let placed = match planted("database-in-place") && unit.role == Role::Database {
            true => write_over(work, &at),
            false => work.disk.rename(&at.new, &at.live),
        };
        if !planted("rename-errors-ignored") {
            placed?;
        }
        moved(work, unit, Spot::Live);
    }
    Ok(())
}

/// What must never be done: only a planted mistake does it.
fn write_over(work: &Work<'_>, at: &Places) -> Result<()> {
    let bytes = work.disk.read(&at.new)?.unwrap_or_default();
    let mut file = work.disk.create(&at.live)?;
    file.write_all(&bytes).map_err(Failure::from)?;
    work.disk.remove_file(&at.new)
}

/// Tells whoever watches that a unit has moved.
pub fn moved(work: &Work<'_>, unit: &Unit, to: Spot) {
    work.reporter.event(&Event::Moved { unit: &unit.path, to });
}

/// The lock had to be given up for the renames. Whoever wrote in between, or still holds the retired file, is found here. First who holds
/// it: when nobody does, nobody can open it any more under its new name, and what the marks say then stays true.
fn nobody_wrote(work: &Work<'_>, staged: &Staged) -> Result<()> {
    let retired = || staged.plan.units.iter().filter(|u| u.had).map(|u| (u, places(work.app, u)));
    let mut files = BTreeSet::new();
    for (unit, at) in retired().filter(|(unit, _)| unit.role == Role::Database) {
        files.insert(at.old.clone());
        files.extend(unit.had_sides.iter().map(|suffix| side_file(&at.old, suffix)));
    }
    if let Some(holder) = platform::lasting_holders(&files, &[]).first() {
        let how = format!("was opened by {} while the update ran", holder.words());
        return Err(written(&holder.path, &how));
    }
    for (unit, at) in retired() {
        if let Some(mark) = staged.marks.get(&unit.path)
            && !(Mark::of(work.disk, &at.old)?.same_data(mark) && no_sides(work, &at)?)
        {
            return Err(written(&at.live, "was written to while the update ran"));
        }
    }
    Ok(())
}

fn no_sides(work: &Work<'_>, at: &Places) -> Result<bool> {
    for suffix in SIDE_SUFFIXES {
        if work.disk.kind(&side_file(&at.live, suffix))?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn written(path: &Path, how: &str) -> Failure {
    Failure::new(
        Reason::DatabaseWritten,
        format!(
            "“{}” {how}. Close the application on every computer that uses it, then run the update again.",
            path.display()
        ),
    )
    .at(path)
}

/// Everything before is durable before anything after happens: the folders are flushed, and because that counts for nothing on some
/// systems, a record is written and flushed on each volume.
pub fn barrier(work: &Work<'_>, staged: &Staged, record: &Record) -> Result<()> {
    flush_folders(work, staged)?;
    for workspace in workspaces(work.app, &staged.plan) {
        if workspace != Workspace::of_app(work.app) {
            let mut file = work.disk.append(&workspace.root.join("barrier"))?;
            file.write_all(b".").map_err(Failure::from)?;
            file.flush_durably()?;
        }
    }
    if planted("barrier-unrecorded") {
        return Ok(());
    }
    journal::append(work, record)
}

/// Flushes every folder between which units move.
pub fn flush_folders(work: &Work<'_>, staged: &Staged) -> Result<()> {
    if planted("swap-unflushed") {
        return Ok(());
    }
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for unit in &staged.plan.units {
        let at = places(work.app, unit);
        let parents = [&at.live, &at.new, &at.old].into_iter().filter_map(|p| p.parent());
        folders.extend(parents.map(Path::to_owned));
    }
    for folder in folders {
        if work.disk.kind(&folder)?.is_some() {
            work.disk.flush_dir(&folder)?;
        }
    }
    Ok(())
}
