//! A reporter that passes everything on and remembers the warnings, so that the result file can say them. It never keeps anything back.

use super::{Answer, Event, Question, Reporter};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// A reporter around another.
pub struct Heard<'a> {
    inner: &'a dyn Reporter,
    warnings: Mutex<Vec<String>>,
}

impl<'a> Heard<'a> {
    /// Nothing heard so far.
    pub fn new(inner: &'a dyn Reporter) -> Self {
        Heard {
            inner,
            warnings: Mutex::default(),
        }
    }

    /// The warnings so far.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Heard<'_> {
    fn event(&self, event: &Event<'_>) {
        if let Event::Warning { message } = event {
            let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
            warnings.push((*message).to_owned());
        }
        self.inner.event(event);
    }
    fn ask(&self, question: &Question<'_>) -> Answer {
        self.inner.ask(question)
    }
    fn can_ask(&self) -> bool {
        self.inner.can_ask()
    }
    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        self.inner.cancel_flag()
    }
    fn cancelled(&self) -> bool {
        self.inner.cancelled()
    }
}
