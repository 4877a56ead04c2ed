//! Kill storms of the Windows program that ships, under Wine: the update, its recovery and the rollback are ended at random times, while a
//! shop on this system's side sells to the same database; Wine gives SQLite's locks on to it. `HOLDFAST_PROOF=nightly` makes it large.

mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::matrix::Player;
use support::storm::*;
use support::wine::{Wine, is_lost, lost, pack, updater};
use support::*;

/// The Windows program, in a prefix for each of the two threads of a sweep.
struct Windows {
    wines: [Wine; 2],
    roots: [PathBuf; 2],
    lost: AtomicUsize,
}

impl Windows {
    fn new(bench: &Bench) -> Windows {
        let wines = [Wine::in_memory(), Wine::in_memory()];
        let roots = [0, 1].map(|n| wines[n].home().join("storm"));
        pack(&bench.mini_payload(), &updater(), &bench.path("update.exe"));
        for root in &roots {
            write(&root.join("update.exe"), std::fs::read(bench.path("update.exe")).expect("packed"));
        }
        let lost = AtomicUsize::new(0);
        Windows { wines, roots, lost }
    }

    fn prefix(&self, folder: &Path) -> usize {
        let found = self.roots.iter().position(|root| folder.starts_with(root));
        found.expect("a folder of this test")
    }

    fn words(words: &[OsString]) -> Vec<OsString> {
        [words, &["--exit-codes".into(), "own".into()]].concat()
    }
}

impl Player for Windows {
    fn matrix(&self) -> &'static str {
        "under Wine"
    }
    /// Of neighbours one is in each prefix: the two threads of a sweep take one after the other.
    fn place(&self, name: &str) -> PathBuf {
        let n = name.bytes().map(usize::from).sum::<usize>() % 2;
        self.roots[n].join(name)
    }
    fn seen(&self, path: &Path) -> OsString {
        self.wines[self.prefix(path)].seen(path).into()
    }
    fn run(&self, folder: &Path, words: &[OsString], environment: &[(&str, String)]) -> Ran {
        let n = self.prefix(folder);
        let (program, words) = (self.roots[n].join("update.exe"), Windows::words(words));
        let ran = self.wines[n].run_within(Duration::from_secs(60), &program, &words, environment);
        ran.unwrap_or_else(|| {
            self.lost.fetch_add(1, Ordering::SeqCst);
            lost()
        })
    }
    fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Starter for Windows {
    fn command(&self, folder: &Path, words: &[OsString]) -> Command {
        let n = self.prefix(folder);
        let mut command = self.wines[n].program(&self.roots[n].join("update.exe"));
        command.args(Windows::words(words));
        command
    }
    fn was_lost(&self, ran: &Ran) -> bool {
        let is_lost = is_lost(ran);
        self.lost.fetch_add(usize::from(is_lost), Ordering::SeqCst);
        is_lost
    }
}

fn play(weather: &Weather) {
    let bench = Bench::new();
    let player = Windows::new(&bench);
    storms(&bench, &player, weather, if is_nightly() { 1_000 } else { 20 });
}

#[test]
fn an_update_and_its_recovery_ended_at_any_time() {
    play(&UPDATE);
}

#[test]
fn a_rollback_and_its_recovery_ended_at_any_time() {
    play(&ROLLBACK);
}
