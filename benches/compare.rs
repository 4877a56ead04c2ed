//! What Holdfast costs beside the script that an administrator would write, how much memory it takes, and for how long nothing can be
//! started. Prints figures and judges none of them: `cargo bench --bench compare`. It takes some minutes and 6 GB in the temporary folder.
//! The script flushes nothing, keeps no promise, and checks nothing; what Holdfast does beyond it is in the ratio.
#![allow(clippy::print_stdout, reason = "it prints figures")]

#[path = "support/log.rs"]
mod log;
#[path = "support/measured.rs"]
mod measured;
#[path = "../tests/eden/site.rs"]
mod site;
#[path = "../tests/support/mod.rs"]
mod support;

use site::{DATABASE, eden_payload, eden_site, fixture, unzipped};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{Bench, HOLDFAST, copy_tree, executable, project, run, write};

/// Of each of them the median counts.
const REPEATS: usize = 3;
const GIGABYTE: u64 = 1 << 30;
const MEGABYTE: u64 = 1 << 20;

/// An administrator's update: a backup of all, a copy of the database brought to the new version, the new code unpacked, everything moved.
/// Folder, database, steps, zip of the code, and what is the site's own.
const SCRIPT: &str = r#"
site=$1 database=$2 steps=$3 code=$4
shift 4
cp -a "$site" "$site.backup"
sqlite3 "$site/$database" ".backup '$site.copy'"
sqlite3 -bail "$site.copy" < "$steps"
unzip -q "$code" -d "$site.new"
mkdir -p "$(dirname "$site.new/$database")"
mv "$site.copy" "$site.new/$database"
for own in "$@"; do
    mkdir -p "$(dirname "$site.new/$own")"
    cp -a "$site/$own" "$site.new/$own"
done
mv "$site" "$site.old"
mv "$site.new" "$site"
"#;

/// A product with an installed site, from which copies are made.
struct Product {
    name: String,
    updater: PathBuf,
    site: PathBuf,
    database: &'static str,
    own: Vec<&'static str>,
    steps: PathBuf,
    zip: PathBuf,
}

/// What one run of the updater showed.
struct Figures {
    time: Duration,
    peak_kb: u64,
    /// From the first entry out of use to the last entry in use.
    outage_ms: f64,
    units: usize,
    /// Seconds by stage.
    stages: Vec<(String, f64)>,
}

fn main() {
    let bench = Bench::new();
    println!("updater: {}", updater().display());
    println!("sqlite3: {}", run(Command::new("sqlite3").arg("--version")).stdout.trim());
    println!("\nTime of an update, median of {REPEATS}");
    compare(&bench, &eden(&bench));
    let payload = made_payload(&bench, 10_000);
    let large = made(&bench, &payload, 10_000, GIGABYTE);
    let peak_kb = compare(&bench, &large);
    fs::remove_dir_all(&large.site).expect("removed");
    println!(
        "\nPeak memory of the updater at 1 GB: {:.1} MB (the mark is 64 MB)",
        peak_kb as f64 / 1024.0
    );
    println!("\nTime in which nothing can be started, in ms");
    println!("{:>10} {:>10} {:>10} {:>10}", "files", "10 MB", "100 MB", "1 GB");
    for files in [100, 1000, 10_000] {
        let payload = made_payload(&bench, files);
        let cells = [10 * MEGABYTE, 100 * MEGABYTE, GIGABYTE].map(|bytes| {
            let product = made(&bench, &payload, files, bytes);
            let outages = (0..REPEATS).map(|_| holdfast(&bench, &product).outage_ms);
            let outage = median(outages.collect(), f64::total_cmp);
            fs::remove_dir_all(&product.site).expect("removed");
            format!("{outage:>10.1}")
        });
        println!("{files:>10} {}", cells.join(" "));
    }
}

fn updater() -> PathBuf {
    std::env::var_os("HOLDFAST_UPDATER").map_or_else(|| project().join("target/release/updater"), PathBuf::from)
}

fn median<T>(mut all: Vec<T>, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> T {
    all.sort_by(order);
    all.swap_remove(all.len() / 2)
}

/// Script against Holdfast, in turn. Returns the highest peak of memory, in kB.
fn compare(bench: &Bench, product: &Product) -> u64 {
    let runs = (0..REPEATS).map(|_| (script(bench, product), holdfast(bench, product)));
    let (scripts, mut figures): (Vec<Duration>, Vec<Figures>) = runs.unzip();
    let script = median(scripts, Duration::cmp);
    let peak_kb = figures.iter().map(|f| f.peak_kb).max().unwrap_or_default();
    figures.sort_by_key(|f| f.time);
    let middle = &figures[figures.len() / 2];
    println!(
        "{}: script {:.2} s, Holdfast {:.2} s, ratio {:.2}; outage {:.1} ms with {} units; peak {:.1} MB",
        product.name,
        script.as_secs_f64(),
        middle.time.as_secs_f64(),
        middle.time.as_secs_f64() / script.as_secs_f64(),
        middle.outage_ms,
        middle.units,
        peak_kb as f64 / 1024.0
    );
    let stages = middle.stages.iter().filter(|(_, seconds)| *seconds >= 0.001);
    let stages: Vec<String> = stages.map(|(stage, seconds)| format!("{stage} {seconds:.3}")).collect();
    println!("    {}", stages.join(", "));
    peak_kb
}

/// A fresh copy of a product's site.
fn copied(bench: &Bench, product: &Product) -> PathBuf {
    let site = bench.path("run/site");
    let _ = fs::remove_dir_all(bench.path("run"));
    fs::create_dir(bench.path("run")).expect("a folder");
    run(Command::new("cp").arg("-a").arg(&product.site).arg(&site)).expect(0);
    // What is still to be written from making it is not to be paid for by what is measured.
    run(&mut Command::new("sync")).expect(0);
    site
}

fn script(bench: &Bench, product: &Product) -> Duration {
    let site = copied(bench, product);
    let mut command = Command::new("sh");
    command.args(["-euc", SCRIPT, "script"]).arg(&site).arg(product.database);
    command.arg(&product.steps).arg(&product.zip).args(&product.own);
    let started = Instant::now();
    run(&mut command).expect(0);
    let time = started.elapsed();
    let _ = fs::remove_dir_all(bench.path("run"));
    time
}

fn holdfast(bench: &Bench, product: &Product) -> Figures {
    let site = copied(bench, product);
    let log = bench.path("run/log");
    let mut command = Command::new(&product.updater);
    command
        .arg("--app")
        .arg(&site)
        .arg("--silent")
        .arg("--log")
        .arg(&log)
        .stdout(Stdio::null());
    let measured = measured::measured(&mut command);
    let text = fs::read_to_string(&log).expect("a log");
    assert!(measured.status.success(), "{text}");
    let figures = read_log(&text, measured.time, measured.peak_kb);
    let _ = fs::remove_dir_all(bench.path("run"));
    figures
}

fn read_log(text: &str, time: Duration, peak_kb: u64) -> Figures {
    let events = log::events(text);
    let moved = |to: &str| {
        let is_entry = |e: &serde_json::Value| e["event"] == "moved" && e["to"] == to && (e["unit"] == site::ENTRY || e["unit"] == "start");
        events.iter().find(|(_, e)| is_entry(e)).expect("the entry moved").0
    };
    Figures {
        time,
        peak_kb,
        outage_ms: (moved("live") - moved("old")).as_seconds_f64() * 1000.0,
        units: events.iter().filter(|(_, e)| e["to"] == "live").count(),
        stages: log::stages(text),
    }
}

fn pack(bench: &Bench, payload: &Path, name: &str) -> PathBuf {
    let packed = bench.path(name);
    let mut command = Command::new(HOLDFAST);
    command
        .arg("pack")
        .arg(payload)
        .args(["--unrehearsed", "a measurement"])
        .arg("-o")
        .arg(&packed)
        .arg("--stub")
        .arg(updater());
    run(&mut command).expect(0);
    packed
}

/// The new code as a zip, and the steps in one transaction, for the script.
fn for_the_script(bench: &Bench, payload: &Path, steps: &Path) -> (PathBuf, PathBuf) {
    let name = payload.file_name().expect("a name").to_string_lossy().into_owned();
    let (zip, script) = (bench.path(&format!("{name}.zip")), bench.path(&format!("{name}.sql")));
    if !zip.exists() {
        run(Command::new("zip")
            .args(["-qr"])
            .arg(&zip)
            .arg(".")
            .current_dir(payload.join("code")))
        .expect(0);
    }
    let steps = fs::read_to_string(steps).expect("steps");
    write(&script, format!("PRAGMA foreign_keys=OFF;\nBEGIN;\n{steps}\nCOMMIT;\n"));
    (zip, script)
}

fn eden(bench: &Bench) -> Product {
    let payload = eden_payload(bench);
    let site = eden_site(bench, &payload, "eden");
    unzipped("eden-old.db", &site.join(DATABASE));
    let (zip, steps) = for_the_script(bench, &payload, &fixture("payload/migrations/2022.05/10-steps.sql"));
    Product {
        name: "Eden (540 tables, 13 MB, 10,000 files)".to_owned(),
        updater: pack(bench, &payload, "eden-update"),
        site,
        database: DATABASE,
        own: vec!["applications/eden/uploads", site::CONFIG],
        steps,
        zip,
    }
}

const MADE_MANIFEST: &str = r#"
format = 1
[product]
id = "made"
name = "Made"
version = "2.0"
[application]
entry = ["start"]
version = { file = "VERSION" }
keep = ["uploads/**"]
[[database]]
name = "main"
path = "data/main.db"
"#;
const MADE_SQL: &str = "
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE visit (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id), note TEXT NOT NULL);
CREATE TABLE document (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id), scan BLOB NOT NULL);
CREATE TABLE measurement (id INTEGER PRIMARY KEY, at TEXT NOT NULL, value REAL NOT NULL);
CREATE INDEX visit_person ON visit (person_id);
CREATE INDEX document_person ON document (person_id);
";
/// It touches one table, a twentieth of the whole.
const MADE_STEP: &str = "
ALTER TABLE visit ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
UPDATE visit SET state = 'closed' WHERE id % 2;
";

/// A payload of so many program files in nested folders, all of which change.
fn made_payload(bench: &Bench, files: usize) -> PathBuf {
    let payload = bench.path(&format!("made-{files}"));
    if payload.exists() {
        return payload;
    }
    write(&payload.join("holdfast.toml"), MADE_MANIFEST);
    write(&payload.join("releases/1.0/main.sql"), MADE_SQL);
    write(&payload.join("migrations/2.0/10.sql"), MADE_STEP);
    for (tree, version) in [("releases/1.0/code", "1.0"), ("code", "2.0")] {
        let code = payload.join(tree);
        write(&code.join("VERSION"), version);
        write(&code.join("start"), format!("#!/bin/sh\necho {version}\n"));
        executable(&code.join("start"));
        for n in 0..files {
            let text = format!("file {n} of {version}\n").repeat(20 + n % 200);
            write(&code.join(format!("lib/part{}/of{}/file{n}.py", n % 10, n % 100)), text);
        }
    }
    payload
}

/// A site of that payload with a database of that size.
fn made(bench: &Bench, payload: &Path, files: usize, bytes: u64) -> Product {
    let size = match bytes {
        GIGABYTE.. => format!("{} GB", bytes / GIGABYTE),
        _ => format!("{} MB", bytes / MEGABYTE),
    };
    let site = bench.path("made-site");
    copy_tree(&payload.join("releases/1.0/code"), &site);
    write(&site.join("uploads/photo.jpg"), "the site's own");
    let database = site.join("data/main.db");
    support::database(&database, &format!("PRAGMA synchronous=OFF;\n{MADE_SQL}{}", fill(bytes)));
    let (zip, steps) = for_the_script(bench, payload, &payload.join("migrations/2.0/10.sql"));
    let _ = fs::remove_file(bench.path("made-update"));
    Product {
        name: format!("Made ({size}, {files} files)"),
        updater: pack(bench, payload, "made-update"),
        site,
        database: "data/main.db",
        own: vec!["uploads"],
        steps,
        zip,
    }
}

/// Nine tenths documents, a twentieth visits, the rest measurements.
fn fill(bytes: u64) -> String {
    let rows = |rows: u64, insert: &str| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO {insert} FROM n;\n")
    };
    let each = [
        rows(1000, "person SELECT i, 'Person ' || i"),
        rows(bytes * 9 / 10 / 40_000, "document SELECT i, 1 + i % 1000, randomblob(40000)"),
        rows(bytes / 20 / 210, "visit SELECT i, 1 + i % 1000, hex(randomblob(100))"),
        rows(bytes / 20 / 35, "measurement SELECT i, '2022-05-01 12:00:00', i / 7.0"),
    ];
    format!("BEGIN;\n{}COMMIT;\n", each.concat())
}
