//! Fits a mapping to two schemas. All that can be wrong without looking at rows is found here, all of it at once, and nothing is guessed:
//! what has no answer is a question to the one who wrote the mapping.

use super::describe::{Column, Described, Table};
use super::mapping::{Mapping, OnMatch, SourceRule, ValueRule};
use super::plan::{Given, Plan, SourcePlan, TablePlan, ValuePlan};
use super::problems::Problems;
use super::select::Selected;
use super::value::{Affinity, Change, stored};
use crate::failure::Result;
use crate::near::near;
use crate::sql::quoted;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Plans a reshape.
pub fn plan<'a>(connection: &Connection, mapping: &Mapping, old: &'a Described, new: &'a Described, step: &str) -> Result<Plan<'a>> {
    let mut planner = Planner {
        for_all: &mapping.columns,
        connection,
        old,
        new,
        problems: Problems::default(),
    };
    planner.names(mapping);
    let mut tables = Vec::new();
    for target in new.tables.iter().filter(|t| !t.is_virtual) {
        let rules = mapping.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&target.name));
        tables.push(planner.table(target, rules.map_or(&[][..], |(_, rules)| rules)));
    }
    let tables = planner.ordered(tables);
    planner.problems.failure(step)?;
    let asked = tables.iter().flat_map(|t| &t.sources).flat_map(|s| &s.values);
    let keyed = asked.filter_map(|v| match &v.given {
        Given::KeyOf { table, .. } => Some(table.clone()),
        _ => None,
    });
    Ok(Plan {
        keyed: keyed.collect(),
        tables,
    })
}

struct Planner<'a, 'c> {
    for_all: &'c BTreeMap<String, ValueRule>,
    connection: &'c Connection,
    old: &'a Described,
    new: &'a Described,
    problems: Problems,
}

fn hint<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    near(name, names).map_or_else(String::new, |n| format!(" Did you mean “{n}”?"))
}

fn table_names(schema: &Described) -> impl Iterator<Item = &str> {
    schema.tables.iter().map(|t| t.name.as_str())
}

fn column_names(table: &Table) -> impl Iterator<Item = &str> {
    table.columns.iter().map(|c| c.name.as_str())
}

impl<'a, 'c> Planner<'a, 'c> {
    /// Every name in the mapping must be there.
    fn names(&mut self, mapping: &Mapping) {
        for name in mapping.tables.keys() {
            match self.new.table(name) {
                None => {
                    let hint = hint(name, table_names(self.new));
                    self.problems.add(format!("the target schema has no table “{name}”.{hint}"));
                }
                Some(table) if table.is_virtual => self
                    .problems
                    .add(format!("“{name}” is a virtual table; it is carried or rebuilt by itself.")),
                Some(_) => {}
            }
        }
        for drop in &mapping.drops {
            match (self.old.table(&drop.table), &drop.column) {
                (None, _) => {
                    let hint = hint(&drop.table, table_names(self.old));
                    self.problems.add(format!(
                        "a [[drop]] names the table “{}”, which the old schema does not have.{hint}",
                        drop.table
                    ));
                }
                (Some(table), Some(column)) if table.column(column).is_none() => {
                    let hint = hint(column, column_names(table));
                    self.problems.add(format!(
                        "a [[drop]] names the column “{}.{column}”, which the old schema does not have.{hint}",
                        drop.table
                    ));
                }
                _ => {}
            }
            if drop.reason.trim().is_empty() {
                self.problems.add(format!("the [[drop]] of “{}” gives no reason.", drop.table));
            }
        }
    }

    fn table(&mut self, target: &'a Table, rules: &[SourceRule]) -> TablePlan<'a> {
        let default = [SourceRule::default()];
        let is_named = !rules.is_empty();
        let rules = if is_named { rules } else { &default };
        let mut sources = Vec::new();
        for rule in rules {
            let name = rule.from.as_deref().unwrap_or(&target.name);
            let from = match (&rule.query, self.old.table(name)) {
                (Some(_), _) => None,
                (None, Some(table)) => Some(table),
                (None, None) => {
                    // A table that is new and of which nobody speaks begins without rows.
                    if is_named {
                        let hint = hint(name, table_names(self.old));
                        self.problems.add(format!(
                            "“{}” is to get its rows from “{name}”, which the old schema does not have.{hint}",
                            target.name
                        ));
                    }
                    continue;
                }
            };
            if rule.query.is_some() && rule.from.is_some() {
                self.problems
                    .add(format!("“{}” has a source with both `from` and `query`.", target.name));
            }
            let is_first = sources.is_empty();
            sources.extend(self.source(target, rule, from, is_first));
        }
        TablePlan { target, sources }
    }

    fn source(&mut self, target: &'a Table, rule: &SourceRule, from: Option<&'a Table>, is_first: bool) -> Option<SourcePlan<'a>> {
        for name in rule.columns.keys().chain(&rule.matching) {
            match target.column(name) {
                None => {
                    let hint = hint(name, column_names(target));
                    self.problems
                        .add(format!("the target table “{}” has no column “{name}”.{hint}", target.name));
                }
                Some(column) if column.generated => self.problems.add(format!(
                    "“{}.{name}” is generated; its value follows from other columns.",
                    target.name
                )),
                Some(_) => {}
            }
        }
        let mut source = Selected::new(target, rule, from);
        let offered = match self.offered(target, rule, from) {
            Ok(_) if rule.only => Vec::new(),
            Ok(columns) => columns,
            Err(problem) => {
                self.problems.add(problem);
                return None;
            }
        };
        let values = self.values(&mut source, target, rule, &offered);
        let matching = rule.matching.iter().filter_map(|name| {
            let found = values.iter().position(|v| v.column.name.eq_ignore_ascii_case(name));
            if found.is_none() && target.column(name).is_some() {
                self.problems
                    .add(format!("“{}” matches by “{name}”, which this source does not give.", target.name));
            }
            found
        });
        let matching: Vec<usize> = matching.collect();
        if rule.on_match != OnMatch::Stop && matching.is_empty() {
            self.problems.add(format!("“{}” has `on_match` and no `match`.", target.name));
        }
        let is_whole = is_first && !rule.only && rule.filter.is_none();
        let carries_rowid = is_whole && source.rowid && target.rowid().is_some() && target.rowid_column.is_none();
        let select = source.text(rule);
        if let Err(e) = self.connection.prepare(&select) {
            self.problems.add(format!("the source of “{}” cannot be read: {e}.", target.name));
        }
        let is_ruled = target.columns.iter().any(|c| self.everywhere(&c.name).is_some());
        let is_same = *rule == SourceRule::default() && !is_ruled && from.is_some_and(|from| from.has_form_of(target));
        Some(SourcePlan {
            from,
            select,
            rowid: source.rowid,
            carries_rowid,
            key: source.key,
            filter: rule.filter.clone(),
            values,
            matching,
            on_match: rule.on_match,
            uses: source.uses,
            is_same,
        })
    }

    fn values(&mut self, source: &mut Selected<'a>, target: &'a Table, rule: &SourceRule, offered: &[String]) -> Vec<ValuePlan<'a>> {
        let mut values = Vec::new();
        for column in target.columns.iter().filter(|c| !c.generated) {
            let same = |name: &String| name.eq_ignore_ascii_case(&column.name);
            let given = rule.columns.iter().find(|(name, _)| same(name)).map(|(_, rule)| rule);
            let by_name = offered.iter().find(|name| same(name));
            let everywhere = by_name.and_then(|_| self.everywhere(&column.name));
            match (given.or(everywhere), by_name) {
                (Some(rule), _) => values.extend(self.value(source, target, column, rule)),
                (None, Some(name)) => {
                    let rule = ValueRule {
                        from: Some(name.clone()),
                        ..ValueRule::default()
                    };
                    values.extend(self.value(source, target, column, &rule));
                }
                (None, None) => self.unmentioned(source, target, column, rule.only),
            }
        }
        values
    }

    /// The rule for every column of a name.
    fn everywhere(&self, column: &str) -> Option<&'c ValueRule> {
        let found = self.for_all.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        found.map(|(_, rule)| rule)
    }

    /// The columns that a source offers by name.
    fn offered(&self, target: &Table, rule: &SourceRule, from: Option<&Table>) -> std::result::Result<Vec<String>, String> {
        match (from, &rule.query) {
            (Some(table), _) => Ok(column_names(table).map(str::to_owned).collect()),
            (None, Some(query)) => match self.connection.prepare(query) {
                Ok(statement) if statement.readonly() => Ok(statement.column_names().map(str::to_owned).collect()),
                Ok(_) => Err(format!("the query of “{}” writes.", target.name)),
                Err(e) => Err(format!("the query of “{}” cannot be read: {e}.", target.name)),
            },
            (None, None) => Ok(Vec::new()),
        }
    }

    fn value(&mut self, source: &mut Selected<'a>, target: &'a Table, column: &'a Column, rule: &ValueRule) -> Option<ValuePlan<'a>> {
        let place = format!("“{}.{}”", target.name, column.name);
        let ways = [
            rule.from.is_some(),
            rule.sql.is_some(),
            rule.value.is_some(),
            rule.key_of.is_some(),
            rule.new_key,
        ];
        // Old values can be mapped without saying again that they come from the column of the same name.
        let by_name = ways == [false; 5] && (!rule.map.is_empty() || rule.when_null.is_some() || rule.convert);
        if !by_name && ways.iter().filter(|w| **w).count() != 1 {
            self.problems.add(format!(
                "{place} wants exactly one of `from`, `sql`, `value`, `key_of` and `new_key`."
            ));
            return None;
        }
        let change = match Change::of(rule) {
            Ok(change) => change,
            Err(problem) => {
                self.problems.add(format!("{place}: {problem}."));
                return None;
            }
        };
        let affinity = Affinity::of(&column.declared, target.strict);
        let (mut guard, mut from) = (None, None);
        let given = if rule.new_key {
            source.gives_new_keys();
            return None;
        } else if let Some(value) = &rule.value {
            Given::Constant(
                stored(value)
                    .map_err(|problem| self.problems.add(format!("{place}: {problem}.")))
                    .ok()?,
            )
        } else if let Some(table) = &rule.key_of {
            self.key_of(source, &place, table, rule)?
        } else if let Some(sql) = &rule.sql {
            source.expression(sql)
        } else {
            let name = rule.from.as_deref().unwrap_or(&column.name);
            let old = source.from.map(|table| table.column(name));
            if old.is_some_and(|c| c.is_none()) {
                let hint = source.from.map_or_else(String::new, |table| hint(name, column_names(table)));
                self.problems
                    .add(format!("{place} is to come from “{name}”, which its source does not have.{hint}"));
                return None;
            }
            let was = old
                .flatten()
                .map(|c| Affinity::of(&c.declared, source.from.is_some_and(|t| t.strict)));
            guard = (was != Some(affinity) && !rule.convert).then_some(affinity);
            from = Some(name.to_owned());
            source.column(name)
        };
        Some(ValuePlan {
            column,
            from,
            given,
            change,
            guard,
        })
    }

    fn key_of(&mut self, source: &mut Selected<'a>, place: &str, table: &str, rule: &ValueRule) -> Option<Given> {
        let Some(keyed) = self.new.table(table).filter(|t| t.rowid_column.is_some()) else {
            self.problems.add(format!(
                "{place} asks for the key of “{table}”, which is no target table with an INTEGER PRIMARY KEY."
            ));
            return None;
        };
        let of_table = rule.of_table.as_deref().or(source.from.map(|t| t.name.as_str()));
        let Some(of_table) = of_table.and_then(|name| self.old.table(name)) else {
            self.problems.add(format!("{place}: `of_table` must name an old table."));
            return None;
        };
        let selected = match (&rule.of, source.rowid) {
            (Some(sql), _) => source.expression(sql),
            (None, true) => Given::Selected(0),
            (None, false) => {
                self.problems
                    .add(format!("{place}: say with `of` which old row is meant; this source has no rowid."));
                return None;
            }
        };
        match selected {
            Given::Selected(selected) => Some(Given::KeyOf {
                table: keyed.name.clone(),
                of_table: of_table.name.clone(),
                selected,
            }),
            _ => None,
        }
    }

    /// A target column of which neither the mapping nor the source knows anything.
    fn unmentioned(&mut self, source: &Selected<'_>, target: &Table, column: &Column, only: bool) {
        let is_rowid = target.rowid_column.as_deref() == Some(&column.name);
        let from = source.from.map_or("the query", |t| t.name.as_str());
        if is_rowid && source.from.is_some() && !only {
            self.problems.add(format!(
                "the key “{}.{}” has no counterpart in “{from}”: name the old column, or say `new_key = true`.",
                target.name, column.name
            ));
        } else if column.not_null && column.default.is_none() && !is_rowid && self.has_rows(source) {
            self.problems.add(format!(
                "“{}.{}” must not be NULL and has no default, and the rows of “{from}” have no value for it: say which.",
                target.name, column.name
            ));
        }
    }

    fn has_rows(&self, source: &Selected<'_>) -> bool {
        source.from.is_none_or(|table| {
            let query = format!("SELECT EXISTS(SELECT 1 FROM main.{})", quoted(&table.name));
            self.connection.query_row(&query, [], |r| r.get(0)).unwrap_or(true)
        })
    }

    /// Tables whose keys are asked for come first.
    fn ordered(&mut self, mut tables: Vec<TablePlan<'a>>) -> Vec<TablePlan<'a>> {
        let mut done: Vec<TablePlan<'a>> = Vec::new();
        while !tables.is_empty() {
            let waits = |table: &TablePlan<'_>| {
                table.sources.iter().flat_map(|s| &s.values).any(|v| match &v.given {
                    Given::KeyOf { table: needed, .. } => tables.iter().any(|t| t.target.name == *needed),
                    _ => false,
                })
            };
            let ready: Vec<bool> = tables.iter().map(|t| !waits(t)).collect();
            if !ready.contains(&true) {
                let names: Vec<&str> = tables.iter().map(|t| t.target.name.as_str()).collect();
                self.problems
                    .add(format!("these tables ask for each other's keys: {}.", names.join(", ")));
                break;
            }
            let mut ready = ready.into_iter();
            let (now, later) = tables.into_iter().partition(|_| ready.next().unwrap_or(false));
            done.extend::<Vec<_>>(now);
            tables = later;
        }
        done
    }
}
