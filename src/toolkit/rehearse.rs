//! `holdfast rehearse`: a payload on copies of real sites, exactly as the updater will run, with a certificate at the end.

use super::release;
use crate::failure::{Aftermath, Exit, Failure, Reason, Result};
use crate::flow::human;
use crate::rehearse::samples::{Change, Wish};
use crate::rehearse::{Details, Done, Found, Rehearsal, Request, Voice, rehearse};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The payload folder.
    payload: PathBuf,
    /// Application folders, and databases around which a site is laid out. They are only read.
    #[arg(required = true, value_name = "SITE")]
    sites: Vec<String>,
    /// A database that takes the place of a site's own: NAME=PATH.
    #[arg(long = "database", value_name = "NAME=PATH")]
    databases: Vec<String>,
    /// The version of databases that are given alone, if they do not say it.
    #[arg(long)]
    from: Option<String>,
    /// The tenant, for data loads and scripts.
    #[arg(long)]
    context: Option<String>,
    /// Leave the migrated pair of each site in this folder, the old one beside it.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Show some of the same rows before and after, for each kind of change.
    #[arg(long)]
    shell: bool,
    /// With --shell: make values unreadable.
    #[arg(long, requires = "shell")]
    masked: bool,
    /// How often the swap is cut off; 24 times if not given, less often for large sites.
    #[arg(long)]
    cuts: Option<u64>,
    /// Begin a new certificate, even if the one that is there could be added to.
    #[arg(long)]
    afresh: bool,
    /// What was found, as one JSON object.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast rehearse my-payload copies/lyon copies/nantes
  holdfast rehearse my-payload site.db --from 1.0
  holdfast rehearse my-payload copies/lyon --keep tried --shell  # the migrated pair, and the same rows before and after";

/// Does it, says what was found, and gives the process's exit code.
pub fn run(arguments: &Arguments) -> u8 {
    match done(arguments) {
        Ok(done) => {
            match arguments.json {
                true => say!("{:#}", json(&done)),
                false => crate::print::out(format_args!("{}", text(&done))),
            }
            done.exit as u8
        }
        Err(failure) => {
            let code = Exit::of(&failure, Aftermath::Untouched) as u8;
            match arguments.json {
                true => say!("{:#}", serde_json::json!({"exit_code": code, "failures": [failure]})),
                false => complain!("{}\n{}", failure.message, failure.reason),
            }
            code
        }
    }
}

fn done(arguments: &Arguments) -> Result<Done> {
    let from = arguments.from.as_ref().map(|text| text.parse()).transpose();
    let request = Request {
        payload: arguments.payload.clone(),
        sites: arguments.sites.clone(),
        databases: release::parse(&arguments.databases)?,
        from: from.map_err(|e: String| Failure::new(Reason::RequestInvalid, format!("--from: {e}.")))?,
        tenant: arguments.context.clone(),
        cuts: arguments.cuts,
        keep: arguments.keep.clone(),
        samples: arguments.shell.then_some(Wish { masked: arguments.masked }),
        afresh: arguments.afresh,
    };
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    // A second handler in one process is refused; then the first one stays.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    let voice = Voice {
        tell: &|what| bar.set_message(what.to_owned()),
        cancel,
    };
    let done = rehearse(&request, &voice);
    bar.finish_and_clear();
    done
}

fn json(done: &Done) -> serde_json::Value {
    let of_now: Vec<&Rehearsal> = done.rehearsals().collect();
    serde_json::json!({
        "exit_code": done.exit as u8,
        "passed": done.exit == Exit::Done,
        "certificate": done.path,
        "payload": done.certificate.payload,
        "engine": done.certificate.engine,
        "afresh": done.afresh,
        "missing": done.missing,
        "rehearsals": of_now,
    })
}

fn text(done: &Done) -> String {
    let mut lines: Vec<String> = done.afresh.iter().map(|why| format!("note: {why}")).collect();
    for rehearsal in done.rehearsals() {
        lines.extend(of_site(rehearsal, &done.certificate.version));
    }
    lines.push(format!(
        "The certificate is “{}”; beside it is a page to read.",
        done.path.display()
    ));
    if !done.missing.is_empty() {
        lines.push(format!(
            "The update also starts from {}, which no passed rehearsal covers. Rehearse a site of each before packing.",
            done.missing.join(", ")
        ));
    }
    lines.join("\n") + "\n"
}

fn of_site(rehearsal: &Rehearsal, to: &str) -> Vec<String> {
    let details = &rehearsal.details;
    let from = if rehearsal.from.is_empty() { "?" } else { &rehearsal.from };
    let verdict = if rehearsal.passed { "passed" } else { "FAILED" };
    let mut lines = vec![format!("“{}”: {from} to {to}, {verdict}", rehearsal.site)];
    for failure in &details.failures {
        lines.push(format!("  {}", failure.message));
        lines.push(format!("  {}", failure.reason));
    }
    for database in &rehearsal.databases {
        let (name, bytes, rows) = (&database.name, human(database.bytes), database.rows);
        lines.push(format!("  database {name}: {bytes}, {rows} rows"));
    }
    if details.seconds > 0.0 {
        lines.extend(measured(details));
    }
    lines.extend(details.steps.iter().filter(|s| s.table.is_none()).map(|step| {
        format!(
            "  step {}/{} ({}): {} inserted, {} updated, {} deleted, {:.2} s",
            step.version, step.step, step.kind, step.inserted, step.updated, step.deleted, step.seconds
        )
    }));
    let left = details.accounts.iter().map(|row| &row.account).filter(|account| account.left > 0);
    lines.extend(left.map(|account| {
        let why = account
            .dropped
            .clone()
            .unwrap_or_else(|| format!("moved to {}", account.moved_to.join(", ")));
        format!("  {} of {} rows left “{}”: {why}", account.left, account.before, account.table)
    }));
    let asked = details.checks.iter().filter(|check| check.passed.is_some()).count();
    if asked > 0 {
        let held = details.checks.iter().filter(|check| check.passed == Some(true)).count();
        lines.push(format!("  {held} of {asked} checks held"));
    }
    lines.extend(way_back(details));
    lines.extend(details.warnings.iter().map(|warning| format!("  warning: {warning}")));
    lines.extend(
        details
            .kept
            .iter()
            .map(|kept| format!("  Both pairs are in “{}” to be tried.", kept.display())),
    );
    lines.extend(samples(&details.samples));
    lines
}

fn measured(details: &Details) -> Vec<String> {
    let away = details
        .away_seconds
        .map_or_else(String::new, |s| format!(", {s:.2} s of it without a program"));
    vec![
        format!(
            "  the update took {:.1} s here{away}; at a site up to {} s",
            details.seconds, details.estimated_seconds
        ),
        format!(
            "  it asks for {} of room, and took {}",
            human(details.needed_bytes),
            human(details.peak_bytes)
        ),
    ]
}

fn way_back(details: &Details) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(back) = &details.rollback {
        let how = if back.old_again {
            "the old pair, byte for byte"
        } else {
            "NOT the old pair"
        };
        lines.push(format!("  rolled back in {:.1} s: {how}", back.seconds));
    }
    if let Some(drill) = &details.drill {
        lines.push(format!(
            "  cut off at {} of {} operations of the swap and recovered: {} times exactly old, {} times exactly new, {} times neither",
            drill.cuts.len(),
            drill.operations,
            drill.count(Found::Old),
            drill.count(Found::New),
            drill.cuts.len() - drill.count(Found::Old) - drill.count(Found::New)
        ));
    }
    lines
}

/// Rows before and after, one above the other.
fn samples(changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut heading = "";
    for change in changes {
        if change.kind.heading() != heading {
            heading = change.kind.heading();
            lines.push(format!("\n  {heading}"));
        }
        lines.push(format!("    {}", change.what));
        for row in &change.rows {
            let side = |names: &[String], values: &[String]| {
                let cells: Vec<String> = names.iter().zip(values).map(|(name, value)| format!("{name} “{value}”")).collect();
                cells.join(", ")
            };
            let (old, new) = (side(&change.old_columns, &row.old), side(&change.new_columns, &row.new));
            let key = if row.key.is_empty() { "a row" } else { &row.key };
            lines.push(format!("      {key}"));
            lines.extend((!old.is_empty()).then(|| format!("        before: {old}")));
            lines.extend((!new.is_empty()).then(|| format!("        after:  {new}")));
        }
        if change.more > 0 {
            lines.push(format!("    and {} more of this kind", change.more));
        }
    }
    lines
}
