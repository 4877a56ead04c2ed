//! What the process tells its parent. The numbers are a contract: append, never change.

use super::{Class, Failure};

/// How a run ended, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The new version is in place, or what was asked for was done.
    Done = 0,
    /// The command line could not be understood.
    Usage = 2,
    /// The version is already in place, or there is nothing to recover, confirm or roll back.
    NothingToDo = 10,
    /// Refused before anything was touched.
    Refused = 20,
    /// Failed on the way; code and data are as before.
    Restored = 30,
    /// Failed, and what was there before could not be put back: help is needed.
    NotRestored = 40,
    /// Something else uses the application, its data, or Holdfast; later it may work.
    Busy = 50,
    /// A person cancelled; code and data are as before.
    Cancelled = 60,
}

impl Exit {
    /// All exit codes with their meaning, in the order of their numbers: the README's table.
    pub const ALL: [(Exit, &'static str); 8] = [
        (Exit::Done, "done"),
        (Exit::Usage, "the command line could not be understood"),
        (Exit::NothingToDo, "nothing to do"),
        (Exit::Refused, "refused, nothing touched"),
        (Exit::Restored, "failed and restored: code and data are as before"),
        (Exit::NotRestored, "failed and **not** restored: help is needed"),
        (
            Exit::Busy,
            "busy: something is in use, later it may work; code and data are as before",
        ),
        (Exit::Cancelled, "cancelled; code and data are as before"),
    ];

    /// The exit code of a failure, given how far the run had come.
    pub fn of(failure: &Failure, state: Aftermath) -> Exit {
        match (state, failure.reason.class()) {
            (Aftermath::NotRestored, _) => Exit::NotRestored,
            (_, Class::Usage) => Exit::Usage,
            (_, Class::Busy) => Exit::Busy,
            (_, Class::Cancelled) => Exit::Cancelled,
            (Aftermath::Untouched, _) => Exit::Refused,
            (Aftermath::Restored, _) => Exit::Restored,
        }
    }
}

/// What a failed run left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aftermath {
    /// It had not begun.
    Untouched,
    /// It had begun, and everything is as before.
    Restored,
    /// It had begun, and not everything could be put back.
    NotRestored,
}
