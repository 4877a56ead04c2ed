//! A mapping as SQL statements that change a database in place, for those who want to read and keep SQL instead of a reshape.
//!
//! Tables that differ are made anew beside the old ones, filled, and put in their place (<https://sqlite.org/lang_altertable.html#otheralter>),
//! with everything that hangs on them. It must never convert or lose a value in silence: what a reshape would stop at, a guard stops at,
//! and what cannot be said in SQL is given back as unsolved.

mod copy;
mod guard;
mod objects;
mod table;

use crate::database::compile_mask;
use crate::failure::Result;
use crate::reshape::Mapping;
use crate::schema::{Definition, Table, TableKind};
use crate::sql::quoted;
use regex_lite::Regex;
use std::collections::BTreeMap;

/// What a mapping is in SQL.
#[derive(Debug, Default)]
pub struct InPlace {
    /// The statements.
    pub sql: String,
    /// What becomes of rows that leave a table, for the manifest's `[[rows]]`.
    pub rows: Vec<Leaving>,
    /// What has to be written by hand, a sentence each.
    pub unsolved: Vec<String>,
}

/// Rows that leave an old table.
#[derive(Debug, PartialEq)]
pub struct Leaving {
    /// The old table.
    pub table: String,
    /// The tables in which they arrive.
    pub moved_to: Vec<String>,
    /// Why they go for good.
    pub dropped: Option<String>,
}

/// The two schemas and the mapping between them.
struct Work<'a> {
    old: &'a Definition,
    new: &'a Definition,
    mapping: &'a Mapping,
    masks: Vec<Regex>,
}

impl Work<'_> {
    /// A default without what each site made for itself.
    fn masked(&self, default: &str) -> String {
        let mask = |text: String, mask: &Regex| mask.replace_all(&text, "…").into_owned();
        self.masks.iter().fold(default.to_owned(), mask)
    }
}

/// A new table and how it comes about.
struct Made<'a> {
    new: &'a Table,
    /// The name under which it is filled; its own if that is free.
    name: String,
}

/// Writes the statements. Nothing is said where nothing differs. A table that is made anew gets the new schema's literals, also where
/// the mapping's masks say that each site has its own: the statements are written before any site is known.
///
/// # Errors
/// A mask of the mapping is no regular expression.
pub fn write(old: &Definition, new: &Definition, mapping: &Mapping) -> Result<InPlace> {
    let masks = mapping.masks.iter().map(|mask| compile_mask(mask)).collect::<Result<_>>()?;
    let work = Work { old, new, mapping, masks };
    let mut done = InPlace::default();
    let mut script = Script::default();
    let plan = table::plan(&work, &mut done.unsolved);
    let is_moved = !plan.made.is_empty() || !plan.gone.is_empty();
    objects::take_away(&work, &plan, is_moved, &mut script);
    for (table, column) in &plan.added {
        script.say(&format!("ALTER TABLE {} ADD COLUMN {column}", quoted(table)));
    }
    for made in &plan.made {
        script.blank();
        match table::statement(made) {
            Some(sql) => script.say(&sql),
            None => done.unsolved.push(format!(
                "The statement that makes “{}” cannot be given another name.",
                made.new.name
            )),
        }
    }
    for made in &plan.made {
        copy::fill(&work, made, &mut script, &mut done.unsolved);
    }
    script.blank();
    for table in &plan.gone {
        script.say(&format!("DROP TABLE {}", quoted(&table.name)));
    }
    for made in plan.made.iter().filter(|m| m.name != m.new.name) {
        script.say(&format!("ALTER TABLE {} RENAME TO {}", quoted(&made.name), quoted(&made.new.name)));
    }
    objects::bring_back(&work, &plan, is_moved, &mut script);
    numbers(&work, &mut script);
    done.rows = leaving(&work, &plan);
    done.sql = script.text();
    Ok(done)
}

/// `user_version` and `application_id`.
fn numbers(work: &Work<'_>, script: &mut Script) {
    let wanted = work.mapping.user_version.unwrap_or(work.old.user_version);
    if wanted != work.old.user_version {
        script.say(&format!("PRAGMA user_version = {wanted}"));
    }
}

/// Where the rows of tables went that are there no more, or fewer.
fn leaving(work: &Work<'_>, plan: &table::Plan<'_>) -> Vec<Leaving> {
    let mut targets: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for made in &plan.made {
        for rule in table::sources(work, made.new) {
            if let Some(from) = table::source(work, made.new, &rule).filter(|_| rule.query.is_none()) {
                targets.entry(&from.name).or_default().push(made.new.name.clone());
            }
        }
    }
    let mut found = Vec::new();
    for table in work.old.tables.iter().filter(|t| t.kind == TableKind::Ordinary) {
        let drop = work
            .mapping
            .drops
            .iter()
            .find(|d| d.column.is_none() && d.table.eq_ignore_ascii_case(&table.name));
        let stays = plan.stays(table);
        let moved_to = targets.remove(table.name.as_str()).unwrap_or_default();
        let is_remade = moved_to.iter().any(|to| to.eq_ignore_ascii_case(&table.name));
        if drop.is_none() && (stays || is_remade || moved_to.is_empty()) {
            continue;
        }
        found.push(Leaving {
            table: table.name.clone(),
            moved_to: if drop.is_some() { Vec::new() } else { moved_to },
            dropped: drop.map(|d| d.reason.clone()),
        });
    }
    found
}

/// Statements as they are written, one after the other.
#[derive(Default)]
struct Script {
    text: String,
    is_apart: bool,
}

impl Script {
    /// A statement, without its semicolon. A comment at its end must not swallow that.
    fn say(&mut self, statement: &str) {
        if self.is_apart && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.is_apart = false;
        self.text += statement.trim_end().trim_end_matches(';');
        let ends_in_comment = statement.lines().last().is_some_and(|line| line.contains("--"));
        self.text += if ends_in_comment { "\n;\n" } else { ";\n" };
    }

    /// A remark on what follows.
    fn remark(&mut self, text: &str) {
        if self.is_apart && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.is_apart = false;
        for line in text.lines() {
            self.text += &format!("-- {line}\n");
        }
    }

    /// An empty line before what follows, if something does.
    fn blank(&mut self) {
        self.is_apart = true;
    }

    fn text(self) -> String {
        self.text
    }
}
