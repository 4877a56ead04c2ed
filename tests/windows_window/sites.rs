//! What stands at a site, as this system sees it, and the two worlds that are allowed: exactly the old pair, or exactly the new one.

use crate::support::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A site as it was.
pub struct Site {
    pub path: PathBuf,
    database: PathBuf,
    before: (BTreeMap<String, String>, String),
    /// The payload's folder of the new code.
    code: PathBuf,
    /// A query that only the new data answers, and its answer.
    proof: (&'static str, String),
}

impl Site {
    /// Of the small product.
    pub fn mini(path: PathBuf, bench: &Bench) -> Site {
        let code = bench.path("mini-payload/code");
        Site::new(
            path,
            "data/mini.db",
            code,
            ("SELECT group_concat(name || colour) FROM item", "lampred,chairnone".to_owned()),
        )
    }

    /// Of the sample product.
    pub fn relief(path: PathBuf) -> Site {
        let people = ask(&path.join("data/relief.db"), "SELECT count(*) FROM person");
        let proof = ("SELECT count(*) FROM person JOIN household ON household.id = household_id", people);
        Site::new(path, "data/relief.db", project().join("payload/code"), proof)
    }

    fn new(path: PathBuf, database: &str, code: PathBuf, proof: (&'static str, String)) -> Site {
        let database = path.join(database);
        Site {
            before: (code_of(&path), content(&database)),
            path,
            database,
            code,
            proof,
        }
    }

    /// Does something to the data, as the application does.
    pub fn write(&self, sql: &str) {
        let open = rusqlite::Connection::open(&self.database).expect("a database");
        open.execute_batch(sql).expect("a change");
    }

    /// What `write` has done belongs to the site from now on.
    pub fn with(self, sql: &str) -> Site {
        self.write(sql);
        Site {
            before: (code_of(&self.path), content(&self.database)),
            ..self
        }
    }

    /// While the updater keeps others from the data.
    #[track_caller]
    pub fn expect_old_code(&self) {
        assert_eq!(code_of(&self.path), self.before.0);
    }

    #[track_caller]
    pub fn expect_old(&self) {
        self.expect_old_code();
        assert_eq!(content(&self.database), self.before.1);
    }

    #[track_caller]
    pub fn expect_new(&self) {
        for (path, what) in bytes(tree(&self.code)) {
            let now = bytes(code_of(&self.path));
            assert_eq!(now.get(&path), Some(&what), "{path}");
        }
        let version = fs::read_to_string(self.path.join("VERSION")).expect("VERSION");
        assert_eq!(version.trim(), "2.0");
        assert_eq!(ask(&self.database, "PRAGMA integrity_check"), "ok");
        assert_eq!(ask(&self.database, self.proof.0), self.proof.1);
    }

    /// Fails the test unless the result file tells this state and exit code.
    #[track_caller]
    pub fn expect_result(&self, state: &str, code: i32) {
        let request = &result(&self.path)["request"];
        assert_eq!(
            (request["state"].as_str(), request["exit_code"].as_i64()),
            (Some(state), Some(code.into())),
            "{request:#}"
        );
    }
}

/// All but the data, with Holdfast's own folder left out.
fn code_of(site: &Path) -> BTreeMap<String, String> {
    tree(site).into_iter().filter(|(path, _)| !path.starts_with("data/")).collect()
}

/// Modes are left out, which Windows does not know.
fn bytes(tree: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let hash = |what: String| what.rsplit(' ').next().unwrap_or_default().to_owned();
    tree.into_iter().map(|(path, what)| (path, hash(what))).collect()
}
