//! The updater's command line: arguments, terminal, log, result file. The engine knows none of this; this decides nothing about an update.

mod arguments;
#[cfg(windows)]
mod face;
mod job;
mod log;
mod source;
mod spellings;
mod stick;
mod terminal;
mod updater;

pub use arguments::{Arguments, Codes, HELP, Output, Verb};
pub use job::{clock, run_id};
pub use terminal::{Silent, Streaming, Terminal};
pub use updater::main;
