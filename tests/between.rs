//! What happens between a cut and its recovery, or between the lock and the rename, is not lost: rows that people write with
//! whichever version they can start; a journal that is torn, zeroed, changed or gone; a recovery that never comes to an end.

mod support;

use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

struct Play {
    bench: Bench,
    updater: PathBuf,
    site: PathBuf,
    operations: Vec<String>,
}

impl Play {
    fn new() -> Play {
        let bench = Bench::new();
        let updater = bench.pack(&bench.mini_payload(), "update");
        let rehearsal = bench.mini_site("rehearsal/site");
        let log = bench.path("operations");
        run(Command::new(&updater)
            .arg("--app")
            .arg(&rehearsal)
            .arg("--silent")
            .env("HOLDFAST_OPLOG", &log))
        .expect(0);
        let text = fs::read_to_string(&log).expect("operations").replace("/rehearsal/", "/play/");
        let site = bench.mini_site("play/site");
        Play {
            bench,
            updater,
            site,
            operations: text
                .lines()
                .map(|line| line.split_once('\t').expect("a number").1.to_owned())
                .collect(),
        }
    }

    /// The number of the first operation of that name on that path in the site.
    fn operation(&self, name: &str, path: &str) -> usize {
        let wanted = format!("{name}\t{}", self.site.join(path).display());
        1 + self
            .operations
            .iter()
            .position(|o| *o == wanted)
            .unwrap_or_else(|| panic!("no {wanted} in {:#?}", self.operations))
    }

    fn update_with(&self, fault: &str) -> Ran {
        run(Command::new(&self.updater)
            .arg("--app")
            .arg(&self.site)
            .arg("--silent")
            .env("HOLDFAST_FAULT", fault))
    }

    fn recover(&self) -> Ran {
        verb(&self.updater, "recover", &self.site, &[])
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/mini.db")
    }

    fn write_row(&self, sql: &str) {
        Connection::open(self.database())
            .expect("a database")
            .execute_batch(sql)
            .expect("a row");
    }

    fn version(&self) -> String {
        fs::read_to_string(self.site.join("VERSION")).expect("VERSION").trim().to_owned()
    }
}

#[test]
fn rows_written_with_the_new_version_before_recovery_are_there() {
    let play = Play::new();
    let cut = play.operation("rename", ".holdfast/new/start") + 1;
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    assert!(
        fs::read_to_string(play.site.join("start")).expect("start").contains("2.0"),
        "the new version can be started"
    );
    play.write_row("INSERT INTO item VALUES (7, 'written in between', 'blue')");
    play.recover().expect(0);
    assert_eq!(play.version(), "2.0");
    assert_eq!(ask(&play.database(), "SELECT name FROM item WHERE id = 7"), "written in between");
}

#[test]
fn what_people_make_where_the_update_had_not_brought_anything_yet_stays_where_it_is() {
    let play = Play::new();
    let cut = play.operation("rename", "start") + 1;
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    let theirs = play.site.join("added/new.txt");
    assert!(!theirs.exists(), "the update brings this one later");
    write(&theirs, "the site's own");
    play.recover().expect(0);
    assert_eq!(play.version(), "1.0");
    assert_eq!(fs::read_to_string(&theirs).expect("their file"), "the site's own");
    // And an update that comes then leaves it alone, too.
    update(&play.updater, &play.site, &[]).expect(20);
    assert_eq!(fs::read_to_string(&theirs).expect("their file"), "the site's own");
}

#[test]
fn rows_written_with_the_new_version_are_kept_aside_when_it_does_not_stand() {
    let play = Play::new();
    let cut = play.operation("rename", ".holdfast/new/start") + 1;
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    play.write_row("INSERT INTO item VALUES (7, 'written in between', 'blue'); ALTER TABLE item ADD COLUMN strange");
    let ran = play.recover().expect(0);
    assert_eq!(play.version(), "1.0");
    assert_eq!(ask(&play.database(), "SELECT count(*) FROM thing"), "2");
    let aside = fs::read_dir(play.site.join(".holdfast/aside"))
        .expect("aside")
        .next()
        .expect("one")
        .expect("an entry")
        .path();
    assert!(ran.stdout.contains(&aside.display().to_string()), "{}", ran.stdout);
    assert_eq!(
        ask(&aside.join("data/mini.db"), "SELECT name FROM item WHERE id = 7"),
        "written in between"
    );
}

#[test]
fn rows_written_by_a_program_that_had_the_database_open_when_it_was_retired_are_there() {
    let play = Play::new();
    let (live, retired) = (play.database(), play.site.join(".holdfast/old/data/mini.db"));
    assert_eq!(ask(&live, "PRAGMA journal_mode = WAL"), "wal");
    let cut = play.operation("rename", "data/mini.db") + 1;
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    assert!(retired.exists() && !live.exists(), "the cut came when the database was retired");
    // What a program leaves that opened it right before: SQLite does not move the log into a database that is not where it was opened.
    let log = play.site.join("data/mini.db-wal");
    let making = play.bench.path("making.db");
    fs::copy(&retired, &making).expect("a copy");
    let open = Connection::open(&making).expect("a database");
    open.execute_batch("INSERT INTO thing VALUES (7, 'written in between')")
        .expect("a row");
    fs::copy(play.bench.path("making.db-wal"), &log).expect("its log");
    assert!(fs::metadata(&log).expect("its log").len() > 0);
    play.recover().expect(0);
    assert_eq!(play.version(), "1.0");
    assert_eq!(ask(&live, "SELECT name FROM thing WHERE id = 7"), "written in between");
}

#[test]
fn rows_written_with_the_old_version_while_armed_are_there_and_migrated_by_the_next_run() {
    let play = Play::new();
    let cut = play.operation("rename", "start");
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    play.write_row("INSERT INTO thing VALUES (7, 'written in between')");
    play.recover().expect(0);
    assert_eq!(play.version(), "1.0");
    assert_eq!(ask(&play.database(), "SELECT name FROM thing WHERE id = 7"), "written in between");
    update(&play.updater, &play.site, &[]).expect(0);
    assert_eq!(ask(&play.database(), "SELECT name FROM item WHERE id = 7"), "written in between");
}

#[test]
fn a_write_that_slips_in_between_lock_and_rename_undoes_the_swap() {
    let play = Play::new();
    let changed = play.bench.path("changed.db");
    fs::copy(play.database(), &changed).expect("a copy");
    Connection::open(&changed)
        .expect("a database")
        .execute_batch("INSERT INTO thing VALUES (7, 'slipped in')")
        .expect("a row");
    let moment = play.operation("rename", "data/mini.db");
    let ran = play
        .update_with(&format!("run@{moment}=cp '{}' '{}'", changed.display(), play.database().display()))
        .expect(50);
    assert_eq!(reason(&play.site), "DATABASE:WRITTEN", "{}", ran.stderr);
    assert!(ran.stderr.contains("as before"), "{}", ran.stderr);
    assert_eq!(play.version(), "1.0");
    assert_eq!(ask(&play.database(), "SELECT name FROM thing WHERE id = 7"), "slipped in");
    update(&play.updater, &play.site, &[]).expect(0);
    assert_eq!(ask(&play.database(), "SELECT name FROM item WHERE id = 7"), "slipped in");
}

/// From the lock to the first rename nobody else can write, at no operation in between: what was read and what was marked stays true.
#[test]
fn nobody_can_write_from_the_lock_to_the_first_rename() {
    for journal in ["DELETE", "WAL"] {
        let play = Play::new();
        ask(&play.database(), &format!("PRAGMA journal_mode = {journal}"));
        let (first, last) = (play.operation("create_dir", ".holdfast/new"), play.operation("rename", "start"));
        let (script, said) = (play.bench.path("sell.sh"), play.bench.path("said"));
        let sale = "INSERT INTO thing VALUES (7, 'slipped in')";
        let (database, tried) = (play.database(), said.display());
        write(
            &script,
            format!(
                "sqlite3 '{}' \"{sale}\" 2>> '{tried}'\necho \"ended with $?\" >> '{tried}'\n",
                database.display()
            ),
        );
        let orders: Vec<String> = (first..last).map(|n| format!("run@{n}=sh '{}'", script.display())).collect();
        play.update_with(&orders.join(";")).expect(0);
        let said = fs::read_to_string(&said).expect("the script ran");
        let refused = said.matches("database is locked").count();
        assert_eq!(
            (refused, said.matches("ended with 0").count()),
            (last - first, 0),
            "{journal}: {said}"
        );
        assert_eq!(play.version(), "2.0");
        assert_eq!(ask(&play.database(), "SELECT count(*) FROM item WHERE id = 7"), "0");
    }
}

/// Gives a database a row that is only in its log, as a cut leaves it.
fn only_in_the_log(database: &Path, aside: &Path) {
    fs::copy(database, aside).expect("a copy");
    let open = Connection::open(aside).expect("a database");
    open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO thing VALUES (3, 'only in the log')")
        .expect("a log");
    for suffix in ["", "-wal"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(with(aside), with(database)).expect("copied");
    }
}

/// A program opens the database right before it is retired and writes when the run has ended, however it ended. It must find the log that
/// belongs to the database: a row beside one that is only in the log would be the end of one of them.
#[test]
fn who_opens_the_database_right_before_it_is_retired_finds_its_log_whenever_the_run_is_ended() {
    for later in [None, Some(1), Some(2), Some(3), Some(4)] {
        let play = Play::new();
        only_in_the_log(&play.database(), &play.bench.path("making.db"));
        let moment = play.operation("rename", "data/mini.db");
        let (reached, opened) = (play.bench.path("reached"), play.bench.path("opened"));
        // A semicolon would end the order, so the waiting is a script's.
        let wait = play.bench.path("wait.sh");
        let (said, awaited) = (reached.display(), opened.display());
        write(&wait, format!("touch '{said}'\nuntil [ -e '{awaited}' ]; do sleep 0.01; done\n"));
        let cut = later.map_or_else(String::new, |later| format!("crash@{};", moment + later));
        let mut updater = Command::new(&play.updater)
            .arg("--app")
            .arg(&play.site)
            .arg("--silent")
            .env("HOLDFAST_FAULT", format!("{cut}run@{moment}=sh '{}'", wait.display()))
            .spawn()
            .expect("the updater starts");
        while !reached.exists() && updater.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        let holder = Connection::open(play.database()).expect("a database");
        write(&opened, "");
        let code = updater.wait().expect("a child").code();
        assert_eq!(code, later.map_or(Some(50), |_| None), "a cut {later:?} operations later");
        // While the database is not where it was opened, SQLite refuses: nothing is confirmed then.
        let confirmed = holder.execute("INSERT INTO thing VALUES (7, 'written in between')", []).is_ok();
        drop(holder);
        play.recover();
        assert_eq!(play.version(), "1.0");
        let rows = ask(&play.database(), "SELECT group_concat(name, '; ') FROM thing WHERE id IN (3, 7)");
        let expected = if confirmed {
            "only in the log; written in between"
        } else {
            "only in the log"
        };
        assert_eq!(rows, expected, "a cut {later:?} operations later");
        assert!(confirmed || later.is_some(), "the database is back, and cannot be written to");
    }
}

#[test]
fn a_kept_file_that_changes_between_plan_and_rename_undoes_the_swap() {
    let play = Play::new();
    let moment = play.operation("rename", "settings.ini");
    play.update_with(&format!(
        "run@{moment}=echo 'colour = red' >> '{}'",
        play.site.join("settings.ini").display()
    ))
    .expect(50);
    assert_eq!((reason(&play.site).as_str(), play.version().as_str()), ("DATABASE:WRITTEN", "1.0"));
    assert!(
        fs::read_to_string(play.site.join("settings.ini"))
            .expect("settings")
            .ends_with("colour = red\n")
    );
}

/// A way in which a journal can be damaged, with a name for the message.
type Damage = (&'static str, fn(&Path));

#[test]
fn a_damaged_journal_does_not_keep_recovery_from_the_old_or_the_new_pair() {
    let journal = |site: &Path| site.join(".holdfast/journal.jsonl");
    let damages: [Damage; 6] = [
        ("torn", |path| {
            let text = fs::read(path).expect("journal");
            fs::write(path, &text[..text.len() - 20]).expect("written");
        }),
        ("zeroed", |path| {
            let length = fs::metadata(path).expect("journal").len() as usize;
            fs::write(path, vec![0; length]).expect("written");
        }),
        ("zeroed tail", |path| {
            let mut text = fs::read(path).expect("journal");
            let half = text.len() / 2;
            text[half..].fill(0);
            fs::write(path, text).expect("written");
        }),
        ("first line changed", |path| {
            let text = fs::read_to_string(path).expect("journal").replacen("begin", "bogin", 1);
            fs::write(path, text).expect("written");
        }),
        ("armed line changed", |path| {
            let text = fs::read_to_string(path).expect("journal").replacen("armed", "ormed", 1);
            fs::write(path, text).expect("written");
        }),
        ("gone", |path| fs::remove_file(path).expect("removed")),
    ];
    let play = Play::new();
    let old = tree(&play.site);
    let (first, last) = (
        play.operation("rename", "start"),
        play.operation("rename", ".holdfast/new/start") + 1,
    );
    let mut tried = 0;
    for cut in first..=last {
        for (name, damage) in &damages {
            let again = Play {
                bench: Bench::new(),
                updater: play.updater.clone(),
                site: PathBuf::new(),
                operations: Vec::new(),
            };
            let site = again.bench.mini_site("play/site");
            let again = Play { site, ..again };
            assert_eq!(again.update_with(&format!("crash@{cut}")).code, None);
            damage(&journal(&again.site));
            again.recover().expect(0);
            match again.version().as_str() {
                "1.0" => assert_eq!(tree(&again.site), old, "{name}, cut at {cut}"),
                _ => assert_eq!(ask(&again.database(), "PRAGMA user_version"), "2", "{name}, cut at {cut}"),
            }
            assert!(!journal(&again.site).exists(), "{name}, cut at {cut}");
            tried += 1;
        }
    }
    println!("damaged journals: {tried} tried");
}

#[test]
fn a_journal_of_a_newer_holdfast_is_left_to_it() {
    let play = Play::new();
    let cut = play.operation("rename", "data/mini.db");
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    let path = play.site.join(".holdfast/journal.jsonl");
    let record = r#"{"phase":"from_the_future","wonder":1}"#;
    let line = format!("\n{{\"sum\":\"{}\",\"record\":{record}}}\n", &hash(record.as_bytes())[..16]);
    let text = fs::read_to_string(&path).expect("journal");
    fs::write(&path, text.clone() + &line).expect("written");
    let before = tree(&play.site);
    for ran in [play.recover(), update(&play.updater, &play.site, &[])] {
        ran.expect(40);
        assert_eq!(reason(&play.site), "JOURNAL:FORMAT");
        assert_eq!(tree(&play.site), before);
    }
    fs::write(&path, text).expect("written");
    play.recover().expect(0);
    assert_eq!(play.version(), "1.0");
}

#[test]
fn recovery_that_is_cut_again_and_again_is_given_up_until_a_person_asks() {
    let play = Play::new();
    let cut = play.operation("rename", "data/mini.db");
    assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
    // The lock is the first operation of a run, the record of the attempt comes next: it is cut behind that.
    for _ in 0..12 {
        assert_eq!(play.update_with("crash@6").code, None);
    }
    update(&play.updater, &play.site, &[]).expect(40);
    assert_eq!(reason(&play.site), "RECOVERY:GIVEN_UP");
    play.recover().expect(0);
    assert_eq!(play.version(), "1.0");
    update(&play.updater, &play.site, &[]).expect(0);
}

#[test]
fn an_update_that_cannot_be_read_brings_an_unfinished_one_to_its_end_all_the_same() {
    let play = Play::new();
    let cut = play.operation("rename", "data/mini.db");
    for spoil in [
        |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 9),
        |bytes: &mut Vec<u8>| {
            let at = bytes.windows(7).rposition(|w| w == b"code/st").expect("an entry") - 200;
            bytes[at] ^= 1;
        },
    ] {
        assert_eq!(play.update_with(&format!("crash@{cut}")).code, None);
        let mut bytes = fs::read(&play.updater).expect("the updater");
        spoil(&mut bytes);
        let spoilt = play.bench.path("spoilt");
        signed::program(&bytes, &spoilt);
        let ran = update(&spoilt, &play.site, &[]).expect(20);
        assert_eq!(
            (reason(&play.site).as_str(), play.version().as_str()),
            ("BUNDLE:DAMAGED", "1.0"),
            "{}",
            ran.stderr
        );
        assert!(!play.site.join(".holdfast/journal.jsonl").exists());
    }
}
