//! The plan of a reshape: for every target table, where its rows come from and how each column gets its value. It only says; making one is
//! [`super::planner`]'s, carrying it out [`super::copy`]'s.

use super::describe::{Column, Table};
use super::mapping::OnMatch;
use super::value::{Affinity, Change};
use rusqlite::types::Value;
use std::collections::BTreeSet;

/// What will be done, table by table.
pub struct Plan<'a> {
    /// In an order in which keys are there before they are asked for.
    pub tables: Vec<TablePlan<'a>>,
    /// The target tables whose new keys other tables ask for.
    pub keyed: BTreeSet<String>,
}

/// One ordinary target table.
pub struct TablePlan<'a> {
    /// It.
    pub target: &'a Table,
    /// In the order in which they are read.
    pub sources: Vec<SourcePlan<'a>>,
}

/// One source of a target table.
pub struct SourcePlan<'a> {
    /// The old table, if it is one.
    pub from: Option<&'a Table>,
    /// Its rows: the rowid if `rowid`, the columns of `key`, then what `values` ask for.
    pub select: String,
    /// Whether the first selected value is the old row's rowid.
    pub rowid: bool,
    /// Whether the new row gets it as well.
    pub carries_rowid: bool,
    /// The old key's columns, for messages.
    pub key: Vec<String>,
    /// The filter, for the accounting.
    pub filter: Option<String>,
    /// The target's columns that get a value.
    pub values: Vec<ValuePlan<'a>>,
    /// Indexes in `values` of the columns by which rows are matched.
    pub matching: Vec<usize>,
    /// What happens to a matched row.
    pub on_match: OnMatch,
    /// The old columns that are carried as they are or by a rule; names in expressions count.
    pub uses: BTreeSet<String>,
    /// Whether the old table comes out as it was.
    pub is_same: bool,
}

/// How a column gets its value.
pub struct ValuePlan<'a> {
    /// The target column.
    pub column: &'a Column,
    /// The old column, if its value is simply one's.
    pub from: Option<String>,
    /// Where it is taken from.
    pub given: Given,
    /// What is done to it.
    pub change: Change,
    /// The type that must not make another value of it.
    pub guard: Option<Affinity>,
}

/// Where a value is taken from.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// The selected value of this index.
    Selected(usize),
    /// The same for all rows.
    Constant(Value),
    /// The key in a target table of the row that came from the old row with the selected key.
    KeyOf {
        /// The target table.
        table: String,
        /// The old table of that row.
        of_table: String,
        /// Where its key is selected.
        selected: usize,
    },
}
