//! The crash matrix. The real updater, built with a fault counter in the disk module, is ended at each of its operations; then
//! recovery is run, itself ended at each of its operations, and run again. Every history must end in exactly the old pair or exactly the
//! new one, and before any recovery whatever can be started must have the data of its own version. Likewise with an error at each operation.
//!
//! Two planted mistakes show that the matrix can fail.

mod support;

use std::ffi::OsStr;
use std::path::Path;
use support::matrix::*;
use support::proof::is_nightly;
use support::steps::*;
use support::*;

/// Every operation of each recovery that follows, and everything twice.
const DEEP: Depth = Depth {
    recovery_every: 1,
    twice: true,
};

/// EIO once, ENOSPC once, EACCES three times, and EIO for ever.
const ERRORS: [Errors; 4] = [(5, ""), (28, ""), (13, "x3"), (5, "+")];

/// Those, or in a nightly run all three in every way.
fn errors() -> Vec<Errors> {
    match is_nightly() {
        true => in_every_way(&[5, 28, 13]),
        false => ERRORS.to_vec(),
    }
}

/// The updater under test, and a folder for it.
fn player(bench: &Bench) -> Native {
    player_of(bench, &bench.mini_payload())
}

fn player_of(bench: &Bench, payload: &Path) -> Native {
    Native {
        updater: bench.pack(payload, "update"),
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
    let bench = Bench::in_memory();
    let player = player(&bench);
    cuts(&player, &updating(&bench, &player), "update, cut", 1);
}

#[test]
fn the_same_with_a_database_elsewhere_and_rows_only_in_its_log() {
    let bench = Bench::in_memory();
    let player = player(&bench);
    let master = outside_with_log(&bench);
    let scenario = Scenario::of(&player, master, "elsewhere/mini.db", "update");
    cuts(&player, &scenario, "update with a log, cut", 3);
}

#[test]
fn a_rollback_cut_anywhere_ends_old_or_new() {
    let bench = Bench::in_memory();
    let player = player(&bench);
    cuts(&player, &going_back(&bench, &player), "rollback, cut", 3);
}

#[test]
fn an_error_at_any_operation_leaves_what_was_reported() {
    let (bench, other) = (Bench::in_memory(), Bench::in_memory());
    let player = player(&bench);
    for (scenario, name) in [(updating(&bench, &player), "update"), (going_back(&other, &player), "rollback")] {
        let operations = scenario.operations().len() as u64;
        for (code, times) in errors() {
            let (_, wrong) = sweep(&player, &format!("{name}, error {code}{times}"), 1..=operations, |n| {
                scenario.error_at(Refusal::new(n, (code, times)), &[])
            });
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

/// Every operation.
const ALL: Sample = Sample {
    others_every: 1,
    errors_every: 1,
};

/// Runs an updater with a limit for the size of a file, in blocks of 512 bytes, if one is given. Whoever writes beyond it is ended, or gets
/// an error where that signal is ignored.
const LIMITED: &str = "#!/bin/sh
case $LIMIT in
*+) trap '' XFSZ ;;
esac
[ -z \"$LIMIT\" ] || ulimit -f ${LIMIT%+}
exec \"${0%-limited}\" \"$@\"
";

/// SQLite writes by itself, and no operation counts it: so the steps are ended, and refused, where a database outgrows a limit.
fn outgrown(bench: &Bench, player: &Native, site: &SiteOfSteps) {
    let updater = bench.path("update-limited");
    write(&updater, LIMITED);
    executable(&updater);
    let limited = Native {
        updater,
        root: player.root.join("limited"),
    };
    let scenario = site.scenario(&limited);
    for ending in ["", "+"] {
        let mut fired = 0;
        // Up to the limit that is none.
        for pages in 1..100 {
            let folder = scenario.copy("limited");
            let ran = scenario.act(&folder, &[("LIMIT", format!("{}{ending}", pages * 8))]);
            let judged = match ran.code {
                None => scenario
                    .never_mixed(&folder)
                    .and_then(|()| scenario.settle(&folder, true))
                    .map(|_| 1),
                Some(_) => scenario.judged(&folder, &ran, true),
            };
            judged.unwrap_or_else(|e| panic!("limit of {pages} pages{ending}: {e}"));
            if ran.code == Some(0) {
                break;
            }
            fired += 1;
        }
        println!("limit{ending}: fired {fired} times");
        assert!(fired > 5, "only {fired} limits were in the way");
    }
}

/// Steps of every kind, ended and refused at every operation that matters.
fn steps(reshape: Reshape, name: &str) {
    let bench = Bench::in_memory();
    let player = player_of(&bench, &bench.steps_payload(reshape));
    let site = SiteOfSteps::new(&bench, reshape);
    outgrown(&bench, &player, &site);
    let wrong = site.play(&player, name, ALL, &errors(), &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn steps_of_every_kind_that_begin_with_a_reshape_of_the_live_database() {
    steps(Reshape::First, "reshape first");
}

#[test]
fn steps_of_every_kind_with_a_reshape_in_the_middle() {
    steps(Reshape::Middle, "reshape in the middle");
}

#[test]
fn planted_mistakes_are_caught() {
    let bench = Bench::in_memory();
    let player = player(&bench);
    let scenario = updating(&bench, &player);
    let operations = scenario.operations().len() as u64;
    let depth = Depth {
        recovery_every: 1000,
        ..DEEP
    };
    for mutant in ["backup-removed-early", "entries-first"] {
        let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
        hunt(&player, mutant, operations / 2..=operations, |n| {
            scenario.cut_at("crash", n, depth, &planted)
        });
    }
}

#[test]
fn the_fault_counter_refuses_orders_that_it_cannot_read() {
    let bench = Bench::in_memory();
    let site = bench.mini_site("site");
    let words: Vec<&OsStr> = vec![OsStr::new("--app"), site.as_os_str(), OsStr::new("--silent")];
    let ran = with_environment(Path::new(UPDATER), &words, [("HOLDFAST_FAULT", "explode@3".to_owned())]);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn an_error_that_did_not_fire_does_not_count() {
    let bench = Bench::in_memory();
    let player = player(&bench);
    let scenario = updating(&bench, &player);
    let beyond = scenario.operations().len() as u64 + 1000;
    let said = scenario
        .error_at(Refusal::new(beyond, (5, "")), &[])
        .expect_err("no operation has that number");
    assert!(said.contains("did not fire"), "{said}");
}
