//! Whoever watches a rehearsed update: it notes when each stage begins, what is said, and how much room is taken. It answers as the silent
//! updater does, and never keeps the update from anything but at a cancel.

use super::Voice;
use super::cut::Count;
use super::details::{AccountRow, Phase};
use crate::disk::{Disk, Kind, RealDisk};
use crate::report::{Answer, Event, Question, Reporter, Spot, Stage};
use crate::steps::is_ours;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often, at most, the room that is taken is looked at while something goes on.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A reporter that remembers.
pub struct Watch<'a> {
    voice: &'a Voice<'a>,
    count: Arc<Count>,
    /// The folders in which the update puts what is its own.
    own: Vec<PathBuf>,
    heard: Mutex<Heard>,
}

/// What was heard.
#[derive(Default)]
pub struct Heard {
    stages: Vec<(Stage, Instant)>,
    retired: Option<Instant>,
    placed: Option<Instant>,
    looked: Option<Instant>,
    /// The most room that was taken, in bytes.
    pub peak_bytes: u64,
    /// What checks said, and what rows went where.
    pub notes: Vec<String>,
    /// What people should know.
    pub warnings: Vec<String>,
    /// The accounts.
    pub accounts: Vec<AccountRow>,
}

impl<'a> Watch<'a> {
    /// Nothing heard so far.
    pub fn new(voice: &'a Voice<'a>, count: &Arc<Count>, own: Vec<PathBuf>) -> Self {
        Watch {
            voice,
            count: count.clone(),
            own,
            heard: Mutex::default(),
        }
    }

    /// What was heard.
    pub fn into_heard(self) -> Heard {
        self.heard.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) {
        let taken = self.own.iter().map(|folder| bytes_below(folder)).sum();
        let mut heard = self.heard();
        heard.looked = Some(Instant::now());
        heard.peak_bytes = heard.peak_bytes.max(taken);
    }
}

impl Heard {
    /// How long each stage took.
    pub fn phases(&self, ended: Instant) -> Vec<Phase> {
        let ends = self.stages.iter().skip(1).map(|(_, at)| *at).chain([ended]);
        let phase = |((stage, began), end): (&(Stage, Instant), Instant)| Phase {
            stage: name(*stage),
            seconds: (end - *began).as_secs_f64(),
        };
        self.stages.iter().zip(ends).map(phase).collect()
    }

    /// How long there was no program to start.
    pub fn away_seconds(&self) -> Option<f64> {
        Some((self.placed? - self.retired?).as_secs_f64())
    }

    /// What a check said, if it was asked and held.
    pub fn said_by(&self, check: &str) -> Option<&str> {
        let begins = format!("check “{check}”: ");
        self.notes.iter().find_map(|note| note.strip_prefix(begins.as_str()))
    }
}

/// A stage's name in the flow.
pub fn name(stage: Stage) -> String {
    format!("{stage:?}").to_lowercase()
}

/// The bytes of all files below a folder. What goes while it is counted does not count.
pub fn bytes_below(path: &Path) -> u64 {
    match RealDisk.kind(path) {
        Ok(Some(Kind::File(bytes))) => bytes,
        Ok(Some(Kind::Folder)) => {
            let names = RealDisk.list(path).unwrap_or_default();
            names.iter().map(|name| bytes_below(&path.join(name))).sum()
        }
        _ => 0,
    }
}

impl Reporter for Watch<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Stage { stage } => {
                self.count.begins(*stage);
                self.voice.say(stage.sentence());
                self.look();
                self.heard().stages.push((*stage, Instant::now()));
            }
            Event::Step { version, step } => {
                self.voice.say(&format!("{version}/{step}"));
                self.look();
            }
            Event::Progress { .. } => {
                let looked = self.heard().looked;
                if looked.is_none_or(|at| at.elapsed() > LOOK_EVERY) {
                    self.look();
                }
            }
            Event::Moved { to: Spot::Old, .. } => _ = self.heard().retired.get_or_insert_with(Instant::now),
            Event::Moved { to: Spot::Live, .. } => self.heard().placed = Some(Instant::now()),
            Event::Note { message } => self.heard().notes.push((*message).to_owned()),
            Event::Warning { message } => self.heard().warnings.push((*message).to_owned()),
            Event::Accounts {
                database,
                version,
                accounts,
            } => {
                let theirs = accounts.iter().filter(|account| !is_ours(&account.table));
                self.heard().accounts.extend(theirs.map(|account| AccountRow {
                    database: (*database).to_owned(),
                    version: (*version).to_owned(),
                    account: account.clone(),
                }));
            }
            _ => {}
        }
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        match question {
            Question::Update { .. } => Answer::Yes,
            Question::Busy { .. } | Question::Lose { .. } => Answer::No,
        }
    }

    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        Some(self.voice.cancel.clone())
    }
}
