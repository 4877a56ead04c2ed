//! `holdfast status`: how the sites stand, in the terminal; those that need help come first.

use super::report::found;
use crate::failure::Result;
use crate::results::{Help, Site, State, Summary, sites};
use std::path::PathBuf;

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Result files, or folders below which they lie: a stick, `holdfast-logs`, an application folder.
    #[arg(required = true)]
    places: Vec<PathBuf>,
    /// Only the sites that need help.
    #[arg(long)]
    help_needed: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast status stick/holdfast-logs                  # all sites whose results a stick brought home
  holdfast status north-stick south-stick --help-needed";

/// Says it.
pub fn status(arguments: &Arguments) -> Result<()> {
    let found = found(&arguments.places)?;
    let sites = sites(&found);
    let shown: Vec<&Site> = sites
        .iter()
        .filter(|site| !arguments.help_needed || site.help != Help::None)
        .collect();
    let widths = [width(&shown, |s| s.name()), width(&shown, way)];
    for site in &shown {
        let (run, state) = (&site.last, State::of(&site.last.state));
        let mark = match site.help {
            Help::Urgent => "!!",
            Help::Failed => "! ",
            Help::Waits => "? ",
            Help::None => "  ",
        };
        say!(
            "{mark} {:<a$}  {:<b$}  {:<19}  {:>7.1} s  {}",
            site.name(),
            way(site),
            run.ended.get(..19).unwrap_or(&run.ended),
            run.elapsed,
            state.words,
            a = widths[0],
            b = widths[1],
        );
        if site.help != Help::None {
            let reason = run.reason.as_deref().map_or_else(String::new, |reason| format!("{reason}: "));
            say!("     {reason}{}", run.message);
            say!("     {}", state.advice);
        }
        if let Some(why) = &run.unrehearsed {
            say!("     not rehearsed: {why}");
        }
    }
    for file in &found.unreadable {
        say!("?? {}: {}", file.path.display(), file.why);
    }
    let summary = Summary::of(&sites);
    say!(
        "{} sites: {} need help at once, {} failed and work as before, {} wait for somebody, {} are well; {} files cannot be read",
        summary.sites,
        summary.urgent,
        summary.failed,
        summary.waits,
        summary.well,
        found.unreadable.len()
    );
    Ok(())
}

fn way(site: &Site) -> String {
    match site.last.from.as_str() {
        "" => format!("{} {}", site.product, site.last.to),
        from => format!("{} {from} → {}", site.product, site.last.to),
    }
}

fn width(sites: &[&Site], text: impl Fn(&Site) -> String) -> usize {
    sites.iter().map(|site| text(site).chars().count()).max().unwrap_or(0)
}
