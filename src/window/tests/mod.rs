//! The window without a window: pages as values, and a story lived through in the place of a person.

mod pages;
mod story;

use super::Finished;
use super::page::{Choice, Page};
use super::speaker::Speaker;
use crate::failure::{Aftermath, Exit, Failure, Reason};
use crate::flow::{Outcome, RequestState, ResultFile};
use crate::swap::Recovered;
use crate::texts::choose;
use std::collections::BTreeMap;
use std::path::PathBuf;

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
        computer: "desk".to_owned(),
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
        unrehearsed: None,
        warnings: Vec::new(),
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
        Outcome::Recovered(Recovered::Committed {
            version: "2.0".to_owned(),
            unrehearsed: None,
        }),
        Outcome::Recovered(restored),
        Outcome::Confirmed,
        Outcome::NothingToConfirm,
        Outcome::RolledBack {
            aside: PathBuf::from("/srv/newer"),
        },
    ]
}
