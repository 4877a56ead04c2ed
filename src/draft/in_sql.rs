//! A draft in SQL: statements in place, and below them, as a comment, the mapping that they are made from. There it is answered, and the
//! next draft writes the statements anew. Statements that somebody changed by hand are not written over.

use super::Draft;
use super::lines;
use crate::bundle::sha256;
use crate::failure::Result;
use crate::in_place::{self, InPlace};
use crate::schema::Definition;

/// What begins a line of the mapping.
const MAPS: &str = "--|";
/// What begins the line that knows the statements as they were drafted.
const DRAFTED: &str = "-- @drafted ";
/// The line between the statements and the mapping.
const BELOW: &str = "-- What the statements above are made from. Answer here, and run the same `holdfast draft` again.";

/// A drafted step in SQL.
pub struct Written {
    /// The file.
    pub text: String,
    /// What it does.
    pub done: InPlace,
}

/// The mapping in a drafted file; `None` if it is none.
pub fn mapping(text: &str) -> Option<String> {
    let line = |line: &str| {
        line.strip_prefix(MAPS)
            .map(|rest| rest.strip_prefix(' ').unwrap_or(rest).to_owned() + "\n")
    };
    let found: String = text.lines().filter_map(line).collect();
    text.contains(DRAFTED).then_some(found)
}

/// Whether the statements are those that were drafted. Line ends do not count.
pub fn is_as_drafted(text: &str) -> bool {
    let text = text.replace("\r\n", "\n");
    let Some((head, rest)) = text.split_once('\n') else { return false };
    let statements = rest.split_once(BELOW).map_or(rest, |(statements, _)| statements);
    head.strip_prefix(DRAFTED)
        .is_some_and(|hash| hash.trim() == sha256(statements.as_bytes()))
}

/// Writes the file. `label` is the version, for the rows that the manifest has to know of.
pub fn write(old: &Definition, new: &Definition, draft: &Draft, version: &str) -> Result<Written> {
    let done = in_place::write(old, new, &draft.mapping)?;
    let mut statements = String::new();
    let mut ask = |question: &str| statements += &format!("-- @ask {}\n", question.replace(['\n', '\r'], " "));
    draft.questions.iter().for_each(|q| ask(&q.ask));
    done.unsolved.iter().for_each(|u| ask(u));
    let rows = rows(&done, version);
    if !rows.is_empty() {
        statements += "\n-- The manifest has to say where these rows go. In holdfast.toml:\n";
        statements.extend(rows.lines().map(|line| format!("--     {line}").trim_end().to_owned() + "\n"));
    }
    statements += &format!("\n{}\n", done.sql);
    let mapping: String = draft
        .text
        .lines()
        .map(|line| format!("{MAPS} {line}").trim_end().to_owned() + "\n")
        .collect();
    Ok(Written {
        text: format!("{DRAFTED}{}\n{statements}{BELOW}\n{mapping}", sha256(statements.as_bytes())),
        done,
    })
}

/// The manifest's `[[rows]]`.
pub fn rows(done: &InPlace, version: &str) -> String {
    let one = |leaving: &in_place::Leaving| {
        let mut text = format!(
            "[[rows]]\nversion = {}\ntable = {}\n",
            lines::text(version),
            lines::text(&leaving.table)
        );
        if !leaving.moved_to.is_empty() {
            let targets: Vec<String> = leaving.moved_to.iter().map(|t| lines::text(t)).collect();
            text += &format!("moved_to = [{}]\n", targets.join(", "));
        }
        if let Some(reason) = &leaving.dropped {
            text += &format!("dropped = {}\n", lines::text(reason));
        }
        text
    };
    done.rows.iter().map(one).collect()
}
