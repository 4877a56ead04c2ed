//! The crash matrix, played by the Windows executable under Wine: an update and a rollback ended at each of their operations, some of the
//! recoveries ended in their turn, and one error of Windows' own at each operation. A run takes a good part of a second there, so
//! histories that the matrix on Linux plays are thinned out: see `Player::is_slow`.

mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use support::matrix::{Player, Scenario, sweep};
use support::wine::{Wine, faulty_updater};
use support::*;

/// The exit code of a process that the fault counter ended, as far as Linux sees it.
const CUT: i32 = 137;

struct OnWindows {
    wine: Arc<Wine>,
    updater: PathBuf,
}

impl Player for OnWindows {
    fn run(&self, words: &[OsString], environment: &[(&str, String)]) -> Ran {
        let mut environment = environment.to_vec();
        // Errors that pass by themselves are tried again; what stays must not take ten seconds each time.
        environment.push(("HOLDFAST_PATIENCE_MS", "100".to_owned()));
        self.wine.run_with(&self.updater, words, &environment)
    }

    /// Drive `Z:` is all of Linux.
    fn seen(&self, path: &Path) -> OsString {
        format!("Z:{}", path.to_string_lossy().replace('/', "\\")).into()
    }

    fn was_cut(&self, ran: &Ran) -> bool {
        ran.code == Some(CUT)
    }

    fn is_slow(&self) -> bool {
        true
    }
}

fn on_windows(bench: &Bench) -> Box<dyn Player> {
    // One Windows for all tests that run at a time; it goes with the last of them.
    static WINE: Mutex<Weak<Wine>> = Mutex::new(Weak::new());
    let updater = bench.path("update.exe");
    let packed = std::process::Command::new(HOLDFAST)
        .arg("pack")
        .arg(bench.mini_payload())
        .arg("-o")
        .arg(&updater)
        .arg("--stub")
        .arg(faulty_updater())
        .status();
    assert!(packed.is_ok_and(|status| status.success()));
    let mut shared = WINE.lock().expect("no panic inside");
    let wine = shared.upgrade().unwrap_or_else(|| Arc::new(Wine::new()));
    *shared = Arc::downgrade(&wine);
    Box::new(OnWindows { wine, updater })
}

fn counted(scenario: &Scenario) -> u64 {
    let operations = scenario.operations(&scenario.copy("counted"), scenario.verb);
    assert!(operations > 50, "only {operations} operations were counted");
    operations
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_update_cut_anywhere_ends_old_or_new() {
    let scenario = Scenario::inside(&on_windows);
    // The recovery of every twelfth cut is cut in its turn, at every sixth of its operations.
    let check = |n: u64| scenario.cut_at(n, if n.is_multiple_of(12) { 6 } else { 0 }, &[]);
    none(&sweep("Windows, update, cut", 1..=counted(&scenario), check).1);
}

#[test]
fn an_update_with_a_database_elsewhere_and_rows_only_in_its_log_ends_old_or_new() {
    let scenario = Scenario::outside_with_log(&on_windows);
    let last = counted(&scenario);
    // The first half only prepares copies, as in the update above.
    none(&sweep("Windows, update with a log, cut", last / 2..=last, |n| scenario.cut_at(n, 0, &[])).1);
}

#[test]
fn a_rollback_cut_anywhere_ends_old_or_new() {
    let scenario = Scenario::rollback(&on_windows);
    none(&sweep("Windows, rollback, cut", 1..=counted(&scenario), |n| scenario.cut_at(n, 0, &[])).1);
}

#[test]
fn an_error_at_any_operation_leaves_what_was_reported() {
    // Access denied three times, a sharing violation for ever, and no room: one of them at each operation.
    const ERRORS: [(i32, &str); 3] = [(5, "x3"), (32, "+"), (112, "")];
    let scenario = Scenario::inside(&on_windows);
    let check = |n: u64| {
        let (code, times) = ERRORS[n as usize % ERRORS.len()];
        scenario.error_at(n, code, times)
    };
    none(&sweep("Windows, update, error", 1..=counted(&scenario), check).1);
}

#[test]
fn planted_mistakes_are_caught() {
    for mutant in ["backup-removed-early", "entries-first"] {
        let scenario = Scenario::inside(&on_windows);
        let last = counted(&scenario);
        let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
        let (_, wrong) = sweep(&format!("Windows, mutant {mutant}"), last * 2 / 3..=last, |n| {
            scenario.cut_at(n, 0, &planted)
        });
        assert!(!wrong.is_empty(), "the mistake “{mutant}” was not noticed");
    }
}
