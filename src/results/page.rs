//! The page of all sites: those that need help first, each with what happened and what to do.

use super::read::{Found, Happened};
use super::site::{Help, Site, State, Summary};
use crate::page::{Tone, badge, facts, number, size, table, tiles, tools};
use maud::{Markup, html};

fn tone(help: Help) -> Tone {
    match help {
        Help::Urgent | Help::Failed => Tone::Bad,
        Help::Waits => Tone::Look,
        Help::None => Tone::Good,
    }
}

fn word(help: Help) -> &'static str {
    match help {
        Help::Urgent => "urgent",
        Help::Failed => "failed",
        Help::Waits => "waits",
        Help::None => "well",
    }
}

/// The whole page.
pub fn page(found: &Found, sites: &[Site]) -> String {
    let summary = Summary::of(sites);
    let figure = |n: usize, what, tone| (number(n as u64), what, if n > 0 { tone } else { Tone::Plain });
    let body = html! {
        header {
            h1 { "How the sites stand" }
            p class="soft" {
                (number(found.runs.len() as u64)) " runs at " (number(sites.len() as u64)) " sites. Times are those of each site's own clock, in UTC."
            }
        }
        (tiles([
            figure(summary.urgent, "need help at once", Tone::Bad),
            figure(summary.failed, "failed, and work as before", Tone::Bad),
            figure(summary.waits, "wait for somebody", Tone::Look),
            figure(summary.well, "are well", Tone::Good),
            figure(found.unreadable.len(), "files cannot be read", Tone::Look),
        ]))
        (tools("Find a site, a version, a reason …", &[("urgent", "urgent"), ("failed", "failed"), ("waits", "wait"), ("well", "well")]))
        main { @for site in sites { (card(site)) } }
        @if !found.unreadable.is_empty() {
            h2 { "Files that cannot be read" }
            (table(&["file", "why"], found.unreadable.iter().map(|u| vec![html! { code { (u.path.display()) } }, html! { (u.why) }])))
        }
    };
    crate::page::page("How the sites stand", &body)
}

fn card(site: &Site) -> Markup {
    let (run, state) = (&site.last, State::of(&site.last.state));
    let text = [
        &run.computer,
        &run.target,
        &run.product,
        &run.from,
        &run.to,
        &run.state,
        run.reason.as_deref().unwrap_or(""),
        &run.message,
    ]
    .join(" ");
    html! {
        article class="card" data-find=(text) data-level=(word(site.help)) {
            header {
                (badge(tone(site.help), state.words))
                h3 { (site.name()) }
                span class="soft" { (when(&run.ended)) }
            }
            p { (run.message) }
            @if !state.advice.is_empty() { p { strong { "To do: " } (state.advice) } }
            (facts(known(run)))
            @for warning in &run.warnings { p class="soft" { "Warning: " (warning) } }
            @if !site.earlier.is_empty() {
                details {
                    summary { (site.earlier.len()) " earlier" }
                    (table(&["when", "from", "to", "came to", "reason", "#seconds"], site.earlier.iter().map(earlier)))
                }
            }
        }
    }
}

fn known(run: &Happened) -> Vec<(&'static str, Markup)> {
    let way = match (run.from.as_str(), run.to.as_str()) {
        ("", to) => to.to_owned(),
        (from, to) => format!("{from} → {to}"),
    };
    let mut known = vec![("product", html! { (run.product) }), ("versions", html! { (way) })];
    if !run.version.is_empty() {
        known.push(("in place", html! { (run.version) }));
    }
    if let Some(reason) = &run.reason {
        known.push(("reason", html! { code { (reason) } }));
    }
    known.push((
        "took",
        html! { (format!("{:.1} s", run.elapsed)) @if run.bytes > 0 { " for " (size(run.bytes)) } },
    ));
    if let Some(why) = &run.unrehearsed {
        known.push(("not rehearsed", html! { (why) }));
    }
    known.push(("result", html! { code { (run.path.display()) } }));
    known
}

fn earlier(run: &Happened) -> Vec<Markup> {
    vec![
        html! { (when(&run.ended)) },
        html! { (run.from) },
        html! { (run.to) },
        html! { (State::of(&run.state).words) },
        html! { (run.reason.as_deref().unwrap_or_default()) },
        html! { (format!("{:.1}", run.elapsed)) },
    ]
}

/// A time without what nobody reads.
fn when(time: &str) -> String {
    let (day, rest) = time.split_once('T').unwrap_or((time, ""));
    match rest.get(..5) {
        Some(minute) => format!("{day} {minute}"),
        None => day.to_owned(),
    }
}
