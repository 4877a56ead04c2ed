//! What the release manager waits for, and how much memory it takes: `diff`, `draft` and `rehearse` on Sahana Eden and on a made database, and
//! a report of many results. Prints figures and judges none of them: `cargo bench --bench desk`. The made database has 1 GB, or as many
//! as `HOLDFAST_BENCH_GB` says; five times that is needed in the temporary folder.
#![allow(clippy::print_stdout, reason = "it prints figures")]

#[path = "../tests/eden/compare.rs"]
#[allow(dead_code, reason = "what comes out is for tests to judge")]
mod compare;
#[path = "../tests/reshape/eden_update.rs"]
#[allow(dead_code, reason = "likewise")]
mod eden_update;
#[path = "../tests/reshape/fixtures.rs"]
mod fixtures;
#[path = "support/measured.rs"]
mod measured;
#[path = "../tests/support/mod.rs"]
mod support;

use fixtures::database_of;
use measured::measured;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{Bench, HOLDFAST, copy_tree, executable, run, write};

/// So many sites send a result.
const RESULTS: usize = 10_000;
/// Bytes of a document in the made database.
const SCAN: u64 = 4096;

const MANIFEST: &str = r#"
format = 1
[product]
id = "made"
name = "Made"
version = "2.0"
[application]
entry = ["start"]
version = { file = "VERSION" }
[[database]]
name = "main"
path = "data/main.db"
"#;
const OLD: &str = "
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, town TEXT);
CREATE TABLE document (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (id), at TEXT, pages TEXT, scan BLOB);
";
const NEW: &str = "
CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT COLLATE NOCASE UNIQUE, town VARCHAR(20)); -- @renamed from=customer
CREATE TABLE document (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES client (id), at TEXT CHECK (at >= '2000'), pages INTEGER, scan BLOB);
CREATE INDEX by_client ON document (client_id, at);
";

fn main() {
    let bench = Bench::new();
    println!("{:<44} {:>9} {:>9}", "", "seconds", "MB");
    eden(&bench);
    made(&bench);
    results(&bench);
}

/// Runs `holdfast`, and prints a line.
#[track_caller]
fn shown(what: &str, words: &[&OsStr], codes: &[i32]) {
    let mut command = Command::new(HOLDFAST);
    let figures = measured(command.args(words).stdout(Stdio::null()).stderr(Stdio::null()));
    let code = figures.status.code().unwrap_or(-1);
    assert!(codes.contains(&code), "{what}: {code}");
    println!(
        "{what:<44} {:>9.2} {:>9.1}",
        figures.time.as_secs_f64(),
        figures.peak_kb as f64 / 1024.0
    );
}

/// A folder for a draft, where none is yet.
fn fresh(bench: &Bench, manifest: &str) -> PathBuf {
    let payload = bench.path("drafted");
    let _ = fs::remove_dir_all(&payload);
    write(&payload.join("holdfast.toml"), manifest);
    payload
}

fn eden(bench: &Bench) {
    let [old, new] = ["old", "new"].map(|n| database_of(bench, &format!("eden/eden-{n}.db")));
    let (old, new): (&OsStr, &OsStr) = (old.as_ref(), new.as_ref());
    let page = bench.path("diff.html");
    shown(
        "Eden: diff of the schemas",
        &["diff".as_ref(), old, new, "--no-data".as_ref()],
        &[0],
    );
    shown("Eden: diff, guessed and weighed", &["diff".as_ref(), old, new], &[0]);
    shown(
        "Eden: the same as a page",
        &["diff".as_ref(), old, new, "--html".as_ref(), page.as_ref()],
        &[0],
    );
    let manifest = fs::read_to_string(eden_update::payload(bench).join("holdfast.toml")).expect("a manifest");
    let payload = fresh(bench, &manifest);
    let draft: [&OsStr; 5] = ["draft".as_ref(), old, new, "--payload".as_ref(), payload.as_ref()];
    shown("Eden: draft", &draft, &[0]);
    let payload = eden_update::payload(bench);
    let site = bench.path("eden-site");
    eden_update::site(bench, &payload, &site);
    shown(
        "Eden: rehearse, 24 cuts",
        &["rehearse".as_ref(), payload.as_ref(), site.as_ref()],
        &[0],
    );
}

fn made(bench: &Bench) {
    let gigabytes: u64 = std::env::var("HOLDFAST_BENCH_GB").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let (old, new) = (bench.path("old.db"), bench.path("new.sql"));
    fill(&old, (gigabytes << 30) / SCAN);
    write(&new, NEW);
    let name = |what: &str| format!("{gigabytes} GB: {what}");
    let sides: [&OsStr; 3] = ["diff".as_ref(), old.as_ref(), new.as_ref()];
    shown(&name("diff of the schemas"), &[&sides[..], &["--no-data".as_ref()]].concat(), &[0]);
    shown(&name("diff, guessed and weighed"), &sides, &[0]);
    let payload = fresh(bench, MANIFEST);
    for (folder, version) in [("code", "2.0"), ("releases/1.0/code", "1.0")] {
        write(&payload.join(folder).join("VERSION"), version);
        write(&payload.join(folder).join("start"), "#!/bin/sh\n");
        executable(&payload.join(folder).join("start"));
    }
    write(&payload.join("releases/1.0/main.sql"), OLD);
    let draft: [&OsStr; 5] = ["draft".as_ref(), old.as_ref(), new.as_ref(), "--payload".as_ref(), payload.as_ref()];
    shown(&name("draft"), &draft, &[0]);
    let mapping = payload.join("migrations/2.0/10-schema.reshape/mapping.toml");
    let drafted = fs::read_to_string(&mapping).expect("a mapping");
    assert!(!drafted.contains("\nask = "), "{drafted}");
    let site = bench.path("site");
    copy_tree(&payload.join("releases/1.0/code"), &site);
    fs::create_dir(site.join("data")).expect("a folder");
    fs::rename(&old, site.join("data/main.db")).expect("moved");
    let rehearse: [&OsStr; 3] = ["rehearse".as_ref(), payload.as_ref(), site.as_ref()];
    shown(&name("rehearse"), &rehearse, &[0]);
}

fn fill(path: &Path, documents: u64) {
    let database = rusqlite::Connection::open(path).expect("a database");
    let customers = documents / 4;
    database
        .execute_batch(&format!(
            "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; BEGIN; {OLD}
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {customers})
            INSERT INTO customer SELECT i, 'Name ' || i, 'mail' || i || '@example.org', 'Town ' || (i % 1000) FROM n;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {documents})
            INSERT INTO document SELECT i, 1 + i % {customers}, '20' || (10 + i % 16) || '-01-01', CAST(i % 40 AS TEXT), randomblob({SCAN} - 100) FROM n;
            COMMIT;"
        ))
        .expect("rows");
}

fn results(bench: &Bench) {
    let stick = bench.path("stick");
    for n in 0..RESULTS {
        let state = ["done", "done", "done", "refused", "restored", "busy"][n % 6];
        let text = format!(
            r#"{{"failures":[],"request":{{"id":"20261101-{n:06}-1","aim":"production","state":"{state}","exit_code":0,"message":"Made 2.0 is in place.","computer":"SHOP-{n}","product":"Made","target":"C:\\Made","from":"1.0","to":"2.0","database_version":"2.0","filesize":{n},"created_at":"2026-11-01T10:00:00Z","processed_at":"2026-11-01T10:00:{:02}Z","elapsed":1.5}}}}"#,
            n % 60
        );
        write(&stick.join(format!("SHOP-{n}-20261101-{n:06}-1/result.json")), text);
    }
    let page = bench.path("report.html");
    let words: [&OsStr; 4] = ["report".as_ref(), stick.as_ref(), "--html".as_ref(), page.as_ref()];
    shown(&format!("{RESULTS} results: report"), &words, &[0]);
    let size = fs::metadata(&page).expect("a page").len();
    println!("{:<44} {:>19.1}", "its page, MB", size as f64 / 1e6);
    run(Command::new("rm").arg("-r").arg(&stick)).expect(0);
}
