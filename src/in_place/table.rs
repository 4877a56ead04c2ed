//! Which tables stay, get a column, are made anew, or go.

use super::{Made, Work};
use crate::reshape::SourceRule;
use crate::schema::{Column, Table, TableKind};
use crate::sql::{Kind, quoted, tokens};

/// What happens to the tables.
pub struct Plan<'a> {
    /// Tables that are made and filled; those that others need come first.
    pub made: Vec<Made<'a>>,
    /// Old tables that go, or whose place another takes.
    pub gone: Vec<&'a Table>,
    /// Columns that are only added: table, definition.
    pub added: Vec<(String, String)>,
}

impl Plan<'_> {
    /// Whether an old table is neither dropped nor made anew.
    pub fn stays(&self, table: &Table) -> bool {
        !self.gone.iter().any(|gone| gone.name == table.name)
    }
}

/// The sources of a new table; one of its own name, if nothing is said.
pub fn sources(work: &Work<'_>, table: &Table) -> Vec<SourceRule> {
    let rules = work.mapping.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&table.name));
    rules.map_or_else(|| vec![SourceRule::default()], |(_, rules)| rules.clone())
}

/// The old table of a source.
pub fn source<'a>(work: &Work<'a>, table: &Table, rule: &SourceRule) -> Option<&'a Table> {
    work.old.table(rule.from.as_deref().unwrap_or(&table.name))
}

/// Decides for every table.
pub fn plan<'a>(work: &Work<'a>, unsolved: &mut Vec<String>) -> Plan<'a> {
    let mut plan = Plan {
        made: Vec::new(),
        gone: Vec::new(),
        added: Vec::new(),
    };
    for new in &work.new.tables {
        let old = work.old.table(&new.name);
        if new.kind != TableKind::Ordinary || old.is_some_and(|old| old.kind != TableKind::Ordinary) {
            if old.is_none_or(|old| old.kind != new.kind) {
                unsolved.push(format!(
                    "The virtual table “{}” is new or differs: make it, and fill it from what it stands for.",
                    new.name
                ));
            }
            continue;
        }
        if let Some(old) = old {
            if stands(work, old, new) {
                continue;
            }
            if let Some(columns) = only_added(work, old, new) {
                plan.added.extend(columns.into_iter().map(|column| (old.name.clone(), column)));
                continue;
            }
            plan.gone.push(old);
        }
        plan.made.push(Made {
            new,
            name: free_name(work, new),
        });
    }
    for old in work.old.tables.iter().filter(|old| work.new.table(&old.name).is_none()) {
        match old.kind {
            TableKind::Ordinary => plan.gone.push(old),
            TableKind::Virtual { .. } => unsolved.push(format!(
                "The virtual table “{}” goes: drop it when nothing reads it any more.",
                old.name
            )),
        }
    }
    plan
}

/// Whether nothing at all happens to a table. Its indexes are looked at elsewhere.
fn stands(work: &Work<'_>, old: &Table, new: &Table) -> bool {
    let is_ruled = new
        .columns
        .iter()
        .any(|c| work.mapping.columns.keys().any(|name| name.eq_ignore_ascii_case(&c.name)));
    !is_ruled && sources(work, new) == [SourceRule::default()] && bare(work, old) == bare(work, new)
}

/// A table without what does not live in its rows and its own statement's meaning.
fn bare(work: &Work<'_>, table: &Table) -> Table {
    let columns = table.columns.iter().map(|column| Column {
        annotations: Vec::new(),
        declared: column.declared.to_uppercase(),
        default: column.default.as_deref().map(|default| work.masked(default)),
        ..column.clone()
    });
    Table {
        columns: columns.collect(),
        indexes: Vec::new(),
        annotations: Vec::new(),
        sql: String::new(),
        ..table.clone()
    }
}

/// The definitions of columns that can be added at the end without touching a row: <https://sqlite.org/lang_altertable.html#altertabaddcol>.
fn only_added(work: &Work<'_>, old: &Table, new: &Table) -> Option<Vec<String>> {
    let more = new.columns.len().checked_sub(old.columns.len()).filter(|more| *more > 0)?;
    let (first, last) = new.columns.split_at(new.columns.len() - more);
    let rest = Table {
        columns: first.to_vec(),
        ..bare(work, new)
    };
    if !stands(work, old, &rest) || sources(work, new) != [SourceRule::default()] {
        return None;
    }
    last.iter().map(added).collect()
}

fn added(column: &Column) -> Option<String> {
    let mut text = quoted(&column.name);
    if !column.declared.is_empty() {
        text += &format!(" {}", column.declared);
    }
    if column.collation != "BINARY" {
        text += &format!(" COLLATE {}", column.collation);
    }
    match &column.default {
        Some(default) if is_constant(default) => text += &format!(" DEFAULT {default}"),
        Some(_) => return None,
        None => {}
    }
    let is_null = column.default.as_deref().is_none_or(|default| default.eq_ignore_ascii_case("null"));
    if column.generated.is_some() || (column.not_null && is_null) {
        return None;
    }
    Some(text + if column.not_null { " NOT NULL" } else { "" })
}

/// Whether a default is a literal. `CURRENT_TIMESTAMP` and expressions cannot be added to a table that has rows.
fn is_constant(default: &str) -> bool {
    let words: Vec<_> = tokens(default).into_iter().filter(|t| t.kind != Kind::Blank).collect();
    match words.as_slice() {
        [sign, number] => matches!(sign.text, "-" | "+") && number.kind == Kind::Number,
        [one] => matches!(one.kind, Kind::Number | Kind::Literal) || one.is("NULL") || one.is("TRUE") || one.is("FALSE"),
        _ => false,
    }
}

/// The name under which a table is filled while the old one still stands.
fn free_name(work: &Work<'_>, new: &Table) -> String {
    let is_taken = |name: &str| {
        let index = |table: &Table| table.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(name));
        let (old, new) = (work.old, work.new);
        let tables = [&old.tables, &new.tables].into_iter().flatten();
        let views = [&old.views, &new.views].into_iter().flatten();
        tables.clone().any(|t| t.name.eq_ignore_ascii_case(name) || index(t)) || views.clone().any(|v| v.name.eq_ignore_ascii_case(name))
    };
    let is_free = work.old.table(&new.name).is_none() && !work.old.views.iter().any(|v| v.name.eq_ignore_ascii_case(&new.name));
    let is_index = work
        .old
        .tables
        .iter()
        .any(|t| t.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(&new.name)));
    if is_free && !is_index {
        return new.name.clone();
    }
    let names = std::iter::once(format!("new_{}", new.name)).chain((2..).map(|n| format!("new_{}_{n}", new.name)));
    names.into_iter().find(|name| !is_taken(name)).unwrap_or_default()
}

/// The statement that makes a table, under the name that it is filled under.
pub fn statement(made: &Made<'_>) -> Option<String> {
    let sql = &made.new.sql;
    if made.name == made.new.name {
        return Some(sql.clone());
    }
    let words: Vec<_> = tokens(sql).into_iter().filter(|t| t.kind != Kind::Blank).collect();
    let table = words.iter().position(|t| t.is("TABLE"))?;
    let mut at = table + 1;
    if words.get(at)?.is("IF") {
        at += 3;
    }
    if words.get(at + 1)?.text == "." {
        at += 2;
    }
    let name = words.get(at)?;
    Some(format!(
        "{}{}{}",
        &sql[..name.start],
        quoted(&made.name),
        &sql[name.start + name.text.len()..]
    ))
}
