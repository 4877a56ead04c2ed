//! What became of each old table and column: guessed from names, structure and the data itself, or settled by people.
//!
//! It proposes and gives its reasons; it never decides that something goes. What is not certain is for [`Inference::open`], so that it
//! is asked. It reads databases and writes nothing.

mod findings;

pub use findings::{Candidate, Column, Evidence, Inference, Match, Open, Origin, Settled, Shape, THRESHOLD};
