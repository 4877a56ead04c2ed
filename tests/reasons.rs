//! The contract of failures: the README lists every reason and every exit code, and nothing else.

use holdfast::failure::{Class, Exit, Reason, WindowsCode};
use std::fs;
use std::path::Path;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md")
}

/// The rows of the README's table under a heading, each as its cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = readme();
    let from = text.find(heading).unwrap_or_else(|| panic!("README.md has no “{heading}”"));
    let rows = text[from..]
        .lines()
        .skip_while(|l| !l.starts_with('|'))
        .take_while(|l| l.starts_with('|'))
        .skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

#[test]
fn the_readme_lists_every_reason_with_its_meaning() {
    let expected: Vec<Vec<String>> = Reason::ALL
        .iter()
        .map(|reason| {
            let exit = match reason.class() {
                Class::Usage => "2",
                Class::Plain => "20, 30 or 40",
                Class::Busy => "50",
                Class::Cancelled => "60",
            };
            vec![format!("`{}`", reason.code()), exit.to_owned(), reason.meaning().to_owned()]
        })
        .collect();
    assert_eq!(table("### Reasons"), expected);
}

#[test]
fn the_readme_lists_every_exit_code() {
    let expected: Vec<Vec<String>> = Exit::ALL
        .iter()
        .map(|(exit, meaning)| vec![(*exit as i32).to_string(), (*meaning).to_owned()])
        .collect();
    assert_eq!(table("### Exit codes"), expected);
}

#[test]
fn the_readme_lists_every_exit_code_on_windows() {
    let expected: Vec<Vec<String>> = WindowsCode::ALL
        .iter()
        .map(|(code, meaning)| vec![(*code as i32).to_string(), (*meaning).to_owned()])
        .collect();
    assert_eq!(table("On Windows a process returns"), expected);
}

#[test]
fn reasons_and_codes_are_each_there_once() {
    let mut codes: Vec<&str> = Reason::ALL.iter().map(|r| r.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
    let mut numbers: Vec<i32> = Exit::ALL.iter().map(|(e, _)| *e as i32).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), Exit::ALL.len());
}
