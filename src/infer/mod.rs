//! What became of each old table and column: guessed from names, structure and the data itself, or settled by people.
//!
//! It proposes and gives its reasons; it never decides that something goes. What is not certain is for [`Inference::open`], so that it
//! is asked. It reads databases and writes nothing.

mod annotated;
mod columns;
mod compete;
mod constraints;
mod data;
mod find;
mod findings;
mod hints;
mod indexes;
mod links;
mod masked;
mod merges;
mod moves;
mod names;
mod odds;
mod offends;
mod open;
mod references;
mod run;
mod settled;
mod sketch;
mod swaps;
mod tables;
mod types;
mod values;
mod world;

pub use findings::{Candidate, Column, Evidence, Inference, Match, Open, Origin, Settled, Shape, THRESHOLD};
pub use hints::{Hint, Hints, Told};
pub use run::infer;
