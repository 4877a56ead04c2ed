//! The top of the page: what is compared, the figures, what must be decided first; and what is alike at many tables.

use super::view::{Alike, View, toned};
use crate::diff::report::{Level, Report, SideFacts};
use crate::page::{Tone, badge, facts, number, size, tiles};
use maud::{Markup, html};

/// So many places stand beside a sentence; the rest is folded.
const NAMED: usize = 12;

/// What is compared.
pub fn header(report: &Report, all: usize) -> Markup {
    html! {
        h1 { "What differs" }
        (facts([("old", side(&report.old)), ("new", side(&report.new))]))
        @if all > report.findings.len() {
            p class="soft" { (number(report.findings.len() as u64)) " of " (number(all as u64)) " differences are of the level that was asked for; the others are left out." }
        }
    }
}

fn side(side: &SideFacts) -> Markup {
    let rows: u64 = side.rows.iter().map(|(_, rows)| rows).sum();
    html! {
        b { (side.name) } br;
        span class="soft" {
            (counted(side.schema.tables.len(), "table", "tables"))
            @if !side.rows.is_empty() { ", " (number(rows)) " rows" }
            @if let Some(bytes) = side.bytes { ", " (size(bytes)) }
            @if side.rows.is_empty() { ", schema alone" }
            ", fingerprint " code { (side.fingerprint.chars().take(12).collect::<String>()) }
        }
    }
}

/// A number of things.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n as u64), if n == 1 { one } else { many })
}

/// The figures.
pub fn figures(view: &View<'_>) -> Markup {
    let findings = &view.report.findings;
    let of = |level| findings.iter().filter(|f| f.level == level).count();
    let toned = |n: usize, tone| if n == 0 { Tone::Plain } else { tone };
    let tables = |is: &dyn Fn(bool, bool) -> bool| view.cards.iter().skip(1).filter(|c| is(c.old.is_some(), c.new.is_some())).count();
    let changed = view
        .cards
        .iter()
        .skip(1)
        .filter(|c| c.old.is_some() && c.new.is_some() && c.is_changed())
        .count();
    let (gone, came) = (tables(&|old, new| old && !new), tables(&|old, new| new && !old));
    let mut figures = vec![
        (of(Level::Blocks), "must be decided", toned(of(Level::Blocks), Tone::Bad)),
        (of(Level::Look), "to look at", toned(of(Level::Look), Tone::Look)),
        (of(Level::Safe), "safe", toned(of(Level::Safe), Tone::Good)),
        (changed, "tables changed", Tone::Plain),
        (came, "tables new", Tone::Plain),
        (gone, "tables gone", Tone::Plain),
    ];
    if let Some(inference) = &view.report.inference {
        figures.push((inference.matches.len(), "matches found", Tone::Plain));
        figures.push((inference.open.len(), "questions open", toned(inference.open.len(), Tone::Look)));
    }
    tiles(figures.into_iter().map(|(n, what, tone)| (number(n as u64), what, tone)))
}

/// What is said if there is nothing to show.
pub fn nothing(report: &Report, all: usize) -> &'static str {
    match (all, report.old.fingerprint == report.new.fingerprint) {
        (0, true) => "The schemas are the same.",
        (0, false) => "The schemas mean the same. (Their fingerprints differ: a name is written in another case.)",
        _ => "Nothing of this level differs.",
    }
}

/// What must be decided, then what somebody should look at.
pub fn first(view: &View<'_>) -> Markup {
    let grave: Vec<&Alike<'_>> = view.alike.iter().filter(|a| a.level > Level::Safe).collect();
    html! {
        section aria-labelledby="first" {
            h2 #first { "What to do first" }
            @if grave.is_empty() {
                p { "Nothing: no difference can lose or refuse a row." }
            } @else {
                div class="card" { @for alike in grave { (told(alike, view)) } }
            }
        }
    }
}

/// What is safe and the same at many tables.
pub fn alike(view: &View<'_>) -> Markup {
    let folded: Vec<&Alike<'_>> = view.alike.iter().filter(|a| a.is_folded).collect();
    html! {
        @if !folded.is_empty() {
            section aria-labelledby="alike" {
                h2 #alike { "Safe, and alike in many places" }
                div class="card" { @for alike in folded { (told(alike, view)) } }
            }
        }
    }
}

fn told(alike: &Alike<'_>, view: &View<'_>) -> Markup {
    let (tone, word) = toned(alike.level);
    let sentence = match alike.findings.as_slice() {
        [one] => one.sentence.clone(),
        many => format!("{} × {}", number(many.len() as u64), alike.sentence),
    };
    let (shown, rest) = alike.findings.split_at(alike.findings.len().min(NAMED));
    let advice = alike.findings.iter().find_map(|f| f.advice.as_deref());
    html! {
        div class="finding" {
            p { (badge(tone, word)) " " (sentence)
                @if alike.rows() > 0 { " " b { (number(alike.rows())) " rows." } } }
            p class="places" { (links(shown, view)) }
            @if !rest.is_empty() {
                details { summary { (number(rest.len() as u64)) " more" } p class="places" { (links(rest, view)) } }
            }
            @if let (Some(advice), Level::Look | Level::Blocks) = (advice, alike.level) {
                p class="advice" { @if alike.findings.len() > 1 { "For the first: " } (advice) }
            }
        }
    }
}

fn links(findings: &[&crate::diff::report::Finding], view: &View<'_>) -> Markup {
    html! {
        @for (n, finding) in findings.iter().enumerate() { @if n > 0 { " · " } (view.subject(finding)) }
    }
}
