//! The crash matrix. The real updater, built with a fault counter in the disk module, is ended at each of its operations; then
//! recovery is run, itself ended at each of its operations, and run again. Every history must end in exactly the old pair or exactly the
//! new one, and before any recovery whatever can be started must have the data of its own version. Likewise with an error at each operation.
//!
//! Two planted mistakes show that the matrix can fail.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use support::*;

/// A site, how it is updated, and the two worlds in which it may be found.
struct Scenario {
    bench: Bench,
    updater: PathBuf,
    /// The folder that is copied for each history: `site`, and beside it what lies outside.
    master: PathBuf,
    /// Where the database is, below the folder.
    database: &'static str,
    old: World,
    new: World,
    /// The verb under test: an update or a rollback.
    verb: &'static str,
}

#[derive(Debug, PartialEq, Eq, Clone)]
struct World {
    files: BTreeMap<String, String>,
    content: String,
}

impl Scenario {
    /// The small product with its database in the application folder.
    fn inside() -> Scenario {
        let bench = Bench::new();
        let updater = bench.pack(&bench.mini_payload(), "update");
        let site = bench.mini_site("master/site");
        let master = site.parent().expect("a parent").to_owned();
        Scenario::of(bench, updater, master, "site/data/mini.db", "update")
    }

    /// The small product with its database elsewhere, in WAL mode, with a row that is only in the log.
    fn outside_with_log() -> Scenario {
        let bench = Bench::new();
        let updater = bench.pack(&bench.mini_payload(), "update");
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
        Scenario::of(bench, updater, master, "elsewhere/mini.db", "update")
    }

    /// The small product in its new version, on its way back.
    fn rollback() -> Scenario {
        let bench = Bench::new();
        let updater = bench.pack(&bench.mini_payload(), "update");
        let site = bench.mini_site("master/site");
        let master = site.parent().expect("a parent").to_owned();
        update(&updater, &site, &[]).expect(0);
        rusqlite::Connection::open(site.join("data/mini.db"))
            .expect("a database")
            .execute_batch("INSERT INTO item VALUES (9, 'written since', 'grey')")
            .expect("a row");
        Scenario::of(bench, updater, master, "site/data/mini.db", "rollback")
    }

    fn of(bench: Bench, updater: PathBuf, master: PathBuf, database: &'static str, verb: &'static str) -> Scenario {
        let mut scenario = Scenario {
            old: World::of(&master, database),
            new: World::of(&master, database),
            bench,
            updater,
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

    fn copy(&self, name: &str) -> PathBuf {
        let to = self.bench.path(name);
        copy_tree(&self.master, &to);
        to
    }

    /// Runs the verb under test on a copy.
    fn act(&self, folder: &Path, environment: &[(&str, String)]) -> Ran {
        self.run(folder, self.verb, environment)
    }

    fn run(&self, folder: &Path, verb: &str, environment: &[(&str, String)]) -> Ran {
        let mut command = Command::new(&self.updater);
        command
            .arg(verb)
            .arg("--app")
            .arg(folder.join("site"))
            .args(["--silent", "--discard-newer"]);
        command.arg("--log").arg(folder.join("log.txt"));
        if verb == "update" && !self.database.starts_with("site/") {
            let mut option = std::ffi::OsString::from("main=");
            option.push(folder.join(self.database));
            command.arg("--database").arg(option);
        }
        run(command.envs(environment.iter().map(|(k, v)| (*k, v.as_str()))))
    }

    /// How many operations a run takes, by its own log of them.
    fn operations(&self, folder: &Path, verb: &str) -> u64 {
        let log = folder.join("operations");
        let ran = self.run(folder, verb, &[("HOLDFAST_OPLOG", log.display().to_string())]);
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
        let again = self.run(folder, "recover", &[]);
        if again.code != Some(10) {
            return Err(format!("a second recovery ended with {:?}: {}", again.code, again.stderr));
        }
        (self.world(folder)? == world)
            .then_some(world)
            .ok_or_else(|| "a second recovery changed something".to_owned())
    }

    /// The verb under test, ended at its n-th operation, and then every recovery that can follow. Returns how many histories that were.
    fn cut_at(&self, n: u64, every: u64, environment: &[(&str, String)]) -> Result<u64, String> {
        let cut = self.copy(&format!("cut-{n}"));
        let mut faults = environment.to_vec();
        faults.push(("HOLDFAST_FAULT", format!("crash@{n}")));
        let ran = self.act(&cut, &faults);
        if ran.code.is_some() {
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
        let operations = self.operations(&cut, "recover");
        let mut histories = 1;
        for m in (1..=operations).step_by(every as usize) {
            again();
            let ran = self.run(&cut, "recover", &[("HOLDFAST_FAULT", format!("crash@{m}"))]);
            if ran.code.is_some() {
                return Err(format!("crash@{m} of the recovery did not fire: {:?} {}", ran.code, ran.stderr));
            }
            self.never_mixed(&cut)
                .and_then(|()| self.settle(&cut))
                .map_err(|e| format!("recovery cut at {m}: {e}"))?;
            histories += 1;
        }
        again();
        let world = self.settle(&cut)?;
        if world == "old" && self.verb == "update" {
            self.act(&cut, &[]).expect(0);
            if self.world(&cut)? != "new" {
                return Err("running again after the old pair did not give the new one".to_owned());
            }
        }
        fs::remove_dir_all(&cut).and_then(|()| fs::remove_dir_all(&saved)).expect("removed");
        Ok(histories)
    }

    /// An error at the n-th operation: what the run reports must be true right after it, before any recovery.
    fn error_at(&self, n: u64, code: i32, times: &str) -> Result<u64, String> {
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
fn sweep(name: &str, numbers: std::ops::RangeInclusive<u64>, check: impl Fn(u64) -> Result<u64, String> + Sync) -> (u64, Vec<String>) {
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

fn cuts(scenario: &Scenario, name: &str, every: u64) {
    let operations = scenario.operations(&scenario.copy("counted"), scenario.verb);
    assert!(operations > 50, "only {operations} operations were counted");
    let (_, wrong) = sweep(name, 1..=operations, |n| scenario.cut_at(n, every, &[]));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_update_cut_anywhere_and_its_recovery_cut_anywhere_end_old_or_new() {
    cuts(&Scenario::inside(), "update, cut", 1);
}

#[test]
fn the_same_with_a_database_elsewhere_and_rows_only_in_its_log() {
    cuts(&Scenario::outside_with_log(), "update with a log, cut", 3);
}

#[test]
fn a_rollback_cut_anywhere_ends_old_or_new() {
    cuts(&Scenario::rollback(), "rollback, cut", 3);
}

#[test]
fn an_error_at_any_operation_leaves_what_was_reported() {
    for (scenario, name) in [(Scenario::inside(), "update"), (Scenario::rollback(), "rollback")] {
        let operations = scenario.operations(&scenario.copy("counted"), scenario.verb);
        // EIO once, ENOSPC once, EACCES three times, and EIO for ever.
        for (code, times) in [(5, ""), (28, ""), (13, "x3"), (5, "+")] {
            let (_, wrong) = sweep(&format!("{name}, error {code}{times}"), 1..=operations, |n| {
                scenario.error_at(n, code, times)
            });
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

#[test]
fn planted_mistakes_are_caught() {
    for mutant in ["backup-removed-early", "entries-first"] {
        let scenario = Scenario::inside();
        let operations = scenario.operations(&scenario.copy("counted"), "update");
        let planted = [("HOLDFAST_MUTANT", mutant.to_owned())];
        let (_, wrong) = sweep(&format!("mutant {mutant}"), operations / 2..=operations, |n| {
            scenario.cut_at(n, 1000, &planted)
        });
        assert!(!wrong.is_empty(), "the mistake “{mutant}” was not noticed");
    }
}

#[test]
fn the_fault_counter_refuses_orders_that_it_cannot_read() {
    let bench = Bench::new();
    let site = bench.mini_site("site");
    let words: Vec<&OsStr> = vec![OsStr::new("--app"), site.as_os_str(), OsStr::new("--silent")];
    let ran = with_environment(Path::new(UPDATER), &words, [("HOLDFAST_FAULT", "explode@3".to_owned())]);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
}
