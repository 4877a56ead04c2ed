//! The crash matrix of the Windows program, under Wine: it is ended at its operations, its writes are torn, its recoveries are ended, too,
//! and each operation is refused once as Windows refuses. Every history must end in exactly the old pair or exactly the new one, and before
//! any recovery whatever can be started must have the data of its own version. The judge looks from Linux.
//!
//! An operation before which the disk is as it was before the one in front of it (that one was a flush) is not tried again: a process that
//! is ended cannot tell the two apart. Two planted mistakes show that the matrix can fail.

mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use support::matrix::*;
use support::proof::is_nightly;
use support::steps::*;
use support::wine::{ENDED, Wine, faulty_updater, lost, pack};
use support::*;

/// Two prefixes. Each runs one program at a time: programs that look through the handles of others, while those come and go, bring Wine's
/// server down.
struct Wines([Mutex<Wine>; 2]);

impl Wines {
    /// Those that the tests of this file share. They go with the last test.
    fn shared() -> Arc<Wines> {
        static SHARED: Mutex<Weak<Wines>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let wines = Arc::new(Wines([Wine::in_memory(), Wine::in_memory()].map(Mutex::new)));
            *shared = Arc::downgrade(&wines);
            wines
        })
    }

    fn one(&self, n: usize) -> MutexGuard<'_, Wine> {
        self.0[n].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The Windows program under Wine. Its sites are in the user's own folders of both prefixes.
struct Windows {
    wines: Arc<Wines>,
    bench: Bench,
    /// One in each prefix, and how Windows sees both.
    roots: [PathBuf; 2],
    seen: String,
    lost: AtomicUsize,
}

impl Windows {
    fn new(name: &str) -> Windows {
        Windows::of(name, Bench::mini_payload)
    }

    fn of(name: &str, payload: impl Fn(&Bench) -> PathBuf) -> Windows {
        let (wines, bench) = (Wines::shared(), Bench::new());
        let roots = [0, 1].map(|n| wines.one(n).home().join(name));
        let seen = wines.one(0).seen(&roots[0]);
        std::fs::create_dir_all(&roots[0]).expect("a folder");
        pack(&payload(&bench), &faulty_updater(), &roots[0].join("update.exe"));
        copy_tree(&roots[0], &roots[1]);
        Windows {
            wines,
            bench,
            roots,
            seen,
            lost: AtomicUsize::new(0),
        }
    }

    fn updating(&self) -> Scenario<'_> {
        Scenario::of(self, inside(&self.bench), "site/data/mini.db", "update")
    }

    fn going_back(&self) -> Scenario<'_> {
        let master = self.place("updated");
        copy_tree(&inside(&self.bench), &master);
        let words = ["update".into(), "--app".into(), self.seen(&master.join("site")), "--silent".into()];
        self.run(&master, &words, &[]).expect(0);
        write_since(&master);
        Scenario::of(self, master, "site/data/mini.db", "rollback")
    }

    fn prefix(&self, folder: &Path) -> usize {
        let found = self.roots.iter().position(|root| folder.starts_with(root));
        found.expect("a folder of this test")
    }

    /// What was registered for the next start was taken back by every run and recovery that came to its end.
    fn nothing_is_registered(&self) {
        let key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
        for n in [0, 1] {
            let said = self.wines.one(n).run(Path::new("reg"), &["query", key]).stdout;
            assert!(!said.contains(&self.seen), "{said}");
        }
    }
}

impl Player for Windows {
    fn matrix(&self) -> &'static str {
        "crash matrix under Wine"
    }
    fn place(&self, name: &str) -> PathBuf {
        let n = name.bytes().map(usize::from).sum::<usize>() % 2;
        self.roots[n].join(name)
    }
    fn seen(&self, path: &Path) -> OsString {
        let root = &self.roots[self.prefix(path)];
        let inside = path.strip_prefix(root).expect("just seen").to_string_lossy().replace('/', r"\");
        format!(r"{}\{inside}", self.seen).into()
    }
    /// A run of which nothing came, not even a word, is one that Wine lost.
    fn run(&self, folder: &Path, words: &[OsString], environment: &[(&str, String)]) -> Ran {
        let words = [words, &["--exit-codes".into(), "own".into()]].concat();
        let n = self.prefix(folder);
        let updater = self.roots[n].join("update.exe");
        let ran = self.wines.one(n).run_within(Duration::from_secs(40), &updater, &words, environment);
        let mut ran = ran.unwrap_or_else(|| {
            self.lost.fetch_add(1, Ordering::SeqCst);
            lost()
        });
        ran.code = ran.code.filter(|code| *code != ENDED);
        ran
    }
    fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

/// Ended at every operation that matters, and torn at every write that matters.
fn cuts(player: &Windows, scenario: &Scenario<'_>, name: &str) {
    let operations = scenario.operations();
    let numbers = distinct(&operations);
    let writes: Vec<u64> = numbers
        .iter()
        .copied()
        .filter(|n| operations[*n as usize - 1].contains("\twrite\t"))
        .collect();
    let (_, mut wrong) = sweep(player, &format!("{name}, cut"), numbers.clone(), |n| {
        scenario.cut_at("crash", n, QUICK, &[])
    });
    let (_, torn) = sweep(player, &format!("{name}, torn"), writes, |n| scenario.cut_at("torn", n, QUICK, &[]));
    // A spread of first cuts, with cuts of their recoveries, a second recovery and another update.
    let deep = Depth {
        recovery_every: 7,
        twice: true,
    };
    let spread = numbers.iter().copied().skip(5).step_by(numbers.len() / 6);
    let (_, both) = sweep(player, &format!("{name}, cut twice"), spread, |n| {
        scenario.cut_at("crash", n, deep, &[])
    });
    wrong.extend(torn.into_iter().chain(both));
    player.nothing_is_registered();
    println!("{name}: {} runs were lost by Wine and done again", player.lost());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_update_cut_anywhere_ends_old_or_new() {
    let player = Windows::new("update-cut");
    cuts(&player, &player.updating(), "update");
}

#[test]
fn a_rollback_cut_anywhere_ends_old_or_new() {
    let player = Windows::new("rollback-cut");
    cuts(&player, &player.going_back(), "rollback");
}

/// A run takes a tenth of a second here, and what follows the steps is played by the other scenarios.
const SAMPLE: Sample = Sample {
    others_every: 12,
    errors_every: 2,
};

/// Steps of every kind: ended and refused at every operation of theirs.
fn steps(reshape: Reshape, name: &str) {
    let player = Windows::of(name, |bench| bench.steps_payload(reshape));
    let site = SiteOfSteps::new(&player.bench, reshape);
    let patience = [("HOLDFAST_PATIENCE_MS", "300".to_owned())];
    let wrong = site.play(&player, name, SAMPLE, &in_every_way(&CODES), &patience);
    player.nothing_is_registered();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn steps_of_every_kind_that_begin_with_a_reshape_of_the_live_database() {
    steps(Reshape::First, "reshape-first");
}

#[test]
fn steps_of_every_kind_with_a_reshape_in_the_middle() {
    steps(Reshape::Middle, "reshape-middle");
}

/// Access denied, sharing violation, lock violation, disk full, folder not empty, mapped file:
/// <https://learn.microsoft.com/windows/win32/debug/system-error-codes>.
const CODES: [i32; 6] = [5, 32, 33, 112, 145, 1224];

/// In CI a flush is refused only so often: an error there stops a run as one at a write does.
const FLUSHES_EVERY: usize = 6;

/// Every operation is refused: by one error in CI, by each of them in every way in a nightly run.
fn errors(player: &Windows, scenario: &Scenario<'_>) {
    let operations = scenario.operations();
    let numbers = match is_nightly() {
        true => (1..=operations.len() as u64).collect(),
        false => refusable(&operations, FLUSHES_EVERY),
    };
    let refusals = Refusal::all(&numbers, &in_every_way(&CODES));
    println!("{}: {} operations, {} refusals", scenario.verb, operations.len(), refusals.len());
    let (_, wrong) = sweep(player, &format!("{}, error", scenario.verb), refusals, |refusal| {
        // Nobody waits for what never passes.
        let patience = if refusal.stays() { "0" } else { "300" };
        scenario.error_at(refusal, &[("HOLDFAST_PATIENCE_MS", patience.to_owned())])
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_error_at_any_operation_leaves_what_was_reported() {
    let player = Windows::new("update-error");
    errors(&player, &player.updating());
    let player = Windows::new("rollback-error");
    errors(&player, &player.going_back());
}

#[test]
fn planted_mistakes_are_caught() {
    let player = Windows::new("mutants");
    let scenario = player.updating();
    let operations = scenario.operations();
    // From the first rename to the end is where both mistakes are made; a run of flushes changes nothing.
    let swap = operations.iter().position(|o| o.contains("\trename\t")).expect("a rename") as u64;
    for mutant in ["backup-removed-early", "entries-first"] {
        let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
        let numbers = distinct(&operations).into_iter().filter(|n| *n > swap).step_by(2);
        hunt(&player, mutant, numbers, |n| scenario.cut_at("crash", n, QUICK, &planted));
    }
}
