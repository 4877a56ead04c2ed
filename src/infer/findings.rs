//! What inference says: matches with their score and evidence, and what stays open.

use serde::Serialize;

/// The score from which a match counts as certain.
pub const THRESHOLD: f64 = 0.8;

/// All that is known and all that is not.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Inference {
    /// What became of what, with [`THRESHOLD`] or more, or settled by people. Tables and columns that keep their name are among them only
    /// if something speaks against it or their content moves elsewhere too.
    pub matches: Vec<Match>,
    /// Old tables and columns without a certain place, and new columns that cannot be filled without a word.
    pub open: Vec<Open>,
}

/// One thing that became another.
#[derive(Debug, Clone, Serialize)]
pub struct Match {
    /// What became what.
    #[serde(flatten)]
    pub shape: Shape,
    /// From 0 to 1.
    pub score: f64,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// Who settled it; the score alone if nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Column {
    /// The table.
    pub table: String,
    /// The column.
    pub name: String,
}

/// What became what.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// A table has another name.
    TableRenamed {
        /// The old table.
        from: String,
        /// The new table.
        to: String,
    },
    /// A column has another name, in the table that became the target's (a difference in case alone is one, too, with score 1).
    ColumnRenamed {
        /// The old column.
        from: Column,
        /// The new column.
        to: Column,
    },
    /// A column moved to another table (a split: `to.table` is new or gets the values of another; a merge: several tables end in one).
    ColumnMoved {
        /// The old column.
        from: Column,
        /// The new column.
        to: Column,
        /// How a row of the new table is found from one of the old: `(column of the new table, expression over the old row, called "old")`.
        by: Vec<(String, String)>,
    },
    /// A whole old table goes into one that other tables also fill.
    TableMerged {
        /// The old table.
        from: String,
        /// The new table.
        to: String,
    },
    /// A reference became the text (or number) that it referred to.
    Flattened {
        /// The old column, a reference.
        from: Column,
        /// The new column, a value.
        to: Column,
        /// The column of the table referred to in which the value stands.
        value: Column,
        /// The column that the reference names.
        key: Column,
    },
    /// A column (a reference, or a list of them in text) became rows of a link table.
    Linked {
        /// The old column.
        from: Column,
        /// The table of pairs.
        table: String,
        /// Its column that refers to the old column's table.
        owner: String,
        /// Its column that holds what the old column referred to.
        member: String,
        /// What stands between the parts of a list; `None` for a single reference.
        separator: Option<String>,
    },
    /// A column refers to another key of the same thing (`shelter_id` became `site_id`).
    Rekeyed {
        /// The old column.
        from: Column,
        /// The new column.
        to: Column,
        /// The old table that has both keys.
        through: String,
        /// The key that the old column holds.
        old_key: String,
        /// The key that the new column holds.
        new_key: String,
    },
    /// Values that name tables or other things which were renamed.
    ValuesRenamed {
        /// The old column.
        from: Column,
        /// The new column; often of the same name.
        to: Column,
        /// Old value, new value.
        values: Vec<(String, String)>,
    },
    /// An index has another name and is the same besides; no data hangs on it.
    IndexRenamed {
        /// The old index.
        from: String,
        /// The new index.
        to: String,
        /// The new table.
        table: String,
    },
    /// The declared type became another one, and values that this changes are there.
    Retyped {
        /// The old column.
        from: Column,
        /// The new column.
        to: Column,
    },
    /// People said that it goes.
    Dropped {
        /// The old table.
        table: String,
        /// The old column; the whole table if `None`.
        column: Option<String>,
        /// Why.
        reason: String,
    },
}

/// A reason for a match, or against it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What was looked at: `name`, `type`, `structure`, `references`, `values`, `rows`, `annotation`, `hint`.
    pub about: &'static str,
    /// A sentence.
    pub sentence: String,
    /// What it adds to the score, below 0 if it speaks against the match.
    pub weight: f64,
}

/// Who settled a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// An annotation in the new schema's SQL.
    Annotation,
    /// A hints file or a mapping that is there already.
    Hint,
    /// An answer to an earlier question.
    Answer,
}

/// What is not certain and must be asked.
#[derive(Debug, Clone, Serialize)]
pub struct Open {
    /// What it is about.
    pub origin: Origin,
    /// Rows, or values that are not NULL and not the default, that hang on the answer; `None` if no data is known.
    pub rows: Option<u64>,
    /// Up to ten values by frequency, with their counts.
    pub samples: Vec<(String, u64)>,
    /// What it may have become, best first; scores below [`THRESHOLD`].
    pub candidates: Vec<Candidate>,
}

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// An old table that has no place in the new schema.
    OldTable {
        /// Its name.
        table: String,
    },
    /// An old column that has no place.
    OldColumn(Column),
    /// A new column that must not be NULL, has no default, and gets no value; its table has rows.
    NewColumn(Column),
    /// A new or changed type, key or check that values of the data offend.
    Values(Column),
}

/// A possible answer.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// What it would be.
    #[serde(flatten)]
    pub shape: Shape,
    /// From 0 to [`THRESHOLD`].
    pub score: f64,
    /// Why.
    pub evidence: Vec<Evidence>,
}
