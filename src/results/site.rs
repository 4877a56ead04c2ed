//! How a site stands: by its last run. Its earlier ones are its history.

use super::read::{Found, Happened};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Whether somebody must do something, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Help {
    /// Program and data may not be whole: help before anybody starts the application.
    Urgent,
    /// The update failed; the site works as before.
    Failed,
    /// A person at the site has something to do: to try again, to confirm.
    Waits,
    /// Nobody has to do anything.
    None,
}

/// What a run came to, by the words of the result file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether somebody must do something.
    pub help: Help,
    /// In a few words.
    pub words: &'static str,
    /// What to do; empty if nothing.
    pub advice: &'static str,
}

impl State {
    /// Of the word in a result file. A word of a newer Holdfast needs a look.
    pub fn of(word: &str) -> State {
        let (help, words, advice) = match word {
            "done" => (Help::None, "done", ""),
            "nothing_to_do" => (Help::None, "in place already", ""),
            "tested" => (Help::None, "tried on a copy", ""),
            "planned" => (Help::None, "planned only", ""),
            "held" => (
                Help::Waits,
                "waits to be confirmed",
                "Ask the site whether the new version works; then “confirm” or “rollback”.",
            ),
            "busy" => (
                Help::Waits,
                "in use",
                "Close the application on every computer that uses it, and run the update again.",
            ),
            "cancelled" => (Help::Waits, "cancelled", "Somebody stopped it. Run the update again when it suits."),
            "usage" => (Help::Waits, "misunderstood", "Mend the command line, and run the update again."),
            "refused" => (
                Help::Failed,
                "refused, nothing touched",
                "Read the reason: the site is not as the update expects it.",
            ),
            "restored" => (
                Help::Failed,
                "failed, and put back",
                "Read the reason, and send a corrected update.",
            ),
            "not_restored" => (
                Help::Urgent,
                "failed, and NOT put back",
                "Nobody may start the application there. Run “recover”, and look at the log.",
            ),
            _ => (Help::Waits, "unknown", "The result is of a newer Holdfast: read it with that."),
        };
        State { help, words, advice }
    }
}

/// A site and what happened there.
#[derive(Debug, Serialize)]
pub struct Site {
    /// The computer; empty if no result names it.
    pub computer: String,
    /// The application folder.
    pub target: String,
    /// The product.
    pub product: String,
    /// Whether it needs help.
    pub help: Help,
    /// The last run.
    pub last: Happened,
    /// Earlier runs, the latest first.
    pub earlier: Vec<Happened>,
}

impl Site {
    /// What people call it.
    pub fn name(&self) -> String {
        match (self.computer.is_empty(), self.target.is_empty()) {
            (true, true) => "a site that no result names".to_owned(),
            (true, false) => self.target.clone(),
            (false, true) => self.computer.clone(),
            (false, false) => format!("{}: {}", self.computer, self.target),
        }
    }
}

/// How many sites stand how.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// All sites.
    pub sites: usize,
    /// Those where program and data may not be whole.
    pub urgent: usize,
    /// Those where the update failed and the old pair is in place.
    pub failed: usize,
    /// Those where somebody has something to do.
    pub waits: usize,
    /// The rest.
    pub well: usize,
}

impl Summary {
    /// Counts.
    pub fn of(sites: &[Site]) -> Summary {
        let count = |help| sites.iter().filter(|site| site.help == help).count();
        Summary {
            sites: sites.len(),
            urgent: count(Help::Urgent),
            failed: count(Help::Failed),
            waits: count(Help::Waits),
            well: count(Help::None),
        }
    }
}

/// The sites, those that need help first. What was only tried or planned says nothing of how a site stands, unless there is nothing else.
pub fn sites(found: &Found) -> Vec<Site> {
    let mut groups: BTreeMap<(String, String, String), Vec<Happened>> = BTreeMap::new();
    for run in &found.runs {
        // Windows does not tell the case of a path apart.
        let key = (run.computer.to_lowercase(), run.target.to_lowercase(), run.product.clone());
        groups.entry(key).or_default().push(run.clone());
    }
    let mut sites: Vec<Site> = groups.into_values().filter_map(site).collect();
    sites.sort_by(|a, b| (a.help, Reverse(&a.last.ended), a.name()).cmp(&(b.help, Reverse(&b.last.ended), b.name())));
    sites
}

fn site(mut runs: Vec<Happened>) -> Option<Site> {
    let is_real = |run: &Happened| run.aim != "test" && !matches!(run.state.as_str(), "planned" | "tested");
    let last = runs.iter().rposition(is_real).unwrap_or(runs.len().checked_sub(1)?);
    let last = runs.remove(last);
    runs.reverse();
    Some(Site {
        computer: last.computer.clone(),
        target: last.target.clone(),
        product: last.product.clone(),
        help: State::of(&last.state).help,
        last,
        earlier: runs,
    })
}
