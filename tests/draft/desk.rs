//! A release manager's desk for a test: a payload, two schemas, and the draft between them.

use crate::support::*;
use std::path::PathBuf;
use std::process::Command;

pub struct Desk {
    pub bench: Bench,
    pub payload: PathBuf,
    old: String,
}

impl Desk {
    /// Two scripts; the old one is made a database if it has rows.
    pub fn new(old: &str, new: &str) -> Desk {
        let bench = Bench::new();
        let payload = bench.mini_payload();
        std::fs::remove_dir_all(payload.join("migrations/2.0")).expect("no steps yet");
        database(&bench.path("old.db"), old);
        write(&bench.path("new.sql"), new);
        Desk {
            payload,
            bench,
            old: "old.db".to_owned(),
        }
    }

    pub fn draft(&self, more: &[&str]) -> Ran {
        run(Command::new(HOLDFAST)
            .arg("draft")
            .args([self.bench.path(&self.old), self.bench.path("new.sql")])
            .arg("--payload")
            .arg(&self.payload)
            .args(more))
    }

    /// Runs what is drafted, into `out.db`.
    pub fn migrate(&self) -> Ran {
        run(Command::new(HOLDFAST)
            .arg("migrate")
            .arg(self.bench.path("old.db"))
            .arg("--payload")
            .arg(&self.payload)
            .arg("--force")
            .arg("--out")
            .arg(self.bench.path("out.db")))
    }

    fn file(&self) -> PathBuf {
        self.payload.join("migrations/2.0/10-schema.reshape/mapping.toml")
    }

    pub fn mapping(&self) -> String {
        std::fs::read_to_string(self.file()).expect("a mapping")
    }

    /// Writes a line in the place of the first `ask` behind some words.
    #[track_caller]
    pub fn answer(&self, behind: &str, line: &str) {
        let text = self.mapping();
        let at = text.find(behind).unwrap_or_else(|| panic!("{behind} is not in\n{text}")) + behind.len();
        let ask = at + text[at..].find("ask = ").expect("a question");
        let end = ask + text[ask..].find('\n').expect("a line") + 1;
        let line = if line.is_empty() { String::new() } else { format!("{line}\n") };
        write(&self.file(), format!("{}{line}{}", &text[..ask], &text[end..]));
    }

    #[track_caller]
    pub fn replace(&self, from: &str, to: &str) {
        replace(&self.file(), from, to);
    }
}
