//! The cases, drafted and judged by what comes out.

use crate::schema_cases::{Case, expected, rows};
use holdfast::database::{Schema, contents, integrity_errors};
use holdfast::draft::draft;
use holdfast::in_place;
use holdfast::infer::Hints;
use holdfast::payload::{parse_draft, parse_mapping};
use holdfast::report::Nobody;
use holdfast::reshape::{Mapping, Reshape};
use holdfast::schema::{self, Side};
use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;

/// A case with both its sides, as files of a folder of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(case: &Case) -> Result<Desk, String> {
        let desk = Desk {
            folder: tempfile::tempdir().map_err(|e| e.to_string())?,
        };
        let made = |name: &str, statements: &[&Vec<String>]| {
            let connection = Connection::open(desk.path(name)).map_err(|e| e.to_string())?;
            connection
                .execute_batch("PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF")
                .map_err(|e| e.to_string())?;
            for statement in statements.iter().flat_map(|s| s.iter()) {
                connection.execute_batch(statement).map_err(|e| format!("{statement}: {e}"))?;
            }
            Ok::<_, String>(())
        };
        made("old.db", &[&case.current, &case.seed])?;
        made("new.db", &[&case.desired])?;
        Ok(desk)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn side(&self, name: &str) -> Result<Side, String> {
        schema::open(&self.path(name).to_string_lossy(), None).map_err(|f| f.message)
    }
}

/// The renames as a hints file says them.
fn hints(case: &Case, old: &Side, new: &Side) -> Result<Hints, String> {
    let is = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut text = String::new();
    let mut say = |from: String, to: String| {
        text += &format!("[[renamed]]\nfrom = {}\nto = {}\n", Value::from(from), Value::from(to));
    };
    for rename in &case.renames {
        if rename.kind == "table" {
            say(quoted(&rename.from), quoted(&rename.to));
            continue;
        }
        let became = case
            .renames
            .iter()
            .find(|r| r.kind == "table" && (is(&r.from, &rename.table) || is(&r.to, &rename.table)));
        let (before, after) = became.map_or((&rename.table, &rename.table), |r| (&r.from, &r.to));
        let there = old.definition.table(before).and_then(|t| t.column(&rename.from)).is_some();
        if there && new.definition.table(after).and_then(|t| t.column(&rename.to)).is_some() {
            say(
                format!("{}.{}", quoted(before), quoted(&rename.from)),
                format!("{}.{}", quoted(after), quoted(&rename.to)),
            );
        }
    }
    Hints::parse("renames", &text).map_err(|f| f.message)
}

/// Drafts, and answers: what has no place goes, and what SQLite makes of a value is right.
fn answered(old: &Side, new: &Side, hints: &Hints) -> Result<Mapping, String> {
    let path = Path::new("mapping.toml");
    let made = draft(old, new, hints.clone(), None, path).map_err(|f| f.message)?;
    let text = answer(&made.text);
    let again = draft(old, new, hints.clone(), Some(&text), path).map_err(|f| format!("again: {}", f.message))?;
    let (_, asks) = parse_draft(path, &again.text).map_err(|f| f.message)?;
    if let Some(ask) = asks.first() {
        return Err(format!("still asks: {}\n{}", ask.question, again.text));
    }
    if again.text != text.replace("\n\n\n", "\n\n") && !again.edits.is_empty() {
        return Err(format!("what was answered has changed:\n{text}\n→\n{}", again.text));
    }
    parse_mapping(path, &again.text).map_err(|f| f.message)
}

fn answer(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut is_drop = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_drop = line == "[[drop]]";
        }
        match line.starts_with("ask = ") {
            true if is_drop => lines.push("reason = \"not in the new schema\"".to_owned()),
            true => lines.push("convert = true".to_owned()),
            false => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// What a case wants is what there is.
fn judge(case: &Case, run: impl Fn(&Side, &Side, &Mapping) -> Result<Connection, String>) -> Result<(), String> {
    let desk = Desk::new(case)?;
    let (old, new) = (desk.side("old.db")?, desk.side("new.db")?);
    let hints = hints(case, &old, &new)?;
    let mapping = answered(&old, &new, &hints)?;
    let reached = run(&old, &new, &mapping)?;
    let found = Schema::read(&reached, &[]).map_err(|f| f.message)?;
    if found != new.schema {
        return Err(found.name_difference(&new.schema));
    }
    if let Some(error) = integrity_errors(&reached).map_err(|e| e.to_string())?.first() {
        return Err(error.clone());
    }
    for (table, (columns, after)) in case.data_after.iter().flatten() {
        let (found, wanted) = (rows(&reached, table, columns)?, expected(after));
        if found != wanted {
            return Err(format!("{table}: {found:?}, not {wanted:?}"));
        }
    }
    // A second run finds nothing to do.
    let path = desk.path("reached.db");
    reached
        .execute("VACUUM INTO ?1", [path.to_string_lossy()])
        .map_err(|e| e.to_string())?;
    let reached = desk.side("reached.db")?;
    let nothing = Path::new("mapping.toml");
    let again = draft(&reached, &new, Hints::default(), None, nothing).map_err(|f| f.message)?;
    match again.edits.is_empty() && again.questions.is_empty() {
        true => Ok(()),
        false => Err(format!("a second draft has something to say:\n{}", again.text)),
    }
}

fn memory() -> Result<Connection, String> {
    Connection::open_in_memory().map_err(|e| e.to_string())
}

pub fn judge_reshape(case: &Case) -> Result<(), String> {
    judge(case, |old, new, mapping| {
        let (reached, empty) = (memory()?, memory()?);
        empty.execute_batch(&old.sql).map_err(|e| e.to_string())?;
        let data = old.data.as_ref().unwrap_or(&empty);
        let reshape = Reshape {
            step: "case",
            schema: &new.sql,
            mapping,
            prepare: &|_| Ok(()),
        };
        reshape.run(data, &reached, &Nobody).map_err(|f| f.to_string())?;
        Ok(reached)
    })
}

pub fn judge_in_place(case: &Case) -> Result<(), String> {
    judge(case, |old, new, mapping| {
        let mut copy = memory()?;
        match &old.data {
            Some(data) => {
                let backup = rusqlite::backup::Backup::new(data, &mut copy).map_err(|e| e.to_string())?;
                backup.step(-1).map_err(|e| e.to_string())?;
            }
            None => copy.execute_batch(&old.sql).map_err(|e| e.to_string())?,
        }
        let done = in_place::write(&old.definition, &new.definition, mapping).map_err(|f| f.message)?;
        if let Some(unsolved) = done.unsolved.first() {
            return Err(unsolved.clone());
        }
        copy.execute_batch("PRAGMA foreign_keys=OFF; BEGIN").map_err(|e| e.to_string())?;
        copy.execute_batch(&done.sql).map_err(|e| format!("{e} in:\n{}", done.sql))?;
        copy.execute_batch("COMMIT").map_err(|e| e.to_string())?;
        let _ = contents(&copy).map_err(|e| e.to_string())?;
        Ok(copy)
    })
}
