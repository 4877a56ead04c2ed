//! Loads rows from files into tables: a step of a migration that is a folder, `migrations/<version>/<NN-name>.load/`, with a
//! `load.toml` and data files beside it. The caller holds the transaction, with foreign keys off; nothing here begins or ends one,
//! and a row that does not fit is never dropped, rounded or made to fit. Files are streamed: memory does not grow with their rows.
//! A bundle carries the plan as `load.json`, so that the updater needs no TOML; messages name it as people know it.
//!
//! ```toml
//! clear = ["visit"]                       # emptied first; or "all": every ordinary table of the application
//!
//! [context.fr]                            # one context (a tenant, a country) is chosen for a run, or none
//! set = { tenant_id = 7 }                 # for rows of all files that say nothing of the column; an update never moves rows by it
//! [context.es]
//! set = { tenant_id = 8 }
//!
//! [[file]]                                # in the order in which they are loaded
//! file = "countries.json"                 # .json: [ {…}, … ]; .jsonl, .ndjson: an object a line; .csv: a header and records
//! table = "country"
//! mode = "upsert"                         # insert (as it is without it), upsert, update
//! key = ["code"]                          # the primary key without it; else columns that have a UNIQUE
//!
//! [[file]]
//! file = "people-{context}.csv"           # only in a context, and each has its own
//! table = "person"
//! delimiter = ";"                         # "," without it
//! empty = "quoted"                        # an empty field is "null" (as it is without it), "text", or text only in quotes
//!
//! [[file]]
//! file = "old-visits.data"
//! format = "jsonl"                        # json, jsonl, csv, where the name does not say
//! table = "visit"
//! contexts = ["fr"]                       # only in these
//! validate = false                        # lengths, types that SQLite does not hold, and rules are not asked for
//! enabled = true                          # false: neither packed nor loaded
//!
//! [[rule]]                                # each has one of required, pattern, min and max, one_of, reference
//! table = "country"
//! column = "code"
//! pattern = "[A-Z]{2}"                    # for the whole of the text
//!
//! [[rule]]
//! table = "person"
//! column = "country_id"
//! reference = { table = "country", key = "code", value = "id" }   # the file says FR, the id is stored
//!
//! [[counter]]                             # AUTOINCREMENT of this table goes on above this number, if it does not already
//! table = "visit"
//! value = 4711
//! ```
//!
//! At the top `triggers = false` keeps the application's triggers from firing, for rows that come with all that triggers made of them.
//! Full-text indexes over the loaded tables are then built anew at the end.
//!
//! **Values.** Whole numbers have 64 bits; what would be rounded is refused; infinity is `9e999`. `true` and `false` are 1 and 0
//! (in a BOOLEAN column of CSV, too). A blob is `{"$blob": "00ff"}` in hexadecimal digits, as SQL writes it; text that is not UTF-8 is `{"$text": "ff"}`. Other objects and
//! arrays are kept as JSON text where the column takes text. CSV fields take the type of their column. `007` is refused where the
//! column would make 7 of it, and so is `1e3` in an INTEGER column.
//!
//! **Tables** are the application's, and its full-text (FTS3 to 5) and R-Tree tables that keep rows of their own. The number by which
//! SQLite keeps a row that has no INTEGER PRIMARY KEY can be named `rowid`.
//!
//! **Rows.** An insert's columns that are not named get their defaults. An upsert or update writes the named columns alone, and
//! nothing if nothing differs. `required` asks inserts and upserts to name the column. A reference looks at what is there by then:
//! its table is loaded first. The application's triggers fire as for any SQL; a trigger that passes over a row rejects it, one that
//! rolls back ends the load. What a table declares with ON CONFLICT does not apply: no row takes the place of another.
//!
//! **Foreign keys** are asked for when all files are loaded, so the order does not matter to them.

mod clear;
mod counter;
mod csv;
mod datum;
mod file;
mod foreign;
mod json;
mod number;
mod plan;
mod put;
mod quiet;
mod reference;
mod rows;
mod rules;
mod run;
mod table;
mod text;
mod trouble;
mod write;

pub use clear::Cleared;
pub use counter::last as last_number;
pub use plan::{FILE, LoadPlan, Mode, PACKED, Source, wrong_plan};
pub use run::run;
pub use table::Table;
pub use trouble::ASK;
pub use write::{write_rows, write_table};

use crate::failure::{Failure, Result};
use crate::report::Reporter;
use std::io::Read;

/// Opens the files of a step.
pub trait Files {
    /// By its name in the step's folder.
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>>;
}

/// How a load is run.
pub struct Options<'a> {
    /// The context that is chosen.
    pub context: Option<&'a str>,
    /// Whether rows that do not fit are gathered instead of ending the load. What was loaded then is good for looking at alone.
    pub collect: bool,
    /// Whoever may cancel.
    pub reporter: &'a dyn Reporter,
}

/// Rejected rows that are gathered; more of them are counted alone.
pub const GATHERED: usize = 10_000;

/// What a load did.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// Tables that were emptied.
    pub cleared: Vec<Cleared>,
    /// The files of the plan, in its order.
    pub files: Vec<FileReport>,
    /// With `collect`: the first [`GATHERED`] rows that do not fit.
    pub rejected: Vec<Failure>,
    /// With `collect`: how many do not fit.
    pub rejected_count: u64,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The table it is for.
    pub table: String,
    /// Its name in the step's folder.
    pub file: String,
    /// The context in which it was loaded.
    pub context: Option<String>,
    /// Whether it was.
    pub state: State,
    /// Rows in the file: those below, and the rejected ones.
    pub read: u64,
    /// New rows.
    pub inserted: u64,
    /// Rows that were there and changed.
    pub updated: u64,
    /// Rows that were there as they are.
    pub skipped: u64,
}

impl FileReport {
    /// Rows inserted and updated.
    pub fn written(&self) -> u64 {
        self.inserted + self.updated
    }
}

/// Whether a file was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was.
    Loaded,
    /// `enabled = false`.
    Disabled,
    /// It is for other contexts.
    OtherContext,
}
