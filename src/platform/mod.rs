//! Everything in which systems differ, behind the same function names. No other module asks which system it is on.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;
