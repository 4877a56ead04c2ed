//! The rollback drill: the swap is cut off at points that are spread over all of its operations, recovered as at a site, and what is there is
//! compared with both pairs. Each cut begins with a fresh copy, and the process really ends.

use super::child::{self, ChildEnd};
use super::cut::Operation;
use super::details::{Cut, Drill, Found};
use super::pair::Pairs;
use super::place::Place;
use super::{Desk, trial, watch};
use crate::failure::{Exit, Failure, Reason, Result};
use crate::swap::{self, Work};
use std::collections::BTreeSet;

/// How often the swap is cut if nobody says.
const CUTS: u64 = 24;
/// From these sizes of the site on, in bytes, it is cut less often: each cut takes a copy and a whole update.
const FEWER: [(u64, u64); 2] = [(1 << 30, 6), (200 << 20, 12)];

/// How often the swap of a site of this size is cut.
pub fn default_cuts(bytes: u64) -> u64 {
    FEWER.iter().find(|(size, _)| bytes >= *size).map_or(CUTS, |(_, cuts)| *cuts)
}

/// Points from the first operation to the last, evenly spread.
pub fn points(operations: u64, cuts: u64) -> Vec<u64> {
    let cuts = cuts.min(operations);
    let place = |n: u64| match cuts {
        1 => operations.div_ceil(2),
        _ => 1 + n * (operations - 1) / (cuts - 1),
    };
    (0..cuts).map(place).collect::<BTreeSet<u64>>().into_iter().collect()
}

/// Cuts, recovers and compares. The first broken promise is a failure; the other points are tried all the same.
pub fn drill(desk: &Desk<'_>, pristine: &Place, pairs: &Pairs<'_>, operations: &[Operation], cuts: u64) -> Result<(Drill, Vec<Failure>)> {
    let mut drill = Drill {
        operations: operations.len() as u64,
        cuts: Vec::new(),
    };
    let mut failures = Vec::new();
    let points = points(drill.operations, cuts);
    for (n, at) in points.iter().enumerate() {
        desk.voice.say(&format!("Cutting the swap off: {} of {}", n + 1, points.len()));
        let operation = &operations[*at as usize - 1];
        let place = pristine.copied_to(desk.voice, &desk.work.join("site"))?;
        match one(desk, &place, pairs, *at, operation)? {
            Ok(cut) => {
                failures.extend(broken(&cut));
                drill.cuts.push(cut);
            }
            Err(failure) => failures.push(failure),
        }
    }
    if drill.cuts.is_empty() && failures.is_empty() && cuts > 0 {
        failures.push(Failure::new(
            Reason::CheckFailed,
            "The drill could not cut the swap off anywhere, so the way back was not shown.",
        ));
    }
    Ok((drill, failures))
}

fn one(desk: &Desk<'_>, place: &Place, pairs: &Pairs<'_>, at: u64, operation: &Operation) -> Result<std::result::Result<Cut, Failure>> {
    if let ChildEnd::Ended(code, failures) = child::cut_update(desk, place, at)? {
        let why = failures
            .first()
            .map_or_else(|| format!("it ended with {code}"), |f| f.message.clone());
        let message = format!("The update was to be cut off before operation {at} of its swap, and was not: {why}");
        return Ok(Err(Failure::new(Reason::CheckFailed, message).with("operation", at)));
    }
    let left = pairs.judge_cut(place)?;
    let ended = child::recover(desk, place)?;
    let recovered = pairs.judge(place)?;
    let mut difference = left.difference.map(|how| format!("Before the recovery: {how}"));
    difference = recovered.difference.or(difference);
    let mut found = recovered.found;
    let is_well = |code: i32| code == Exit::Done as i32 || code == Exit::NothingToDo as i32;
    match ended {
        ChildEnd::Ended(code, _) if is_well(code) && !is_hot(place)? => {}
        ChildEnd::Ended(code, failures) => {
            found = Found::Mixed;
            difference = Some(failures.first().map_or_else(
                || format!("the recovery ended with {code} and left something unfinished"),
                |failure| format!("the recovery failed: {}", failure.message),
            ));
        }
        ChildEnd::Cut => {
            found = Found::Mixed;
            difference = Some("the recovery ended without a word".to_owned());
        }
    }
    Ok(Ok(Cut {
        at,
        stage: watch::name(operation.stage),
        operation: operation.name.to_owned(),
        path: trial::inside(place, &operation.path),
        left: left.found,
        recovered: found,
        difference,
    }))
}

fn is_hot(place: &Place) -> Result<bool> {
    swap::is_hot(&Work {
        disk: &crate::disk::RealDisk,
        reporter: &crate::report::Nobody,
        app: &place.app,
    })
}

/// The promise that a cut showed to be broken, if one is.
fn broken(cut: &Cut) -> Option<Failure> {
    let held = cut.left != Found::Mixed && matches!(cut.recovered, Found::Old | Found::New);
    if held {
        return None;
    }
    let message = format!(
        "Cut off before operation {} of the swap ({} “{}”), the site is neither the old pair nor the new one: {}.",
        cut.at,
        cut.operation,
        cut.path,
        cut.difference
            .as_deref()
            .unwrap_or("what could be started was mixed")
            .trim_end_matches('.')
    );
    Some(Failure::new(Reason::PairMixed, message).with("operation", cut.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_reach_from_the_first_operation_to_the_last() {
        assert_eq!(points(100, 4), [1, 34, 67, 100]);
        assert_eq!(points(3, 24), [1, 2, 3]);
        assert_eq!(points(7, 1), [4]);
        assert_eq!(points(0, 5), [0u64; 0]);
        assert_eq!(points(50, 0), [0u64; 0]);
    }

    #[test]
    fn large_sites_are_cut_less_often() {
        assert_eq!([1, 300 << 20, 5 << 30].map(default_cuts), [24, 12, 6]);
    }
}
