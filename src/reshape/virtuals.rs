//! Virtual tables: what their modules keep is asked of them and given to them again, or built anew from what they index. The tables behind
//! them are never copied, because their form is the module's own affair: <https://sqlite.org/fts5.html>, <https://sqlite.org/rtree.html>.

use super::describe::{Described, Table};
use super::mapping::Mapping;
use crate::sql::{Kind, Token, quoted, tokens};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Result};

/// How a module's rows come over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Read by rowid and columns, stored likewise.
    WithRowid,
    /// Read and stored by columns; the first is the key.
    ByColumns,
    /// Built from another table.
    Rebuild,
    /// It keeps an index and not the text: nothing can be read back.
    Unreadable,
    /// A module that Holdfast does not know.
    Unknown,
}

fn words(sql: &str) -> Vec<Token<'_>> {
    tokens(sql).into_iter().filter(|t| t.kind != Kind::Blank).collect()
}

fn module(words: &[Token<'_>]) -> Option<String> {
    let module = words.iter().position(|t| t.is("USING")).and_then(|n| words.get(n + 1));
    module.map(|t| t.text.trim_matches(['"', '`', '[', ']']).to_lowercase())
}

fn is_fts5(table: &Table) -> bool {
    module(&words(&table.sql)).as_deref() == Some("fts5")
}

/// What was set for good by `INSERT INTO t(t, rank) VALUES (…)`, such as the ranking: <https://sqlite.org/fts5.html#special_insert_commands>.
fn settings(old: &Connection, new: &Connection, before: &Table, table: &Table) -> Result<()> {
    let config = quoted(&format!("{}_config", before.name));
    let mut select = old.prepare(&format!("SELECT k, v FROM main.{config} WHERE k <> 'version'"))?;
    let name = quoted(&table.name);
    let mut insert = new.prepare(&format!("INSERT INTO main.{name}({name}, rank) VALUES (?1, ?2)"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for n in 0..2 {
            insert.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(row.get_ref(n)?))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

fn content<'a>(words: &[Token<'a>]) -> Option<&'a str> {
    words.windows(3).find(|w| w[0].is("content") && w[1].text == "=").map(|w| w[2].text)
}

/// The table whose texts a full-text index is over, by the statement that made the index.
pub fn content_table(sql: &str) -> Option<String> {
    let written = content(&words(sql))?;
    let name = match written.chars().next() {
        Some('[') => written.trim_matches(['[', ']']).to_owned(),
        Some(quote @ ('"' | '\'' | '`')) => {
            let inner = written.strip_prefix(quote).and_then(|w| w.strip_suffix(quote)).unwrap_or(written);
            inner.replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        _ => written.to_owned(),
    };
    Some(name).filter(|name| !name.is_empty())
}

fn way(table: &Table) -> Way {
    way_of(&table.sql)
}

/// How the rows of a virtual table come over, by the statement that made it.
pub fn way_of(sql: &str) -> Way {
    let words = words(sql);
    let module = module(&words);
    let content = content(&words);
    match (module.as_deref(), content) {
        (Some("fts5" | "fts4" | "fts3"), Some("''" | "\"\"")) => Way::Unreadable,
        (Some("fts5" | "fts4" | "fts3"), Some(_)) => Way::Rebuild,
        (Some("fts5" | "fts4" | "fts3"), None) => Way::WithRowid,
        (Some("rtree" | "rtree_i32" | "geopoly"), _) => Way::ByColumns,
        _ => Way::Unknown,
    }
}

/// Whether it is a full-text index whose texts are in another table.
pub fn is_over_another(table: &Table) -> bool {
    way(table) == Way::Rebuild
}

/// Makes the virtual tables and fills them. The error is a sentence for the release manager.
pub fn carry(
    old: &Connection,
    new: &Connection,
    was: &Described,
    target: &Described,
    mapping: &Mapping,
) -> std::result::Result<(), String> {
    for table in was.tables.iter().filter(|t| t.is_virtual && target.table(&t.name).is_none()) {
        let declared = mapping
            .drops
            .iter()
            .any(|d| d.column.is_none() && d.table.eq_ignore_ascii_case(&table.name));
        if !declared && way(table) != Way::Rebuild && rows(old, table) != Some(0) {
            return Err(format!(
                "the rows of the virtual table “{0}” have no place in the new schema: declare [[drop]] table = \"{0}\", reason = \"…\"",
                table.name
            ));
        }
    }
    for table in target.tables.iter().filter(|t| t.is_virtual) {
        let told = |e: rusqlite::Error| format!("the virtual table “{}”: {e}", table.name);
        new.execute_batch(&table.sql).map_err(told)?;
        let before = was.table(&table.name).filter(|t| t.is_virtual);
        if let Some(before) = before.filter(|before| is_fts5(before) && is_fts5(table)) {
            settings(old, new, before, table).map_err(told)?;
        }
        match (way(table), before) {
            (Way::Rebuild, _) => {
                let name = quoted(&table.name);
                new.execute_batch(&format!("INSERT INTO main.{name}({name}) VALUES ('rebuild')"))
                    .map_err(told)?;
            }
            (_, None) => {}
            (_, Some(before)) if rows(old, before) == Some(0) => {}
            (way @ (Way::WithRowid | Way::ByColumns), Some(before)) if self::way(before) == way => {
                copy(old, new, before, table, way == Way::WithRowid).map_err(told)?;
            }
            (Way::Unreadable, _) => {
                return Err(format!(
                    "the virtual table “{}” keeps no text of its own, so its rows cannot be carried over: declare it as dropped and fill it in a script",
                    table.name
                ));
            }
            _ => {
                return Err(format!(
                    "the rows of the virtual table “{}” cannot be carried over: Holdfast does not know its module",
                    table.name
                ));
            }
        }
    }
    Ok(())
}

fn rows(connection: &Connection, table: &Table) -> Option<u64> {
    let query = format!("SELECT count(*) FROM main.{}", quoted(&table.name));
    connection.query_row(&query, [], |r| r.get(0)).ok()
}

fn copy(old: &Connection, new: &Connection, before: &Table, table: &Table, rowid: bool) -> Result<()> {
    let shared = table.columns.iter().filter(|c| before.column(&c.name).is_some());
    let names: Vec<String> = rowid
        .then(|| "rowid".to_owned())
        .into_iter()
        .chain(shared.map(|c| quoted(&c.name)))
        .collect();
    let list = names.join(", ");
    let mut select = old.prepare(&format!("SELECT {list} FROM main.{}", quoted(&before.name)))?;
    let places = vec!["?"; names.len()].join(", ");
    let mut insert = new.prepare(&format!("INSERT INTO main.{}({list}) VALUES ({places})", quoted(&table.name)))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for n in 0..names.len() {
            insert.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(row.get_ref(n)?))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}
