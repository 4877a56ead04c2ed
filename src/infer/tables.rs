//! Which old table may be which new one: by their columns, their names, and by who refers to them.
//!
//! A column that nearly every table has says nothing; one that only these two have says much.

use super::compete::Possible;
use super::data::Data;
use super::findings::Shape;
use super::names;
use super::odds::Odds;
use super::types::Family;
use super::world::{Places, World, key, reference};
use crate::schema::{Column, Definition, Table};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How much each column's name says.
pub struct Weights {
    tables: f64,
    with: HashMap<String, f64>,
}

impl Weights {
    /// Counted over both schemas.
    pub fn of(world: &World<'_>) -> Weights {
        let mut weights = Weights {
            tables: (world.old.tables.len() + world.new.tables.len()) as f64,
            with: HashMap::new(),
        };
        for column in world.old.tables.iter().chain(&world.new.tables).flat_map(|t| &t.columns) {
            *weights.with.entry(key(&column.name)).or_default() += 1.0;
        }
        weights
    }

    /// Of one name.
    pub fn get(&self, name: &str) -> f64 {
        let with = self.with.get(&key(name)).copied().unwrap_or(1.0);
        ((self.tables + 1.0) / with).ln()
    }
}

/// How much of two tables is the same.
pub struct Structure {
    /// From 0 to 1.
    pub share: f64,
    /// How much that says: nothing at 0, much from 3.
    pub information: f64,
    /// Columns of the old table that are in the new one.
    pub common: usize,
    /// Whether all columns are there in both, declared alike.
    pub is_same: bool,
}

/// Compares two tables column by column.
pub fn structure(old: &Table, new: &Table, weights: &Weights, places: &Places) -> Structure {
    let (mut common, mut all, mut number, mut alike) = (0.0, 0.0, 0, 0);
    let mut rest: Vec<&Column> = Vec::new();
    for column in &old.columns {
        let weight = weights.get(&column.name);
        match new.column(&column.name) {
            Some(other) => {
                let share = agreement(old, column, new, other, places);
                common += weight * share;
                all += weight;
                number += 1;
                alike += usize::from(share > 0.99);
            }
            None => rest.push(column),
        }
    }
    let mut added: Vec<&Column> = new.columns.iter().filter(|c| old.column(&c.name).is_none()).collect();
    // What is written a little differently is nearly as good.
    for column in rest {
        let near = |c: &&Column| names::likeness(&column.name, &c.name, &[&old.name, &new.name]).share >= 0.8;
        let partner = added.iter().position(|c| near(c) && agreement(old, column, new, c, places) > 0.4);
        let weight = weights.get(&column.name);
        all += weight;
        if let Some(at) = partner {
            added.remove(at);
            common += 0.8 * weight;
            number += 1;
        }
    }
    all += added.iter().map(|c| weights.get(&c.name)).sum::<f64>();
    Structure {
        share: common / all.max(1e-9),
        information: common,
        common: number,
        is_same: alike == old.columns.len() && alike == new.columns.len(),
    }
}

/// How much of an old table's columns a new one has by name, from 0 to 1.
pub fn contained(old: &Table, new: &Table, weights: &Weights) -> f64 {
    let sum = |is: &dyn Fn(&Column) -> bool| old.columns.iter().filter(|c| is(c)).map(|c| weights.get(&c.name)).sum::<f64>();
    sum(&|c| new.column(&c.name).is_some()) / sum(&|_| true).max(1e-9)
}

/// How far two columns of one name are declared alike.
fn agreement(old: &Table, a: &Column, new: &Table, b: &Column, places: &Places) -> f64 {
    if !Family::of(&a.declared).fits(Family::of(&b.declared)) {
        return 0.4;
    }
    match (reference(old, &a.name), reference(new, &b.name)) {
        // A table whose place is not known yet may be any.
        (Some((parent, _)), Some((target, _))) => match places.of(parent) {
            Some(place) if !place.eq_ignore_ascii_case(target) => 0.4,
            Some(_) => 1.0,
            None if places.is_taken(target) => 0.4,
            None => 0.9,
        },
        (None, None) => 1.0,
        _ => 0.8,
    }
}

/// The tables that may have changed places: those that one schema alone has, and those whose name stayed but nothing else.
pub struct Pool<'a> {
    /// Old tables.
    pub old: Vec<&'a Table>,
    /// New tables.
    pub new: Vec<&'a Table>,
}

impl<'a> Pool<'a> {
    /// All tables that are not `settled`.
    pub fn new(world: &World<'a>, weights: &Weights, places: &Places, settled: &dyn Fn(&str, bool) -> bool) -> Pool<'a> {
        let doubtful = |old: &Table| {
            let Some(new) = world.new.table(&old.name) else { return true };
            let structure = structure(old, new, weights, places);
            structure.share < 0.2 && old.columns.len().min(new.columns.len()) > 1
        };
        let old: Vec<&Table> = world.old.tables.iter().filter(|t| !settled(&t.name, true) && doubtful(t)).collect();
        let kept = |new: &Table| world.old.table(&new.name).is_some_and(|t| !old.iter().any(|o| o.name == t.name));
        let new = world.new.tables.iter().filter(|t| !settled(&t.name, false) && !kept(t)).collect();
        Pool { old, new }
    }
}

/// Who refers to each table: referring table and column, by the table referred to.
pub fn referrers(definition: &Definition) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for table in &definition.tables {
        for reference in &table.foreign_keys {
            let columns: Vec<String> = reference.columns.iter().map(|c| key(c)).collect();
            found
                .entry(key(&reference.parent))
                .or_default()
                .insert((key(&table.name), columns.join(",")));
        }
    }
    found
}

/// What is looked at for each pair.
pub struct Looking<'w, 'a> {
    /// What is known so far.
    pub places: &'w Places,
    /// How much names say.
    pub weights: &'w Weights,
    /// Samples of the rows.
    pub data: &'w Data<'a>,
    /// Old referrers.
    pub old_referrers: &'w BTreeMap<String, BTreeSet<(String, String)>>,
    /// New referrers.
    pub new_referrers: &'w BTreeMap<String, BTreeSet<(String, String)>>,
    /// What other tables have in their names that changed, and how many did so.
    pub replaced: &'w BTreeMap<(String, String), Vec<String>>,
}

impl Looking<'_, '_> {
    /// Every pair of the pool that is not out of the question.
    pub fn possible(&self, pool: &Pool<'_>) -> Vec<Possible> {
        // The more tables there are, the more are alike by chance.
        let many = pool.old.len().max(pool.new.len());
        let prior = -3.0 - 0.4 * (many as f64).ln();
        let is_alone = pool.old.len() == 1 && pool.new.len() == 1;
        let mut found = Vec::new();
        for old in &pool.old {
            for new in &pool.new {
                if old.kind != new.kind && std::mem::discriminant(&old.kind) != std::mem::discriminant(&new.kind) {
                    continue;
                }
                let odds = self.pair(old, new, prior, is_alone);
                if odds.total() > -4.5 {
                    found.push(Possible {
                        shape: Shape::TableRenamed {
                            from: old.name.clone(),
                            to: new.name.clone(),
                        },
                        from: key(&old.name),
                        to: key(&new.name),
                        called: format!("“{}” as “{}”", old.name, new.name),
                        odds,
                    });
                }
            }
        }
        found
    }

    fn pair(&self, old: &Table, new: &Table, prior: f64, is_alone: bool) -> Odds {
        let mut odds = Odds::new(prior);
        let structure = structure(old, new, self.weights, self.places);
        let confidence = structure.information / (structure.information + 1.5);
        let (all, common) = (old.columns.len(), structure.common);
        let same = format!("{common} of the {all} columns of “{}” are in “{}”, too", old.name, new.name);
        let rare = if confidence < 0.5 {
            ", but many tables have such columns"
        } else {
            ""
        };
        odds.add("structure", (structure.share - 0.35) * 8.0 * confidence, format!("{same}{rare}."));
        if structure.is_same {
            odds.add("structure", confidence, "All columns are declared alike.");
        }
        if old.name.eq_ignore_ascii_case(&new.name) {
            odds.add("name", 5.5, "The name stayed.");
        } else {
            let name = names::likeness(&old.name, &new.name, &[]);
            odds.add("name", name.weight, name.sentence);
            self.same_change(old, new, &mut odds);
        }
        if is_alone {
            odds.add(
                "structure",
                1.5,
                "It is the only table that goes, and the other the only one that comes.",
            );
        }
        self.incoming(old, new, &mut odds);
        // Rows are read only where the rest leaves it possible.
        if odds.total() > -3.0 {
            self.data.tables(old, new, &mut odds);
        }
        odds
    }

    /// Other tables whose names changed in the same way.
    fn same_change(&self, old: &Table, new: &Table, odds: &mut Odds) {
        let Some(change) = names::replaced(&old.name, &new.name) else {
            return;
        };
        let others = self.replaced.get(&change).into_iter().flatten();
        let others: Vec<&String> = others.filter(|o| !o.eq_ignore_ascii_case(&old.name)).collect();
        if let Some(first) = others.first() {
            let (from, to) = change;
            let weight = if others.len() > 2 { 1.5 } else { 1.0 };
            odds.add("name", weight, format!("“{from}” became “{to}” in “{first}”, too."));
        }
    }

    /// References to the old table that now go to the new one, or elsewhere.
    fn incoming(&self, old: &Table, new: &Table, odds: &mut Odds) {
        let empty = BTreeSet::new();
        let before = self.old_referrers.get(&key(&old.name)).unwrap_or(&empty);
        let after = self.new_referrers.get(&key(&new.name)).unwrap_or(&empty);
        let mut follow: Vec<&str> = Vec::new();
        for (table, column) in before {
            let place = self.places.of(table).map(key);
            if place.is_some_and(|place| place != key(&new.name) && after.contains(&(place, column.clone()))) {
                follow.push(table);
            }
        }
        if let Some(first) = follow.first() {
            let weight = (0.8 + 0.4 * follow.len() as f64).min(2.4);
            let more = match follow.len() {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            let sentence = format!("“{first}”{more} referred to “{}” and now to “{}”.", old.name, new.name);
            odds.add("references", weight, sentence);
        } else if !before.is_empty() && !after.is_empty() {
            let sentence = format!("Nothing that referred to “{}” refers to “{}” now.", old.name, new.name);
            odds.add("references", -1.2, sentence);
        }
    }
}
