//! What can be done after an update: look at the state, try it first and keep it, go back to the version before, go on to the next.
//! Going back loses nothing in silence, and an old version stays for as long as the manifest says.

mod support;

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use support::*;

type Tree = BTreeMap<String, String>;

/// A site of the small product, and updaters to its next versions.
struct Later {
    bench: Bench,
    site: PathBuf,
    /// The site in 1.0.
    old: Tree,
}

impl Later {
    /// With so many updaters, to 2.0, 3.0 …, and with more lines in the manifest.
    fn new(count: usize, manifest: &str) -> Later {
        let bench = Bench::new();
        let (site, mut payload) = (bench.mini_site("site"), bench.mini_payload());
        let toml = payload.join("holdfast.toml");
        replace(&toml, "[[database]]", "unless = \"colour = green\"\n[[database]]");
        replace(&toml, "[application]", "notes = \"notes/new.md\"\n[application]");
        write(&payload.join("notes/new.md"), "what is new");
        append(&payload, manifest);
        for n in 2..2 + count {
            bench.pack(&payload, &format!("update-{n}.0"));
            payload = next(&bench, &payload, n);
        }
        let old = tree(&site);
        Later { bench, site, old }
    }

    /// The updater to a version.
    fn to(&self, version: usize) -> PathBuf {
        self.bench.path(&format!("update-{version}.0"))
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/mini.db")
    }

    fn tree(&self) -> Tree {
        tree(&self.site)
    }

    /// Updates to a version, and returns the site's tree.
    fn update(&self, version: usize, words: &[&str]) -> Tree {
        let _ = update(&self.to(version), &self.site, words).expect(0);
        assert_eq!(text(self.site.join("VERSION")), format!("{version}.0\n"));
        self.tree()
    }

    fn verb(&self, name: &str, words: &[&str], code: i32) -> Ran {
        verb(&self.to(2), name, &self.site, words).expect(code)
    }

    /// Goes back, to exactly that tree.
    #[track_caller]
    fn rollback_to(&self, wanted: &Tree) {
        let ran = self.verb("rollback", &[], 0);
        assert_eq!(&self.tree(), wanted, "{ran:?}");
    }

    /// A verb that must be refused, with parts (parted by `|`) that its message names, and the site as before.
    fn refused(&self, name: &str, code: i32, wanted: &str, names: &str) {
        let before = self.tree();
        let ran = self.verb(name, &[], code);
        assert_eq!((reason(&self.site).as_str(), self.tree()), (wanted, before), "{ran:?}");
        says(&ran.stderr, &format!("{names}|Nothing was changed."));
    }

    /// What the last run's result says of the request, by names parted by spaces.
    fn said(&self, names: &str) -> String {
        let request = &result(&self.site)["request"];
        let words = names.split(' ').map(|name| request[name].as_str().expect(name));
        words.collect::<Vec<_>>().join(" ")
    }

    /// What status knows of the kept versions.
    fn status(&self) -> (String, Value) {
        let json = self.verb("status", &["--json"], 0).stdout;
        (self.verb("status", &[], 0).stdout, serde_json::from_str(&json).expect("JSON"))
    }
}

fn text(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The payload of the version after `n`: it starts from version `n` and from all from which the payload of `n` starts.
fn next(bench: &Bench, payload: &Path, n: usize) -> PathBuf {
    let (target, before, after) = (bench.path(&format!("payload-{}", n + 1)), n - 1, n + 1);
    copy_tree(payload, &target);
    copy_tree(&payload.join("code"), &target.join(format!("releases/{n}.0/code")));
    let parts = [format!("releases/{before}.0/main.sql"), format!("migrations/{n}.0/10_item.sql")];
    let script = parts.map(|part| text(payload.join(part))).concat();
    write(&target.join(format!("releases/{n}.0/main.sql")), script);
    let step = format!("ALTER TABLE item ADD COLUMN in_{after}; PRAGMA user_version = {after};");
    write(&target.join(format!("migrations/{after}.0/10_item.sql")), step);
    for file in ["code/VERSION", "code/start", "code/lib/one.txt", "holdfast.toml"] {
        replace(&target.join(file), &format!("{n}.0"), &format!("{after}.0"));
    }
    target
}

/// Fails unless a text holds every one of the parts (parted by `|`).
#[track_caller]
fn says(text: &str, parts: &str) {
    for part in parts.split('|') {
        assert!(text.contains(part), "“{part}” is not in: {text}");
    }
}

/// The files of a tree that another tree does not have, or has otherwise.
fn apart(tree: &Tree, from: &Tree) -> Tree {
    let mut apart = tree.clone();
    apart.retain(|path, what| what != "folder" && from.get(path) != Some(what));
    apart
}

/// Another process that runs a line of Python, and then waits for its standard input to end.
fn python(line: &str, folder: &Path) -> Child {
    let text = format!("import sqlite3, sys\n{line}\nprint('ready', flush=True)\nsys.stdin.read()");
    let mut command = Command::new("python3");
    let command = command.args(["-c", &text]).current_dir(folder).stdin(Stdio::piped());
    let mut other = command.stdout(Stdio::piped()).spawn().expect("python3 starts");
    let said = BufReader::new(other.stdout.take().expect("a pipe")).lines().next();
    assert_eq!(said.expect("a line").expect("text"), "ready", "{line}");
    other
}

#[test]
fn status_says_what_is_installed_and_what_is_kept() {
    let later = Later::new(1, "");
    let back = "mini 1.0 since 20|2.0 replaced by 1.0|(newer data, put aside by a rollback)";
    let stages = [
        ("status", "--json", "nothing by Holdfast yet", ""),
        ("update", "--hold", "mini 2.0 since 20|(held: confirm or roll back)", "1.0 held"),
        ("confirm", "--silent", "mini 2.0 since 20|1.0 replaced by 2.0", "1.0"),
        ("rollback", "--silent", back, "2.0 aside"),
        ("update", "--silent", "mini 2.0 since 20|1.0 replaced by 2.0", "2.0 aside 1.0"),
    ];
    for (name, word, names, wanted) in stages {
        let _ = later.verb(name, &[word], 0);
        let (text, status) = later.status();
        says(&text, &format!("{}|unfinished  nothing|installed   {names}", later.site.display()));
        assert_eq!((text.contains("held"), status["unfinished"].is_null()), (word == "--hold", true));
        let version = names.split(' ').nth(1).filter(|_| name != "status");
        assert_eq!(status["installed"]["version"].as_str(), version);
        let mut found = Vec::new();
        for kept in status["snapshots"].as_array().expect("a list") {
            found.push(kept["version"].as_str().expect("a version"));
            found.extend(["held", "aside"].into_iter().filter(|word| kept[*word] == true));
            assert!(Path::new(kept["folder"].as_str().expect("a folder")).is_dir());
        }
        assert_eq!(found.join(" "), wanted, "after {name}");
    }
}

#[test]
fn looking_where_nothing_was_ever_done_creates_nothing() {
    let later = Later::new(1, "");
    for (name, code) in [("status", 0), ("recover", 10), ("confirm", 10), ("rollback", 20)] {
        let ran = later.verb(name, &[], code);
        let made = later.site.join(".holdfast").exists();
        assert_eq!((made, later.tree()), (false, later.old.clone()), "{name}: {ran:?}");
    }
    let _ = (later.update(2, &[]), later.verb("recover", &[], 10));
}

#[test]
fn a_held_update_is_kept_or_taken_back_before_anything_else() {
    for (manifest, words) in [("", &["--hold"][..]), ("[snapshots]\nhold = true\n", &[])] {
        let later = Later::new(2, manifest);
        for ends_with in ["rollback", "confirm"] {
            let new = later.update(2, words);
            assert_eq!(later.said("state database_version"), "held 2.0");
            says(&later.said("message"), "Mini 2.0 is in place|Try it now|“confirm”|“rollback”|1.0");
            let ran = update(&later.to(3), &later.site, &[]).expect(20);
            assert_eq!((reason(&later.site).as_str(), later.tree()), ("HOLD:OPEN", new), "{ran:?}");
            says(&ran.stderr, "Version 2.0 of Mini|“confirm”|“rollback”|1.0|Nothing was changed.");
            let _ = later.verb(ends_with, &[], 0);
            assert_eq!(later.tree() == later.old, ends_with == "rollback");
        }
        says(&later.verb("confirm", &[], 10).stdout, "No update waits");
        let _ = later.update(3, &[]);
    }
}

#[test]
fn a_rollback_brings_back_every_byte_and_keeps_the_newer_pair() {
    let later = Later::new(2, "");
    let new = later.update(2, &[]);
    assert!(!new.contains_key("gone") && new.contains_key("added/new.txt"));
    assert_eq!(later.said("state database_version"), "done 2.0");
    assert_eq!(text(later.said("notes").into()), "what is new");
    later.rollback_to(&later.old);
    let kept = later.site.join(".holdfast/kept").join(later.said("id"));
    let told = format!("done 1.0 2.0 {}", kept.display());
    assert_eq!(later.said("state database_version from snapshot"), told);
    says(&later.said("message"), "Mini 1.0 is back, with its data.");
    assert!(kept.join(".holdfast-snapshot.json").is_file());
    assert_eq!(apart(&tree(&kept), &Tree::new()), apart(&new, &later.old));
    later.refused("rollback", 20, "SNAPSHOT:MISSING", "No old version is kept");
    let again = later.update(2, &[]);
    assert!(apart(&again, &new).into_keys().eq(["data/mini.db"]), "its ledger alone");
    let _ = later.update(3, &[]);
    later.rollback_to(&again);
}

#[test]
fn rows_written_since_the_update_go_only_when_that_is_said_and_are_kept() {
    let later = Later::new(1, "");
    let writes = [
        ("INSERT INTO item VALUES (7, 'a', 'b'), (8, 'c', 'd')", "item", 2),
        ("PRAGMA journal_mode = wal; INSERT INTO item VALUES (7, 'a', 'b')", "item", 1),
        ("UPDATE item SET name = 'sofa' WHERE id = 2", "item", 1),
        ("DELETE FROM item WHERE id = 2", "item", 1),
        ("CREATE TABLE own (id); INSERT INTO own VALUES (1), (2)", "own", 2),
        ("DROP TABLE item", "item", 2),
    ];
    for (sql, table, count) in writes {
        let _ = later.update(2, &[]);
        database(&later.database(), sql);
        let new = content(&later.database());
        let names = format!("{count} rows|{table}: {count}|--discard-newer");
        later.refused("rollback", 20, "ROLLBACK:WOULD_LOSE", &names);
        assert_eq!(result(&later.site)["failures"][0]["fields"]["value"], count);
        let _ = later.verb("rollback", &["--discard-newer"], 0);
        let kept = Path::new(&later.said("snapshot")).join("data/mini.db");
        assert_eq!((&later.tree(), content(&kept)), (&later.old, new), "{sql}");
    }
}

#[test]
fn what_the_site_has_put_there_since_the_update_does_not_go_in_silence() {
    let later = Later::new(1, "");
    let _ = later.update(2, &[]);
    let settings = text(later.site.join("settings.ini"));
    for (path, words) in [("lib/mine.txt", "mine\n"), ("settings.ini", "printer = 7\n")] {
        write(&later.site.join(path), words);
        later.refused("rollback", 20, "ROLLBACK:WOULD_LOSE", path);
        write(&later.site.join("settings.ini"), &settings);
        let _ = fs::remove_file(later.site.join("lib/mine.txt"));
    }
    later.rollback_to(&later.old);
}

#[test]
fn a_rollback_waits_for_the_application_to_be_closed() {
    let later = Later::new(1, "");
    let _ = later.update(2, &[]);
    let lock = "c = sqlite3.connect('data/mini.db', isolation_level=None); c.execute('BEGIN EXCLUSIVE')";
    for (line, path) in [("f = open('lib/one.txt')", "lib/one.txt"), (lock, "data/mini.db")] {
        let other = python(line, &later.site);
        let names = format!("Mini|“python|process {}|Close it", other.id());
        later.refused("rollback", 50, "APPLICATION:RUNNING", &names);
        let found = result(&later.site)["failures"][0]["fields"]["path"].take();
        assert_eq!(found, json!(later.site.join(path)));
        assert!(other.wait_with_output().expect("it ended").status.success());
    }
    later.rollback_to(&later.old);
}

#[test]
fn a_rollback_brings_back_rows_that_were_only_in_the_log() {
    let later = Later::new(1, "");
    let path = later.bench.path("mini.db");
    let open = Connection::open(&path).expect("a database");
    let sql = "PRAGMA journal_mode = wal; INSERT INTO thing VALUES (3, 'only in the log')";
    open.execute_batch(&(MINI_SQL.to_owned() + sql)).expect("a row");
    for name in ["mini.db", "mini.db-wal"] {
        fs::copy(path.with_file_name(name), later.database().with_file_name(name)).expect("copied");
    }
    let old = later.tree();
    let _ = later.update(2, &[]);
    assert_eq!(ask(&later.database(), "SELECT name FROM item WHERE id = 3"), "only in the log");
    later.rollback_to(&old);
    assert_eq!(ask(&later.database(), "SELECT name FROM thing WHERE id = 3"), "only in the log");
}

#[test]
fn as_many_old_versions_stay_as_the_manifest_says() {
    for (keep, wanted) in [(1, json!(["3.0"])), (2, json!(["2.0", "3.0"]))] {
        let later = Later::new(3, &format!("[snapshots]\nkeep = {keep}\n"));
        let trees: Vec<Tree> = (2..=4).map(|version| later.update(version, &[])).collect();
        let snapshots = later.status().1["snapshots"].take();
        let found: Vec<&Value> = snapshots.as_array().expect("a list").iter().map(|s| &s["version"]).collect();
        let folders = fs::read_dir(later.site.join(".holdfast/kept")).expect("kept").count();
        assert_eq!((json!(found), folders), (wanted, keep));
        trees[..2].iter().rev().take(keep).for_each(|tree| later.rollback_to(tree));
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_cost_the_way_back() {
    let later = Later::new(2, "");
    let before = later.update(2, &[]);
    let described = Path::new(&later.said("snapshot")).join(".holdfast-snapshot.json");
    replace(&described, "\"at\": \"2", "\"at\": \"9");
    let _ = later.update(3, &[]);
    later.rollback_to(&before);
}

#[test]
fn a_trial_leaves_a_complete_new_pair_beside_the_live_one() {
    let later = Later::new(1, "");
    fs::create_dir(later.site.join("inbox")).expect("a folder");
    executable(&later.site.join("shared/mine.txt"));
    let (old, test) = (later.tree(), later.site.join(".holdfast/test"));
    for n in 0..2 {
        let ran = update(&later.to(2), &later.site, &["--test"]).expect(0);
        assert_eq!(later.tree(), old);
        says(&ran.stdout, &format!("Nothing was changed.|Mini 2.0|{}", test.display()));
        let told = format!("test tested 1.0 {}", test.display());
        assert_eq!(later.said("aim state database_version test_folder"), told);
        write(&test.join("lib/one.txt"), ["tried\n", "one of 2.0\n"][n]);
    }
    let (tried, rows) = (tree(&test), content(&test.join("data/mini.db")));
    let mut new = later.update(2, &[]);
    assert_eq!(content(&later.database()), rows);
    new.insert("data/mini.db".to_owned(), tried["data/mini.db"].clone());
    assert_eq!(tried, new);
    later.rollback_to(&old);
}

#[test]
fn an_updater_that_stands_in_the_application_folder_is_updated_with_it() {
    let bench = Bench::new();
    let payload = bench.mini_payload();
    fs::copy(UPDATER, payload.join("code/update")).expect("copied");
    let packed = bench.pack(&payload, "update");
    for who in ["outside", "inside"] {
        let site = bench.mini_site(who);
        let own = site.join("update");
        fs::copy(&packed, &own).expect("copied");
        let old = tree(&site);
        let _ = run(Command::new(&own).arg("--silent")).expect(0);
        let new = tree(&site);
        assert!(fs::read(&own).expect("new") == fs::read(UPDATER).expect("the updater"));
        let program = if who == "inside" { &own } else { &packed };
        let _ = verb(program, "rollback", &site, &[]).expect(0);
        assert_eq!(tree(&site), old, "rolled back from {who}");
        let _ = update(&own, &site, &[]).expect(0);
        assert!(apart(&tree(&site), &new).into_keys().eq(["data/mini.db"]));
    }
}

#[test]
fn a_database_that_lies_elsewhere_stays_there() {
    let later = Later::new(1, "");
    let (folder, away) = (later.bench.path("away"), later.bench.path("away/mini.db"));
    fs::create_dir(&folder).expect("a folder");
    fs::rename(later.database(), &away).expect("moved");
    let (old, there, word) = (later.tree(), tree(&folder), format!("main={}", away.display()));
    let _ = update(&later.to(2), &later.site, &["--test", "--database", &word]).expect(0);
    let tried = folder.join(".holdfast-mini.db/test/mini.db");
    assert_eq!(result(&later.site)["request"]["test_databases"], json!({"main": tried}));
    assert_eq!((later.tree(), tree(&folder)), (old.clone(), there.clone()));
    let wanted = content(&tried);
    let _ = later.update(2, &["--database", &word]);
    assert_eq!((content(&away), later.database().exists()), (wanted, false));
    assert!(!tried.exists(), "a trial goes when the update is in place");
    assert_eq!(tree(&folder.join(".holdfast-mini.db/kept").join(later.said("id"))), there);
    later.rollback_to(&old);
    assert_eq!(tree(&folder), there);
}

#[test]
fn a_database_without_steps_is_not_moved() {
    let bench = Bench::new();
    let (site, payload) = (bench.mini_site("site"), bench.mini_payload());
    let sql = "CREATE TABLE book (id INTEGER PRIMARY KEY);";
    append(&payload, "[[database]]\nname = \"other\"\npath = \"data/other.db\"\n");
    write(&payload.join("releases/1.0/other.sql"), sql);
    let steps = payload.join("migrations/2.0");
    fs::create_dir(steps.join("main")).expect("a folder");
    fs::rename(steps.join("10_item.sql"), steps.join("main/10_item.sql")).expect("moved");
    let other = site.join("data/other.db");
    database(&other, sql);
    let (updater, mut expected) = (bench.pack(&payload, "update"), tree(&site));
    let which = || run(Command::new("stat").args(["-c", "%i %Y %Z %s"]).arg(&other)).stdout;
    let before = which();
    let _ = update(&updater, &site, &[]).expect(0);
    assert!(which() == before && ask(&site.join("data/mini.db"), "PRAGMA user_version") == "2");
    database(&other, "INSERT INTO book VALUES (2)");
    expected.insert("data/other.db".to_owned(), tree(&site)["data/other.db"].clone());
    let before = which();
    let _ = verb(&updater, "rollback", &site, &[]).expect(0);
    assert_eq!((tree(&site), which()), (expected, before));
}
