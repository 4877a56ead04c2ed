//! `holdfast report`: one page of all sites from what sticks brought home, and the same for machines.

use super::desk;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::results::{Found, Summary, csv, find, page, sites};
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Result files, or folders below which they lie: a stick, `holdfast-logs`, an application folder.
    #[arg(required = true)]
    places: Vec<PathBuf>,
    /// The page to write; `report.html` if nothing else is asked for.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A table for a spreadsheet, a line for each run.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast report stick/holdfast-logs                              # a page, report.html
  holdfast report north-stick south-stick --csv sites.csv --json";

/// Writes it.
pub fn report(arguments: &Arguments) -> Result<()> {
    let found = found(&arguments.places)?;
    let sites = sites(&found);
    let html = match (&arguments.html, &arguments.csv, arguments.json) {
        (None, None, false) => Some(Path::new("report.html")),
        (html, ..) => html.as_deref(),
    };
    let mut written = Vec::new();
    if let Some(path) = html {
        written.push((path, page(&found, &sites).into_bytes()));
    }
    if let Some(path) = &arguments.csv {
        let table = csv(&sites).map_err(|e| Failure::new(Reason::DiskFailed, format!("“{}”: {e}.", path.display())).at(path))?;
        written.push((path, table));
    }
    for (path, bytes) in &written {
        std::fs::write(path, bytes).map_err(|e| desk(path, &e))?;
    }
    let summary = Summary::of(&sites);
    if arguments.json {
        let value = serde_json::json!({ "summary": summary, "sites": sites, "unreadable": found.unreadable });
        say!("{}", serde_json::to_string_pretty(&value).map_err(std::io::Error::from)?);
        return Ok(());
    }
    let needing = summary.urgent + summary.failed + summary.waits;
    for (path, _) in written {
        say!("{} sites, {needing} of them need somebody: “{}”", summary.sites, path.display());
    }
    Ok(())
}

/// All results below some places. None at all is most likely the wrong folder.
pub fn found(places: &[PathBuf]) -> Result<Found> {
    if let Some(missing) = places.iter().find(|place| !place.exists()) {
        fail!(
            RequestInvalid,
            "There is no “{}”. Name the stick, its folder `holdfast-logs`, or result files.",
            missing.display()
        );
    }
    let found = find(places);
    if found.runs.is_empty() && found.unreadable.is_empty() {
        let named: Vec<String> = places.iter().map(|place| format!("“{}”", place.display())).collect();
        fail!(
            RequestInvalid,
            "There is no result of an update below {}. Sticks bring results home in `holdfast-logs`; at a site they are in `.holdfast`.",
            named.join(", ")
        );
    }
    Ok(found)
}
