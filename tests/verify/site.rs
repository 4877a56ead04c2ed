//! A site that is verified, and what was found. Each look holds that it changed nothing.

use crate::support::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A product whose rows refer to each other, with a site in 1.0.
pub struct Play {
    pub bench: Bench,
    pub payload: PathBuf,
    pub site: PathBuf,
}

/// What was found at a site.
pub struct Found {
    pub code: Option<i32>,
    pub report: Value,
}

/// Rows that point at things.
pub const PARTS: &str = "CREATE TABLE part (id INTEGER PRIMARY KEY, thing INTEGER REFERENCES thing);
INSERT INTO part VALUES (1, 1), (2, 2);\n";

impl Play {
    pub fn new() -> Play {
        let bench = Bench::in_memory();
        let site = bench.mini_site("world/site");
        let payload = bench.path("mini-payload");
        write(&payload.join("releases/1.0/main.sql"), [MINI_SQL, PARTS].concat());
        database(&site.join("data/mini.db"), PARTS);
        Play { bench, payload, site }
    }

    pub fn updated(words: &[&str]) -> Play {
        let play = Play::new();
        let updater = play.bench.pack(&play.payload, "update");
        update(&updater, &play.site, words).expect(0);
        play
    }

    pub fn database(&self) -> PathBuf {
        self.site.join("data/mini.db")
    }

    /// The database of another site, in place of this one's.
    pub fn takes_database_of(&self, other: &Play) {
        fs::copy(other.database(), self.database()).expect("a copy");
    }

    /// A file of the payload, in place of the site's.
    pub fn takes(&self, from: &str, path: &str) {
        write(&self.site.join(path), fs::read(self.payload.join(from).join(path)).expect("a file"));
    }

    pub fn verify(&self) -> Found {
        self.verify_with(&self.payload, &[])
    }

    /// Verifies, and holds that not a byte and not a time changed beside the site or in it.
    pub fn verify_with(&self, update: &Path, more: &[OsString]) -> Found {
        let world = self.bench.path("world");
        let before = bytes(&world);
        let ran = verify(update, &self.site, more);
        assert_eq!(bytes(&world), before, "verify changed something");
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", ran.stdout, ran.stderr));
        Found { code: ran.code, report }
    }
}

impl Found {
    pub fn findings(&self) -> Vec<&str> {
        let list = self.report["findings"].as_array().expect("findings");
        list.iter().map(|f| f["reason"].as_str().expect("a reason")).collect()
    }

    pub fn words(&self) -> String {
        self.report["findings"].to_string()
    }

    /// Exactly one whole pair.
    #[track_caller]
    pub fn is_whole(&self, pair: &str, version: &str) -> &Found {
        assert_eq!(self.findings(), Vec::<&str>::new(), "{:#}", self.report);
        assert_eq!((&self.report["pair"], &self.report["version"]), (&pair.into(), &version.into()));
        assert_eq!((self.code, &self.report["exit_code"]), (Some(0), &0.into()));
        self
    }

    #[track_caller]
    pub fn is(&self, pair: &str, reasons: &[&str]) -> &Found {
        assert_eq!(self.findings(), reasons, "{:#}", self.report);
        assert_eq!(self.report["pair"], pair, "{:#}", self.report);
        assert_eq!((self.code, &self.report["exit_code"]), (Some(20), &20.into()));
        self
    }

    #[track_caller]
    pub fn names(&self, words: &[&str]) {
        let said = self.words();
        for word in words {
            assert!(said.contains(word), "“{word}” is not in {said}");
        }
    }
}

pub fn verify(update: &Path, site: &Path, more: &[OsString]) -> Ran {
    run(Command::new(HOLDFAST)
        .arg("verify")
        .arg(update)
        .arg("--app")
        .arg(site)
        .arg("--json")
        .args(more))
}

/// Every file below a folder, Holdfast's own and side files included, with its time and its bytes.
pub fn bytes(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Option<String>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("metadata");
            let text = meta.is_file().then(|| hash(&fs::read(&path).expect("readable")));
            if meta.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path, (meta.modified().expect("a time"), text));
        }
    }
    found
}

pub fn option(path: &Path) -> [OsString; 2] {
    let mut value = OsString::from("main=");
    value.push(path);
    ["--database".into(), value]
}
