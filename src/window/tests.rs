//! The window without a window: pages as values, and a story lived through in the place of a person.

use super::left::Left;
use super::page::{Choice, Icon, Page, Progress};
use super::pages::{self, Course};
use super::plain::{self, Buttons, Pressed};
use super::results::{Circumstances, result};
use super::speaker::Speaker;
use super::story::{Next, Story};
use super::{Asked, Closed, Doing, Finished, Options};
use crate::failure::{Aftermath, Exit, Failure, Reason};
use crate::flow::{Outcome, RequestState, ResultFile};
use crate::report::{Answer, Event, Nobody, Question, Reporter, Stage};
use crate::swap::Recovered;
use crate::texts::{LANGUAGES, choose};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A story that has not gone on by then is stuck.
const DEADLINE: Duration = Duration::from_secs(20);

fn english() -> Speaker<'static> {
    Speaker {
        language: choose(["en"].into_iter()),
        product: "Relief",
    }
}

fn finished(outcome: Result<Outcome, Failure>, aftermath: Aftermath) -> Finished {
    let failures: Vec<Failure> = outcome.as_ref().err().cloned().into_iter().collect();
    let exit = outcome.as_ref().err().map_or(Exit::Done, |failure| Exit::of(failure, aftermath));
    let request = RequestState {
        id: "20260131-120000-1".to_owned(),
        aim: "production",
        state: "done",
        exit_code: exit as i32,
        message: "An English sentence.".to_owned(),
        product: "the application".to_owned(),
        target: Some(PathBuf::from("/srv/relief")),
        from: "1.0".to_owned(),
        to: "2.0".to_owned(),
        database_version: "2.0".to_owned(),
        filesize: 1,
        created_at: String::new(),
        processed_at: String::new(),
        elapsed: 1.0,
        estimated_time: 1,
        log: Some(PathBuf::from("/srv/relief/run.log")),
        notes: Some(PathBuf::from("/srv/relief/notes.exe")),
        snapshot: Some(PathBuf::from("/srv/relief/kept")),
        test_folder: None,
        test_databases: BTreeMap::new(),
        earlier_failure: None,
    };
    Finished {
        outcome,
        aftermath,
        file: ResultFile { failures, request },
    }
}

fn failed(reason: Reason, aftermath: Aftermath) -> Finished {
    finished(Err(Failure::new(reason, "Why, in English.")), aftermath)
}

fn told(finished: &Finished, doing: Doing, elevated: bool) -> Page {
    let around = Circumstances {
        doing,
        elevated,
        warnings: &["A warning.".to_owned()],
    };
    result(&english(), finished, &around)
}

fn choices(page: &Page) -> Vec<Choice> {
    page.buttons.iter().map(|button| button.choice).collect()
}

fn outcomes() -> Vec<Outcome> {
    let restored = Recovered::Restored {
        version: Some("1.0".to_owned()),
        aside: vec![PathBuf::from("/srv/aside")],
        failure: Some(Failure::new(Reason::CheckFailed, "Why.")),
    };
    vec![
        Outcome::Updated,
        Outcome::Held,
        Outcome::Tested {
            folder: PathBuf::from("/srv/relief/test"),
            databases: BTreeMap::new(),
        },
        Outcome::AlreadyInPlace,
        Outcome::NothingToRecover,
        Outcome::Recovered(Recovered::Nothing),
        Outcome::Recovered(Recovered::Committed { version: "2.0".to_owned() }),
        Outcome::Recovered(restored),
        Outcome::Confirmed,
        Outcome::NothingToConfirm,
        Outcome::RolledBack {
            aside: PathBuf::from("/srv/newer"),
        },
    ]
}

fn ends() -> Vec<Finished> {
    let aftermaths = [Aftermath::Untouched, Aftermath::Restored, Aftermath::NotRestored];
    let failures = Reason::ALL
        .iter()
        .flat_map(|reason| aftermaths.map(|aftermath| failed(*reason, aftermath)));
    let outcomes = outcomes().into_iter().map(|outcome| finished(Ok(outcome), Aftermath::Untouched));
    outcomes.chain(failures).collect()
}

#[test]
fn every_end_has_a_page_in_every_language_without_a_hole() {
    for language in LANGUAGES {
        for product in ["Relief", ""] {
            for end in ends() {
                let speaker = Speaker { language, product };
                let around = Circumstances {
                    doing: Doing::Update,
                    elevated: false,
                    warnings: &[],
                };
                let page = result(&speaker, &end, &around);
                let labels = page.buttons.iter().map(|button| &button.label);
                for text in [&page.title, &page.heading, &page.text].into_iter().chain(labels) {
                    assert!(!text.trim().is_empty(), "{page:?}");
                    assert!(!text.contains('{'), "a placeholder without a value: {page:?}");
                }
                assert_eq!(page.right_to_left, language.tag == "ar");
                assert!(choices(&page).contains(&page.default), "{page:?}");
            }
        }
    }
}

#[test]
fn escape_and_the_last_button_never_begin_anything() {
    for end in ends() {
        for doing in [Doing::Update, Doing::Rollback] {
            let page = told(&end, doing, false);
            assert!(page.cancellable);
            assert!(page.buttons.len() <= 3, "a message box has no more: {page:?}");
            let leaving: Vec<usize> = (0..page.buttons.len()).filter(|n| page.buttons[*n].choice.is_cancel()).collect();
            assert_eq!(leaving, [page.buttons.len() - 1], "{page:?}");
        }
    }
}

#[test]
fn title_and_button_carry_the_outcome() {
    let said = |finished: &Finished| {
        let page = told(finished, Doing::Update, true);
        (page.title, page.buttons.last().unwrap().label.clone())
    };
    let pair = |title: &str, button: &str| (title.to_owned(), button.to_owned());
    let updated = finished(Ok(Outcome::Updated), Aftermath::Untouched);
    assert_eq!(said(&updated), pair("Relief 2.0 – updated", "Close – updated to 2.0"));
    let refused = failed(Reason::SpaceShort, Aftermath::Untouched);
    assert_eq!(said(&refused), pair("Relief – nothing was changed", "Close – nothing was changed"));
    let restored = failed(Reason::CheckFailed, Aftermath::Restored);
    assert_eq!(
        said(&restored),
        pair("Relief – everything is as before", "Close – everything is as before")
    );
    let stuck = failed(Reason::CheckFailed, Aftermath::NotRestored);
    assert_eq!(said(&stuck), pair("Relief – help is needed", "Close – help is needed"));
    let busy = failed(Reason::DatabaseBusy, Aftermath::Restored);
    assert_eq!(
        said(&busy),
        pair("Relief – in use, nothing was changed", "Close – nothing was changed")
    );
}

#[test]
fn what_can_be_done_next_is_offered() {
    let offered = |finished: &Finished, elevated| choices(&told(finished, Doing::Update, elevated));
    let good = |outcome| finished(Ok(outcome), Aftermath::Untouched);
    let updated = told(&good(Outcome::Updated), Doing::Update, false);
    assert_eq!(choices(&updated), [Choice::GoBack, Choice::Close]);
    assert_eq!(
        (updated.default, updated.buttons[0].label.as_str()),
        (Choice::Close, "Go back to 1.0")
    );
    let mut none_kept = good(Outcome::Updated);
    none_kept.file.request.snapshot = None;
    assert_eq!(offered(&none_kept, false), [Choice::Close]);
    assert_eq!(offered(&good(Outcome::Held), false), [Choice::Keep, Choice::GoBack, Choice::Close]);
    let denied = failed(Reason::TargetDenied, Aftermath::Untouched);
    assert_eq!(offered(&denied, false), [Choice::Elevate, Choice::Close]);
    assert!(told(&denied, Doing::Update, false).buttons[0].shield);
    assert_eq!(offered(&denied, true), [Choice::Close]);
    let waiting = failed(Reason::HoldOpen, Aftermath::Untouched);
    assert_eq!(offered(&waiting, true), [Choice::Keep, Choice::GoBack, Choice::Close]);
    let busy = failed(Reason::UpdateRunning, Aftermath::Untouched);
    assert_eq!(offered(&busy, true), [Choice::Retry, Choice::Close]);
    let stuck = failed(Reason::UpdateRunning, Aftermath::NotRestored);
    assert_eq!(offered(&stuck, true), [Choice::PutBack, Choice::Close]);
}

#[test]
fn a_result_says_why_and_where_and_keeps_the_english_for_support() {
    let failure = Failure::new(Reason::TargetDenied, "Nobody may write there.").at(Path::new("/srv/relief"));
    let page = told(&finished(Err(failure), Aftermath::Untouched), Doing::Update, true);
    let text = "You may not change this folder. An administrator has to run the update.\n\nWhere: /srv/relief\n\n\
                You can go on working as before.";
    assert_eq!(page.text, text);
    let details = page.details.unwrap().text;
    for part in [
        "TARGET:DENIED: Nobody may write there.",
        "A warning.",
        "exit code 20",
        "Log: /srv/relief/run.log",
        "1.0 to 2.0",
    ] {
        assert!(details.contains(part), "{part} is not in {details}");
    }
    // Notes that could be a program are not opened.
    let links: Vec<&Path> = page.links.iter().map(|link| link.path.as_path()).collect();
    assert_eq!(links, [Path::new("/srv/relief/run.log")]);
}

#[test]
fn what_is_not_an_update_is_not_called_one() {
    let page = told(&failed(Reason::SnapshotMissing, Aftermath::Untouched), Doing::Rollback, true);
    assert_eq!(page.heading, "That was not possible. Nothing was changed.");
    let unnamed = Speaker { product: "", ..english() };
    let around = Circumstances {
        doing: Doing::Rollback,
        elevated: true,
        warnings: &[],
    };
    let mut end = finished(
        Ok(Outcome::RolledBack {
            aside: PathBuf::from("/newer"),
        }),
        Aftermath::Untouched,
    );
    assert_eq!(result(&unnamed, &end, &around).title, "The application 2.0 – back again");
    end.file.request.product = "Relief".to_owned();
    assert_eq!(result(&unnamed, &end, &around).title, "Relief 2.0 – back again");
}

fn course(stage: Stage) -> Course {
    Course {
        doing: Doing::Update,
        stage: Some(stage),
        position: 420,
        left: Some(Left::Minutes(2)),
        putting_back: false,
        cancelling: false,
        may_cancel: true,
    }
}

#[test]
fn work_can_be_cancelled_until_the_swap_begins() {
    let before = pages::working(&english(), &course(Stage::Stage));
    assert_eq!(before.title, "42% – Relief – please wait");
    assert!(
        before.text.starts_with("Preparing the new program\nAbout 2 minutes left\n"),
        "{}",
        before.text
    );
    assert!(before.cancellable && before.buttons[0].enabled && before.holds_shutdown.is_none());
    assert_eq!((before.progress, before.buttons[0].choice), (Progress::Bar(420), Choice::Cancel));
    for stage in [Stage::Swap, Stage::Confirm, Stage::Tidy] {
        let after = pages::working(&english(), &course(stage));
        assert!(
            !after.cancellable && !after.buttons[0].enabled && after.holds_shutdown.is_some(),
            "{after:?}"
        );
        assert!(!before.is_kin(&after), "the button must change with the page");
    }
    let back = Course {
        putting_back: true,
        ..course(Stage::Verify)
    };
    let back = pages::working(&english(), &back);
    assert_eq!(
        (back.heading.as_str(), back.progress),
        ("Putting everything back as it was", Progress::Marquee)
    );
    assert!(!back.cancellable && back.holds_shutdown.is_some());
}

#[test]
fn questions_say_what_will_happen_and_the_dangerous_one_defaults_to_no() {
    let ask = pages::ask(&english(), "1.0", "2.0", "C:\\Relief");
    assert_eq!(ask.heading, "Update Relief from 1.0 to 2.0?");
    assert!(ask.text.contains("C:\\Relief"));
    assert_eq!(
        (choices(&ask), ask.default),
        (vec![Choice::Update, Choice::Trial, Choice::Cancel], Choice::Update)
    );
    let written: Vec<String> = (0..20).map(|n| format!("table{n}: 1 or more")).collect();
    let lose = pages::lose(&english(), 20, &written);
    assert_eq!((choices(&lose), lose.default), (vec![Choice::Lose, Choice::Cancel], Choice::Cancel));
    assert!(
        lose.text.contains("at least 20") && lose.text.ends_with("table7: 1 or more\n• …"),
        "{}",
        lose.text
    );
    assert!(!pages::lose(&english(), 0, &written).text.contains("at least"));
}

/// A person in front of the window: for each page that waits, what to press.
struct Person<'a> {
    presses: &'a [Choice],
    seen: RefCell<Vec<Page>>,
}

impl Person<'_> {
    /// Lives through a story; returns the pages that waited, and how it was left.
    fn live(presses: &[Choice], options: &Options, job: &super::Job<'_>) -> (Vec<Page>, Closed) {
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
    assert_eq!(
        (opened.into_inner(), boxes[2].2),
        (vec![PathBuf::from("/srv/relief/test")], Icon::Information)
    );
    assert!(matches!(closed, Closed::Done(_)));
}

#[test]
#[should_panic(expected = "the engine is broken")]
fn a_panic_of_the_engine_is_not_swallowed() {
    let job = |_: Asked, _: &dyn Reporter| -> Finished { panic!("the engine is broken") };
    Person::live(&[], &options(), &job);
}
