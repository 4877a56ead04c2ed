//! The Windows program that ships, under Wine: an update and a rollback are recorded from outside, and replayed into the states in which
//! a power cut may leave the disk. The same program recovers each of them, and the judge looks from Linux. Nothing of the program helps.

mod support;

use holdfast::disk::simulated::{Cut, Effort, Model, Tree, cuts, ends};
use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use support::crash::*;
use support::matrix::{inside, write_since};
use support::proof::{Sweep, is_nightly};
use support::wine::{Wine, faulty_updater, pack, updater};
use support::*;

/// What may be believed of a disk under Windows, and less.
const MODELS: [Model; 3] = [Model::Kill, Model::Windows, Model::AnySubset];

/// So many states of each run are recovered in CI, and each so-manieth of them twice; all of them in a nightly run.
const SAMPLE: usize = 150;
const TWICE_EVERY: usize = 5;

/// How long a recovery may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A run that was recorded, and two prefixes in which its folder has the same path.
struct Recorded {
    wines: [Wine; 2],
    roots: [PathBuf; 2],
    trace: Trace,
    judge: Judge,
}

/// A state in which a cut may leave the folder.
struct State {
    tree: Tree,
    /// What people had been told.
    reported: Option<Pair>,
    story: String,
}

impl Recorded {
    fn new(verb: &str) -> Recorded {
        let (wines, bench) = ([Wine::in_memory(), Wine::in_memory()], Bench::new());
        let roots = [0, 1].map(|n| wines[n].home().join("replay"));
        let folder = roots[0].join("folder");
        copy_tree(&inside(&bench), &folder);
        pack(&bench.mini_payload(), &updater(), &roots[0].join("update.exe"));
        write(&roots[1].join("update.exe"), fs::read(roots[0].join("update.exe")).expect("packed"));
        if verb == "rollback" {
            wines[0]
                .run(&roots[0].join("update.exe"), &words(&wines[0], &folder, "update"))
                .expect(0);
            write_since(&folder);
        }
        let words = words(&wines[0], &folder, verb);
        let (ran, trace) = record_under_wine(&wines[0], &folder, &roots[0].join("update.exe"), &words, &[]);
        ran.expect(0);
        let judge = Judge::of(&trace, "site/start");
        assert!(judge.is_change(), "the {verb} changed nothing");
        Recorded {
            wines,
            roots,
            trace,
            judge,
        }
    }

    /// All different states under all models. What can be started in any of them is one whole pair.
    fn states(&self, wrong: &mut Vec<String>) -> Vec<State> {
        let effort = match is_nightly() {
            true => Effort { subsets_of: 4, random: 4 },
            false => Effort { subsets_of: 2, random: 0 },
        };
        let (mut seen, mut states) = (HashSet::new(), Vec::new());
        let mut admit = |cut: Cut, model: Model, reported: Option<Pair>| {
            let mut hasher = DefaultHasher::new();
            files(&cut.tree).hash(&mut hasher);
            if !seen.insert((hasher.finish(), reported)) {
                return;
            }
            let story = format!("{model:?}: cut after {} without [{}]", cut.after, cut.lost);
            if let Err(why) = self.judge.never_mixed(&cut.tree) {
                wrong.push(format!("{why}; {story}"));
            }
            states.push(State {
                tree: cut.tree,
                reported,
                story,
            });
        };
        let (before, ops) = (&self.trace.before, &self.trace.ops);
        for model in MODELS {
            cuts(before, ops, model, effort, &mut |cut| admit(cut, model, None));
            ends(before, ops, model, effort, &mut |cut| admit(cut, model, Some(Pair::New)));
        }
        states
    }

    /// Recovers a state, and perhaps once more: which pair is there then. `None` if Wine lost a run.
    fn recover(&self, n: usize, state: &State, twice: bool) -> Option<Result<Pair, String>> {
        let folder = self.roots[n].join("folder");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        state.tree.store(&folder).expect("a state of the disk");
        let run = || {
            let words = words(&self.wines[n], &folder, "recover");
            self.wines[n].run_within(LIMIT, &self.roots[n].join("update.exe"), &words, &[])
        };
        let settled = || {
            let tree = Tree::load(&folder).expect("the folder can be read");
            self.judge.settled(&tree)
        };
        let ran = run()?;
        if !matches!(ran.code, Some(0 | 10)) {
            return Some(Err(format!("recovery ended with {:?}: {}", ran.code, ran.stderr)));
        }
        let pairs = match settled() {
            Ok(pairs) => pairs,
            Err(why) => return Some(Err(why)),
        };
        if let Some(told) = state.reported.filter(|told| !pairs.contains(told)) {
            return Some(Err(format!("the {told:?} pair was reported, and the {:?} one is there", pairs[0])));
        }
        if !twice {
            return Some(Ok(pairs[0]));
        }
        let again = run()?;
        Some(match again.code == Some(10) && settled().as_ref() == Ok(&pairs) {
            true => Ok(pairs[0]),
            false => Err(format!("a second recovery ended with {:?}: {}", again.code, again.stderr)),
        })
    }
}

/// The command line of a verb on the folder's site.
fn words(wine: &Wine, folder: &Path, verb: &str) -> Vec<String> {
    let mut words = vec![verb.to_owned(), "--app".into(), wine.seen(&folder.join("site")), "--silent".into()];
    words.extend([
        "--exit-codes".into(),
        "own".into(),
        "--log".into(),
        wine.seen(&folder.join("log.txt")),
    ]);
    if verb == "rollback" {
        words.push("--discard-newer".into());
    }
    words
}

fn replay(verb: &str) {
    let recorded = Recorded::new(verb);
    let sweep = Sweep::begin(
        &format!("replay under Wine: {verb}"),
        "the Windows program that ships recovers every state that a power cut may leave to one whole pair",
    );
    let mut wrong = Vec::new();
    let states = recorded.states(&mut wrong);
    let every = if is_nightly() { 1 } else { states.len().div_ceil(SAMPLE) };
    // Those at the end are all chosen: they alone show that what was reported stays true.
    let is_chosen = |k: usize, state: &State| k.is_multiple_of(every) || state.reported.is_some();
    let numbered = states.iter().enumerate().filter(|(k, state)| is_chosen(*k, state));
    let chosen: Vec<&State> = numbered.map(|(_, state)| state).collect();
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new((Vec::new(), wrong));
    std::thread::scope(|scope| {
        for n in [0, 1] {
            let (recorded, chosen, next, lost, found) = (&recorded, &chosen, &next, &lost, &found);
            scope.spawn(move || {
                loop {
                    let k = next.fetch_add(1, Ordering::SeqCst);
                    let Some(state) = chosen.get(k) else { break };
                    let twice = is_nightly() || k.is_multiple_of(TWICE_EVERY);
                    let recovered = (0..4).find_map(|_| {
                        let recovered = recorded.recover(n, state, twice);
                        lost.fetch_add(usize::from(recovered.is_none()), Ordering::SeqCst);
                        recovered
                    });
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    match recovered {
                        Some(Ok(pair)) => found.0.push(pair),
                        Some(Err(why)) => found.1.push(format!("{why}; {}", state.story)),
                        None => found.1.push(format!("Wine lost every run; {}", state.story)),
                    }
                }
            });
        }
    });
    let (pairs, wrong) = found.into_inner().expect("no panic inside");
    let old = pairs.iter().filter(|pair| **pair == Pair::Old).count();
    assert!(old > 0 && old < pairs.len(), "only one of the two pairs came out");
    let more = [
        ("operations recorded", recorded.trace.ops.len()),
        ("states in all", states.len()),
        ("to the old pair", old),
        ("to the new pair", pairs.len() - old),
        ("runs lost by Wine and done again", lost.into_inner()),
    ];
    sweep.end(chosen.len(), "states", &more, &wrong);
}

#[test]
fn an_update_cut_anywhere_is_recovered_by_the_program_that_ships() {
    replay("update");
}

#[test]
fn a_rollback_cut_anywhere_is_recovered_by_the_program_that_ships() {
    replay("rollback");
}

/// What the program counts by itself is what is seen from outside: nothing is done behind the counter's back. What it counts as one flush
/// of a whole folder is on Windows a flush of each file and folder in it; the one change of attributes finds nothing to change.
#[test]
fn the_operations_seen_from_outside_are_those_that_are_counted() {
    let (wine, bench) = (Wine::in_memory(), Bench::new());
    let root = wine.home().join("counted");
    let (folder, program, note) = (root.join("folder"), root.join("update.exe"), root.join("operations"));
    copy_tree(&inside(&bench), &folder);
    pack(&bench.mini_payload(), &faulty_updater(), &program);
    let words = words(&wine, &folder, "update");
    let (ran, trace) = record_under_wine(&wine, &folder, &program, &words, &[("HOLDFAST_OPLOG", &wine.seen(&note))]);
    ran.expect(0);
    let text = fs::read_to_string(&note).expect("operations");
    let inside = counted(&text, &wine.seen(&folder));
    let inside = inside.iter().map(|call| call.replacen("renameat2 ", "rename ", 1));
    let inside: Vec<String> = inside.filter(|call| !call.starts_with("chmod ")).collect();
    let outside = trace.calls.iter().map(|call| call.replacen("pwrite64 ", "write ", 1));
    let outside: Vec<String> = outside.filter(|call| is_comparable(call)).collect();
    assert!(inside.len() > 100, "only {} operations were counted", inside.len());
    assert_eq!(inside, as_one_flush(&outside, &inside));
}

/// The calls with those that make up a flush of a whole folder put together, where the other list has one.
fn as_one_flush(calls: &[String], like: &[String]) -> Vec<String> {
    let mut rest = calls.iter().peekable();
    let mut together = Vec::new();
    for call in like {
        let Some(folder) = call.strip_prefix("syncfs ") else {
            together.extend(rest.next().cloned());
            continue;
        };
        let mut flushed = 0;
        while rest.next_if(|call| call.starts_with(&format!("fsync {folder}"))).is_some() {
            flushed += 1;
        }
        assert!(flushed > 10, "the folder “{folder}” is flushed by {flushed} calls");
        together.push(call.clone());
    }
    together.extend(rest.cloned());
    together
}
