//! Each of the forty stories in `stories.md` is answered by a test that is there, or by why it cannot happen.

use std::fs;
use std::path::{Path, PathBuf};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The number, the story and the answer of each row.
fn stories() -> Vec<(u32, String, String)> {
    let text = fs::read_to_string(tests().join("stories.md")).expect("stories.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let row = |row: &str| {
        let mut cells = row.splitn(3, " | ").map(str::to_owned);
        let number = cells.next()?.parse().ok()?;
        Some((number, cells.next()?, cells.next()?))
    };
    rows.filter_map(row).collect()
}

/// Whether a test file, or a file in the folder of its name, has a test of that name.
fn is_there(file: &str, test: &str) -> bool {
    let parts = fs::read_dir(tests().join(file))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut files = parts.chain([tests().join(file).with_extension("rs")]);
    let signature = format!("#[test]\nfn {test}() {{");
    files.any(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(&signature)))
}

#[test]
fn every_story_is_answered() {
    let stories = stories();
    let numbers: Vec<u32> = stories.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    for (number, story, answer) in &stories {
        assert!(story.len() > 20, "story {number} is not told");
        let named: Vec<(&str, &str)> = answer
            .split('`')
            .skip(1)
            .step_by(2)
            .filter_map(|name| name.split_once("::"))
            .collect();
        for (file, test) in &named {
            assert!(is_there(file, test), "story {number}: there is no test “{test}” in {file}");
        }
        assert!(
            !named.is_empty() || answer.starts_with("cannot happen: "),
            "story {number} has no answer"
        );
    }
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    assert!(is_there("stories", "every_story_is_answered"));
    assert!(!is_there("stories", "nothing_can_go_wrong") && !is_there("nowhere", "every_story_is_answered"));
}
