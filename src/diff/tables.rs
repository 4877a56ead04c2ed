//! Tables that came, went, have another name, or are kept in another way.

use super::compare::{Basis, Pair};
use super::report::{Change, Finding, Kind, Level, Subject};
use super::words::{count, key, text};
use crate::infer::{Match, Origin, Shape};
use crate::schema::{Column, Table, TableKind};
use crate::sql::normalised;

/// Compares all tables, apart from what is in them.
pub fn compare(basis: &Basis<'_>, found: &mut Vec<Finding>) {
    found.extend(basis.matching.gone.iter().map(|table| gone(basis, table)));
    found.extend(basis.matching.new.iter().map(|table| came(table)));
    for pair in &basis.matching.tables {
        name(basis, *pair, found);
        kind(*pair, found);
        options(*pair, found);
    }
}

fn gone(basis: &Basis<'_>, table: &Table) -> Finding {
    let name = &table.name;
    let subject = Subject::alone(name, None);
    let fate = |m: &&&Match| matches!(m.shape, Shape::TableMerged { .. } | Shape::Dropped { .. });
    let (level, sentence, advice) = match basis.matching.fates(name, None).iter().find(fate).map(|m| &m.shape) {
        Some(Shape::TableMerged { to, .. }) => (
            Level::Look,
            format!("The table “{name}” is gone; its rows go into “{to}”."),
            format!("[[table.{}]] from = {}", key(to), text(name)),
        ),
        Some(Shape::Dropped { reason, .. }) => (
            Level::Look,
            format!("The table “{name}” is gone, and its rows go for good: {reason}."),
            format!("[[drop]] table = {}, reason = {}", text(name), text(reason)),
        ),
        _ if all_went(basis, table) => (
            Level::Look,
            format!("The table “{name}” is gone; its columns went to other tables."),
            "The lines below [table.…] of the mapping say where each of them goes.".to_owned(),
        ),
        _ if matches!(table.kind, TableKind::Virtual { .. }) => (
            Level::Look,
            format!("The table “{name}” of a module is gone, with whatever it keeps."),
            format!(
                "If it keeps more than an index of other tables, say where that goes: [table.NEW] from = {}",
                text(name)
            ),
        ),
        _ => (
            Level::Blocks,
            format!("The table “{name}” is gone, and nothing says what becomes of its rows."),
            format!(
                "Say into which table they go, [table.NEW] from = {0}, or that they go for good: [[drop]] table = {0}, reason = \"…\"{1}",
                text(name),
                basis
                    .matching
                    .perhaps(&Origin::OldTable { table: name.clone() })
                    .unwrap_or_default()
            ),
        ),
    };
    Finding::new(level, Kind::Table, Change::Removed, subject, sentence)
        .advise(advice)
        .old(shape(table))
}

/// Whether inference says of each column what became of it.
fn all_went(basis: &Basis<'_>, table: &Table) -> bool {
    let went = |c: &Column| c.generated.is_some() || !basis.matching.fates(&table.name, Some(&c.name)).is_empty();
    !table.columns.is_empty() && table.columns.iter().all(went)
}

fn came(table: &Table) -> Finding {
    let sentence = format!("The table “{}” is new.", table.name);
    let finding = Finding::new(Level::Safe, Kind::Table, Change::Added, Subject::alone(&table.name, None), sentence);
    finding.new_text(shape(table))
}

/// What a table is, in short.
fn shape(table: &Table) -> String {
    match &table.kind {
        TableKind::Virtual { module, arguments } => format!("{module}({arguments})"),
        TableKind::Ordinary => count(table.columns.len(), "column", "columns"),
    }
}

fn name(basis: &Basis<'_>, (old, new): Pair<'_>, found: &mut Vec<Finding>) {
    if old.name == new.name {
        return;
    }
    let subject = Subject::of(old, new, None);
    let finding = if old.name.eq_ignore_ascii_case(&new.name) {
        let sentence = format!(
            "The table “{}” is written “{}” now, which is the same name to SQLite.",
            old.name, new.name
        );
        Finding::new(Level::Safe, Kind::Table, Change::Renamed, subject, sentence)
    } else {
        let sentence = format!("The table “{}” is called “{}” now.", old.name, new.name);
        let why = basis.matching.why_renamed(&old.name, None);
        let advice = format!("[table.{}] from = {}{why}", key(&new.name), text(&old.name));
        Finding::new(Level::Look, Kind::Table, Change::Renamed, subject, sentence).advise(advice)
    };
    found.push(finding.old(&old.name).new_text(&new.name));
}

fn kind((old, new): Pair<'_>, found: &mut Vec<Finding>) {
    let add = |sentence: String, advice: &str| {
        Finding::new(Level::Look, Kind::Table, Change::Changed, Subject::of(old, new, None), sentence)
            .advise(advice)
            .old(kept(old))
            .new_text(kept(new))
    };
    let name = &new.name;
    match (&old.kind, &new.kind) {
        (TableKind::Ordinary, TableKind::Virtual { module, .. }) => found.push(add(
            format!("The rows of “{name}” are kept by the module {module} from now on."),
            "Its columns hold what the module makes of values: look whether they come back as they were.",
        )),
        (TableKind::Virtual { module, .. }, TableKind::Ordinary) => found.push(add(
            format!("The rows of “{name}” are not kept by the module {module} any more, but by SQLite itself."),
            "A module may keep more than it gives back: look whether all of it comes over.",
        )),
        (TableKind::Virtual { .. }, TableKind::Virtual { .. }) if normalised(&kept(old)) != normalised(&kept(new)) => found.push(add(
            format!("“{name}” is kept by its module in another way."),
            "It is filled again from what the old one gives back, or from the table that it indexes.",
        )),
        _ => {}
    }
}

/// By whom the rows are kept.
fn kept(table: &Table) -> String {
    match &table.kind {
        TableKind::Virtual { module, arguments } => format!("{module}({arguments})"),
        TableKind::Ordinary => "an ordinary table".to_owned(),
    }
}

fn options((old, new): Pair<'_>, found: &mut Vec<Finding>) {
    let name = &new.name;
    let mut add = |is: (bool, bool), word: &str, gained: (Level, &str, Option<String>), lost: (Level, &str)| {
        let ((level, sentence, advice), texts) = match is {
            (false, true) => (gained, ("", word)),
            (true, false) => ((lost.0, lost.1, None), (word, "")),
            _ => return,
        };
        let sentence = format!("“{name}” {sentence}");
        let finding = Finding::new(level, Kind::Table, Change::Changed, Subject::of(old, new, None), sentence);
        let mut finding = finding.old(texts.0).new_text(texts.1);
        finding.advice = advice;
        found.push(finding);
    };
    let convert = format!(
        "Say for each column what becomes of values of another type: [table.{}] columns.NAME = {{ convert = true }}",
        key(name)
    );
    add(
        (old.strict, new.strict),
        "STRICT",
        (
            Level::Blocks,
            "is STRICT from now on: it refuses values that are not of the declared type.",
            Some(convert),
        ),
        (
            Level::Safe,
            "is not STRICT any more: from now on its columns take values of any type.",
        ),
    );
    let by_hand = "Whoever reads its rowid needs a column for it.".to_owned();
    add(
        (old.without_rowid, new.without_rowid),
        "WITHOUT ROWID",
        (
            Level::Look,
            "has no rowid any more: the number that SQLite kept for each row goes, and no part of its key may be NULL.",
            Some(by_hand),
        ),
        (Level::Safe, "has a rowid from now on, in addition to its key."),
    );
    add(
        (old.autoincrement, new.autoincrement),
        "AUTOINCREMENT",
        (
            Level::Safe,
            "never uses the number of a deleted row again from now on (AUTOINCREMENT).",
            None,
        ),
        (
            Level::Look,
            "may give the number of a deleted row to a new one from now on (no AUTOINCREMENT any more).",
        ),
    );
}
