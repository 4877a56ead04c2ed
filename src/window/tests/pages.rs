//! What stands on the pages, and what can be pressed there.

use super::super::left::Left;
use super::super::pages::{self, Course};
use super::super::results::{Circumstances, result};
use super::super::{Doing, page::Progress};
use super::*;
use crate::report::Stage;
use crate::texts::LANGUAGES;
use std::path::Path;

fn told(finished: &Finished, doing: Doing, elevated: bool) -> Page {
    let around = Circumstances {
        doing,
        elevated,
        warnings: &["A warning.".to_owned()],
    };
    result(&english(), finished, &around)
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
    assert_eq!(told(&good(Outcome::Held), Doing::Update, false).default, Choice::Close);
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
    let ask = pages::ask(&english(), "1.0", "2.0", "C:\\Relief", None);
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
        lose.text.contains("at least 20") && lose.text.ends_with("table7: 1+\n• …"),
        "{}",
        lose.text
    );
    assert!(!pages::lose(&english(), 0, &written).text.contains("at least"));
}

#[test]
fn only_right_to_left_pages_say_so_in_their_texts() {
    let mut page = pages::working(&english(), &course(Stage::Verify));
    assert_eq!(page.directed("a"), "a");
    page.right_to_left = true;
    assert_ne!(page.directed("a"), "a");
}
