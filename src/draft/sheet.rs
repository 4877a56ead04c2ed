//! `mapping.toml` as people read and write it. What they wrote stays, with its comments; what a draft adds has its reasons in lines that
//! begin with `#:`, and what it asks in lines that begin with `#?`, which the next draft writes anew.

mod places;

use super::edit::{Edit, Place, Question, Rule};
use super::lines;
use crate::failure::{Failure, Reason, Result};
use crate::reshape::{Drop, ValueRule};
pub use places::Begun;
use places::{Walk, columns_of, rule_at, source_at};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// What begins a line of a question.
const ASKS: &str = "#?";
/// What begins a line of reasons.
const SAYS: &str = "#:";

/// The head of a new mapping.
const HEAD: &str = "\
# What becomes of the rows; what is not mentioned maps by name (docs/steps.md). Drafted by `holdfast draft`.
# A section with `ask` is not answered yet: nothing runs or is packed with it. Answer it here and run the same
# `holdfast draft` again: answers stay, and questions that they settle go. “#?” lines are written anew each time.
";

/// A mapping that is being drafted.
pub struct Sheet {
    document: DocumentMut,
    has_head: bool,
    /// Sections that asked and have not asked again.
    begun: Vec<Begun>,
}

impl Sheet {
    /// Opens what is there, without the questions in it, or begins.
    pub fn open(text: Option<&str>) -> Result<Sheet> {
        let (has_head, rest) = match text {
            None => (true, ""),
            Some(text) => text.strip_prefix(HEAD).map_or((false, text), |rest| (true, rest)),
        };
        let parsed = rest.parse::<DocumentMut>();
        let document = parsed.map_err(|e| Failure::new(Reason::PayloadInvalid, format!("The mapping cannot be read: {e}")))?;
        let mut sheet = Sheet {
            document,
            has_head,
            begun: Vec::new(),
        };
        let mut walk = Walk::default();
        walk.clear(&mut sheet.document);
        sheet.begun = walk.begun;
        Ok(sheet)
    }

    /// The questions that were there.
    pub fn begun(&self) -> &[Begun] {
        &self.begun
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let text = self.document.to_string();
        let head = if self.has_head { HEAD } else { "" };
        let gap = if head.is_empty() { "" } else { "\n" };
        format!("{head}{gap}{}\n", text.trim())
    }

    /// Enters a rule that is certain.
    pub fn enter(&mut self, edit: &Edit) {
        let notes = comment(SAYS, &edit.notes);
        match &edit.what {
            Rule::From { table, from } => {
                let source = source_at(&mut self.document, table, 0);
                source.insert("from", value(from));
                prefix(source, &notes);
            }
            Rule::Column {
                table,
                source,
                column,
                rule,
            } => {
                let columns = columns_of(source_at(&mut self.document, table, *source));
                put(columns, column, rule, &notes);
            }
            Rule::Source { table, after_own, rule } => {
                let n = self.sources(table).unwrap_or(usize::from(*after_own));
                let source = source_at(&mut self.document, table, n);
                fill(source, rule);
                prefix(source, &notes);
            }
            Rule::Drop(drop) => self.drop(drop, &notes),
            Rule::Mask(mask) => {
                let masks = self.document.entry("mask").or_insert_with(|| value(Array::new()));
                if let Some(masks) = masks.as_array_mut() {
                    masks.push(mask.as_str());
                }
                self.top("mask", &notes);
            }
            Rule::UserVersion(version) => {
                self.document.insert("user_version", value(i64::from(*version)));
                self.top("user_version", &notes);
            }
        }
    }

    /// Enters a question.
    pub fn ask(&mut self, question: &Question) {
        let mut notes = question.notes.clone();
        if !question.unmapped.is_empty() {
            notes.push("under the section's map:".to_owned());
            notes.extend(
                question
                    .unmapped
                    .iter()
                    .map(|(v, beside)| format!("  {} = \"…\"   # {beside}", lines::text(v))),
            );
        }
        let notes = comment(ASKS, &notes);
        let begun = self.begun.iter().position(|begun| begun.place.is(&question.place));
        let mut section = begun.map_or_else(|| new_section(question), |n| self.begun.remove(n).section);
        complete(&mut section, &question.rule);
        ask(&mut section, &question.ask);
        beside(&mut section, &question.beside);
        prefix(&mut section, &notes);
        match &question.place {
            Place::Tables(_) | Place::Drop { .. } => self.drops().push(section),
            Place::Column { table, source, column } => {
                let columns = columns_of(source_at(&mut self.document, table, *source));
                columns.remove(column);
                columns.insert(column, Item::Table(section));
            }
        }
    }

    /// Ends the draft: what people wrote beside questions that are not asked any more stands at the end.
    pub fn close(&mut self) {
        let remarks: Vec<String> = self.begun.iter().flat_map(Begun::remarks).collect();
        if !remarks.is_empty() {
            self.remark(&remarks);
        }
    }

    /// Takes out rules whose subject is gone, and keeps their text at the end.
    pub fn retire(&mut self, stale: &[super::answers::Stale]) {
        for stale in stale {
            if let Some(text) = rule_at(&mut self.document, &stale.place) {
                let mut lines = vec![format!("# {} This was the rule:", stale.why)];
                lines.extend(text.lines().filter(|l| !l.trim().is_empty()).map(|l| format!("#     {l}")));
                self.remark(&lines);
            }
        }
    }

    fn remark(&mut self, lines: &[String]) {
        let was = self.document.trailing().as_str().unwrap_or_default().trim_end().to_owned();
        self.document.set_trailing(format!("{was}\n\n{}\n", lines.join("\n")));
    }

    /// The number of a table's sources in the file, if it is mentioned.
    fn sources(&self, table: &str) -> Option<usize> {
        let tables = self.document.get("table")?.as_table_like()?;
        let (_, item) = tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(table))?;
        Some(item.as_array_of_tables().map_or(1, ArrayOfTables::len))
    }

    fn drops(&mut self) -> &mut ArrayOfTables {
        let item = self
            .document
            .entry("drop")
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        if item.as_array_of_tables().is_none() {
            // `drop = [{ … }]`, as a person may write it, too.
            let written = item.as_array().into_iter().flatten().filter_map(|v| v.as_inline_table().cloned());
            let tables: ArrayOfTables = written.map(toml_edit::InlineTable::into_table).collect();
            *item = Item::ArrayOfTables(tables);
        }
        match item {
            Item::ArrayOfTables(tables) => tables,
            _ => unreachable!("it was made one above"),
        }
    }

    fn drop(&mut self, gone: &Drop, notes: &str) {
        let mut section = Table::new();
        fill(&mut section, gone);
        prefix(&mut section, notes);
        self.drops().push(section);
    }

    fn top(&mut self, name: &str, notes: &str) {
        if let Some(mut key) = self.document.key_mut(name) {
            key.leaf_decor_mut().set_prefix(notes);
        }
    }
}

/// Lines of a comment. A line break inside one would end it, and TOML has no control characters in comments: <https://toml.io/en/v1.0.0#comment>.
fn comment(mark: &str, notes: &[String]) -> String {
    let line = |note: &String| format!("{mark} {}\n", note.replace(char::is_control, " "));
    notes.iter().map(line).collect()
}

fn prefix(section: &mut Table, notes: &str) {
    let was = section.decor().prefix().and_then(|p| p.as_str()).unwrap_or("\n").to_owned();
    let was = if was.is_empty() { "\n".to_owned() } else { was };
    section.decor_mut().set_prefix(format!("{was}{notes}"));
}

/// A rule as a section has it.
fn fill(section: &mut Table, rule: &impl serde::Serialize) {
    // All parts of a rule have a form in TOML: there is no null in them that is not left out.
    let Ok(written) = toml_edit::ser::to_document(rule) else { return };
    for (name, item) in written.iter() {
        let mut item = item.clone();
        if name == "columns" {
            item = short(item);
        }
        section.insert(name, item);
    }
}

/// `{ from = "x" }` is written as `"x"`.
fn short(columns: Item) -> Item {
    let Ok(mut columns) = columns.into_table() else { return Item::None };
    for (_, item) in columns.iter_mut() {
        if let Some(plain) = item.as_table_like().filter(|t| t.len() == 1).and_then(|t| t.get("from")).cloned() {
            *item = plain;
        } else if let Some(table) = item.as_table().cloned() {
            *item = value(table.into_inline_table());
        }
    }
    Item::Table(columns)
}

/// A rule among a source's columns.
fn put(columns: &mut dyn toml_edit::TableLike, column: &str, rule: &ValueRule, notes: &str) {
    match &rule.from {
        Some(from) if rule.is_plain() => drop(columns.insert(column, value(from))),
        _ if rule.map.len() > 3 => {
            let mut section = Table::new();
            fill(&mut section, rule);
            prefix(&mut section, notes);
            columns.insert(column, Item::Table(section));
            return;
        }
        _ => {
            let mut section = Table::new();
            fill(&mut section, rule);
            columns.insert(column, value(section.into_inline_table()));
        }
    }
    if let Some(mut key) = columns.key_mut(column) {
        key.leaf_decor_mut().set_prefix(notes);
    }
}

/// What a section of a question begins with.
fn new_section(question: &Question) -> Table {
    let mut section = Table::new();
    match &question.place {
        Place::Tables(tables) => {
            let mut list: Array = tables.iter().collect();
            list.iter_mut().for_each(|name| name.decor_mut().set_prefix("\n    "));
            list.set_trailing_comma(true);
            list.set_trailing("\n");
            section.insert("tables", value(list));
        }
        Place::Drop { table, columns } => {
            section.insert("table", value(table));
            match columns.as_slice() {
                [] => {}
                [one] => drop(section.insert("column", value(one))),
                many => drop(section.insert("columns", value(many.iter().collect::<Array>()))),
            }
        }
        Place::Column { .. } => {}
    }
    section
}

/// Adds what a draft would fill in. What is there already counts more: a person may have written it.
fn complete(section: &mut Table, rule: &ValueRule) {
    let mut drafted = Table::new();
    fill(&mut drafted, rule);
    let says_what = ["value", "sql"].iter().any(|key| section.contains_key(key));
    for (name, item) in drafted.into_iter().filter(|(name, _)| !(says_what && *name == "from")) {
        let Some(there) = section.get_mut(&name) else {
            section.insert(&name, item);
            continue;
        };
        let Some(map) = there.as_table_like_mut() else { continue };
        for (key, entry) in item.as_table_like().into_iter().flat_map(|entries| entries.iter()) {
            if !map.contains_key(key) {
                map.insert(key, entry.clone());
            }
        }
    }
}

/// Asks, below what is filled in already; a comment behind a question that was there stays.
fn ask(section: &mut Table, question: &str) {
    let mut new = toml_edit::Value::from(question);
    if let Some(was) = section.get("ask").and_then(Item::as_value) {
        *new.decor_mut() = was.decor().clone();
    }
    section.insert("ask", Item::Value(new));
}

/// Counts behind the entries of a value map; what people wrote there stays.
fn beside(section: &mut Table, counts: &[(String, String)]) {
    let Some(map) = section.get_mut("map") else { return };
    if let Some(inline) = map.as_inline_table().cloned() {
        *map = Item::Table(inline.into_table());
    }
    for (key, count) in counts {
        if let Some(entry) = map.get_mut(key).and_then(Item::as_value_mut) {
            let is_ours = |suffix: &str| suffix.trim().is_empty() || is_count(suffix);
            if entry.decor().suffix().and_then(|s| s.as_str()).is_none_or(is_ours) {
                entry.decor_mut().set_suffix(format!("   # {count}"));
            }
        }
    }
}

/// Whether a comment is a count of rows.
fn is_count(comment: &str) -> bool {
    let count = comment
        .trim()
        .strip_prefix("# ")
        .and_then(|c| c.strip_suffix(" rows").or(c.strip_suffix(" row")));
    count.is_some_and(|count| !count.contains(char::is_alphabetic))
}
