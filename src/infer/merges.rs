//! Tables that end together in one. That several are equally like the new table may also mean that one of them is a leftover; so rows that
//! both hold speak against it, and without anything that speaks for it, it is asked.

use super::compete::Judged;
use super::data::Data;
use super::findings::{Match, Shape, THRESHOLD};
use super::odds::{Odds, chance, rounded};
use super::tables::{Pool, Weights, contained, structure};
use super::world::{Places, World, key};
use crate::infer::names;
use crate::schema::Table;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is looked at.
pub struct Looking<'w, 'a> {
    /// Both sides.
    pub world: &'w World<'a>,
    /// Where tables went.
    pub places: &'w Places,
    /// How much names say.
    pub weights: &'w Weights,
    /// Samples of the rows.
    pub data: &'w Data<'a>,
    /// Pairs that are not the same.
    pub apart: &'w BTreeSet<(String, String)>,
}

/// A merge that may have happened.
pub struct Merge {
    /// What.
    pub found: Match,
    /// The key of the old table.
    pub from: String,
}

impl Looking<'_, '_> {
    /// Every merge that is not out of the question.
    pub fn possible(&self, pool: &Pool<'_>, judged: &[Judged]) -> Vec<Merge> {
        let mut found = self.ending_in_new(pool, judged);
        found.extend(self.ending_in_kept(pool));
        found.retain(|m| match &m.found.shape {
            Shape::TableMerged { from, to } => !self.apart.contains(&(key(from), key(to))),
            _ => false,
        });
        found
    }

    /// Several old tables that are each like one new table.
    fn ending_in_new(&self, pool: &Pool<'_>, judged: &[Judged]) -> Vec<Merge> {
        let mut by_to: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
        let is_free =
            |j: &&Judged| j.score < THRESHOLD && self.places.of(&j.possible.from).is_none() && !self.places.is_taken(&j.possible.to);
        for one in judged.iter().filter(is_free).filter(|j| j.possible.odds.total() > 1.0) {
            by_to.entry(&one.possible.to).or_default().push(one);
        }
        let mut merges = Vec::new();
        for (to, sources) in by_to.into_iter().filter(|(_, sources)| sources.len() > 1) {
            let Some(new) = pool.new.iter().find(|t| key(&t.name) == to) else {
                continue;
            };
            let old: Vec<&Table> = sources
                .iter()
                .filter_map(|j| pool.old.iter().find(|t| key(&t.name) == j.possible.from).copied())
                .collect();
            for (n, one) in sources.iter().enumerate() {
                let mut odds = one.possible.odds.clone();
                odds.add("structure", -1.0, format!("{} old tables are like “{}”.", old.len(), new.name));
                let others: Vec<&Table> = old.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, t)| *t).collect();
                self.apart_rows(old[n], &others, &mut odds);
                merges.push(merge(old[n], new, odds));
            }
        }
        merges
    }

    /// An old table of which all is in a new one that another old table became.
    fn ending_in_kept(&self, pool: &Pool<'_>) -> Vec<Merge> {
        let mut with: HashMap<String, Vec<&Table>> = HashMap::new();
        for table in self.world.new.tables.iter().filter(|t| self.places.is_taken(&t.name)) {
            for column in &table.columns {
                with.entry(key(&column.name)).or_default().push(table);
            }
        }
        let prior = -4.0 - 0.4 * (self.world.new.tables.len().max(1) as f64).ln();
        let pairs = self.places.pairs(self.world);
        let mut merges = Vec::new();
        for old in pool.old.iter().filter(|t| self.places.of(&t.name).is_none()) {
            let rarest = old
                .columns
                .iter()
                .max_by(|a, b| self.weights.get(&a.name).total_cmp(&self.weights.get(&b.name)));
            let near = rarest.and_then(|c| with.get(&key(&c.name)));
            for new in near.into_iter().flatten() {
                let share = contained(old, new, self.weights);
                if share < 0.8 {
                    continue;
                }
                let information = structure(old, new, self.weights, self.places).information;
                let mut odds = Odds::new(prior);
                let weight = (share - 0.5) * 8.0 * information / (information + 1.5);
                odds.add(
                    "structure",
                    weight,
                    format!("Nearly all columns of “{}” are in “{}”.", old.name, new.name),
                );
                let name = names::likeness(&old.name, &new.name, &[]);
                odds.add("name", name.weight, name.sentence);
                let before: Vec<&Table> = pairs.iter().filter(|(_, n)| n.name == new.name).map(|(o, _)| *o).collect();
                let fresh =
                    |c: &&crate::schema::Column| before.iter().all(|b| b.column(&c.name).is_none()) && new.column(&c.name).is_some();
                let fresh: Vec<&str> = old.columns.iter().filter(fresh).map(|c| c.name.as_str()).collect();
                if let Some(first) = fresh.first() {
                    let sentence = format!("“{first}” comes to “{}”, and “{}” had it.", new.name, old.name);
                    odds.add("structure", (0.8 * fresh.len() as f64).min(2.4), sentence);
                }
                self.apart_rows(old, &before, &mut odds);
                if odds.total() > -2.0 {
                    merges.push(merge(old, new, odds));
                }
            }
        }
        merges
    }

    /// Whether tables hold different rows, as parts of one do, or the same, as a leftover does.
    fn apart_rows(&self, table: &Table, others: &[&Table], odds: &mut Odds) {
        let shared = others.iter().filter_map(|other| Some((self.data.shared(table, other)?, other)));
        let Some(((shared, all), other)) = shared.max_by_key(|((shared, _), _)| *shared) else {
            return;
        };
        let sentence = format!("{shared} of {all} sampled values of “{}” are in “{}”, too.", table.name, other.name);
        odds.add("values", if shared * 10 <= all { 1.0 } else { -2.5 }, sentence);
    }
}

fn merge(old: &Table, new: &Table, odds: Odds) -> Merge {
    let score = rounded(chance(odds.total()));
    let shape = Shape::TableMerged {
        from: old.name.clone(),
        to: new.name.clone(),
    };
    Merge {
        found: Match {
            shape,
            score,
            evidence: odds.evidence(score, &[]),
            settled: None,
        },
        from: key(&old.name),
    }
}
