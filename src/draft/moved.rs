//! Columns that are certain to have moved to another table: one rule for all that moved together, and one more for rows that had none there.

use super::carried::{Carried, is};
use super::certain::{Certain, labelled};
use crate::infer::{Column, Inference, Match, Shape};
use crate::reshape::{OnMatch, SourceRule, ValueRule};
use crate::schema::Table;
use crate::sql::quoted;
use std::collections::BTreeMap;

/// Columns that moved together.
struct Move<'m> {
    from: String,
    to: String,
    by: &'m [(String, String)],
    columns: Vec<(&'m Column, &'m Column, &'m Match)>,
}

impl Certain<'_> {
    /// Columns that moved to another table, together for each pair of tables.
    pub(super) fn moved(&mut self, inference: &Inference) {
        let mut groups: Vec<Move<'_>> = Vec::new();
        for found in &inference.matches {
            let Shape::ColumnMoved { from, to, by } = &found.shape else {
                continue;
            };
            if self.is_answered(&found.shape) || is(&from.table, &to.table) {
                continue;
            }
            let same = |g: &&mut Move<'_>| is(&g.from, &from.table) && is(&g.to, &to.table) && g.by == by;
            match groups.iter_mut().find(same) {
                Some(group) => group.columns.push((from, to, found)),
                None => groups.push(Move {
                    from: from.table.clone(),
                    to: to.table.clone(),
                    by,
                    columns: vec![(from, to, found)],
                }),
            }
        }
        for group in groups {
            self.move_columns(&group);
        }
    }

    fn move_columns(&mut self, group: &Move<'_>) {
        let (Some(source), Some(target)) = (self.old.table(&group.from), self.new.table(&group.to)) else {
            return;
        };
        let carried = Carried::read(self.old, self.new, &self.mapping);
        let used = |name: &str| {
            carried
                .of(&group.from)
                .any(|(t, s)| is(&t.name, &group.to) && s.rule.columns.values().any(|r| r.from.as_deref().is_some_and(|f| is(f, name))))
        };
        let columns: Vec<_> = group.columns.iter().filter(|(from, ..)| !used(&from.name)).collect();
        if columns.is_empty() {
            return;
        }
        let there = carried.target(&group.to).is_some_and(|t| !t.sources.is_empty());
        drop(carried);
        let key = |(column, expression): &(String, String)| (column.clone(), by_expression(source, expression));
        let mut rules: BTreeMap<String, ValueRule> = group.by.iter().map(key).collect();
        for (from, to, _) in &columns {
            let from = Some(from.name.clone());
            rules.insert(
                to.name.clone(),
                ValueRule {
                    from,
                    ..ValueRule::default()
                },
            );
        }
        let label = |(from, to, found): &&(&Column, &Column, &Match)| {
            labelled(&format!("{}.{} → {}.{}", from.table, from.name, to.table, to.name), found)
        };
        let notes: Vec<String> = columns.iter().flat_map(label).collect();
        let base = SourceRule {
            from: Some(source.name.clone()),
            only: true,
            columns: rules,
            ..SourceRule::default()
        };
        if there && !group.by.is_empty() {
            let held: Vec<String> = columns
                .iter()
                .map(|(from, ..)| format!("old.{} IS NOT NULL", quoted(&from.name)))
                .collect();
            self.update_rows_there((source, target), group.by, base, &held.join(" OR "), notes);
            return;
        }
        let keys: Vec<String> = group.by.iter().map(|(_, e)| format!("{e} IS NOT NULL")).collect();
        let rule = SourceRule {
            filter: (!keys.is_empty()).then(|| keys.join(" AND ")),
            columns: self.with_namesakes(source, target, base.columns.clone()),
            ..base
        };
        self.source(target, false, rule, notes);
    }

    /// Rows that the target has get the values; who has none there, and something to keep, gets one.
    fn update_rows_there(
        &mut self,
        (source, target): (&Table, &Table),
        by: &[(String, String)],
        base: SourceRule,
        held: &str,
        notes: Vec<String>,
    ) {
        let exists = self.row_is_there(&target.name, by);
        let update = SourceRule {
            filter: exists.clone(),
            matching: by.iter().map(|(column, _)| column.clone()).collect(),
            on_match: OnMatch::Update,
            ..base.clone()
        };
        self.source(target, true, update, notes);
        let Some(exists) = exists else { return };
        let rule = SourceRule {
            filter: Some(format!("NOT ({exists}) AND ({held})")),
            columns: self.with_namesakes(source, target, base.columns.clone()),
            ..base
        };
        let note = format!(
            "Rows of “{}” without one in “{}” get one if there is something to keep.",
            source.name, target.name
        );
        self.source(target, true, rule, vec![note]);
    }

    /// Whether the target table has the row already, asked of the old database: only if its rows come from one old table as they are.
    fn row_is_there(&self, target: &str, by: &[(String, String)]) -> Option<String> {
        let carried = Carried::read(self.old, self.new, &self.mapping);
        let first = carried.target(target)?.sources.iter().find(|s| !s.rule.only)?;
        let from = first.from?;
        let same = |(column, expression): &(String, String)| {
            let given = first.values.iter().find(|v| is(&v.column.name, column))?;
            Some(format!("t.{} = {expression}", quoted(&given.old?.name)))
        };
        let conditions: Option<Vec<String>> = by.iter().map(same).collect();
        Some(format!(
            "EXISTS (SELECT 1 FROM main.{} AS t WHERE {})",
            quoted(&from.name),
            conditions?.join(" AND ")
        ))
    }

    /// A new row has what both tables call by one name and the old one keeps, such as when it was made; not keys, nor what must be unique.
    fn with_namesakes(&self, source: &Table, target: &Table, mut rules: BTreeMap<String, ValueRule>) -> BTreeMap<String, ValueRule> {
        let kept = Carried::read(self.old, self.new, &self.mapping);
        let refers = |t: &Table, name: &str| {
            t.foreign_keys
                .iter()
                .find(|k| matches!(k.columns.as_slice(), [one] if is(one, name)))
                .map(|k| k.parent.to_ascii_lowercase())
        };
        for column in target.columns.iter().filter(|c| c.generated.is_none()) {
            let Some(old) = source.column(&column.name) else { continue };
            let is_kept = kept.of(&source.name).any(|(t, s)| !s.rule.only && t.column(&old.name).is_some());
            let is_key = is_single(source, &old.name) || is_single(target, &column.name);
            let same = old.declared.eq_ignore_ascii_case(&column.declared) && refers(source, &old.name) == refers(target, &column.name);
            if is_kept && !is_key && same && !rules.keys().any(|name| is(name, &column.name)) {
                rules.insert(
                    column.name.clone(),
                    ValueRule {
                        from: Some(old.name.clone()),
                        ..ValueRule::default()
                    },
                );
            }
        }
        rules
    }
}

/// Whether a column alone tells rows of a table apart.
fn is_single(table: &Table, column: &str) -> bool {
    let one = |parts: &[crate::schema::Part]| matches!(parts, [part] if !part.is_expression && is(&part.text, column));
    one(&table.key) || table.uniques.iter().any(|u| one(&u.parts)) || table.indexes.iter().any(|i| i.unique && one(&i.parts))
}

/// A key's value: an old column by its name where it is one.
fn by_expression(source: &Table, expression: &str) -> ValueRule {
    let plain = expression.trim().trim_start_matches("old.").trim_matches('"');
    match source.column(plain) {
        Some(column) => ValueRule {
            from: Some(column.name.clone()),
            ..ValueRule::default()
        },
        None => ValueRule {
            sql: Some(expression.to_owned()),
            ..ValueRule::default()
        },
    }
}
