//! Power cuts on real file systems. The updater as it ships runs on a file system whose disk notes every write and flush. From that, the
//! disk is made as a cut at any moment may leave it, the kernel mounts it and replays its own journal, and the real recovery runs: what can
//! be started before is never mixed, and afterwards it is exactly the old pair or exactly the new one. Once success was reported, only the
//! new one will do.
//!
//! `HOLDFAST_PROOF=nightly` takes every state, and all file systems that the machine has.

#[path = "power_cut/image.rs"]
mod image;
#[path = "power_cut/recorder.rs"]
mod recorder;
#[path = "power_cut/states.rs"]
mod states;
mod support;

use recorder::{Recorder, Recording};
use states::State;
use std::path::{Path, PathBuf};
use support::matrix::*;
use support::mounts::*;
use support::*;

const DATABASE: &str = "site/data/mini.db";
/// How many states are tried where not all are.
const SOME: usize = 150;

/// A kind of file system: the smallest disk on which it can be made, and how.
struct Kind {
    name: &'static str,
    bytes: u64,
    make: &'static [&'static str],
    /// What is said when it is mounted.
    options: &'static str,
    /// Chance subsets for each flush.
    subsets: usize,
    /// Whether it is tried every time, and not only at night.
    always: bool,
}

const EXT4: Kind = Kind {
    name: "ext4",
    bytes: 32 << 20,
    make: &[
        "-q",
        "-b",
        "4096",
        "-m",
        "0",
        "-J",
        "size=4",
        "-E",
        "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
    ],
    options: "",
    subsets: 6,
    always: true,
};
const XFS: Kind = Kind {
    name: "xfs",
    bytes: 300 << 20,
    make: &["-q", "-K"],
    options: "",
    subsets: 3,
    always: false,
};
const BTRFS: Kind = Kind {
    name: "btrfs",
    bytes: 128 << 20,
    make: &["-q", "-K", "-M"],
    options: "",
    subsets: 3,
    always: false,
};

/// A run on a disk that remembers. Leaves its recording.
fn recorded(kind: &Kind, bench: &Bench, scenario: &Scenario<'_>, master: &Path, place: &Path) -> Recording {
    let recorder = Recorder::new(&bench.path("recorder"), kind.bytes);
    let file = recorder.file();
    tool(&format!("mkfs.{}", kind.name), &[kind.make, &[text(file)]].concat()).expect("a file system");
    let mounted = Mounted::image(kind.name, file, place, kind.options).expect("mounted");
    let folder = place.join("shop");
    copy_tree(master, &folder);
    tool("sync", &["-f", text(place)]).expect("on its disk");
    recorder.begin();
    scenario.act(&folder, &[]).expect(0);
    recorder.reported();
    mounted.unmount().expect("unmounted");
    recorder.end()
}

/// Mounts the disk in a state, and recovers.
fn judge(kind: &Kind, scenario: &Scenario<'_>, place: &Path, disk: &Path, reported: bool) -> Result<&'static str, String> {
    let mounted = Mounted::image(kind.name, disk, place, kind.options)?;
    let folder = place.join("shop");
    let world = scenario
        .never_mixed(&folder)
        .and_then(|()| scenario.settle(&folder, is_nightly()))
        .and_then(|world| match reported && world != "new" {
            true => Err(format!("success was reported, and then it was the {world} pair")),
            false => Ok(world),
        });
    mounted.unmount()?;
    world
}

/// The states that are tried: all of them at night, else some, spread evenly.
fn chosen(states: Vec<State>) -> Vec<State> {
    let every = if is_nightly() { 1 } else { states.len().div_ceil(SOME).max(1) };
    let last = states.len() - 1;
    let taken = states.into_iter().enumerate().filter(|(n, _)| n % every == 0 || *n == last);
    taken.map(|(_, state)| state).collect()
}

/// All cuts of a run.
fn cuts(kind: &Kind, verb: &'static str) {
    let bench = Bench::in_memory();
    let player = Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    };
    let master = inside(&bench);
    if verb == "rollback" {
        update(&player.updater, &master.join("site"), &[]).expect(0);
        write_since(&master);
    }
    let place = bench.path("place");
    let scenario = Scenario::of(&player, master.clone(), DATABASE, verb);
    let recording = recorded(kind, &bench, &scenario, &master, &place);
    let all = recording.states(kind.subsets, &mut fastrand::Rng::with_seed(1));
    let (possible, states) = (all.len(), chosen(all));
    let disk: PathBuf = bench.path("disk.img");
    let (mut old, mut new, mut wrong) = (0, 0, Vec::new());
    for (n, state) in states.iter().enumerate() {
        recording.disk(state).save(&disk).expect("an image");
        match judge(kind, &scenario, &place, &disk, state.reported) {
            Ok("old") => old += 1,
            Ok(_) => new += 1,
            Err(why) => wrong.push(format!("state {n}: {why}")),
        }
    }
    println!(
        "power cut, {}, {verb}: {} states of {possible} ({} writes, {} flushes), old {old}, new {new}, {} wrong",
        kind.name,
        states.len(),
        recording.writes(),
        recording.flushes(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(old > 0 && new > 0, "the cuts did not reach from the old pair to the new one");
    assert!(recording.flushes() > 5, "the flushes of the run did not reach the disk");
}

fn on(kind: &Kind, verb: &'static str, test: &str) {
    if !kind.always && !is_nightly() {
        println!("power cut, {}, {verb}: 0 states, because it is tried at night; 0 wrong", kind.name);
        return;
    }
    if let Some(why) = lacking(kind.name) {
        println!("power cut, {}, {verb}: 0 states, because {why}; 0 wrong", kind.name);
        return;
    }
    alone(test, || cuts(kind, verb));
}

#[test]
fn an_update_on_ext4() {
    on(&EXT4, "update", "an_update_on_ext4");
}

#[test]
fn a_rollback_on_ext4() {
    on(&EXT4, "rollback", "a_rollback_on_ext4");
}

#[test]
fn an_update_on_xfs() {
    on(&XFS, "update", "an_update_on_xfs");
}

#[test]
fn a_rollback_on_xfs() {
    on(&XFS, "rollback", "a_rollback_on_xfs");
}

#[test]
fn an_update_on_btrfs() {
    on(&BTRFS, "update", "an_update_on_btrfs");
}

#[test]
fn a_rollback_on_btrfs() {
    on(&BTRFS, "rollback", "a_rollback_on_btrfs");
}
