//! The pages while something runs and those that ask. Their words are the table's; which button does what is decided here.

use super::Doing;
use super::left::Left;
use super::page::{Button, Choice, Icon, Page, Progress};
use super::speaker::Speaker;
use crate::failure::{Failure, Reason};
use crate::report::Stage;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// What runs.
    pub doing: Doing,
    /// The stage, once there is one.
    pub stage: Option<Stage>,
    /// In thousandths.
    pub position: u64,
    /// How long it will still take, if that is known.
    pub left: Option<Left>,
    /// Something failed, and everything is being put back.
    pub putting_back: bool,
    /// A person has cancelled.
    pub cancelling: bool,
    /// Whether a person may cancel at all.
    pub may_cancel: bool,
}

impl Course {
    /// From the swap on, and on the way back, it must not be interrupted, though it may be.
    fn is_delicate(&self) -> bool {
        self.putting_back || self.doing == Doing::Recover || self.stage.is_some_and(|stage| stage >= Stage::Swap)
    }
}

/// The page while something runs.
pub fn working(speaker: &Speaker<'_>, course: &Course) -> Page {
    let words = speaker.words();
    let before = course.stage.is_none_or(|stage| stage <= Stage::Preflight);
    let heading = match course.doing {
        _ if course.putting_back => words.putting_back,
        Doing::Update if before => words.checking,
        Doing::Update => words.updating,
        Doing::Rollback => words.going_back,
        Doing::Confirm => words.keeping,
        Doing::Recover => words.recovering,
    };
    let stage = match course.stage {
        // What is put in place and tried is then the earlier version, and the heading says so.
        Some(Stage::Swap | Stage::Confirm) if course.doing == Doing::Rollback => "",
        Some(stage) if !course.putting_back => words.stage(stage),
        _ => "",
    };
    let first = if course.cancelling && !course.putting_back {
        words.cancelling
    } else {
        stage
    };
    let left = course.left.map_or_else(String::new, |left| left.sentence(speaker.language));
    let advice = if course.is_delicate() { words.keep_on } else { words.untouched };
    let percent = (course.position / 10).min(100).to_string();
    Page {
        title: speaker.say(words.title_working, &[("percent", &percent)]),
        heading: speaker.say(heading, &[]),
        // Always three lines, so that the window keeps its size.
        text: [first, &left, advice]
            .map(|line| if line.is_empty() { "\u{a0}" } else { line })
            .join("\n"),
        icon: Icon::None,
        progress: match course.stage {
            Some(_) if !course.putting_back => Progress::Bar(course.position),
            _ => Progress::Marquee,
        },
        buttons: vec![stop(speaker, course)],
        default: Choice::Cancel,
        details: None,
        links: Vec::new(),
        cancellable: course.may_cancel && !course.is_delicate() && !course.cancelling,
        holds_shutdown: course.is_delicate().then(|| words.shutdown.to_owned()),
        right_to_left: speaker.language.right_to_left,
    }
}

/// Cancel, while there is something to cancel. A dialog must have a button, so there is one that cannot be pressed at other times.
fn stop(speaker: &Speaker<'_>, course: &Course) -> Button {
    let words = speaker.words();
    match course.may_cancel && !course.is_delicate() {
        true => Button {
            enabled: !course.cancelling,
            ..speaker.button(Choice::Cancel, words.cancel, &[])
        },
        false => Button {
            enabled: false,
            ..speaker.button(Choice::Wait, words.please_wait, &[])
        },
    }
}

/// A page that waits for a person, and that Escape leaves.
pub fn waiting(speaker: &Speaker<'_>, title: String, heading: String, text: String, buttons: Vec<Button>) -> Page {
    Page {
        title,
        heading,
        text,
        icon: Icon::Information,
        progress: Progress::None,
        default: buttons[0].choice,
        buttons,
        details: None,
        links: Vec::new(),
        cancellable: true,
        holds_shutdown: None,
        right_to_left: speaker.language.right_to_left,
    }
}

/// May this update begin?
pub fn ask(speaker: &Speaker<'_>, from: &str, to: &str, folder: &str, unrehearsed: Option<&str>) -> Page {
    let words = speaker.words();
    let values = [("from", from), ("to", to)];
    let say = |template: &str| speaker.say(template, &values);
    let place = speaker.say(words.where_it_is, &[("value", folder)]);
    let buttons = vec![
        speaker.button(Choice::Update, words.update, &values).note(say(words.update_note)),
        speaker.button(Choice::Trial, words.trial, &values).note(say(words.trial_note)),
        speaker.button(Choice::Cancel, words.leave, &values).note(say(words.leave_note)),
    ];
    let warned = unrehearsed.map_or_else(String::new, |why| format!("\n\n{}", not_rehearsed(speaker, why)));
    let text = format!("{place}\n\n{}{warned}", say(words.ask_text));
    waiting(speaker, say(words.title_ask), say(words.ask), text, buttons)
}

/// That the update was not rehearsed, and why, as whoever packed it says.
pub fn not_rehearsed(speaker: &Speaker<'_>, why: &str) -> String {
    speaker.say(speaker.words().unrehearsed, &[("value", why)])
}

/// Something is in use: try again?
pub fn busy(speaker: &Speaker<'_>, failure: &Failure) -> Page {
    let words = speaker.words();
    let buttons = vec![
        speaker.button(Choice::Retry, words.retry, &[]),
        speaker.button(Choice::Cancel, words.cancel_unchanged, &[]),
    ];
    let (title, heading) = (speaker.say(words.title_busy, &[]), speaker.say(words.busy, &[]));
    // The heading says it already when it is the application itself that is open.
    let text = sorry(speaker, failure, failure.reason != Reason::ApplicationRunning);
    Page {
        icon: Icon::Warning,
        ..waiting(speaker, title, heading, text, buttons)
    }
}

/// Rows written since the update would go: go back all the same? Whoever only presses Enter says no.
pub fn lose(speaker: &Speaker<'_>, rows: u64, written: &[String]) -> Page {
    const SHOWN: usize = 8;
    let words = speaker.words();
    let mut lines = vec![words.lose_text.to_owned(), String::new()];
    if rows > 0 {
        lines.push(speaker.say(words.lose_rows, &[("rows", &rows.to_string())]));
    }
    // The engine says “patients: 12 or more”; a plus is understood in every language.
    let plus = |what: &String| {
        what.strip_suffix(" or more")
            .map_or_else(|| what.clone(), |what| format!("{what}+"))
    };
    lines.extend(
        written
            .iter()
            .take(SHOWN)
            .map(|what| format!("• {}", speaker.language.foreign(&plus(what)))),
    );
    if written.len() > SHOWN {
        lines.push("• …".to_owned());
    }
    let buttons = vec![
        speaker.button(Choice::Lose, words.lose_yes, &[]),
        speaker.button(Choice::Cancel, words.lose_no, &[]),
    ];
    let (title, heading) = (speaker.say(words.title_lose, &[]), speaker.say(words.lose, &[]));
    Page {
        icon: Icon::Warning,
        default: Choice::Cancel,
        ..waiting(speaker, title, heading, lines.join("\n"), buttons)
    }
}

/// What happened and what to do, and below it what is known.
pub fn sorry(speaker: &Speaker<'_>, failure: &Failure, with_what: bool) -> String {
    let said = speaker.reasons().of(failure.reason);
    let what = if with_what { said.what } else { "" };
    let sentences: Vec<String> = [what, said.todo]
        .into_iter()
        .filter(|sentence| !sentence.is_empty())
        .map(|sentence| speaker.say(sentence, &[]))
        .collect();
    let facts = super::facts::facts(speaker, failure).join("\n");
    let parts = [sentences.join(" "), facts];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}
