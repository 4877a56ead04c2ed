//! Somebody opens a file in the middle of the swap, and keeps it for a while or for ever. Who lets go while the updater waits is not
//! noticed; who stays makes it go back, and is told of. The site is judged right after the run, before any recovery.

use crate::play::{Play, number};
use crate::support::proof::{Sweep, is_nightly};
use crate::support::wine::until;
use crate::support::*;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// All combinations of the modes, and a file in memory.
const SHARES: [&str; 9] = ["-", "r", "w", "d", "rw", "rd", "wd", "rwd", "rwdx"];

/// A file, and the rename before which it is opened: the first of all, the one before its own turn, or its own.
const MOMENTS: [(&str, &str); 7] = [
    ("VERSION", "start"),
    ("VERSION", "VERSION"),
    ("data/mini.db", "start"),
    ("shared/other.txt", "gone"),
    (".holdfast/new/VERSION", "data/mini.db"),
    (".holdfast/new/start.cmd", ".holdfast/new/start"),
    (".holdfast/new/data/mini.db", "data/mini.db"),
];

#[derive(Clone, Copy, Debug)]
struct Case {
    file: &'static str,
    moment: &'static str,
    share: &'static str,
    /// Or it lets go when the updater has tried twice.
    for_ever: bool,
}

impl Case {
    /// In CI each moment meets some of the modes, each others; in a nightly run all.
    fn all() -> Vec<Case> {
        let chosen = |k: usize, j: usize| is_nightly() || (k + j).is_multiple_of(4);
        let of = |k: usize| (0..SHARES.len()).filter(move |j| chosen(k, *j)).map(move |j| (k, j));
        let ways = (0..MOMENTS.len()).flat_map(of);
        let cases = ways.flat_map(|(k, j)| {
            [false, true].map(|for_ever| Case {
                file: MOMENTS[k].0,
                moment: MOMENTS[k].1,
                share: SHARES[j],
                for_ever,
            })
        });
        cases.collect()
    }

    /// What Windows lets others rename is not in the way.
    fn lets_rename(&self) -> bool {
        self.share.contains('d')
    }
}

/// What came of a run.
struct Outcome {
    ran: Ran,
    /// How often the file's rename was tried.
    attempts: usize,
    /// Whether the file became free while its rename was tried.
    is_waited_for: bool,
}

/// The updater stops before an operation until somebody else has opened a file.
fn opened(play: &Play, operations: &[String], case: Case) -> Result<Outcome, String> {
    let run = play.wine.next();
    let at = |name: &str| play.folder.join(format!("{run}-{name}"));
    let (here, go, stop, release, log) = (at("here"), at("go"), at("stop.cmd"), at("release.cmd"), at("log"));
    let seen = |path: &Path| play.wine.seen(path);
    let (seen_here, seen_go) = (seen(&here), seen(&go));
    write(
        &stop,
        format!("@echo off\r\necho.>{seen_here}\r\n:again\r\nif not exist {seen_go} goto again\r\n"),
    );
    let (moment, turn) = (number(operations, "rename", case.moment), number(operations, "rename", case.file));
    let mut order = format!("run@{moment}={}", seen(&stop));
    let mut environment = vec![("HOLDFAST_OPLOG", seen(&log))];
    match case.for_ever {
        true => environment.push(("HOLDFAST_PATIENCE_MS", "300".to_owned())),
        // Each attempt counts as an operation. An attempt to read does not: who keeps others from reading is there to the end.
        false => order += &format!(";run@{}={}", turn + 2, seen(&release)),
    }
    environment.push(("HOLDFAST_FAULT", order));
    let (ran, is_released) = std::thread::scope(|scope| {
        let update = scope.spawn(|| play.update_with(&[], &environment));
        until("the stop", || (here.exists() || update.is_finished()).then_some(()));
        let held = play.try_hold(&play.site.join(case.file), case.share);
        if let Ok(held) = &held {
            write(&release, format!("@echo off\r\ndel {}\r\n", seen(&held.until)));
        }
        write(&go, "");
        let ran = update.join().expect("it ran");
        if !here.exists() {
            return Err(format!("the stop did not fire: {:?} {}", ran.code, ran.stderr));
        }
        let held = held.map_err(|said| format!("it was kept out: {said}"))?;
        Ok((ran, !held.until.exists()))
    })?;
    let tried = format!("\trename\t{}", play.seen(case.file));
    let text = fs::read_to_string(&log).unwrap_or_default();
    let attempts = text.lines().filter(|line| line.ends_with(&tried)).count();
    Ok(Outcome {
        ran,
        attempts,
        // Otherwise it was let go on the way back.
        is_waited_for: is_released && attempts > 2,
    })
}

/// What the holder was to the updater.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Unnoticed,
    WaitedFor,
    InTheWay,
}

fn judge(play: &Play, operations: &[String], case: Case) -> Result<Holder, String> {
    let before = play.now();
    let Outcome {
        ran,
        attempts,
        is_waited_for,
    } = opened(play, operations, case)?;
    let name = Path::new(case.file).file_name().expect("a name").to_string_lossy();
    match ran.code {
        Some(0) if is_waited_for || case.lets_rename() => {
            play.expect_new();
            Ok(if is_waited_for { Holder::WaitedFor } else { Holder::Unnoticed })
        }
        // Under which name it has the file by then is the updater's matter.
        Some(30 | 50) if !is_waited_for && ran.stderr.contains(&*name) && ran.stderr.contains("as before") => match play.now() == before {
            true => Ok(Holder::InTheWay),
            false => Err("not the old pair".to_owned()),
        },
        other => Err(format!("ended with {other:?} after {attempts} attempts: {}", ran.stderr)),
    }
}

#[test]
fn somebody_who_comes_in_the_middle_of_the_swap_is_waited_for_or_makes_it_go_back() {
    let sweep = Sweep::begin(
        "files held under Wine: from the middle of the swap",
        "whoever lets go is waited for, whoever stays makes the update go back, and right after it the site is one whole pair",
    );
    let cases = Case::all();
    let found = Mutex::new((Vec::new(), Vec::new()));
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let (found, cases) = (&found, &cases);
            scope.spawn(move || {
                let play = Play::faulty(&format!("mid-run-{worker}"));
                let operations = play.operations();
                let master = play.bench.path("master");
                copy_tree(&play.site, &master);
                for case in cases.iter().skip(worker).step_by(2) {
                    fs::remove_dir_all(&play.site).expect("removed");
                    copy_tree(&master, &play.site);
                    let judged = judge(&play, &operations, *case);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    match judged {
                        Ok(holder) => found.0.push(holder),
                        Err(why) => found.1.push(format!("{case:?}: {why}")),
                    }
                }
            });
        }
    });
    let (holders, wrong) = found.into_inner().expect("no panic inside");
    let count = |which: Holder| holders.iter().filter(|holder| **holder == which).count();
    let (waited_for, in_the_way) = (count(Holder::WaitedFor), count(Holder::InTheWay));
    let more = [("waited for", waited_for), ("in the way to the end", in_the_way)];
    sweep.end(cases.len(), "holders", &more, &wrong);
    // Half of them let others rename, or let go.
    assert!(waited_for * 5 > cases.len() && in_the_way * 5 > cases.len(), "too few were noticed");
}
