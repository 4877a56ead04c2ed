//! Each table that changes, as a card: how it was and will be, what that means, and what to do.

use super::sides::sides;
use super::summary::counted;
use super::view::{Card, View, toned};
use crate::diff::report::{Change, Finding, Kind, Level, Weight};
use crate::page::{badge, number, table};
use maud::{Markup, html};

/// All cards, those with something to decide first. What is alike at many tables alone makes a folded card.
pub fn cards(view: &View<'_>) -> Markup {
    let mut cards: Vec<&Card<'_>> = view.cards.iter().filter(|c| c.is_changed()).collect();
    cards.sort_by_key(|c| (std::cmp::Reverse(c.own.iter().map(|f| f.level).max()), c.own.is_empty()));
    html! {
        @for card in cards { (one(card, view)) }
    }
}

fn one(card: &Card<'_>, view: &View<'_>) -> Markup {
    let levels: Vec<&str> = [Level::Blocks, Level::Look, Level::Safe]
        .into_iter()
        .filter(|l| card.number(*l) > 0)
        .map(|l| toned(l).1)
        .collect();
    html! {
        details class="card" id=(card.anchor) open[!card.own.is_empty()] data-find="" data-level=(levels.join(" ")) {
            summary {
                h3 { (title(card)) }
                @for level in [Level::Blocks, Level::Look, Level::Safe] {
                    @let n = card.number(level);
                    @let (tone, word) = toned(level);
                    @if n > 0 { " " (badge(tone, &format!("{} {word}", number(n as u64)))) }
                }
                @if let Some(rows) = rows(card, view) { " " span class="soft" { (rows) } }
            }
            (sides(card))
            @for finding in &card.own { (told(finding)) }
            @if !card.folded.is_empty() {
                details class="finding" data-level="safe" open[card.own.is_empty()] {
                    summary { (counted(card.folded.len(), "safe difference", "safe differences")) " as in other tables" }
                    ul { @for finding in &card.folded { li { (finding.sentence) } } }
                }
            }
        }
    }
}

fn title(card: &Card<'_>) -> Markup {
    match (card.old, card.new) {
        (Some(old), Some(new)) if old.name != new.name => html! { (old.name) " → " (new.name) },
        (Some(old), None) => html! { del { (old.name) } " is gone" },
        (None, Some(new)) => html! { (new.name) " is new" },
        _ => html! { (card.name()) },
    }
}

fn rows(card: &Card<'_>, view: &View<'_>) -> Option<String> {
    let name = &card.old?.name;
    let (_, rows) = view.report.old.rows.iter().find(|(table, _)| table == name)?;
    Some(if *rows == 1 {
        "1 row".to_owned()
    } else {
        format!("{} rows", number(*rows))
    })
}

/// A finding in full.
fn told(finding: &Finding) -> Markup {
    let (tone, word) = toned(finding.level);
    html! {
        div class="finding" data-level=(word) {
            p { (badge(tone, word)) " " (finding.sentence) }
            @if let Some(weight) = &finding.weight { (weighed(weight)) }
            @if let Some(advice) = &finding.advice { p class="advice" { (advice) } }
            @if needs_texts(finding) {
                p class="soft mono" { (finding.old.as_deref().unwrap_or("—")) " → " (finding.new.as_deref().unwrap_or("—")) }
            }
        }
    }
}

/// Whether what is written is to be seen nowhere else: the order of columns.
fn needs_texts(finding: &Finding) -> bool {
    finding.kind == Kind::Column && finding.change == Change::Changed
}

fn weighed(weight: &Weight) -> Markup {
    html! {
        p { b { (weight.sentence) } }
        @if !weight.samples.is_empty() {
            @let becomes = weight.samples.iter().any(|s| s.becomes.is_some());
            @let names: &[&str] = if becomes { &["row", "value", "becomes"] } else { &["row", "value"] };
            details open[weight.samples.len() <= 5] {
                summary { (number(weight.samples.len() as u64)) " of " (counted(usize::try_from(weight.rows).unwrap_or(usize::MAX), "row", "rows")) }
                (table(names, weight.samples.iter().map(|sample| vec![
                    html! { span class="mono" { (sample.key) } },
                    html! { span class="mono" { (sample.value) } },
                    html! { span class="mono" { (sample.becomes.as_deref().unwrap_or("")) } },
                ])))
            }
        }
    }
}

/// Tables of which there is nothing to say.
pub fn unchanged(view: &View<'_>) -> Markup {
    let same: Vec<&Card<'_>> = view.cards.iter().skip(1).filter(|c| !c.is_changed()).collect();
    html! {
        @if !same.is_empty() {
            section aria-labelledby="unchanged" {
                h2 #unchanged { (counted(same.len(), "table is as it was", "tables are as they were")) }
                details class="card" open[same.len() <= 30] {
                    summary { "Their names" }
                    p class="places" { @for (n, card) in same.iter().enumerate() { @if n > 0 { " · " } span id=(card.anchor) { (card.name()) } } }
                }
            }
        }
    }
}
