//! Recovery: from whatever a cut left behind to exactly the old pair or exactly the new one, with nothing but what is on the disk.

use super::confirm::try_pair;
use super::journal::{self, Journal, Record, Staged};
use super::undo::{all_placed, anything_retired, discard_stage, undo};
use super::{Work, Workspace, tidy};
use crate::disk::files_below;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::mutants::planted;
use crate::report::Event;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// After so many recoveries that did not come to an end, it is not tried again by itself.
const MAX_ATTEMPTS: usize = 12;

/// What recovery found and did.
#[derive(Debug, Clone, PartialEq)]
pub enum Recovered {
    /// There was no unfinished run.
    Nothing,
    /// The run was past its commit point, or could be committed now: the new pair is in place.
    Committed {
        /// The version that is in place.
        version: String,
        /// Why it was not rehearsed, if it was not.
        unrehearsed: Option<String>,
    },
    /// The old pair is in place.
    Restored {
        /// The version that is in place, if a plan could be read.
        version: Option<String>,
        /// Newer data that was kept.
        aside: Vec<PathBuf>,
        /// Why the run was undone, if that was decided before the cut or now.
        failure: Option<Failure>,
    },
}

/// Brings an unfinished run to an end. `asked` is set when a person asked for it: then the count of attempts does not matter.
/// The second value is why something is left over: the pair is whole all the same, and the next start finds the journal and tidies up.
pub fn recover(work: &Work<'_>, now: &str, asked: bool) -> Result<(Recovered, Option<Failure>)> {
    let Some(journal) = Journal::read(work)? else {
        return Ok((Recovered::Nothing, None));
    };
    if journal.attempts() >= MAX_ATTEMPTS && !asked {
        return Err(Failure::new(
            Reason::RecoveryGivenUp,
            format!(
                "An unfinished update in “{}” could not be brought to an end in {MAX_ATTEMPTS} attempts. Look for a full or failing disk, then run this program with the word “recover”.",
                work.app.display()
            ),
        ));
    }
    // On a full disk this record cannot be written, and going back must work all the same.
    let _ = journal::append(work, &Record::Recovery);
    if journal.committed() {
        return finish(work, &journal, now);
    }
    let Some(staged) = journal.staged() else {
        return go_back(work, &journal);
    };
    if journal.undo().is_none() && all_placed(work, staged)? && (anything_retired(work, &staged.plan)? || journal.has(&Record::Placed)) {
        match try_pair(work, &staged.confirmation) {
            Ok(()) => {
                commit(work, staged, now)?;
                return finish(work, &journal, now);
            }
            Err(failure) => {
                work.reporter.event(&Event::Failed { failure: &failure });
                let _ = journal::append(work, &Record::Undo { failure });
            }
        }
    }
    go_back(work, &journal)
}

/// Gives back an unfinished run in the process that failed: the same way as recovery, without asking whether it might be finished.
/// With the old pair back, what is left is the failure to throw the stage away: the next start finds the journal and does it.
pub fn give_back(work: &Work<'_>, failure: &Failure) -> Result<Option<Failure>> {
    let undo = Record::Undo { failure: failure.clone() };
    let recorded = journal::append(work, &undo);
    let Some(journal) = Journal::read(work)? else {
        return Ok(None);
    };
    if journal.committed() {
        // A commit record that could not be made durable, and now no record that takes it back: whoever goes on from here could
        // be contradicted after a power cut. The new pair is whole; the next start decides.
        recorded?;
    }
    put_back(work, &journal)?;
    Ok(clear(work, &journal).err())
}

/// The commit point: the parent folders first, then the record.
pub fn commit(work: &Work<'_>, staged: &Staged, now: &str) -> Result<()> {
    super::act::flush_folders(work, staged)?;
    if planted("commit-unrecorded") {
        return Ok(());
    }
    journal::append(work, &Record::Committed { at: now.to_owned() })
}

fn finish(work: &Work<'_>, journal: &Journal, now: &str) -> Result<(Recovered, Option<Failure>)> {
    let staged = journal.staged().ok_or_else(|| {
        Failure::new(
            Reason::RecoveryFailed,
            "The update is in place, but its journal is damaged, so what is left of the old version cannot be put in order. The application can be used.",
        )
    })?;
    let left = tidy(work, staged, now).err();
    let (version, unrehearsed) = (staged.plan.to.clone(), staged.plan.unrehearsed.clone());
    Ok((Recovered::Committed { version, unrehearsed }, left))
}

/// The way back, to its end.
fn go_back(work: &Work<'_>, journal: &Journal) -> Result<(Recovered, Option<Failure>)> {
    let aside = put_back(work, journal)?;
    let left = clear(work, journal).err();
    Ok((restored(journal, aside), left))
}

/// Puts back what was moved.
fn put_back(work: &Work<'_>, journal: &Journal) -> Result<Vec<PathBuf>> {
    let Some(staged) = journal.staged() else {
        return nothing_retired(work, journal).map(|()| Vec::new());
    };
    // Everything is taken out before anything is put back, so with nothing retired any more the way back is complete.
    // Only a plan that retires nothing at all must ask the journal.
    let retires = staged.plan.units.iter().any(|u| u.had);
    let placed_only = !retires && journal.has(&Record::EntriesRetired) && !journal.has(&Record::Restored);
    let aside = match anything_retired(work, &staged.plan)? || placed_only {
        true => undo(work, staged)?,
        false => Vec::new(),
    };
    let _ = journal::append(work, &Record::Restored);
    Ok(aside)
}

/// Where no copy of the record of a stage can be read, there was none, and nothing was moved; or all copies are damaged. Then the old
/// version must not be said to be back while parts of it are away.
fn nothing_retired(work: &Work<'_>, journal: &Journal) -> Result<()> {
    let old = Workspace::of_app(work.app).old();
    let retired = match journal.plan() {
        Some(plan) => anything_retired(work, plan)?,
        None => {
            let mut files = BTreeSet::new();
            files_below(work.disk, &old, &mut files)?;
            !files.is_empty()
        }
    };
    if retired {
        fail!(
            RecoveryFailed,
            "The journal of an unfinished update is damaged, and parts of the old version are still in “{}”. Nothing was removed. Ask for help before starting the application.",
            old.display()
        );
    }
    Ok(())
}

/// Throws the stage away, and closes the journal. The old application may have been used since, so an old stage is never used again.
fn clear(work: &Work<'_>, journal: &Journal) -> Result<()> {
    match journal.staged().map(|staged| &staged.plan).or(journal.plan()) {
        Some(plan) => {
            discard_stage(work, plan)?;
            journal::archive(work, &plan.run)
        }
        None => {
            crate::disk::remove_tree(work.disk, &Workspace::of_app(work.app).stage())?;
            journal::archive(work, "unreadable")
        }
    }
}

fn restored(journal: &Journal, aside: Vec<PathBuf>) -> Recovered {
    Recovered::Restored {
        version: journal.plan().map(|p| p.from.clone()),
        aside,
        // The reason may have been recorded after this journal was read.
        failure: journal.undo().cloned(),
    }
}
