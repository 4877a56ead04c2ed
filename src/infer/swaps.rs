//! Two columns that keep their names but may have changed places: `a` is now what `b` was, and `b` what `a` was. It is seldom, nothing but
//! people can be sure of it, and to miss it would mix up data; so it is asked whenever something speaks for it.

use super::columns::name;
use super::constraints::{Constraints, Said};
use super::data::Data;
use super::findings::{Candidate, Evidence, Shape};
use super::sketch::Sketch;
use super::types::Family;
use super::world::key;
use crate::schema::{Column, Table};
use std::collections::BTreeMap;

/// A pair of columns of one table, and what speaks for their having changed places.
pub struct Swap<'a> {
    /// The one.
    pub a: &'a Column,
    /// The other.
    pub b: &'a Column,
    score: f64,
    evidence: Evidence,
}

/// All that something speaks for; columns in `kept` are those to look at.
pub fn possible<'a>(old: &Table, new: &Table, kept: &[&'a Column], data: &Data<'_>) -> Vec<Swap<'a>> {
    let names = || kept.iter().map(|c| c.name.as_str());
    let (before, after) = (Constraints::of(old, names()), Constraints::of(new, names()));
    let differs = !before.is_same(&after);
    let changed = changed(old, new, kept, data);
    let mut found = Vec::new();
    for (n, a) in kept.iter().enumerate() {
        for b in &kept[n + 1..] {
            if Family::of(&a.declared) != Family::of(&b.declared) {
                continue;
            }
            let by_constraint = || {
                let pair = || [a.name.as_str(), b.name.as_str()].into_iter();
                let (before, after) = (Constraints::of(old, pair()), Constraints::of(new, pair()));
                let same = |x: &Column, y: &Column| before.compare(&after, &x.name, &y.name);
                match (same(a, b), same(b, a), same(a, a), same(b, b)) {
                    (Said::Same(what), Said::Same(_), Said::Other, Said::Other) => {
                        Some((0.6, "structure", format!("{what} says of the one what it said of the other.")))
                    }
                    _ => None,
                }
            };
            let swapped = if differs { by_constraint() } else { None }.or_else(|| by_values(&changed, a, b));
            if let Some((score, about, sentence)) = swapped {
                found.push(Swap {
                    a,
                    b,
                    score,
                    evidence: Evidence {
                        about,
                        sentence,
                        weight: score,
                    },
                });
            }
        }
    }
    found
}

/// Old and new values of the columns that have other values now, by the column's key.
type Changed = BTreeMap<String, (Sketch, Sketch)>;

fn changed(old: &Table, new: &Table, kept: &[&Column], data: &Data<'_>) -> Changed {
    let (before, after) = (data.old(old), data.new_side(new));
    let values = |column: &&Column| {
        let key = key(&column.name);
        let (x, y) = (before.columns.get(&key)?, after.columns.get(&key)?);
        let (shared, all) = x.shared(y);
        let is_other = x.values.len() >= 5 && y.values.len() >= 5 && shared * 10 <= all;
        is_other.then(|| (key, (x.clone(), y.clone())))
    };
    kept.iter().filter_map(values).collect()
}

/// Each holds now what the other held.
fn by_values(changed: &Changed, a: &Column, b: &Column) -> Option<(f64, &'static str, String)> {
    let (a_values, b_values) = (changed.get(&key(&a.name))?, changed.get(&key(&b.name))?);
    let crossed = [a_values.0.shared(&b_values.1), b_values.0.shared(&a_values.1)];
    let is_crossed = crossed.iter().all(|(shared, all)| *all > 0 && shared * 2 >= *all);
    let sentence = format!(
        "{} of {} sampled values of “{}” are in “{}” now.",
        crossed[0].0, crossed[0].1, a.name, b.name
    );
    is_crossed.then_some((0.75, "values", sentence))
}

impl Swap<'_> {
    /// The two answers that there are for one of the columns.
    pub fn candidates(&self, old: &Table, new: &Table, column: &Column) -> Vec<Candidate> {
        let other = if column.name == self.a.name { self.b } else { self.a };
        let to = |target: &Column, score: f64, evidence: Vec<Evidence>| Candidate {
            shape: Shape::ColumnRenamed {
                from: name(old, column),
                to: name(new, new.column(&target.name).unwrap_or(target)),
            },
            score,
            evidence,
        };
        let stayed = Evidence {
            about: "name",
            sentence: "The name stayed.".to_owned(),
            weight: super::odds::rounded(1.0 - self.score),
        };
        let mut list = vec![
            to(other, self.score, vec![self.evidence.clone()]),
            to(column, super::odds::rounded(1.0 - self.score), vec![stayed]),
        ];
        list.sort_by(|x, y| y.score.total_cmp(&x.score));
        list
    }
}
