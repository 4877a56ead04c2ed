//! Answers whose subject is gone: the schemas went on since they were given. They are reported and kept as a note, never lost in silence.

use super::carried::{is, is_ordinary, rules as rules_of};
use crate::infer::{Hints, Told};
use crate::reshape::{Mapping, SourceRule};
use crate::schema::{Definition, Table};

/// A rule about something that is not there any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// Where it stands.
    pub place: Subject,
    /// What is gone, in a sentence.
    pub why: String,
}

/// A rule's place in the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// All of a target table's.
    Table(String),
    /// One of its sources.
    Source(String, usize),
    /// A column of a source.
    Column(String, usize, String),
    /// A rule for every column of a name.
    Everywhere(String),
    /// A `[[drop]]`, counted among those that are answered.
    Drop(usize),
}

/// Finds them, so that later ones of a list come first. Takes them out of the mapping, too.
pub fn retire(mapping: &mut Mapping, old: &Definition, new: &Definition, drops_in_file: &[usize]) -> Vec<Stale> {
    let mut found = Vec::new();
    let names: Vec<String> = mapping.tables.keys().cloned().collect();
    for name in names {
        let Some(target) = new.table(&name) else {
            mapping.tables.remove(&name);
            found.push(Stale {
                why: format!("The new schema has no table “{name}”."),
                place: Subject::Table(name),
            });
            continue;
        };
        if let Some(rules) = mapping.tables.get_mut(&name) {
            sources(&name, target, rules, old, &mut found);
            if rules.is_empty() {
                mapping.tables.remove(&name);
            }
        }
    }
    let unknown = |column: &String| !new.tables.iter().any(|t| t.column(column).is_some());
    let columns: Vec<String> = mapping.columns.keys().filter(|c| unknown(c)).cloned().collect();
    for column in columns {
        mapping.columns.remove(&column);
        found.push(Stale {
            why: format!("No new table has a column “{column}”."),
            place: Subject::Everywhere(column),
        });
    }
    drops(mapping, old, drops_in_file, &mut found);
    // Numbers of a list stay right when what comes later goes first.
    found.reverse();
    found
}

/// A section that names several goes as a whole, so that what is left of it is asked anew.
fn drops(mapping: &mut Mapping, old: &Definition, in_file: &[usize], found: &mut Vec<Stale>) {
    let section = |n: usize| in_file.get(n).copied().unwrap_or(n);
    let mut gone: Vec<usize> = Vec::new();
    for (n, drop) in mapping.drops.iter().enumerate() {
        let why = match (old.table(&drop.table), &drop.column) {
            (None, _) => format!("The old schema has no table “{}”.", drop.table),
            (Some(table), Some(column)) if table.column(column).is_none() => {
                format!("The old schema has no column “{}.{column}”.", drop.table)
            }
            _ => continue,
        };
        if !gone.contains(&section(n)) {
            gone.push(section(n));
            let place = Subject::Drop(section(n));
            found.push(Stale { place, why });
        }
    }
    let mut n = 0;
    mapping.drops.retain(|_| {
        n += 1;
        !gone.contains(&section(n - 1))
    });
}

fn sources(name: &str, target: &Table, rules: &mut Vec<SourceRule>, old: &Definition, found: &mut Vec<Stale>) {
    let mut kept = Vec::new();
    for (n, mut rule) in std::mem::take(rules).into_iter().enumerate() {
        let from = rule.from.as_deref().unwrap_or(name);
        let source = old.table(from);
        if rule.query.is_none() && source.is_none() && rule.from.is_some() {
            found.push(Stale {
                place: Subject::Source(name.to_owned(), n),
                why: format!("The old schema has no table “{from}”."),
            });
            continue;
        }
        let columns: Vec<String> = rule.columns.keys().cloned().collect();
        for column in columns {
            let from = rule.columns[&column].from.clone();
            let missing = from.filter(|from| source.is_some_and(|t| t.column(from).is_none()));
            let why = match (target.column(&column), missing) {
                (None, _) => format!("The new table “{name}” has no column “{column}”."),
                (Some(_), Some(from)) => format!("The old table “{}” has no column “{from}”.", source.map_or("", |t| &t.name)),
                _ => continue,
            };
            rule.columns.remove(&column);
            rule.matching.retain(|m| !is(m, &column));
            found.push(Stale {
                place: Subject::Column(name.to_owned(), n, column),
                why,
            });
        }
        kept.push(rule);
    }
    *rules = kept;
}

/// The renames that a mapping says: they settle for inference what tables and columns became. What goes is not told; a rule for it is kept.
pub fn tell(mapping: &Mapping, old: &Definition, new: &Definition, hints: &mut Hints) {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut say = |from: String, to: String| {
        let place = format!("the mapping's “{to}”");
        hints.answer(Told::Renamed { from, to }, place);
    };
    for (name, rules) in &mapping.tables {
        let Some(target) = new.table(name).filter(|t| is_ordinary(t)) else {
            continue;
        };
        let whole: Vec<&SourceRule> = rules.iter().filter(|r| !r.only && r.query.is_none()).collect();
        let [rule] = whole.as_slice() else { continue };
        let Some(source) = old.table(rule.from.as_deref().unwrap_or(name)) else {
            continue;
        };
        // Where a table lives on under its own name, another that is filled from it is no new name of it.
        let by_name = |t: &&Table| {
            rules_of(mapping, &t.name).is_none_or(|rules| rules.iter().all(|r| r.from.as_deref().is_none_or(|f| is(f, &source.name))))
        };
        if !is(&source.name, &target.name) && new.table(&source.name).filter(by_name).is_some() {
            continue;
        }
        if !is(&source.name, &target.name) {
            say(quoted(&source.name), quoted(&target.name));
        }
        for (column, value) in &rule.columns {
            let from = value.from.as_deref().and_then(|from| source.column(from));
            if let (Some(from), Some(to)) = (from.filter(|f| !is(&f.name, column)), target.column(column)) {
                let of = |table: &Table, column: &str| format!("{}.{}", quoted(&table.name), quoted(column));
                say(of(source, &from.name), of(target, &to.name));
            }
        }
    }
}
