//! A plan as it is written: in TOML by people, in JSON by packing. An unknown key is an error: a key that is silently ignored is a promise
//! not kept.

use super::super::datum::Datum;
use super::ReferenceRule;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The whole of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What is emptied first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<ClearSource>,
    /// Whether the application's triggers fire.
    #[serde(default = "yes")]
    pub triggers: bool,
    /// The files, in their order.
    #[serde(default, rename = "file")]
    pub files: Vec<FileSource>,
    /// The contexts by name.
    #[serde(default, rename = "context")]
    pub contexts: BTreeMap<String, ContextSource>,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSource>,
    /// Numbers that AUTOINCREMENT has given out.
    #[serde(default, rename = "counter", skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<Counter>,
}

/// `[[counter]]`: the table's next row gets a number above this one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// A table with AUTOINCREMENT.
    pub table: String,
    /// The number that was given out last.
    pub value: i64,
}

/// `clear`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "clear is \"all\" or a list of tables: clear = [\"country\"]")]
pub enum ClearSource {
    /// `"all"`.
    Every(All),
    /// Their names.
    Tables(Vec<String>),
}

/// Every ordinary table of the application.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// That word.
    All,
}

/// `[[file]]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSource {
    /// Its name in the step's folder.
    pub file: String,
    /// Where its rows go.
    pub table: String,
    /// What is done with them.
    #[serde(default)]
    pub mode: Mode,
    /// The columns by which a row is found.
    #[serde(default)]
    pub key: Vec<String>,
    /// Whether it is loaded at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How it is written, where its name does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The contexts in which it is loaded; all if none are named.
    #[serde(default)]
    pub contexts: Vec<String>,
    /// Whether declared types, lengths and rules count.
    #[serde(default = "yes")]
    pub validate: bool,
    /// What an empty field of CSV means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// What stands between the fields of CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
}

fn yes() -> bool {
    true
}

/// What is done with a file's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Every row is new.
    #[default]
    Insert,
    /// A row that is there by its key gets the named values; else it is new.
    Upsert,
    /// A row must be there by its key, and gets the named values.
    Update,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// An array of objects.
    Json,
    /// An object a line.
    Jsonl,
    /// Records under a header.
    Csv,
}

impl Format {
    /// By the end of a file's name.
    pub fn by_name(file: &str) -> Option<Format> {
        let (_, extension) = file.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            "csv" => Some(Format::Csv),
            _ => None,
        }
    }
}

/// What an empty field of CSV means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// NULL.
    #[default]
    Null,
    /// Text without characters.
    Text,
    /// Nothing between two commas is NULL, `""` is text: as PostgreSQL writes it.
    Quoted,
}

/// `[context.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextSource {
    /// Columns with the values that rows get which say nothing of them.
    #[serde(default)]
    pub set: BTreeMap<String, Scalar>,
}

/// `[[rule]]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSource {
    /// The table.
    pub table: String,
    /// Its column.
    pub column: String,
    /// Whether rows must say something there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// A regular expression for the whole of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Scalar>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Scalar>,
    /// The only values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Scalar>>,
    /// The row of another table that the value names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceRule>,
}

/// A value in a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, a finite number, true or false (a date is a text here: write it in quotes)"
)]
pub enum Scalar {
    /// `true`.
    Bool(bool),
    /// `5`.
    Int(i64),
    /// `0.5`.
    Real(#[serde(deserialize_with = "finite")] f64),
    /// `"FR"`.
    Text(String),
}

/// JSON has no word for infinity.
fn finite<'de, D: Deserializer<'de>>(value: D) -> Result<f64, D::Error> {
    let real = f64::deserialize(value)?;
    real.is_finite().then_some(real).ok_or_else(|| D::Error::custom("no finite number"))
}

impl Scalar {
    /// As SQLite would hold it in a column without a type.
    pub fn datum(&self) -> Datum<'_> {
        match self {
            Scalar::Bool(truth) => Datum::Int(i64::from(*truth)),
            Scalar::Int(i) => Datum::Int(*i),
            Scalar::Real(r) => Datum::Real(*r),
            Scalar::Text(text) => Datum::Text(Cow::Borrowed(text)),
        }
    }
}
