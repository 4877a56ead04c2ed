//! The three ways in which the updater speaks: to a person at a terminal, in silence, and as JSON lines. All of them write the log.

use crate::bundle::manifest::not_rehearsed;
use crate::failure::Failure;
use crate::report::{Answer, Event, Question, Reporter, position};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Writes an event to the log.
fn log(event: &Event<'_>) {
    match event {
        // What rows left their tables is noted by itself.
        Event::Progress { .. } | Event::Accounts { .. } => {}
        Event::Warning { message } => log::warn!("{message}"),
        Event::Failed { failure } => log::error!("{}", line(failure)),
        Event::Note { message } => log::info!("{message}"),
        other => log::info!("{}", serde_json::to_string(other).unwrap_or_default()),
    }
}

fn line(failure: &Failure) -> String {
    format!("{failure} {}", serde_json::to_string(&failure.fields).unwrap_or_default())
}

/// A person at a terminal.
pub struct Terminal {
    bar: ProgressBar,
    details: bool,
    cancel: Arc<AtomicBool>,
}

impl Terminal {
    /// With a progress bar on standard error.
    pub fn new(details: bool, cancel: Arc<AtomicBool>) -> Self {
        let bar = ProgressBar::new(1000);
        if let Ok(style) = ProgressStyle::with_template("{msg:42!} [{bar:28}] {percent:>3}%") {
            bar.set_style(style.progress_chars("=> "));
        }
        Terminal { bar, details, cancel }
    }

    /// Whether a person can be asked.
    pub fn can_ask() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    fn prompt(&self, text: &str, answers: &[(&str, Answer)]) -> Answer {
        self.bar.suspend(|| {
            loop {
                crate::print::err(format_args!("{text} "));
                let _ = std::io::stderr().flush();
                let Some(word) = self.line() else {
                    // Nobody typed the end of the line.
                    complain!("");
                    return Answer::No;
                };
                if let Some((_, answer)) = answers.iter().find(|(name, _)| !word.is_empty() && name.starts_with(&word)) {
                    return *answer;
                }
            }
        })
    }

    /// What a person types, in small letters; `None` at the end of the input or when they cancel. It is read in a thread of its own,
    /// because a signal does not end the reading.
    fn line(&self) -> Option<String> {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut typed = String::new();
            let read = std::io::stdin().lock().read_line(&mut typed).unwrap_or(0);
            let _ = sender.send((read > 0).then(|| typed.trim().to_lowercase()));
        });
        while !self.cancel.load(Ordering::Relaxed) {
            if let Ok(line) = receiver.recv_timeout(Duration::from_millis(50)) {
                return line;
            }
        }
        None
    }

    /// Takes the progress bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Reporter for Terminal {
    fn event(&self, event: &Event<'_>) {
        log(event);
        match event {
            Event::Stage { stage } => {
                self.bar.set_message(stage.sentence());
                self.bar.set_position(position(*stage, 0, 1));
            }
            Event::Progress { stage, done, total } => self.bar.set_position(position(*stage, *done, *total)),
            Event::Step { version, step } if self.details => self.bar.suspend(|| complain!("step {version}/{step}")),
            Event::Note { message } if self.details => self.bar.suspend(|| complain!("{message}")),
            Event::Moved { unit, to } if self.details => self.bar.suspend(|| complain!("moved {unit} {}", to.words())),
            Event::Warning { message } => self.bar.suspend(|| complain!("warning: {message}")),
            _ => {}
        }
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        match question {
            Question::Update {
                product,
                from,
                to,
                folder,
                unrehearsed,
            } => {
                let warned = unrehearsed.map_or_else(String::new, |why| not_rehearsed(why) + "\n");
                let text = format!(
                    "{product} in “{folder}” will be updated from {from} to {to}.\n{warned}[u]pdate, [t]ry on a copy, or [c]ancel?"
                );
                self.prompt(&text, &[("update", Answer::Yes), ("try", Answer::Trial), ("cancel", Answer::No)])
            }
            Question::Busy { failure } => self.prompt(
                &format!("{}\n[r]etry or [c]ancel?", failure.message),
                &[("retry", Answer::Yes), ("cancel", Answer::No)],
            ),
            Question::Lose { rows, written } => {
                let what = if *rows == 0 {
                    "Files".to_owned()
                } else {
                    format!("At least {rows} rows")
                };
                let text = format!(
                    "{what} were written since the update ({}). They are kept aside, but will not be in the old version.\nGo back? [y]es or [n]o?",
                    written.join("; ")
                );
                self.prompt(&text, &[("yes", Answer::Yes), ("no", Answer::No)])
            }
        }
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        Some(self.cancel.clone())
    }
}

/// Nobody is asked and nothing is shown.
pub struct Silent {
    cancel: Arc<AtomicBool>,
}

impl Silent {
    /// Stops when the flag is set.
    pub fn new(cancel: Arc<AtomicBool>) -> Self {
        Silent { cancel }
    }
}

impl Reporter for Silent {
    fn event(&self, event: &Event<'_>) {
        log(event);
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        decided(question)
    }

    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        Some(self.cancel.clone())
    }
}

/// Whoever runs the updater in silence has decided that it shall update; nothing else is taken for granted.
fn decided(question: &Question<'_>) -> Answer {
    match question {
        Question::Update { .. } => Answer::Yes,
        Question::Busy { .. } | Question::Lose { .. } => Answer::No,
    }
}

/// One JSON object a line on standard output.
pub struct Streaming {
    cancel: Arc<AtomicBool>,
}

impl Streaming {
    /// Stops when the flag is set.
    pub fn new(cancel: Arc<AtomicBool>) -> Self {
        Streaming { cancel }
    }
}

impl Reporter for Streaming {
    fn event(&self, event: &Event<'_>) {
        log(event);
        if let Ok(text) = serde_json::to_string(event) {
            // Whoever reads may have gone; the update goes on.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        decided(question)
    }

    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        Some(self.cancel.clone())
    }
}
