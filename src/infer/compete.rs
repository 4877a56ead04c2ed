//! Possibilities that cannot all be true: what shares an old or a new thing competes.
//!
//! Nothing is decided greedily. A possibility's score is its share of the odds of all that would use the same old or the same new thing,
//! and of there being none; a rival that has a better place elsewhere competes less. That is repeated until it stands still, so that a
//! pair far away that is certain helps here as well. Two that are equally good thus end near one half, and are asked.

use super::findings::Shape;
use super::odds::{Odds, rounded};
use std::collections::BTreeMap;

/// Something that may have happened.
#[derive(Debug, Clone)]
pub struct Possible {
    /// What.
    pub shape: Shape,
    /// The old thing, as a key.
    pub from: String,
    /// The new thing, as a key.
    pub to: String,
    /// How it is called among rivals.
    pub called: String,
    /// Why.
    pub odds: Odds,
}

/// The same with its score among all.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What.
    pub possible: Possible,
    /// From 0 to 1.
    pub score: f64,
    /// Others that would use the same things, the strongest first.
    pub rivals: Vec<String>,
}

/// How often the scores are worked out anew; they stand still long before.
const ROUNDS: usize = 12;

/// Gives each its score.
pub fn judge(possible: Vec<Possible>) -> Vec<Judged> {
    let mut by_from: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_to: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, p) in possible.iter().enumerate() {
        by_from.entry(&p.from).or_default().push(n);
        by_to.entry(&p.to).or_default().push(n);
    }
    let odds: Vec<f64> = possible.iter().map(|p| p.odds.total().clamp(-30.0, 30.0).exp()).collect();
    let rivals: Vec<Vec<(usize, bool)>> = possible
        .iter()
        .enumerate()
        .map(|(n, p)| {
            let same_from = by_from[p.from.as_str()].iter().map(|m| (*m, true));
            let same_to = by_to[p.to.as_str()].iter().map(|m| (*m, false));
            same_from.chain(same_to).filter(|(m, _)| *m != n).collect()
        })
        .collect();
    let mut scores: Vec<f64> = vec![0.0; possible.len()];
    for _ in 0..ROUNDS {
        // How far a rival is free: the other thing that it needs may be taken by something better.
        let free = |m: usize, shares_from: bool, scores: &[f64]| {
            let p = &possible[m];
            let others = if shares_from {
                &by_to[p.to.as_str()]
            } else {
                &by_from[p.from.as_str()]
            };
            let taken = others.iter().filter(|o| **o != m).map(|o| scores[*o]).fold(0.0, f64::max);
            1.0 - taken
        };
        let next = (0..possible.len()).map(|n| {
            let against: f64 = rivals[n].iter().map(|(m, shares)| odds[*m] * free(*m, *shares, &scores)).sum();
            odds[n] / (1.0 + odds[n] + against)
        });
        scores = next.collect();
    }
    let named: Vec<Vec<String>> = rivals.iter().map(|list| strongest(list, &possible, &odds)).collect();
    let scored = possible.into_iter().zip(scores).zip(named);
    scored
        .map(|((possible, score), rivals)| Judged {
            possible,
            score: rounded(score),
            rivals,
        })
        .collect()
}

fn strongest(rivals: &[(usize, bool)], possible: &[Possible], odds: &[f64]) -> Vec<String> {
    let mut list: Vec<&(usize, bool)> = rivals.iter().filter(|(m, _)| odds[*m] > 0.1).collect();
    list.sort_by(|a, b| odds[b.0].total_cmp(&odds[a.0]).then(a.0.cmp(&b.0)));
    list.iter().map(|(m, _)| possible[*m].called.clone()).collect()
}
