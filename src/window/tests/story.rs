//! Stories lived through in the place of a person: what is asked, what is answered, what runs, and how the window is left.

use super::super::page::Icon;
use super::super::plain::{self, Buttons, Pressed};
use super::super::story::{Next, Story, is_second_press};
use super::super::{Asked, Closed, Doing, Job, Options};
use super::*;
use crate::report::{Answer, Event, Nobody, Question, Reporter, Stage};
use std::cell::RefCell;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A story that has not gone on by then is stuck.
const DEADLINE: Duration = Duration::from_secs(20);

/// A person in front of the window: for each page that waits, what to press.
struct Person<'a> {
    presses: &'a [Choice],
    seen: RefCell<Vec<Page>>,
}

impl Person<'_> {
    /// Lives through a story; returns the pages that waited, and how it was left.
    fn live(presses: &[Choice], options: &Options, job: &Job<'_>) -> (Vec<Page>, Closed) {
        let person = Person {
            presses,
            seen: RefCell::default(),
        };
        let closed = std::thread::scope(|scope| {
            let mut story = Story::new(scope, options, "Relief", &Nobody, job, &|_| {});
            let mut next = Next::Show(Box::new(story.page()));
            let until = Instant::now() + DEADLINE;
            loop {
                assert!(Instant::now() < until, "the story is stuck; seen: {:?}", person.seen.borrow());
                next = match next {
                    Next::Close => break,
                    Next::Show(page) if page.waits() => story.press(person.answer(*page)),
                    _ => {
                        std::thread::yield_now();
                        story.tick()
                    }
                };
            }
            story.closed()
        });
        (person.seen.into_inner(), closed)
    }

    fn answer(&self, page: Page) -> Choice {
        let mut seen = self.seen.borrow_mut();
        let choice = self.presses.get(seen.len()).copied().unwrap_or(Choice::Close);
        assert!(choices(&page).contains(&choice), "{choice:?} is not on {page:?}");
        seen.push(page);
        choice
    }
}

fn options() -> Options {
    Options {
        language: choose(["en"].into_iter()),
        passive: false,
        plain: false,
        elevated: false,
        doing: Doing::Update,
    }
}

const UPDATE: Question<'static> = Question::Update {
    product: "Relief",
    from: "1.0",
    to: "2.0",
    folder: "/srv/relief",
    unrehearsed: None,
};

/// An engine that asks what it is told to ask, and notes the answers.
fn engine(log: &Mutex<Vec<String>>) -> impl Fn(Asked, &dyn Reporter) -> Finished + Sync {
    move |asked, reporter| {
        let note = |text: String| log.lock().unwrap().push(text);
        note(format!("{asked:?}"));
        let outcome = match asked {
            Asked::AsCalled => {
                reporter.event(&Event::Stage { stage: Stage::Preflight });
                let answer = reporter.ask(&UPDATE);
                note(format!("{answer:?}"));
                match answer {
                    Answer::Yes => Ok(Outcome::Held),
                    Answer::Trial => Ok(outcomes().remove(2)),
                    Answer::No => Err(Failure::new(Reason::Cancelled, "Cancelled.")),
                }
            }
            Asked::Rollback => match reporter.ask(&Question::Lose { rows: 1, written: &[] }) {
                Answer::Yes => Ok(outcomes().remove(10)),
                _ => Err(Failure::new(Reason::UpdateRunning, "Busy.")),
            },
            Asked::Confirm => Ok(Outcome::Confirmed),
            Asked::Recover => Ok(Outcome::NothingToRecover),
        };
        finished(outcome, Aftermath::Untouched)
    }
}

#[test]
fn an_update_is_asked_for_kept_and_ended_in_one_window() {
    let log = Mutex::default();
    let (seen, closed) = Person::live(&[Choice::Update, Choice::Keep], &options(), &engine(&log));
    assert_eq!(*log.lock().unwrap(), ["AsCalled", "Yes", "Confirm"]);
    let headings: Vec<&str> = seen.iter().map(|page| page.heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Update Relief from 1.0 to 2.0?",
            "Relief 2.0 is in place. Please try it now.",
            "Relief 2.0 stays"
        ]
    );
    assert!(matches!(closed, Closed::Done(file) if file.request.exit_code == 0));
}

#[test]
fn going_back_asks_again_after_it_was_busy() {
    let log = Mutex::default();
    let presses = [Choice::Update, Choice::GoBack, Choice::Cancel, Choice::Retry, Choice::Lose];
    let (seen, _) = Person::live(&presses, &options(), &engine(&log));
    assert_eq!(*log.lock().unwrap(), ["AsCalled", "Yes", "Rollback", "Rollback"]);
    assert_eq!(seen.last().unwrap().heading, "Relief 2.0 is back, with its data");
    assert_eq!(seen.len(), presses.len() + 1);
}

#[test]
fn a_no_is_a_no() {
    let log = Mutex::default();
    let (_, closed) = Person::live(&[Choice::Cancel], &options(), &engine(&log));
    assert_eq!(*log.lock().unwrap(), ["AsCalled", "No"]);
    assert!(matches!(closed, Closed::Done(file) if file.request.exit_code == Exit::Cancelled as i32));
}

#[test]
fn administrators_rights_are_asked_for_by_the_caller() {
    let job = |_: Asked, _: &dyn Reporter| failed(Reason::TargetDenied, Aftermath::Untouched);
    let (_, closed) = Person::live(&[Choice::Elevate], &options(), &job);
    assert!(matches!(closed, Closed::Elevate(_)));
}

#[test]
fn a_passive_window_asks_nothing_and_tells_nothing() {
    let log = Mutex::default();
    let passive = Options {
        passive: true,
        ..options()
    };
    let (seen, _) = Person::live(&[], &passive, &engine(&log));
    // Nobody stands behind this one, so the answer is no.
    assert_eq!(*log.lock().unwrap(), ["AsCalled", "No"]);
    assert!(seen.is_empty());
}

#[test]
fn cancel_is_heard_until_the_swap_and_not_after() {
    for (stage, heard) in [(Stage::Migrate, true), (Stage::Swap, false)] {
        let job = move |_: Asked, reporter: &dyn Reporter| {
            reporter.event(&Event::Stage { stage });
            let until = Instant::now() + DEADLINE;
            // The first look tells the story that the stage has come; then it presses cancel and warns us.
            while !reporter.cancelled() && heard && Instant::now() < until {
                std::thread::yield_now();
            }
            match reporter.cancelled() {
                true => failed(Reason::Cancelled, Aftermath::Untouched),
                false => finished(Ok(Outcome::Updated), Aftermath::Untouched),
            }
        };
        let options = options();
        std::thread::scope(|scope| {
            let mut story = Story::new(scope, &options, "Relief", &Nobody, &job, &|_| {});
            let until = Instant::now() + DEADLINE;
            let end = loop {
                assert!(Instant::now() < until, "the story is stuck");
                match story.tick() {
                    Next::Show(page) if page.waits() => break page,
                    Next::Show(page) if page.cancellable => drop(story.press(Choice::Cancel)),
                    _ => std::thread::yield_now(),
                }
            };
            assert_eq!(end.heading.starts_with("Cancelled"), heard, "{end:?}");
        });
    }
}

#[test]
fn message_boxes_tell_the_same_story() {
    let log = Mutex::default();
    let plain = Options { plain: true, ..options() };
    let boxes = RefCell::new(Vec::new());
    let job = engine(&log);
    let opened = RefCell::new(Vec::new());
    let open = |path: &Path| opened.borrow_mut().push(path.to_owned());
    let closed = std::thread::scope(|scope| {
        let mut story = Story::new(scope, &plain, "Relief", &Nobody, &job, &open);
        story.follow(Path::new("/srv/relief/run.log"));
        plain::show(&mut story, &|shown| {
            let mut boxes = boxes.borrow_mut();
            boxes.push((shown.text.clone(), shown.buttons, shown.page.icon));
            match boxes.len() {
                1 => Pressed::Second,
                2 => Pressed::First,
                _ => Pressed::Cancel,
            }
        });
        story.closed()
    });
    let boxes = boxes.into_inner();
    assert_eq!(*log.lock().unwrap(), ["AsCalled", "Trial"]);
    assert_eq!((boxes.len(), boxes[0].1, boxes[1].1), (3, Buttons::Three, Buttons::Two));
    assert!(
        boxes[0].0.contains("Yes: Update now\nNo: Try it on a copy\nCancel: Cancel"),
        "{}",
        boxes[0].0
    );
    assert!(boxes[0].0.contains("no window is shown"), "{}", boxes[0].0);
    let opened = opened.into_inner();
    assert_eq!(opened, [PathBuf::from("/srv/relief/run.log"), PathBuf::from("/srv/relief/test")]);
    assert_eq!(boxes[2].2, Icon::Information);
    assert!(matches!(closed, Closed::Done(_)));
}

#[test]
#[should_panic(expected = "the engine is broken")]
fn a_panic_of_the_engine_is_not_swallowed() {
    let job = |_: Asked, _: &dyn Reporter| -> Finished { panic!("the engine is broken") };
    Person::live(&[], &options(), &job);
}

#[test]
fn a_second_press_at_a_question_does_not_cancel_what_it_began() {
    let answered = Instant::now();
    let later = |ms| answered + Duration::from_millis(ms);
    assert!(is_second_press(Some(answered), later(0)) && is_second_press(Some(answered), later(700)));
    assert!(!is_second_press(Some(answered), later(900)));
    assert!(!is_second_press(None, answered), "nothing was asked yet, so Cancel is meant");
}
