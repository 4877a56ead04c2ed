//! Where the hidden number of a row matters: SQLite may give new ones at any VACUUM, so only a schema that speaks of them relies on them.
//! Written everywhere, they would keep rows from being added to a table that has others.

use crate::load::Table;
use crate::reshape::content_table;
use crate::sql::{Kind, tokens};
use rusqlite::{Connection, Result};
use std::collections::BTreeSet;

const NAMES: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// The names of the tables whose rowids are written.
pub fn needed(connection: &Connection, tables: &[Table], all: bool) -> Result<BTreeSet<String>> {
    let query = "SELECT sql FROM main.sqlite_schema WHERE type IN ('trigger', 'view') OR (type = 'table' AND rootpage = 0)";
    let mut statement = connection.prepare(query)?;
    let texts = statement.query_map([], |r| r.get::<_, Option<String>>(0))?;
    let texts: Vec<String> = texts.flat_map(Result::transpose).collect::<Result<_>>()?;
    let hidden = tables.iter().filter(|t| t.has_hidden_rowid());
    let needed = hidden.filter(|t| all || t.is_virtual || texts.iter().any(|sql| speaks_of(sql, &t.name)));
    Ok(needed.map(|t| t.name.clone()).collect())
}

/// Whether a trigger, view or full-text index may ask for the rowids of a table.
fn speaks_of(sql: &str, table: &str) -> bool {
    if content_table(sql).is_some_and(|content| content.eq_ignore_ascii_case(table)) {
        return true;
    }
    let names: Vec<String> = tokens(sql)
        .iter()
        .filter(|t| matches!(t.kind, Kind::Word | Kind::Quoted))
        .map(|t| match t.text.chars().next() {
            Some(quote @ ('"' | '`')) => t.text.trim_matches(quote).replace(&format!("{quote}{quote}"), &quote.to_string()),
            _ => t.text.trim_matches(['[', ']']).to_owned(),
        })
        .collect();
    let has = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    has(table) && NAMES.into_iter().any(has)
}
