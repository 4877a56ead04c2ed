//! The journal: one JSON line a phase with a checksum, appended and flushed before the next action. A line that is torn, zeroed or
//! changed is passed over; the plan stands in two lines and in a file of its own, so that no single damage hides it.

use super::Work;
use super::confirm::Confirmation;
use super::places::{JOURNAL, Workspace};
use super::plan::{FORMAT, Plan};
use super::snapshot::Before;
use crate::bundle::sha256;
use crate::database::Mark;
use crate::disk::{create_dirs, replace_file};
use crate::fail;
use crate::failure::{Failure, Result};
use crate::mutants::planted;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Record {
    /// A run begins; nothing is staged yet.
    Begin {
        /// What it will do.
        plan: Box<Plan>,
        /// When, in UTC.
        at: String,
    },
    /// The stage is complete, durable and verified; from here on units move.
    Armed(Box<Staged>),
    /// The entries are out of use.
    EntriesRetired,
    /// Everything but the entries is in its new place.
    EntriesNext,
    /// Everything is in its new place.
    Placed,
    /// The commit point.
    Committed {
        /// When, in UTC.
        at: String,
    },
    /// From here on the run is undone, whatever stood before.
    Undo {
        /// Why.
        failure: Failure,
    },
    /// Everything is as it was before the run.
    Restored,
    /// A recovery begins.
    Recovery,
}

/// All that recovery must know of a staged run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Staged {
    /// What moves, with the side files as they are now.
    pub plan: Plan,
    /// The live databases and kept files as the snapshot saw them, by unit.
    pub marks: BTreeMap<String, Mark>,
    /// SHA-256 of the staged databases and kept files, by unit.
    pub hashes: BTreeMap<String, String>,
    /// How the new pair is tried where it stands.
    pub confirmation: Confirmation,
    /// What a rollback must know of the old pair.
    pub before: Before,
}

/// The journal of an application folder, as read.
#[derive(Debug, Default)]
pub struct Journal {
    /// The lines that hold.
    pub records: Vec<Record>,
    /// The plan from the file beside the journal, if neither line with a plan holds.
    spare: Option<Staged>,
}

/// The copy of the armed record, in case both lines with a plan are damaged.
pub const SPARE: &str = "plan.json";
/// The folder of the journals of runs that have ended.
const HISTORY: &str = "history";

fn journal_path(work: &Work<'_>) -> PathBuf {
    Workspace::of_app(work.app).root.join(JOURNAL)
}

fn spare_path(work: &Work<'_>) -> PathBuf {
    Workspace::of_app(work.app).root.join(SPARE)
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    sum: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// Whether there is an unfinished run; what it is may be unreadable.
pub fn is_hot(work: &Work<'_>) -> Result<bool> {
    Ok(work.disk.kind(&journal_path(work))?.is_some() || work.disk.kind(&spare_path(work))?.is_some())
}

/// Appends a record and makes it durable. It begins on a line of its own, even behind a torn one.
pub fn append(work: &Work<'_>, record: &Record) -> Result<()> {
    let text = format!("\n{}\n", sealed(record)?);
    let path = journal_path(work);
    let mut file = work.disk.append(&path)?;
    file.write_all(text.as_bytes()).map_err(Failure::from)?;
    if planted("journal-unflushed") {
        return Ok(());
    }
    file.flush_durably()
}

/// What is written, with its checksum before it.
fn sealed(record: &impl Serialize) -> Result<String> {
    let body = serde_json::value::to_raw_value(record).map_err(std::io::Error::from)?;
    let line = Line {
        sum: sum(&body),
        record: &body,
    };
    Ok(serde_json::to_string(&line).map_err(std::io::Error::from)?)
}

/// What a line holds: nothing if it is blank, torn or damaged.
fn opened(line: &[u8]) -> Option<&RawValue> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    (line.sum == sum(line.record)).then_some(line.record)
}

fn sum(body: &RawValue) -> String {
    sha256(body.get().as_bytes())[..16].to_owned()
}

/// Begins a journal.
pub fn begin(work: &Work<'_>, plan: &Plan, at: &str) -> Result<()> {
    let root = Workspace::of_app(work.app).root;
    // Where the journal goes at the end, made while there is room: the way back may come on a full disk.
    create_dirs(work.disk, &root.join(HISTORY))?;
    append(
        work,
        &Record::Begin {
            plan: Box::new(plan.clone()),
            at: at.to_owned(),
        },
    )?;
    if planted("journal-entry-unflushed") {
        return Ok(());
    }
    work.disk.flush_dir(&root)
}

/// Records that the stage is ready, with a spare copy first.
pub fn armed(work: &Work<'_>, staged: &Staged) -> Result<()> {
    replace_file(work.disk, &spare_path(work), sealed(staged)?.as_bytes())?;
    append(work, &Record::Armed(Box::new(staged.clone())))
}

impl Journal {
    /// Reads the journal; `None` if there is no unfinished run.
    pub fn read(work: &Work<'_>) -> Result<Option<Journal>> {
        let text = work.disk.read(&journal_path(work))?;
        let spare = work.disk.read(&spare_path(work))?;
        if text.is_none() && spare.is_none() {
            return Ok(None);
        }
        let mut journal = Journal {
            records: Vec::new(),
            spare: spare.and_then(|s| serde_json::from_str(opened(&s)?.get()).ok()),
        };
        for line in text.unwrap_or_default().split(|b| *b == b'\n') {
            journal.records.extend(parse(line)?);
        }
        if journal.plans().any(|plan| plan.format > FORMAT) {
            return newer();
        }
        Ok(Some(journal))
    }

    /// The plan, from every place that still holds it.
    fn plans(&self) -> impl Iterator<Item = &Plan> {
        let written = self.records.iter().filter_map(|record| match record {
            Record::Begin { plan, .. } => Some(&**plan),
            Record::Armed(staged) => Some(&staged.plan),
            _ => None,
        });
        written.chain(self.spare.as_ref().map(|staged| &staged.plan))
    }

    /// The staged run, if it was armed.
    pub fn staged(&self) -> Option<&Staged> {
        let armed = self.records.iter().find_map(|r| match r {
            Record::Armed(staged) => Some(&**staged),
            _ => None,
        });
        armed.or(self.spare.as_ref())
    }

    /// The plan, from whichever place still holds it.
    pub fn plan(&self) -> Option<&Plan> {
        self.staged().map(|s| &s.plan).or_else(|| self.plans().next())
    }

    /// Whether the run is past its commit point. A later `undo` means that the commit could not be made durable.
    pub fn committed(&self) -> bool {
        let last = |wanted: fn(&Record) -> bool| self.records.iter().rposition(wanted);
        let committed = last(|r| matches!(r, Record::Committed { .. }));
        committed.is_some() && committed > last(|r| matches!(r, Record::Undo { .. }))
    }

    /// Why the run is being undone, if it is.
    pub fn undo(&self) -> Option<&Failure> {
        self.records.iter().rev().find_map(|r| match r {
            Record::Undo { failure } => Some(failure),
            _ => None,
        })
    }

    /// Whether a record is there.
    pub fn has(&self, record: &Record) -> bool {
        self.records.contains(record)
    }

    /// How many recoveries have begun since the last one that came to an end.
    pub fn attempts(&self) -> usize {
        self.records.iter().filter(|r| **r == Record::Recovery).count()
    }
}

/// Reads one line: nothing if it is blank, torn or damaged.
fn parse(line: &[u8]) -> Result<Option<Record>> {
    let Some(record) = opened(line) else { return Ok(None) };
    match serde_json::from_str(record.get()) {
        Ok(record) => Ok(Some(record)),
        // The line is whole, and this program does not know it.
        Err(_) => newer(),
    }
}

fn newer<T>() -> Result<T> {
    fail!(
        JournalFormat,
        "An unfinished update of a newer Holdfast is here. Start the newer update program again: it can finish or undo it."
    )
}

/// Ends the run: the journal becomes history, and with that nothing is hot any more.
pub fn archive(work: &Work<'_>, run: &str) -> Result<()> {
    let root = Workspace::of_app(work.app).root;
    let history = root.join(HISTORY);
    create_dirs(work.disk, &history)?;
    crate::disk::remove_tree(work.disk, &spare_path(work))?;
    // The journal goes when all else has gone for good: should the spare come back without it, the run would look as if it had never been
    // committed.
    if !planted("spare-outlives-journal") {
        work.disk.flush_dir(&root)?;
    }
    if work.disk.kind(&journal_path(work))?.is_some() {
        let mut to = history.join(format!("{run}.jsonl"));
        let mut n = 1;
        while work.disk.kind(&to)?.is_some() {
            n += 1;
            to = history.join(format!("{run}-{n}.jsonl"));
        }
        work.disk.rename(&journal_path(work), &to)?;
    }
    work.disk.flush_dir(&history)?;
    work.disk.flush_dir(&root)
}
