//! The mapping of a reshape as the release manager writes it (`mapping.toml`) and as a bundle carries it (JSON, the same names).
//!
//! What it does not mention maps by name. It only says what is wanted; whether that fits two schemas is [`super::plan`]'s to find out.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A whole mapping.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// `[[table.NAME]]`: the sources of the target tables that need a word, read in their order. One alone may be written `[table.NAME]`.
    #[serde(rename = "table", skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, Vec<SourceRule>>,
    /// `[column.NAME]`: a rule for every target column of this name that would map by name.
    #[serde(rename = "column", skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ValueRule>,
    /// What goes for good.
    #[serde(rename = "drop", skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<Drop>,
    /// Regular expressions for literals in column defaults that differ from site to site: the site keeps its own.
    #[serde(rename = "mask", skip_serializing_if = "Vec::is_empty")]
    pub masks: Vec<String>,
    /// `PRAGMA user_version` of the result; the old one if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_version: Option<i32>,
}

/// Where rows come from, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceRule {
    /// An old table; the one of the target's name if neither this nor `query` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// A SELECT over the old database instead of a table. Its rows count as new ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Only the old rows for which this expression holds.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Whether only the columns that `columns` names get a value, and none by its name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
    /// Target columns by which a row is one that an earlier row or source has made already.
    #[serde(rename = "match", skip_serializing_if = "Vec::is_empty")]
    pub matching: Vec<String>,
    /// What happens to such a row.
    #[serde(skip_serializing_if = "OnMatch::is_stop")]
    pub on_match: OnMatch,
    /// Target columns that do not map by name. `new = "old"` is short for `new = { from = "old" }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ValueRule>,
}

/// What happens to a row whose `match` columns are those of a row that is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnMatch {
    /// The reshape stops and names both.
    #[default]
    Stop,
    /// The row that is there stays as it is.
    Keep,
    /// It gets the values that this source maps.
    Update,
    /// It gets those of them for which it holds NULL.
    Fill,
}

impl OnMatch {
    fn is_stop(&self) -> bool {
        *self == OnMatch::Stop
    }
}

/// Exactly one of `from`, `sql`, `value`, `key_of` and `new_key`; the rest changes what they give.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValueRule {
    /// The old column of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// An SQL expression over the old row, whose table is called `old`; it may look into every table of the old database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The same value in every row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The key that a row got in this target table: the row that came from the same old row, or from the one that `of` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_of: Option<String>,
    /// With `key_of`: an expression that gives the old row's key; this row's own if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// With `key_of`: the old table of that row; this source's if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_table: Option<String>,
    /// A key that SQLite chooses.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub new_key: bool,
    /// Old values (as text) and what becomes of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, Value>,
    /// With `map`: what becomes of a value that is not in it. NULL stays NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
    /// What becomes of NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_null: Option<Value>,
    /// Takes what SQLite's own conversion makes of a value, even if it is another one ("007" becomes 7).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub convert: bool,
}

impl ValueRule {
    /// Whether it says where the value comes from, if anything, and nothing more.
    pub fn is_plain(&self) -> bool {
        let plain = ValueRule {
            from: self.from.clone(),
            ..ValueRule::default()
        };
        *self == plain
    }
}

/// What becomes of a value that is not in the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Other {
    /// The reshape stops and names it.
    Stop,
    /// It stays as it is.
    Keep,
    /// It becomes this.
    Value(Value),
}

/// `[[drop]]`: rows or values that go for good. They stay in the snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drop {
    /// The old table.
    pub table: String,
    /// One of its columns; all rows that no source takes if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why.
    pub reason: String,
}
