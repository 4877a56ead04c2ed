//! The database part of an update of Sahana Eden, 540 tables of which 446 change: a hand-made migration in place, run by the `sqlite3` shell,
//! against a reshape. Prints figures and judges none of them: `cargo bench --bench eden_steps`. The mark is a twentieth.
//!
//! The shell checks nothing. `holdfast reshape` asks for integrity and foreign keys. An update asks for all that the engine knows: the
//! live database is examined, reshaped, and the result verified, with the payload's own checks; then both are staged, swapped and confirmed.
#![allow(clippy::print_stdout, reason = "it prints figures")]

#[path = "../tests/eden/compare.rs"]
mod compare;
#[path = "../tests/reshape/eden_update.rs"]
mod eden_update;
#[path = "../tests/reshape/fixtures.rs"]
mod fixtures;
#[path = "support/log.rs"]
mod log;
#[path = "../tests/support/mod.rs"]
mod support;

use eden_update::DATABASE;
use fixtures::{database_of, mapping};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use support::{Bench, HOLDFAST, UPDATER, run};

/// Of each of them the median counts.
const REPEATS: usize = 3;
/// The part of the shell's time that ours may take.
const MARK: f64 = 0.05;
/// The stages that are the database's, in an update whose program is a handful of files: the shell's work, and every check of it.
const OF_THE_DATABASE: [&str; 3] = ["snapshot", "migrate", "verify"];

fn main() {
    let bench = Bench::new();
    let [old, new] = ["old", "new"].map(|n| database_of(&bench, &format!("eden/eden-{n}.db")));
    let steps = database_of(&bench, "eden/eden-steps.sql");
    let payload = eden_update::payload(&bench);
    let updater = bench.pack(&payload, "update");
    println!("updater: {UPDATER}");
    println!("sqlite3: {}", run(Command::new("sqlite3").arg("--version")).stdout.trim());
    let [mut shells, mut reshapes, mut updates, mut parts] = [const { Vec::new() }; 4];
    let mut stages = Vec::new();
    for _ in 0..REPEATS {
        shells.push(shell(&bench, &old, &steps));
        reshapes.push(reshape(&bench, &old, &new));
        updates.push(update(&bench, &payload, &updater));
        stages = log::stages(&fs::read_to_string(bench.path("log")).expect("a log"));
        let of_the_database = stages.iter().filter(|(stage, _)| OF_THE_DATABASE.contains(&stage.as_str()));
        parts.push(of_the_database.map(|(_, seconds)| seconds).sum());
    }
    let shell = median(shells);
    println!("\nEden's database, median of {REPEATS}; the mark is {MARK} of the shell's time");
    println!("{:<52} {shell:>7.2} s", "sqlite3 shell, steps in place");
    for (what, seconds) in [
        ("holdfast reshape", median(reshapes)),
        ("database part of an update, every check on", median(parts)),
        ("the whole update, from its start to its end", median(updates)),
    ] {
        let ratio = seconds / shell;
        let misses = if ratio <= MARK { "" } else { "   beyond the mark" };
        println!("{what:<52} {seconds:>7.2} s   ratio {ratio:.4} (1/{:.0}){misses}", 1.0 / ratio);
    }
    let stages: Vec<String> = stages.iter().map(|(stage, seconds)| format!("{stage} {seconds:.3}")).collect();
    println!("    the last one: {}", stages.join(", "));
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// In seconds.
fn timed(command: &mut Command) -> f64 {
    // What is still to be written from preparing it is not to be paid for by what is measured.
    run(&mut Command::new("sync")).expect(0);
    let started = Instant::now();
    let ended = command.output().expect("it starts");
    let time = started.elapsed();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    time.as_secs_f64()
}

fn shell(bench: &Bench, old: &Path, steps: &Path) -> f64 {
    let database = bench.path("shell.db");
    fs::copy(old, &database).expect("a copy");
    let steps = File::open(steps).expect("the steps");
    timed(Command::new("sqlite3").arg("-bail").arg(&database).stdin(steps))
}

fn reshape(bench: &Bench, old: &Path, new: &Path) -> f64 {
    let out = bench.path("reshaped.db");
    let _ = fs::remove_file(&out);
    let mut command = Command::new(HOLDFAST);
    command.arg("reshape").arg(old).arg("--schema").arg(new);
    timed(command.arg("--map").arg(mapping("eden.toml")).arg("--out").arg(out))
}

fn update(bench: &Bench, payload: &Path, updater: &Path) -> f64 {
    let (site, log) = (bench.path("site"), bench.path("log"));
    let _ = fs::remove_dir_all(&site).and_then(|()| fs::remove_file(&log));
    eden_update::site(bench, payload, &site);
    let mut command = Command::new(updater);
    let time = timed(command.arg("--silent").arg("--app").arg(&site).arg("--log").arg(&log));
    eden_update::assert_as_its_people_made_it(bench, &site.join(DATABASE));
    time
}
