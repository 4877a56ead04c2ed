//! Holdfast: brings an application folder and its SQLite databases to a new version together, or leaves both exactly as they were.
//!
//! Begin with [`flow`], which reads like the manual; [`swap`] keeps the promise; [`disk`] is the only way to change anything.
//! The two programs in `src/bin` are thin: [`cli`] is the updater's face, `toolkit` the release manager's.
#![warn(missing_docs, clippy::disallowed_methods, clippy::exit, clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

#[macro_use]
mod print;

pub mod bundle;
pub mod checks;
pub mod cli;
pub mod database;
#[cfg(feature = "toolkit")]
pub mod diff;
pub mod disk;
#[cfg(feature = "toolkit")]
pub mod draft;
pub mod failure;
pub mod flow;
#[cfg(feature = "toolkit")]
pub mod in_place;
#[cfg(feature = "toolkit")]
pub mod infer;
pub mod load;
#[cfg(feature = "toolkit")]
mod masked;
pub mod mutants;
pub mod near;
#[cfg(feature = "toolkit")]
pub mod page;
#[cfg(feature = "toolkit")]
pub mod payload;
pub mod platform;
#[cfg(feature = "toolkit")]
pub mod rehearse;
pub mod report;
pub mod reshape;
#[cfg(feature = "toolkit")]
pub mod results;
#[cfg(feature = "toolkit")]
pub mod schema;
pub mod script;
pub mod site;
pub mod sql;
pub mod steps;
pub mod swap;
#[cfg(any(windows, test))]
pub mod texts;
#[cfg(feature = "toolkit")]
pub mod toolkit;
pub mod trust;
pub mod version;
#[cfg(any(windows, test))]
pub mod window;
