//! What differs between two schemas, and what that does to the data of a live database.
//!
//! It only reads. What became of what is [`crate::infer`]'s to say; here each difference gets a level, a sentence and what to do.

mod alike;
mod checks;
mod columns;
mod compare;
mod fates;
mod indexes;
mod keys;
mod masks;
mod matching;
mod order;
mod page;
mod pairing;
mod report;
mod sets;
mod tables;
mod texts;
mod weigh;
mod words;

pub use alike::likeness;
pub use compare::compare;
pub use matching::Matching;
pub use page::page;
pub use report::{Change, Finding, Kind, Level, Order, Report, Sample, SideFacts, Subject, Weight};
pub use weigh::{WeighOptions, weigh};
