//! What each row must fulfil: CHECK.

use super::compare::{Basis, Pair};
use super::masks::Likeness;
use super::pairing::{Paired, paired};
use super::report::{Change, Finding, Kind, Level, Subject};
use super::texts::renamed;
use super::words::{key, names};
use crate::schema::Check;

/// Compares the CHECK constraints of two tables.
pub fn compare(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let named = |check: &Check| check.name.as_deref().map(str::to_ascii_lowercase);
    let rule = |check: &Check| renamed(basis, &check.expression);
    let like = |a: &&Check, b: &&Check| basis.masks.compare(&rule(a), &b.expression);
    let Paired { pairs, gone, came } = paired(
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

pub fn written(check: &Check) -> String {
    let name = check.name.as_ref().map_or_else(String::new, |n| format!("{n}: "));
    format!("{name}{}", check.sql)
}
