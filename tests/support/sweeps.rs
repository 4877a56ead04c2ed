//! The sweeps of the crash matrices: a check for each of many operations, on both cores. Which operations are worth a check, and with which
//! errors they are refused. A sweep leaves its figures for the report, and never counts a check whose fault did not fire.

use super::matrix::Player;
use super::proof::{Sweep, is_nightly};
use std::fmt::{self, Display};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// An error of the system, and how long it stays: once (nothing), three times in a row (`x3`), or from then on (`+`).
pub type Errors = (i32, &'static str);

/// How long an error may stay.
const TIMES: [&str; 3] = ["", "x3", "+"];

/// Each of these errors once, three times in a row, and for ever. Neighbours differ in both, so that those that come one after the other
/// meet the same kinds of operations.
pub fn in_every_way(codes: &[i32]) -> Vec<Errors> {
    let ways = (0..TIMES.len()).flat_map(|shift| {
        codes
            .iter()
            .enumerate()
            .map(move |(k, code)| (*code, TIMES[(k + shift) % TIMES.len()]))
    });
    ways.collect()
}

/// An operation, and the error with which it is refused.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    n: u64,
    code: i32,
    times: &'static str,
}

impl Refusal {
    pub fn new(n: u64, (code, times): Errors) -> Refusal {
        Refusal { n, code, times }
    }

    /// Each operation is refused with one of the errors after the other; in a nightly run with every one.
    pub fn all(numbers: &[u64], errors: &[Errors]) -> Vec<Refusal> {
        if is_nightly() {
            let all = numbers.iter().flat_map(|n| errors.iter().map(|error| Refusal::new(*n, *error)));
            return all.collect();
        }
        assert!(numbers.len() >= errors.len(), "{} operations cannot meet all errors", numbers.len());
        numbers
            .iter()
            .zip(errors.iter().cycle())
            .map(|(n, error)| Refusal::new(*n, *error))
            .collect()
    }

    /// What the fault counter is told.
    pub fn order(&self) -> String {
        format!("err:{}@{}{}", self.code, self.n, self.times)
    }

    /// Whether what stands in the way stands there to the end.
    pub fn stays(&self) -> bool {
        self.times == "+"
    }

    /// A name for a folder.
    pub fn slug(&self) -> String {
        format!("error-{}-{}{}", self.n, self.code, self.times)
    }

    /// By the log of operations: the operation got the error.
    pub fn fired(&self, log: &Path) -> Result<(), String> {
        let mark = format!("{}\tfired {}\t", self.n, self.code);
        let text = fs::read_to_string(log).unwrap_or_default();
        match text.lines().any(|line| line.starts_with(&mark)) {
            true => Ok(()),
            false => Err(format!("{} did not fire", self.order())),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with error {}{}", self.n, self.code, self.times)
    }
}

/// The numbers of the operations before which the disk is as it is before no other one: the operation in front of each changes something.
/// Of the many writes of one file in a row the first and the last count.
pub fn distinct(operations: &[String]) -> Vec<u64> {
    let changes = |n: usize| n == 0 || !operations[n - 1].contains("\tflush");
    let numbers = (0..operations.len()).filter(|n| changes(*n) && !is_inner(operations, *n));
    numbers.map(|n| n as u64 + 1).collect()
}

/// The numbers of the operations that are worth an error: those that change something, and each so-manieth of the flushes.
pub fn refusable(operations: &[String], flushes_every: usize) -> Vec<u64> {
    let mut flushes = 0;
    let numbers = (0..operations.len()).filter(|n| {
        let is_flush = operations[*n].contains("\tflush");
        flushes += usize::from(is_flush);
        match is_flush {
            true => flushes.is_multiple_of(flushes_every),
            false => !is_inner(operations, *n),
        }
    });
    numbers.map(|n| n as u64 + 1).collect()
}

/// Whether an operation is neither the first nor the last of several alike in a row.
fn is_inner(operations: &[String], n: usize) -> bool {
    let without_number = |n: usize| operations.get(n).and_then(|o| o.split_once('\t')).map(|(_, o)| o);
    n > 1 && without_number(n - 2) == without_number(n - 1) && without_number(n - 1) == without_number(n)
}

/// Runs a check for each operation on both cores, and gives how many histories were played, and all that went wrong. A check during which
/// runs were lost is done again.
pub fn sweep<N: Copy + Display + Sync>(
    player: &dyn Player,
    name: &str,
    operations: impl IntoIterator<Item = N>,
    check: impl Fn(N) -> Result<u64, String> + Sync,
) -> (u64, Vec<String>) {
    let shows = "whatever operation is cut or refused, code and data are one whole pair, and what was reported is true";
    swept(player, name, shows, &[], operations, &check)
}

/// The same with a mistake in the updater, which the sweep has to find.
pub fn hunt<N: Copy + Display + Sync>(
    player: &dyn Player,
    mistake: &str,
    operations: impl IntoIterator<Item = N>,
    check: impl Fn(N) -> Result<u64, String> + Sync,
) {
    let (name, shows) = (format!("mistake {mistake}"), "a planted mistake is noticed");
    let (_, wrong) = swept(player, &name, shows, &[("expected to be wrong", 1)], operations, &check);
    assert!(!wrong.is_empty(), "the mistake “{mistake}” was not noticed");
}

fn swept<N: Copy + Display + Sync>(
    player: &dyn Player,
    name: &str,
    shows: &str,
    more: &[(&str, usize)],
    operations: impl IntoIterator<Item = N>,
    check: &(impl Fn(N) -> Result<u64, String> + Sync),
) -> (u64, Vec<String>) {
    let figures = Sweep::begin(&format!("{}: {name}", player.matrix()), shows);
    let operations: Vec<N> = operations.into_iter().collect();
    let (next, histories) = (AtomicUsize::new(0), AtomicU64::new(0));
    let wrong = Mutex::new(Vec::new());
    let steady = |n: N| {
        let mut outcome = Ok(0);
        for _ in 0..4 {
            let lost = player.lost();
            outcome = check(n);
            if outcome.is_ok() || player.lost() == lost {
                break;
            }
        }
        outcome
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(n) = operations.get(next.fetch_add(1, Ordering::SeqCst)) {
                    match steady(*n) {
                        Ok(count) => {
                            histories.fetch_add(count, Ordering::SeqCst);
                        }
                        Err(why) => {
                            let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
                            wrong.push(format!("{name} at operation {n}: {why}"));
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic inside");
    let count = histories.load(Ordering::SeqCst);
    let more = [&[("histories", count as usize)], more].concat();
    figures.record(operations.len(), "operations", &more, &wrong);
    (count, wrong)
}
