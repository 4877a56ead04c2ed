//! Swap, recovery, rollback and confirmation on the simulated disk, from every state in which a power cut may leave it, and cut again during
//! each recovery, until no new state appears. The runs from which it begins are those of the updater that ships, recorded from outside.

mod support;

use holdfast::disk::simulated::{Effort, Model, Op, SimulatedDisk, Tree};
use holdfast::report::Nobody;
use holdfast::swap::{self, Work};
use support::crash::*;
use support::proof::*;

/// What may be believed of the disks on which Holdfast works.
const MODELS: [Model; 4] = [Model::Kill, Model::Ordered, Model::Windows, Model::AnySubset];

fn effort() -> Effort {
    match is_nightly() {
        true => Effort { subsets_of: 3, random: 0 },
        false => Effort { subsets_of: 2, random: 0 },
    }
}

fn explorer<'a>(scene: &'a Scene, model: Model, enough: usize) -> Explorer<'a> {
    Explorer {
        root: &scene.folder,
        app: scene.app(),
        scratch: scene.bench.path(&format!("scratch-{model:?}-{}", scene.name)),
        judge: &scene.judge,
        model,
        effort: effort(),
        plan: &scene.plan,
        enough,
        deepest: deepest(model),
    }
}

fn shows(model: Model) -> &'static str {
    match deepest(model) {
        usize::MAX => "every state that a power cut may leave, and every cut of each recovery, until nothing new appears",
        _ => "states that a power cut may leave, and cuts of each recovery, three in a row",
    }
}

/// The subsets are many: every run looks at three cuts in a row, a nightly one goes on until nothing new appears.
fn deepest(model: Model) -> usize {
    if model == Model::AnySubset && !is_nightly() {
        3
    } else {
        usize::MAX
    }
}

fn explore(scene: &Scene, name: &str, before: &Tree, ops: &[Op]) {
    for model in MODELS {
        let sweep = Sweep::begin(&format!("simulation: {name}, {model:?}"), shows(model));
        let found = explorer(scene, model, 20).explore(before, ops, scene.promised());
        let more = [
            ("recoveries", found.old + found.new),
            ("to the old pair", found.old),
            ("to the new pair", found.new),
            ("cuts in a row", found.generations),
        ];
        sweep.end(found.states, "states", &more, &found.wrong);
    }
}

fn whole(scene: &Scene) {
    explore(scene, scene.name, &scene.trace.before, &scene.trace.ops);
}

#[test]
fn an_update_cut_anywhere() {
    whole(&Scene::update(shipped, &[]));
}

#[test]
fn an_update_of_a_database_elsewhere_with_rows_only_in_its_log() {
    whole(&Scene::update_elsewhere(shipped));
}

#[test]
fn a_rollback_cut_anywhere() {
    whole(&Scene::rollback(shipped));
}

#[test]
fn a_confirmation_cut_anywhere() {
    let scene = Scene::confirm(shipped);
    assert!(!scene.judge.is_change(), "a confirmation changes nothing of the application");
    whole(&scene);
}

/// The swap of a stage that is complete, played on the simulated disk itself, does what the updater does, and is cut there, too.
#[test]
fn a_swap_on_the_simulated_disk() {
    for scene in [Scene::update(shipped, &[]), Scene::rollback(shipped)] {
        let (before, ops) = scene.swap();
        let before = before.restarted();
        let scratch = scene.bench.path("scratch-swap");
        std::fs::create_dir(&scratch).expect("a folder");
        let disk = SimulatedDisk::new(&scene.folder, before.clone(), &scratch);
        let app = scene.app();
        let work = Work {
            disk: &disk,
            reporter: &Nobody,
            app: &app,
        };
        let staged = scene.trace.staged().expect("the stage was complete");
        let armed = swap::arm(&work, staged).expect("armed");
        let staged = swap::perform(&work, armed).expect("performed");
        swap::try_pair(&work, &staged.confirmation).expect("confirmed");
        swap::commit(&work, &staged, NOW).expect("committed");
        swap::tidy(&work, &staged, NOW).expect("tidied up");
        assert_eq!(scene.judge.settled(&disk.tree()), Ok(vec![Pair::New]));
        let log = disk.log();
        assert_eq!(log.len(), ops.len(), "the updater and the simulated disk do not do the same");
        explore(&scene, &format!("swap of the {}", scene.name), &before, &log);
    }
}

/// Where the two halves of a rename may survive one without the other, no order of renames keeps an application together: so such volumes
/// are refused.
#[test]
fn renames_in_halves_are_not_safe() {
    let scene = Scene::update(shipped, &[]);
    let sweep = Sweep::begin(
        "simulation: update on FAT",
        "renames in halves lose units: the reason why FAT and exFAT are refused",
    );
    let found = explorer(&scene, Model::SplitRenames, 10).explore(&scene.trace.before, &scene.trace.ops, scene.promised());
    sweep.record(found.states, "states", &[("expected to be wrong", 1)], &found.wrong);
    assert!(
        found.wrong.iter().any(|why| why.contains("is in none of its places")),
        "nothing was lost: {:#?}",
        found.wrong
    );
}
