//! What rows must not have in common, what they must fulfil, and by what they are found: UNIQUE, CHECK, indexes.

use super::compare::{Basis, Pair};
use super::masks::Likeness;
use super::report::{Change, Finding, Kind, Level, Subject};
use super::words::{key, names, parts};
use crate::schema::{Check, Column, Index, Part, Table};
use std::collections::BTreeSet;

/// Compares the constraints and indexes of two tables.
pub fn compare(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    uniques(basis, pair, found);
    checks(basis, pair, found);
    indexes(basis, pair, found);
}

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
fn gravity(basis: &Basis<'_>, pair: Pair<'_>, now: &[Part]) -> (Level, &'static str) {
    match () {
        () if is_kept_apart(basis, pair.0, now) => (Level::Safe, "which what was unique before implies"),
        () if is_null(basis, pair, now) => (Level::Safe, "of which one part is new and NULL in rows that are there"),
        () => (Level::Blocks, "and rows that are there may be alike"),
    }
}

fn apart(table: &Table) -> String {
    format!(
        "Say which row stays, [table.{}] match = […] with on_match = \"keep\", or put the values right in a step before.",
        key(&table.name)
    )
}

/// Matches what is in two lists by several likenesses, the likest first; gives the pairs, and what is left of both.
fn matched<A, B>(old: Vec<A>, new: Vec<B>, likes: &[&dyn Fn(&A, &B) -> bool]) -> (Vec<(A, B)>, Vec<A>, Vec<B>) {
    let (mut old, mut new): (Vec<Option<A>>, Vec<Option<B>>) = (old.into_iter().map(Some).collect(), new.into_iter().map(Some).collect());
    let mut pairs = Vec::new();
    for is_like in likes {
        for was in &mut old {
            let Some(one) = was.as_ref() else { continue };
            let other = new.iter_mut().find(|now| now.as_ref().is_some_and(|now| is_like(one, now)));
            if let Some((was, now)) = other.and_then(|now| Some((was.take()?, now.take()?))) {
                pairs.push((was, now));
            }
        }
    }
    (pairs, old.into_iter().flatten().collect(), new.into_iter().flatten().collect())
}

fn uniques(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let subject = |set: &[Part]| Subject::of(old, new, Some(&set.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(", ")));
    let was: Vec<(Vec<Part>, &[Part])> = old
        .uniques
        .iter()
        .map(|u| (mapped(basis, old, &u.parts), u.parts.as_slice()))
        .collect();
    let now: Vec<(Vec<Part>, &[Part])> = new.uniques.iter().map(|u| (lowered(&u.parts), u.parts.as_slice())).collect();
    let texts = |set: &[Part]| set.iter().map(|p| p.text.clone()).collect::<BTreeSet<_>>();
    let (pairs, gone, came) = matched(was, now, &[&|a, b| a.0 == b.0, &|a, b| texts(&a.0) == texts(&b.0)]);
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

fn checks(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let named = |check: &Check| check.name.as_deref().map(str::to_ascii_lowercase);
    let rule = |check: &Check| super::texts::renamed(basis, &check.expression);
    let like = |a: &&Check, b: &&Check| basis.masks.compare(&rule(a), &b.expression);
    let (pairs, gone, came) = matched(
        old.checks.iter().collect(),
        new.checks.iter().collect(),
        &[
            &|a, b| like(a, b) == Likeness::Same && named(a) == named(b),
            &|a, b| like(a, b) == Likeness::Same,
            &|a, b| like(a, b) == Likeness::BySite,
            &|a, b| a.name.is_some() && named(a) == named(b),
        ],
    );
    let subject = |check: &Check| Subject::of(old, new, Some(check.name.as_deref().unwrap_or(&check.sql)));
    let advice = |check: &Check| {
        format!(
            "Put values right that do not fulfil it: [table.{}] columns.NAME = {{ map = {{ … }}, other = \"keep\" }} or {{ sql = \"…\" }}. Rows that break it are found by: SELECT * FROM {} WHERE NOT ({})",
            key(&new.name),
            crate::sql::quoted(&new.name),
            check.sql
        )
    };
    for (was, now) in pairs {
        let (level, change, sentence) = match like(&was, &now) {
            Likeness::Same if named(was) == named(now) => continue,
            Likeness::Same => (
                Level::Safe,
                Change::Renamed,
                format!("The check ({}) of “{}” has another name.", now.sql, new.name),
            ),
            Likeness::BySite => (
                Level::Safe,
                Change::Changed,
                format!("A check of “{}” differs only in what each site makes for itself.", new.name),
            ),
            Likeness::Differs => (
                Level::Blocks,
                Change::Changed,
                format!(
                    "The check {} of “{}” asks something else: rows that are there may not fulfil it.",
                    names(now.name.as_deref()),
                    new.name
                ),
            ),
        };
        let mut finding = Finding::new(level, Kind::Check, change, subject(was), sentence);
        finding.by_site = like(&was, &now) == Likeness::BySite;
        finding.advice = (level == Level::Blocks).then(|| advice(now));
        found.push(finding.old(written(was)).new_text(written(now)));
    }
    for check in gone {
        let sentence = format!("Rows of “{}” need not fulfil ({}) any more.", new.name, check.sql);
        found.push(Finding::new(Level::Safe, Kind::Check, Change::Removed, subject(check), sentence).old(written(check)));
    }
    for check in came {
        let sentence = format!(
            "Rows of “{}” must fulfil ({}) from now on, and some that are there may not.",
            new.name, check.sql
        );
        let finding = Finding::new(Level::Blocks, Kind::Check, Change::Added, subject(check), sentence);
        found.push(finding.advise(advice(check)).new_text(written(check)));
    }
}

fn written(check: &Check) -> String {
    let name = check.name.as_ref().map_or_else(String::new, |n| format!("{n}: "));
    format!("{name}{}", check.sql)
}

fn indexes(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let form = |parts: Vec<Part>, filter: &Option<String>, is_old: bool| {
        let text = |text: &String| if is_old { super::texts::renamed(basis, text) } else { text.clone() };
        let parts: Vec<Part> = parts
            .into_iter()
            .map(|p| Part {
                text: if p.is_expression { text(&p.text) } else { p.text.clone() },
                ..p
            })
            .collect();
        (parts, filter.as_ref().map(text))
    };
    let was: Vec<_> = old
        .indexes
        .iter()
        .map(|i| (form(mapped(basis, old, &i.parts), &i.filter, true), i))
        .collect();
    let now: Vec<_> = new.indexes.iter().map(|i| (form(lowered(&i.parts), &i.filter, false), i)).collect();
    type Formed<'i> = ((Vec<Part>, Option<String>), &'i Index);
    let (pairs, gone, came) = matched(
        was,
        now,
        &[
            &|a: &Formed<'_>, b: &Formed<'_>| a.1.name.eq_ignore_ascii_case(&b.1.name),
            &|a: &Formed<'_>, b: &Formed<'_>| a.0 == b.0 && a.1.unique == b.1.unique,
        ],
    );
    let subject = |index: &Index| Subject::of(old, new, Some(&index.name));
    for (was, now) in pairs {
        let name = &now.1.name;
        if was.1.name != *name {
            let sentence = format!("The index “{}” of “{}” is called “{name}” now.", was.1.name, new.name);
            found.push(
                Finding::new(Level::Safe, Kind::Index, Change::Renamed, subject(was.1), sentence)
                    .old(&was.1.name)
                    .new_text(name),
            );
        }
        if was.0 == now.0 && was.1.unique == now.1.unique {
            continue;
        }
        let (level, why) = if now.1.unique {
            gravity(basis, pair, &now.0.0)
        } else {
            (Level::Safe, "")
        };
        let sentence = match level {
            Level::Safe => format!("The index “{name}” of “{}” is made in another way.", new.name),
            _ => format!("The unique index “{name}” of “{}” is made in another way, {why}.", new.name),
        };
        let mut finding = Finding::new(level, Kind::Index, Change::Changed, subject(was.1), sentence);
        finding.advice = (level != Level::Safe).then(|| apart(new));
        found.push(finding.old(definition(was.1)).new_text(definition(now.1)));
    }
    for (_, index) in gone {
        let more = if index.unique {
            "; two rows may be alike in it from now on"
        } else {
            ""
        };
        let sentence = format!("The index “{}” of “{}” is gone{more}.", index.name, new.name);
        found.push(Finding::new(Level::Safe, Kind::Index, Change::Removed, subject(index), sentence).old(definition(index)));
    }
    for (form, index) in came {
        let finding = if index.unique {
            let (level, why) = gravity(basis, pair, &form.0);
            let sentence = format!("The unique index “{}” of “{}” is new, {why}.", index.name, new.name);
            let mut finding = Finding::new(level, Kind::Index, Change::Added, subject(index), sentence);
            finding.advice = (level != Level::Safe).then(|| apart(new));
            finding
        } else {
            let sentence = format!("The index “{}” of “{}” is new.", index.name, new.name);
            Finding::new(Level::Safe, Kind::Index, Change::Added, subject(index), sentence)
        };
        found.push(finding.new_text(definition(index)));
    }
}

/// What an index is, without its name.
fn definition(index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let filter = index.filter.as_ref().map_or_else(String::new, |f| format!(" WHERE {f}"));
    format!("{unique}({}){filter}", parts(&index.parts))
}
