//! From what inference is certain of to rules of a mapping. What the mapping says already is an answer, and is never touched.

use super::carried::{Carried, is, is_ordinary, rules};
use super::edit::{Edit, Rule};
use crate::infer::{Column, Inference, Match, Settled, Shape};
use crate::reshape::{Drop, Mapping, Other, SourceRule, ValueRule};
use crate::schema::{Definition, Table};
use crate::sql::quoted;
use serde_json::Value;
use std::collections::BTreeMap;

/// Makes rules, and enters each into the mapping as it comes.
pub struct Certain<'a> {
    /// The old schema.
    pub old: &'a Definition,
    /// The new one.
    pub new: &'a Definition,
    /// All that is said so far.
    pub mapping: Mapping,
    /// What was added.
    pub edits: Vec<Edit>,
}

impl Certain<'_> {
    /// All matches, tables first: a column's place follows from its table's.
    pub fn all(&mut self, inference: &Inference) {
        for found in &inference.matches {
            match &found.shape {
                // A difference in case alone maps by name.
                Shape::TableRenamed { from, to } if !is(from, to) => self.table(from, to, inference, found),
                Shape::Dropped { table, column, reason } => self.dropped(table, column.as_deref(), reason, found),
                _ => {}
            }
        }
        for found in &inference.matches {
            if let Shape::TableMerged { from, to } = &found.shape {
                self.merged(from, to, found);
            }
        }
        for found in &inference.matches {
            if !self.is_answered(&found.shape) {
                self.column(found);
            }
        }
        self.moved(inference);
    }

    /// Whether people said already that the old column goes.
    pub(super) fn is_answered(&self, shape: &Shape) -> bool {
        let (Shape::ColumnRenamed { from, .. }
        | Shape::ColumnMoved { from, .. }
        | Shape::Flattened { from, .. }
        | Shape::Linked { from, .. }
        | Shape::Rekeyed { from, .. }
        | Shape::ValuesRenamed { from, .. }) = shape
        else {
            return false;
        };
        let goes = |d: &Drop| is(&d.table, &from.table) && d.column.as_deref().is_some_and(|c| is(c, &from.name));
        self.mapping.drops.iter().any(goes)
    }

    pub(super) fn add(&mut self, what: Rule, notes: Vec<String>) {
        what.enter(&mut self.mapping);
        self.edits.push(Edit { what, notes });
    }

    fn table(&mut self, from: &str, to: &str, inference: &Inference, found: &Match) {
        // A new table of the old name takes the rows by that name, unless it gets another's itself.
        let gets = |table: &str| {
            inference
                .matches
                .iter()
                .any(|m| matches!(&m.shape, Shape::TableRenamed { to, .. } if is(to, table)))
        };
        let carried = Carried::read(self.old, self.new, &self.mapping);
        let is_taken = carried
            .of(from)
            .any(|(target, _)| rules(&self.mapping, &target.name).is_some() || !gets(&target.name));
        let is_dropped = self.mapping.drops.iter().any(|d| d.column.is_none() && is(&d.table, from));
        let says = rules(&self.mapping, to)
            .and_then(|rules| rules.first())
            .is_some_and(|rule| rule.from.is_some() || rule.query.is_some() || self.old.table(to).is_some());
        let known = |schema: &Definition, name: &str| schema.table(name).is_some_and(is_ordinary);
        if is_taken || is_dropped || says || !known(self.old, from) || !known(self.new, to) {
            return;
        }
        let (table, from) = (to.to_owned(), from.to_owned());
        self.add(Rule::From { table, from }, reasons(found));
    }

    fn dropped(&mut self, table: &str, column: Option<&str>, reason: &str, found: &Match) {
        let there = self.old.table(table).is_some_and(|t| column.is_none_or(|c| t.column(c).is_some()));
        let said =
            |d: &Drop| is(&d.table, table) && d.column.as_deref().map(str::to_ascii_lowercase) == column.map(str::to_ascii_lowercase);
        if there && !self.mapping.drops.iter().any(said) {
            let drop = Drop {
                table: table.to_owned(),
                column: column.map(str::to_owned),
                reason: reason.to_owned(),
            };
            self.add(Rule::Drop(drop), reasons(found));
        }
    }

    /// A table that goes into another: its rows get keys of their own where they would meet, and references find them.
    fn merged(&mut self, from: &str, to: &str, found: &Match) {
        let (Some(source), Some(target)) = (self.old.table(from), self.new.table(to)) else {
            return;
        };
        if Carried::read(self.old, self.new, &self.mapping).of(from).next().is_some() {
            return;
        }
        let after_own = self.old.table(to).is_some_and(is_ordinary);
        let mut rule = SourceRule {
            from: Some(source.name.clone()),
            ..SourceRule::default()
        };
        let is_first = rules(&self.mapping, to).is_none_or(Vec::is_empty) && !after_own;
        let key = target.rowid_column.as_ref().filter(|_| !is_first);
        if let Some(key) = key {
            rule.columns.insert(
                key.clone(),
                ValueRule {
                    new_key: true,
                    ..ValueRule::default()
                },
            );
        }
        let table = target.name.clone();
        self.add(
            Rule::Source {
                table,
                after_own,
                rule: Box::new(rule),
            },
            reasons(found),
        );
        if key.is_some() {
            self.references(source, target);
        }
    }

    /// Who referred to rows that get new keys refers to those.
    fn references(&mut self, from: &Table, to: &Table) {
        let mut found = Vec::new();
        for target in Carried::read(self.old, self.new, &self.mapping).targets {
            for source in &target.sources {
                let Some(table) = source.from else { continue };
                for given in &source.values {
                    let refers = |t: &Table, column: &str, parent: &str| {
                        t.foreign_keys
                            .iter()
                            .any(|k| is(&k.parent, parent) && matches!(k.columns.as_slice(), [one] if is(one, column)))
                    };
                    let Some(old) = given
                        .old
                        .filter(|old| refers(table, &old.name, &from.name) && refers(target.table, &given.column.name, &to.name))
                    else {
                        continue;
                    };
                    let rule = ValueRule {
                        key_of: Some(to.name.clone()),
                        of: Some(format!("old.{}", quoted(&old.name))),
                        of_table: Some(from.name.clone()),
                        ..ValueRule::default()
                    };
                    found.push((target.table.name.clone(), source.n, given.column.name.clone(), rule));
                }
            }
        }
        for (table, source, column, rule) in found {
            let notes = vec![format!(
                "It refers to rows of “{}”, which get new keys in “{}”.",
                from.name, to.name
            )];
            self.add(
                Rule::Column {
                    table,
                    source,
                    column,
                    rule: Box::new(rule),
                },
                notes,
            );
        }
    }

    fn column(&mut self, found: &Match) {
        match &found.shape {
            Shape::ColumnRenamed { from, to } if !is(&from.name, &to.name) => {
                self.value(
                    from,
                    to,
                    ValueRule {
                        from: Some(from.name.clone()),
                        ..ValueRule::default()
                    },
                    found,
                );
            }
            Shape::Flattened { from, to, value, key } => {
                let sql = looked_up(&value.table, &value.name, &key.name, &from.name);
                self.value(
                    from,
                    to,
                    ValueRule {
                        sql: Some(sql),
                        ..ValueRule::default()
                    },
                    found,
                );
            }
            Shape::Rekeyed {
                from,
                to,
                through,
                old_key,
                new_key,
            } => {
                let sql = looked_up(through, new_key, old_key, &from.name);
                self.value(
                    from,
                    to,
                    ValueRule {
                        sql: Some(sql),
                        ..ValueRule::default()
                    },
                    found,
                );
            }
            Shape::ValuesRenamed { from, to, values } => {
                let map: BTreeMap<String, Value> = values.iter().map(|(old, new)| (old.clone(), Value::String(new.clone()))).collect();
                let renamed = (!is(&from.name, &to.name)).then(|| from.name.clone());
                let rule = ValueRule {
                    from: renamed,
                    map,
                    other: Some(Other::Keep),
                    ..ValueRule::default()
                };
                self.value(from, to, rule, found);
            }
            Shape::Linked {
                from,
                table,
                owner,
                member,
                separator,
            } => self.linked(from, (table, owner, member), separator.as_deref(), found),
            _ => {}
        }
    }

    /// A rule for a column of the source that the old column's table is.
    fn value(&mut self, from: &Column, to: &Column, rule: ValueRule, found: &Match) {
        let carried = Carried::read(self.old, self.new, &self.mapping);
        let place = carried
            .of(&from.table)
            .find(|(target, source)| is(&target.name, &to.table) && !source.rule.only);
        let Some((target, source)) = place else { return };
        let Some(column) = target.column(&to.name).filter(|c| c.generated.is_none()) else {
            return;
        };
        let said = source.rule.columns.iter().find(|(name, _)| is(name, &column.name));
        let (table, n, column) = (target.name.clone(), source.n, column.name.clone());
        let rule = match said {
            None => rule,
            // Renamed, and its values renamed too.
            Some((_, said)) if said.map.is_empty() && !rule.map.is_empty() && said.from.as_deref().is_some_and(|f| is(f, &from.name)) => {
                ValueRule {
                    from: said.from.clone(),
                    ..rule
                }
            }
            Some(_) => return,
        };
        self.add(
            Rule::Column {
                table,
                source: n,
                column,
                rule: Box::new(rule),
            },
            reasons(found),
        );
    }

    fn linked(&mut self, from: &Column, (table, owner, member): (&str, &str, &str), separator: Option<&str>, found: &Match) {
        let (Some(source), Some(target)) = (self.old.table(&from.table), self.new.table(table)) else {
            return;
        };
        let said = rules(&self.mapping, table).into_iter().flatten();
        if said.into_iter().any(|rule| {
            rule.from.as_deref().is_some_and(|f| is(f, &from.table))
                || rule.query.as_deref().is_some_and(|q| q.contains(&quoted(&from.name)))
        }) {
            return;
        }
        let key = self.owner_key(source, target, owner);
        let after_own = self.old.table(table).is_some_and(is_ordinary);
        let of = |name: &str| ValueRule {
            from: Some(name.to_owned()),
            ..ValueRule::default()
        };
        let rule = match separator {
            None => SourceRule {
                from: Some(source.name.clone()),
                filter: Some(format!("{} IS NOT NULL", quoted(&from.name))),
                only: true,
                columns: [(owner.to_owned(), of(&key)), (member.to_owned(), of(&from.name))].into(),
                ..SourceRule::default()
            },
            Some(separator) => SourceRule {
                query: Some(parts(source, &key, from, owner, member, separator)),
                ..SourceRule::default()
            },
        };
        self.add(
            Rule::Source {
                table: target.name.clone(),
                after_own,
                rule: Box::new(rule),
            },
            reasons(found),
        );
        if separator.is_some() {
            let reason = format!("each part of the list is a row of {} now", target.name);
            let drop = Drop {
                table: source.name.clone(),
                column: Some(from.name.clone()),
                reason,
            };
            self.add(Rule::Drop(drop), Vec::new());
        }
    }

    /// The old column to which a link table's owner refers.
    fn owner_key(&self, source: &Table, target: &Table, owner: &str) -> String {
        let key = target
            .foreign_keys
            .iter()
            .find(|k| matches!(k.columns.as_slice(), [one] if is(one, owner)));
        let named = key
            .and_then(|k| k.parent_columns.first())
            .filter(|name| source.column(name).is_some());
        let primary = source.key.first().map(|part| part.text.clone());
        named
            .cloned()
            .or(source.rowid_column.clone())
            .or(primary)
            .unwrap_or_else(|| "rowid".to_owned())
    }

    pub(super) fn source(&mut self, target: &Table, after_own: bool, rule: SourceRule, notes: Vec<String>) {
        let table = target.name.clone();
        let rule = Box::new(rule);
        self.add(Rule::Source { table, after_own, rule }, notes);
    }
}

fn looked_up(table: &str, value: &str, key: &str, by: &str) -> String {
    let [table, value, key, by] = [table, value, key, by].map(quoted);
    format!("(SELECT t.{value} FROM main.{table} AS t WHERE t.{key} = old.{by})")
}

/// The parts of lists in text, one row each.
fn parts(source: &Table, key: &str, from: &Column, owner: &str, member: &str, separator: &str) -> String {
    let [table, key, list, owner, member] = [&source.name, key, &from.name, owner, member].map(quoted);
    let separator = format!("'{}'", separator.replace('\'', "''"));
    format!(
        "WITH RECURSIVE part(owner, member, rest) AS (
    SELECT {key}, NULL, {list} || {separator} FROM main.{table} WHERE {list} IS NOT NULL
    UNION ALL
    SELECT owner, substr(rest, 1, instr(rest, {separator}) - 1), substr(rest, instr(rest, {separator}) + length({separator})) FROM part WHERE rest <> ''
) SELECT DISTINCT owner AS {owner}, CASE WHEN CAST(CAST(member AS INTEGER) AS TEXT) = trim(member) THEN CAST(member AS INTEGER) ELSE trim(member) END AS {member}
FROM part WHERE trim(member) <> ''"
    )
}

/// Score and evidence, for the lines above a rule.
pub fn reasons(found: &Match) -> Vec<String> {
    let by = match found.settled {
        Some(Settled::Annotation) => "said by an annotation in the new schema".to_owned(),
        Some(Settled::Hint) => "said by a hint".to_owned(),
        Some(Settled::Answer) => "answered".to_owned(),
        None => format!("certain ({:.2})", found.score),
    };
    let sentences: Vec<&str> = found
        .evidence
        .iter()
        .filter(|e| e.weight > 0.0)
        .take(3)
        .map(|e| e.sentence.trim_end_matches('.'))
        .collect();
    match sentences.as_slice() {
        [] => vec![format!("{by}.")],
        some => vec![format!("{by}: {}.", some.join(". "))],
    }
}

pub(super) fn labelled(label: &str, found: &Match) -> Vec<String> {
    reasons(found).into_iter().map(|line| format!("{label}: {line}")).collect()
}
