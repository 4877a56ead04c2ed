//! The report: one command runs every sweep, says what was tried and what was found, and leaves it as a page, `target/proof/report.html`.
//!
//!     cargo test --features mutants,wine --test proof
//!     HOLDFAST_PROOF=nightly cargo test --features mutants,wine --test proof
//!
//! Without `wine` the sweeps under Wine are left out, and the page says so; with names (`-- simulation replay`) all others are, too. A sweep
//! that fails does not keep the others from being run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// The test files that are sweeps, and the features with which their programs are built: those without any are for what ships.
const SWEEPS: [(&str, &str); 8] = [
    ("simulation", "mutants"),
    ("replay", "mutants"),
    ("mutants", "mutants"),
    ("crash_matrix", "mutants"),
    ("import_crash", "mutants"),
    ("full_disk", ""),
    ("power_cut", ""),
    ("kill_storm", ""),
];
const SWEEPS_UNDER_WINE: [(&str, &str); 3] = [
    ("windows_crash", "mutants,wine"),
    ("windows_replay", "mutants,wine"),
    ("windows_storm", "mutants,wine"),
];

/// What no sweep here can show.
const NOT_SHOWN: [&str; 4] = [
    "No power was cut on a real NTFS volume: what is believed of Windows is that the flush of a file commits what was done before, and that of a folder nothing.",
    "No disk that says a flush is done when it is not: nothing on the disk is safe there, and nobody can tell.",
    "No FAT or exFAT volume: renames in halves are shown to lose an application, and such volumes are refused.",
    "No two machines that use one network folder at a time.",
];

fn main() -> ExitCode {
    // Cargo asks every test file for its tests.
    if std::env::args().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = project.join("target/proof");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the report");
    let began = Instant::now();
    let with_wine = cfg!(feature = "wine");
    let wine: &[(&str, &str)] = if with_wine { &SWEEPS_UNDER_WINE } else { &[] };
    let mut failed = Vec::new();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    for (name, features) in SWEEPS.iter().chain(wine).filter(|(name, _)| is_wanted(name)) {
        println!("== {name}");
        if !passes(&project, name, features) {
            failed.push(*name);
        }
    }
    let sweeps = figures(&folder);
    let mut not_shown: Vec<String> = NOT_SHOWN.iter().map(|&line| line.to_owned()).collect();
    if !with_wine {
        not_shown.push("This run left the sweeps under Wine out.".to_owned());
    }
    if !wanted.is_empty() {
        not_shown.push(format!("This run was of {} alone.", wanted.join(", ")));
    }
    let page = page(&sweeps, &failed, began.elapsed().as_secs(), &not_shown);
    let to = folder.join("report.html");
    fs::write(&to, page).expect("the report can be written");
    println!();
    for sweep in sweeps.values() {
        println!("{}", line(sweep));
    }
    println!("{}", sums(&sweeps));
    failed.iter().for_each(|name| println!("FAILED: {name}"));
    println!("The page is “{}”.", to.display());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn passes(project: &Path, name: &str, features: &str) -> bool {
    // With the features of the sweeps under Wine everything is compiled once.
    let features = if cfg!(feature = "wine") && features == "mutants" {
        "mutants,wine"
    } else {
        features
    };
    let status = Command::new(env!("CARGO"))
        .current_dir(project)
        .args(["test", "--features", features, "--test", name, "--", "--nocapture"])
        .status();
    status.is_ok_and(|status| status.success())
}

type Figures = BTreeMap<String, serde_json::Value>;

fn figures(folder: &Path) -> Figures {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| serde_json::from_slice(&fs::read(file.path()).ok()?).ok())
        .map(|figures: serde_json::Value| (text(&figures["sweep"]), figures))
        .collect()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// What else was counted, in words.
fn more(sweep: &serde_json::Value) -> String {
    let pairs = sweep["more"].as_array().into_iter().flatten();
    let said = pairs.map(|pair| format!("{} {}", number(&pair[1]), text(&pair[0])));
    said.collect::<Vec<_>>().join(", ")
}

fn line(sweep: &serde_json::Value) -> String {
    format!(
        "{}: {} {}, {}; {} wrong; {:.0} s",
        text(&sweep["sweep"]),
        number(&sweep["tried"]),
        text(&sweep["unit"]),
        more(sweep),
        number(&sweep["wrong"]),
        sweep["seconds"].as_f64().unwrap_or_default()
    )
}

/// Sweeps that have to find something do not count as states of what ships.
fn is_control(sweep: &serde_json::Value) -> bool {
    more(sweep).contains("expected")
}

fn sums(sweeps: &Figures) -> String {
    let mut tried: BTreeMap<String, u64> = BTreeMap::new();
    let mut wrong = 0;
    for sweep in sweeps.values().filter(|sweep| !is_control(sweep)) {
        *tried.entry(text(&sweep["unit"])).or_default() += number(&sweep["tried"]);
        wrong += number(&sweep["wrong"]);
    }
    let said = tried.iter().map(|(unit, n)| format!("{n} {unit}"));
    format!("In all: {}; {wrong} wrong.", said.collect::<Vec<_>>().join(", "))
}

fn page(sweeps: &Figures, failed: &[&str], seconds: u64, not_shown: &[String]) -> String {
    let mut rows = String::new();
    for sweep in sweeps.values() {
        let list = |key: &str| -> String {
            let lines = sweep[key].as_array().into_iter().flatten();
            lines.map(|line| format!("<br><small>{}</small>", escape(&text(line)))).collect()
        };
        let examples = if is_control(sweep) || number(&sweep["wrong"]) == 0 {
            String::new()
        } else {
            list("examples")
        };
        rows += &format!(
            "<tr><td>{}<br><small>{}</small>{}{examples}</td><td>{} {}</td><td>{}</td><td>{}</td><td>{:.0} s</td></tr>\n",
            escape(&text(&sweep["sweep"])),
            escape(&text(&sweep["shows"])),
            list("notes"),
            number(&sweep["tried"]),
            escape(&text(&sweep["unit"])),
            escape(&more(sweep)),
            number(&sweep["wrong"]),
            sweep["seconds"].as_f64().unwrap_or_default(),
        );
    }
    let size = sweeps.values().next().map(|sweep| text(&sweep["size"])).unwrap_or_default();
    let items = |lines: &[String]| -> String { lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect() };
    let failed: Vec<String> = failed.iter().map(|name| format!("“{name}” failed")).collect();
    format!(
        "<!doctype html><meta charset=utf-8><title>Holdfast: what was tried</title>
<style>body{{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}}td{{border-top:1px solid #ccc;padding:.3em .8em .3em 0;vertical-align:top}}</style>
<h1>What was tried, and what was found</h1>
<p>{} Size: {size}; {seconds} s with all builds.</p><ul>{}</ul>
<table><tr><th>sweep<th>tried<th>found<th>wrong<th>time</tr>
{rows}</table>
<h2>What was not shown</h2><ul>
{}</ul>
",
        escape(&sums(sweeps)),
        items(&failed),
        items(not_shown)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
