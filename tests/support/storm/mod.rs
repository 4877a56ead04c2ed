//! Kill storms: an updater, its recovery and its rollback are ended at random times, while a live application writes to the database as long
//! as it can. Whatever the time, what can be started afterwards is never mixed, recovery ends in exactly the old pair or exactly the new
//! one, and no row that was confirmed to the application is lost. Whether the updater runs on this system or under Wine is the player's matter.
//!
//! A kill that came when the process had ended by itself does not count, and the kills must have found the swap in its middle.
#![allow(dead_code, reason = "each test file uses a part of it")]

mod shop;

use super::matrix::*;
use super::*;
use shop::Shop;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Who starts the updater, so that it can be ended.
pub trait Starter: Player {
    /// A command that starts it on such a folder.
    fn command(&self, folder: &Path, words: &[OsString]) -> Command;
    /// Whether nothing came of a run that ended by itself, which then counts as lost and says nothing about the updater.
    fn was_lost(&self, ran: &Ran) -> bool;
}

impl Starter for Native {
    fn command(&self, _: &Path, words: &[OsString]) -> Command {
        let mut command = Command::new(&self.updater);
        command.args(words);
        command
    }
    fn was_lost(&self, _: &Ran) -> bool {
        false
    }
}

/// Starts the updater; all that it says goes to a file.
fn start(player: &dyn Starter, folder: &Path, words: &[OsString]) -> Child {
    let said = File::create(said_of(folder)).expect("a file");
    player
        .command(folder, words)
        .stdin(Stdio::null())
        .stdout(said.try_clone().expect("a second handle"))
        .stderr(said)
        .spawn()
        .expect("the updater starts")
}

/// Where an updater's words go, beside the folder of its history: no world has a file for them.
fn said_of(folder: &Path) -> PathBuf {
    folder.with_extension("said")
}

/// How many recoveries in a row are ended at most.
const KILLS_IN_A_ROW: usize = 4;
/// So many storms may be needed for each kill: some runs end before, and some are refused because the shop is open.
const STORMS_A_KILL: u64 = 10;

/// The path of the database, the version that the live application knows, and the table to which it writes.
pub struct Weather {
    verb: &'static str,
    version: u8,
    table: &'static str,
    journal: &'static str,
}

pub const UPDATE: Weather = Weather {
    verb: "update",
    version: 1,
    table: "thing",
    journal: "DELETE",
};
pub const UPDATE_WITH_LOG: Weather = Weather { journal: "WAL", ..UPDATE };
pub const ROLLBACK: Weather = Weather {
    verb: "rollback",
    version: 2,
    table: "item",
    ..UPDATE
};
pub const DATABASE: &str = "site/data/mini.db";

/// What the storms came to.
#[derive(Default)]
struct Tally {
    landed: AtomicU64,
    of_recovery: AtomicU64,
    updated: AtomicU64,
    refused: AtomicU64,
    /// Kills after which nothing could be started: the swap was in its middle.
    in_the_middle: AtomicU64,
    old: AtomicU64,
    new: AtomicU64,
    confirmed: AtomicU64,
}

impl Tally {
    /// Enough kills have landed, in the swap as well, and led both ways; and the shop was open.
    fn is_enough(&self, kills: u64) -> bool {
        let some = [&self.of_recovery, &self.in_the_middle, &self.old, &self.new, &self.confirmed];
        said(&self.landed) >= kills && some.iter().all(|counter| said(counter) > kills / 50)
    }
}

/// How long an undisturbed run takes.
struct Times {
    verb: Duration,
    recovery: Duration,
}

struct Storm<'a> {
    weather: &'a Weather,
    player: &'a dyn Starter,
    scenario: &'a Scenario<'a>,
    times: Times,
    tally: Tally,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

fn said(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

impl Storm<'_> {
    /// Ends a run at a chance time: within the whole of it, within the swap, about its commit, or behind it. `None` if it was ended, else
    /// how it ended by itself.
    fn kill(&self, folder: &Path, verb: &str, whole: Duration, chance: &mut fastrand::Rng) -> Result<Option<Ran>, String> {
        let mut child = start(self.player, folder, &self.scenario.words(folder, verb));
        let within = match chance.usize(0..4) {
            1 if verb != "recover" => {
                wait_until(&mut child, || is_armed(folder));
                whole / 3
            }
            2 if verb != "recover" => {
                let entry = folder.join("site/start");
                wait_until(&mut child, || is_armed(folder));
                wait_until(&mut child, || !entry.exists());
                wait_until(&mut child, || entry.exists());
                whole / 4
            }
            // However slow the machine is at this moment, some kills come behind the commit.
            3 if verb != "recover" => {
                wait_until(&mut child, || is_committed(folder));
                whole / 20
            }
            _ => whole,
        };
        let end = Instant::now() + within.mul_f64(chance.f64());
        wait_until(&mut child, || Instant::now() >= end);
        child.kill().expect("a signal");
        let status = child.wait().expect("a child");
        if status.signal() == Some(9) {
            return Ok(None);
        }
        let ran = Ran {
            code: status.code(),
            stdout: String::new(),
            stderr: std::fs::read_to_string(said_of(folder)).expect("what it said"),
        };
        match self.player.was_lost(&ran) {
            true => Err(format!("Wine lost a run ({verb}), which ended with {:?}: {}", ran.code, ran.stderr)),
            false => Ok(Some(ran)),
        }
    }

    /// What is there right after a kill, while the shop is between two sales.
    fn look(&self, folder: &Path, shop: &Shop) -> Result<(), String> {
        let _till = shop.pause();
        if !folder.join("site/start").exists() {
            count(&self.tally.in_the_middle);
        }
        self.scenario.never_mixed(folder)
    }

    /// One storm, from the first kill to the judgement.
    fn blow(&self, seed: u64) -> Result<u64, String> {
        let chance = fastrand::Rng::with_seed(seed);
        let folder = self.scenario.copy(&format!("storm-{seed}"));
        let shop = Shop::new(&folder.join(DATABASE), self.weather.version, self.weather.table);
        let outcome = std::thread::scope(|scope| {
            let keeper = scope.spawn(|| shop.trade(fastrand::Rng::with_seed(seed ^ u64::MAX)));
            let outcome = self.strike(&folder, &shop, chance);
            shop.close();
            keeper.thread().unpark();
            outcome
        })?;
        self.judge(&folder, &shop, outcome)?;
        std::fs::remove_dir_all(&folder).expect("removed");
        Ok(1)
    }

    /// The kills. Gives how the verb ended if it did so by itself.
    fn strike(&self, folder: &Path, shop: &Shop, mut chance: fastrand::Rng) -> Result<Option<Ran>, String> {
        if let Some(ran) = self.kill(folder, self.weather.verb, self.times.verb, &mut chance)? {
            let updated = ran.code == Some(0);
            count(if updated { &self.tally.updated } else { &self.tally.refused });
            return Ok(Some(ran));
        }
        count(&self.tally.landed);
        self.look(folder, shop)?;
        for _ in 0..chance.usize(0..=KILLS_IN_A_ROW) {
            match self.kill(folder, "recover", self.times.recovery, &mut chance)? {
                None => count(&self.tally.of_recovery),
                Some(ran) => recovered(&ran)?,
            }
            self.look(folder, shop)?;
        }
        // In half of the storms people go on while the last recovery runs, too.
        if chance.bool() {
            self.recover(folder)?;
        }
        Ok(None)
    }

    fn recover(&self, folder: &Path) -> Result<(), String> {
        recovered(&self.scenario.run(folder, "recover", &[]))
    }

    /// The pair is one of the two, and every confirmed row is where people, or those who help them, find it.
    fn judge(&self, folder: &Path, shop: &Shop, ended: Option<Ran>) -> Result<(), String> {
        if ended.is_none() {
            self.recover(folder)?;
        }
        shop.open_once();
        let till = shop.pause();
        self.tally.confirmed.fetch_add(till.confirmed.len() as u64, Ordering::SeqCst);
        let world = match ended {
            // Nothing was killed: what was reported must be true before any recovery.
            Some(_) => self.scenario.world(folder)?,
            None => self.scenario.settle(folder, true)?,
        };
        let reported = match ended.as_ref().map(|ran| (ran.code, &ran.stderr)) {
            Some((Some(0), _)) => "new",
            Some((Some(20 | 30 | 50), _)) => "old",
            Some((code, said)) => return Err(format!("it ended by itself with {code:?}: {said}")),
            None => world,
        };
        let code = ended.as_ref().map(|ran| ran.code);
        if world != reported {
            return Err(format!("it reported the {reported} pair with {code:?}, and left the {world} one"));
        }
        if ended.is_none() {
            count(if world == "old" { &self.tally.old } else { &self.tally.new });
        }
        let live = folder.join(DATABASE);
        match (self.weather.verb, world) {
            ("update", "old") => till.agrees(&live, "thing"),
            ("update", _) | (_, "old") => till.agrees(&live, "item"),
            _ => till.agrees(&put_aside(folder)?, "item"),
        }
        .map_err(|e| format!("after {code:?}, with the {world} pair: {e}"))
    }
}

/// A recovery that was not ended did what it is for, or had nothing to do.
fn recovered(ran: &Ran) -> Result<(), String> {
    match ran.code {
        Some(0 | 10) => Ok(()),
        code => Err(format!("a recovery ended with {code:?}: {}", ran.stderr)),
    }
}

/// The newer database that a rollback kept: the only one among the old versions.
fn put_aside(folder: &Path) -> Result<PathBuf, String> {
    let kept = folder.join("site/.holdfast/kept");
    let runs = std::fs::read_dir(&kept).map_err(|e| e.to_string())?;
    let mut found: Vec<_> = runs
        .flatten()
        .map(|run| run.path().join("data/mini.db"))
        .filter(|p| p.exists())
        .collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        n => Err(format!("{n} databases are kept below {}", kept.display())),
    }
}

/// The site in which a storm begins.
fn site_for(bench: &Bench, weather: &Weather, player: &dyn Starter) -> PathBuf {
    let master = inside(bench);
    if weather.verb == "rollback" {
        let updated = copy_of(player, &master, "updated");
        let words = [
            "update".into(),
            "--app".into(),
            player.seen(&updated.join("site")),
            "--silent".into(),
        ];
        player.run(&updated, &words, &[]).expect(0);
        write_since(&updated);
        database_in(&updated.join(DATABASE), weather.journal);
        return updated;
    }
    database_in(&master.join(DATABASE), weather.journal);
    master
}

/// Sets the journal mode of a database, which the file keeps.
pub fn database_in(database: &Path, journal: &str) {
    let found = ask(database, &format!("PRAGMA journal_mode = {journal}"));
    assert_eq!(found.to_uppercase(), journal);
}

/// The median of some undisturbed runs.
fn measured(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..5).map(|_| run()).collect();
    times.sort();
    times[2]
}

fn times(player: &dyn Starter, scenario: &Scenario<'_>) -> Times {
    let timed = |folder: &Path, verb: &str| {
        let begun = Instant::now();
        let ran = scenario.run(folder, verb, &[]);
        assert!(matches!(ran.code, Some(0 | 10)), "{}", ran.stderr);
        begun.elapsed()
    };
    Times {
        verb: measured(|| timed(&scenario.copy("measured"), scenario.verb)),
        // A recovery that has something to do: of a run that was ended when its stage was ready.
        recovery: measured(|| {
            let folder = scenario.copy("measured");
            let mut child = start(player, &folder, &scenario.words(&folder, scenario.verb));
            wait_until(&mut child, || is_armed(&folder));
            child.kill().and_then(|()| child.wait()).expect("ended");
            timed(&folder, "recover")
        }),
    }
}

/// Whether the swap is about to begin.
fn is_armed(folder: &Path) -> bool {
    folder.join("site/.holdfast/plan.json").exists()
}

/// Whether the new pair is what was promised, and only tidying is left.
fn is_committed(folder: &Path) -> bool {
    let journal = std::fs::read_to_string(folder.join("site/.holdfast/journal.jsonl"));
    journal.is_ok_and(|journal| journal.contains("committed"))
}

/// Looks until something is so, or the run has ended.
fn wait_until(child: &mut Child, is_so: impl Fn() -> bool) {
    while !is_so() && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
}

/// Storms until so many kills have landed.
pub fn storms(bench: &Bench, player: &dyn Starter, weather: &Weather, wanted: u64) {
    let master = site_for(bench, weather, player);
    let scenario = Scenario::of(player, master, DATABASE, weather.verb).with_shop(&["thing", "item"]);
    let storm = Storm {
        times: times(player, &scenario),
        tally: Tally::default(),
        player,
        scenario: &scenario,
        weather,
    };
    let name = format!("kill storm, {} ({} journal)", weather.verb, weather.journal);
    println!(
        "{name}: {:?} of the verb, {:?} of the recovery",
        storm.times.verb, storm.times.recovery
    );
    let figures = Sweep::begin(
        &format!("{}: {name}", player.matrix()),
        "processes ended at random times while a shop goes on selling until the lock is taken",
    );
    let t = &storm.tally;
    let (_, wrong) = sweep(player, &name, 0..wanted * STORMS_A_KILL, |seed| match t.is_enough(wanted) {
        true => Ok(0),
        false => storm.blow(seed),
    });
    let count = |n: &AtomicU64| said(n) as usize;
    let more = [
        ("killed", count(&t.landed)),
        ("recoveries killed", count(&t.of_recovery)),
        ("in the middle of the swap", count(&t.in_the_middle)),
        ("to the old pair", count(&t.old)),
        ("to the new pair", count(&t.new)),
        ("rows confirmed", count(&t.confirmed)),
    ];
    figures.end(count(&t.landed) + count(&t.updated) + count(&t.refused), "storms", &more, &wrong);
    assert!(t.is_enough(wanted), "the kills did not find every part of the run");
}
