//! What became of what, with score and evidence; and the questions that stay open.

use super::view::View;
use crate::infer::{Candidate, Column, Evidence, Inference, Match, Open, Origin, Settled, Shape};
use crate::page::{Tone, badge, number, table};
use maud::{Markup, html};

/// So many matches are shown with their evidence unfolded.
const UNFOLDED: usize = 12;

/// The section.
pub fn section(inference: &Inference, view: &View<'_>) -> Markup {
    html! {
        @if !inference.open.is_empty() {
            section aria-labelledby="open" {
                h2 #open { "Questions that stay open" }
                @for open in &inference.open { (asked(open, view)) }
            }
        }
        @if !inference.matches.is_empty() {
            section aria-labelledby="became" {
                h2 #became { "What became of what" }
                div class="card" { @for found in &inference.matches { (matched(found, inference.matches.len() <= UNFOLDED, view)) } }
            }
        }
    }
}

fn matched(found: &Match, is_open: bool, view: &View<'_>) -> Markup {
    html! {
        details class="finding" open[is_open] {
            summary {
                (said(&found.shape, view)) " " (score(found.score))
                @if let Some(settled) = found.settled {
                    " " (badge(Tone::Good, match settled { Settled::Annotation => "said in the schema", Settled::Hint => "said in a hint", Settled::Answer => "answered" }))
                }
            }
            (why(&found.evidence))
        }
    }
}

/// A score as a bar and a figure.
fn score(score: f64) -> Markup {
    let tone = if score >= crate::infer::THRESHOLD { Tone::Good } else { Tone::Look };
    html! { span class={ "badge " (tone.class()) } title="from 0 to 1" { (format!("{score:.2}")) } }
}

fn why(evidence: &[Evidence]) -> Markup {
    html! {
        ul class="evidence" {
            @for e in evidence {
                li {
                    span class={ "mono " (if e.weight < 0.0 { "against" } else { "for" }) } { (format!("{:+.2}", e.weight)) }
                    " " span class="soft" { (e.about) ":" } " " (e.sentence)
                }
            }
        }
    }
}

fn asked(open: &Open, view: &View<'_>) -> Markup {
    html! {
        article class="card" {
            h3 { (origin(&open.origin, view)) }
            @if let Some(rows) = open.rows { p class="soft" { @match rows { 0 => "No row hangs on the answer.", 1 => "1 row hangs on the answer.", _ => { (number(rows)) " rows hang on the answer." } } } }
            @if !open.samples.is_empty() {
                details {
                    summary { "Values that are there" }
                    (table(&["value", "#rows"], open.samples.iter().map(|(value, n)| vec![
                        html! { span class="mono" { (value) } },
                        html! { (number(*n)) },
                    ])))
                }
            }
            @for Candidate { shape, score: points, evidence } in &open.candidates {
                details class="finding" {
                    summary { "Perhaps: " (said(shape, view)) " " (score(*points)) }
                    (why(evidence))
                }
            }
            @if open.candidates.is_empty() { p { "Nothing in the other schema is like it." } }
        }
    }
}

fn origin(origin: &Origin, view: &View<'_>) -> Markup {
    match origin {
        Origin::OldTable { table } => html! { "What becomes of the table " (view.link(true, table, table)) "?" },
        Origin::OldColumn(column) => html! { "What becomes of " (place(true, column, view)) "?" },
        Origin::NewColumn(column) => html! { "What fills " (place(false, column, view)) "?" },
        Origin::Values(column) => html! { "What becomes of the values of " (place(true, column, view)) "?" },
    }
}

fn place(is_old: bool, column: &Column, view: &View<'_>) -> Markup {
    view.link(is_old, &column.table, &format!("{}.{}", column.table, column.name))
}

/// A match as a line of words and links.
fn said(shape: &Shape, view: &View<'_>) -> Markup {
    let old = |column: &Column| place(true, column, view);
    let new = |column: &Column| place(false, column, view);
    match shape {
        Shape::TableRenamed { from, to } => html! { "table " (view.link(true, from, from)) " → " (view.link(false, to, to)) },
        Shape::TableMerged { from, to } => html! { "table " (view.link(true, from, from)) " goes into " (view.link(false, to, to)) },
        Shape::ColumnRenamed { from, to } => html! { (old(from)) " → " (new(to)) },
        Shape::ColumnMoved { from, to, by } => html! {
            (old(from)) " moved to " (new(to))
            @if !by.is_empty() { span class="soft" { ", by " @for (n, (column, is)) in by.iter().enumerate() { @if n > 0 { " and " } code { (column) " = " (is) } } } }
        },
        Shape::Flattened { from, to, value, key } => html! {
            (old(from)) " → " (new(to)) span class="soft" { ", the reference became the value of " code { (value.table) "." (value.name) } " by " code { (key.name) } }
        },
        Shape::Linked {
            from,
            table,
            owner,
            member,
            separator,
        } => html! {
            (old(from)) " became rows of " (view.link(false, table, table))
            span class="soft" { " (" code { (owner) } ", " code { (member) } @if let Some(separator) = separator { ", a list apart by " code { (format!("{separator:?}")) } } ")" }
        },
        Shape::Rekeyed {
            from,
            to,
            through,
            old_key,
            new_key,
        } => html! {
            (old(from)) " → " (new(to)) span class="soft" { ", another key of the same thing: " code { (through) "." (old_key) } " → " code { (through) "." (new_key) } }
        },
        Shape::ValuesRenamed { from, to, values } => html! {
            "values of " (old(from)) @if from != to { " in " (new(to)) } ": "
            @for (n, (was, is)) in values.iter().enumerate() { @if n > 0 { ", " } code { (was) } " → " code { (is) } }
        },
        Shape::IndexRenamed { from, to, table } => {
            html! { "index " code { (from) } " → " code { (to) } " of " (view.link(false, table, table)) }
        }
        Shape::Retyped { from, to } => html! { (old(from)) " has another type in " (new(to)) },
        Shape::Dropped { table, column, reason } => html! {
            @match column { Some(column) => (old(&Column { table: table.clone(), name: column.clone() })), None => { "table " (view.link(true, table, table)) } }
            " goes: " (reason)
        },
    }
}
