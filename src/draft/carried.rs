//! What a mapping makes of two schemas, column by column: which old table each row comes from and what each new column is given. The same
//! reading as the reshape's own planner, but for a mapping that is not finished: it never fails, and what is missing is simply not there.

use crate::reshape::{Mapping, SourceRule, ValueRule, mentioned};
use crate::schema::{Column, Definition, Table, TableKind};
use crate::sql::quoted;
use std::collections::BTreeSet;

/// All ordinary target tables.
pub struct Carried<'a> {
    /// In the order of the target schema.
    pub targets: Vec<Target<'a>>,
}

/// One of them.
pub struct Target<'a> {
    /// It.
    pub table: &'a Table,
    /// Where its rows come from; none if it is new and nobody says.
    pub sources: Vec<Source<'a>>,
}

/// A source of rows.
pub struct Source<'a> {
    /// Its place among the table's sources.
    pub n: usize,
    /// The old table; `None` for a query.
    pub from: Option<&'a Table>,
    /// What the mapping says.
    pub rule: SourceRule,
    /// The target's columns that are not generated.
    pub values: Vec<Given<'a>>,
    /// The old columns that something mentions, in lower case.
    pub uses: BTreeSet<String>,
}

/// What a column is given.
pub struct Given<'a> {
    /// The target column.
    pub column: &'a Column,
    /// How; `None` if nothing says.
    pub rule: Option<ValueRule>,
    /// The old column, if it is simply one's value.
    pub old: Option<&'a Column>,
}

/// Whether two names are one to SQLite.
pub fn is(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Whether SQLite itself keeps a table's rows.
pub fn is_ordinary(table: &Table) -> bool {
    table.kind == TableKind::Ordinary
}

impl<'a> Carried<'a> {
    /// Reads a mapping.
    pub fn read(old: &'a Definition, new: &'a Definition, mapping: &Mapping) -> Carried<'a> {
        let targets = new.tables.iter().filter(|t| is_ordinary(t));
        let target = |table: &'a Table| Target {
            table,
            sources: sources(old, table, mapping),
        };
        Carried {
            targets: targets.map(target).collect(),
        }
    }

    /// All sources that read an old table, with the tables to which they lead.
    pub fn of(&self, table: &str) -> impl Iterator<Item = (&'a Table, &Source<'a>)> {
        let all = self.targets.iter().flat_map(|t| t.sources.iter().map(|s| (t.table, s)));
        all.filter(move |(_, s)| s.from.is_some_and(|from| is(&from.name, table)))
    }

    /// A target table.
    pub fn target(&self, table: &str) -> Option<&Target<'a>> {
        self.targets.iter().find(|t| is(&t.table.name, table))
    }
}

/// The rules of a target table; one that says nothing if the mapping has none.
pub fn rules<'m>(mapping: &'m Mapping, table: &str) -> Option<&'m Vec<SourceRule>> {
    mapping.tables.iter().find(|(name, _)| is(name, table)).map(|(_, rules)| rules)
}

fn sources<'a>(old: &'a Definition, target: &'a Table, mapping: &Mapping) -> Vec<Source<'a>> {
    let default = vec![SourceRule::default()];
    let rules = rules(mapping, &target.name).unwrap_or(&default);
    let source = |(n, rule): (usize, &SourceRule)| {
        let name = rule.from.as_deref().unwrap_or(&target.name);
        let from = match &rule.query {
            Some(_) => None,
            None => Some(old.table(name).filter(|t| is_ordinary(t))?),
        };
        Some(one(n, target, from, rule, mapping))
    };
    rules.iter().enumerate().filter_map(source).collect()
}

fn one<'a>(n: usize, target: &'a Table, from: Option<&'a Table>, rule: &SourceRule, mapping: &Mapping) -> Source<'a> {
    let mut uses: BTreeSet<String> = rule.filter.iter().chain(&rule.query).flat_map(|sql| mentioned(sql)).collect();
    let mut values = Vec::new();
    for column in target.columns.iter().filter(|c| c.generated.is_none()) {
        let given = rule
            .columns
            .iter()
            .find(|(name, _)| is(name, &column.name))
            .map(|(_, rule)| rule.clone());
        let by_name = from.filter(|_| !rule.only).and_then(|t| t.column(&column.name));
        let everywhere = || by_name.and_then(|_| mapping.columns.iter().find(|(name, _)| is(name, &column.name)));
        let found = given.or_else(|| everywhere().map(|(_, rule)| rule.clone()));
        let found = found.or_else(|| {
            by_name.map(|old| ValueRule {
                from: Some(old.name.clone()),
                ..ValueRule::default()
            })
        });
        let old = found.as_ref().and_then(|rule| old_column(rule, column, from));
        if let Some(rule) = &found {
            uses.extend(rule.sql.iter().chain(&rule.of).flat_map(|sql| mentioned(sql)));
            uses.extend(old.map(|old| old.name.to_ascii_lowercase()));
            if rule.new_key {
                uses.extend(from.into_iter().flat_map(|t| &t.key).map(|part| part.text.to_ascii_lowercase()));
            }
        }
        values.push(Given { column, rule: found, old });
    }
    Source {
        n,
        from,
        rule: rule.clone(),
        values,
        uses,
    }
}

/// The old column whose value a rule takes.
fn old_column<'a>(rule: &ValueRule, column: &Column, from: Option<&'a Table>) -> Option<&'a Column> {
    let otherwise = rule.sql.is_some() || rule.value.is_some() || rule.key_of.is_some() || rule.new_key;
    let name = rule.from.as_deref().unwrap_or(&column.name);
    from?.column(name).filter(|_| !otherwise)
}

impl Given<'_> {
    /// The value as an expression over the old row, called `old`, before value maps; `None` if it has none.
    pub fn expression(&self) -> Option<String> {
        let rule = self.rule.as_ref()?;
        match (&rule.sql, self.old) {
            (Some(sql), _) => Some(format!("({sql}\n)")),
            (None, Some(old)) => Some(format!("old.{}", quoted(&old.name))),
            (None, None) => None,
        }
    }
}

impl Source<'_> {
    /// The rest of a SELECT over its rows.
    pub fn rows(&self) -> String {
        let from = match (self.from, &self.rule.query) {
            (Some(table), _) => format!("main.{}", quoted(&table.name)),
            (None, query) => format!("({}\n)", query.as_deref().unwrap_or("SELECT 1")),
        };
        let filter = self.rule.filter.as_ref().map_or_else(String::new, |f| format!(" WHERE ({f}\n)"));
        format!("FROM {from} AS old{filter}")
    }
}
