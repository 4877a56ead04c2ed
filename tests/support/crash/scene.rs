//! The runs that are recorded: a site, what is done to it, and what must come of it.

use super::{Judge, Pair, Trace, record};
use crate::support::matrix::{inside, outside_with_log, write_since};
use crate::support::{Bench, project, update};
use holdfast::disk::simulated::{Op, Tree};
use holdfast::swap::Plan;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A run that was recorded.
pub struct Scene {
    pub name: &'static str,
    pub verb: &'static str,
    /// Holds everything; goes with the scene.
    pub bench: Bench,
    /// The folder that was recorded, with the site and what lies beside it.
    pub folder: PathBuf,
    pub updater: PathBuf,
    pub trace: Trace,
    pub judge: Judge,
    /// What the run moves; for a run that moves nothing, what the one before it moved.
    pub plan: Plan,
    /// Where the database is, below the folder.
    pub database: &'static str,
}

/// Where a database is that lies outside of the application folder.
const ELSEWHERE: &str = "elsewhere/mini.db";

/// The updater that ships, packed with the small product.
pub fn shipped(bench: &Bench) -> PathBuf {
    let stub = project().join("target/stub/release/updater");
    assert!(
        stub.is_file(),
        "“{}” is missing: cargo build --release --no-default-features --bin updater --target-dir target/stub",
        stub.display()
    );
    bench.pack_with(&bench.mini_payload(), "update", &stub)
}

impl Scene {
    /// The small product's update, its database in the application folder.
    pub fn update(updater: impl FnOnce(&Bench) -> PathBuf, environment: &[(&str, &str)]) -> Scene {
        let bench = Bench::in_memory();
        let (updater, folder) = (updater(&bench), inside(&bench));
        Scene::record("update", bench, updater, folder, "update", environment)
    }

    /// The same with a database elsewhere, in WAL mode, with a row that is only in the log.
    pub fn update_elsewhere(updater: impl FnOnce(&Bench) -> PathBuf) -> Scene {
        let bench = Bench::in_memory();
        let (updater, folder) = (updater(&bench), outside_with_log(&bench));
        Scene::record("update elsewhere", bench, updater, folder, "update", &[])
    }

    /// The way back, after a row was written with the new version.
    pub fn rollback(updater: impl FnOnce(&Bench) -> PathBuf) -> Scene {
        let bench = Bench::in_memory();
        let (updater, folder) = (updater(&bench), inside(&bench));
        update(&updater, &folder.join("site"), &[]).expect(0);
        write_since(&folder);
        Scene::record("rollback", bench, updater, folder, "rollback", &[])
    }

    /// A held version that people confirm.
    pub fn confirm(updater: impl FnOnce(&Bench) -> PathBuf) -> Scene {
        let bench = Bench::in_memory();
        let (updater, folder) = (updater(&bench), inside(&bench));
        update(&updater, &folder.join("site"), &["--hold"]).expect(0);
        Scene::record("confirm", bench, updater, folder, "confirm", &[])
    }

    fn record(
        name: &'static str,
        bench: Bench,
        updater: PathBuf,
        folder: PathBuf,
        verb: &'static str,
        environment: &[(&str, &str)],
    ) -> Scene {
        let database = if name == "update elsewhere" {
            ELSEWHERE
        } else {
            "site/data/mini.db"
        };
        let mut command = words(&updater, &folder, verb, database);
        let (ran, trace) = record(&folder, command.envs(environment.iter().copied()));
        ran.expect(0);
        let staged = trace.staged().map(|staged| staged.plan);
        let plan = staged.or_else(|| last_plan(&trace.after)).expect("a run says what it moves");
        Scene {
            name,
            verb,
            judge: Judge::of(&trace, "site/start"),
            bench,
            folder,
            updater,
            trace,
            plan,
            database,
        }
    }

    /// Whoever is told of the run's success must find this pair.
    pub fn promised(&self) -> Option<Pair> {
        Some(Pair::New)
    }

    pub fn app(&self) -> PathBuf {
        self.folder.join("site")
    }

    /// A command of the updater on the folder.
    pub fn command(&self, verb: &str) -> Command {
        words(&self.updater, &self.folder, verb, self.database)
    }

    /// What was there when the stage was complete, before the journal said so, and what was done from then on until the journal was closed.
    pub fn swap(&self) -> (Tree, &[Op]) {
        let changes = |op: &Op, name: &str, is_there: bool| match op {
            Op::Entries(entries) => entries.iter().any(|e| e.name == name && e.to.is_some() == is_there),
            _ => false,
        };
        let ops = &self.trace.ops;
        let from = ops
            .iter()
            .position(|op| changes(op, "plan.json.partial", true))
            .expect("a spare plan");
        let from = from - 1;
        let to = ops
            .iter()
            .position(|op| changes(op, "journal.jsonl", false))
            .expect("the journal goes");
        let flushes = ops[to + 1..].iter().take_while(|op| op.is_flush()).count();
        let mut tree = self.trace.before.clone();
        ops[..from].iter().for_each(|op| tree.apply(op));
        (tree, &ops[from..=to + flushes])
    }
}

fn words(updater: &Path, folder: &Path, verb: &str, database: &str) -> Command {
    let mut command = Command::new(updater);
    command.arg(verb).arg("--app").arg(folder.join("site")).arg("--silent");
    command.arg("--log").arg(folder.join("log.txt"));
    if verb == "rollback" {
        command.arg("--discard-newer");
    }
    if verb == "update" && database == ELSEWHERE {
        let mut option = std::ffi::OsString::from("main=");
        option.push(folder.join(database));
        command.arg("--database").arg(option);
    }
    command
}

/// The plan of the run whose snapshot is kept.
fn last_plan(tree: &Tree) -> Option<Plan> {
    let mut found = None;
    tree.walk(&mut |path, node| {
        if let holdfast::disk::simulated::Node::File { content, .. } = node
            && path.ends_with(holdfast::swap::SNAPSHOT)
        {
            found = serde_json::from_slice::<holdfast::swap::Snapshot>(content.bytes())
                .ok()
                .map(|snapshot| snapshot.plan);
        }
    });
    found
}
