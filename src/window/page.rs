//! A page of the window as a value: what stands on it, and what can be pressed. It knows no system; the dialog and the message
//! boxes draw it, and tests read it.

use crate::texts::directed;
use std::path::PathBuf;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The window's title; it carries the outcome, for whoever hears the screen.
    pub title: String,
    /// The sentence in large letters.
    pub heading: String,
    /// The rest, in lines.
    pub text: String,
    /// The picture.
    pub icon: Icon,
    /// The progress bar.
    pub progress: Progress,
    /// The buttons, in their order. There is always one; where the page can be left, the last one leaves it.
    pub buttons: Vec<Button>,
    /// The button that Enter presses.
    pub default: Choice,
    /// What unfolds.
    pub details: Option<Details>,
    /// What can be opened, below everything else.
    pub links: Vec<Link>,
    /// Whether Escape, Alt-F4 and the cross of the window mean the button of [`Choice::is_cancel`].
    pub cancellable: bool,
    /// The sentence with which a shutdown is held back, while it is.
    pub holds_shutdown: Option<String>,
    /// Whether it is laid out from right to left.
    pub right_to_left: bool,
}

/// The picture on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the system's pictures")]
pub enum Icon {
    None,
    Information,
    Warning,
    Error,
}

/// The progress bar of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is none: the page waits for a person.
    None,
    /// Something runs, and nobody knows how long.
    Marquee,
    /// So many thousandths are done.
    Bar(u64),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What pressing it means.
    pub choice: Choice,
    /// What stands on it.
    pub label: String,
    /// A second line; a page with one shows all its buttons one below the other.
    pub note: Option<String>,
    /// Whether Windows will ask for an administrator.
    pub shield: bool,
    /// Whether it can be pressed.
    pub enabled: bool,
}

impl Button {
    /// A button that can be pressed.
    pub fn new(choice: Choice, label: String) -> Button {
        Button {
            choice,
            label,
            note: None,
            shield: choice == Choice::Elevate,
            enabled: true,
        }
    }

    /// Adds a second line.
    pub fn note(mut self, note: String) -> Button {
        self.note = Some(note);
        self
    }
}

/// What a button means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Update.
    Update,
    /// Try the new version on a copy.
    Trial,
    /// Stop; no to a question.
    Cancel,
    /// Look again, or begin again.
    Retry,
    /// Go back although newer data would not come along.
    Lose,
    /// Go back to the version before.
    GoBack,
    /// Keep the held version.
    Keep,
    /// Open the trial's folder.
    OpenFolder,
    /// Begin again as an administrator.
    Elevate,
    /// Bring what was interrupted to its end.
    PutBack,
    /// Close the window.
    Close,
    /// Nothing can be pressed now.
    Wait,
}

impl Choice {
    /// Whether it is what Escape, Alt-F4 and the cross of the window mean.
    pub fn is_cancel(self) -> bool {
        matches!(self, Choice::Cancel | Choice::Close)
    }
}

/// What unfolds below the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// For the support person, in English.
    pub text: String,
    /// The label while it is folded.
    pub show: &'static str,
    /// The label while it is unfolded.
    pub hide: &'static str,
}

/// A file that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What stands there.
    pub label: &'static str,
    /// The file.
    pub path: PathBuf,
}

impl Page {
    /// Whether a page can follow by changed sentences and progress alone.
    pub fn is_kin(&self, other: &Page) -> bool {
        let bar = |page: &Page| matches!(page.progress, Progress::Bar(_));
        self.buttons == other.buttons
            && self.icon == other.icon
            && self.details == other.details
            && self.links == other.links
            && self.cancellable == other.cancellable
            && self.progress != Progress::None
            && other.progress != Progress::None
            && bar(self) == bar(other)
    }

    /// A text of this page as it is drawn.
    pub fn directed(&self, text: &str) -> String {
        if self.right_to_left { directed(text) } else { text.to_owned() }
    }

    /// Whether it waits for a person.
    pub fn waits(&self) -> bool {
        self.progress == Progress::None
    }
}
