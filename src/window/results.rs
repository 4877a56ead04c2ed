//! The pages that say how a run ended: one plain sentence, what to do, and what may be done next.

use super::facts::facts;
use super::page::{Button, Choice, Details, Icon, Link, Page};
use super::pages::{not_rehearsed, sorry, waiting};
use super::speaker::Speaker;
use super::{Doing, Finished};
use crate::failure::{Exit, Failure, Reason};
use crate::flow::Outcome;
use crate::swap::Recovered;
use crate::texts::{Ends, Said};
use std::path::Path;

/// Notes of these kinds are opened by programs that only show them.
const SHOWN: [&str; 5] = ["txt", "htm", "html", "pdf", "rtf"];

/// What a result page is made of, besides the run's end.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// What ran.
    pub doing: Doing,
    /// Whether this process may do what an administrator may.
    pub elevated: bool,
    /// What the engine warned of, in English.
    pub warnings: &'a [String],
}

/// The page that says how a run ended.
pub fn result(speaker: &Speaker<'_>, finished: &Finished, around: &Circumstances<'_>) -> Page {
    let speaker = speaker.of(&finished.file.request.product);
    let teller = Teller { speaker, finished, around };
    let said = teller.said();
    let page = waiting(
        &speaker,
        teller.say(said.title),
        teller.say(said.heading),
        teller.text(said),
        teller.buttons(said),
    );
    Page {
        icon: teller.icon(),
        // Whoever only presses Enter keeps what there is, and decides nothing.
        default: match page.default {
            Choice::GoBack | Choice::Keep => Choice::Close,
            first => first,
        },
        details: Some(Details {
            text: teller.details(),
            show: speaker.words().show_details,
            hide: speaker.words().hide_details,
        }),
        links: teller.links(),
        ..page
    }
}

struct Teller<'a> {
    speaker: Speaker<'a>,
    finished: &'a Finished,
    around: &'a Circumstances<'a>,
}

impl Teller<'_> {
    fn say(&self, template: &str) -> String {
        let request = &self.finished.file.request;
        let to = match &self.finished.outcome {
            Ok(Outcome::Recovered(_)) => &request.database_version,
            _ => &request.to,
        };
        self.speaker.say(template, &[("from", &request.from), ("to", to)])
    }

    fn exit(&self, failure: &Failure) -> Exit {
        Exit::of(failure, self.finished.aftermath)
    }

    fn said(&self) -> &'static Said {
        let ends: &'static Ends = self.speaker.ends();
        let update = self.around.doing == Doing::Update;
        match &self.finished.outcome {
            Ok(Outcome::Updated) => &ends.updated,
            Ok(Outcome::Held) => &ends.held,
            Ok(Outcome::Tested { .. }) => &ends.tested,
            Ok(Outcome::Planned(_)) => &ends.planned,
            Ok(Outcome::AlreadyInPlace) => &ends.in_place,
            Ok(Outcome::NothingToRecover | Outcome::Recovered(Recovered::Nothing)) => &ends.nothing_to_recover,
            Ok(Outcome::Recovered(Recovered::Committed { .. })) => &ends.finished,
            Ok(Outcome::Recovered(Recovered::Restored { .. })) => &ends.undone,
            Ok(Outcome::Confirmed) => &ends.confirmed,
            Ok(Outcome::NothingToConfirm) => &ends.nothing_to_confirm,
            Ok(Outcome::RolledBack { .. }) => &ends.rolled_back,
            Err(failure) => match self.exit(failure) {
                Exit::NotRestored => &ends.not_restored,
                Exit::Busy => &ends.busy,
                Exit::Cancelled => &ends.cancelled,
                Exit::Restored if update => &ends.restored,
                Exit::Restored => &ends.not_done_restored,
                Exit::Refused | Exit::Usage | Exit::Done | Exit::NothingToDo if update => &ends.refused,
                Exit::Refused | Exit::Usage | Exit::Done | Exit::NothingToDo => &ends.not_done,
            },
        }
    }

    fn text(&self, said: &Said) -> String {
        let text = self.outcome(said);
        match &self.finished.file.request.unrehearsed {
            Some(why) => format!("{text}\n\n{}", not_rehearsed(&self.speaker, why)),
            None => text,
        }
    }

    fn outcome(&self, said: &Said) -> String {
        let words = self.speaker.words();
        let place = |template: &str, path: &Path| self.speaker.say(template, &[("value", &path.display().to_string())]);
        let text = self.say(said.text);
        match &self.finished.outcome {
            Ok(Outcome::Tested { folder, .. }) => format!("{text}\n\n{}", place(words.where_it_is, folder)),
            Ok(Outcome::RolledBack { aside }) => format!("{text}\n\n{}", place(words.kept_in, aside)),
            Ok(Outcome::Recovered(Recovered::Restored { aside, failure, .. })) => {
                let why = failure
                    .iter()
                    .map(|failure| self.speaker.say(self.speaker.reasons().of(failure.reason).what, &[]));
                let kept = aside.iter().map(|aside| place(words.kept_in, aside));
                let lines: Vec<String> = [text].into_iter().chain(why).chain(kept).collect();
                lines.join("\n\n")
            }
            Ok(_) => text,
            Err(failure) => match self.exit(failure) {
                Exit::Cancelled => text,
                // What went wrong on the way back matters now, and not what went wrong first.
                Exit::NotRestored => {
                    let last = self.finished.file.failures.last().unwrap_or(failure);
                    format!("{text}\n\n{}", sorry(&self.speaker, last, true))
                }
                _ => format!("{}\n\n{text}", sorry(&self.speaker, failure, true)),
            },
        }
    }

    fn buttons(&self, said: &Said) -> Vec<Button> {
        let words = self.speaker.words();
        let request = &self.finished.file.request;
        let known = !request.from.is_empty() && !request.to.is_empty();
        let button = |choice, template: &str| Button::new(choice, self.say(template));
        let close = button(Choice::Close, said.close);
        let go_back = button(Choice::GoBack, if known { words.go_back_to } else { words.go_back });
        let keep = button(Choice::Keep, if known { words.keep_version } else { words.keep });
        match &self.finished.outcome {
            Ok(Outcome::Updated) if request.snapshot.is_some() => vec![go_back, close],
            Ok(Outcome::Held) => vec![
                keep.note(self.say(words.keep_version_note)),
                go_back.note(self.say(words.go_back_to_note)),
                close,
            ],
            Ok(Outcome::Tested { .. }) => vec![button(Choice::OpenFolder, words.open_folder), close],
            Ok(_) => vec![close],
            Err(failure) => match (self.exit(failure), failure.reason) {
                (Exit::NotRestored, _) => vec![button(Choice::PutBack, words.put_back), close],
                (Exit::Busy, _) => vec![button(Choice::Retry, words.retry), close],
                (_, Reason::TargetDenied) if !self.around.elevated => vec![button(Choice::Elevate, words.as_administrator), close],
                (_, Reason::HoldOpen) => {
                    // The versions of the run are those of the update that was refused, and not of the one that waits.
                    let keep = button(Choice::Keep, words.keep).note(self.say(words.keep_version_note));
                    let back = button(Choice::GoBack, words.go_back).note(self.say(words.go_back_to_note));
                    vec![keep, back, close]
                }
                _ => vec![close],
            },
        }
    }

    fn icon(&self) -> Icon {
        match &self.finished.outcome {
            Ok(_) => Icon::Information,
            Err(failure) => match self.exit(failure) {
                Exit::NotRestored => Icon::Error,
                Exit::Cancelled => Icon::Information,
                _ => Icon::Warning,
            },
        }
    }

    /// For the support person: English, whatever the window speaks.
    fn details(&self) -> String {
        let request = &self.finished.file.request;
        let mut lines = vec![request.message.clone()];
        for failure in &self.finished.file.failures {
            lines.push(match request.message.contains(&failure.message) {
                true => failure.reason.to_string(),
                false => failure.to_string(),
            });
            // The page says in its own language what these lines would say.
            let known = facts(&self.speaker, failure).len();
            if failure.fields.len() > known
                && let Ok(fields) = serde_json::to_string(&failure.fields)
            {
                lines.push(shortened(fields));
            }
        }
        if let Ok(Outcome::Planned(plan)) = &self.finished.outcome {
            lines.push(plan.to_string().trim_end().to_owned());
        }
        if let Some(earlier) = &request.earlier_failure {
            lines.push(format!("An unfinished update was undone first. {earlier}"));
        }
        lines.extend(self.around.warnings.iter().map(|warning| format!("Warning: {warning}")));
        lines.push(format!(
            "State: {} (exit code {}), run {}",
            request.state, request.exit_code, request.id
        ));
        if !request.from.is_empty() || !request.to.is_empty() {
            lines.push(format!("Versions: {} to {}", request.from, request.to));
        }
        let places = [
            ("Folder", &request.target),
            ("Old version", &request.snapshot),
            ("Log", &request.log),
        ];
        let places = places
            .iter()
            .filter_map(|(what, path)| Some(format!("{what}: {}", path.as_ref()?.display())));
        lines.extend(places);
        let lines = lines.iter().flat_map(|line| line.lines()).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(|line| self.speaker.language.foreign(line)).collect();
        lines.join("\n")
    }

    fn links(&self) -> Vec<Link> {
        let words = self.speaker.words();
        let request = &self.finished.file.request;
        let kind = |path: &Path| path.extension().map(|kind| kind.to_string_lossy().to_lowercase());
        let notes = request
            .notes
            .clone()
            .filter(|path| kind(path).is_some_and(|kind| SHOWN.contains(&kind.as_str())));
        let link = |label, path| Link { label, path };
        let log = request.log.clone().map(|path| link(words.open_log, path));
        log.into_iter().chain(notes.map(|path| link(words.open_notes, path))).collect()
    }
}

/// A list of a thousand files is in the log; here its beginning is enough.
fn shortened(text: String) -> String {
    const SHOWN: usize = 600;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
