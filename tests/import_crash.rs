//! The crash matrix of an import. `holdfast`, built with the fault counter, is ended at each of its operations, and the recovery that follows at
//! each of its own; likewise with an error at each operation. What stands in the database's place is at every instant the old database,
//! nothing, or the new one; and every history ends in exactly the old one or exactly the new one.

mod support;

use rusqlite::Connection;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use support::matrix::*;
use support::proof::is_nightly;
use support::*;

const SCHEMA: &str =
    "PRAGMA user_version = 7; CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO town VALUES (1, 'Ulm');";

struct Play {
    player: Native,
    master: PathBuf,
    old: String,
    new: String,
}

impl Play {
    /// A database and a zip in a folder, and what the import makes of it.
    fn new(bench: &Bench, log: bool) -> Play {
        let master = bench.path("master");
        let making = bench.path("making.db");
        database(&making, SCHEMA);
        let open = Connection::open(&making).expect("a database");
        if log {
            open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO town VALUES (5, 'only in the log')")
                .expect("a log");
        }
        for suffix in if log { &["", "-wal"][..] } else { &[""] } {
            let from = bench.path(&format!("making.db{suffix}"));
            write(&master.join(format!("app/x.db{suffix}")), fs::read(from).expect("readable"));
        }
        rows_zip(&master.join("rows.zip"), "town", r#"[{"id": 2, "name": "Bonn"}]"#);
        let player = Native {
            updater: HOLDFAST.into(),
            root: bench.path("copies"),
        };
        let mut play = Play {
            old: data(&master.join("app")).expect("the old data"),
            new: String::new(),
            player,
            master,
        };
        let done = play.copy("expected");
        play.import(&done, &[]).expect(0);
        play.new = data(&done.join("app")).expect("the new data");
        assert_ne!(play.old, play.new);
        play
    }

    fn copy(&self, name: &str) -> PathBuf {
        copy_of(&self.player, &self.master, name)
    }

    fn import(&self, folder: &Path, environment: &[(&str, String)]) -> Ran {
        let words: Vec<OsString> = vec![
            "import".into(),
            folder.join("rows.zip").into(),
            "--database".into(),
            folder.join("app/x.db").into(),
        ];
        self.player.run(folder, &words, environment)
    }

    fn recover(&self, folder: &Path, environment: &[(&str, String)]) -> Ran {
        self.player
            .run(folder, &["recover".into(), folder.join("app/x.db").into()], environment)
    }

    fn operations(&self, folder: &Path, run: impl Fn(&[(&str, String)]) -> Ran) -> u64 {
        let log = folder.join("operations");
        let ran = run(&[("HOLDFAST_OPLOG", log.to_str().expect("Unicode").to_owned())]);
        assert!(ran.code.is_some(), "{}", ran.stderr);
        fs::read_to_string(&log).unwrap_or_default().lines().count() as u64
    }

    /// What can be opened before any recovery is old or new.
    fn never_mixed(&self, folder: &Path) -> Result<(), String> {
        match data(&folder.join("app")) {
            Some(data) if data != self.old && data != self.new => Err(format!("mixed before recovery: {data}")),
            _ => Ok(()),
        }
    }

    /// In which of the two worlds a folder is, with nothing left over.
    fn world(&self, folder: &Path) -> Result<&'static str, String> {
        let work = folder.join("app/.holdfast-x.db");
        for left in [
            "new",
            "old",
            "barrier",
            ".holdfast/journal.jsonl",
            ".holdfast/plan.json",
            ".holdfast/new",
            ".holdfast/old",
        ] {
            if work.join(left).exists() {
                return Err(format!("{left} is left over"));
            }
        }
        match data(&folder.join("app")) {
            // What was there before is there byte for byte, its log included.
            Some(data) if data == self.old => match files(&folder.join("app")) == files(&self.master.join("app")) {
                true => Ok("old"),
                false => Err("the old data in other bytes".to_owned()),
            },
            Some(data) if data == self.new => match fs::read_dir(work.join("kept")).map(Iterator::count) {
                Ok(1) => Ok("new"),
                kept => Err(format!("the new data with another number of snapshots than one: {kept:?}")),
            },
            other => Err(format!("neither old nor new: {other:?}")),
        }
    }

    fn settle(&self, folder: &Path) -> Result<&'static str, String> {
        let ran = self.recover(folder, &[]);
        if !matches!(ran.code, Some(0 | 10)) {
            return Err(format!("recovery ended with {:?}: {}", ran.code, ran.stderr));
        }
        let world = self.world(folder)?;
        let again = self.recover(folder, &[]);
        match again.code == Some(10) && self.world(folder)? == world {
            true => Ok(world),
            false => Err(format!("a second recovery ended with {:?}: {}", again.code, again.stderr)),
        }
    }

    fn cut_at(&self, fault: &str, n: u64, every: u64) -> Result<u64, String> {
        let cut = self.copy(&format!("{fault}-{n}"));
        let ran = self.import(&cut, &[("HOLDFAST_FAULT", format!("{fault}@{n}"))]);
        if ran.code.is_some() {
            return Err(format!("{fault}@{n} did not fire: {:?} {}", ran.code, ran.stderr));
        }
        self.never_mixed(&cut)?;
        let found = Found::keep(&cut);
        found.again();
        let mut histories = 1;
        for m in (1..=self.operations(&cut, |environment| self.recover(&cut, environment))).step_by(every as usize) {
            found.again();
            let ran = self.recover(&cut, &[("HOLDFAST_FAULT", format!("crash@{m}"))]);
            if ran.code.is_some() {
                return Err(format!("crash@{m} of the recovery did not fire: {:?} {}", ran.code, ran.stderr));
            }
            self.never_mixed(&cut)
                .and_then(|()| self.settle(&cut))
                .map_err(|e| format!("recovery cut at {m}: {e}"))?;
            histories += 1;
        }
        found.again();
        let world = self.settle(&cut)?;
        // The next import goes on from there, or finds its rows there already.
        let next = self.import(&cut, &[]);
        let right = match world {
            "old" => next.code == Some(0),
            _ => next.code == Some(30) && next.stderr.contains("ROW:REJECTED"),
        };
        if !right || self.world(&cut)? != "new" {
            return Err(format!(
                "after the {world} one the next import ended with {:?}: {}",
                next.code, next.stderr
            ));
        }
        // So it does without a recovery before.
        found.again();
        let next = self.import(&cut, &[]);
        if !matches!(next.code, Some(0 | 30)) || self.world(&cut)? != "new" {
            return Err(format!("an import right after the cut ended with {:?}: {}", next.code, next.stderr));
        }
        found.remove();
        Ok(histories)
    }

    fn error_at(&self, refusal: Refusal) -> Result<u64, String> {
        let folder = self.copy(&refusal.slug());
        let log = folder.join("operations");
        let faults = [
            ("HOLDFAST_FAULT", refusal.order()),
            ("HOLDFAST_OPLOG", log.to_str().expect("Unicode").to_owned()),
        ];
        let ran = self.import(&folder, &faults);
        refusal.fired(&log).map_err(|why| format!("{why}: {:?} {}", ran.code, ran.stderr))?;
        self.never_mixed(&folder)?;
        let expected = match ran.code {
            Some(0) => "new",
            Some(20 | 30 | 50) => "old",
            Some(40) if refusal.stays() => return self.settle(&folder).map(|_| 1),
            _ => return Err(format!("ended with {:?}: {}", ran.code, ran.stderr)),
        };
        // An error while tidying up leaves the rest to the next start; so does one that stays.
        let found = match ran.code == Some(0) || refusal.stays() {
            true => self.settle(&folder)?,
            false => self.world(&folder)?,
        };
        fs::remove_dir_all(&folder).expect("removed");
        match found == expected {
            true => Ok(1),
            false => Err(format!("it reported {:?} and left the {found} one: {}", ran.code, ran.stderr)),
        }
    }
}

/// A zip with rows for a table.
fn rows_zip(path: &Path, table: &str, rows: &str) {
    let plan = format!("[[file]]\nfile = \"t.json\"\ntable = \"{table}\"");
    let mut zip = zip::ZipWriter::new(fs::File::create(path).expect("a file"));
    for (name, text) in [("load.toml", plan.as_str()), ("t.json", rows)] {
        let path = format!("migrations/1.0/10-rows.load/{name}");
        zip.start_file(path, zip::write::SimpleFileOptions::default()).expect("an entry");
        std::io::Write::write_all(&mut zip, text.as_bytes()).expect("written");
    }
    zip.finish().expect("a zip");
}

/// What the database in a folder says, looked at in a copy; `None` if there is none.
fn data(folder: &Path) -> Option<String> {
    let copies = tempfile::tempdir().expect("a temporary folder");
    for suffix in ["", "-wal", "-journal"] {
        let from = folder.join(format!("x.db{suffix}"));
        if from.exists() {
            fs::copy(&from, copies.path().join(format!("x.db{suffix}"))).expect("a copy");
        }
    }
    let copy = copies.path().join("x.db");
    copy.exists().then(|| content(&copy))
}

/// The files beside the database, without the index of its log, which holds no data.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files = tree(folder);
    files.retain(|name, _| !name.ends_with("-shm"));
    files.into_iter().collect()
}

fn play(log: bool, every: u64) {
    let bench = Bench::in_memory();
    let play = Play::new(&bench, log);
    let counted = play.copy("counted");
    let operations = play.operations(&counted, |environment| play.import(&counted, environment));
    assert!(operations > 40, "only {operations} operations were counted");
    // A write that is cut in its middle is recovered from as one that is not begun, or as one that is done.
    for (fault, every) in [("crash", every), ("torn", 16)] {
        let (_, wrong) = sweep(&play.player, &format!("import, {fault}, log: {log}"), 1..=operations, |n| {
            play.cut_at(fault, n, every)
        });
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    // EIO once, ENOSPC once, EACCES three times, and EIO for ever; in a nightly run all three in every way.
    let errors = match is_nightly() {
        true => in_every_way(&[5, 28, 13]),
        false => vec![(5, ""), (28, ""), (13, "x3"), (5, "+")],
    };
    for (code, times) in errors {
        let (_, wrong) = sweep(
            &play.player,
            &format!("import, error {code}{times}, log: {log}"),
            1..=operations,
            |n| play.error_at(Refusal::new(n, (code, times))),
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn an_import_cut_anywhere_and_its_recovery_cut_anywhere_end_old_or_new() {
    play(false, 4);
}

#[test]
fn the_same_with_rows_that_are_only_in_the_log() {
    play(true, 8);
}

#[test]
fn a_planted_mistake_is_caught() {
    let bench = Bench::in_memory();
    let play = Play::new(&bench, false);
    let counted = play.copy("counted");
    let operations = play.operations(&counted, |environment| play.import(&counted, environment));
    hunt(&play.player, "backup-removed-early, import", operations / 2..=operations, |n| {
        let cut = play.copy(&format!("mutant-{n}"));
        let faults = [
            ("HOLDFAST_MUTANT", "backup-removed-early".to_owned()),
            ("HOLDFAST_FAULT", format!("crash@{n}")),
        ];
        play.import(&cut, &faults);
        play.settle(&cut).map(|_| 1)
    });
}

#[test]
fn an_update_of_the_application_brings_a_cut_import_to_its_end_first() {
    let bench = Bench::new();
    let site = bench.mini_site("site");
    let updater = bench.pack(&bench.mini_payload(), "update");
    let rows = bench.path("rows.zip");
    rows_zip(&rows, "thing", r#"[{"id": 50, "name": "bed"}]"#);
    let player = Native {
        updater: HOLDFAST.into(),
        root: bench.path("copies"),
    };
    let words: Vec<OsString> = ["import".into(), rows.into(), "--database".into(), site.join("data/mini.db").into()].into();
    // The moment in which no database is there.
    let mut n = 0;
    while site.join("data/mini.db").exists() {
        n += 1;
        fs::remove_dir_all(&site).expect("removed");
        bench.mini_site("site");
        player.run(&site, &words, &[("HOLDFAST_FAULT", format!("crash@{n}"))]);
        assert!(n < 500, "it is there at every moment");
    }
    update(&updater, &site, &["--plan"]).expect(20);
    update(&updater, &site, &[]).expect(0);
    assert_eq!(ask(&site.join("data/mini.db"), "SELECT count(*) FROM item"), "2");
    assert!(!site.join("data/.holdfast-mini.db/.holdfast/journal.jsonl").exists());
}
