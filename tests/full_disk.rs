//! Full disks, for real: small file systems on which an update or a rollback finds more and more free space until there is enough, disks
//! that fill up when the run has begun, disks that become free again, and recoveries without a free byte. Each run must end refused or
//! restored, with exactly the old pair there before any recovery, or with success and the new one.
//!
//! A disk that filled up when the run had ended does not count. `HOLDFAST_PROOF=nightly` takes every size.

#[path = "full_disk/site.rs"]
mod site;
mod support;

use site::{Disk, HOOKS, Hook, Stopped};
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::matrix::Scenario;
use support::mounts::*;
use support::*;

/// So many runs in a row must succeed before there counts as enough space.
const ENOUGH: u32 = 3;
/// How often a run is begun again that ended before its disk was full.
const AGAIN: u64 = 40;

const KINDS: [&str; 2] = ["tmpfs", "ext4"];
const VERBS: [&str; 2] = ["update", "rollback"];

/// How the runs of one sweep ended.
#[derive(Default)]
struct Ends {
    refused: u64,
    restored: u64,
    done: u64,
    wrong: Vec<String>,
}

impl Ends {
    /// Says what was found, and fails if anything was wrong. `fails`: the disk must have been in the way of some run.
    fn say(self, name: &str, fails: bool) {
        let Ends {
            refused,
            restored,
            done,
            wrong,
        } = self;
        let count = |n: u64| usize::try_from(n).expect("a count");
        let tried = count(refused + restored + done) + wrong.len();
        let more = [("refused", count(refused)), ("restored", count(restored)), ("done", count(done))];
        Sweep::begin(name, "a real disk that is full").end(tried, "runs", &more, &wrong);
        let in_the_way = refused + restored > 0 || !fails;
        assert!(in_the_way && done > 0, "{name}: the sizes did not reach from too little to enough");
    }

    /// Judges a run on the disk as it is, gives the space back, and lets it go on. Says whether the run itself succeeded.
    fn judge(&mut self, what: &str, scenario: &Scenario<'_>, folder: &Path, ran: &Ran, filler: Option<Filler>) -> bool {
        let judged = site::judge(scenario, folder, ran);
        drop(filler);
        match &judged {
            Ok(0) => self.done += 1,
            Ok(20) => self.refused += 1,
            Ok(_) => self.restored += 1,
            Err(why) => self.wrong.push(format!("{what}: {why}")),
        }
        if let Ok(code) = judged
            && let Err(why) = site::goes_on(scenario, folder, code)
        {
            self.wrong.push(format!("{what}, and then more: {why}"));
        }
        judged == Ok(0)
    }
}

/// Takes sizes from nothing upwards until so many in a row are enough.
fn upwards(step: u64, mut attempt: impl FnMut(u64) -> bool) {
    let mut enough = 0;
    let mut free = 0;
    while enough < ENOUGH {
        enough = if attempt(free) { enough + 1 } else { 0 };
        free += step;
        assert!(free < 16 << 20, "no size is ever enough");
    }
}

/// From no free space at all to enough of it, known before the run begins.
fn grows(kind: &str, verb: &'static str) {
    let bench = Bench::in_memory();
    let disk = Disk::new(&bench, kind, verb);
    let (scenario, mounted) = (disk.scenario(), disk.mounted());
    let mut ends = Ends::default();
    upwards(if is_nightly() { BLOCK } else { 48 * BLOCK }, |free| {
        let folder = scenario.copy("grows");
        let filler = mounted.fill_but(free);
        let ran = scenario.act(&folder, &[]);
        ends.judge(&format!("{free} bytes free"), &scenario, &folder, &ran, Some(filler))
    });
    ends.say(&format!("full disk, {kind}, {verb}"), true);
}

/// The space goes when the run has begun, and comes back when it has ended, or before.
fn fills_up(kind: &str, verb: &'static str, comes_back: bool) {
    let bench = Bench::in_memory();
    let disk = Disk::new(&bench, kind, verb);
    let (scenario, mounted) = (disk.scenario(), disk.mounted());
    let mut ends = Ends::default();
    let mut chance = fastrand::Rng::with_seed(7);
    let times = if is_nightly() { 12 } else { 2 };
    for hook in HOOKS {
        // The run is stopped at another moment each time.
        upwards(BLOCK, |free| {
            let mut enough = true;
            for _ in 0..times {
                let (folder, stopped) = stopped_once(&disk, &scenario, hook, &mut chance);
                let mut filler = Some(mounted.fill_but(free));
                stopped.go_on();
                if comes_back {
                    std::thread::sleep(Duration::from_micros(chance.u64(0..2_000)));
                    filler.take();
                }
                let ran = stopped.end();
                let what = format!("{free} bytes free from {}{} on", if hook.appears { "" } else { "no " }, hook.path);
                enough &= ends.judge(&what, &scenario, &folder, &ran, filler);
            }
            enough
        });
    }
    let back = if comes_back { ", free again soon" } else { "" };
    // A rollback writes so little that it may find its room in blocks that it has already.
    ends.say(
        &format!("disk that fills up{back}, {kind}, {verb}"),
        verb == "update" && !comes_back,
    );
}

/// Begins runs until one is stopped before its end.
fn stopped_once(disk: &Disk, scenario: &Scenario<'_>, hook: Hook, chance: &mut fastrand::Rng) -> (PathBuf, Stopped) {
    for _ in 0..AGAIN {
        let folder = scenario.copy("stopped");
        if let Some(stopped) = site::stopped(disk, scenario, &folder, hook, chance.u64(0..hook.spread_us)) {
            return (folder, stopped);
        }
    }
    panic!("{}: {AGAIN} runs ended before they could be stopped", hook.path);
}

/// A run is ended anywhere, and there is no free byte when its recovery comes.
fn recovers(kind: &str, verb: &'static str) {
    let bench = Bench::in_memory();
    let disk = Disk::new(&bench, kind, verb);
    let (scenario, mounted) = (disk.scenario(), disk.mounted());
    let wanted = if is_nightly() { 400 } else { 20 };
    let mut chance = fastrand::Rng::with_seed(11);
    let (mut old, mut new, mut wrong) = (0, 0, Vec::new());
    for tried in 0..wanted {
        let hook = HOOKS[tried % HOOKS.len()];
        let (folder, stopped) = stopped_once(&disk, &scenario, hook, &mut chance);
        stopped.kill();
        let filler = mounted.fill_but(0);
        let recovered = site::recovered(&scenario, &folder);
        drop(filler);
        // With room again nothing is left over.
        let settled = recovered.and_then(|pair| match scenario.settle(&folder, true)? == pair {
            true => Ok(pair),
            false => Err(format!("it was the {pair} pair before there was room")),
        });
        match settled {
            Ok("old") => old += 1,
            Ok(_) => new += 1,
            Err(why) => wrong.push(format!("{}: {why}", hook.path)),
        }
    }
    let name = format!("recovery without a free byte, {kind}, {verb}");
    let more = [("to the old pair", old), ("to the new pair", new)];
    Sweep::begin(&name, "recovery on a real disk that has no byte free").end(wanted, "recoveries", &more, &wrong);
}

/// Plays a sweep on each kind of file system that the machine has.
fn everywhere(test: &str, sweep: impl Fn(&str, &'static str)) {
    alone(test, || {
        for kind in KINDS {
            if let Some(why) = lacking(kind) {
                println!("{test}, {kind}: 0 tried, because {why}; 0 wrong");
                continue;
            }
            VERBS.iter().for_each(|verb| sweep(kind, verb));
        }
    });
}

#[test]
fn a_disk_with_more_and_more_free_space() {
    everywhere("a_disk_with_more_and_more_free_space", grows);
}

#[test]
fn a_disk_that_fills_up_when_the_run_has_begun() {
    everywhere("a_disk_that_fills_up_when_the_run_has_begun", |kind, verb| {
        fills_up(kind, verb, false)
    });
}

#[test]
fn a_disk_that_fills_up_and_is_soon_free_again() {
    everywhere("a_disk_that_fills_up_and_is_soon_free_again", |kind, verb| {
        fills_up(kind, verb, true)
    });
}

#[test]
fn a_recovery_without_a_free_byte() {
    everywhere("a_recovery_without_a_free_byte", recovers);
}
