//! What no two rows may have in common: UNIQUE, and what it shares with keys and unique indexes.

use super::compare::{Basis, Pair};
use super::pairing::{Paired, paired};
use super::report::{Change, Finding, Kind, Level, Subject};
use super::words::{key, names, parts};
use crate::schema::{Column, Part, Table};
use std::collections::BTreeSet;

/// Parts of an old key as the new schema calls them.
pub fn mapped(basis: &Basis<'_>, table: &Table, parts: &[Part]) -> Vec<Part> {
    let part = |p: &Part| Part {
        text: if p.is_expression {
            p.text.clone()
        } else {
            basis.matching.column(&table.name, &p.text)
        },
        ..p.clone()
    };
    parts.iter().map(part).collect()
}

/// Parts of a new key, to be compared with those.
pub fn lowered(parts: &[Part]) -> Vec<Part> {
    let part = |p: &Part| Part {
        text: if p.is_expression {
            p.text.clone()
        } else {
            p.text.to_ascii_lowercase()
        },
        ..p.clone()
    };
    parts.iter().map(part).collect()
}

/// What a changed set does to rows that the old one kept apart.
pub enum Loosened {
    /// They stay apart.
    Yes,
    /// They may be alike by the new collation.
    Collation,
    /// They may be alike.
    No,
}

/// Whether all rows that differ in `was` differ in `now`.
pub fn loosened(was: &[Part], now: &[Part]) -> Loosened {
    let has = |part: &Part, same: bool| {
        // By BINARY all values differ that differ at all.
        let fits = |p: &Part| p.collation == part.collation || p.collation == "BINARY" || !same;
        now.iter()
            .any(|p| p.text == part.text && p.is_expression == part.is_expression && fits(p))
    };
    match () {
        () if was.iter().all(|p| has(p, true)) => Loosened::Yes,
        () if was.iter().all(|p| has(p, false)) => Loosened::Collation,
        () => Loosened::No,
    }
}

/// Whether a key or a set of the old table keeps apart what a new one must.
fn is_kept_apart(basis: &Basis<'_>, old: &Table, now: &[Part]) -> bool {
    let indexes = old.indexes.iter().filter(|i| i.unique && i.filter.is_none()).map(|i| &i.parts);
    let sets = old.uniques.iter().map(|u| &u.parts).chain(indexes);
    let sets = sets.chain([&old.key]).filter(|set| !set.is_empty());
    // A part that may be NULL keeps nothing apart, but then neither does the new one.
    sets.into_iter()
        .any(|set| matches!(loosened(&mapped(basis, old, set), now), Loosened::Yes))
}

/// Whether rows that are there have NULL in a part, which no uniqueness holds against them.
fn is_null(basis: &Basis<'_>, (old, new): Pair<'_>, parts: &[Part]) -> bool {
    let is_old = |name: &str| {
        old.columns
            .iter()
            .any(|c| basis.matching.is_kept(&old.name, &c.name) && basis.matching.column(&old.name, &c.name) == name)
    };
    let is_empty = |column: &Column| !column.not_null && column.default.is_none() && column.generated.is_none();
    parts.iter().filter(|p| !p.is_expression && !is_old(&p.text)).any(|p| {
        let has_values = !basis.matching.origins(&new.name, &p.text).is_empty();
        !has_values && new.column(&p.text).is_some_and(is_empty)
    })
}

/// How grave a new uniqueness is, and why.
pub fn gravity(basis: &Basis<'_>, pair: Pair<'_>, now: &[Part]) -> (Level, &'static str) {
    match () {
        () if is_kept_apart(basis, pair.0, now) => (Level::Safe, "which what was unique before implies"),
        () if is_null(basis, pair, now) => (Level::Safe, "of which one part is new and NULL in rows that are there"),
        () => (Level::Blocks, "and rows that are there may be alike"),
    }
}

/// What to do where rows may be alike.
pub fn apart(table: &Table) -> String {
    format!(
        "Say which row stays, [table.{}] match = […] with on_match = \"keep\", or put the values right in a step before.",
        key(&table.name)
    )
}

/// Compares the UNIQUE constraints of two tables.
pub fn compare(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let subject = |set: &[Part]| Subject::of(old, new, Some(&set.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(", ")));
    let was: Vec<(Vec<Part>, &[Part])> = old
        .uniques
        .iter()
        .map(|u| (mapped(basis, old, &u.parts), u.parts.as_slice()))
        .collect();
    let now: Vec<(Vec<Part>, &[Part])> = new.uniques.iter().map(|u| (lowered(&u.parts), u.parts.as_slice())).collect();
    let texts = |set: &[Part]| set.iter().map(|p| p.text.clone()).collect::<BTreeSet<_>>();
    let Paired { pairs, gone, came } = paired(was, now, &[&|a, b| a.0 == b.0, &|a, b| texts(&a.0) == texts(&b.0)]);
    for (was, now) in pairs.iter().filter(|(was, now)| was.0 != now.0) {
        let listed = names(now.1.iter().map(|p| p.text.as_str()));
        let (level, sentence) = match loosened(&was.0, &now.0) {
            Loosened::Yes => (
                Level::Safe,
                format!(
                    "The unique set {listed} of “{}” is written in another way; rows stay apart.",
                    new.name
                ),
            ),
            _ => (
                Level::Blocks,
                format!(
                    "The unique set {listed} of “{}” compares by another collation: rows that differed may be alike now.",
                    new.name
                ),
            ),
        };
        let mut finding = Finding::new(level, Kind::Unique, Change::Changed, subject(was.1), sentence);
        finding.advice = (level == Level::Blocks).then(|| apart(new));
        found.push(finding.old(parts(was.1)).new_text(parts(now.1)));
    }
    for (_, set) in gone {
        let sentence = format!(
            "Two rows of “{}” may be alike in {} from now on.",
            new.name,
            names(set.iter().map(|p| p.text.as_str()))
        );
        found.push(Finding::new(Level::Safe, Kind::Unique, Change::Removed, subject(set), sentence).old(parts(set)));
    }
    for (lowered, set) in came {
        let (level, why) = gravity(basis, pair, &lowered);
        let listed = names(set.iter().map(|p| p.text.as_str()));
        let sentence = format!("No two rows of “{}” may be alike in {listed} from now on, {why}.", new.name);
        let mut finding = Finding::new(level, Kind::Unique, Change::Added, subject(set), sentence);
        finding.advice = (level == Level::Blocks).then(|| apart(new));
        found.push(finding.new_text(parts(set)));
    }
}
