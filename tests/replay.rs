//! What the updater that ships did to a folder, recorded from outside, is cut at every point, with all that a power cut may lose; each state is
//! written to a real folder, and the real updater recovers it. The program has no test feature in it: its recovery is the one at the site.

mod support;

use holdfast::disk::simulated::{Effort, Model, Tree, cuts, ends};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use support::crash::*;
use support::proof::*;
use support::*;

const MODELS: [Model; 4] = [Model::Kill, Model::Ordered, Model::Windows, Model::AnySubset];

/// How many states of a run are played, at most. Which ones, their numbers decide.
fn most() -> usize {
    if is_nightly() { 20_000 } else { 1_200 }
}

/// A state to be played.
struct State {
    tree: Tree,
    is_reported: bool,
    story: String,
}

/// The different states of all models; those after success was reported count for themselves.
fn states(scene: &Scene) -> Vec<State> {
    let effort = Effort { subsets_of: 4, random: 2 };
    let mut found: HashMap<(u64, bool), State> = HashMap::new();
    for model in MODELS {
        for is_reported in [false, true] {
            let mut admit = |cut: holdfast::disk::simulated::Cut| {
                found.entry((number(&cut.tree), is_reported)).or_insert_with(|| State {
                    story: format!("{model:?}: cut after {} without [{}]", cut.after, cut.lost),
                    tree: cut.tree,
                    is_reported,
                });
            };
            match is_reported {
                false => cuts(&scene.trace.before, &scene.trace.ops, model, effort, &mut admit),
                true => ends(&scene.trace.before, &scene.trace.ops, model, effort, &mut admit),
            }
        }
    }
    let mut found: Vec<((u64, bool), State)> = found.into_iter().collect();
    found.sort_by_key(|(number, _)| *number);
    let every = found.len().div_ceil(most());
    found.into_iter().map(|(_, state)| state).step_by(every).collect()
}

/// Makes the folder what the tree says.
fn put(folder: &Path, tree: &Tree) {
    fs::remove_dir_all(folder)
        .and_then(|()| fs::create_dir(folder))
        .expect("an empty folder");
    tree.store(folder).expect("stored");
}

/// Recovers a state with the real program. `twice`: and once more, and the old pair is updated again.
fn settle(scene: &Scene, state: &State, twice: bool) -> Result<Pair, String> {
    scene.judge.never_mixed(&state.tree)?;
    put(&scene.folder, &state.tree);
    let ran = run(&mut scene.command("recover"));
    if !matches!(ran.code, Some(0 | 10)) {
        return Err(format!("recovery ended with {:?}: {}", ran.code, ran.stderr));
    }
    let here = || Tree::load(&scene.folder).expect("the folder can be read");
    let pairs = scene.judge.settled(&here())?;
    if state.is_reported && !pairs.contains(&Pair::New) {
        return Err("success was reported, and the old pair is there".to_owned());
    }
    if twice {
        let again = run(&mut scene.command("recover"));
        if again.code != Some(10) || scene.judge.settled(&here())? != pairs {
            return Err(format!("a second recovery ended with {:?}", again.code));
        }
        if pairs == [Pair::Old] {
            let again = run(&mut scene.command(scene.verb));
            if again.code != Some(0) || !scene.judge.is_like_new(&here()) {
                return Err(format!("after the old pair, again: {:?} {}", again.code, again.stderr));
            }
        }
    }
    Ok(pairs[0])
}

fn replay(scene: &Scene) {
    let sweep = Sweep::begin(
        &format!("replay: {}", scene.name),
        "states of the shipped updater's run, recovered by the shipped updater",
    );
    let states = states(scene);
    let (mut old, mut new, mut wrong) = (0, 0, Vec::new());
    for (n, state) in states.iter().enumerate() {
        match settle(scene, state, is_nightly() || n % 8 == 0) {
            Ok(Pair::Old) => old += 1,
            Ok(Pair::New) => new += 1,
            Err(why) => wrong.push(format!("{why} | {}", state.story)),
        }
    }
    sweep.end(
        states.len(),
        "states",
        &[("to the old pair", old), ("to the new pair", new)],
        &wrong,
    );
}

#[test]
fn an_update() {
    replay(&Scene::update(shipped, &[]));
}

#[test]
fn an_update_of_a_database_elsewhere_with_rows_only_in_its_log() {
    replay(&Scene::update_elsewhere(shipped));
}

#[test]
fn a_rollback() {
    replay(&Scene::rollback(shipped));
}

/// What the program counts by itself is what is seen from outside: nothing is done behind the counter's back.
#[test]
fn the_operations_seen_from_outside_are_those_that_are_counted() {
    let bench = Bench::in_memory();
    let note = bench.path("operations");
    let log = note.display().to_string();
    let scene = Scene::update(|bench| bench.pack(&bench.mini_payload(), "update"), &[("HOLDFAST_OPLOG", &log)]);
    let text = fs::read_to_string(&note).expect("operations");
    let inside = counted(&text, &scene.folder.display().to_string());
    let outside: Vec<String> = scene
        .trace
        .calls
        .iter()
        .map(|call| call.replacen("fchmodat ", "chmod ", 1))
        .filter(|call| is_comparable(call))
        .collect();
    assert!(inside.len() > 100, "only {} operations were counted", inside.len());
    assert_eq!(inside, outside);
}
