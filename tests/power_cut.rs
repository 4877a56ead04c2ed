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

/// How many states are tried where not all are.
const SOME: usize = 150;

/// How many times as many subsets there are at night.
const AT_NIGHT: usize = 4;

/// What is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Story {
    Update,
    Rollback,
    /// An update with the database elsewhere, and rows only in its log.
    Elsewhere,
}

impl Story {
    fn name(self) -> &'static str {
        match self {
            Story::Update => "update",
            Story::Rollback => "rollback",
            Story::Elsewhere => "update with a log",
        }
    }

    /// The scenario, and the folder from which it begins.
    fn scenario<'a>(self, bench: &Bench, player: &'a Native) -> (Scenario<'a>, PathBuf) {
        let (master, database, verb) = match self {
            Story::Update => (inside(bench), "site/data/mini.db", "update"),
            Story::Elsewhere => (outside_with_log(bench), "elsewhere/mini.db", "update"),
            Story::Rollback => {
                let master = inside(bench);
                update(&player.updater, &master.join("site"), &[]).expect(0);
                write_since(&master);
                (master, "site/data/mini.db", "rollback")
            }
        };
        (Scenario::of(player, master.clone(), database, verb), master)
    }
}

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

/// A recorded run, to be cut.
struct Cut<'a> {
    kind: &'a Kind,
    scenario: Scenario<'a>,
    recording: Recording,
    place: PathBuf,
    disk: PathBuf,
}

impl Cut<'_> {
    fn at(&self, state: &State) -> Result<&'static str, String> {
        self.recording.disk(state).save(&self.disk).map_err(|e| e.to_string())?;
        judge(self.kind, &self.scenario, &self.place, &self.disk, state.reported)
    }
}

/// Records a run, and gives it to a check.
fn with_run(kind: &Kind, story: Story, check: impl FnOnce(&Cut<'_>)) {
    let bench = Bench::in_memory();
    let player = Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    };
    let place = bench.path("place");
    let (scenario, master) = story.scenario(&bench, &player);
    let recording = recorded(kind, &bench, &scenario, &master, &place);
    let disk = bench.path("disk.img");
    check(&Cut {
        kind,
        scenario,
        recording,
        place,
        disk,
    });
}

/// All cuts of a run.
fn cuts(cut: &Cut<'_>, story: Story) {
    let figures = Sweep::begin(
        &format!("power cut, {}, {}", cut.kind.name, story.name()),
        "a real file system, recorded at the level of the disk and mounted again from each point",
    );
    let subsets = cut.kind.subsets * if is_nightly() { AT_NIGHT } else { 1 };
    let all = cut.recording.states(subsets, &mut fastrand::Rng::with_seed(1));
    let (possible, states) = (all.len(), chosen(all));
    let (mut old, mut new, mut wrong) = (0, 0, Vec::new());
    for (n, state) in states.iter().enumerate() {
        match cut.at(state) {
            Ok("old") => old += 1,
            Ok(_) => new += 1,
            Err(why) => wrong.push(format!("state {n}: {why}")),
        }
    }
    let more = [
        ("possible", possible),
        ("writes", cut.recording.writes()),
        ("flushes", cut.recording.flushes()),
        ("to the old pair", old),
        ("to the new pair", new),
    ];
    figures.end(states.len(), "disks", &more, &wrong);
    assert!(old > 0 && new > 0, "the cuts did not reach from the old pair to the new one");
    assert!(cut.recording.flushes() > 5, "the flushes of the run did not reach the disk");
}

fn on(kind: &Kind, story: Story, test: &str) {
    let always = kind.always && story != Story::Elsewhere;
    let lacking = match Path::new("/dev/fuse").exists() {
        true => lacking(kind.name),
        false => Some("there is no FUSE".to_owned()),
    };
    let lacking = lacking.or_else(|| (!always && !is_nightly()).then(|| "it is tried at night".to_owned()));
    match lacking {
        Some(why) => println!("power cut, {}, {}: 0 states, because {why}; 0 wrong", kind.name, story.name()),
        None => alone(test, || with_run(kind, story, |cut| cuts(cut, story))),
    }
}

#[test]
fn an_update_on_ext4() {
    on(&EXT4, Story::Update, "an_update_on_ext4");
}

#[test]
fn an_update_on_ext4_with_a_database_elsewhere() {
    on(&EXT4, Story::Elsewhere, "an_update_on_ext4_with_a_database_elsewhere");
}

#[test]
fn a_rollback_on_ext4() {
    on(&EXT4, Story::Rollback, "a_rollback_on_ext4");
}

#[test]
fn an_update_on_xfs() {
    on(&XFS, Story::Update, "an_update_on_xfs");
}

#[test]
fn a_rollback_on_xfs() {
    on(&XFS, Story::Rollback, "a_rollback_on_xfs");
}

#[test]
fn an_update_on_btrfs() {
    on(&BTRFS, Story::Update, "an_update_on_btrfs");
}

#[test]
fn a_rollback_on_btrfs() {
    on(&BTRFS, Story::Rollback, "a_rollback_on_btrfs");
}

/// Shows that the judge can find something: no program survives a disk that forgets what it was told to flush.
#[test]
fn a_disk_that_ignores_flushes_is_noticed() {
    if !Path::new("/dev/fuse").exists() {
        println!("a disk that ignores flushes: 0 states, because there is no FUSE");
        return;
    }
    alone("a_disk_that_ignores_flushes_is_noticed", || {
        with_run(&EXT4, Story::Update, |cut| {
            let mut chance = fastrand::Rng::with_seed(5);
            let noticed = (0..10).any(|_| cut.at(&cut.recording.broken(&mut chance)).is_err());
            assert!(noticed, "nothing was found wrong with a disk that ignores flushes");
        });
    });
}
