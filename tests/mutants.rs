//! Planted mistakes show that the sweeps can fail: every one must be found, and the report says by which sweep. Killing a process alone finds
//! few of them; the rest take lost writes, a disk on which the flush of a folder counts for nothing, or an error.

mod support;

use holdfast::disk::simulated::{Effort, Model};
use holdfast::mutants;
use support::crash::*;
use support::matrix::{Native, Refusal, Scenario, inside};
use support::proof::*;
use support::*;

/// The sweeps, those that take least first.
const MODELS: [Model; 4] = [Model::Kill, Model::Ordered, Model::Windows, Model::AnySubset];

fn faulty(bench: &Bench) -> std::path::PathBuf {
    bench.pack(&bench.mini_payload(), "update")
}

/// The models under which a mistake is found on the simulated disk.
fn found_by_cuts(mutant: &'static str) -> Vec<String> {
    let scene = Scene::update(faulty, &[("HOLDFAST_MUTANT", mutant)]);
    mutants::plant(Some(mutant));
    let mut found = Vec::new();
    for model in MODELS {
        let explorer = Explorer {
            root: &scene.folder,
            app: scene.app(),
            scratch: scene.bench.path("scratch"),
            judge: &scene.judge,
            model,
            effort: Effort { subsets_of: 2, random: 0 },
            plan: &scene.plan,
            enough: 1,
            deepest: 2,
        };
        let explored = explorer.explore(&scene.trace.before, &scene.trace.ops, scene.promised());
        if let Some(why) = explored.wrong.first() {
            println!("{mutant}: {model:?} finds: {why}");
            found.push(format!("{model:?}"));
            if !is_nightly() {
                break;
            }
        }
    }
    mutants::plant(None);
    found
}

/// Whether a mistake is found by one error at some operation.
fn found_by_errors(mutant: &'static str) -> bool {
    let bench = Bench::in_memory();
    let player = Native {
        updater: faulty(&bench),
        root: bench.path("copies"),
    };
    let scenario = Scenario::of(&player, inside(&bench), "site/data/mini.db", "update");
    let operations = scenario.operations();
    let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
    let mut renames = (1_u64..).zip(&operations).filter(|(_, operation)| operation.contains("\trename\t"));
    let wrong = renames.find_map(|(n, _)| {
        scenario
            .error_at(Refusal::new(n, (5, "")), &planted)
            .err()
            .filter(|why| !why.contains("did not fire"))
    });
    if let Some(why) = &wrong {
        println!("{mutant}: one error finds: {why}");
    }
    wrong.is_some()
}

#[test]
fn every_planted_mistake_is_found() {
    let sweep = Sweep::begin("mutants", "planted mistakes, each found by the sweeps that are named");
    let (mut missed, mut by) = (Vec::new(), Vec::new());
    for (mutant, what) in mutants::ALL {
        let mut found = found_by_cuts(mutant);
        if (found.is_empty() || is_nightly()) && found_by_errors(mutant) {
            found.push("one error".to_owned());
        }
        by.push(format!("{mutant} ({what}): {}", found.join(", ")));
        if found.is_empty() {
            missed.push(format!("{mutant}: {what}"));
        }
    }
    println!("{}", by.join("\n"));
    sweep.note(&by);
    sweep.end(
        mutants::ALL.len(),
        "mistakes",
        &[("found", mutants::ALL.len() - missed.len())],
        &missed,
    );
}
