//! `holdfast verify`: the oracle for a release manager. A whole pair of either version is named; whatever is mixed, changed, damaged or
//! unfinished has a failing code and is named, too. Nothing at the site changes, whatever is found.

mod support;

use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use support::*;

/// A product whose rows refer to each other, with a site in 1.0.
struct Play {
    bench: Bench,
    payload: PathBuf,
    site: PathBuf,
}

/// What was found at a site.
struct Found {
    code: Option<i32>,
    report: Value,
}

const PARTS: &str = "CREATE TABLE part (id INTEGER PRIMARY KEY, thing INTEGER REFERENCES thing);
INSERT INTO part VALUES (1, 1), (2, 2);\n";

impl Play {
    fn new() -> Play {
        let bench = Bench::in_memory();
        let site = bench.mini_site("world/site");
        let payload = bench.path("mini-payload");
        write(&payload.join("releases/1.0/main.sql"), [MINI_SQL, PARTS].concat());
        database(&site.join("data/mini.db"), PARTS);
        Play { bench, payload, site }
    }

    fn updated(words: &[&str]) -> Play {
        let play = Play::new();
        let updater = play.bench.pack(&play.payload, "update");
        update(&updater, &play.site, words).expect(0);
        play
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/mini.db")
    }

    /// The database of another site, in place of this one's.
    fn takes_database_of(&self, other: &Play) {
        fs::copy(other.database(), self.database()).expect("a copy");
    }

    /// A file of the payload, in place of the site's.
    fn takes(&self, from: &str, path: &str) {
        write(&self.site.join(path), fs::read(self.payload.join(from).join(path)).expect("a file"));
    }

    fn verify(&self) -> Found {
        self.verify_with(&self.payload, &[])
    }

    /// Verifies, and holds that not a byte and not a time changed beside the site or in it.
    fn verify_with(&self, update: &Path, more: &[OsString]) -> Found {
        let world = self.bench.path("world");
        let before = bytes(&world);
        let ran = verify(update, &self.site, more);
        assert_eq!(bytes(&world), before, "verify changed something");
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", ran.stdout, ran.stderr));
        Found { code: ran.code, report }
    }
}

impl Found {
    fn findings(&self) -> Vec<&str> {
        let list = self.report["findings"].as_array().expect("findings");
        list.iter().map(|f| f["reason"].as_str().expect("a reason")).collect()
    }

    fn words(&self) -> String {
        self.report["findings"].to_string()
    }

    /// Exactly one whole pair.
    #[track_caller]
    fn is_whole(&self, pair: &str, version: &str) -> &Found {
        assert_eq!(self.findings(), Vec::<&str>::new(), "{:#}", self.report);
        assert_eq!((&self.report["pair"], &self.report["version"]), (&pair.into(), &version.into()));
        assert_eq!((self.code, &self.report["exit_code"]), (Some(0), &0.into()));
        self
    }

    #[track_caller]
    fn is(&self, pair: &str, reasons: &[&str]) -> &Found {
        assert_eq!(self.findings(), reasons, "{:#}", self.report);
        assert_eq!(self.report["pair"], pair, "{:#}", self.report);
        assert_eq!((self.code, &self.report["exit_code"]), (Some(20), &20.into()));
        self
    }

    #[track_caller]
    fn names(&self, words: &[&str]) {
        let said = self.words();
        for word in words {
            assert!(said.contains(word), "“{word}” is not in {said}");
        }
    }
}

fn verify(update: &Path, site: &Path, more: &[OsString]) -> Ran {
    run(Command::new(HOLDFAST)
        .arg("verify")
        .arg(update)
        .arg("--app")
        .arg(site)
        .arg("--json")
        .args(more))
}

/// Every file below a folder, Holdfast's own and side files included, with its time and its bytes.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Option<String>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("metadata");
            let text = meta.is_file().then(|| hash(&fs::read(&path).expect("readable")));
            if meta.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path, (meta.modified().expect("a time"), text));
        }
    }
    found
}

fn option(path: &Path) -> [OsString; 2] {
    let mut value = OsString::from("main=");
    value.push(path);
    ["--database".into(), value]
}

#[test]
fn a_whole_pair_is_named() {
    let play = Play::new();
    let found = play.verify();
    found.is_whole("old", "1.0");
    assert_eq!(found.report["code"]["own"], serde_json::json!(["shared/mine.txt"]));
    assert_eq!(found.report["databases"][0]["integrity"], serde_json::json!([]));
    let updater = play.bench.pack(&play.payload, "update");
    play.verify_with(&updater, &[]).is_whole("old", "1.0");
    update(&updater, &play.site, &[]).expect(0);
    let found = play.verify_with(&updater, &[]);
    found.is_whole("new", "2.0");
    assert_eq!(found.report["databases"][0]["last_step"]["step"], "10_item.sql");
    assert_eq!(found.report["databases"][0]["noted"], "2.0");
    let kept = &found.report["holdfast"]["kept"][0];
    assert_eq!((&kept["version"], &kept["number"]), (&"1.0".into(), &1.into()));
    assert_eq!((&kept["whole"], &kept["held"]), (&true.into(), &false.into()));
    verb(&updater, "rollback", &play.site, &[]).expect(0);
    let found = play.verify_with(&updater, &[]);
    found.is_whole("old", "1.0");
    assert_eq!(found.report["holdfast"]["kept"][0]["aside"], true);
}

#[test]
fn a_held_pair_is_whole_and_waits() {
    let play = Play::updated(&["--hold"]);
    let found = play.verify();
    found.is_whole("new", "2.0");
    assert_eq!(found.report["holdfast"]["kept"][0]["held"], true);
    let ran = run(Command::new(HOLDFAST).arg("verify").arg(&play.payload).arg("--app").arg(&play.site)).expect(0);
    for line in [
        "pair: new 2.0",
        "code: 2.0",
        "data main: 2.0",
        "nothing unfinished",
        "held: it waits for",
    ] {
        assert!(ran.stdout.contains(line), "“{line}” is not in {}", ran.stdout);
    }
}

#[test]
fn a_trial_leaves_a_whole_pair() {
    let play = Play::updated(&["--test"]);
    let found = play.verify();
    found.is_whole("old", "1.0");
    assert_eq!(found.report["holdfast"]["test"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_sample_products_sites_are_whole() {
    let bench = Bench::in_memory();
    let payload = bench.relief_payload();
    let updater = bench.pack(&payload, "update");
    let site = bench.relief_site("site", "1.0");
    for (pair, version) in [("old", "1.0"), ("new", "2.0")] {
        let ran = verify(&payload, &site, &[]).expect(0);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!((&report["pair"], &report["version"]), (&pair.into(), &version.into()));
        update(&updater, &site, &[]);
    }
}

#[test]
fn one_file_of_another_version_is_mixed() {
    let old = Play::new();
    old.takes("code", "lib/one.txt");
    old.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["lib/one.txt", "2.0", "1.0 is nearest"]);
    let new = Play::updated(&[]);
    new.takes("releases/1.0/code", "shared/other.txt");
    new.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["shared/other.txt", "1.0", "2.0 is nearest"]);
}

#[test]
fn a_file_that_only_another_version_has_is_mixed() {
    let old = Play::new();
    old.takes("code", "lib/deep/two.txt");
    old.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["lib/deep/two.txt", "is of another version alone"]);
    let new = Play::updated(&[]);
    new.takes("releases/1.0/code", "gone/old.txt");
    new.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["gone/old.txt", "is of another version alone"]);
}

#[test]
fn what_nobody_installed_is_the_sites_own_and_is_named() {
    let play = Play::updated(&[]);
    write(&play.site.join("lib/strange.txt"), "of nobody");
    let found = play.verify();
    found.is_whole("new", "2.0");
    assert_eq!(
        found.report["code"]["own"],
        serde_json::json!(["lib/strange.txt", "shared/mine.txt"])
    );
}

#[test]
fn a_file_of_no_version_and_a_missing_one_are_named() {
    let play = Play::updated(&[]);
    write(&play.site.join("lib/one.txt"), "of no version");
    fs::remove_file(play.site.join("added/new.txt")).expect("a file");
    play.verify()
        .is("none", &["CODE:CHANGED"])
        .names(&["“lib/one.txt” is changed", "“added/new.txt” is missing"]);
}

#[test]
fn the_database_of_the_other_version_is_mixed() {
    let (old, new) = (Play::new(), Play::updated(&[]));
    let (mixed_old, mixed_new) = (Play::new(), Play::updated(&[]));
    mixed_old.takes_database_of(&new);
    mixed_old
        .verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 1.0 and data of 2.0"]);
    mixed_new.takes_database_of(&old);
    mixed_new
        .verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 2.0 and data of 1.0"]);
    // Both: a file of the new program is missing beside the old data.
    mixed_new.takes("releases/1.0/code", "lib/one.txt");
    mixed_new.verify().is("mixed", &["PAIR:MIXED"]).names(&["lib/one.txt"]);
    assert_eq!(mixed_new.verify().report["databases"][0]["versions"], serde_json::json!(["1.0"]));
}

#[test]
fn data_of_the_other_version_is_told_by_the_ledger_where_the_schema_is_the_same() {
    let rows_alone = |play: &Play| {
        write(
            &play.payload.join("migrations/2.0/10_item.sql"),
            "UPDATE thing SET name = upper(name);\n",
        );
        replace(&play.payload.join("holdfast.toml"), "FROM item", "FROM thing");
        play.bench.pack(&play.payload, "update")
    };
    let (old, new) = (Play::new(), Play::new());
    let updater = rows_alone(&new);
    rows_alone(&old);
    old.verify().is_whole("old", "1.0");
    update(&updater, &new.site, &[]).expect(0);
    new.verify().is_whole("new", "2.0");
    let kept = Play::new();
    rows_alone(&kept);
    kept.takes_database_of(&new);
    kept.verify()
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 1.0 and data of 2.0"]);
    new.takes_database_of(&old);
    new.verify().is("mixed", &["PAIR:MIXED"]).names(&["Program of 2.0 and data of 1.0"]);
}

#[test]
fn a_kept_file_has_the_form_of_its_version() {
    let (old, new) = (Play::new(), Play::updated(&[]));
    for play in [&old, &new] {
        write(&play.site.join("settings.ini"), "colour = red\nlast = 9\n");
    }
    old.verify().is_whole("old", "1.0");
    new.verify().is_whole("new", "2.0");
    write(&old.site.join("settings.ini"), "colour = green\nlast = 1\n");
    write(&new.site.join("settings.ini"), "colour = blue\nlast = 1\n");
    for play in [&old, &new] {
        play.verify()
            .is("mixed", &["PAIR:MIXED"])
            .names(&["“settings.ini” is edited as for another version"]);
    }
}

#[test]
fn a_schema_of_no_version_is_named() {
    let play = Play::new();
    database(&play.database(), "ALTER TABLE thing ADD COLUMN mine TEXT");
    play.verify().is("none", &["SCHEMA:DRIFT"]).names(&["thing.mine", "1.0 is nearest"]);
    fs::remove_file(play.database()).expect("a database");
    play.verify().is("none", &["DATABASE:MISSING"]).names(&["data/mini.db"]);
    write(&play.database(), "this is not a database");
    play.verify().is("none", &["DATABASE:INVALID"]);
}

#[test]
fn a_damaged_page_is_found() {
    let play = Play::new();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
                INSERT INTO thing SELECT i, 'a thing of number ' || i FROM n";
    database(&play.database(), fill);
    let mut text = fs::read(play.database()).expect("a database");
    let page = 4096 * 6;
    assert!(text.len() > page + 4096);
    text[page..page + 600].fill(0xEE);
    fs::write(play.database(), text).expect("written");
    let found = play.verify();
    assert_eq!(found.findings()[0], "DATABASE:CORRUPT", "{:#}", found.report);
    assert_eq!(found.code, Some(20));
    found.names(&["mini.db", "damaged"]);
}

#[test]
fn rows_that_point_nowhere_are_counted_by_table() {
    let play = Play::new();
    let broken = "PRAGMA foreign_keys=OFF; INSERT INTO part VALUES (7, 70), (8, 80), (9, 90)";
    database(&play.database(), broken);
    let found = play.verify();
    found.is("old", &["CHECK:FAILED"]).names(&["3 in “part” to “thing”"]);
    assert_eq!(
        found.report["databases"][0]["foreign_keys"],
        serde_json::json!([{"table": "part", "parent": "thing", "rows": 3}])
    );
}

#[test]
fn a_write_that_was_cut_off_is_said_and_judged_as_it_will_be() {
    let play = Play::new();
    let (making, cut) = (play.bench.path("making/mini.db"), play.database());
    fs::create_dir_all(making.parent().expect("a parent")).expect("a folder");
    fs::copy(&cut, &making).expect("a copy");
    let open = Connection::open(&making).expect("a database");
    // The pages reach the file before the commit because the cache is too small for them.
    open.execute_batch(
        "PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE; ALTER TABLE thing ADD COLUMN half TEXT;
         WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
         INSERT INTO thing SELECT i, 'a thing of number ' || i, 'half' FROM n;",
    )
    .expect("half a write");
    for suffix in ["", "-journal"] {
        let from = PathBuf::from(format!("{}{suffix}", making.display()));
        fs::copy(from, format!("{}{suffix}", cut.display())).expect("a copy");
    }
    let journal = fs::read(format!("{}-journal", cut.display())).expect("a journal");
    assert!(journal.first().is_some_and(|b| *b != 0), "the journal is not hot");
    let found = play.verify();
    found.is("old", &["DATABASE:UNFINISHED"]);
    assert_eq!(found.report["databases"][0]["hot_journal"], true);
}

#[test]
fn an_unfinished_run_is_said_and_not_brought_to_its_end() {
    let done = Play::updated(&[]);
    let history = fs::read_dir(done.site.join(".holdfast/history")).expect("a folder");
    let journal = history.flatten().next().expect("a journal").path();
    let text = fs::read_to_string(journal).expect("text");
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let cut = Play::new();
    write(
        &cut.site.join(".holdfast/journal.jsonl"),
        format!("{}\n", lines.next().expect("a line")),
    );
    write(&cut.site.join(".holdfast/new/start"), "half a stage");
    let found = cut.verify();
    found
        .is("old", &["UPDATE:UNFINISHED"])
        .names(&["from 1.0 to 2.0", "begin", "recover"]);
    assert_eq!(found.report["holdfast"]["unfinished"][0]["phase"], "begin");
    assert_eq!(found.report["holdfast"]["unfinished"][0]["committed"], false);
    let left = found.report["holdfast"]["leftovers"].to_string();
    assert!(left.contains(".holdfast/new"), "{left}");
    // Past its commit, with the journal alone left over.
    write(&done.site.join(".holdfast/journal.jsonl"), &text);
    let found = done.verify();
    found.is("new", &["UPDATE:UNFINISHED"]).names(&["was not tidied up"]);
    assert_eq!(found.report["holdfast"]["unfinished"][0]["committed"], true);
    // A journal of which nothing can be read.
    write(&done.site.join(".holdfast/journal.jsonl"), "torn");
    done.verify().is("new", &["UPDATE:UNFINISHED"]).names(&["cannot be read"]);
}

#[test]
fn what_only_an_unfinished_run_may_leave_is_named() {
    for left in ["new/start", "old/start", "barrier"] {
        let play = Play::updated(&[]);
        write(&play.site.join(".holdfast").join(left), "left");
        play.verify().is("new", &["UPDATE:UNFINISHED"]).names(&["left over"]);
    }
}

#[test]
fn a_kept_version_that_is_not_whole_is_named() {
    let play = Play::updated(&[]);
    let kept = fs::read_dir(play.site.join(".holdfast/kept")).expect("a folder");
    let kept = kept.flatten().next().expect("a version").path();
    fs::remove_file(kept.join("data/mini.db")).expect("a database");
    play.verify().is("new", &["SNAPSHOT:MISSING"]).names(&["data/mini.db"]);
    fs::remove_file(kept.join(".holdfast-snapshot.json")).expect("a description");
    play.verify().is("new", &["SNAPSHOT:MISSING"]).names(&[".holdfast-snapshot.json"]);
}

#[test]
fn rows_and_tables_that_are_only_in_the_log_count() {
    let play = Play::new();
    fs::remove_file(play.database()).expect("a database");
    let making = play.bench.path("making/mini.db");
    let elsewhere = play.bench.path("world/elsewhere/mini.db");
    database(&making, &[MINI_SQL, PARTS].concat());
    let open = Connection::open(&making).expect("a database");
    let take = |script: &str| {
        open.execute_batch(script).expect("a log");
        for suffix in ["", "-wal"] {
            let from = PathBuf::from(format!("{}{suffix}", making.display()));
            let text = fs::read(from).expect("readable");
            write(&PathBuf::from(format!("{}{suffix}", elsewhere.display())), text);
        }
    };
    take("PRAGMA foreign_keys=OFF; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO part VALUES (9, 90);");
    let words = option(&elsewhere);
    let found = play.verify_with(&play.payload, &words);
    found.is("old", &["CHECK:FAILED"]).names(&["1 in “part” to “thing”"]);
    assert_eq!(found.report["databases"][0]["wal"], true);
    assert!(found.report["databases"][0]["side_files"]["-wal"].as_u64() > Some(0));
    take("DELETE FROM part WHERE id = 9;");
    play.verify_with(&play.payload, &words).is_whole("old", "1.0");
    take("ALTER TABLE thing RENAME TO item; ALTER TABLE item ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'; PRAGMA user_version=2;");
    play.verify_with(&play.payload, &words)
        .is("mixed", &["PAIR:MIXED"])
        .names(&["Program of 1.0 and data of 2.0"]);
}

#[test]
fn a_locked_database_is_no_hindrance() {
    let play = Play::new();
    let updater = play.bench.pack(&play.payload, "update");
    let open = Connection::open(play.database()).expect("a database");
    // Nothing of this process may read the file from here on: where it closes a file, its locks on it end.
    open.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    update(&updater, &play.site, &[]).expect(50);
    let ran = verify(&play.payload, &play.site, &[]).expect(0);
    assert!(ran.stdout.contains("\"old\""), "{}", ran.stdout);
    update(&updater, &play.site, &[]).expect(50);
}

#[test]
fn what_was_typed_wrong_is_said() {
    let play = Play::new();
    let empty = play.bench.path("empty");
    fs::create_dir_all(&empty).expect("a folder");
    let words = |list: &[&str]| list.iter().map(OsString::from).collect::<Vec<_>>();
    for (update, site, more, code, reason) in [
        (&play.bench.path("none"), &play.site, words(&[]), 2, "REQUEST:INVALID"),
        (&play.payload, &play.site, words(&["--database", "main"]), 2, "REQUEST:INVALID"),
        (&play.payload, &play.site, words(&["--database", "other=x"]), 2, "REQUEST:INVALID"),
        (&play.payload, &play.bench.path("none"), words(&[]), 20, "TARGET:MISSING"),
        (&play.payload, &empty, words(&[]), 20, "TARGET:INVALID"),
        (&play.site.join("start"), &play.site, words(&[]), 20, "BUNDLE:MISSING"),
        (&empty, &play.site, words(&[]), 20, "PAYLOAD:INVALID"),
    ] {
        let ran = verify(update, site, &more).expect(code);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(report["findings"][0]["reason"], reason, "{report:#}");
    }
    assert!(bytes(&empty).is_empty());
    let ran = run(Command::new(HOLDFAST).arg("verify").arg(&play.payload)).expect(2);
    assert!(ran.stderr.contains("--app"), "{}", ran.stderr);
    let ran = run(Command::new(HOLDFAST).arg("verify").arg(&empty).arg("--app").arg(&play.site)).expect(20);
    assert!(ran.stderr.contains("PAYLOAD:INVALID"), "{}", ran.stderr);
}

#[test]
fn another_product_is_said() {
    let play = Play::updated(&[]);
    replace(&play.site.join(".holdfast/installed.json"), "\"mini\"", "\"maxi\"");
    play.verify().is("new", &["PRODUCT:OTHER"]).names(&["maxi"]);
}
