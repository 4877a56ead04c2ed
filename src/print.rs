//! What the programs print. Whoever read it may have gone (`| head`, a tool that was ended): that must never end what is being done, as
//! `println!` would, which panics. The lint against that macro and its like holds everywhere.

use std::fmt::Arguments;
use std::io::{Error, ErrorKind, Write, stderr, stdout};
use std::sync::OnceLock;

/// The first trouble with the standard output but a reader who has gone.
static LOST: OnceLock<Error> = OnceLock::new();

/// Prints to the standard output. Whoever reads no more has seen enough; of a full disk [`lost`] tells.
pub fn out(text: Arguments<'_>) {
    let written = stdout().lock().write_fmt(text);
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error);
    }
}

/// Prints to the standard error output, if anybody hears.
pub fn err(text: Arguments<'_>) {
    let _ = stderr().lock().write_fmt(text);
}

/// Why not everything that was printed could be written, if so: a program whose product that is has failed then.
#[cfg(feature = "toolkit")]
pub fn lost() -> Option<&'static Error> {
    if let Err(error) = stdout().lock().flush()
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error);
    }
    LOST.get()
}

/// Prints a line.
macro_rules! say {
    ($($words:tt)*) => { $crate::print::out(format_args!("{}\n", format_args!($($words)*))) };
}

/// Prints a line to the standard error output.
macro_rules! complain {
    ($($words:tt)*) => { $crate::print::err(format_args!("{}\n", format_args!($($words)*))) };
}
