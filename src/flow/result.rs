//! How a run ended: for a person one sentence, for machines an exit code and a result file, all from the same value.

use super::plan::Described;
use super::preflight::Decision;
use super::{Context, Request, standby};
use crate::bundle::Bundle;
use crate::bundle::manifest::not_rehearsed;
use crate::failure::{Aftermath, Exit, Failure, Reason, Result, WindowsCode};
use crate::report::Event;
use crate::swap::{self, Recovered, Work, kept_folder};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What stands for a product whose name is not known.
pub const UNNAMED: &str = "the application";

/// How often a way back that fails is tried again in the same run: what can be mended now is not left for the next start.
const BACK_ATTEMPTS: usize = 3;

/// What a run came to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The new version is in place.
    Updated,
    /// The new version is in place, and waits for people to confirm it.
    Held,
    /// A trial pair stands beside the live one.
    Tested {
        /// The folder to try.
        folder: PathBuf,
        /// Its databases.
        databases: BTreeMap<String, PathBuf>,
    },
    /// Only the plan was asked for.
    Planned(Box<Described>),
    /// The version is in place already.
    AlreadyInPlace,
    /// There was no unfinished run.
    NothingToRecover,
    /// An unfinished run was brought to its end.
    Recovered(Recovered),
    /// The held version stays.
    Confirmed,
    /// There was nothing to confirm.
    NothingToConfirm,
    /// The old version is back.
    RolledBack {
        /// Where the newer data is kept.
        aside: PathBuf,
    },
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    /// What it came to.
    pub outcome: Result<Outcome>,
    /// What a failure left behind.
    pub aftermath: Aftermath,
    /// A second failure, on the way back.
    pub second: Option<Failure>,
    /// The application folder, if it was found.
    pub app: Option<PathBuf>,
    /// Whether it was a trial.
    pub test: bool,
    /// Whether everything was tidied up after a commit.
    pub tidied: bool,
    /// Why the update was not rehearsed, if it was not.
    pub unrehearsed: Option<String>,
    /// The room that was asked for, on all volumes together, in bytes.
    pub needed_bytes: u64,
    run: String,
    created_at: String,
    processed_at: String,
    product: String,
    from: String,
    to: String,
    bytes: u64,
    notes: Option<String>,
    undone: Option<Failure>,
    warnings: Vec<String>,
}

/// `result.json`.
#[derive(Debug, Serialize)]
pub struct ResultFile {
    /// What went wrong; empty if nothing did.
    pub failures: Vec<Failure>,
    /// What was asked for and what came of it.
    pub request: RequestState,
}

/// The request in a result file.
#[derive(Debug, Serialize)]
pub struct RequestState {
    /// The run's id.
    pub id: String,
    /// `production` or `test`.
    pub aim: &'static str,
    /// `done`, `held`, `tested`, `planned`, `nothing_to_do`, `refused`, `restored`, `not_restored`, `busy`, `cancelled`, `usage`.
    pub state: &'static str,
    /// The process's exit code.
    pub exit_code: i32,
    /// The sentence that the person at the site read.
    pub message: String,
    /// The product's name.
    pub product: String,
    /// The name of the computer.
    pub computer: String,
    /// The application folder.
    pub target: Option<PathBuf>,
    /// The version that was found.
    pub from: String,
    /// The version that was asked for.
    pub to: String,
    /// The version that is in place now.
    pub database_version: String,
    /// Size of the databases before, in bytes.
    pub filesize: u64,
    /// When the run began, in UTC.
    pub created_at: String,
    /// When it ended, in UTC.
    pub processed_at: String,
    /// Seconds.
    pub elapsed: f64,
    /// Seconds that such a run takes on a slow disk, from the sizes.
    pub estimated_time: u64,
    /// The log file.
    pub log: Option<PathBuf>,
    /// The release notes, once they are at the site.
    pub notes: Option<PathBuf>,
    /// The folder of the old version, if it is kept.
    pub snapshot: Option<PathBuf>,
    /// The trial's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_folder: Option<PathBuf>,
    /// The trial's databases.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub test_databases: BTreeMap<String, PathBuf>,
    /// Why the update was not rehearsed, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unrehearsed: Option<String>,
    /// What people should know of, though it stopped nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// An earlier run that was undone before this one began, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_failure: Option<Failure>,
}

/// Bytes per second of a slow disk that is read, written and read back.
const SLOW_BYTES_PER_S: u64 = 10_000_000;

impl Ended {
    /// For a run of a bundle.
    pub fn new(context: &Context<'_>, bundle: &Bundle, request: &Request) -> Ended {
        let product = &bundle.manifest.product;
        Ended {
            product: product.name.clone(),
            to: product.version.to_string(),
            notes: product.notes.clone(),
            test: request.test,
            unrehearsed: bundle.manifest.unrehearsed().map(str::to_owned),
            ..Ended::bare(context, Path::new(""))
        }
    }

    /// For a run without a bundle.
    pub fn bare(context: &Context<'_>, app: &Path) -> Ended {
        Ended {
            outcome: Ok(Outcome::NothingToRecover),
            aftermath: Aftermath::Untouched,
            second: None,
            app: Some(app.to_owned()).filter(|a| a.is_absolute()),
            test: false,
            tidied: true,
            unrehearsed: None,
            needed_bytes: 0,
            run: context.run.clone(),
            created_at: (context.now)(),
            processed_at: String::new(),
            product: UNNAMED.to_owned(),
            from: String::new(),
            to: String::new(),
            bytes: 0,
            notes: None,
            undone: None,
            warnings: Vec::new(),
        }
    }

    /// Notes what was decided.
    pub fn decided(&mut self, decision: &Decision<'_>) {
        self.from = decision.plan.from.clone();
        self.bytes = decision.databases.iter().map(|d| d.bytes).sum();
        self.needed_bytes = decision.needs.0.iter().map(|need| need.needed_bytes).sum();
    }

    /// Notes product and versions of a run that is not a bundle's.
    pub fn named(&mut self, product: &str, from: &str, to: &str) {
        (self.product, self.from, self.to) = (product.to_owned(), from.to_owned(), to.to_owned());
    }

    /// Ends the run.
    pub fn with(mut self, outcome: Result<Outcome>, aftermath: Aftermath) -> Ended {
        self.outcome = outcome;
        self.aftermath = aftermath;
        self
    }

    /// Ends a run that came to its end. What is not tidied up is left to the recovery that stands by.
    pub fn finished(mut self, context: &Context<'_>, app: &Path, outcome: Outcome, tidied: bool) -> Ended {
        self.tidied = tidied;
        if tidied {
            standby::stand_down(context, app);
        }
        self.with(Ok(outcome), Aftermath::Untouched)
    }

    /// Ends a run that had begun: everything goes back, and it is said whether that worked.
    pub fn gave_back(mut self, context: &Context<'_>, work: &Work<'_>, failure: Failure) -> Ended {
        let mut attempt = 1;
        let back = loop {
            match swap::give_back(work, &failure) {
                Ok(Some(again)) | Err(again) if attempt < BACK_ATTEMPTS => {
                    attempt += 1;
                    work.reporter.event(&Event::Failed { failure: &again });
                }
                done => break done,
            }
        };
        self.aftermath = match back {
            Ok(None) => {
                standby::stand_down(context, work.app);
                Aftermath::Restored
            }
            // The old pair is back; the rest is thrown away by the recovery that stands by, or by the next start.
            Ok(Some(left)) => {
                standby::leave_rest(work.reporter, &left);
                Aftermath::Restored
            }
            Err(second) => {
                work.reporter.event(&Event::Failed { failure: &second });
                self.second = Some(second);
                Aftermath::NotRestored
            }
        };
        self.outcome = Err(failure);
        self
    }

    /// Notes what became of an unfinished earlier run. While anything of it is left over, no other may begin.
    pub fn recovered(&mut self, recovered: Result<(Recovered, Option<Failure>)>) -> Result<()> {
        match recovered {
            Ok((found, left)) => {
                self.note_recovered(&found);
                left.map_or(Ok(()), Err)
            }
            Err(failure) => {
                self.aftermath = Aftermath::NotRestored;
                Err(failure)
            }
        }
    }

    /// Notes what a recovery found.
    pub fn note_recovered(&mut self, found: &Recovered) {
        match found {
            Recovered::Restored { failure, .. } => self.undone = failure.clone(),
            Recovered::Committed { unrehearsed, .. } => self.unrehearsed = unrehearsed.clone(),
            Recovered::Nothing => {}
        }
    }

    /// The exit code, Holdfast's own.
    pub fn exit(&self) -> Exit {
        match &self.outcome {
            Err(failure) => Exit::of(failure, self.aftermath),
            Ok(Outcome::AlreadyInPlace | Outcome::NothingToRecover | Outcome::NothingToConfirm) => Exit::NothingToDo,
            Ok(_) => Exit::Done,
        }
    }

    /// The exit code for deployment tools on Windows.
    pub fn windows_code(&self) -> WindowsCode {
        let there = matches!(self.outcome, Ok(Outcome::AlreadyInPlace));
        WindowsCode::of(self.exit(), self.outcome.as_ref().err(), self.aftermath, there, !self.tidied)
    }

    /// One plain sentence, or two, for the person at the site; and that the update was not rehearsed, where that is so and it did not fail.
    pub fn sentence(&self) -> String {
        match (&self.outcome, &self.unrehearsed) {
            (Ok(_), Some(why)) => format!("{} {}", self.outcome_sentence(), not_rehearsed(why)),
            _ => self.outcome_sentence(),
        }
    }

    fn outcome_sentence(&self) -> String {
        let (product, to) = (&self.product, &self.to);
        match &self.outcome {
            Ok(Outcome::Updated) => format!("{product} {to} is in place, with all its data."),
            Ok(Outcome::Held) => format!(
                "{product} {to} is in place. Try it now; then run this program with “confirm” to keep it, or with “rollback” to go back to {}.",
                self.from
            ),
            Ok(Outcome::Tested { folder, .. }) => format!(
                "Nothing was changed. {product} {to} with a copy of the data is ready to be tried in “{}”.",
                folder.display()
            ),
            Ok(Outcome::Planned(plan)) => format!(
                "{} can be updated from {} to {}. Nothing was changed.",
                plan.product, plan.from, plan.to
            ),
            Ok(Outcome::AlreadyInPlace) => format!("{product} {to} is already in place. There was nothing to do."),
            Ok(Outcome::NothingToRecover) => "There is no unfinished update here.".to_owned(),
            Ok(Outcome::Recovered(Recovered::Committed { version, .. })) => {
                format!("The unfinished update was brought to its end: version {version} is in place, with all its data.")
            }
            Ok(Outcome::Recovered(Recovered::Restored { aside, .. })) => {
                let newer = aside.first().map_or_else(String::new, |a| {
                    format!(" Data that was written to the new version is kept in “{}”.", a.display())
                });
                format!("The unfinished update was undone: program and data are as before.{newer}")
            }
            Ok(Outcome::Recovered(Recovered::Nothing)) => "There was nothing to recover.".to_owned(),
            Ok(Outcome::Confirmed) => format!("{product} {to} stays. The old version can still be had back with “rollback”."),
            Ok(Outcome::NothingToConfirm) => "No update waits to be confirmed here.".to_owned(),
            Ok(Outcome::RolledBack { aside }) => format!(
                "{product} {to} is back, with its data. The newer program and data are kept in “{}”.",
                aside.display()
            ),
            Err(failure) => self.sorry(failure),
        }
    }

    fn sorry(&self, failure: &Failure) -> String {
        let after = match (self.aftermath, &self.second) {
            (Aftermath::Untouched, _) if failure.reason == Reason::RequestInvalid => String::new(),
            (Aftermath::Untouched, _) => " Nothing was changed.".to_owned(),
            (Aftermath::Restored, _) => " Program and data are as before.".to_owned(),
            (Aftermath::NotRestored, Some(second)) => format!(
                " Not everything could be put back: {} Do not start the application; run this program with “recover” first.",
                second.message
            ),
            (Aftermath::NotRestored, None) => " Do not start the application before help has come.".to_owned(),
        };
        format!("{}{after}", failure.message)
    }

    /// Sets the end of the run, in UTC, and of what was warned until then.
    pub fn processed(&mut self, at: String, warnings: Vec<String>) {
        self.processed_at = at;
        self.warnings = warnings;
    }

    /// The result file.
    pub fn file(&self, elapsed_s: f64, log: Option<&Path>) -> ResultFile {
        let (test_folder, test_databases) = match &self.outcome {
            Ok(Outcome::Tested { folder, databases }) => (Some(folder.clone()), databases.clone()),
            _ => (None, BTreeMap::new()),
        };
        let kept = self.app.as_ref().map(|app| kept_folder(app, &self.run)).filter(|k| k.is_dir());
        ResultFile {
            failures: self.outcome.as_ref().err().into_iter().chain(&self.second).cloned().collect(),
            request: RequestState {
                id: self.run.clone(),
                aim: if self.test { "test" } else { "production" },
                state: self.state(),
                exit_code: self.exit() as i32,
                message: self.sentence(),
                product: self.product.clone(),
                computer: crate::platform::computer_name(),
                target: self.app.clone(),
                from: self.from.clone(),
                to: self.to.clone(),
                database_version: self.in_place(),
                filesize: self.bytes,
                created_at: self.created_at.clone(),
                processed_at: self.processed_at.clone(),
                elapsed: elapsed_s,
                estimated_time: (self.bytes * 6).div_ceil(SLOW_BYTES_PER_S).max(1),
                log: log.map(Path::to_owned),
                notes: self.notes_file(),
                snapshot: kept,
                test_folder,
                test_databases,
                unrehearsed: self.unrehearsed.clone(),
                warnings: self.warnings.clone(),
                earlier_failure: self.undone.clone(),
            },
        }
    }

    fn notes_file(&self) -> Option<PathBuf> {
        let file = self.app.as_ref()?.join(swap::WORK).join(self.notes.as_ref()?);
        file.is_file().then_some(file)
    }

    fn in_place(&self) -> String {
        match &self.outcome {
            Ok(Outcome::Updated | Outcome::Held | Outcome::Confirmed | Outcome::AlreadyInPlace | Outcome::RolledBack { .. }) => {
                self.to.clone()
            }
            Ok(Outcome::Recovered(Recovered::Committed { version, .. })) => version.clone(),
            Ok(Outcome::Recovered(Recovered::Restored { version, .. })) => version.clone().unwrap_or_default(),
            _ if self.aftermath == Aftermath::NotRestored => String::new(),
            _ => self.from.clone(),
        }
    }

    fn state(&self) -> &'static str {
        match (&self.outcome, self.exit()) {
            (Ok(Outcome::Held), _) => "held",
            (Ok(Outcome::Tested { .. }), _) => "tested",
            (Ok(Outcome::Planned(_)), _) => "planned",
            (_, Exit::Done) => "done",
            (_, Exit::NothingToDo) => "nothing_to_do",
            (_, Exit::Refused) => "refused",
            (_, Exit::Restored) => "restored",
            (_, Exit::NotRestored) => "not_restored",
            (_, Exit::Busy) => "busy",
            (_, Exit::Cancelled) => "cancelled",
            (_, Exit::Usage) => "usage",
        }
    }
}
