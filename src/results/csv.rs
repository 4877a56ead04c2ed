//! The same as a table for a spreadsheet: a line for each run. What a spreadsheet would take for a formula is text.

use super::read::Happened;
use super::site::{Help, Site, State};

const COLUMNS: [&str; 17] = [
    "needs_help",
    "last",
    "computer",
    "target",
    "product",
    "from",
    "to",
    "version",
    "state",
    "reason",
    "began",
    "ended",
    "seconds",
    "bytes",
    "message",
    "unrehearsed",
    "warnings",
];

/// The whole table, in UTF-8 with the mark by which spreadsheets know it, and lines as RFC 4180 ends them.
///
/// # Errors
/// None that an intact memory gives; they are passed on all the same.
pub fn csv(sites: &[Site]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::from("\u{feff}"));
    writer.write_record(COLUMNS)?;
    for site in sites {
        writer.write_record(line(&site.last, true))?;
        for run in &site.earlier {
            writer.write_record(line(run, false))?;
        }
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

fn line(run: &Happened, is_last: bool) -> Vec<String> {
    let help = match State::of(&run.state).help {
        _ if !is_last => "",
        Help::Urgent => "urgent",
        Help::Failed => "failed",
        Help::Waits => "waits",
        Help::None => "no",
    };
    let words = [
        help,
        if is_last { "yes" } else { "" },
        &run.computer,
        &run.target,
        &run.product,
        &run.from,
        &run.to,
        &run.version,
        &run.state,
        run.reason.as_deref().unwrap_or_default(),
        &run.began,
        &run.ended,
        &format!("{:.1}", run.elapsed),
        &run.bytes.to_string(),
        &run.message,
        run.unrehearsed.as_deref().unwrap_or_default(),
        &run.warnings.join(" | "),
    ];
    words.into_iter().map(tame).collect()
}

/// A spreadsheet computes what begins like a formula, whoever wrote it: <https://owasp.org/www-community/attacks/CSV_Injection>.
fn tame(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}
