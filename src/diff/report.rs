//! What a comparison says: findings with their level and weight, and the order in which a migration would have to go.
//!
//! The terminal, the JSON and the page all show this value and nothing besides; it holds no connection and no HTML.

use crate::infer::Inference;
use crate::schema::Definition;
use serde::Serialize;

/// Everything that a comparison found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The old side.
    pub old: SideFacts,
    /// The new side.
    pub new: SideFacts,
    /// Every difference; the gravest level first, then by table.
    pub findings: Vec<Finding>,
    /// How tables would be dropped, made and filled.
    pub order: Order,
    /// What became of what; `None` if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference: Option<Inference>,
}

/// One side of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct SideFacts {
    /// As it was named on the command line.
    pub name: String,
    /// The fingerprint of its schema.
    pub fingerprint: String,
    /// Bytes of the database; `None` for SQL text.
    pub bytes: Option<u64>,
    /// Rows by table, in the order of the tables; empty where there is no data.
    pub rows: Vec<(String, u64)>,
    /// The schema.
    pub schema: Definition,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing to do: it cannot lose or refuse a row.
    Safe,
    /// Somebody should look: it may change what values mean, or needs a word in a mapping.
    Look,
    /// A migration stops or loses data unless somebody decides.
    Blocks,
}

/// What kind of thing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A table, or its being virtual, STRICT or WITHOUT ROWID, or its AUTOINCREMENT.
    Table,
    /// A column's existence or order.
    Column,
    /// A declared type.
    Type,
    /// NOT NULL.
    Nullability,
    /// A default.
    Default,
    /// A collation.
    Collation,
    /// A generated column's rule.
    Generated,
    /// The primary key.
    Key,
    /// A foreign key or its actions.
    ForeignKey,
    /// A UNIQUE constraint.
    Unique,
    /// A CHECK constraint.
    Check,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
    /// A view.
    View,
    /// `user_version` or `application_id`.
    Number,
}

/// What was done to the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is only in the new schema.
    Added,
    /// It is only in the old schema.
    Removed,
    /// It has another name.
    Renamed,
    /// It is in both and differs.
    Changed,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// The table, with its old name; the new one if there is no old one. Empty for views and the numbers.
    pub table: String,
    /// The table's name in the new schema, if it has another one there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_table: Option<String>,
    /// The column, index, trigger, view, or columns of a key; `None` for the table itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One difference.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub level: Level,
    /// What kind of thing.
    pub kind: Kind,
    /// What was done to it.
    pub change: Change,
    /// What it is about.
    pub subject: Subject,
    /// A sentence that a person understands.
    pub sentence: String,
    /// What to do; `None` if there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// How it is written in the old schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// How it is written in the new schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// Whether the difference lies only in literals that differ from site to site.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_site: bool,
    /// What it does to the data; `None` if there is no data, or nothing to ask of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
}

/// What a difference does to the rows of the live database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weight {
    /// Rows that are affected.
    pub rows: u64,
    /// Rows of the table.
    pub of: u64,
    /// A sentence: what was counted.
    pub sentence: String,
    /// Some of the rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

/// A row that is affected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Its key, as `column = value`.
    pub key: String,
    /// The value; masked if asked for.
    pub value: String,
    /// What would become of it, if something would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub becomes: Option<String>,
}

/// An order by foreign keys. Tables that refer to each other in a circle are named together in `circles`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Order {
    /// Old tables that are in the new schema no more, children first.
    pub drop: Vec<String>,
    /// New tables, parents first.
    pub create: Vec<String>,
    /// All tables of the new schema in the order in which they can be filled, parents first.
    pub fill: Vec<String>,
    /// Circles of references.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<Vec<String>>,
}
