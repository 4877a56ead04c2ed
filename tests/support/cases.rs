//! Pairs of schemas from the test suites of other tools: what each says, and how rows that came out are compared with those that must.
#![allow(dead_code, reason = "each test file uses a part of it")]

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Columns, and the rows that must come out.
pub type Rows = (Vec<String>, Vec<Vec<Value>>);

#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    pub current: Vec<String>,
    pub desired: Vec<String>,
    pub renames: Vec<Rename>,
    pub seed: Vec<String>,
    pub data_after: Option<BTreeMap<String, Rows>>,
}

#[derive(Deserialize)]
pub struct Rename {
    pub kind: String,
    pub table: String,
    pub from: String,
    pub to: String,
}

pub fn all() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/schema-cases/cases.json");
    serde_json::from_slice(&std::fs::read(path).expect("cases.json")).expect("cases")
}

/// The rows of a table in these columns, as text, sorted.
pub fn rows(connection: &Connection, table: &str, columns: &[String]) -> Result<Vec<String>, String> {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let list: Vec<String> = columns.iter().map(|c| quote(c)).collect();
    let query = format!("SELECT {} FROM {}", list.join(", "), quote(table));
    let mut statement = connection.prepare(&query).map_err(|e| format!("{table}: {e}"))?;
    let found = statement.query_map([], |r| {
        let cells: Vec<String> = (0..list.len()).map(|n| r.get_ref(n).map(shown)).collect::<rusqlite::Result<_>>()?;
        Ok(cells.join(" | "))
    });
    let mut found = found
        .and_then(Iterator::collect::<rusqlite::Result<Vec<String>>>)
        .map_err(|e| e.to_string())?;
    found.sort();
    Ok(found)
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => format!("{n:?}"),
        ValueRef::Text(t) => format!("{:?}", String::from_utf8_lossy(t)),
        ValueRef::Blob(b) => format!("{b:?}"),
    }
}

/// The rows that must come out, in the same form.
pub fn expected(rows: &[Vec<Value>]) -> Vec<String> {
    let cell = |value: &Value| match value {
        Value::Number(n) if n.is_f64() => format!("{:?}", n.as_f64().unwrap_or_default()),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | "))
        .collect();
    rows.sort();
    rows
}
