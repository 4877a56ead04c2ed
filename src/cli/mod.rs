//! The updater's command line: arguments, terminal, log, result file. The engine knows none of this; this decides nothing about an update.

mod arguments;
mod log;
mod terminal;
mod updater;

pub use arguments::{Arguments, HELP, Output, Verb};
pub use terminal::{Silent, Streaming, Terminal};
pub use updater::{clock, main};
