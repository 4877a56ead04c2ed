//! What can go wrong on the way: a full disk, a program that runs, a step or check that fails at this site alone, a person who stops it,
//! a command line that cannot be meant. Each ends with its own exit code and reason, and with program and data as they were.

mod support;

use serde_json::{Value, json};
use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader};
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
    assert!(message.len() < 1500, "{shown}: nobody can read {} bytes", message.len());
    says(message, names);
    assert_eq!((tree(site), site.join(".holdfast/new").exists()), (before, false), "{shown}");
    result["failures"][0]["fields"].clone()
}

/// Fails unless a text holds every one of the parts (parted by `|`).
#[track_caller]
fn says(text: &str, parts: &str) {
    for part in parts.split('|') {
        assert!(text.contains(part), "“{part}” is not in: {text}");
    }
}

/// An updater of the small product with a payload that is changed, and a site with rows that only this site has.
fn prepared(bench: &Bench, name: impl Display, change: impl FnOnce(&Path)) -> (PathBuf, PathBuf) {
    let more = "CREATE UNIQUE INDEX thing_name ON thing (name); CREATE TABLE note (id INTEGER PRIMARY KEY, text);";
    let own = "INSERT INTO thing VALUES (3, 'stove'), (4, 'Lamp'); INSERT INTO note VALUES (1, 'mine');";
    let (site, payload) = (bench.mini_site(&format!("{name}/site")), bench.mini_payload());
    database(&site.join("data/mini.db"), &format!("{more}{own}"));
    write(&payload.join("releases/1.0/main.sql"), format!("{MINI_SQL}{more}"));
    change(&payload);
    (bench.pack(&payload, &format!("update-{name}")), site)
}

/// The same, with a step of its own.
fn with_step(bench: &Bench, name: impl Display, step: &str) -> (PathBuf, PathBuf) {
    prepared(bench, name, |payload| write(&payload.join("migrations/2.0/10_item.sql"), step))
}

/// The same, with a self-test: a shell script that gets the database's path, and more lines for the manifest.
fn with_self_test(bench: &Bench, name: impl Display, lines: &str, script: &str) -> (PathBuf, PathBuf) {
    prepared(bench, name, |payload| {
        write(&payload.join("code/check.sh"), format!("#!/bin/sh\n{script}\n"));
        executable(&payload.join("code/check.sh"));
        let check = "name = \"self-test\"\nrun = [\"./check.sh\", \"{database.main}\"]";
        append(payload, &format!("[[check]]\n{check}\n{lines}\n"));
    })
}

/// Another process, in the middle of something; it ends when this value goes.
struct Other(Child);

impl Other {
    /// Runs a line of the shell in a folder until it says “ready”; then it waits for its standard input to end.
    fn shell(line: &str, folder: &Path) -> Other {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line).current_dir(folder);
        let child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut other = Other(child.expect("a shell"));
        let said = BufReader::new(other.0.stdout.as_mut().expect("a pipe")).lines().next();
        assert_eq!(said.expect("a line").expect("text"), "ready", "{line}");
        other
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A small volume, which goes with the test.
struct Volume(PathBuf);

impl Volume {
    fn new(at: PathBuf, size: &str) -> Volume {
        fs::create_dir_all(&at).expect("a folder");
        let mut mount = Command::new("mount");
        let _ = run(mount.args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(&at)).expect(0);
        Volume(at)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg(&self.0));
    }
}

#[test]
fn too_little_room_is_refused_with_the_figures() {
    let bench = Bench::new();
    let _small = Volume::new(bench.path("small"), "size=3m");
    let (updater, site) = prepared(&bench, "small", |_| {});
    let fields = fails(&updater, &site, 20, "SPACE:SHORT", "small/site| MB of free space|Make room");
    let bytes = |fields: &Value, name: &str| fields[name].as_u64().expect("bytes");
    let (free, needed) = (bytes(&fields, "value"), bytes(&fields, "expected"));
    assert!(free <= 3 << 20 && needed > free, "{fields}");
    // The code has room, and the copy of the database has not: a copy, a journal, and as much to grow.
    let _middle = Volume::new(bench.path("middle"), "size=12m");
    let (updater, site) = prepared(&bench, "large", |_| {});
    let (link, path) = (site.join("data/mini.db"), bench.path("middle/mini.db"));
    fs::copy(&link, &path).expect("copied");
    fs::remove_file(&link).expect("removed");
    std::os::unix::fs::symlink(&path, link).expect("a link");
    let _ = update(&updater, &site, &["--plan"]).expect(0);
    database(&path, "INSERT INTO thing VALUES (9, zeroblob(3000000))");
    let before = tree(&bench.path("middle"));
    let fields = fails(&updater, &site, 20, "SPACE:SHORT", "middle”| MB of free space");
    assert!(bytes(&fields, "expected") > 3 * 3_000_000, "{fields}");
    assert!(tree(&bench.path("middle")) == before && !bench.path("middle/.holdfast-mini.db").exists());
}

#[test]
fn a_volume_that_fills_up_on_the_way_leaves_everything_as_it_was() {
    let bench = Bench::new();
    let _volume = Volume::new(bench.path("volume"), "size=9m");
    let grows = "ALTER TABLE thing ADD pad; UPDATE thing SET pad = zeroblob(30000000) WHERE id = 3;";
    let (updater, site) = with_step(&bench, "volume", grows);
    fails(&updater, &site, 30, "SPACE:SHORT", "no room left|Make room");
    fs::remove_dir_all(site).expect("removed");
    // Another program takes the last byte, and going back needs none.
    let (updater, site) = with_self_test(&bench, "volume", "at = [\"stage\"]", "cat /dev/zero > ../../../filler; exit 0");
    fails(&updater, &site, 30, "SPACE:SHORT", "no room left|Make room");
    assert!(bench.path("volume/filler").exists());
}

#[test]
fn a_running_application_is_named_with_its_process() {
    let bench = Bench::new();
    let site = bench.path("any/site");
    let python = "import sys\nprint('ready', flush=True)\nsys.stdin.read()\n";
    let (updater, _) = prepared(&bench, "any", |payload| {
        let release = payload.join("releases/1.0/code");
        write(&release.join("start"), format!("#!/usr/bin/env python3\n{python}"));
        let copies = format!("cp /bin/sh lib/tool && cp -rT . '{}'", site.display());
        let _ = run(Command::new("sh").arg("-c").arg(copies).current_dir(release)).expect(0);
    });
    let map = "import mmap; f = open('lib/one.txt'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); f.close()";
    let cases = [
        ("exec ./lib/tool -c 'echo ready; read x'", "tool"),
        ("exec ./start", "python"),
        ("exec python3 start", "python"),
        ("cd /; exec python3 \"$OLDPWD/start\"", "python"),
        ("exec 3< lib/one.txt; echo ready; read x", "sh"),
        (&format!("exec python3 -c \"{map}\n{python}\""), "python"),
        ("exec python3 -B -u -W ignore start", "python"),
    ];
    for (line, name) in cases {
        let other = Other::shell(line, &site);
        let names = format!("“{name}|process {}|Close it|{}", other.0.id(), site.display());
        let fields = fails(&updater, &site, 50, "APPLICATION:RUNNING", &names);
        assert_eq!(fields["holders"][0]["pid"], other.0.id(), "{line}");
    }
    let _other = Other::shell("cd lib; exec 3< ../uploads/a.txt; echo ready; read x", &site);
    let _ = update(&updater, &site, &[]).expect(0);
}

#[test]
fn two_updaters_do_not_work_on_one_folder() {
    let bench = Bench::new();
    let (updater, site) = prepared(&bench, "one", |_| {});
    fs::create_dir(site.join(".holdfast")).expect("a folder");
    let other = Other::shell("exec flock .holdfast/lock sh -c 'echo ready; read x'", &site);
    fails(&updater, &site, 50, "UPDATE:RUNNING", "Another updater|one/site|Wait");
    drop(other);
    let _ = update(&updater, &site, &[]).expect(0);
}

#[test]
fn a_step_that_fails_at_this_site_alone_is_named_with_its_line() {
    let bench = Bench::new();
    let comments = "-- one;\n\n/* three\n; */ SELECT ';\n';\nALTER TABLE thing ADD x;\n";
    let trigger = "\u{feff}CREATE TRIGGER g AFTER INSERT ON note BEGIN\n SELECT 1; -- ;\n SELECT ';\n;'\n;END;\n\n";
    let cases = [
        (comments, "UPDATE thing SET name = NULL WHERE id = 3;\n", "thing.name"),
        ("\r\n\r\n\r\n\r\n\r\n\r\n", "UPDATE thing\r\nSET name=NULL WHERE id=3", "thing.name"),
        (trigger, " CREATE UNIQUE INDEX u ON thing (lower(name)); SELECT 8;", "UNIQUE"),
    ];
    for (n, (above, statement, names)) in cases.into_iter().enumerate() {
        let (updater, site) = with_step(&bench, n, &format!("{above}{statement}"));
        let fields = fails(&updater, &site, 30, "STEP:FAILED", &format!("2.0/10_item.sql|line 7|{names}"));
        assert_eq!((&fields["step"], &fields["line"]), (&json!("2.0/10_item.sql"), &json!(7)));
    }
}

#[test]
fn rows_that_go_without_a_word_stop_the_update() {
    let bench = Bench::new();
    let remake = "CREATE TABLE t (id, name UNIQUE COLLATE NOCASE); INSERT OR IGNORE INTO t SELECT * FROM thing; \
                  DROP TABLE thing; ALTER TABLE t RENAME TO thing";
    let trigger = "CREATE TRIGGER g AFTER UPDATE ON thing BEGIN DELETE FROM note; END; \
                   UPDATE thing SET id = 9 WHERE id = 3; DROP TRIGGER g";
    let cases = [
        ("thing", "DELETE FROM thing WHERE name = 'stove'"),
        ("thing", "DELETE FROM thing WHERE id = 3; INSERT INTO thing VALUES (5, 'oven')"),
        ("note", "DROP TABLE note"),
        ("note", "CREATE TABLE n (id); DROP TABLE note; ALTER TABLE n RENAME TO note"),
        ("note", trigger),
        ("thing", remake),
        ("thing", "UPDATE OR REPLACE thing SET name = lower(name)"),
        ("thing", "INSERT OR REPLACE INTO thing VALUES (3, 'Lamp')"),
        ("thing", "INSERT OR REPLACE INTO thing VALUES (100, 'stove')"),
        ("thing", "REPLACE INTO thing VALUES (100, 'stove'), (101, 'oven')"),
    ];
    for (n, (table, step)) in cases.into_iter().enumerate() {
        let (updater, site) = with_step(&bench, n, &format!("{step};"));
        let fields = fails(&updater, &site, 30, "ROWS:LOST", &format!("“{table}”|lost in silence"));
        assert_eq!((&fields["table"], &fields["value"]), (&json!(table), &json!(1)), "{step}");
    }
}

#[test]
fn a_check_that_fails_or_meddles_puts_everything_back() {
    let bench = Bench::new();
    let sql = "[[check]]\nname = \"stoves\"\nsql = \"SELECT count(*) FROM item WHERE name = 'stove'\"\nexpect = 0\n";
    let (updater, site) = prepared(&bench, "sql", |payload| append(payload, sql));
    fails(&updater, &site, 30, "CHECK:FAILED", "“stoves”|gives 1|0 is expected");
    let writes = "python3 -c \"import sqlite3; c = sqlite3.connect('$1'); c.execute('DELETE FROM item'); c.commit()\"";
    let cases = [
        ("sleep 600", "CHECK:TIMEOUT", "“self-test”|within 2 seconds"),
        ("kill -9 $$", "CHECK:FAILED", "“self-test”|crashed"),
        ("echo odd data; exit 3", "CHECK:FAILED", "“self-test”|ended with 3|odd data"),
        ("yes | head -c 100000000; echo last word >&2; exit 3", "CHECK:FAILED", "last word"),
        ("head -c 100000000 /dev/zero; exit 3", "CHECK:FAILED", "ended with 3"),
        ("echo more >> lib/one.txt", "STAGE:DAMAGED", "lib/one.txt"),
        ("rm lib/one.txt", "STAGE:DAMAGED", "lib/one.txt"),
        ("ln -sf ../VERSION lib/one.txt", "STAGE:DAMAGED", "lib/one.txt"),
        ("echo more >> settings.ini", "STAGE:DAMAGED", "settings.ini"),
        ("chmod -x start", "STAGE:DAMAGED", "start"),
        (writes, "CHECK:WROTE", "mini.db"),
        ("echo more >> $1", "CHECK:WROTE", "mini.db"),
        ("rm $1", "CHECK:WROTE", "mini.db"),
    ];
    for (n, (script, wanted, names)) in cases.into_iter().enumerate() {
        let (updater, site) = with_self_test(&bench, n, "time_limit_s = 2", script);
        fails(&updater, &site, 30, wanted, names);
    }
}

#[test]
fn a_self_test_that_leaves_things_behind_does_no_harm() {
    let bench = Bench::new();
    let marker = bench.path("marker");
    let cases = [
        "sleep 600 & echo $! > MARKER",
        "yes | head -c 100000000; grep VmHWM /proc/$PPID/status > MARKER",
        "head -c 100000000 /dev/zero > lib/core; mkdir -p odd/deep; ln -s / odd/deep/link; echo > MARKER",
        "setsid sleep 600 & echo $! > MARKER",
    ];
    for (n, script) in cases.iter().enumerate() {
        let script = script.replace("MARKER", &marker.display().to_string());
        let (updater, site) = with_self_test(&bench, n, "at = [\"stage\"]", &script);
        let line = format!("exec timeout -s KILL 20 {} --silent --app {}", updater.display(), site.display());
        let ran = run(Command::new("sh").arg("-c").arg(line));
        let left = fs::read_to_string(&marker).expect("a marker");
        let number: u64 = left.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
        match n {
            0 => assert!(fs::read_link(format!("/proc/{number}/exe")).is_err(), "process {number} still runs"),
            1 => assert!((1..40_000).contains(&number), "the updater took {left}"),
            2 => assert!(!site.join("lib/core").exists() && !site.join("odd").exists()),
            _ => drop(run(Command::new("kill").arg(number.to_string()))),
        }
        assert_eq!(ran.code, Some(0), "{script}: {ran:?}");
    }
}

#[test]
fn a_self_test_that_fails_only_where_the_new_pair_stands_brings_the_old_pair_back() {
    let bench = Bench::new();
    let marker = bench.path("marker");
    for (n, (script, wanted)) in [("exit 3", "CHECK:FAILED"), ("sleep 600", "CHECK:TIMEOUT")].into_iter().enumerate() {
        let script = format!("(pwd; cat VERSION; echo $1) > {}\n{script}", marker.display());
        let (updater, site) = with_self_test(&bench, n, "at = [\"live\"]\ntime_limit_s = 2", &script);
        fails(&updater, &site, 30, wanted, "self-test");
        let seen = format!("{0}\n2.0\n{0}/data/mini.db\n", site.display());
        assert_eq!(fs::read_to_string(&marker).expect("it ran"), seen);
    }
}

#[test]
fn a_person_who_stops_it_gets_the_old_pair() {
    let bench = Bench::new();
    let endless = "CREATE TABLE item AS WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n \
                   WHERE n < (SELECT 9e15 * (max(id) > 2) FROM thing)) SELECT max(n) FROM n;";
    let step = (with_step(&bench, "step", endless), r#""event":"step""#);
    let check = (with_self_test(&bench, "check", "", "sleep 600"), r#""stage":"verify","done""#);
    for ((updater, site), sign) in [step, check] {
        let before = tree(&site);
        let mut command = Command::new(updater);
        let child = command.arg("--json").arg("--app").arg(&site).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the updater starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert!(lines.any(|line| line.expect("a line").contains(sign)), "{sign} never came");
        let _ = run(Command::new("kill").arg("-INT").arg(child.id().to_string())).expect(0);
        let last = lines.last().expect("more lines").expect("a line");
        assert_eq!(child.wait().expect("ended").code(), Some(60), "{last}");
        says(&last, r#""event":"ended"|"state":"cancelled"|Program and data are as before."#);
        assert_eq!((reason(&site).as_str(), tree(&site)), ("CANCELLED", before));
    }
}

/// Runs the updater with words alone: neither silently nor at a terminal.
fn words(updater: &Path, site: &Path, words: &[&str]) -> Ran {
    run(Command::new(updater).arg("--app").arg(site).args(words))
}

#[test]
fn a_command_line_that_cannot_be_meant_changes_nothing() {
    let bench = Bench::new();
    let (updater, site) = prepared(&bench, "site", |_| {});
    let (before, file) = (tree(&site), bench.path("result.json"));
    let cases = [
        ("--slient", "--slient|did you mean --silent?"),
        ("--silent --databse main=x", "--databse|did you mean --database?"),
        ("--silent stauts", "“stauts”|did you mean “status”?"),
        ("--silent --plan=yaml", "yaml|json"),
        ("--silent --database main", "NAME=PATH"),
        ("--silent --database mian=/x", "“mian”|main"),
        ("--silent --log", "--log"),
        ("rollback", "--silent|terminal"),
        (&format!("--result {}", file.display()), "--silent|terminal"),
    ];
    for (line, names) in cases {
        let ran = words(&updater, &site, &line.split(' ').collect::<Vec<_>>()).expect(2);
        says(&ran.stderr, names);
        assert_eq!((ran.stdout.as_str(), &tree(&site)), ("", &before), "{line}");
    }
    says(&fs::read_to_string(file).expect("a result"), r#""reason":"REQUEST:NO_TERMINAL""#);
}

#[test]
fn json_is_one_object_a_line_and_ends_with_the_result() {
    let bench = Bench::new();
    let (updater, site) = prepared(&bench, "site", |_| {});
    let all = "bundle site preflight quiesce snapshot migrate verify stage swap confirm tidy";
    for (code, state, wanted) in [(0, "done", all), (10, "nothing_to_do", "bundle site preflight")] {
        let ran = words(&updater, &site, &["--json"]).expect(code);
        let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert!(events.iter().all(|e| e["event"].is_string()) && ran.stderr.is_empty(), "{ran:?}");
        let last = events.iter().position(|e| e["event"] == "ended").expect("an end");
        assert_eq!((last + 1, &events[last]["result"]), (events.len(), &result(&site)));
        assert_eq!(result(&site)["request"]["state"], state);
        let stages = events.iter().filter(|e| e["event"] == "stage").filter_map(|e| e["stage"].as_str());
        assert_eq!(stages.collect::<Vec<_>>().join(" "), wanted);
    }
}

#[test]
fn a_plan_changes_nothing_at_all() {
    let bench = Bench::new();
    let (updater, site) = prepared(&bench, "site", |_| {});
    let format = ["-type", "d", "-print", "-o", "-printf", "%p %T@ %i %m %s\n"];
    let all = || (run(Command::new("find").arg(&site).args(format)).stdout, tree(&site));
    for mode in ["delete", "wal"] {
        ask(&site.join("data/mini.db"), &format!("PRAGMA journal_mode={mode}"));
        let before = all();
        let text = words(&updater, &site, &["--plan"]).expect(0).stdout;
        says(&text, "1.0 to 2.0|2.0/10_item.sql|start (entry)|settings.ini|Nothing was changed.");
        let plan: Value = serde_json::from_str(&words(&updater, &site, &["--plan=json"]).expect(0).stdout).expect("JSON");
        let found = ["/from", "/to", "/edits/0", "/databases/0/steps/0", "/units/0/path"].map(|p| plan.pointer(p).expect(p));
        assert_eq!(json!(found), json!(["1.0", "2.0", "settings.ini", "2.0/10_item.sql", "start"]));
        assert!(plan["space"][0]["needed_bytes"].as_u64() < plan["space"][0]["free_bytes"].as_u64());
        assert_eq!(all(), before);
    }
}

#[test]
fn log_and_result_are_written_where_they_are_asked_for() {
    let bench = Bench::new();
    let (updater, site) = prepared(&bench, "site", |_| {});
    let [log, copy] = ["logs/of update.log", "result.json"].map(|name| bench.path(name).display().to_string());
    let ids = [0, 10].map(|code| {
        let _ = update(&updater, &site, &["--log", &log, "--result", &copy]).expect(code);
        let copied: Value = serde_json::from_slice(&fs::read(&copy).expect("a result")).expect("JSON");
        assert_eq!((&copied, copied["request"]["log"].as_str()), (&result(&site), Some(log.as_str())));
        format!("[{}] ", copied["request"]["id"].as_str().expect("an id"))
    });
    let text = fs::read_to_string(&log).expect("a log");
    let of = |id: &String| text.lines().filter(|line| line.starts_with(id)).count();
    assert!(ids[0] != ids[1] && of(&ids[0]) > 9 && of(&ids[1]) > 2, "{text}");
    assert_eq!(of(&ids[0]) + of(&ids[1]), text.lines().count(), "{text}");
    says(&text, "is in place, with all its data|already in place|10_item.sql");
}
