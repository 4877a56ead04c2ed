//! What the crash matrices share: a site that is updated or rolled back, ended or refused at any operation, recovered, and judged by one
//! oracle. Whether the updater runs on this system or under Wine is the player's matter; the oracle looks with this system's own eyes.

pub use super::found::{Found, copy_of};
pub use super::sweeps::*;
use super::world::World;
use super::*;
use std::ffi::OsString;

/// Who runs the updater.
pub trait Player: Sync {
    /// What the sweeps with this player are, for the report.
    fn matrix(&self) -> &'static str;
    /// The folder for a copy of that name.
    fn place(&self, name: &str) -> PathBuf;
    /// A path in such a folder as the updater sees it.
    fn seen(&self, path: &Path) -> OsString;
    /// Runs the updater on such a folder, to its end. The code is `None` if a fault ended it.
    fn run(&self, folder: &Path, words: &[OsString], environment: &[(&str, String)]) -> Ran;
    /// How many runs were lost, and say nothing about the updater.
    fn lost(&self) -> usize;
}

/// The updater of this system.
pub struct Native {
    pub updater: PathBuf,
    pub root: PathBuf,
}

impl Player for Native {
    fn matrix(&self) -> &'static str {
        "crash matrix"
    }
    fn place(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
    fn seen(&self, path: &Path) -> OsString {
        path.into()
    }
    fn run(&self, _: &Path, words: &[OsString], environment: &[(&str, String)]) -> Ran {
        let environment = environment.iter().map(|(k, v)| (*k, v.as_str()));
        super::run(Command::new(&self.updater).args(words).envs(environment))
    }
    fn lost(&self) -> usize {
        0
    }
}

/// A site, how it is updated, and the two worlds in which it may be found.
pub struct Scenario<'a> {
    player: &'a dyn Player,
    /// The folder that is copied for each history: `site`, and beside it what lies outside.
    master: PathBuf,
    /// Where the database is, below the folder.
    database: &'static str,
    old: World,
    new: World,
    /// The verb under test: an update or a rollback.
    pub verb: &'static str,
    /// Tables of which the rows that a live application writes are not looked at: those from [`SOLD`] on.
    shop: &'static [&'static str],
}

/// The first key of a live application's rows.
pub const SOLD: i64 = 1000;

/// How much follows a cut.
#[derive(Clone, Copy)]
pub struct Depth {
    /// Of the operations of the recovery each so-manieth is cut, too; none if 0.
    pub recovery_every: u64,
    /// Whether a second recovery, and the update after the old pair came back, are tried as well.
    pub twice: bool,
}

/// One recovery, and nothing after it.
pub const QUICK: Depth = Depth {
    recovery_every: 0,
    twice: false,
};

/// The small product's site with its database in the application folder. Gives the folder that holds it.
pub fn inside(bench: &Bench) -> PathBuf {
    let site = bench.mini_site("master/site");
    site.parent().expect("a parent").to_owned()
}

/// The small product with its database elsewhere, in WAL mode, with a row that is only in the log.
pub fn outside_with_log(bench: &Bench) -> PathBuf {
    let master = inside(bench);
    fs::remove_file(master.join("site/data/mini.db")).expect("removed");
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
    master
}

/// A row that the new version has written, so that a rollback has something to put aside.
pub fn write_since(master: &Path) {
    rusqlite::Connection::open(master.join("site/data/mini.db"))
        .expect("a database")
        .execute_batch("INSERT INTO item VALUES (9, 'written since', 'grey')")
        .expect("a row");
}

impl<'a> Scenario<'a> {
    /// Plays the verb once on a copy of the folder, to know the other world.
    pub fn of(player: &'a dyn Player, master: PathBuf, database: &'static str, verb: &'static str) -> Scenario<'a> {
        let mut scenario = Scenario {
            old: World::of(&master, database),
            new: World::of(&master, database),
            player,
            master,
            database,
            verb,
            shop: &[],
        };
        let done = scenario.copy("expected");
        scenario.act(&done, &[]).expect(0);
        scenario.new = World::of(&done, database);
        assert_ne!(scenario.old, scenario.new);
        scenario
    }

    /// The same, with a live application that writes rows of its own to these tables.
    pub fn with_shop(self, shop: &'static [&'static str]) -> Scenario<'a> {
        Scenario { shop, ..self }
    }

    /// The database of the other world, as the first run left it.
    pub fn expected_database(&self) -> PathBuf {
        self.player.place("expected").join(self.database)
    }

    pub fn copy(&self, name: &str) -> PathBuf {
        copy_of(self.player, &self.master, name)
    }

    /// Runs the verb under test on a copy.
    pub fn act(&self, folder: &Path, environment: &[(&str, String)]) -> Ran {
        self.run(folder, self.verb, environment)
    }

    pub fn run(&self, folder: &Path, verb: &str, environment: &[(&str, String)]) -> Ran {
        self.player.run(folder, &self.words(folder, verb), environment)
    }

    /// The command line of a run on a copy.
    pub fn words(&self, folder: &Path, verb: &str) -> Vec<OsString> {
        let seen = |path: &str| self.player.seen(&folder.join(path));
        let mut words: Vec<OsString> = vec![verb.into(), "--app".into(), seen("site")];
        words.extend(["--silent", "--discard-newer", "--log"].map(OsString::from));
        words.push(seen("log.txt"));
        if verb == "update" && !self.database.starts_with("site/") {
            let mut option = OsString::from("main=");
            option.push(seen(self.database));
            words.extend(["--database".into(), option]);
        }
        words
    }

    /// The operations of a run by its own log of them, as `number\tname\tpath`.
    fn operations_of(&self, folder: &Path, verb: &str) -> Vec<String> {
        let log = folder.join("operations");
        let seen = self.player.seen(&log).into_string().expect("Unicode");
        let ran = self.run(folder, verb, &[("HOLDFAST_OPLOG", seen)]);
        assert!(ran.code.is_some(), "{}", ran.stderr);
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The operations of the verb under test.
    pub fn operations(&self) -> Vec<String> {
        let found = self.operations_of(&self.copy("counted"), self.verb);
        assert!(found.len() > 50, "only {} operations were counted", found.len());
        found
    }

    /// What can be started must have the data of its own version; nothing else is looked at before recovery.
    pub fn never_mixed(&self, folder: &Path) -> Result<(), String> {
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
        // An empty log is what a reader leaves that was ended.
        let log = fs::metadata(folder.join(format!("{}-wal", self.database))).is_ok_and(|log| log.len() > 0);
        let right_log = !log || version == "1.0";
        match code && says("settings.ini", colour) && number == Some(version.as_bytes()[0] - b'0') && right_log {
            true => Ok(()),
            false => Err(format!("mixed before recovery: start of {version}, database {number:?}, log {log}")),
        }
    }

    /// Which of the two worlds a folder is in.
    pub fn world(&self, folder: &Path) -> Result<&'static str, String> {
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
        self.pair(folder)
    }

    /// Which of the two pairs a folder has, whatever else is left over there.
    pub fn pair(&self, folder: &Path) -> Result<&'static str, String> {
        let found = World::without(folder, self.database, self.shop);
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
    pub fn settle(&self, folder: &Path, twice: bool) -> Result<&'static str, String> {
        let ran = self.run(folder, "recover", &[]);
        if !matches!(ran.code, Some(0 | 10)) {
            return Err(format!("recovery ended with {:?}: {}", ran.code, ran.stderr));
        }
        let world = self.world(folder)?;
        if !twice {
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

    /// The verb under test, ended at its n-th operation (`fault` is `crash` or `torn`), and then every recovery that can follow.
    /// Returns how many histories that were.
    pub fn cut_at(&self, fault: &str, n: u64, depth: Depth, environment: &[(&str, String)]) -> Result<u64, String> {
        let cut = self.copy(&format!("{fault}-{n}"));
        let mut faults = environment.to_vec();
        faults.push(("HOLDFAST_FAULT", format!("{fault}@{n}")));
        let ran = self.act(&cut, &faults);
        if ran.code.is_some() {
            return Err(format!("{fault}@{n} did not fire: {:?} {}", ran.code, ran.stderr));
        }
        self.never_mixed(&cut)?;
        let found = Found::keep(&cut);
        let mut histories = 1;
        if depth.recovery_every > 0 {
            found.again();
            let operations = self.operations_of(&cut, "recover").len() as u64;
            for m in (1..=operations).step_by(depth.recovery_every as usize) {
                found.again();
                let ran = self.run(&cut, "recover", &[("HOLDFAST_FAULT", format!("crash@{m}"))]);
                if ran.code.is_some() {
                    return Err(format!("crash@{m} of the recovery did not fire: {:?} {}", ran.code, ran.stderr));
                }
                self.never_mixed(&cut)
                    .and_then(|()| self.settle(&cut, depth.twice))
                    .map_err(|e| format!("recovery cut at {m}: {e}"))?;
                histories += 1;
            }
        }
        found.again();
        let world = self.settle(&cut, depth.twice)?;
        if depth.twice && world == "old" && self.verb == "update" {
            self.act(&cut, &[]).expect(0);
            if self.world(&cut)? != "new" {
                return Err("running again after the old pair did not give the new one".to_owned());
            }
        }
        found.remove();
        Ok(histories)
    }

    /// An operation is refused: what the run reports must be true right after it, before any recovery.
    pub fn error_at(&self, refusal: Refusal, environment: &[(&str, String)]) -> Result<u64, String> {
        let folder = self.copy(&refusal.slug());
        let log = folder.join("operations");
        let mut faults = environment.to_vec();
        faults.push(("HOLDFAST_FAULT", refusal.order()));
        faults.push(("HOLDFAST_OPLOG", self.player.seen(&log).into_string().expect("Unicode")));
        let ran = self.act(&folder, &faults);
        refusal.fired(&log).map_err(|why| format!("{why}: {:?} {}", ran.code, ran.stderr))?;
        self.judged(&folder, &ran, refusal.stays())
    }

    /// What a run reports must be true right after it, before any recovery. `stays`: what stood in its way stood there to its end.
    pub fn judged(&self, folder: &Path, ran: &Ran, stays: bool) -> Result<u64, String> {
        self.never_mixed(folder)?;
        let expected = match ran.code {
            Some(0) => "new",
            Some(20 | 30 | 50) => "old",
            // Only an error that stays may leave something to recover.
            Some(40) if stays => return self.settle(folder, true).map(|_| 1),
            _ => return Err(format!("ended with {:?}: {}", ran.code, ran.stderr)),
        };
        // An error while tidying up leaves the rest to the next start; the pair itself is what was reported. So does one that stays while
        // the stage is thrown away.
        let found = match ran.code {
            Some(0) => self.settle(folder, true)?,
            _ if stays => self.settle(folder, true)?,
            _ => self.world(folder)?,
        };
        fs::remove_dir_all(folder).expect("removed");
        match found == expected {
            true => Ok(1),
            false => Err(format!("it reported {:?} and left the {found} pair: {}", ran.code, ran.stderr)),
        }
    }
}
