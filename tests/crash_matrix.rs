//! The crash matrix. The real updater, built with a fault counter in the disk module, is ended at each of its operations; then
//! recovery is run, itself ended at each of its operations, and run again. Every history must end in exactly the old pair or exactly the
//! new one, and before any recovery whatever can be started must have the data of its own version. Likewise with an error at each operation.
//!
//! Two planted mistakes show that the matrix can fail.

mod support;

use std::ffi::OsStr;
use std::path::Path;
use support::matrix::*;
use support::*;

/// Every operation of each recovery that follows, and everything twice.
const DEEP: Depth = Depth {
    recovery_every: 1,
    twice: true,
};

/// The updater under test, and a folder for it.
fn player(bench: &Bench) -> Native {
    Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    }
}

fn updating<'a>(bench: &Bench, player: &'a Native) -> Scenario<'a> {
    Scenario::of(player, inside(bench), "site/data/mini.db", "update")
}

/// The small product in its new version, on its way back.
fn going_back<'a>(bench: &Bench, player: &'a Native) -> Scenario<'a> {
    let master = inside(bench);
    update(&player.updater, &master.join("site"), &[]).expect(0);
    write_since(&master);
    Scenario::of(player, master, "site/data/mini.db", "rollback")
}

fn cuts(player: &Native, scenario: &Scenario<'_>, name: &str, recovery_every: u64) {
    let operations = scenario.operations().len() as u64;
    let depth = Depth { recovery_every, ..DEEP };
    let (_, wrong) = sweep(player, name, 1..=operations, |n| scenario.cut_at("crash", n, depth, &[]));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_update_cut_anywhere_and_its_recovery_cut_anywhere_end_old_or_new() {
    let bench = Bench::new();
    let player = player(&bench);
    cuts(&player, &updating(&bench, &player), "update, cut", 1);
}

#[test]
fn the_same_with_a_database_elsewhere_and_rows_only_in_its_log() {
    let bench = Bench::new();
    let player = player(&bench);
    let master = outside_with_log(&bench);
    let scenario = Scenario::of(&player, master, "elsewhere/mini.db", "update");
    cuts(&player, &scenario, "update with a log, cut", 3);
}

#[test]
fn a_rollback_cut_anywhere_ends_old_or_new() {
    let bench = Bench::new();
    let player = player(&bench);
    cuts(&player, &going_back(&bench, &player), "rollback, cut", 3);
}

#[test]
fn an_error_at_any_operation_leaves_what_was_reported() {
    let (bench, other) = (Bench::new(), Bench::new());
    let player = player(&bench);
    for (scenario, name) in [(updating(&bench, &player), "update"), (going_back(&other, &player), "rollback")] {
        let operations = scenario.operations().len() as u64;
        // EIO once, ENOSPC once, EACCES three times, and EIO for ever.
        for (code, times) in [(5, ""), (28, ""), (13, "x3"), (5, "+")] {
            let (_, wrong) = sweep(&player, &format!("{name}, error {code}{times}"), 1..=operations, |n| {
                scenario.error_at(n, code, times, &[])
            });
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

#[test]
fn planted_mistakes_are_caught() {
    let bench = Bench::new();
    let player = player(&bench);
    let scenario = updating(&bench, &player);
    let operations = scenario.operations().len() as u64;
    let depth = Depth {
        recovery_every: 1000,
        ..DEEP
    };
    for mutant in ["backup-removed-early", "entries-first"] {
        let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
        let (_, wrong) = sweep(&player, &format!("mutant {mutant}"), operations / 2..=operations, |n| {
            scenario.cut_at("crash", n, depth, &planted)
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
