//! A table as it was beside the table as it will be: what stays is counted, what differs stands side by side.

use super::mark::marked;
use super::summary::counted;
use super::view::Card;
use crate::diff::report::{Change, Finding, Kind};
use crate::diff::words;
use crate::schema::{Column, Table};
use maud::{Markup, html};
use std::collections::HashSet;

/// So many columns that stay as they are get named.
const NAMED: usize = 40;
/// So many columns of a table that came or went are unfolded.
const FEW: usize = 8;

/// The two sides of a card; nothing if there is nothing to see in them.
pub fn sides(card: &Card<'_>) -> Markup {
    if let (Some(table), None) | (None, Some(table)) = (card.old, card.new) {
        return whole(table);
    }
    let (mut rows, same) = columns(card);
    rows.extend(card.own.iter().chain(&card.folded).filter_map(|f| other(f)));
    if rows.is_empty() {
        return html! {};
    }
    let name = |table: Option<&Table>| table.map_or("—", |t| &t.name).to_owned();
    html! {
        table class="sides" {
            thead { tr { th scope="col" { "old: " (name(card.old)) } th scope="col" { "new: " (name(card.new)) } } }
            tbody {
                @for (old, new) in &rows {
                    @let (was, is) = marked(old, new);
                    tr {
                        td class=(if old.is_empty() { "none" } else { "was" }) { (was) }
                        td class=(if new.is_empty() { "none" } else { "is" }) { (is) }
                    }
                }
            }
        }
        @if !same.is_empty() {
            p class="soft" {
                @let more = same.len().saturating_sub(NAMED);
                (same.len()) (if same.len() == 1 { " column stays as it is: " } else { " columns stay as they are: " })
                span class="mono" { (same[..same.len() - more].join(", ")) }
                @if more > 0 { " and " (more) " more" }
            }
        }
    }
}

/// A table that has no other side.
fn whole(table: &Table) -> Markup {
    html! {
        details open[table.columns.len() <= FEW] {
            summary { "Its " (counted(table.columns.len(), "column", "columns")) }
            ul class="mono columns" {
                @for column in &table.columns { li { (written(column)) } }
                @for key in &table.foreign_keys { li { (key.columns.join(", ")) " REFERENCES " (words::reference(key)) } }
            }
        }
    }
}

/// Columns that differ, as they are written in the old and in the new table; and the names of those that do not.
fn columns(card: &Card<'_>) -> (Vec<(String, String)>, Vec<String>) {
    let (mut rows, mut same) = (Vec::new(), Vec::new());
    let mut shown: HashSet<String> = HashSet::new();
    let old = |name: &str| card.old.and_then(|t| t.column(name));
    // A new column stands where the new table has it; an old one that goes, behind the one that it followed.
    for now in card.new.iter().flat_map(|t| &t.columns) {
        let low = now.name.to_ascii_lowercase();
        let was = card.columns.iter().find(|(_, new)| **new == low).and_then(|(was, _)| old(was));
        match was.map(written) {
            Some(text) if text == written(now) => same.push(now.name.clone()),
            Some(text) => rows.push((text, written(now))),
            None => rows.push((String::new(), written(now))),
        }
        shown.extend(was.map(|w| w.name.to_ascii_lowercase()));
    }
    for was in card.old.iter().flat_map(|t| &t.columns) {
        if !shown.contains(&was.name.to_ascii_lowercase()) {
            rows.push((written(was), String::new()));
        }
    }
    (rows, same)
}

fn written(column: &Column) -> String {
    format!("{} {}", column.name, words::column(column)).trim_end().to_owned()
}

/// What is no column: keys, sets, checks, indexes, triggers, views and numbers.
fn other(finding: &Finding) -> Option<(String, String)> {
    let word = match finding.kind {
        Kind::Table if finding.change == Change::Changed => "",
        Kind::Table | Kind::Column | Kind::Type | Kind::Nullability | Kind::Default | Kind::Collation | Kind::Generated => return None,
        Kind::Key => "PRIMARY KEY ",
        Kind::ForeignKey => "REFERENCES ",
        Kind::Unique => "UNIQUE ",
        Kind::Check | Kind::Index | Kind::Trigger | Kind::View | Kind::Number => "",
    };
    let name = match finding.kind {
        Kind::ForeignKey => finding.subject.name.as_deref().map_or_else(String::new, |n| format!("{n} ")),
        Kind::Number => finding.subject.name.as_deref().map_or_else(String::new, |n| format!("{n} = ")),
        _ => String::new(),
    };
    let side = |text: &Option<String>| match text {
        Some(text) => format!("{name}{word}{text}"),
        None => String::new(),
    };
    let (old, new) = (side(&finding.old), side(&finding.new));
    (old != new).then_some((old, new))
}
