//! Triggers and views, which are compared as text, and the two numbers of a database.

use super::compare::Basis;
use super::masks::Likeness;
use super::report::{Change, Finding, Kind, Level, Subject};
use crate::schema::{Definition, Trigger, View};
use crate::sql::normalised;
use std::collections::HashSet;

/// Compares what belongs to no table.
pub fn compare(basis: &Basis<'_>, old: &Definition, new: &Definition, found: &mut Vec<Finding>) {
    triggers(basis, old, new, found);
    views(basis, old, new, found);
    numbers(old, new, found);
}

/// A normalised old text with the names that tables and columns have in the new schema.
pub fn renamed(basis: &Basis<'_>, normal: &str) -> String {
    let names = basis.matching.other_names();
    if names.is_empty() {
        return normal.to_owned();
    }
    let word = |token: &crate::sql::Token<'_>| match token.kind {
        crate::sql::Kind::Word => names.get(token.text).map_or_else(|| token.text.to_owned(), |n| (*n).to_owned()),
        _ => token.text.to_owned(),
    };
    crate::sql::tokens(normal).iter().map(word).collect()
}

/// How two statements compare, and whether they differ only because names do.
fn like(basis: &Basis<'_>, old: &str, new: &str) -> (Likeness, bool) {
    let (old, new) = (normalised(old), normalised(new));
    match basis.masks.compare(&old, &new) {
        Likeness::Differs => match basis.masks.compare(&renamed(basis, &old), &new) {
            Likeness::Differs => (Likeness::Differs, false),
            _ => (Likeness::Differs, true),
        },
        like => (like, false),
    }
}

fn triggers(basis: &Basis<'_>, old: &Definition, new: &Definition, found: &mut Vec<Finding>) {
    let by_name = |all: &'_ [Trigger], name: &str| all.iter().position(|t| t.name.eq_ignore_ascii_case(name));
    let gone: HashSet<&str> = basis.matching.gone.iter().map(|t| t.name.as_str()).collect();
    let subject = |trigger: &Trigger, now: Option<&Trigger>| {
        let mut subject = Subject::alone(&table(old, new, &trigger.table), Some(&trigger.name));
        subject.new_table = now.map(|now| table(new, old, &now.table)).filter(|t| *t != subject.table);
        subject
    };
    for was in &old.triggers {
        let name = &was.name;
        let Some(now) = by_name(&new.triggers, name).map(|n| &new.triggers[n]) else {
            let (level, sentence) = match gone.contains(was.table.as_str()) {
                true => (Level::Safe, format!("The trigger “{name}” is gone with its table “{}”.", was.table)),
                false => (
                    Level::Look,
                    format!("The trigger “{name}” on “{}” is gone: what it did is not done any more.", was.table),
                ),
            };
            found.push(Finding::new(level, Kind::Trigger, Change::Removed, subject(was, None), sentence).old(&was.sql));
            continue;
        };
        if was.name != now.name {
            let sentence = format!(
                "The trigger “{name}” is written “{}” now, which is the same name to SQLite.",
                now.name
            );
            let finding = Finding::new(Level::Safe, Kind::Trigger, Change::Renamed, subject(was, Some(now)), sentence);
            found.push(finding.old(&was.name).new_text(&now.name));
        }
        let (level, sentence, by_site) = match like(basis, &was.sql, &now.sql) {
            (Likeness::Same, _) => continue,
            (Likeness::BySite, _) => (
                Level::Safe,
                format!("The trigger “{name}” differs only in what each site makes for itself."),
                true,
            ),
            (_, true) => (Level::Safe, format!("The trigger “{name}” follows the new names."), false),
            _ => (
                Level::Look,
                format!("The trigger “{name}” on “{}” does something else from now on.", now.table),
                false,
            ),
        };
        let mut finding = Finding::new(level, Kind::Trigger, Change::Changed, subject(was, Some(now)), sentence);
        finding.by_site = by_site;
        finding.advice = (level == Level::Look)
            .then(|| "Look whether rows that are there should be what it makes of new ones: no trigger fires in a reshape.".to_owned());
        found.push(finding.old(&was.sql).new_text(&now.sql));
    }
    for now in new.triggers.iter().filter(|t| by_name(&old.triggers, &t.name).is_none()) {
        let is_new = basis.matching.new.iter().any(|t| t.name.eq_ignore_ascii_case(&now.table));
        let finding = if is_new {
            let sentence = format!("The trigger “{}” comes with its new table “{}”.", now.name, now.table);
            Finding::new(Level::Safe, Kind::Trigger, Change::Added, subject(now, None), sentence)
        } else {
            let sentence = format!(
                "The trigger “{}” on “{}” is new: it fires for rows that are written from now on.",
                now.name, now.table
            );
            let finding = Finding::new(Level::Look, Kind::Trigger, Change::Added, subject(now, None), sentence);
            finding.advise("Look whether rows that are there should be what it makes of new ones: no trigger fires in a reshape.")
        };
        found.push(finding.new_text(&now.sql));
    }
}

/// A table's name as it is declared, and not as the trigger writes it.
fn table(one: &Definition, other: &Definition, name: &str) -> String {
    let declared = one.table(name).or_else(|| other.table(name));
    declared.map_or_else(|| name.to_owned(), |t| t.name.clone())
}

fn views(basis: &Basis<'_>, old: &Definition, new: &Definition, found: &mut Vec<Finding>) {
    let by_name = |all: &'_ [View], name: &str| all.iter().position(|v| v.name.eq_ignore_ascii_case(name));
    let subject = |view: &View| Subject::alone("", Some(&view.name));
    for was in &old.views {
        let name = &was.name;
        let Some(now) = by_name(&new.views, name).map(|n| &new.views[n]) else {
            let sentence = format!("The view “{name}” is gone. It keeps no rows, but somebody may read it.");
            let finding = Finding::new(Level::Look, Kind::View, Change::Removed, subject(was), sentence);
            found.push(finding.advise("Look for reports and programs that read it.").old(&was.sql));
            continue;
        };
        if was.name != now.name {
            let sentence = format!("The view “{name}” is written “{}” now, which is the same name to SQLite.", now.name);
            found.push(
                Finding::new(Level::Safe, Kind::View, Change::Renamed, subject(was), sentence)
                    .old(name)
                    .new_text(&now.name),
            );
        }
        let (level, sentence, by_site) = match like(basis, &was.sql, &now.sql) {
            (Likeness::Same, _) => continue,
            (Likeness::BySite, _) => (
                Level::Safe,
                format!("The view “{name}” differs only in what each site makes for itself."),
                true,
            ),
            (_, true) => (Level::Safe, format!("The view “{name}” follows the new names."), false),
            _ => (Level::Look, format!("The view “{name}” shows something else from now on."), false),
        };
        let mut finding = Finding::new(level, Kind::View, Change::Changed, subject(was), sentence);
        finding.by_site = by_site;
        found.push(finding.old(&was.sql).new_text(&now.sql));
    }
    for now in new.views.iter().filter(|v| by_name(&old.views, &v.name).is_none()) {
        let sentence = format!("The view “{}” is new.", now.name);
        found.push(Finding::new(Level::Safe, Kind::View, Change::Added, subject(now), sentence).new_text(&now.sql));
    }
}

fn numbers(old: &Definition, new: &Definition, found: &mut Vec<Finding>) {
    let numbers = [
        ("user_version", old.user_version, new.user_version),
        ("application_id", old.application_id, new.application_id),
    ];
    for (name, was, now) in numbers.into_iter().filter(|(_, was, now)| was != now) {
        let (level, sentence) = match now {
            0 => (
                Level::Safe,
                format!("{name} is {was}, and the new side does not say it. A reshape keeps it."),
            ),
            _ => (
                Level::Look,
                format!("{name} is {now} instead of {was}. Applications keep the version of their schema there."),
            ),
        };
        let mut finding = Finding::new(level, Kind::Number, Change::Changed, Subject::alone("", Some(name)), sentence);
        finding.advice = match (level, name) {
            (Level::Safe, _) => None,
            (_, "user_version") => Some(format!("At the top of the mapping: user_version = {now}")),
            _ => Some(format!("A reshape keeps it; a step in SQL sets it: PRAGMA application_id = {now};")),
        };
        found.push(finding.old(was.to_string()).new_text(now.to_string()));
    }
}
