//! Which tables go into an export. What does not is listed with the reason: nothing stays out in silence.

use super::Arguments;
use crate::failure::{Failure, Reason, Result};
use crate::load::Table;
use crate::near::near;
use crate::reshape::{Way, content_table, way_of};
use crate::steps::is_ours;
use glob::{MatchOptions, Pattern};
use rusqlite::Connection;
use serde::Serialize;

/// What was chosen.
pub struct Choice {
    /// Tables that a load takes.
    pub tables: Vec<Table>,
    /// Holdfast's own, to be read.
    pub framework: Vec<Table>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// Whether every table is in it that can be.
    pub whole: bool,
}

/// A table that stays out.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub table: String,
    /// Why it stays out.
    pub why: String,
}

/// A table as the database lists it.
struct Listed {
    name: String,
    kind: String,
    sql: String,
}

/// As SQLite compares names.
const AS_NAMES: MatchOptions = MatchOptions {
    case_sensitive: false,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

impl Choice {
    /// Chooses by what was typed.
    pub fn of(connection: &Connection, arguments: &Arguments) -> rusqlite::Result<Result<Choice>> {
        let listed = list(connection)?;
        let excludes = match patterns(&arguments.excludes, &listed) {
            Ok(excludes) => excludes,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(failure) = unknown(&arguments.tables, &listed) {
            return Ok(Err(failure));
        }
        let mut choice = Choice {
            tables: Vec::new(),
            framework: Vec::new(),
            left_out: Vec::new(),
            whole: true,
        };
        for one in listed {
            let asked = arguments.tables.iter().any(|t| t.eq_ignore_ascii_case(&one.name));
            let outside = match () {
                () if !arguments.tables.is_empty() && !asked => Some("not named"),
                () if excludes.iter().any(|p| p.matches_with(&one.name, AS_NAMES)) => Some("excluded"),
                () if is_ours(&one.name) && arguments.without_framework => Some("Holdfast's own"),
                () => None,
            };
            if let Some(why) = outside {
                choice.whole &= is_ours(&one.name) || own_reason(&one).is_some();
                choice.leave(one.name, why);
            } else if let Some(why) = own_reason(&one) {
                if asked {
                    let message = format!("The table “{}” cannot be exported: {why}.", one.name);
                    return Ok(Err(Failure::new(Reason::RequestInvalid, message).with("table", one.name.as_str())));
                }
                choice.leave(one.name, &why);
            } else {
                match Table::find_any(connection, &one.name)? {
                    Ok(table) if is_ours(&table.name) => choice.framework.push(table),
                    Ok(table) => choice.tables.push(table),
                    Err(why) => choice.leave(one.name, &why),
                }
            }
        }
        if choice.tables.is_empty() && choice.framework.is_empty() {
            let message = "There is no table to export: all of them are left out.";
            return Ok(Err(Failure::new(Reason::RequestInvalid, message)));
        }
        Ok(Ok(choice))
    }

    fn leave(&mut self, table: String, why: &str) {
        self.left_out.push(LeftOut {
            table,
            why: why.to_owned(),
        });
    }
}

fn list(connection: &Connection) -> rusqlite::Result<Vec<Listed>> {
    let query = "SELECT l.name, l.type, ifnull(s.sql, '') FROM pragma_table_list AS l
                 JOIN main.sqlite_schema AS s ON s.type = 'table' AND s.name = l.name
                 WHERE l.schema = 'main' AND l.type IN ('table', 'virtual', 'shadow') ORDER BY l.name";
    let mut statement = connection.prepare(query)?;
    let listed = statement.query_map([], |r| {
        Ok(Listed {
            name: r.get(0)?,
            kind: r.get(1)?,
            sql: r.get(2)?,
        })
    })?;
    // Its numbers are carried as counters.
    listed.filter(|l| !matches!(l, Ok(l) if l.name == "sqlite_sequence")).collect()
}

/// Why a table cannot be in any export.
fn own_reason(table: &Listed) -> Option<String> {
    if table.name.get(..7).is_some_and(|n| n.eq_ignore_ascii_case("sqlite_")) {
        return Some("SQLite makes it itself, by ANALYZE".to_owned());
    }
    if table.kind == "shadow" {
        return Some("lies behind a virtual table, which fills it".to_owned());
    }
    if table.kind != "virtual" {
        return None;
    }
    match way_of(&table.sql) {
        Way::WithRowid | Way::ByColumns => None,
        Way::Rebuild => Some(format!(
            "a full-text index over “{}”, built from that when it is loaded",
            content_table(&table.sql).unwrap_or_default()
        )),
        Way::Unreadable => Some("keeps an index and not the text, so nothing can be read back; fill it again in a script".to_owned()),
        Way::Unknown => Some("a virtual table of a module that Holdfast does not know".to_owned()),
    }
}

/// The patterns; one that fits nothing is a mistake.
fn patterns(words: &[String], listed: &[Listed]) -> Result<Vec<Pattern>> {
    let invalid = |message: String| Failure::new(Reason::RequestInvalid, message);
    let one = |word: &String| {
        let pattern = Pattern::new(word).map_err(|e| invalid(format!("“{word}” is no pattern for --exclude: {e}.")))?;
        match listed.iter().any(|l| pattern.matches_with(&l.name, AS_NAMES)) {
            true => Ok(pattern),
            false => Err(invalid(format!("--exclude “{word}” fits no table{}.", meant(word, listed)))),
        }
    };
    words.iter().map(one).collect()
}

fn unknown(words: &[String], listed: &[Listed]) -> Option<Failure> {
    let word = words.iter().find(|w| !listed.iter().any(|l| l.name.eq_ignore_ascii_case(w)))?;
    let message = format!("There is no table “{word}” in the database{}.", meant(word, listed));
    Some(Failure::new(Reason::RequestInvalid, message).with("table", word.as_str()))
}

fn meant(word: &str, listed: &[Listed]) -> String {
    let near = near(word, listed.iter().map(|l| l.name.as_str()));
    near.map_or_else(String::new, |near| format!(" (did you mean “{near}”?)"))
}
