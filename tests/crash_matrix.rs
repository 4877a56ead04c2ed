//! The crash matrix. The real updater, built with a fault counter in the disk module, is ended at each of its operations; then
//! recovery is run, itself ended at each of its operations, and run again. Every history must end in exactly the old pair or exactly the
//! new one, and before any recovery whatever can be started must have the data of its own version. Likewise with an error at each operation.
//!
//! Two planted mistakes show that the matrix can fail.

mod support;

use std::ffi::OsStr;
use std::path::Path;
use support::matrix::{Scenario, native, sweep};
use support::*;

fn cuts(scenario: &Scenario, name: &str, every: u64) {
    let operations = scenario.operations(&scenario.copy("counted"), scenario.verb);
    assert!(operations > 50, "only {operations} operations were counted");
    let (_, wrong) = sweep(name, 1..=operations, |n| scenario.cut_at(n, every, &[]));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_update_cut_anywhere_and_its_recovery_cut_anywhere_end_old_or_new() {
    cuts(&Scenario::inside(&native), "update, cut", 1);
}

#[test]
fn the_same_with_a_database_elsewhere_and_rows_only_in_its_log() {
    cuts(&Scenario::outside_with_log(&native), "update with a log, cut", 3);
}

#[test]
fn a_rollback_cut_anywhere_ends_old_or_new() {
    cuts(&Scenario::rollback(&native), "rollback, cut", 3);
}

#[test]
fn an_error_at_any_operation_leaves_what_was_reported() {
    for (scenario, name) in [(Scenario::inside(&native), "update"), (Scenario::rollback(&native), "rollback")] {
        let operations = scenario.operations(&scenario.copy("counted"), scenario.verb);
        // EIO once, ENOSPC once, EACCES three times, and EIO for ever.
        for (code, times) in [(5, ""), (28, ""), (13, "x3"), (5, "+")] {
            let (_, wrong) = sweep(&format!("{name}, error {code}{times}"), 1..=operations, |n| {
                scenario.error_at(n, code, times)
            });
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

#[test]
fn planted_mistakes_are_caught() {
    for mutant in ["backup-removed-early", "entries-first"] {
        let scenario = Scenario::inside(&native);
        let operations = scenario.operations(&scenario.copy("counted"), "update");
        let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
        let (_, wrong) = sweep(&format!("mutant {mutant}"), operations / 2..=operations, |n| {
            scenario.cut_at(n, 1000, &planted)
        });
        assert!(!wrong.is_empty(), "the mistake “{mutant}” was not noticed");
    }
}

#[test]
fn the_fault_counter_refuses_orders_that_it_cannot_read() {
    let bench = Bench::new();
    let site = bench.mini_site("site");
    let words: Vec<&OsStr> = vec![OsStr::new("--app"), site.as_os_str(), OsStr::new("--silent")];
    let ran = with_environment(Path::new(UPDATER), &words, [("HOLDFAST_FAULT", "explode@3".to_owned())]);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
}
