//! The one way in which anything in Holdfast fails.
//!
//! A [`Failure`] is made where the trouble is known best and travels unchanged to the terminal, the log, the exit code and
//! the result file. Code returns failures and never prints them.

mod exit;
mod reason;
mod windows;

pub use exit::{Aftermath, Exit};
pub use reason::{Class, Reason};
pub use windows::WindowsCode;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// What went wrong: a stable reason, sentences for a person, and fields for a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable; see the table in the README.
    pub reason: Reason,
    /// What happened and what to do next. Whether data and program are as before is added at the end of a run, when it is known.
    pub message: String,
    /// `path`, `value`, `expected`, `step`, `table` …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

/// The result of everything in the engine.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with its message; fields are added with [`Failure::with`].
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Failure {
            reason,
            message: message.into(),
            fields: Map::new(),
        }
    }

    /// Adds a field for machines.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a sentence that says what to do next.
    pub fn hint(mut self, hint: &str) -> Self {
        self.message = format!("{} {hint}", self.message);
        self
    }

    /// Adds the path that the failure is about.
    pub fn at(self, path: &Path) -> Self {
        self.with("path", path.display().to_string())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.message)
    }
}

impl std::error::Error for Failure {}

/// A failure travels through `std::io` traits inside an [`std::io::Error`], and comes out as it was.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => Failure::new(Reason::DiskFailed, format!("The system refused an operation: {error}.")),
        }
    }
}

impl From<Failure> for std::io::Error {
    fn from(failure: Failure) -> std::io::Error {
        std::io::Error::other(failure)
    }
}

/// Returns early with a [`Failure`]: the reason, then a format string.
#[macro_export]
macro_rules! fail {
    ($reason:ident, $($message:tt)+) => {
        return Err($crate::failure::Failure::new($crate::failure::Reason::$reason, format!($($message)+)))
    };
}
