//! Kill storms: the updater as it ships, its recovery and its rollback are ended at random times, while a live application writes to the
//! database as long as it can. Whatever the time, what can be started afterwards is never mixed, recovery ends in exactly the old pair or
//! exactly the new one, and no row that was confirmed to the application is lost.
//!
//! A kill that came when the process had ended by itself does not count, and the kills must have found the swap in its middle.
//! `HOLDFAST_PROOF=nightly` makes it large.

#[path = "kill_storm/shop.rs"]
mod shop;
mod support;

use shop::Shop;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::matrix::*;
use support::*;

/// How many kills of one kind must land, and how many recoveries in a row are ended at most.
const KILLS: u64 = 50;
const KILLS_NIGHTLY: u64 = 1_000;
/// So many storms may be needed for each kill: some runs end before, and some are refused because the shop is open.
const STORMS_A_KILL: u64 = 10;
const KILLS_IN_A_ROW: usize = 4;

/// The path of the database, the version that the live application knows, and the table to which it writes.
struct Weather {
    verb: &'static str,
    version: u8,
    table: &'static str,
    journal: &'static str,
}

const UPDATE: Weather = Weather {
    verb: "update",
    version: 1,
    table: "thing",
    journal: "DELETE",
};
const UPDATE_WITH_LOG: Weather = Weather { journal: "WAL", ..UPDATE };
const ROLLBACK: Weather = Weather {
    verb: "rollback",
    version: 2,
    table: "item",
    ..UPDATE
};
const DATABASE: &str = "site/data/mini.db";

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
    player: &'a Native,
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
    /// Ends a run at a chance time: within the whole of it, within the swap, or about its commit. `None` if it was ended, else its code.
    fn kill(&self, folder: &Path, verb: &str, whole: Duration, chance: &mut fastrand::Rng) -> Option<i32> {
        let mut child = start(self.player, self.scenario, folder, verb);
        let within = match chance.usize(0..3) {
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
            _ => whole,
        };
        let end = Instant::now() + within.mul_f64(chance.f64());
        wait_until(&mut child, || Instant::now() >= end);
        child.kill().expect("a signal");
        let status = child.wait().expect("a child");
        match status.signal() {
            Some(9) => None,
            _ => Some(status.code().unwrap_or(-1)),
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

    /// The kills. Gives the code of the verb if it ended by itself.
    fn strike(&self, folder: &Path, shop: &Shop, mut chance: fastrand::Rng) -> Result<Option<i32>, String> {
        let code = self.kill(folder, self.weather.verb, self.times.verb, &mut chance);
        if let Some(code) = code {
            count(if code == 0 { &self.tally.updated } else { &self.tally.refused });
            return Ok(Some(code));
        }
        count(&self.tally.landed);
        self.look(folder, shop)?;
        for _ in 0..chance.usize(0..=KILLS_IN_A_ROW) {
            match self.kill(folder, "recover", self.times.recovery, &mut chance) {
                None => count(&self.tally.of_recovery),
                Some(0 | 10) => {}
                Some(code) => return Err(format!("a recovery that was not ended ended with {code}")),
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
        let ran = self.scenario.run(folder, "recover", &[]);
        match ran.code {
            Some(0 | 10) => Ok(()),
            code => Err(format!("recovery ended with {code:?}: {}", ran.stderr)),
        }
    }

    /// The pair is one of the two, and every confirmed row is where people, or those who help them, find it.
    fn judge(&self, folder: &Path, shop: &Shop, code: Option<i32>) -> Result<(), String> {
        if code.is_none() {
            self.recover(folder)?;
        }
        shop.open_once();
        let till = shop.pause();
        self.tally.confirmed.fetch_add(till.confirmed.len() as u64, Ordering::SeqCst);
        let world = match code {
            // Nothing was killed: what was reported must be true before any recovery.
            Some(_) => self.scenario.world(folder)?,
            None => self.scenario.settle(folder, true)?,
        };
        let reported = match code {
            Some(0) => "new",
            Some(20 | 30 | 50) => "old",
            Some(code) => return Err(format!("it ended by itself with {code}")),
            None => world,
        };
        if world != reported {
            return Err(format!("it reported the {reported} pair with {code:?}, and left the {world} one"));
        }
        if code.is_none() {
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
fn site_for(bench: &Bench, weather: &Weather, updater: &Path) -> PathBuf {
    let master = inside(bench);
    if weather.verb == "rollback" {
        update(updater, &master.join("site"), &[]).expect(0);
        write_since(&master);
    }
    database_in(&master.join(DATABASE), weather.journal);
    master
}

/// Sets the journal mode of a database, which the file keeps.
fn database_in(database: &Path, journal: &str) {
    let found = ask(database, &format!("PRAGMA journal_mode = {journal}"));
    assert_eq!(found.to_uppercase(), journal);
}

/// The median of some undisturbed runs.
fn measured(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..5).map(|_| run()).collect();
    times.sort();
    times[2]
}

fn times(player: &Native, scenario: &Scenario<'_>) -> Times {
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
            let mut child = start(player, scenario, &folder, scenario.verb);
            wait_until(&mut child, || is_armed(&folder));
            child.kill().and_then(|()| child.wait()).expect("ended");
            timed(&folder, "recover")
        }),
    }
}

fn start(player: &Native, scenario: &Scenario<'_>, folder: &Path, verb: &str) -> Child {
    Command::new(&player.updater)
        .args(scenario.words(folder, verb))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the updater starts")
}

/// Whether the swap is about to begin.
fn is_armed(folder: &Path) -> bool {
    folder.join("site/.holdfast/plan.json").exists()
}

/// Looks until something is so, or the run has ended.
fn wait_until(child: &mut Child, is_so: impl Fn() -> bool) {
    while !is_so() && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
}

fn storms(weather: &Weather) {
    let bench = Bench::in_memory();
    let player = Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    };
    let master = site_for(&bench, weather, &player.updater);
    let scenario = Scenario::of(&player, master, DATABASE, weather.verb).with_shop(&["thing", "item"]);
    let storm = Storm {
        times: times(&player, &scenario),
        tally: Tally::default(),
        player: &player,
        scenario: &scenario,
        weather,
    };
    let name = format!("kill storm, {} ({} journal)", weather.verb, weather.journal);
    println!(
        "{name}: {:?} of the verb, {:?} of the recovery",
        storm.times.verb, storm.times.recovery
    );
    let figures = Sweep::begin(
        &name,
        "processes ended at random times while a shop goes on selling until the lock is taken",
    );
    let wanted = if is_nightly() { KILLS_NIGHTLY } else { KILLS };
    let t = &storm.tally;
    let (_, wrong) = sweep(&player, &name, 0..wanted * STORMS_A_KILL, |seed| match t.is_enough(wanted) {
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

#[test]
fn an_update_and_its_recovery_ended_at_any_time() {
    storms(&UPDATE);
}

#[test]
fn the_same_with_a_database_in_wal_mode() {
    storms(&UPDATE_WITH_LOG);
}

#[test]
fn a_rollback_and_its_recovery_ended_at_any_time() {
    storms(&ROLLBACK);
}

#[test]
fn an_application_that_keeps_its_database_open_is_not_updated() {
    let bench = Bench::in_memory();
    let player = Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    };
    let figures = Sweep::begin("held connections", "an application that is open is not updated");
    let runs: usize = if is_nightly() { 40 } else { 6 };
    for (k, journal) in (0..runs).zip(["DELETE", "WAL"].into_iter().cycle()) {
        let site = bench.mini_site(&format!("held-{k}/site"));
        let database = site.join("data/mini.db");
        database_in(&database, journal);
        let before = tree(&site);
        // Not looked at from this process while it is open: that would end its locks.
        let open = rusqlite::Connection::open(&database).expect("a database");
        open.query_row("SELECT count(*) FROM thing", [], |_| Ok(()))
            .expect("an idle connection");
        let sells = k % 3 == 2;
        if sells {
            open.execute_batch("BEGIN IMMEDIATE; INSERT INTO thing VALUES (1002, 'sold 1002');")
                .expect("a sale");
        }
        let ran = update(&player.updater, &site, &[]).expect(50);
        if sells {
            open.execute_batch("ROLLBACK").expect("the sale ends");
        }
        drop(open);
        assert_eq!(tree(&site), before, "{journal}: {}", ran.stderr);
        assert!(!site.join(".holdfast/journal.jsonl").exists(), "{journal}: a run was begun");
        update(&player.updater, &site, &[]).expect(0);
    }
    figures.end(runs, "runs", &[("refused", runs)], &[]);
}
