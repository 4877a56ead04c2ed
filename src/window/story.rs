//! Which page follows which. The story holds the run, looks at it from time to time, and turns what a person presses into answers,
//! new runs, or the end. It draws nothing and waits for nothing, so a test can live through it in the place of a person.

use super::left::Pace;
use super::page::{Choice, Page};
use super::pages::{self, Course};
use super::reporter::{Asking, Window};
use super::results::{self, Circumstances};
use super::speaker::Speaker;
use super::{Asked, Closed, Doing, Finished, Job, Options};
use crate::flow::{Outcome, ResultFile};
use crate::report::{Answer, Reporter};
use std::any::Any;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Whoever presses Enter twice at a question does not mean the cancel button that then stands there.
const SECOND_PRESS: Duration = Duration::from_millis(800);

/// What comes next in the window.
#[derive(Debug)]
pub enum Next {
    /// The page stays.
    Stay,
    /// Another page, or the same with other sentences.
    Show(Box<Page>),
    /// The window closes.
    Close,
}

/// The story of one window.
pub struct Story<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    options: &'env Options,
    product: &'env str,
    behind: &'env dyn Reporter,
    job: &'env Job<'env>,
    open: &'env (dyn Fn(&Path) + 'env),
    asked: Asked,
    state: State<'scope, 'env>,
}

enum State<'scope, 'env> {
    /// A run is under way.
    Runs(Running<'scope, 'env>),
    /// A run has ended, and its page is shown.
    Ended(Box<Finished>),
    /// A person wants to go on as an administrator.
    Elevates(Box<Finished>),
    /// The job panicked.
    Panicked(Box<dyn Any + Send>),
    /// Between two others.
    Nothing,
}

struct Running<'scope, 'env> {
    window: Arc<Window<'env>>,
    worker: ScopedJoinHandle<'scope, Finished>,
    pace: Pace,
    cancelling: bool,
    /// Whether the page of a question is shown.
    asking: bool,
    answered: Option<Instant>,
}

impl<'scope, 'env> Story<'scope, 'env> {
    /// Begins what the command line asks for. `open` opens a file or folder that is ours.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        options: &'env Options,
        product: &'env str,
        behind: &'env dyn Reporter,
        job: &'env Job<'env>,
        open: &'env (dyn Fn(&Path) + 'env),
    ) -> Self {
        let mut story = Story {
            scope,
            options,
            product,
            behind,
            job,
            open,
            asked: Asked::AsCalled,
            state: State::Nothing,
        };
        story.start(Asked::AsCalled);
        story
    }

    fn start(&mut self, asked: Asked) {
        let window = Arc::new(Window::new(self.behind, self.options.passive));
        let (job, theirs) = (self.job, window.clone());
        let worker = self.scope.spawn(move || job(asked, &*theirs));
        self.asked = asked;
        self.state = State::Runs(Running {
            window,
            worker,
            pace: Pace::new(Instant::now(), 0),
            cancelling: false,
            asking: false,
            answered: None,
        });
    }

    /// The language and the product.
    pub fn speaker(&self) -> Speaker<'env> {
        Speaker {
            language: self.options.language,
            product: self.product,
        }
    }

    fn doing(&self) -> Doing {
        match self.asked {
            Asked::AsCalled => self.options.doing,
            Asked::Rollback => Doing::Rollback,
            Asked::Confirm => Doing::Confirm,
            Asked::Recover => Doing::Recover,
        }
    }

    /// The page to show first.
    pub fn page(&mut self) -> Page {
        let (speaker, doing, may_cancel) = (self.speaker(), self.doing(), !self.options.passive);
        let mut course = Course {
            doing,
            stage: None,
            position: 0,
            left: None,
            putting_back: false,
            cancelling: false,
            may_cancel: may_cancel && matches!(doing, Doing::Update | Doing::Rollback),
        };
        if let State::Runs(running) = &mut self.state {
            let seen = running.window.look();
            course.left = running.pace.left(Instant::now(), seen.position).filter(|_| !seen.putting_back);
            course.cancelling = running.cancelling;
            (course.stage, course.position, course.putting_back) = (seen.stage, seen.position, seen.putting_back);
        }
        pages::working(&speaker, &course)
    }

    /// Looks at the run; to be called several times a second.
    pub fn tick(&mut self) -> Next {
        let speaker = self.speaker();
        match &mut self.state {
            State::Runs(running) if running.worker.is_finished() => self.ended(),
            State::Runs(running) if running.asking => Next::Stay,
            State::Runs(running) => match running.window.look().question {
                Some(question) => {
                    running.asking = true;
                    Next::Show(Box::new(question_page(&speaker, &question)))
                }
                None => Next::Show(Box::new(self.page())),
            },
            _ => Next::Stay,
        }
    }

    fn ended(&mut self) -> Next {
        let State::Runs(running) = std::mem::replace(&mut self.state, State::Nothing) else {
            return Next::Stay;
        };
        match running.worker.join() {
            Ok(finished) => {
                let page = self.result_page(&finished, &running.window.look().warnings);
                self.state = State::Ended(Box::new(finished));
                match self.options.passive {
                    true => Next::Close,
                    false => Next::Show(Box::new(page)),
                }
            }
            Err(panic) => {
                self.state = State::Panicked(panic);
                Next::Close
            }
        }
    }

    fn result_page(&self, finished: &Finished, warnings: &[String]) -> Page {
        let around = Circumstances {
            doing: self.doing(),
            elevated: self.options.elevated,
            warnings,
        };
        results::result(&self.speaker(), finished, &around)
    }

    /// A button was pressed, or what stands for it.
    pub fn press(&mut self, choice: Choice) -> Next {
        match (&mut self.state, choice) {
            (_, Choice::Wait) => Next::Stay,
            (State::Runs(running), _) if running.asking => {
                running.asking = false;
                running.window.answer(answer(choice));
                running.answered = Some(Instant::now());
                // A person has thought; that time says nothing about the run's.
                running.pace = Pace::new(Instant::now(), running.window.look().position);
                Next::Show(Box::new(self.page()))
            }
            (State::Runs(running), Choice::Cancel) if is_second_press(running.answered, Instant::now()) => Next::Stay,
            (State::Runs(running), Choice::Cancel) => {
                running.cancelling |= running.window.cancel();
                Next::Show(Box::new(self.page()))
            }
            (State::Ended(finished), Choice::OpenFolder) => {
                if let Ok(Outcome::Tested { folder, .. }) = &finished.outcome {
                    (self.open)(folder);
                }
                Next::Stay
            }
            (State::Ended(_), Choice::Retry) => self.again(self.asked),
            (State::Ended(_), Choice::GoBack) => self.again(Asked::Rollback),
            (State::Ended(_), Choice::Keep) => self.again(Asked::Confirm),
            (State::Ended(_), Choice::PutBack) => self.again(Asked::Recover),
            (State::Ended(_), Choice::Elevate) => {
                if let State::Ended(finished) = std::mem::replace(&mut self.state, State::Nothing) {
                    self.state = State::Elevates(finished);
                }
                Next::Close
            }
            (State::Ended(_), Choice::Close) => Next::Close,
            _ => Next::Stay,
        }
    }

    fn again(&mut self, asked: Asked) -> Next {
        self.start(asked);
        Next::Show(Box::new(self.page()))
    }

    /// Opens a file that a page links to.
    pub fn follow(&self, path: &Path) {
        (self.open)(path);
    }

    /// How the window was left. A run that is still under way is waited for, and what it asks is answered with no.
    pub fn closed(self) -> Closed {
        let file = |finished: Box<Finished>| -> ResultFile { finished.file };
        match self.state {
            State::Ended(finished) => Closed::Done(file(finished)),
            State::Elevates(finished) => Closed::Elevate(file(finished)),
            State::Runs(running) => {
                running.window.leave();
                match running.worker.join() {
                    Ok(finished) => Closed::Done(finished.file),
                    Err(panic) => resume_unwind(panic),
                }
            }
            State::Panicked(panic) => resume_unwind(panic),
            State::Nothing => unreachable!("the story is between two states only inside its own functions"),
        }
    }
}

pub(super) fn is_second_press(answered: Option<Instant>, now: Instant) -> bool {
    answered.is_some_and(|at| now.duration_since(at) < SECOND_PRESS)
}

fn answer(choice: Choice) -> Answer {
    match choice {
        Choice::Update | Choice::Retry | Choice::Lose => Answer::Yes,
        Choice::Trial => Answer::Trial,
        _ => Answer::No,
    }
}

fn question_page(speaker: &Speaker<'_>, question: &Asking) -> Page {
    match question {
        Asking::Update {
            product,
            from,
            to,
            folder,
            unrehearsed,
        } => pages::ask(&speaker.of(product), from, to, folder, unrehearsed.as_deref()),
        Asking::Busy(failure) => pages::busy(speaker, failure),
        Asking::Lose { rows, written } => pages::lose(speaker, *rows, written),
    }
}
