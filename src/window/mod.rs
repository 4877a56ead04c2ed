//! The updater's window: one dialog whose pages say what will happen, how far it is, and how it ended. It shows and asks; what is
//! done, and whether it was right, is the engine's business. Closing the window never leaves anything half done.
//!
//! [`run`] is all that the updater calls. `story` decides which page follows which and is tested without a window;
//! `dialog` draws pages with the system's task dialog, `plain` with message boxes.

#[cfg(windows)]
mod dialog;
#[cfg(windows)]
mod drawn;
mod facts;
mod left;
mod page;
mod pages;
mod plain;
mod reporter;
mod results;
mod speaker;
mod story;
#[cfg(windows)]
mod system;
#[cfg(windows)]
mod taskbar;
#[cfg(test)]
mod tests;

use crate::failure::{Aftermath, Result};
use crate::flow::{Outcome, ResultFile};
use crate::report::Reporter;
use crate::texts::Language;

/// How the window behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The language of all that a person reads.
    pub language: &'static Language,
    /// Progress only: nothing is asked, and the window closes at the end.
    pub passive: bool,
    /// Message boxes instead of the dialog.
    pub plain: bool,
    /// Whether this process may do what an administrator may.
    pub elevated: bool,
    /// What the command line asks for.
    pub doing: Doing,
}

/// What runs, for the words on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the command line")]
pub enum Doing {
    Update,
    Rollback,
    Confirm,
    Recover,
}

/// What the window asks of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What the command line says, from its beginning.
    AsCalled,
    /// Put the version before back.
    Rollback,
    /// Keep the held version.
    Confirm,
    /// Bring an unfinished run to its end, however often that was tried.
    Recover,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// What it came to.
    pub outcome: Result<Outcome>,
    /// What a failure left behind.
    pub aftermath: Aftermath,
    /// The result file; what the window says of the run is in it.
    pub file: ResultFile,
}

/// How the window was left.
#[derive(Debug)]
pub enum Closed {
    /// The last run's result stands.
    Done(ResultFile),
    /// The person wants to go on as an administrator.
    Elevate(ResultFile),
}

/// What the window runs, in a thread of its own. A second run in the same window is a new run, with an id of its own.
pub type Job<'a> = dyn Fn(Asked, &dyn Reporter) -> Finished + Sync + 'a;

/// Shows the window on the calling thread until it is closed, and runs the job beside it. `product` is the product's name, or nothing
/// if it is not known. `behind` hears every event, too, and answers the questions of a passive window: it is the silent reporter, which
/// writes the log.
///
/// # Panics
/// Only if the job does.
#[cfg(windows)]
pub fn run(options: &Options, product: &str, behind: &dyn Reporter, job: &Job<'_>) -> Closed {
    let open = |path: &std::path::Path| system::open(path, options.elevated);
    std::thread::scope(|scope| {
        let mut story = story::Story::new(scope, options, product, behind, job, &open);
        let drawn = !options.plain && dialog::show(&mut story);
        if !drawn {
            plain::show(&mut story, &system::message_box);
        }
        story.closed()
    })
}
