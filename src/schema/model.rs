//! The parts of a schema. Names are as they are written; two of them are compared as SQLite does, without regard to ASCII case.

use serde::Serialize;

/// A whole schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Definition {
    /// Ordinary and virtual tables in the order in which they were made; not SQLite's own, nor Holdfast's, nor what lies behind virtual ones.
    pub tables: Vec<Table>,
    /// Views, in the order in which they were made.
    pub views: Vec<View>,
    /// Triggers, in the order in which they were made.
    pub triggers: Vec<Trigger>,
    /// `PRAGMA user_version`.
    pub user_version: i32,
    /// `PRAGMA application_id`.
    pub application_id: i32,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Who keeps its rows.
    pub kind: TableKind,
    /// Its columns in their order, generated ones too; those that a module hides left out.
    pub columns: Vec<Column>,
    /// The columns of the primary key in its order; empty if there is none.
    pub key: Vec<Part>,
    /// The column that is another name of the rowid.
    pub rowid_column: Option<String>,
    /// Whether keys are never used again.
    pub autoincrement: bool,
    /// Whether it has no rowid.
    pub without_rowid: bool,
    /// Whether it takes only values of the declared types.
    pub strict: bool,
    /// What it refers to.
    pub foreign_keys: Vec<ForeignKey>,
    /// UNIQUE constraints of columns and of the table; not the primary key, not unique indexes.
    pub uniques: Vec<Unique>,
    /// CHECK constraints of columns and of the table.
    pub checks: Vec<Check>,
    /// Indexes that have a name of their own.
    pub indexes: Vec<Index>,
    /// What its author wrote beside it for tools.
    pub annotations: Vec<Annotation>,
    /// The statement that makes it.
    pub sql: String,
}

/// Who keeps a table's rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// SQLite itself.
    Ordinary,
    /// A module.
    Virtual {
        /// Its name, such as `fts5`.
        module: String,
        /// What stands in the parentheses, as it is written.
        arguments: String,
    },
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The declared type; empty if there is none.
    pub declared: String,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// The default's text.
    pub default: Option<String>,
    /// The collation in capitals, `BINARY` if none is written.
    pub collation: String,
    /// From what its value follows.
    pub generated: Option<Generated>,
    /// What its author wrote beside it for tools.
    pub annotations: Vec<Annotation>,
}

/// A generated column's rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Generated {
    /// The expression, normalised.
    pub expression: String,
    /// Whether the value is stored in the row.
    pub stored: bool,
}

/// A column or an expression in a key, a set or an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The column's name, or the expression, normalised.
    pub text: String,
    /// Whether it is an expression.
    pub is_expression: bool,
    /// The collation in capitals.
    pub collation: String,
    /// Whether it descends.
    pub descending: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForeignKey {
    /// The columns here.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub parent: String,
    /// The columns there; empty if none are written, which means the primary key.
    pub parent_columns: Vec<String>,
    /// `NO ACTION`, `RESTRICT`, `SET NULL`, `SET DEFAULT` or `CASCADE`.
    pub on_update: String,
    /// The same.
    pub on_delete: String,
    /// Whether it is checked at the end of a transaction only.
    pub deferred: bool,
}

/// A UNIQUE constraint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unique {
    /// What must differ together.
    pub parts: Vec<Part>,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The expression, normalised.
    pub expression: String,
    /// The same as it is written, for running it.
    pub sql: String,
}

/// An index with a name of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Whether two rows must differ in it.
    pub unique: bool,
    /// What it is over.
    pub parts: Vec<Part>,
    /// The condition of a partial one, normalised.
    pub filter: Option<String>,
    /// The statement that makes it.
    pub sql: String,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// Its name.
    pub name: String,
    /// The statement that makes it.
    pub sql: String,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The table or view that it belongs to.
    pub table: String,
    /// The statement that makes it.
    pub sql: String,
}

/// `-- @word key=value …` in the SQL of a schema, beside a table or a column. The words that Holdfast knows are `renamed` (`from=NAME`,
/// or `from=TABLE.COLUMN` for a column that moved) and `dropped` (`name=NAME`, `reason="…"`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Annotation {
    /// The word behind `@`.
    pub word: String,
    /// What follows it, in its order.
    pub values: Vec<(String, String)>,
    /// The line of the statement in which it stands, from 1; 0 if it stands before it.
    pub line: usize,
}

impl Definition {
    /// A table by its name, in any case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name.eq_ignore_ascii_case(name))
    }
}

impl Table {
    /// A column by its name, in any case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }
}

impl Annotation {
    /// A value by its key.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Display for Annotation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "-- @{}", self.word)?;
        let mut values = self.values.iter();
        values.try_for_each(|(key, value)| write!(f, " {key}=\"{}\"", value.replace('"', "\"\"")))
    }
}
