//! SQL text, run in memory. It makes no file; what this SQLite does not know (a function, a collation, a module) is stood in for, so that the
//! schema can be read.

use super::annotations;
use super::create::made_table;
use super::model::{Annotation, Definition};
use crate::failure::{Failure, Reason, Result};
use crate::sql::{Kind, Statement, statements, tokens};
use rusqlite::functions::FunctionFlags;
use rusqlite::limits::Limit;
use rusqlite::{Connection, Error};
use std::path::Path;

/// A text that has been run.
pub struct Script<'a> {
    text: &'a str,
    statements: Vec<Statement<'a>>,
}

impl<'a> Script<'a> {
    /// Cuts a text into statements.
    pub fn new(text: &'a str) -> Script<'a> {
        Script {
            text,
            statements: statements(text),
        }
    }

    /// Runs all statements. `path` is for messages.
    pub fn run(&self, path: &Path) -> Result<Connection> {
        let told = |e: Error| super::live::explained(&e, path);
        let connection = Connection::open_in_memory().map_err(told)?;
        // Neither ATTACH nor VACUUM INTO may make a file.
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(told)?;
        connection.execute_batch("PRAGMA foreign_keys=OFF").map_err(told)?;
        for statement in &self.statements {
            run(&connection, statement).map_err(|e| explained(&e, statement, path))?;
        }
        // A dump writes virtual tables into the schema by hand; now SQLite looks at them.
        if !connection.is_autocommit() {
            connection.execute_batch("COMMIT").map_err(told)?;
        }
        connection.execute_batch("PRAGMA writable_schema=RESET").map_err(told)?;
        Ok(connection)
    }

    /// Whether every statement makes something, so that the text is the schema and nothing besides.
    pub fn is_plain(&self) -> bool {
        self.statements
            .iter()
            .all(|s| first_word(s.text).is_some_and(|w| w.eq_ignore_ascii_case("CREATE")))
    }

    /// Adds the annotations that SQLite does not keep: those around the statements that make tables.
    pub fn annotate(&self, definition: &mut Definition) {
        let mut end = 0;
        let mut last: Option<String> = None;
        for statement in &self.statements {
            let start = statement.text.as_ptr() as usize - self.text.as_ptr() as usize;
            let (same, mut next) = annotations::between(&self.text[end..start]);
            match end {
                0 => next.splice(..0, same).for_each(drop),
                _ => give(definition, last.as_deref(), same),
            }
            last = made_table(statement.text);
            let inside = annotations::in_table(statement.text).table;
            if let Some(table) = last.as_deref().and_then(|name| named(definition, name)) {
                table.annotations = next.into_iter().chain(inside).collect();
            }
            end = start + statement.text.len();
        }
        give(definition, last.as_deref(), annotations::between(&self.text[end..]).0);
    }
}

fn named<'d>(definition: &'d mut Definition, name: &str) -> Option<&'d mut super::model::Table> {
    definition.tables.iter_mut().find(|t| t.name.eq_ignore_ascii_case(name))
}

fn give(definition: &mut Definition, table: Option<&str>, annotations: Vec<Annotation>) {
    if let Some(table) = table.and_then(|name| named(definition, name)) {
        table.annotations.extend(annotations);
    }
}

fn first_word(sql: &str) -> Option<&str> {
    tokens(sql).into_iter().find(|t| t.kind != Kind::Blank).map(|t| t.text)
}

/// Runs one statement; for each thing that it lacks, again.
fn run(connection: &Connection, statement: &Statement<'_>) -> rusqlite::Result<()> {
    let mut lacked = String::new();
    loop {
        match connection.execute_batch(statement.text) {
            Err(e) if e.to_string() != lacked && stand_in(connection, &e, statement)? => lacked = e.to_string(),
            done => return done,
        }
        if lacked.contains("no such module") {
            return Ok(());
        }
    }
}

/// Stands in for what a statement lacks, if it makes something. What stands in can be named, and not used.
fn stand_in(connection: &Connection, error: &Error, statement: &Statement<'_>) -> rusqlite::Result<bool> {
    let text = error.to_string();
    let lacks = |what: &str| {
        text.find(what)
            .and_then(|at| text[at + what.len()..].split_whitespace().next().map(str::to_owned))
    };
    if first_word(statement.text).is_none_or(|w| !w.eq_ignore_ascii_case("CREATE")) {
        return Ok(false);
    }
    if let Some(name) = lacks("no such function: ").or_else(|| lacks("unknown function: ")) {
        let name = name.trim_end_matches("()").to_owned();
        let message = format!("the function {name} is the application's own");
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function(name.as_str(), -1, flags, move |_| {
            Err::<i64, _>(Error::UserFunctionError(message.clone().into()))
        })?;
        return Ok(true);
    }
    if let Some(name) = lacks("no such collation sequence: ") {
        connection.create_collation(name.as_str(), |a, b| a.cmp(b))?;
        return Ok(true);
    }
    if text.contains("no such module: ")
        && let Some(name) = made_table(statement.text)
    {
        let sql = statement.text.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        connection.execute_batch("PRAGMA writable_schema=ON")?;
        connection.execute(
            "INSERT INTO main.sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES ('table', ?1, ?1, 0, ?2)",
            (&name, sql),
        )?;
        connection.execute_batch("PRAGMA writable_schema=RESET")?;
        return Ok(true);
    }
    Ok(false)
}

/// An error in a text: file, line, statement, and SQLite's word for it.
fn explained(error: &Error, statement: &Statement<'_>, path: &Path) -> Failure {
    let (line, said) = match error {
        Error::SqlInputError { msg, offset, .. } => {
            let before = usize::try_from(*offset)
                .ok()
                .and_then(|n| statement.text.get(..n))
                .unwrap_or_default();
            (statement.line + before.matches('\n').count(), msg.clone())
        }
        other => (statement.line, other.to_string()),
    };
    let shown: String = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = shown.chars().take(120).collect();
    let more = if short.len() < shown.len() { " …" } else { "" };
    let hint = match said.contains("too many attached databases") {
        true => " SQL text is run in memory, without other files.",
        false => "",
    };
    let message = format!("“{}”, line {line}: {said}.{hint} The statement is “{short}{more}”.", path.display());
    Failure::new(Reason::PayloadInvalid, message)
        .at(path)
        .with("line", line)
        .with("statement", statement.text.chars().take(500).collect::<String>())
}
