//! What a database can be like. One that is missing, unsound, unfinished or in use stops the update with its own reason, and not a
//! byte of it or of its side files changes; one that is only unusual (a log, another volume, old faults) is brought along whole.

mod support;

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use support::*;

/// A run that must fail: exit code, reason, things (parted by `|`) that the message names, and a site that is as before.
#[track_caller]
fn fails(updater: &Path, site: &Path, code: i32, wanted: &str, names: &str) -> Value {
    let (before, shown) = (tree(site), site.display());
    let ran = update(updater, site, &[]);
    let result = result(site);
    let message = result["request"]["message"].as_str().expect("a message");
    assert_eq!((ran.code, reason(site).as_str()), (Some(code), wanted), "{shown}: {ran:?}");
    let after = ["Nothing was changed.", "Program and data are as before."][usize::from(code == 30)];
    assert!(message.ends_with(after) && ran.stderr.starts_with(message), "{shown}: {ran:?}");
    for name in names.split('|') {
        assert!(message.contains(name), "{shown}: “{name}” is not in: {message}");
    }
    assert_eq!(tree(site), before, "{shown}");
    assert!(!site.join(".holdfast/new").exists(), "{shown}");
    result
}

/// A site of the small product with so many rows more, and where its database lies.
fn mini(bench: &Bench, name: &str, rows: u32) -> (PathBuf, PathBuf) {
    let site = bench.mini_site(name);
    let path = site.join("data/mini.db");
    let numbers = format!("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows})");
    let insert = format!("INSERT INTO thing SELECT n + 2, 'thing number ' || n FROM n WHERE n <= {rows};");
    database(&path, &format!("{numbers} {insert}"));
    (site, path)
}

/// Another process with the database open; it ends when this value goes.
struct Other(Child);

impl Other {
    /// Runs Python on the database `p`, and waits until it says that it has done what it should.
    fn python(script: &str, path: &Path) -> Other {
        let script = format!("import sqlite3, sys\np = sys.argv[1]\n{script}\nprint('ready', flush=True)\nsys.stdin.read()\n");
        let mut python = Command::new("python3");
        python.arg("-c").arg(script).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut other = Other(python.spawn().expect("python3 starts"));
        let mut line = String::new();
        BufReader::new(other.0.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        assert_eq!(line, "ready\n");
        other
    }

    /// Ends it in the middle of what it does.
    fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("ended");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Begins every script: a connection, a short way to ask it, and a row to put in.
const CONNECT: &str = r#"
c = sqlite3.connect(p, isolation_level=None)
x = lambda sql: c.execute(sql).fetchall()
put = "INSERT INTO thing VALUES (100, 'x')"
"#;

#[test]
fn what_is_no_database_that_can_be_written_is_refused_by_its_kind() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let cases = [
        ("rm data/mini.db", "MISSING", "is missing|--database"),
        ("seq 9000 > data/mini.db", "INVALID", "another kind of file"),
        (": > data/mini.db", "INVALID", "empty"),
        ("printf 'SQLite' > data/mini.db", "INVALID", "not a database"),
        ("head -c 65536 /dev/urandom > data/mini.db", "INVALID", "encrypted"),
        ("dd if=/dev/urandom of=data/mini.db bs=16 seek=1 count=9", "INVALID", "encrypted"),
        ("rm data/mini.db; mkdir data/mini.db", "INVALID", "not a file"),
        ("chmod 444 data/mini.db", "READONLY", "write-protected"),
    ];
    for (n, (commands, wanted, names)) in cases.into_iter().enumerate() {
        let site = bench.mini_site(&format!("site-{n}"));
        let _ = run(Command::new("sh").args(["-ec", commands]).current_dir(&site)).expect(0);
        fails(&updater, &site, 20, &format!("DATABASE:{wanted}"), &format!("data/mini.db|{names}"));
    }
}

#[test]
fn a_damaged_database_is_refused_before_anything_is_done_with_it() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    // Where it is overwritten, counted from the page in the middle; `None` cuts it off there.
    for (n, at) in [Some(0), Some(40), Some(-4096), None].into_iter().enumerate() {
        let (site, path) = mini(&bench, &format!("site-{n}"), 5000);
        let mut file = fs::OpenOptions::new().write(true).open(&path).expect("the database");
        let middle = fs::metadata(&path).expect("there").len() / 2 / 4096 * 4096;
        match at {
            Some(at) => {
                file.seek(SeekFrom::Start(middle.saturating_add_signed(at))).expect("a place");
                file.write_all(&[0xa5; 64]).expect("bytes");
            }
            None => file.set_len(middle).expect("shorter"),
        }
        fails(&updater, &site, 20, "DATABASE:CORRUPT", "data/mini.db|damaged|backup");
    }
}

/// Whoever works with the database: how it is made, what the other process does, the reason, and what the message names.
#[track_caller]
fn in_use(cases: &[(&str, &str, &str)]) {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    for (n, (made, script, wanted)) in cases.iter().enumerate() {
        let (site, path) = mini(&bench, &format!("site-{n}"), 3);
        ask(&path, &format!("PRAGMA journal_mode={made}"));
        let other = Other::python(&format!("{CONNECT}{script}"), &path);
        let pid = other.0.id().to_string();
        let named = format!("python|{pid}|in use");
        let names = if *wanted == "DATABASE:BUSY" {
            "data/mini.db|in use"
        } else {
            &named
        };
        fails(&updater, &site, 50, wanted, names);
        drop(other);
        update(&updater, &site, &[]).expect(0);
        assert_eq!(ask(&path, "SELECT count(*) FROM item WHERE id < 100"), "5");
    }
}

#[test]
fn a_database_in_rollback_mode_that_is_in_use_is_busy_until_it_is_not() {
    in_use(&[
        ("delete", "x('BEGIN IMMEDIATE'); x(put)", "DATABASE:BUSY"),
        ("delete", "x('BEGIN EXCLUSIVE'); x(put)", "DATABASE:BUSY"),
        ("delete", "r = c.execute('SELECT * FROM thing'); r.fetchone()", "DATABASE:BUSY"),
        ("delete", "x('SELECT * FROM thing')", "APPLICATION:RUNNING"),
        ("persist", "x(put)", "APPLICATION:RUNNING"),
    ]);
}

#[test]
fn a_database_with_a_log_that_is_in_use_is_busy_until_it_is_not() {
    in_use(&[
        ("wal", "x('BEGIN IMMEDIATE'); x(put)", "DATABASE:BUSY"),
        ("wal", "x('BEGIN'); x('SELECT * FROM thing')", "DATABASE:BUSY"),
        ("wal", "x('SELECT * FROM thing')", "DATABASE:BUSY"),
        ("wal", "x(put)", "DATABASE:BUSY"),
        ("wal", "", "APPLICATION:RUNNING"),
    ]);
}

#[test]
fn a_database_that_was_cut_off_in_a_write_is_refused_and_its_journal_stays_as_it_is() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let (site, path) = mini(&bench, "site", 5000);
    let script = "x('PRAGMA cache_size=1'); x('BEGIN'); x(\"UPDATE thing SET name = 'half ' || name\")";
    Other::python(&format!("{CONNECT}{script}"), &path).kill();
    let mut first = [0u8; 1];
    let journal = site.join("data/mini.db-journal");
    fs::File::open(&journal).expect("a journal").read_exact(&mut first).expect("a byte");
    assert_ne!(first, [0], "the journal is not hot, and the test shows nothing");
    let names = "data/mini.db|cut off|Start the application once";
    fails(&updater, &site, 20, "DATABASE:UNFINISHED", names);
    let before = tree(&site);
    update(&updater, &site, &["--plan"]).expect(20);
    assert_eq!(tree(&site), before);
    // As the message says: whoever opens the database puts it in order.
    assert_eq!(ask(&path, "SELECT count(*) FROM thing WHERE name LIKE 'half%'"), "0");
    update(&updater, &site, &[]).expect(0);
    assert_eq!(ask(&path, "SELECT count(*) FROM item"), "5002");
}

#[test]
fn rows_that_are_only_in_the_log_arrive() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let (worked, path) = mini(&bench, "worked", 0);
    let script = "x('PRAGMA journal_mode=wal'); x('PRAGMA wal_autocheckpoint=0')
for n in range(3, 2003): x(f\"INSERT INTO thing VALUES ({n}, 'only in the log')\")";
    let other = Other::python(&format!("{CONNECT}{script}"), &path);
    for (name, sides) in [("with-log", &["-wal"][..]), ("with-index", &["-wal", "-shm"])] {
        let site = bench.path(name);
        copy_tree(&worked, &site);
        for side in ["-wal", "-shm"].iter().filter(|s| !sides.contains(s)) {
            fs::remove_file(site.join(format!("data/mini.db{side}"))).expect("removed");
        }
        let before = tree(&site);
        update(&updater, &site, &["--plan"]).expect(0);
        assert_eq!(tree(&site), before, "looking moved the log");
        update(&updater, &site, &[]).expect(0);
        let names: Vec<_> = tree(&site).into_keys().filter(|name| name.starts_with("data/")).collect();
        assert_eq!(names, ["data/mini.db"], "side files are left beside the new database");
        let old = kept(&site.join(".holdfast")).join("data/mini.db");
        assert_eq!(ask(&old, "SELECT count(*) FROM thing"), "2002", "the snapshot has lost its log");
        let path = site.join("data/mini.db");
        assert_eq!(ask(&path, "PRAGMA journal_mode"), "wal");
        assert_eq!(ask(&path, "SELECT count(*) FROM item WHERE name = 'only in the log'"), "2000");
    }
    drop(other);
}

/// The folder of the one old version that is kept, in a folder of Holdfast's own.
fn kept(own: &Path) -> PathBuf {
    let mut runs = fs::read_dir(own.join("kept")).expect("snapshots");
    runs.next().expect("one").expect("an entry").path()
}

#[test]
fn a_database_of_another_form_keeps_its_form() {
    let bench = Bench::new();
    let updater = bench.pack(&bench.mini_payload(), "update");
    let cases = [
        ("PRAGMA encoding='UTF-16le'", "PRAGMA encoding", "UTF-16le"),
        ("PRAGMA page_size=512", "PRAGMA page_size", "512"),
        ("PRAGMA page_size=65536", "PRAGMA page_size", "65536"),
        ("PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA auto_vacuum", "2"),
        ("PRAGMA application_id=77", "PRAGMA application_id", "77"),
        ("PRAGMA journal_mode=wal", "PRAGMA journal_mode", "wal"),
        ("PRAGMA journal_mode=persist", "PRAGMA user_version", "2"),
    ];
    for (n, (form, question, answer)) in cases.into_iter().enumerate() {
        let site = bench.mini_site(&format!("site-{n}"));
        let path = site.join("data/mini.db");
        fs::remove_file(&path).expect("removed");
        let odd = "INSERT INTO thing VALUES (3, char(0, 128512) || 'é'), (4, x'00ff'), (5, 9e999);";
        database(&path, &format!("{form}; {MINI_SQL} {odd}"));
        let rows = "SELECT group_concat(typeof(name) || hex(name), ' ') FROM ";
        let before = ask(&path, &format!("{rows} thing"));
        update(&updater, &site, &[]).expect(0);
        assert_eq!(ask(&path, &format!("{rows} item")), before, "{form}");
        assert_eq!(ask(&path, question), answer, "{form}");
        assert!(!site.join("data/mini.db-journal").exists(), "{form}");
    }
}

#[test]
fn a_database_outside_the_folder_moves_beside_itself_on_its_own_volume() {
    let bench = Bench::new();
    let payload = bench.mini_payload();
    let by_option = bench.pack(&payload, "update");
    replace(&payload.join("holdfast.toml"), "data/mini.db", "${MINI_DATA}/mini.db");
    let by_variable = bench.pack(&payload, "update-2");
    let _volume = Mounted::tmpfs(bench.path("volume"), "16m");
    for (name, folder) in [("one", "elsewhere"), ("two", "volume"), ("three", "volume/deep/er")] {
        let (site, folder) = (bench.mini_site(name), bench.path(folder));
        let path = folder.join("mini.db");
        fs::create_dir_all(&folder).expect("a folder");
        fs::copy(site.join("data/mini.db"), &path).expect("copied");
        fs::remove_dir_all(site.join("data")).expect("removed");
        match name {
            "two" => update(&by_option, &site, &["--database", &format!("main={}", path.display())]).expect(0),
            _ => {
                let words = ["--silent".as_ref(), "--app".as_ref(), site.as_os_str()];
                with_environment(&by_variable, &words, [("MINI_DATA", folder.display().to_string())]).expect(0)
            }
        };
        assert_eq!(ask(&path, "SELECT count(*) FROM item"), "2");
        let old = kept(&folder.join(".holdfast-mini.db")).join("mini.db");
        assert_eq!(ask(&old, "SELECT count(*) FROM thing"), "2");
        assert!(!site.join("data").exists() && site.join("added/new.txt").exists());
    }
}

#[test]
fn what_only_the_application_can_compute_is_named() {
    let bench = Bench::new();
    let cases = [
        ("CREATE INDEX i ON thing(name COLLATE german)", "german"),
        ("CREATE TABLE t (a PRIMARY KEY COLLATE german)", "german"),
        ("CREATE INDEX i ON thing(soundslike(name))", "soundslike"),
        ("CREATE INDEX i ON thing(name) WHERE soundslike(name) > ''", "soundslike"),
        ("CREATE TABLE t (a CHECK (soundslike(a) > ''))", "soundslike"),
    ];
    for (n, (sql, name)) in cases.into_iter().enumerate() {
        let (site, path) = mini(&bench, &format!("site-{n}"), 0);
        let own = "c.create_function('soundslike', 1, lambda a: 'x', deterministic=True)\n\
                   c.create_collation('german', lambda a, b: (a > b) - (a < b))\n";
        drop(Other::python(&format!("{CONNECT}{own}x({sql:?})"), &path));
        // The release had it, too, so it is no drift.
        let payload = bench.mini_payload();
        fs::remove_file(payload.join("releases/1.0/main.sql")).expect("removed");
        fs::copy(&path, payload.join("releases/1.0/main.db")).expect("copied");
        let step = "CREATE TABLE item AS SELECT * FROM thing; PRAGMA user_version = 2;";
        write(&payload.join("migrations/2.0/10_item.sql"), step);
        let updater = bench.pack(&payload, &format!("update-{n}"));
        fs::remove_dir_all(payload).expect("removed");
        let names = format!("data/mini.db|{name}|application");
        fails(&updater, &site, 20, "DATABASE:UNSUPPORTED", &names);
    }
}

const FAMILY: &str = "
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id));
INSERT INTO parent VALUES (1), (2);
INSERT INTO child VALUES (1, 1), (2, 2);
";

#[test]
fn rows_that_point_nowhere_already_stay_and_new_ones_fail_the_update() {
    let bench = Bench::new();
    let (old_faults, new_faults) = (bench.mini_site("old-faults"), bench.mini_site("new-faults"));
    let faults = format!("PRAGMA foreign_keys=OFF; {FAMILY} INSERT INTO child VALUES (3, 30), (4, 40);");
    for site in [&old_faults, &new_faults] {
        database(&site.join("data/mini.db"), &faults);
    }
    let payload = bench.mini_payload();
    let step = payload.join("migrations/2.0/20_family.sql");
    write(&payload.join("releases/1.0/main.sql"), format!("{MINI_SQL}{FAMILY}"));
    write(
        &step,
        "ALTER TABLE child RENAME TO kid;\nUPDATE kid SET parent = parent WHERE id > 2;\n",
    );
    let updater = bench.pack(&payload, "update");
    let said = update(&updater, &old_faults, &["--json"]).expect(0).stdout;
    let warning = said.lines().find(|line| line.contains(r#""event":"warning""#)).expect("a warning");
    assert!(warning.contains("2 rows that point at missing rows"), "{warning}");
    let left = ask(&old_faults.join("data/mini.db"), "SELECT count(*) FROM pragma_foreign_key_check");
    assert_eq!(left, "2");
    // One more than before, and at the site alone.
    replace(&step, "WHERE id > 2", "+ 70 WHERE id = 2 AND (SELECT max(id) FROM kid) > 2");
    let updater = bench.pack(&payload, "update-2");
    let result = fails(&updater, &new_faults, 30, "CHECK:FAILED", "“kid”|“parent”|not there");
    assert_eq!(result["failures"][0]["fields"]["table"], "kid");
}

#[test]
fn a_reference_that_sqlite_cannot_check_stays_and_a_new_one_fails_the_update() {
    let bench = Bench::new();
    let (old_fault, new_fault) = (bench.mini_site("old-fault"), bench.mini_site("new-fault"));
    // The parent has no unique key, so that SQLite checks no reference of this table.
    let fault = "CREATE TABLE town(name TEXT); CREATE TABLE lives(id INTEGER PRIMARY KEY, town REFERENCES town(name)); INSERT INTO lives VALUES (1, 'Ulm');";
    let faults = format!("PRAGMA foreign_keys=OFF; {FAMILY} INSERT INTO child VALUES (3, 30);");
    database(&old_fault.join("data/mini.db"), &format!("PRAGMA foreign_keys=OFF; {fault}"));
    database(&new_fault.join("data/mini.db"), &faults);
    let payload = bench.mini_payload();
    let (release, step) = (payload.join("releases/1.0/main.sql"), payload.join("migrations/2.0/20_family.sql"));
    write(&release, format!("{MINI_SQL}{fault}"));
    write(&step, "ALTER TABLE town RENAME TO place;\n");
    let said = update(&bench.pack(&payload, "update"), &old_fault, &["--json"]).expect(0).stdout;
    let warning = said.lines().find(|line| line.contains(r#""event":"warning""#)).expect("a warning");
    assert!(warning.contains("“lives” to “town”"), "{warning}");
    assert_eq!(ask(&old_fault.join("data/mini.db"), "SELECT town FROM lives"), "Ulm");
    // Rows that point nowhere already hide no reference that cannot hold.
    write(&release, format!("{MINI_SQL}{FAMILY}"));
    write(&step, fault);
    let updater = bench.pack(&payload, "update-2");
    fails(&updater, &new_fault, 30, "CHECK:FAILED", "“lives”|“town”|cannot hold");
}

#[test]
fn several_databases_go_together_or_not_at_all() {
    let bench = Bench::new();
    let (site, other, payload) = (bench.mini_site("site"), bench.mini_site("other"), bench.mini_payload());
    let log = "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT);";
    let rest = "CREATE TABLE rest (a); INSERT INTO rest VALUES (1);";
    for site in [&site, &other] {
        let rows = "INSERT INTO entry VALUES (1, 'came'), (2, NULL);";
        database(&site.join("data/log.db"), &format!("{log} {rows}"));
        database(&site.join("data/rest.db"), rest);
    }
    for (name, sql) in [("log", log), ("rest", rest)] {
        append(&payload, &format!("[[database]]\nname = \"{name}\"\npath = \"data/{name}.db\"\n"));
        write(&payload.join(format!("releases/1.0/{name}.sql")), sql);
    }
    let check = "[[check]]\nname = \"entries\"\ndatabase = \"log\"\nsql = \"SELECT count(at) FROM entry\"\nexpect = 2\n";
    append(&payload, check);
    let (first, second) = (payload.join("migrations/2.0/log/10.sql"), payload.join("migrations/2.0/log/20.sql"));
    write(&first, "ALTER TABLE entry ADD COLUMN at INTEGER NOT NULL DEFAULT 7;");
    write(&second, "UPDATE entry SET at = NULL WHERE text IS NULL;");
    let broken = bench.pack(&payload, "broken");
    let result = fails(&broken, &other, 30, "STEP:FAILED", "2.0/20.sql line 1");
    assert_eq!(result["failures"][0]["fields"]["step"], "2.0/20.sql");
    fs::remove_file(second).expect("removed");
    let untouched = tree(&site)["data/rest.db"].clone();
    update(&bench.pack(&payload, "update"), &site, &[]).expect(0);
    assert_eq!(ask(&site.join("data/mini.db"), "SELECT count(*) FROM item"), "2");
    assert_eq!(ask(&site.join("data/log.db"), "SELECT sum(at) FROM entry"), "14");
    assert_eq!(tree(&site)["data/rest.db"], untouched, "a database without steps was touched");
}

/// A small volume of its own, which goes with the test.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(at: PathBuf, size: &str) -> Mounted {
        fs::create_dir_all(&at).expect("a folder");
        let _ = run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&at))
        .expect(0);
        Mounted(at)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg(&self.0));
    }
}
