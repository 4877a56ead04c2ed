//! What the toolkit says of itself: help with examples that can be typed, completion, manual pages, and the next command after a mistake.

mod support;

use clap::Command as Clap;
use std::path::Path;
use std::process::Command;
use support::{Bench, HOLDFAST, Ran, run};

/// Each command that is shown, with the words that lead to it.
fn commands() -> Vec<(String, Clap)> {
    let mut open = vec![("holdfast".to_owned(), ::holdfast::toolkit::command())];
    let mut found = Vec::new();
    while let Some((words, command)) = open.pop() {
        let shown = command.get_subcommands().filter(|c| !c.is_hide_set());
        open.extend(shown.map(|c| (format!("{words} {}", c.get_name()), c.clone())));
        found.push((words, command));
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

fn names() -> Vec<String> {
    let all = commands()
        .into_iter()
        .filter_map(|(words, _)| words.strip_prefix("holdfast ").map(str::to_owned));
    all.collect()
}

fn holdfast(words: &[&str]) -> Ran {
    run(Command::new(HOLDFAST).args(words))
}

/// Runs a command as it is typed, with one more word.
fn said(words: &str, more: &str) -> String {
    let words: Vec<&str> = words.split(' ').skip(1).chain([more]).collect();
    holdfast(&words).expect(0).stdout
}

/// The examples in a help text.
fn examples(help: &str) -> Vec<String> {
    let (_, after) = help.split_once("\nExamples").unwrap_or_default();
    let lines = after.lines().skip(1).map(str::trim).filter(|l| !l.is_empty());
    lines.map(str::to_owned).collect()
}

/// The words that a shell makes of an example, up to where its output goes into a file or another program.
fn words_of(example: &str) -> Vec<String> {
    let line = [" | ", " > ", " >> "]
        .iter()
        .fold(example, |line, cut| line.split(cut).next().unwrap_or(line));
    let script = format!("holdfast() {{ printf '%s\\n' holdfast \"$@\"; }}\n{line}");
    let ran = run(Command::new("bash").args(["-c", &script])).expect(0);
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn every_command_has_examples_that_can_be_typed() {
    for (words, _) in commands() {
        let examples = examples(&said(&words, "--help"));
        assert!(!examples.is_empty(), "`{words} --help` has no examples");
        for example in examples {
            let typed = words_of(&example);
            let begins: Vec<String> = words.split(' ').map(str::to_owned).collect();
            assert!(
                typed.starts_with(&begins),
                "`{words} --help` has an example of something else: {example}"
            );
            // To be asked for help is no error.
            if let Err(error) = ::holdfast::toolkit::command().try_get_matches_from(&typed)
                && error.use_stderr()
            {
                panic!("`{words} --help`: {example}\n{error}");
            }
        }
    }
}

#[test]
fn the_short_help_is_short() {
    for (words, _) in commands() {
        let short = said(&words, "-h");
        assert!(!short.contains("Examples"), "{words}: {short}");
        assert!(short.len() < said(&words, "--help").len(), "{words}");
    }
}

#[test]
fn every_command_and_option_says_what_it_is() {
    for (words, command) in commands() {
        assert!(command.get_about().is_some(), "{words}");
        for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
            assert!(argument.get_help().is_some(), "{words}: {}", argument.get_id());
        }
    }
}

/// What bash offers when the last of some words is completed.
fn completed(script: &Path, words: &[&str]) -> Vec<String> {
    let line = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _holdfast holdfast \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1
    );
    let ran = run(Command::new("bash").args(["--norc", "-c", &line])).expect(0);
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    let bench = Bench::new();
    let script = bench.path("holdfast.bash");
    std::fs::write(&script, holdfast(&["completion", "bash"]).expect(0).stdout).expect("written");
    let mut expected: Vec<String> = names().into_iter().filter(|n| n.starts_with("re")).collect();
    let mut offered = completed(&script, &["holdfast", "re"]);
    expected.sort();
    offered.sort();
    assert_eq!(offered, expected);
    assert!(expected.contains(&"release".to_owned()));
    assert_eq!(completed(&script, &["holdfast", "pack", "--unre"]), ["--unrehearsed"]);
    assert_eq!(completed(&script, &["holdfast", "completion", "po"]), ["powershell"]);
    assert_eq!(completed(&script, &["holdfast", "import", "rows.zip", "--mode", "ups"]), ["upsert"]);
}

#[test]
fn every_shell_is_told_of_every_command_and_of_no_hidden_one() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = holdfast(&["completion", shell]).expect(0).stdout;
        for name in names() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
        assert!(!script.contains("demo-update"), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let bench = Bench::new();
    let folder = bench.path("man1");
    holdfast(&["man", "--out", &folder.to_string_lossy()]).expect(0);
    let mut pages: Vec<String> = names()
        .iter()
        .map(|n| format!("holdfast-{n}.1"))
        .chain(["holdfast.1".to_owned()])
        .collect();
    pages.sort();
    let written = std::fs::read_dir(&folder).expect("pages").map(|e| e.expect("a page").file_name());
    let mut written: Vec<String> = written.map(|n| n.to_string_lossy().into_owned()).collect();
    written.sort();
    assert_eq!(written, pages);
    for page in &pages {
        let text = std::fs::read_to_string(folder.join(page)).expect("a page");
        lint(&folder.join(page), &text);
        let words = page.trim_end_matches(".1").replacen('-', " ", 1);
        let name = words.split(' ').nth(1);
        let printed = holdfast(&["man"].into_iter().chain(name).collect::<Vec<_>>()).expect(0).stdout;
        assert_eq!(printed, text, "{page}");
        let examples = examples(&said(&words, "--help"));
        let told = text.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\\\", "\\");
        for example in examples {
            assert!(told.lines().any(|line| line == example), "{page}: {example}\n{text}");
        }
    }
    holdfast(&["man", "demo-update"]).expect(20);
}

/// A page is whole: its sections are there, in order, and what formats pages here, if anything does, has nothing to say about it.
fn lint(path: &Path, text: &str) {
    let mut rest = text;
    for part in [
        ".TH ",
        "\n.SH NAME\n",
        "\n.SH SYNOPSIS\n",
        "\n.SH DESCRIPTION\n",
        "\n.SH OPTIONS\n",
        "\n.SH EXAMPLES\n.nf\n",
        "\n.fi\n",
    ] {
        rest = match rest.split_once(part) {
            Some((_, rest)) => rest,
            None => panic!("{part:?} is not in “{}”: {text}", path.display()),
        };
    }
    let page = path.to_string_lossy();
    for (program, words) in [
        ("mandoc", vec!["-Tlint", "-Werror", &page]),
        ("groff", vec!["-man", "-ww", "-z", "-Kutf8", "-Tutf8", &page]),
    ] {
        if let Ok(output) = Command::new(program).args(&words).output() {
            assert!(output.status.success() && output.stderr.is_empty(), "{program} {page}: {output:?}");
        }
    }
}

#[test]
fn a_command_that_is_not_there_is_answered_with_the_near_one() {
    let ran = holdfast(&["pck"]).expect(2);
    assert!(ran.stderr.contains("pack"), "{ran:?}");
}
