//! What the engine's closures share while a step runs: limits, the end once it is decided, counts and the log. An end that is decided stays
//! decided: a script cannot catch it away.

use super::Limits;
use super::lent::Lent;
use super::memory::Memory;
use super::trouble::Trouble;
use crate::failure::Reason;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Lines kept of one step's log.
const LOG_LINES: usize = 1_000;
/// Characters kept of one line.
const LOG_CHARACTERS: usize = 1_000;

/// Why a script ends before its time.
#[derive(Debug, Clone)]
pub struct End {
    /// The reason code.
    pub reason: Reason,
    /// What happened, without step and line; a whole message for reasons that are not the step's fault.
    pub text: String,
    /// The line, where it was known at once.
    pub line: Option<u32>,
    /// The statement that SQLite refused.
    pub statement: Option<String>,
    /// What the script itself gave.
    pub fields: Map<String, Value>,
}

impl End {
    /// The plain kind.
    pub fn new(reason: Reason, text: impl Into<String>) -> End {
        End {
            reason,
            text: text.into(),
            line: None,
            statement: None,
            fields: Map::new(),
        }
    }
}

/// Shared by the engines of one chain: each step has an engine of its own, and calls the functions of the steps before it.
#[derive(Default)]
pub struct Chain {
    /// Connection and reporter, while a step runs.
    pub lent: Lent,
    /// How many SQL functions are running.
    pub functions: Cell<u32>,
    /// Names of the functions that scripts defined, in lower case.
    pub defined: RefCell<BTreeSet<String>>,
    deadline: Cell<Option<Instant>>,
}

/// Shared by all closures of one engine.
pub struct State {
    /// Of its chain.
    pub chain: Rc<Chain>,
    /// The memory account.
    pub memory: Rc<Memory>,
    /// Whether the engine is running: it must not be entered by its front door again.
    pub inside: Cell<bool>,
    /// The step, as failures name it.
    pub step: String,
    limits: Limits,
    rejected: RefCell<Vec<(u64, Trouble)>>,
    ended: RefCell<Option<End>>,
    timed: Cell<bool>,
    read: Cell<u64>,
    log: RefCell<Vec<String>>,
    log_left_out: Cell<u64>,
}

impl State {
    /// At rest.
    pub fn new(chain: &Rc<Chain>, limits: Limits, step: &str) -> Rc<State> {
        Rc::new(State {
            chain: chain.clone(),
            memory: Memory::new(),
            inside: Cell::new(false),
            step: step.to_owned(),
            limits,
            rejected: RefCell::default(),
            ended: RefCell::new(None),
            timed: Cell::new(false),
            read: Cell::new(0),
            log: RefCell::default(),
            log_left_out: Cell::new(0),
        })
    }

    /// Sets the limits for what comes now. A function that a running step calls has what is left of the step's time.
    pub fn arm(&self) {
        *self.ended.borrow_mut() = None;
        self.memory.set_limit(Some(self.limits.memory_bytes));
        if self.chain.deadline.get().is_none() {
            // A time that no clock reaches is no limit.
            let deadline = Instant::now().checked_add(Duration::from_secs(self.limits.seconds));
            self.chain.deadline.set(deadline);
            self.timed.set(true);
        }
    }

    /// Takes the limits off, so that the error itself can be read, and tells why it ended early.
    pub fn disarm(&self) -> Option<End> {
        self.look();
        self.memory.set_limit(None);
        if self.timed.take() {
            self.chain.deadline.set(None);
        }
        self.ended.borrow_mut().take()
    }

    /// Decides the end; the first one counts.
    pub fn end(&self, end: End) {
        self.ended.borrow_mut().get_or_insert(end);
    }

    /// Whether it has ended: looks at every limit. The engine asks this regularly, and stops when the answer is yes.
    pub fn over(&self) -> bool {
        self.look();
        self.ended.borrow().is_some()
    }

    fn look(&self) {
        if self.ended.borrow().is_some() {
            return;
        }
        if self.memory.exhausted() {
            let mib = self.limits.memory_bytes / (1 << 20);
            self.end(End::new(
                Reason::StepFailed,
                format!("it used more memory than its limit of {mib} MiB. Let it read rows one by one, with db.each"),
            ));
        } else if self.chain.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
            let seconds = self.limits.seconds;
            self.end(End::new(
                Reason::StepFailed,
                format!("it ran longer than its limit of {seconds} s, at this line or in a loop behind it"),
            ));
        } else if self.chain.lent.with(|loan| loan.reporter.cancelled()).unwrap_or(false) {
            self.end(End::new(Reason::Cancelled, "The update was cancelled."));
        }
    }

    /// A promise was rejected, and nothing waits for it yet.
    pub fn rejected(&self, promise: u64, trouble: Trouble) {
        self.rejected.borrow_mut().push((promise, trouble));
    }

    /// Something waits for it after all.
    pub fn awaited(&self, promise: u64) {
        let mut rejected = self.rejected.borrow_mut();
        if let Some(at) = rejected.iter().rposition(|(known, _)| *known == promise) {
            rejected.remove(at);
        }
    }

    /// The first rejection that nothing has waited for.
    pub fn take_rejected(&self) -> Option<Trouble> {
        self.rejected.take().into_iter().next().map(|(_, trouble)| trouble)
    }

    /// Counts a row given to the script.
    pub fn count_row(&self) {
        self.read.set(self.read.get() + 1);
    }

    /// Keeps a line of the script's log.
    pub fn log(&self, text: &str) -> String {
        let line: String = text.chars().take(LOG_CHARACTERS).collect();
        let mut log = self.log.borrow_mut();
        if log.len() < LOG_LINES {
            log.push(line.clone());
        } else {
            self.log_left_out.set(self.log_left_out.get() + 1);
        }
        line
    }

    /// Rows read and log lines since the last call.
    pub fn take_report(&self) -> super::ScriptReport {
        let mut log = std::mem::take(&mut *self.log.borrow_mut());
        match self.log_left_out.take() {
            0 => {}
            more => log.push(format!("… and {more} more lines")),
        }
        super::ScriptReport {
            read: self.read.take(),
            log,
        }
    }
}
