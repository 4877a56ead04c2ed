//! The certificate as a page: what was tried, on what, and what was seen. It shows the certificate and nothing besides.

use super::certificate::{Certificate, Rehearsal};
use super::details::{Cut, Details, Drill, Found};
use super::samples::{Change, Pairing};
use crate::page::{Tone, badge, facts, number, page, size, table, tiles};
use maud::{Markup, html};

/// The whole page.
pub fn written(certificate: &Certificate) -> String {
    let passed = certificate.rehearsals.iter().filter(|r| r.passed).count();
    let failed = certificate.rehearsals.len() - passed;
    let title = format!("Rehearsals of {} {}", certificate.product, certificate.version);
    let rows: u64 = certificate.rehearsals.iter().flat_map(|r| &r.databases).map(|d| d.rows).sum();
    let cuts: u64 = certificate.rehearsals.iter().map(|r| r.cuts).sum();
    let failing = if failed > 0 { Tone::Bad } else { Tone::Plain };
    let body = html! {
        header {
            h1 { (title) }
            p class="soft" { "Payload " code { (certificate.payload) } ", Holdfast " (certificate.engine) }
        }
        main {
            (tiles([
                (passed.to_string(), "passed", Tone::Good),
                (failed.to_string(), "failed", failing),
                (number(rows), "rows before", Tone::Plain),
                (number(cuts), "cuts of the swap, recovered", Tone::Plain),
            ]))
            @for rehearsal in &certificate.rehearsals { (site(rehearsal, &certificate.version)) }
        }
    };
    page(&title, &body)
}

fn verdict(rehearsal: &Rehearsal) -> Markup {
    match rehearsal.passed {
        true => badge(Tone::Good, "passed"),
        false => badge(Tone::Bad, "failed"),
    }
}

fn site(rehearsal: &Rehearsal, to: &str) -> Markup {
    let details = &rehearsal.details;
    let from = if rehearsal.from.is_empty() { "?" } else { &rehearsal.from };
    html! {
        section class="card" {
            h2 { (rehearsal.site) " " (verdict(rehearsal)) }
            p class="soft" { (from) " to " (to) ", " (details.at) }
            @for failure in &details.failures {
                p { (badge(Tone::Bad, failure.reason.code())) " " (failure.message) }
            }
            @for warning in &details.warnings { p { (badge(Tone::Look, "warning")) " " (warning) } }
            (databases(rehearsal))
            @if details.seconds > 0.0 { (measured(details)) }
            (steps(details))
            (accounts(details))
            (checks(details))
            (way_back(details))
            (samples(&details.samples))
        }
    }
}

fn databases(rehearsal: &Rehearsal) -> Markup {
    if rehearsal.databases.is_empty() {
        return html! {};
    }
    let rows = rehearsal.databases.iter().map(|d| {
        vec![
            html! { (d.name) },
            html! { (size(d.bytes)) },
            html! { (number(d.rows)) },
            html! { code { (short(&d.before)) } },
            html! { code { (short(&d.after)) } },
            html! { code { (short(&d.content)) } },
        ]
    });
    html! {
        h3 { "Databases" }
        (table(&["name", "#size", "#rows", "schema before", "schema reached", "content before"], rows))
    }
}

/// The beginning of a hash, for people; the certificate has the whole.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(if hash.is_empty() { "not reached" } else { hash })
}

fn measured(details: &Details) -> Markup {
    let away = details
        .away_seconds
        .map_or_else(|| "it never was without one".to_owned(), |s| format!("{s:.2} s"));
    let phases = details
        .phases
        .iter()
        .map(|phase| vec![html! { (phase.stage) }, html! { (format!("{:.2} s", phase.seconds)) }]);
    html! {
        h3 { "Time and room" }
        (facts([
            ("here", html! { (format!("{:.1} s", details.seconds)) }),
            ("without a program", html! { (away) }),
            ("at a site with a slow disk", html! { "up to " (number(details.estimated_seconds)) " s" }),
            ("room that is asked for", html! { (size(details.needed_bytes)) }),
            ("room that was taken", html! { (size(details.peak_bytes)) }),
        ]))
        details { summary { "Stage by stage" } (table(&["stage", "#time"], phases)) }
    }
}

fn steps(details: &Details) -> Markup {
    if details.steps.is_empty() {
        return html! {};
    }
    let rows = details.steps.iter().map(|step| {
        let of = match (&step.table, &step.source) {
            (Some(table), Some(source)) if table != source => format!("{table}, from {source}"),
            (Some(table), _) => table.clone(),
            _ => String::new(),
        };
        vec![
            html! { (step.version) "/" (step.step) },
            html! { (of) },
            html! { (number(step.read)) },
            html! { (number(step.inserted)) },
            html! { (number(step.updated)) },
            html! { (number(step.deleted)) },
            html! { (format!("{:.2} s", step.seconds)) },
        ]
    });
    html! {
        details open[details.steps.len() <= 20] {
            summary { h3 { "Steps" } }
            (table(&["step", "table", "#read", "#inserted", "#updated", "#deleted", "#time"], rows))
        }
    }
}

fn accounts(details: &Details) -> Markup {
    if details.accounts.is_empty() {
        return html! {};
    }
    let rows = details.accounts.iter().map(|row| {
        let account = &row.account;
        let became = match (&account.now, account.moved_to.as_slice()) {
            (Some(now), []) if *now == account.table => String::new(),
            (Some(now), []) => now.clone(),
            (Some(now), others) => format!("{now}, {}", others.join(", ")),
            (None, []) => "gone".to_owned(),
            (None, others) => others.join(", "),
        };
        vec![
            html! { (row.version) },
            html! { (account.table) },
            html! { (number(account.before)) },
            html! { (number(account.after)) },
            html! { (became) },
            html! { (number(account.left)) },
            html! { (account.dropped.as_deref().unwrap_or_default()) },
        ]
    });
    let left: u64 = details.accounts.iter().map(|row| row.account.left).sum();
    html! {
        details open[details.accounts.len() <= 20] {
            summary { h3 { "Row accounts, table by table: " (number(left)) " rows left their table" } }
            (table(&["version", "table", "#before", "#after", "is now", "#left", "why they go for good"], rows))
        }
    }
}

fn checks(details: &Details) -> Markup {
    if details.checks.is_empty() {
        return html! {};
    }
    let rows = details.checks.iter().map(|check| {
        let word = match check.passed {
            Some(true) => badge(Tone::Good, "held"),
            Some(false) => badge(Tone::Bad, "failed"),
            None => badge(Tone::Plain, "not asked"),
        };
        vec![word, html! { (check.name) }, html! { (check.said) }]
    });
    html! { h3 { "Checks" } (table(&["", "check", "what it said"], rows)) }
}

fn way_back(details: &Details) -> Markup {
    html! {
        @if let Some(back) = &details.rollback {
            h3 { "The way back" }
            p {
                @if back.old_again {
                    (badge(Tone::Good, "old again")) " Rolled back in " (format!("{:.1}", back.seconds)) " s: the old pair was there byte for byte."
                } @else {
                    (badge(Tone::Bad, "not as it was")) " After the rollback the old pair was not there as it was."
                }
            }
        }
        @if let Some(drill) = &details.drill { (drilled(drill)) }
    }
}

fn drilled(drill: &Drill) -> Markup {
    let tone = if drill.held() { Tone::Good } else { Tone::Bad };
    let row = |cut: &Cut| {
        vec![
            html! { (cut.at) },
            html! { (cut.stage) },
            html! { (cut.operation) " " code { (cut.path) } },
            found(cut.left),
            html! { (found(cut.recovered)) " " (cut.difference.as_deref().unwrap_or_default()) },
        ]
    };
    html! {
        p {
            (badge(tone, if drill.held() { "held" } else { "broken" }))
            " The swap has " (number(drill.operations)) " operations. It was cut off at " (drill.cuts.len())
            " of them and recovered: " (drill.count(Found::Old)) " times exactly old, " (drill.count(Found::New)) " times exactly new."
        }
        details {
            summary { "Cut by cut" }
            (table(&["#before operation", "stage", "which is to", "could be started", "after the recovery"], drill.cuts.iter().map(row)))
        }
    }
}

fn found(found: Found) -> Markup {
    match found {
        Found::Mixed => badge(Tone::Bad, found.words()),
        _ => html! { (found.words()) },
    }
}

fn samples(changes: &[Change]) -> Markup {
    html! {
        @for kind in changes.chunk_by(|a, b| a.kind == b.kind && a.database == b.database) {
            h3 { (kind[0].kind.heading()) }
            @for change in kind { (sample(change)) }
        }
    }
}

/// The same rows, side by side.
fn sample(change: &Change) -> Markup {
    let sides = |row: &Pairing| {
        let old = change.old_columns.iter().zip(&row.old);
        let new = change.new_columns.iter().zip(&row.new);
        vec![
            html! { (row.key) },
            html! { @for (name, value) in old { div { span class="soft" { (name) } " " (value) } } },
            html! { @for (name, value) in new { div { span class="soft" { (name) } " " (value) } } },
        ]
    };
    html! {
        p { (change.what) }
        @if !change.rows.is_empty() { (table(&["row", "before", "after"], change.rows.iter().map(sides))) }
        @if change.more > 0 { p class="soft" { "and " (change.more) " more of this kind" } }
    }
}
