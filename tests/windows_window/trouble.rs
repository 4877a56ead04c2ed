//! What can go wrong, as people are told it: something is open, the update fails and all is as before, or not all could be put back.

use crate::desk::live_renames;
use crate::room::Room;
use crate::support::wine::updater;
use crate::support::*;

#[test]
fn whoever_has_the_application_open_is_named_until_they_close_it() {
    let mut person = Room::usual().enter("busy");
    let (update, site) = (person.desk.mini_update("update.exe"), person.mini("site"));
    let ours = person.desk.holder("hold.exe", &site.path.join("VERSION"));
    let backup = person.desk.holder("backup.exe", &site.path.join("lib/one.txt"));
    person.start(&update, &site.path, &[]);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    let busy = person.sees("Mini – still in use", "busy");
    busy.says(&["Close Mini, then try again.", "hold.exe (", "backup.exe ("]);
    site.expect_old_code();

    ours.lets_go();
    person.enters_and_looks("Try again", "Mini – still in use");
    let busy = person.sees("Mini – still in use", "still-busy");
    assert!(!busy.text.contains("hold.exe"), "{busy:#?}");
    busy.says(&["backup.exe (", &person.desk.seen(r"site/lib/one.txt")]);
    site.expect_old_code();
    backup.lets_go();
    person.enters("Try again");
    person.sees("Mini 2.0 – updated", "updated");
    site.expect_new();
    site.expect_result("done", 0);
    person.enters("Close – updated to 2.0");
    assert_eq!(person.ended(), Some(0));
}

#[test]
fn who_does_not_close_it_changes_nothing_and_may_begin_again() {
    let mut person = Room::fine().enter("in-use");
    let (update, site) = (person.desk.mini_update("update.exe"), person.mini("site"));
    let holder = person.desk.holder("hold.exe", &site.path.join("start"));
    person.start_from_batch(&update, &site.path, "", &[]);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    person.waits_for("Mini – still in use");
    person.presses(&["Escape"]);
    let busy = person.sees("Mini – in use, nothing was changed", "in-use");
    busy.says(&["Mini is still open.", "hold.exe ("]);
    site.expect_old();
    person.presses(&["Escape"]);
    assert_eq!(person.ended_in_batch(), [1618]);
    holder.lets_go();
    site.expect_old();
}

#[test]
fn a_check_that_fails_leaves_everything_as_before() {
    let mut person = Room::usual().enter("restored");
    let payload = person.desk.bench.mini_payload();
    append(
        &payload,
        "[[check]]\nname = \"no mould\"\nsql = \"SELECT count(*) FROM item WHERE name = 'mould'\"\nexpect = 0\n",
    );
    let update = person.desk.packed(&payload, &updater(), "update.exe");
    let site = person.mini("site").with("INSERT INTO thing VALUES (3, 'mould')");
    person.start(&update, &site.path, &[]);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    let restored = person.sees("Mini – everything is as before", "restored");
    restored.says(&[
        "Mini was not updated. Everything is as before.",
        "A check of the new version failed.",
    ]);
    site.expect_old();
    site.expect_result("restored", 30);
    assert_eq!(reason(&site.path), "CHECK:FAILED");
    // For the support person.
    person.chooses("Show details");
    let details = person.sees("Mini – everything is as before", "details");
    details.says(&["no mould", "CHECK:FAILED", "State: restored (exit code 30)"]);
    person.chooses("Close – everything is as before");
    assert_eq!(person.ended(), Some(30));
}

#[test]
fn what_could_not_be_put_back_is_put_in_order_later() {
    let mut person = Room::fine().enter("help");
    let update = person.desk.faulty_update("update.exe");
    let rehearsal = person.mini("first");
    let log = person.desk.seen("operations");
    person
        .desk
        .update_with(&update, &rehearsal.path, &[], &[("HOLDFAST_OPLOG", log)])
        .expect(0);
    let renames = live_renames(&person.desk.path("operations"), &person.desk.seen("first"));
    let broken = [
        ("HOLDFAST_FAULT", format!("err:5@{}+", renames[renames.len() / 2])),
        ("HOLDFAST_PATIENCE_MS", "100".to_owned()),
    ];

    let site = person.mini("again");
    person.start_from_batch(&update, &site.path, "", &broken);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    let help = person.sees("Mini – help is needed", "help");
    help.says(&["Please do not start Mini now", "Nothing has been thrown away."]);
    assert_eq!(help.focus, "Put things in order now");
    assert!(!site.path.join("start").exists(), "there is nothing to start");
    person.presses(&["Escape"]);
    assert_eq!(person.ended_in_batch(), [1604]);
    person.start(&update, &site.path, &["recover"]);
    let undone = person.sees("Mini – everything is as before", "undone");
    undone.says(&["The interrupted update has been undone"]);
    site.expect_old();
    site.expect_result("done", 0);
    person.enters("Close – everything is as before");
    assert_eq!(person.ended(), Some(0));

    // The same by the button of the page: that run begins with a disk that obeys for a while.
    let site = person.mini("third");
    person.start_with(&update, &site.path, &[], &broken);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    person.waits_for("Mini – help is needed");
    person.enters("Put things in order now");
    person.sees("Mini – everything is as before", "in-order");
    site.expect_old();
    person.enters("Close – everything is as before");
    assert_eq!(person.ended(), Some(0));
}

// Under Wine everybody is an administrator and may write everywhere, so the system's refusal is injected, which comes later than a real one.
#[test]
fn what_the_system_does_not_allow_is_told_as_such() {
    let mut person = Room::usual().enter("denied");
    let (update, site) = (person.desk.faulty_update("update.exe"), person.mini("site"));
    let denied = [
        ("HOLDFAST_FAULT", "err:5@1+".to_owned()),
        ("HOLDFAST_PATIENCE_MS", "100".to_owned()),
    ];
    person.start_from_batch(&update, &site.path, "", &denied);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    let page = person.sees("Mini – everything is as before", "denied");
    page.says(&["You may not change this folder.", "An administrator has to run the update."]);
    // Whoever is one already is not offered to become one.
    assert_eq!(page.buttons, ["Show details", "Close – everything is as before"]);
    person.presses(&["Escape"]);
    assert_eq!(person.ended_in_batch(), [1603]);
    site.expect_old();
}
