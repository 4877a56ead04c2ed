//! By what rows are found: indexes with a name of their own.

use super::compare::{Basis, Pair};
use super::pairing::{Paired, paired};
use super::report::{Change, Finding, Kind, Level, Subject};
use super::sets::{apart, gravity, lowered, mapped};
use super::texts::renamed;
use super::words::parts;
use crate::schema::{Index, Part};

/// An index as the new schema would write it.
struct Formed<'a> {
    index: &'a Index,
    parts: Vec<Part>,
    filter: Option<String>,
}

impl<'a> Formed<'a> {
    fn old(basis: &Basis<'_>, (old, _): Pair<'_>, index: &'a Index) -> Formed<'a> {
        let expression = |part: Part| match part.is_expression {
            true => Part {
                text: renamed(basis, &part.text),
                ..part
            },
            false => part,
        };
        Formed {
            index,
            parts: mapped(basis, old, &index.parts).into_iter().map(expression).collect(),
            filter: index.filter.as_ref().map(|f| renamed(basis, f)),
        }
    }

    fn new(index: &'a Index) -> Formed<'a> {
        Formed {
            index,
            parts: lowered(&index.parts),
            filter: index.filter.clone(),
        }
    }

    fn is_like(&self, other: &Formed<'_>) -> bool {
        (&self.parts, &self.filter, self.index.unique) == (&other.parts, &other.filter, other.index.unique)
    }
}

/// Compares the indexes of two tables.
pub fn compare(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let was: Vec<Formed<'_>> = old.indexes.iter().map(|i| Formed::old(basis, pair, i)).collect();
    let now: Vec<Formed<'_>> = new.indexes.iter().map(Formed::new).collect();
    let by_name = |a: &Formed<'_>, b: &Formed<'_>| a.index.name.eq_ignore_ascii_case(&b.index.name);
    let by_form = |a: &Formed<'_>, b: &Formed<'_>| a.is_like(b);
    let Paired { pairs, gone, came } = paired(was, now, &[&by_name, &by_form]);
    for (was, now) in pairs {
        let (from, to) = (&was.index.name, &now.index.name);
        if from != to {
            let sentence = format!("The index “{from}” of “{}” is called “{to}” now.", new.name);
            let finding = Finding::new(Level::Safe, Kind::Index, Change::Renamed, subject(pair, was.index), sentence);
            found.push(finding.old(from).new_text(to));
        }
        if !was.is_like(&now) {
            found.push(changed(basis, pair, &was, &now));
        }
    }
    for Formed { index, .. } in gone {
        let more = if index.unique {
            "; two rows may be alike in it from now on"
        } else {
            ""
        };
        let sentence = format!("The index “{}” of “{}” is gone{more}.", index.name, new.name);
        let finding = Finding::new(Level::Safe, Kind::Index, Change::Removed, subject(pair, index), sentence);
        found.push(finding.old(definition(index)));
    }
    found.extend(came.iter().map(|formed| added(basis, pair, formed)));
}

fn changed(basis: &Basis<'_>, pair: Pair<'_>, was: &Formed<'_>, now: &Formed<'_>) -> Finding {
    let (name, table) = (&now.index.name, &pair.1.name);
    let (level, sentence) = match gravity_of(basis, pair, now) {
        (Level::Safe, _) => (Level::Safe, format!("The index “{name}” of “{table}” is made in another way.")),
        (level, why) => (
            level,
            format!("The unique index “{name}” of “{table}” is made in another way, {why}."),
        ),
    };
    let mut finding = Finding::new(level, Kind::Index, Change::Changed, subject(pair, was.index), sentence);
    finding.advice = (level != Level::Safe).then(|| apart(pair.1));
    finding.old(definition(was.index)).new_text(definition(now.index))
}

fn added(basis: &Basis<'_>, pair: Pair<'_>, now: &Formed<'_>) -> Finding {
    let (name, table) = (&now.index.name, &pair.1.name);
    let (level, why) = gravity_of(basis, pair, now);
    let sentence = match now.index.unique {
        true => format!("The unique index “{name}” of “{table}” is new, {why}."),
        false => format!("The index “{name}” of “{table}” is new."),
    };
    let mut finding = Finding::new(level, Kind::Index, Change::Added, subject(pair, now.index), sentence);
    finding.advice = (level != Level::Safe).then(|| apart(pair.1));
    finding.new_text(definition(now.index))
}

fn gravity_of(basis: &Basis<'_>, pair: Pair<'_>, now: &Formed<'_>) -> (Level, &'static str) {
    if now.index.unique {
        gravity(basis, pair, &now.parts)
    } else {
        (Level::Safe, "")
    }
}

fn subject((old, new): Pair<'_>, index: &Index) -> Subject {
    Subject::of(old, new, Some(&index.name))
}

/// What an index is, without its name.
pub fn definition(index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let filter = index.filter.as_ref().map_or_else(String::new, |f| format!(" WHERE {f}"));
    format!("{unique}({}){filter}", parts(&index.parts))
}
