//! What sticks bring home: the result files of many sites, read from anywhere below some folders, and how each site stands by them.
//!
//! It only reads. A file that cannot be read is named and stops nothing; nothing is guessed about a site that brought none.

mod csv;
mod page;
mod read;
mod site;

pub use csv::csv;
pub use page::page;
pub use read::{Found, Happened, Unreadable, find};
pub use site::{Help, Site, State, Summary, sites};
