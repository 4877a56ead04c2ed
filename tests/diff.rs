//! `holdfast diff` says every difference of two schemas, how grave it is, and what to do; it reads whatever has a schema, and changes nothing.

mod support;

#[path = "diff/bad.rs"]
mod bad;
#[path = "diff/guessed.rs"]
mod guessed;
#[path = "diff/kinds.rs"]
mod kinds;
#[path = "diff/real.rs"]
mod real;
#[path = "diff/sides.rs"]
mod sides;
#[path = "diff/symmetry.rs"]
mod symmetry;
#[path = "diff/terminal.rs"]
mod terminal;

use serde_json::Value;
use std::ffi::OsStr;
use std::process::Command;
use support::*;

/// Runs `holdfast diff`.
fn diff<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Ran {
    run(Command::new(HOLDFAST).arg("diff").args(arguments))
}

/// The report of two SQL texts.
fn report(old: &str, new: &str) -> Value {
    report_with(old, new, &[])
}

/// The same, with more on the command line.
#[track_caller]
fn report_with(old: &str, new: &str, more: &[&str]) -> Value {
    let bench = Bench::new();
    let (old_path, new_path) = (bench.path("old.sql"), bench.path("new.sql"));
    write(&old_path, old);
    write(&new_path, new);
    let mut words = vec![old_path.into_os_string(), new_path.into_os_string(), "--json".into()];
    words.push("--no-guess".into());
    words.extend(more.iter().map(Into::into));
    let ran = diff(words).expect(0);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// The findings of a report, each as `level kind change table.name`.
fn findings(report: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |f: &Value| {
        let subject = &f["subject"];
        let new_table = if subject["new_table"].is_null() {
            String::new()
        } else {
            format!("→{}", word(&subject["new_table"]))
        };
        let name = if subject["name"].is_null() {
            String::new()
        } else {
            format!(".{}", word(&subject["name"]))
        };
        let by_site = if f["by_site"] == true { " by site" } else { "" };
        let [level, kind, change] = ["level", "kind", "change"].map(|k| word(&f[k]));
        format!("{level} {kind} {change} {}{new_table}{name}{by_site}", word(&subject["table"]))
    };
    report["findings"].as_array().expect("findings").iter().map(line).collect()
}
