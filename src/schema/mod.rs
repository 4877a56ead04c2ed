//! A schema as a release manager thinks of it: tables with everything that SQLite knows of them, views, triggers and the two numbers.
//!
//! It is what [`crate::infer`] and the commands `diff` and `draft` look at. Whether a site's schema is a known one is decided by
//! [`crate::database::Schema`] alone, and how a reshape carries rows by [`crate::reshape`]; this one judges nothing.

mod annotations;
mod create;
mod live;
mod model;
mod read;
mod script;
mod side;
#[cfg(test)]
mod tests;

pub use create::{index as index_text, table as table_text};
pub use live::{Tidy, explained, open as open_live};
pub use model::{Annotation, Check, Column, Definition, ForeignKey, Generated, Index, Part, Table, TableKind, Trigger, Unique, View};
pub use read::read;
pub use side::{Side, open};
