//! What differs between two schemas, and what that does to the data of a live database.
//!
//! It only reads. What became of what is [`crate::infer`]'s to say; here each difference gets a level, a sentence and what to do.

mod report;

pub use report::{Change, Finding, Kind, Level, Order, Report, Sample, SideFacts, Subject, Weight};
