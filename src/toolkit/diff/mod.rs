//! `holdfast diff`: what differs between two schemas, how grave it is, and what to do. It reads both sides and changes nothing.

mod terminal;

use super::desk;
use crate::diff::{Level, Report, WeighOptions, compare, page, weigh};
use crate::failure::Result;
use crate::infer::{Hints, infer};
use crate::schema;
use clap::ValueEnum;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The old side: a database, SQL text, a payload folder (its newest version), or a version of one: PAYLOAD@VERSION.
    old: String,
    /// The new side, likewise.
    new: String,
    /// Which of a payload's databases is meant; the first one if not given.
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// A regular expression for literals that each site makes for itself. (UUIDs, and the masks of a payload's manifest, are known.)
    #[arg(long = "mask", value_name = "REGEX")]
    masks: Vec<String>,
    /// What people know of what became of what: a file of [[renamed]], [[moved]], [[dropped]] …
    #[arg(long, value_name = "FILE", conflicts_with = "no_guess")]
    hints: Option<PathBuf>,
    /// Compare by name alone: neither guess what became of what, nor look at annotations.
    #[arg(long)]
    no_guess: bool,
    /// Show the form of values instead of the values, where rows of the old database are shown.
    #[arg(long)]
    masked: bool,
    /// Compare the schemas alone, and read no rows.
    #[arg(long, conflicts_with = "masked")]
    no_data: bool,
    /// Leave out what is less grave.
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<Least>,
    /// Name every single difference, and do not fold those that are alike.
    #[arg(long)]
    all: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Write the report as one page that needs nothing else, for any browser, and for paper.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Exit with 1 if anything blocks.
    #[arg(long)]
    exit_code: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast diff old.db new.sql
  holdfast diff site.db my-payload --level look        # what the update will meet at a site
  holdfast diff my-payload@1.0 my-payload --exit-code  # for a script: 1 if anything blocks
  holdfast diff old.db new.db --json";

/// The least level that is shown.
#[derive(Clone, Copy, ValueEnum)]
enum Least {
    Safe,
    Look,
    Blocks,
}

/// What `--exit-code` answers if anything blocks.
const BLOCKED: u8 = 1;

/// Compares, and returns the exit code.
pub fn diff(arguments: &Arguments) -> Result<u8> {
    let database = arguments.database.as_deref();
    let mut old = schema::open(&arguments.old, database)?;
    let mut new = schema::open(&arguments.new, database)?;
    if arguments.no_data {
        old.data = None;
        new.data = None;
    }
    let hints = arguments.hints.as_deref().map(Hints::read).transpose()?.unwrap_or_default();
    let mut inference = match arguments.no_guess {
        true => None,
        false => Some(infer(&old, &new, &hints)?),
    };
    if let (true, Some(inference)) = (arguments.masked, &mut inference) {
        inference.mask([&old.definition, &new.definition]);
    }
    let mut report = compare(&old, &new, &arguments.masks, inference)?;
    let options = WeighOptions { masked: arguments.masked };
    weigh(&mut report, &old, &new, &options)?;
    let number = report.findings.len();
    let blocks = report.findings.iter().any(|f| f.level == Level::Blocks);
    if let Some(least) = arguments.level {
        let least = match least {
            Least::Safe => Level::Safe,
            Least::Look => Level::Look,
            Least::Blocks => Level::Blocks,
        };
        report.findings.retain(|f| f.level >= least);
    }
    if let Some(path) = &arguments.html {
        std::fs::write(path, page(&report, number)).map_err(|e| desk(path, &e))?;
    }
    print(&report, number, arguments)?;
    Ok(if blocks && arguments.exit_code { BLOCKED } else { 0 })
}

fn print(report: &Report, number: usize, arguments: &Arguments) -> Result<()> {
    let text = if arguments.json {
        serde_json::to_string_pretty(report).map_err(std::io::Error::from)? + "\n"
    } else {
        let has_colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        terminal::text(report, number, arguments.all, has_colour)
    };
    crate::print::out(format_args!("{text}"));
    Ok(())
}
