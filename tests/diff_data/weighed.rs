//! Two schemas, rows in the old one, and what `holdfast diff --json` says of them.

use crate::support::{Bench, HOLDFAST, Ran, run, write};
use rusqlite::Connection;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// An old database and a new schema.
pub struct Case {
    _bench: Bench,
    pub old: PathBuf,
    pub new: PathBuf,
}

/// What is said of one difference.
pub struct Said(pub Value);

impl Case {
    pub fn new(old: &str, new: &str) -> Case {
        let bench = Bench::new();
        let (old_path, new_path) = (bench.path("old.db"), bench.path("new.sql"));
        let database = Connection::open(&old_path).expect("a database");
        database
            .execute_batch(&format!("PRAGMA foreign_keys=OFF;{old}"))
            .expect("the old schema");
        write(&new_path, new);
        Case {
            _bench: bench,
            old: old_path,
            new: new_path,
        }
    }

    pub fn run(&self, more: &[&str]) -> Ran {
        let (old, new) = (self.old.to_str().expect("a path"), self.new.to_str().expect("a path"));
        run(Command::new(HOLDFAST).args(["diff", old, new]).args(more))
    }

    pub fn findings(&self, more: &[&str]) -> Vec<Value> {
        let ran = self.run(&[&["--json"], more].concat()).expect(0);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        report["findings"].as_array().expect("findings").clone()
    }

    /// The difference of that kind and change.
    #[track_caller]
    pub fn said(&self, kind: &str, change: &str) -> Said {
        self.said_with(kind, change, &[])
    }

    #[track_caller]
    pub fn said_with(&self, kind: &str, change: &str, more: &[&str]) -> Said {
        let findings = self.findings(more);
        let mut is_it = findings.iter().filter(|f| f["kind"] == kind && f["change"] == change);
        let found = is_it.next().unwrap_or_else(|| panic!("no {kind} {change}: {findings:#?}"));
        assert!(is_it.next().is_none(), "two of {kind} {change}: {findings:#?}");
        Said(found.clone())
    }
}

impl Said {
    /// Its level, rows affected, rows of the table, and the sentence.
    #[track_caller]
    pub fn is(self, level: &str, rows: u64, of: u64, sentence: &str) -> Said {
        let weight = &self.0["weight"];
        let said = (
            self.0["level"].as_str(),
            weight["rows"].as_u64(),
            weight["of"].as_u64(),
            weight["sentence"].as_str(),
        );
        assert_eq!(said, (Some(level), Some(rows), Some(of), Some(sentence)), "{:#}", self.0);
        self
    }

    /// Its samples: `key: value → becomes`.
    #[track_caller]
    pub fn shows(self, expected: &[&str]) -> Said {
        assert_eq!(self.samples(), expected, "{:#}", self.0);
        self
    }

    pub fn samples(&self) -> Vec<String> {
        let samples = self.0["weight"]["samples"].as_array().cloned().unwrap_or_default();
        let text = |s: &Value| {
            let becomes = s["becomes"].as_str().map_or_else(String::new, |b| format!(" → {b}"));
            format!(
                "{}: {}{becomes}",
                s["key"].as_str().expect("a key"),
                s["value"].as_str().expect("a value")
            )
        };
        samples.iter().map(text).collect()
    }

    /// It kept its level, and says why nothing was counted.
    #[track_caller]
    pub fn goes_unweighed(self, level: &str, why: &str) {
        assert!(self.0["weight"].is_null(), "{:#}", self.0);
        assert_eq!(self.0["level"], level, "{:#}", self.0);
        let sentence = self.0["sentence"].as_str().expect("a sentence");
        assert!(sentence.ends_with(&format!("It was not weighed on the data: {why}.")), "{sentence}");
    }
}
