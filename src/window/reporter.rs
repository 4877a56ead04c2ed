//! What the engine tells, kept until the window looks at it; and what the window answers, for which the engine waits. The two sides run
//! in threads of their own and meet here only.

use crate::failure::Failure;
use crate::report::{Answer, Event, Question, Reporter, Stage, position};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a waiting question looks whether the run was cancelled in another way.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The window, as the engine knows it: one for each run.
pub struct Window<'a> {
    behind: &'a dyn Reporter,
    passive: bool,
    cancel: Arc<AtomicBool>,
    shared: Mutex<Shared>,
    answered: Condvar,
}

/// A question that outlives the call in which it was asked.
#[derive(Debug, Clone)]
pub enum Asking {
    /// May this update begin?
    Update {
        product: String,
        from: String,
        to: String,
        folder: String,
        unrehearsed: Option<String>,
    },
    /// Something is in use: try again?
    Busy(Failure),
    /// Rows written since the update would go: go back all the same?
    Lose { rows: u64, written: Vec<String> },
}

impl Asking {
    fn of(question: &Question<'_>) -> Asking {
        match *question {
            Question::Update {
                product,
                from,
                to,
                folder,
                unrehearsed,
            } => Asking::Update {
                product: product.to_owned(),
                from: from.to_owned(),
                to: to.to_owned(),
                folder: folder.to_owned(),
                unrehearsed: unrehearsed.map(str::to_owned),
            },
            Question::Busy { failure } => Asking::Busy(failure.clone()),
            Question::Lose { rows, written } => Asking::Lose {
                rows,
                written: written.to_vec(),
            },
        }
    }
}

/// What the window looks at.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// The stage, once there is one.
    pub stage: Option<Stage>,
    /// In thousandths.
    pub position: u64,
    /// Whether everything is being put back.
    pub putting_back: bool,
    /// What the engine warned of.
    pub warnings: Vec<String>,
    /// The question that waits for its answer.
    pub question: Option<Asking>,
    answer: Option<Answer>,
    /// Nobody is there any more who could answer.
    left: bool,
}

impl<'a> Window<'a> {
    /// For a new run. `behind` hears every event, too; its cancel flag, if it has one, is the window's.
    pub fn new(behind: &'a dyn Reporter, passive: bool) -> Self {
        let cancel = behind.cancel_flag().unwrap_or_default();
        // Whoever cancelled the run before has not cancelled this one.
        cancel.store(false, Ordering::Relaxed);
        Window {
            behind,
            passive,
            cancel,
            shared: Mutex::default(),
            answered: Condvar::new(),
        }
    }

    // What a panicking thread has left is still true; its panic is reported elsewhere.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now.
    pub fn look(&self) -> Shared {
        self.lock().clone()
    }

    /// Answers the question that waits.
    pub fn answer(&self, answer: Answer) {
        let mut shared = self.lock();
        if shared.question.take().is_some() {
            shared.answer = Some(answer);
            self.answered.notify_all();
        }
    }

    /// Cancels, unless it is too late for that.
    pub fn cancel(&self) -> bool {
        // Under the lock: a stage that begins at the same moment comes before or after, and not between.
        let shared = self.lock();
        let too_late = shared.putting_back || shared.stage.is_some_and(|stage| stage >= Stage::Swap);
        if !too_late {
            self.cancel.store(true, Ordering::Relaxed);
        }
        !too_late
    }

    /// From now on every question is answered with no.
    pub fn leave(&self) {
        self.lock().left = true;
        self.answered.notify_all();
    }
}

impl Reporter for Window<'_> {
    fn event(&self, event: &Event<'_>) {
        self.behind.event(event);
        let mut shared = self.lock();
        match event {
            Event::Stage { stage } => {
                shared.stage = Some(*stage);
                shared.position = position(*stage, 0, 1);
                if *stage >= Stage::Swap {
                    // A cancel that came too late to be seen must not stop the checks after the swap.
                    self.cancel.store(false, Ordering::Relaxed);
                }
            }
            Event::Progress { stage, done, total } => shared.position = position(*stage, *done, *total),
            Event::Failed { .. } => shared.putting_back = true,
            Event::Warning { message } => shared.warnings.push((*message).to_owned()),
            _ => {}
        }
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        if self.passive {
            return self.behind.ask(question);
        }
        let mut shared = self.lock();
        shared.question = Some(Asking::of(question));
        loop {
            if let Some(answer) = shared.answer.take() {
                return answer;
            }
            if shared.left || self.cancel.load(Ordering::Relaxed) {
                shared.question = None;
                return Answer::No;
            }
            let waited = self.answered.wait_timeout(shared, LOOK_AGAIN);
            shared = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn can_ask(&self) -> bool {
        !self.passive
    }

    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        Some(self.cancel.clone())
    }
}
