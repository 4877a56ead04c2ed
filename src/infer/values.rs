//! Values that name tables, or are named after them, and so change when a table gets another name.

use super::data::Data;
use super::findings::{Column as Name, Match, Shape};
use super::masked::told;
use super::names;
use super::odds::{Odds, chance, rounded};
use super::sketch::Sketch;
use super::types::Family;
use super::world::{Places, World, key};
use crate::schema::{Column, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Old tables that have another name, and what changed in their names.
pub struct Renames<'w, 'a> {
    data: &'w Data<'a>,
    tables: BTreeMap<String, (String, String)>,
    old_names: BTreeSet<String>,
    changes: BTreeMap<(String, String), usize>,
}

impl<'w, 'a> Renames<'w, 'a> {
    /// Of all tables.
    pub fn of(world: &'w World<'a>, data: &'w Data<'a>, places: &Places) -> Self {
        let renamed = places
            .pairs(world)
            .into_iter()
            .filter(|(old, new)| !old.name.eq_ignore_ascii_case(&new.name));
        let renamed: Vec<(&Table, &Table)> = renamed.collect();
        let mut changes = BTreeMap::new();
        for (old, new) in &renamed {
            if let Some(change) = names::replaced(&old.name, &new.name) {
                *changes.entry(change).or_default() += 1;
            }
        }
        Renames {
            data,
            tables: renamed
                .iter()
                .map(|(old, new)| (key(&old.name), (old.name.clone(), new.name.clone())))
                .collect(),
            old_names: world.old.tables.iter().map(|t| key(&t.name)).collect(),
            changes,
        }
    }

    /// What that does to the values of one column.
    pub fn in_column(&self, old: (&Table, &Column), new: (&Table, &Column)) -> Option<Match> {
        if self.tables.is_empty() || !matches!(Family::of(&old.1.declared), Family::Text | Family::Any) {
            return None;
        }
        let (before, after) = (self.data.old(old.0), self.data.new_side(new.0));
        let before = before.columns.get(&key(&old.1.name)).filter(|s| s.filled() > 0 && !s.is_full)?;
        let (is_all, after) = (after.is_all, after.columns.get(&key(&new.1.name)));
        let (values, odds) = self
            .tables_named(old, before, after)
            .or_else(|| self.words(before, after.filter(|_| is_all)?))?;
        let score = rounded(chance(odds.total()));
        let name = |(table, column): (&Table, &Column)| Name {
            table: table.name.clone(),
            name: column.name.clone(),
        };
        Some(Match {
            shape: Shape::ValuesRenamed {
                from: name(old),
                to: name(new),
                values,
            },
            score,
            evidence: odds.evidence(score, &[]),
            settled: None,
        })
    }

    /// The values are names of tables, some of which are renamed.
    fn tables_named(&self, old: (&Table, &Column), before: &Sketch, after: Option<&Sketch>) -> Option<(Vec<(String, String)>, Odds)> {
        let texts: BTreeSet<&str> = before.values.values().map(|(text, _)| text.as_str()).collect();
        let of_tables = texts.iter().filter(|t| self.old_names.contains(&key(t))).count();
        if of_tables == 0 || of_tables * 2 < texts.len() {
            return None;
        }
        let named: Vec<(&String, &String)> = self.tables.values().map(|(old, new)| (old, new)).collect();
        let present = self
            .data
            .present(old.0, old.1, &named.iter().map(|(old, _)| old.as_str()).collect::<Vec<_>>());
        let values = named.iter().filter(|(old, _)| present.contains(*old));
        let values: Vec<(String, String)> = values.map(|(old, new)| ((*old).clone(), (*new).clone())).collect();
        if values.is_empty() {
            return None;
        }
        let mut odds = Odds::new(-1.0);
        let weight = if of_tables == texts.len() { 3.0 } else { 1.8 };
        odds.add(
            "values",
            weight,
            format!("{of_tables} of its {} values are names of tables.", texts.len()),
        );
        let words = names::words(&old.1.name);
        if let Some(word) = words
            .iter()
            .find(|w| matches!(w.as_str(), "table" | "tablename" | "type" | "entity" | "class" | "model" | "kind"))
        {
            odds.add("name", 0.7, format!("“{}” has “{word}” in its name.", old.1.name));
        }
        self.seen_in_new(&values, after, &mut odds);
        Some((values, odds))
    }

    fn seen_in_new(&self, values: &[(String, String)], after: Option<&Sketch>, odds: &mut Odds) {
        let Some(after) = after.filter(|s| s.filled() > 0) else { return };
        if let Some((_, new)) = values.iter().find(|(_, new)| after.has(new)) {
            odds.add("values", 1.5, format!("“{}” is among the new values.", told(new)));
        }
        if let Some((old, _)) = values.iter().find(|(old, _)| after.has(old)) {
            odds.add("values", -3.0, format!("“{}” is still among the new values.", told(old)));
        }
    }

    /// Codes in which a word changed as it did in names of tables: only the old word before, only the new one after.
    fn words(&self, before: &Sketch, after: &Sketch) -> Option<(Vec<(String, String)>, Odds)> {
        let mut values = Vec::new();
        let mut named: Option<&(String, String)> = None;
        for (text, _) in before
            .values
            .values()
            .filter(|(text, _)| !text.contains(char::is_whitespace) && !after.has(text))
        {
            for change in self.changes.keys() {
                let Some(wanted) = replaced(text, change) else { continue };
                if after.has(&wanted) && !before.has(&wanted) {
                    values.push((text.clone(), wanted));
                    named = Some(change);
                }
            }
        }
        values.sort();
        values.dedup_by(|a, b| a.0 == b.0);
        let (from, to) = named?;
        let (old, new) = values.first()?;
        let mut odds = Odds::new(-1.0);
        odds.add(
            "values",
            2.0,
            format!(
                "“{}” is among the old values alone, “{}” among the new alone.",
                told(old),
                told(new)
            ),
        );
        let times = self.changes.get(&(from.clone(), to.clone())).copied().unwrap_or_default();
        let weight = if times > 2 { 1.2 } else { 0.6 };
        odds.add(
            "name",
            weight,
            format!("“{from}” became “{to}” in the names of {times} tables, too."),
        );
        Some((values, odds))
    }
}

/// A code with one word replaced, in the same case.
fn replaced(text: &str, (from, to): &(String, String)) -> Option<String> {
    let low = text.to_ascii_lowercase();
    let at = low.find(from.as_str())?;
    let end = at + from.len();
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    if !is_edge(low[..at].chars().next_back()) || !is_edge(low[end..].chars().next()) {
        return None;
    }
    let to = if text[at..end].chars().all(|c| !c.is_lowercase()) {
        to.to_uppercase()
    } else {
        to.clone()
    };
    Some(format!("{}{to}{}", &text[..at], &text[end..]))
}
