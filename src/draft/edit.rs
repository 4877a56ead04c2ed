//! What a draft adds to a mapping: rules that are certain, and questions. Each is entered twice, into the mapping that the next look is
//! made with, and into the file that people read.

use super::carried::is;
use crate::reshape::{Drop, Mapping, SourceRule, ValueRule};

/// A rule that is certain, with the reasons for it.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What it says.
    pub what: Rule,
    /// Why, for people: a line each.
    pub notes: Vec<String>,
}

/// A rule.
#[derive(Debug, Clone)]
pub enum Rule {
    /// The first source of a table.
    From {
        /// The target table.
        table: String,
        /// The old table.
        from: String,
    },
    /// A column.
    Column {
        /// The target table.
        table: String,
        /// Which of its sources.
        source: usize,
        /// The target column.
        column: String,
        /// How it gets its value.
        rule: Box<ValueRule>,
    },
    /// A further source of a table, or the only one of a new one.
    Source {
        /// The target table.
        table: String,
        /// Whether the old table of the same name is read before it.
        after_own: bool,
        /// The source.
        rule: Box<SourceRule>,
    },
    /// What goes.
    Drop(Drop),
    /// A literal that differs by site.
    Mask(String),
    /// `PRAGMA user_version`.
    UserVersion(i32),
}

/// What is not certain.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where its section stands.
    pub place: Place,
    /// The question, in one sentence.
    pub ask: String,
    /// The evidence, a line each.
    pub notes: Vec<String>,
    /// What is filled in already.
    pub rule: ValueRule,
    /// Beside the keys of a value map: what speaks against a value, or how often it is there.
    pub beside: Vec<(String, String)>,
    /// Values for which only a person can say what they become.
    pub unmapped: Vec<(String, String)>,
}

/// Where a question stands.
#[derive(Debug, Clone)]
pub enum Place {
    /// At a target column.
    Column {
        /// The target table.
        table: String,
        /// Which of its sources.
        source: usize,
        /// The column.
        column: String,
    },
    /// At a `[[drop]]` of several tables.
    Tables(Vec<String>),
    /// At a `[[drop]]`.
    Drop {
        /// The old table.
        table: String,
        /// Its columns; the whole table if none.
        columns: Vec<String>,
    },
}

impl Place {
    /// Whether two places are one to SQLite, whatever the case of the names.
    pub fn is(&self, other: &Place) -> bool {
        let all = |some: &[String], others: &[String]| some.len() == others.len() && some.iter().zip(others).all(|(a, b)| is(a, b));
        match (self, other) {
            (Place::Tables(some), Place::Tables(others)) => all(some, others),
            (
                Place::Drop { table, columns },
                Place::Drop {
                    table: other,
                    columns: others,
                },
            ) => is(table, other) && all(columns, others),
            (
                Place::Column { table, source, column },
                Place::Column {
                    table: other,
                    source: n,
                    column: name,
                },
            ) => is(table, other) && source == n && is(column, name),
            _ => false,
        }
    }
}

impl Rule {
    /// Enters the rule into a mapping.
    pub fn enter(&self, mapping: &mut Mapping) {
        match self {
            Rule::From { table, from } => source(mapping, table, 0).from = Some(from.clone()),
            Rule::Column {
                table,
                source: n,
                column,
                rule,
            } => {
                source(mapping, table, *n).columns.insert(column.clone(), (**rule).clone());
            }
            Rule::Source { table, after_own, rule } => {
                let sources = mapping.tables.entry(name_in(mapping, table)).or_default();
                if sources.is_empty() && *after_own {
                    sources.push(SourceRule::default());
                }
                sources.push((**rule).clone());
            }
            Rule::Drop(drop) => mapping.drops.push(drop.clone()),
            Rule::Mask(mask) => mapping.masks.push(mask.clone()),
            Rule::UserVersion(version) => mapping.user_version = Some(*version),
        }
    }
}

/// How the mapping writes a table's name.
fn name_in(mapping: &Mapping, table: &str) -> String {
    let written = mapping.tables.keys().find(|name| is(name, table));
    written.cloned().unwrap_or_else(|| table.to_owned())
}

fn source<'m>(mapping: &'m mut Mapping, table: &str, n: usize) -> &'m mut SourceRule {
    let name = name_in(mapping, table);
    let sources = mapping.tables.entry(name).or_default();
    while sources.len() <= n {
        sources.push(SourceRule::default());
    }
    &mut sources[n]
}
