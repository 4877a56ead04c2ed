//! A data load beside `sqlite3 .import`: 1,000,000 rows of CSV into the same table, and the same rows in the other forms. Prints figures
//! and judges none of them: `cargo bench --bench data_load`. Each load runs in a process of its own, so that its peak memory is its own.
//! The load checks every value against its column and every row against the table and a rule; the shell checks what the table declares.
#![allow(clippy::print_stdout, reason = "it prints figures")]

use holdfast::failure::Result;
use holdfast::load::{Files, LoadPlan, Options, run};
use holdfast::payload::load_json;
use holdfast::report::Nobody;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const ROWS: u64 = 1_000_000;
/// Of each of them the median counts.
const REPEATS: usize = 3;

const SCHEMA: &str = "CREATE TABLE person(id INTEGER PRIMARY KEY, code VARCHAR(12) NOT NULL UNIQUE, name TEXT NOT NULL, \
                      born DATE, score REAL, country INTEGER NOT NULL REFERENCES country(id));
                      CREATE TABLE country(id INTEGER PRIMARY KEY); INSERT INTO country VALUES (0), (1), (2), (3), (4), (5), (6)";

struct Folder(PathBuf);

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(self.0.join(name))?))
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, own, folder, database, file, mode] = arguments.as_slice()
        && own == "--load"
    {
        return load(Path::new(folder), Path::new(database), file, mode);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for file in ["rows.csv", "rows.jsonl", "rows.json"] {
        make(folder, file);
    }
    println!("{ROWS} rows of six columns, median of {REPEATS}");
    let import = median(|| import(folder));
    println!("{:<34} {:>7.2} s", "sqlite3 .import, CSV", import.0.as_secs_f64());
    for (what, file, mode, full) in [
        ("load, CSV", "rows.csv", "insert", false),
        ("load, JSON lines", "rows.jsonl", "insert", false),
        ("load, JSON array", "rows.json", "insert", false),
        ("upsert, CSV, all there already", "rows.csv", "upsert", true),
    ] {
        let (time, peak_kb) = median(|| loaded(folder, file, mode, full));
        let ratio = time.as_secs_f64() / import.0.as_secs_f64();
        println!(
            "{what:<34} {:>7.2} s   {ratio:>5.2} × import   peak {:>5.1} MB",
            time.as_secs_f64(),
            peak_kb as f64 / 1024.0
        );
    }
}

fn median(mut measure: impl FnMut() -> (Duration, u64)) -> (Duration, u64) {
    let mut all: Vec<(Duration, u64)> = (0..REPEATS).map(|_| measure()).collect();
    all.sort_unstable();
    all[REPEATS / 2]
}

fn make(folder: &Path, file: &str) {
    let mut out = BufWriter::new(File::create(folder.join(file)).expect("a file"));
    let json = file == "rows.json";
    let head = if json { "[\n" } else { "" };
    let head = if file == "rows.csv" {
        "id,code,name,born,score,country\n"
    } else {
        head
    };
    out.write_all(head.as_bytes()).expect("written");
    for n in 1..=ROWS {
        let (code, name, born) = (
            format!("P{n:07}"),
            format!("Person “{n}”, of somewhere"),
            format!("19{:02}-01-{:02}", n % 100, 1 + n % 28),
        );
        let (score, country) = (n as f64 / 8.0, n % 7);
        if file == "rows.csv" {
            writeln!(out, "{n},{code},\"{name}\",{born},{score},{country}")
        } else {
            let end = if json && n < ROWS { "," } else { "" };
            let row =
                format!("\"id\":{n},\"code\":\"{code}\",\"name\":\"{name}\",\"born\":\"{born}\",\"score\":{score},\"country\":{country}");
            writeln!(out, "{{{row}}}{end}")
        }
        .expect("written");
    }
    out.write_all(if json { b"]\n" } else { b"" }).expect("written");
    out.flush().expect("written");
}

fn fresh(folder: &Path) -> PathBuf {
    let path = folder.join("test.db");
    if path.exists() {
        fs::remove_file(&path).expect("removed");
    }
    Connection::open(&path)
        .expect("a database")
        .execute_batch(SCHEMA)
        .expect("a schema");
    path
}

fn import(folder: &Path) -> (Duration, u64) {
    let database = fresh(folder);
    let began = Instant::now();
    let command = format!(".import --csv --skip 1 '{}' person", folder.join("rows.csv").display());
    let status = Command::new("sqlite3")
        .arg("-bail")
        .arg(&database)
        .arg(command)
        .status()
        .expect("sqlite3");
    assert!(status.success(), "sqlite3 .import failed");
    let time = began.elapsed();
    counted(&database);
    (time, 0)
}

fn counted(database: &Path) {
    let connection = Connection::open(database).expect("a database");
    let rows: u64 = connection.query_row("SELECT count(*) FROM person", [], |r| r.get(0)).expect("rows");
    assert_eq!(rows, ROWS);
}

fn loaded(folder: &Path, file: &str, mode: &str, full: bool) -> (Duration, u64) {
    let database = fresh(folder);
    if full {
        own(folder, &database, file, "insert");
    }
    let began = Instant::now();
    let peak_kb = own(folder, &database, file, mode);
    let time = began.elapsed();
    counted(&database);
    (time, peak_kb)
}

/// Loads in a process of its own; its peak memory in kB.
fn own(folder: &Path, database: &Path, file: &str, mode: &str) -> u64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .arg("--load")
        .args([folder, database])
        .args([file, mode])
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.trim().parse().expect("kB")
}

fn load(folder: &Path, database: &Path, file: &str, mode: &str) {
    let connection = Connection::open(database).expect("a database");
    connection.execute_batch("PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE").expect("begun");
    let text = format!(
        "[[file]]\nfile = '{file}'\ntable = 'person'\nmode = '{mode}'\n[[rule]]\ntable = 'person'\ncolumn = 'code'\npattern = 'P[0-9]+'"
    );
    let step = "1.0/10-people.load";
    let plan = load_json(step, &text)
        .and_then(|json| LoadPlan::parse(step, &json))
        .expect("a plan");
    let options = Options {
        context: None,
        collect: false,
        reporter: &Nobody,
    };
    let report = run(&connection, &plan, &Folder(folder.to_owned()), &options).expect("loaded");
    assert_eq!(report.files[0].read, ROWS);
    connection.execute_batch("COMMIT").expect("committed");
    println!("{}", peak_kb());
}

#[cfg(target_os = "linux")]
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("VmHWM");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("kB")
}

#[cfg(not(target_os = "linux"))]
fn peak_kb() -> u64 {
    0
}
