//! In the middle of the swap the window cannot be left, and Windows is asked not to shut down; before it, both are free.

use crate::room::{Person, Room};

/// Brings an update to the point where the new version stands in its place and is being tried.
fn in_the_swap(person: &mut Person) -> (crate::sites::Site, crate::desk::Gate) {
    let (update, gate) = person.desk.gated_update("update.exe", "live");
    let site = person.mini("site");
    person.start(&update, &site.path, &[]);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    gate.wait();
    (site, gate)
}

#[test]
fn nothing_interrupts_the_swap() {
    let mut person = Room::usual().enter("swap");
    let (site, gate) = in_the_swap(&mut person);
    let swap = person.sees("95% – Mini – please wait", "swap");
    swap.says(&["Please do not switch off the computer."]);
    assert_eq!(
        (swap.buttons.len(), &*swap.grey),
        (0, &["Please wait…".to_owned()][..]),
        "{swap:#?}"
    );
    person.presses(&["Escape", "alt+F4", "Return", "space"]);
    assert_eq!(person.shuts_down(), Some(1));
    assert!(person.is_running());
    assert_eq!(person.reads().title, "95% – Mini – please wait");
    gate.open();
    person.sees("Mini 2.0 – updated", "updated");
    site.expect_new();
    site.expect_result("done", 0);
    person.enters("Close – updated to 2.0");
    assert_eq!(person.ended(), Some(0));
}

#[test]
fn before_the_swap_windows_may_shut_down() {
    let mut person = Room::fine().enter("shutdown");
    let (update, gate) = person.desk.gated_update("update.exe", "stage");
    let site = person.mini("site");
    person.start(&update, &site.path, &[]);
    person.sees("Mini – update to 2.0?", "ask");
    assert_eq!(person.shuts_down(), Some(0));
    person.ended();
    site.expect_old();

    // The same when it has begun. The next start undoes what is there.
    person.start(&update, &site.path, &[]);
    person.waits_for("Mini – update to 2.0?");
    person.enters("Update now");
    gate.wait();
    assert_eq!(person.shuts_down(), Some(0));
    person.ended();
    site.expect_old();
    gate.open();
    person.desk.update(&update, &site.path, &[]).expect(0);
    site.expect_new();
}
