//! Columns that are in one schema alone: what became of them, or from where they have their values.

use super::compare::{Basis, Pair};
use super::matching::why;
use super::report::{Change, Finding, Kind, Level, Subject};
use super::words::{self, key, text};
use crate::infer::{Match, Origin, Shape};
use crate::schema::Column;

/// A column that is only in the old schema.
pub fn gone(basis: &Basis<'_>, (old, new): Pair<'_>, column: &Column) -> Finding {
    let place = format!("{}.{}", old.name, column.name);
    let table = key(&new.name);
    let fates = basis.matching.fates(&old.name, Some(&column.name));
    let (level, sentence, advice) = match fates.iter().find_map(|m| Some((became(&old.name, m)?, why(m)))) {
        Some(((sentence, advice), why)) => (
            Level::Look,
            format!("The column “{place}” is gone: {sentence}."),
            Some(advice + &why),
        ),
        None if column.generated.is_some() => {
            let sentence = format!("The generated column “{place}” is gone; its values follow from other columns.");
            (Level::Safe, sentence, None)
        }
        None => {
            let origin = Origin::OldColumn(named(&old.name, column));
            let perhaps = basis.matching.perhaps(&origin).unwrap_or_default();
            let advice = format!(
                "Say what holds them now, [table.{table}] columns.NEW = {}, or that they go for good: [[drop]] table = {}, column = {}, reason = \"…\"{perhaps}",
                text(&column.name),
                text(&old.name),
                text(&column.name)
            );
            let sentence = format!("The column “{place}” is gone, and nothing says what becomes of its values.");
            (Level::Blocks, sentence, Some(advice))
        }
    };
    let mut finding = Finding::new(
        level,
        Kind::Column,
        Change::Removed,
        Subject::of(old, new, Some(&column.name)),
        sentence,
    );
    finding.advice = advice;
    finding.old(words::column(column))
}

/// What became of a column that is gone, and how a mapping says so.
fn became(table: &str, found: &Match) -> Option<(String, String)> {
    let rule = |to: &crate::infer::Column, rule: &str| format!("[table.{}] columns.{} = {rule}", key(&to.table), key(&to.name));
    Some(match &found.shape {
        Shape::ColumnMoved { from, to, .. } => (
            format!("its values are in “{}.{}” now", to.table, to.name),
            format!(
                "[table.{}] from = {}, columns.{} = {}",
                key(&to.table),
                text(table),
                key(&to.name),
                text(&from.name)
            ),
        ),
        Shape::Flattened { from, to, value, key: id } => (
            format!("“{}.{}” holds the {} itself, to which it referred", to.table, to.name, value.name),
            rule(
                to,
                &format!(
                    "{{ sql = \"(SELECT {} FROM {} WHERE {} = old.{})\" }}",
                    value.name, value.table, id.name, from.name
                ),
            ),
        ),
        Shape::Linked {
            from,
            table: links,
            owner,
            member,
            ..
        } => (
            format!("each of its values is a row of “{links}” now ({owner}, {member})"),
            format!(
                "[table.{}] from = {}, columns.{} = {}",
                key(links),
                text(table),
                key(member),
                text(&from.name)
            ),
        ),
        Shape::Rekeyed {
            from,
            to,
            through,
            old_key,
            new_key,
        } => (
            format!("“{}.{}” refers to the same thing by {new_key} of “{through}”", to.table, to.name),
            rule(
                to,
                &format!(
                    "{{ sql = \"(SELECT {new_key} FROM {through} WHERE {old_key} = old.{})\" }}",
                    from.name
                ),
            ),
        ),
        Shape::Dropped {
            column: Some(column),
            reason,
            ..
        } => (
            format!("its values go for good: {reason}"),
            format!(
                "[[drop]] table = {}, column = {}, reason = {}",
                text(table),
                text(column),
                text(reason)
            ),
        ),
        _ => return None,
    })
}

/// A column that is only in the new schema.
pub fn came(basis: &Basis<'_>, (old, new): Pair<'_>, column: &Column) -> Finding {
    let place = format!("{}.{}", new.name, column.name);
    let has_default = column.default.as_deref().is_some_and(|d| !d.eq_ignore_ascii_case("NULL"));
    let is_rowid = new.rowid_column.as_ref() == Some(&column.name);
    let rule = format!("[table.{}] columns.{}", key(&new.name), key(&column.name));
    let origin = basis.matching.origins(&new.name, &column.name).iter().find_map(|m| comes(m));
    let (level, sentence, advice) = match origin {
        Some(from) => (Level::Look, format!("The column “{place}” is new: {from}."), None),
        None if column.generated.is_some() => (Level::Safe, format!("The generated column “{place}” is new."), None),
        None if is_rowid => (Level::Safe, format!("The column “{place}” is new; SQLite numbers the rows."), None),
        None if has_default => {
            let default = column.default.as_deref().unwrap_or_default();
            (
                Level::Safe,
                format!("The column “{place}” is new; in rows that are there it holds its default, {default}."),
                None,
            )
        }
        None if column.not_null => (
            Level::Blocks,
            format!("The column “{place}” is new, must not be NULL, and has no default: rows that are there have no value for it."),
            Some(format!(
                "Say which: {rule} = {{ value = … }}, = {{ sql = \"…\" }}, or an old column's name.{}",
                basis
                    .matching
                    .perhaps(&Origin::NewColumn(named(&new.name, column)))
                    .unwrap_or_default()
            )),
        ),
        None => (
            Level::Safe,
            format!("The column “{place}” is new; in rows that are there it is NULL."),
            None,
        ),
    };
    let mut finding = Finding::new(
        level,
        Kind::Column,
        Change::Added,
        Subject::of(old, new, Some(&column.name)),
        sentence,
    );
    finding.advice = advice;
    finding.new_text(words::column(column))
}

/// From where a new column has its values.
fn comes(found: &Match) -> Option<String> {
    Some(match &found.shape {
        Shape::ColumnMoved { from, .. } => format!("it has the values of “{}.{}”", from.table, from.name),
        Shape::Flattened { from, value, .. } => format!("it holds the {} to which “{}.{}” referred", value.name, from.table, from.name),
        Shape::Rekeyed { from, new_key, .. } => format!("it refers by {new_key} to what “{}.{}” referred to", from.table, from.name),
        _ => return None,
    })
}

fn named(table: &str, column: &Column) -> crate::infer::Column {
    crate::infer::Column {
        table: table.to_owned(),
        name: column.name.clone(),
    }
}
