//! The crash matrix: a site, a run of the updater on it that is ended at one of its operations, the recoveries that can follow, and the
//! judgement. Which updater runs, and on which system, the test says.
#![allow(dead_code, reason = "each test file uses a part of it")]

use super::{Bench, MINI_SQL, Ran, content, copy_tree, database, run, tree, write};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A site, how it is updated, and the two worlds in which it may be found.
pub struct Scenario {
    bench: Bench,
    player: Box<dyn Player>,
    /// The folder that is copied for each history: `site`, and beside it what lies outside.
    master: PathBuf,
    /// Where the database is, below the folder.
    database: &'static str,
    old: World,
    new: World,
    /// The verb under test: an update or a rollback.
    pub verb: &'static str,
}

/// Runs the updater under test, on whichever system it is for.
pub trait Player: Sync {
    /// Runs it with words and an environment.
    fn run(&self, words: &[OsString], environment: &[(&str, String)]) -> Ran;
    /// A path as the updater sees it.
    fn seen(&self, path: &Path) -> OsString {
        path.into()
    }
    /// Whether a run was ended by the fault counter.
    fn was_cut(&self, ran: &Ran) -> bool;
    /// A run takes long, so not every history is played to its very end.
    fn is_slow(&self) -> bool {
        false
    }
}

/// The updater of this system, packed with the small product.
pub struct Native(PathBuf);

impl Player for Native {
    fn run(&self, words: &[OsString], environment: &[(&str, String)]) -> Ran {
        run(Command::new(&self.0)
            .args(words)
            .envs(environment.iter().map(|(k, v)| (*k, v.as_str()))))
    }

    fn was_cut(&self, ran: &Ran) -> bool {
        ran.code.is_none()
    }
}

/// Makes the player of a scenario in its folder, from the small product's payload.
pub type Players = dyn Fn(&Bench) -> Box<dyn Player>;

/// The updater of this system.
pub fn native(bench: &Bench) -> Box<dyn Player> {
    Box::new(Native(bench.pack(&bench.mini_payload(), "update")))
}

#[derive(Debug, PartialEq, Eq, Clone)]
pub struct World {
    files: BTreeMap<String, String>,
    content: String,
}

impl Scenario {
    /// The small product with its database in the application folder.
    pub fn inside(players: &Players) -> Scenario {
        let bench = Bench::new();
        let player = players(&bench);
        let site = bench.mini_site("master/site");
        let master = site.parent().expect("a parent").to_owned();
        Scenario::of(bench, player, master, "site/data/mini.db", "update")
    }

    /// The small product with its database elsewhere, in WAL mode, with a row that is only in the log.
    pub fn outside_with_log(players: &Players) -> Scenario {
        let bench = Bench::new();
        let player = players(&bench);
        let site = bench.mini_site("master/site");
        let master = site.parent().expect("a parent").to_owned();
        fs::remove_file(site.join("data/mini.db")).expect("removed");
        let making = bench.path("making/mini.db");
        database(&making, MINI_SQL);
        let open = rusqlite::Connection::open(&making).expect("a database");
        open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO thing VALUES (3, 'only in the log');")
            .expect("a log");
        // Copied while it is open, as a cut leaves it.
        for suffix in ["", "-wal"] {
            let from = bench.path(&format!("making/mini.db{suffix}"));
            write(
                &master.join(format!("elsewhere/mini.db{suffix}")),
                fs::read(from).expect("readable"),
            );
        }
        Scenario::of(bench, player, master, "elsewhere/mini.db", "update")
    }

    /// The small product in its new version, on its way back.
    pub fn rollback(players: &Players) -> Scenario {
        let bench = Bench::new();
        let player = players(&bench);
        let site = bench.mini_site("master/site");
        let master = site.parent().expect("a parent").to_owned();
        player
            .run(
                &[
                    "--app".into(),
                    player.seen(&site),
                    "--silent".into(),
                    "--exit-codes".into(),
                    "own".into(),
                ],
                &[],
            )
            .expect(0);
        rusqlite::Connection::open(site.join("data/mini.db"))
            .expect("a database")
            .execute_batch("INSERT INTO item VALUES (9, 'written since', 'grey')")
            .expect("a row");
        Scenario::of(bench, player, master, "site/data/mini.db", "rollback")
    }

    fn of(bench: Bench, player: Box<dyn Player>, master: PathBuf, database: &'static str, verb: &'static str) -> Scenario {
        let mut scenario = Scenario {
            old: World::of(&master, database),
            new: World::of(&master, database),
            bench,
            player,
            master,
            database,
            verb,
        };
        let done = scenario.copy("expected");
        scenario.act(&done, &[]).expect(0);
        scenario.new = World::of(&done, database);
        assert_ne!(scenario.old, scenario.new);
        scenario
    }

    pub fn copy(&self, name: &str) -> PathBuf {
        let to = self.bench.path(name);
        copy_tree(&self.master, &to);
        to
    }

    /// Runs the verb under test on a copy.
    fn act(&self, folder: &Path, environment: &[(&str, String)]) -> Ran {
        self.run(folder, self.verb, environment)
    }

    fn run(&self, folder: &Path, verb: &str, environment: &[(&str, String)]) -> Ran {
        let mut words: Vec<OsString> = vec![verb.into(), "--app".into(), self.player.seen(&folder.join("site"))];
        words.extend(["--silent", "--discard-newer", "--exit-codes", "own", "--log"].map(OsString::from));
        words.push(self.player.seen(&folder.join("log.txt")));
        if verb == "update" && !self.database.starts_with("site/") {
            let mut option = OsString::from("main=");
            option.push(self.player.seen(&folder.join(self.database)));
            words.extend(["--database".into(), option]);
        }
        self.player.run(&words, environment)
    }

    /// How many operations a run takes, by its own log of them.
    pub fn operations(&self, folder: &Path, verb: &str) -> u64 {
        let log = folder.join("operations");
        let ran = self.run(
            folder,
            verb,
            &[("HOLDFAST_OPLOG", self.player.seen(&log).to_string_lossy().into_owned())],
        );
        assert!(ran.code.is_some(), "{}", ran.stderr);
        fs::read_to_string(&log).map_or(0, |text| text.lines().count() as u64)
    }

    /// What can be started must have the data of its own version; nothing else is looked at before recovery.
    fn never_mixed(&self, folder: &Path) -> Result<(), String> {
        let site = folder.join("site");
        let Ok(start) = fs::read_to_string(site.join("start")) else {
            return Ok(());
        };
        let version = if start.contains("2.0") { "2.0" } else { "1.0" };
        let says = |path: &str, word: &str| fs::read_to_string(site.join(path)).is_ok_and(|text| text.contains(word));
        let code = says("VERSION", version) && says("lib/one.txt", version) && says("shared/other.txt", version);
        let colour = if version == "2.0" { "green" } else { "blue" };
        let database = folder.join(self.database);
        // The header holds user_version at offset 60: nothing is opened, so nothing is repaired.
        let number = fs::read(&database).ok().and_then(|bytes| bytes.get(63).copied());
        let log = fs::metadata(folder.join(format!("{}-wal", self.database))).is_ok();
        let right_log = !log || version == "1.0";
        match code && says("settings.ini", colour) && number == Some(version.as_bytes()[0] - b'0') && right_log {
            true => Ok(()),
            false => Err(format!("mixed before recovery: start of {version}, database {number:?}, log {log}")),
        }
    }

    /// Which of the two worlds a folder is in.
    fn world(&self, folder: &Path) -> Result<&'static str, String> {
        let found = World::of(folder, self.database);
        let site = folder.join("site");
        for left in [".holdfast/journal.jsonl", ".holdfast/plan.json", ".holdfast/new", ".holdfast/old"] {
            if site.join(left).exists() {
                return Err(format!("{left} is left over"));
            }
        }
        let beside = fs::read_dir(folder.join(self.database).parent().expect("a parent")).expect("a folder");
        let work = beside
            .flatten()
            .map(|e| e.path())
            .find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(".holdfast-")));
        if let Some(work) = work.filter(|w| w.join("new").exists() || w.join("old").exists()) {
            return Err(format!("{} is left over", work.display()));
        }
        if found == self.old {
            Ok("old")
        } else if found == self.new {
            Ok("new")
        } else {
            Err(format!(
                "neither old nor new:\n{found:#?}\nold: {:#?}\nnew: {:#?}",
                self.old, self.new
            ))
        }
    }

    /// From a cut to the end: not mixed, recovered, in one of the two worlds, and a second recovery finds nothing to do.
    fn settle(&self, folder: &Path) -> Result<&'static str, String> {
        let ran = self.run(folder, "recover", &[]);
        if !matches!(ran.code, Some(0 | 10)) {
            return Err(format!("recovery ended with {:?}: {}", ran.code, ran.stderr));
        }
        let world = self.world(folder)?;
        if self.player.is_slow() {
            return Ok(world);
        }
        let again = self.run(folder, "recover", &[]);
        if again.code != Some(10) {
            return Err(format!("a second recovery ended with {:?}: {}", again.code, again.stderr));
        }
        (self.world(folder)? == world)
            .then_some(world)
            .ok_or_else(|| "a second recovery changed something".to_owned())
    }

    /// The verb under test, ended at its n-th operation, and then the recoveries that can follow, cut at every `every`-th of their operations (0: none of them). Returns how many histories that were.
    pub fn cut_at(&self, n: u64, every: u64, environment: &[(&str, String)]) -> Result<u64, String> {
        let cut = self.copy(&format!("cut-{n}"));
        let mut faults = environment.to_vec();
        faults.push(("HOLDFAST_FAULT", format!("crash@{n}")));
        let ran = self.act(&cut, &faults);
        if !self.player.was_cut(&ran) {
            return Err(format!("crash@{n} did not fire: {:?} {}", ran.code, ran.stderr));
        }
        self.never_mixed(&cut)?;
        // The journal of a database elsewhere holds its absolute path, so every history is played in the same place.
        let saved = self.bench.path(&format!("saved-{n}"));
        fs::rename(&cut, &saved).expect("saved");
        let again = || {
            let _ = fs::remove_dir_all(&cut);
            copy_tree(&saved, &cut);
        };
        again();
        let mut histories = 1;
        let operations = if every == 0 { 0 } else { self.operations(&cut, "recover") };
        for m in (1..=operations).step_by(every.max(1) as usize) {
            again();
            let ran = self.run(&cut, "recover", &[("HOLDFAST_FAULT", format!("crash@{m}"))]);
            if !self.player.was_cut(&ran) {
                return Err(format!("crash@{m} of the recovery did not fire: {:?} {}", ran.code, ran.stderr));
            }
            self.never_mixed(&cut)
                .and_then(|()| self.settle(&cut))
                .map_err(|e| format!("recovery cut at {m}: {e}"))?;
            histories += 1;
        }
        if every > 0 {
            again();
        }
        let world = self.settle(&cut)?;
        if self.player.is_slow() && n % 5 != 0 {
            // Played to its very end for every fifth operation.
        } else if world == "old" && self.verb == "update" {
            self.act(&cut, &[]).expect(0);
            if self.world(&cut)? != "new" {
                return Err("running again after the old pair did not give the new one".to_owned());
            }
        }
        fs::remove_dir_all(&cut).and_then(|()| fs::remove_dir_all(&saved)).expect("removed");
        Ok(histories)
    }

    /// An error at the n-th operation: what the run reports must be true right after it, before any recovery.
    pub fn error_at(&self, n: u64, code: i32, times: &str) -> Result<u64, String> {
        let folder = self.copy(&format!("error-{n}-{code}{times}"));
        let ran = self.act(&folder, &[("HOLDFAST_FAULT", format!("err:{code}@{n}{times}"))]);
        self.never_mixed(&folder)?;
        let expected = match ran.code {
            Some(0) => "new",
            Some(20 | 30 | 50) => "old",
            // Only an error that stays may leave something to recover.
            Some(40) if times == "+" => return self.settle(&folder).map(|_| 1),
            _ => return Err(format!("ended with {:?}: {}", ran.code, ran.stderr)),
        };
        // An error while tidying up leaves the rest to the next start; the pair itself is what was reported.
        let found = match ran.code {
            Some(0) => self.settle(&folder)?,
            _ => self.world(&folder)?,
        };
        fs::remove_dir_all(&folder).expect("removed");
        match found == expected {
            true => Ok(1),
            false => Err(format!("it reported {:?} and left the {found} pair: {}", ran.code, ran.stderr)),
        }
    }
}

impl World {
    fn of(folder: &Path, database: &str) -> World {
        let mut files = tree(folder);
        files.retain(|path, _| path != "log.txt" && path != "operations");
        let path = folder.join(database);
        // The ledger holds times, so the database counts by its content; it is looked at in a copy.
        let copies = tempfile::tempdir().expect("a temporary folder");
        for suffix in ["", "-wal", "-journal"] {
            let from = PathBuf::from(format!("{}{suffix}", path.display()));
            if from.exists() {
                fs::copy(&from, copies.path().join(format!("copy.db{suffix}"))).expect("a copy");
            }
        }
        files.remove(database);
        World {
            files,
            content: match path.exists() {
                true => content(&copies.path().join("copy.db")),
                false => "no database".to_owned(),
            },
        }
    }
}

/// Runs a check for each number on both cores, and fails with all that went wrong.
pub fn sweep(name: &str, numbers: std::ops::RangeInclusive<u64>, check: impl Fn(u64) -> Result<u64, String> + Sync) -> (u64, Vec<String>) {
    let next = AtomicU64::new(*numbers.start());
    let (histories, tried) = (AtomicU64::new(0), AtomicUsize::new(0));
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n > *numbers.end() {
                        return;
                    }
                    match check(n) {
                        Ok(count) => {
                            histories.fetch_add(count, Ordering::SeqCst);
                            tried.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(why) => wrong
                            .lock()
                            .expect("no panic inside")
                            .push(format!("{name} at operation {n}: {why}")),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic inside");
    let count = histories.load(Ordering::SeqCst);
    println!(
        "{name}: {} operations, {count} histories, {} wrong",
        tried.load(Ordering::SeqCst) + wrong.len(),
        wrong.len()
    );
    (count, wrong)
}
