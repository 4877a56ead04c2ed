//! How the engine speaks to whoever runs it: events, one question, and a look at the cancel button. It knows no window and no
//! terminal; those implement [`Reporter`].

mod heard;

pub use heard::Heard;

use crate::failure::Failure;
use crate::steps::TableAccount;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The stages of an update, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, clippy::enum_variant_names, reason = "the names are the design's")]
pub enum Stage {
    Bundle,
    Site,
    Preflight,
    Quiesce,
    Snapshot,
    Migrate,
    Verify,
    Stage,
    Swap,
    Confirm,
    Tidy,
}

impl Stage {
    /// What a person reads while it lasts.
    pub fn sentence(self) -> &'static str {
        match self {
            Stage::Bundle => "Checking the update",
            Stage::Site => "Looking for the application",
            Stage::Preflight => "Checking the application and its data",
            Stage::Quiesce => "Making sure that nobody uses the application",
            Stage::Snapshot => "Copying the data",
            Stage::Migrate => "Bringing the copy to the new version",
            Stage::Verify => "Checking the result",
            Stage::Stage => "Preparing the new program",
            Stage::Swap => "Putting the new version in place",
            Stage::Confirm => "Trying the new version",
            Stage::Tidy => "Tidying up",
        }
    }
}

/// How far a run is, in thousandths: stages take roughly so much of it.
pub fn position(stage: Stage, done: u64, total: u64) -> u64 {
    const STARTS: [u64; 12] = [0, 20, 40, 150, 160, 300, 600, 800, 930, 950, 980, 1000];
    let n = stage as usize;
    let span = STARTS[n + 1] - STARTS[n];
    STARTS[n] + span * done.min(total) / total.max(1)
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Event<'a> {
    /// A run began.
    Run {
        id: &'a str,
        product: &'a str,
        from: &'a str,
        to: &'a str,
    },
    /// A stage began.
    Stage { stage: Stage },
    /// A stage has come so far.
    Progress { stage: Stage, done: u64, total: u64 },
    /// The rows of each table of a database are accounted for, over one version's migration.
    Accounts {
        database: &'a str,
        version: &'a str,
        accounts: &'a [TableAccount],
    },
    /// A migration step begins.
    Step { version: &'a str, step: &'a str },
    /// A unit was moved in the swap or back.
    Moved { unit: &'a str, to: Spot },
    /// Worth knowing, for the log and for `--details`.
    Note { message: &'a str },
    /// Something a person should read, though it stops nothing.
    Warning { message: &'a str },
    /// Something failed; what follows puts things back.
    Failed { failure: &'a Failure },
}

/// Where a unit was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spot {
    /// Out of use, to the snapshot.
    Old,
    /// Into use.
    Live,
    /// Out of use, back to the stage.
    New,
}

impl Spot {
    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Spot::Old => "out of use",
            Spot::Live => "into use",
            Spot::New => "back to the stage",
        }
    }
}

/// A question to the person who runs the update.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "question", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Question<'a> {
    /// May this update begin?
    Update {
        product: &'a str,
        from: &'a str,
        to: &'a str,
        folder: &'a str,
        /// Why it was not rehearsed, if it was not.
        #[serde(skip_serializing_if = "Option::is_none")]
        unrehearsed: Option<&'a str>,
    },
    /// Something is in use: try again?
    Busy { failure: &'a Failure },
    /// Rows written since the update would go: roll back all the same?
    Lose { rows: u64, written: &'a [String] },
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on; for [`Question::Busy`], look again.
    Yes,
    /// Go on, but only as a trial beside the live pair.
    Trial,
    /// Stop.
    No,
}

/// Whoever watches a run.
pub trait Reporter: Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
    /// Asks; whoever cannot ask answers [`Answer::No`].
    fn ask(&self, question: &Question<'_>) -> Answer;
    /// Whether an [`Answer::No`] is a person's.
    fn can_ask(&self) -> bool {
        false
    }
    /// The flag that a person sets to stop. Looked at until the swap begins, and not after.
    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        None
    }
    /// Whether it is set.
    fn cancelled(&self) -> bool {
        self.cancel_flag().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Nobody watches.
pub struct Nobody;

impl Reporter for Nobody {
    fn event(&self, _: &Event<'_>) {}

    fn ask(&self, _: &Question<'_>) -> Answer {
        Answer::No
    }
}
