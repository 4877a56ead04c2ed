//! What people do with the window every day: update, go back, try on a copy, keep, cancel, and the ways without the dialog.

use crate::room::{Page, Person, Room};
use crate::sites::Site;
use crate::support::*;

const ASK: &str = "Mini – update to 2.0?";

impl Person {
    pub fn mini(&self, name: &str) -> Site {
        let site = self.desk.mini_site(name);
        Site::mini(site, &self.desk.bench)
    }

    pub fn relief(&self, name: &str) -> Site {
        Site::relief(self.desk.relief_site(name))
    }

    pub fn relief_update(&self) -> std::path::PathBuf {
        let update = self.desk.path("update.exe");
        self.desk.packed(&project().join("payload"), &wine::updater(), "update.exe");
        update
    }
}

#[test]
fn update_work_and_go_back() {
    let mut person = Room::usual().enter("back");
    let (update, site) = (person.relief_update(), person.relief("Relief Register"));
    person.start(&update, &site.path, &[]);
    let ask = person.sees("Relief Register – update to 2.0?", "ask");
    let place = format!("Where: {}", person.desk.seen("Relief Register"));
    ask.says(&["Update Relief Register from 1.1 to 2.0?", &place]);
    assert_eq!(ask.buttons.len(), 3, "{ask:#?}");
    person.enters("Update now");
    person.glimpses("% – Relief Register – please wait", "working");
    let updated = person.sees("Relief Register 2.0 – updated", "updated");
    updated.says(&["Relief Register is now at version 2.0", "Open the log"]);
    assert_eq!(updated.focus, "Close – updated to 2.0");
    site.expect_new();
    site.expect_result("done", 0);

    // People work with it, and then want the old one back: they are told what would go, and Enter says no.
    site.write("INSERT INTO site (name, town) VALUES ('Harbour hall', 'Port');");
    person.chooses("Go back to 1.1");
    let lose = person.sees("go back without the newest data?", "lose");
    lose.says(&["New or changed entries: at least 1", "site: 1+"]);
    person.enters("Cancel – the new version stays");
    let stays = person.sees("cancelled, nothing was changed", "stays");
    site.expect_new();
    site.expect_result("cancelled", 60);
    assert!(stays.buttons.iter().all(|button| !button.contains("Go back")), "{stays:#?}");
    person.presses(&["Escape"]);
    assert_eq!(person.ended(), Some(60));

    person.start(&update, &site.path, &["rollback"]);
    person.sees("go back without the newest data?", "lose");
    person.chooses("Go back without the newest data");
    let back = person.sees("Relief Register 1.1 – back again", "back");
    back.says(&[&format!(r"Kept in: {}\.holdfast\kept\", person.desk.seen("Relief Register"))]);
    site.expect_old();
    site.expect_result("done", 0);
    person.enters("Close – 1.1 is back");
    assert_eq!(person.ended(), Some(0));
}

#[test]
fn a_trial_changes_nothing() {
    let mut person = Room::fine().enter("trial");
    let (update, site) = (person.relief_update(), person.relief("Relief Register"));
    person.start(&update, &site.path, &[]);
    person.waits_for("Relief Register – update to 2.0?");
    person.chooses("Try it on a copy");
    let tested = person.sees("Relief Register 2.0 – ready to be tried, nothing was changed", "tested");
    tested.says(&[&format!(r"Where: {}\.holdfast\", person.desk.seen("Relief Register"))]);
    assert!(tested.buttons.contains(&"Open the folder".to_owned()), "{tested:#?}");
    site.expect_old();
    site.expect_result("tested", 0);
    person.chooses("Close – nothing was changed");
    assert_eq!(person.ended(), Some(0));
    site.expect_old();
}

#[test]
fn cancelling_changes_nothing() {
    let mut person = Room::usual().enter("cancel");
    let (update, site) = (person.desk.mini_update("update.exe"), person.mini("site"));
    // At the question: the cross, Escape, and the button.
    person.start_from_batch(&update, &site.path, "", &[]);
    person.sees(ASK, "ask");
    person.presses(&["alt+F4"]);
    person.sees("Mini – cancelled, nothing was changed", "cancelled");
    person.presses(&["alt+F4"]);
    assert_eq!(person.ended_in_batch(), [1602]);
    site.expect_old();
    person.start(&update, &site.path, &[]);
    person.waits_for(ASK);
    person.presses(&["Escape"]);
    person.waits_for("Mini – cancelled, nothing was changed");
    person.presses(&["Escape"]);
    assert_eq!(person.ended(), Some(60));
    person.start(&update, &site.path, &[]);
    person.waits_for(ASK);
    person.chooses("Cancel");
    person.waits_for("Mini – cancelled, nothing was changed");
    person.enters("Close – nothing was changed");
    assert_eq!(person.ended(), Some(60));
    site.expect_old();

    // While it works. Whoever has pressed Enter twice at the question has not cancelled.
    let (slow, gate) = person.desk.gated_update("slow.exe", "stage");
    person.start(&slow, &site.path, &[]);
    person.waits_for(ASK);
    person.presses(&["Return", "Return"]);
    gate.wait();
    let working = person.sees("% – Mini – please wait", "working");
    working.says(&["Checking the result", "Your program and data have not been changed so far."]);
    assert_eq!((&*working.buttons, &*working.focus), (&["Cancel".to_owned()][..], "Cancel"));
    // A press that comes too soon after the answer is not meant, so it may take two. (A check that is not cancelled ends after a minute.)
    while person.reads_until("a page", |page| !page.title.is_empty()).buttons == ["Cancel"] {
        person.presses(&["Return"]);
    }
    person.sees("Mini – cancelled, nothing was changed", "cancelled");
    site.expect_old();
    site.expect_result("cancelled", 60);
    person.enters("Close – nothing was changed");
    assert_eq!(person.ended(), Some(60));
}

#[test]
fn a_held_version_is_kept_when_people_say_so() {
    let mut person = Room::fine().enter("hold");
    let (update, site) = (person.desk.mini_update("update.exe"), person.mini("site"));
    person.start(&update, &site.path, &["--hold"]);
    person.waits_for(ASK);
    person.enters("Update now");
    let held = person.sees("Mini 2.0 – please try it", "held");
    assert_eq!(held.focus, "Decide later – 2.0 is in place");
    assert!(held.buttons.contains(&"Go back to 1.0".to_owned()), "{held:#?}");
    site.expect_new();
    site.expect_result("held", 0);
    person.chooses("Keep 2.0");
    person.sees("Mini 2.0 – kept", "kept");
    site.expect_new();
    person.enters("Close – 2.0 stays");
    assert_eq!(person.ended(), Some(0));
    // Nothing waits for a decision any more.
    person.desk.update(&update, &site.path, &["confirm"]).expect(10);
}

#[test]
fn a_passive_window_asks_nothing_and_closes_by_itself() {
    let mut person = Room::usual().enter("passive");
    let (update, gate) = person.desk.gated_update("update.exe", "stage");
    let site = person.mini("site");
    person.start(&update, &site.path, &["--passive"]);
    gate.wait();
    let working = person.sees("% – Mini – please wait", "working");
    assert_eq!((working.buttons.len(), &*working.grey), (0, &["Please wait…".to_owned()][..]));
    // There is nothing to cancel.
    person.presses(&["Escape", "alt+F4", "Return"]);
    gate.open();
    assert_eq!(person.ended(), Some(0));
    site.expect_new();
    site.expect_result("done", 0);
    person.sees_nothing();

    // Nobody is asked to close what is open, either.
    let site = person.mini("in-use");
    let holder = person.desk.holder("hold.exe", &site.path.join("VERSION"));
    person.start(&update, &site.path, &["--passive"]);
    assert_eq!(person.ended(), Some(50));
    site.expect_old();
    holder.lets_go();
}

#[test]
fn message_boxes_tell_the_same_story() {
    let mut person = Room::fine().enter("plain");
    let (update, site) = (person.desk.mini_update("update.exe"), person.mini("site"));
    let letters = |page: &Page| page.buttons.iter().map(|b| b.replace('&', "")).collect::<Vec<_>>();
    person.start(&update, &site.path, &["--plain"]);
    let ask = person.sees(ASK, "ask");
    ask.says(&["Yes: Update now", "No: Try it on a copy", "Cancel: Cancel", "no window is shown"]);
    assert_eq!(letters(&ask), ["Yes", "No", "Cancel"]);
    person.presses(&["Escape"]);
    person.sees("Mini – cancelled, nothing was changed", "cancelled");
    person.presses(&["Return"]);
    assert_eq!(person.ended(), Some(60));
    site.expect_old();

    person.start(&update, &site.path, &["--plain", "--language", "ar"]);
    person.sees("هل تريد التحديث إلى", "ask-ar");
    person.presses(&["Return"]);
    let updated = person.sees("تم التحديث", "updated-ar");
    assert_eq!(letters(&updated), ["OK", "Cancel"], "{updated:#?}");
    site.expect_new();
    // Enter goes back to nothing: it closes.
    person.presses(&["Return"]);
    assert_eq!(person.ended(), Some(0));
    site.expect_new();
    site.expect_result("done", 0);
}
