//! Which column of an old table may be which one of the table that it became.

use super::compete::Possible;
use super::constraints::{Constraints, Said};
use super::data::Data;
use super::findings::{Column as Name, Shape};
use super::names;
use super::odds::Odds;
use super::types;
use super::world::{Places, column_key, key, reference};
use crate::schema::{Column, Table};
use std::collections::BTreeMap;

/// An old table and what it became, with the columns that have no place by their name.
pub struct Pair<'a> {
    /// The old table.
    pub old: &'a Table,
    /// The new one.
    pub new: &'a Table,
    /// Old columns that go, and those that keep their name although much speaks against it.
    pub gone: Vec<&'a Column>,
    /// New columns that come, and the counterparts of the doubtful ones.
    pub came: Vec<&'a Column>,
    said: (Constraints, Constraints),
}

/// Which names may have become which ones, and in which tables: people who give a column a better name do so everywhere.
pub struct Everywhere(BTreeMap<(String, String), Vec<String>>);

impl Everywhere {
    /// Of names that are alike in something, so that what goes everywhere is not taken for anything that comes everywhere.
    pub fn of(pairs: &[Pair<'_>]) -> Everywhere {
        let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for pair in pairs {
            for (a, b) in pair.gone.iter().flat_map(|a| pair.came.iter().map(move |b| (a, b))) {
                let is_alike = || names::likeness(&a.name, &b.name, &[&pair.old.name, &pair.new.name]).share >= ALIKE;
                if !a.name.eq_ignore_ascii_case(&b.name) && is_alike() {
                    found.entry((key(&a.name), key(&b.name))).or_default().push(pair.new.name.clone());
                }
            }
        }
        Everywhere(found)
    }

    /// Other tables in which the one may have become the other.
    fn add(&self, pair: &Pair<'_>, a: &Column, b: &Column, odds: &mut Odds) {
        let tables = self.0.get(&(key(&a.name), key(&b.name))).into_iter().flatten();
        let others: Vec<&String> = tables.filter(|table| **table != pair.new.name).collect();
        let Some(first) = others.first() else { return };
        let weight = if others.len() > 1 { 1.2 } else { 0.7 };
        let more = match others.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        odds.add(
            "name",
            weight,
            format!("In “{first}”{more} “{}” goes and “{}” comes, too.", a.name, b.name),
        );
    }
}

/// From here on two names are alike.
const ALIKE: f64 = 0.5;

/// What is looked at.
pub struct Looking<'w, 'a> {
    /// Where tables went.
    pub places: &'w Places,
    /// Samples of the rows.
    pub data: &'w Data<'a>,
}

impl<'a> Looking<'_, 'a> {
    /// The columns of a pair that need a word; `settled` ones (old or new) left out.
    pub fn pair(&self, old: &'a Table, new: &'a Table, settled: &dyn Fn(&str, &str, bool) -> bool) -> Pair<'a> {
        let kept = |column: &Column| new.column(&column.name).filter(|other| !self.is_doubtful(old, column, new, other));
        let gone: Vec<&Column> = old
            .columns
            .iter()
            .filter(|c| !settled(&old.name, &c.name, true) && (kept(c).is_none() || settled(&new.name, &c.name, false)))
            .collect();
        let free = |column: &&Column| {
            let before = old.column(&column.name);
            let stays = before.is_some_and(|b| kept(b).is_some() && !settled(&old.name, &b.name, true));
            !stays && !settled(&new.name, &column.name, false)
        };
        let came: Vec<&Column> = new.columns.iter().filter(free).collect();
        let said = (
            Constraints::of(old, gone.iter().map(|c| c.name.as_str())),
            Constraints::of(new, came.iter().map(|c| c.name.as_str())),
        );
        Pair {
            old,
            new,
            gone,
            came,
            said,
        }
    }

    /// Whether a column that keeps its name may still be another one: its values cannot be meant, or it refers elsewhere.
    fn is_doubtful(&self, old: &Table, a: &Column, new: &Table, b: &Column) -> bool {
        let mut odds = Odds::new(0.0);
        self.declared(old, a, new, b, &mut odds);
        self.data.columns((old, a), (new, b), &mut odds);
        odds.total() < -2.0
    }

    /// Every possible pair of columns.
    pub fn possible(&self, pair: &Pair<'_>, everywhere: &Everywhere) -> Vec<Possible> {
        let mut found = Vec::new();
        for a in &pair.gone {
            for b in &pair.came {
                let mut odds = self.odds(pair, a, b);
                everywhere.add(pair, a, b, &mut odds);
                if odds.total() > -4.0 {
                    found.push(Possible {
                        shape: Shape::ColumnRenamed {
                            from: name(pair.old, a),
                            to: name(pair.new, b),
                        },
                        from: column_key(&pair.old.name, &a.name),
                        to: column_key(&pair.new.name, &b.name),
                        called: format!("“{}” as “{}”", a.name, b.name),
                        odds,
                    });
                }
            }
        }
        found
    }

    fn odds(&self, pair: &Pair<'_>, a: &Column, b: &Column) -> Odds {
        let (old, new) = (pair.old, pair.new);
        let mut odds = Odds::new(-1.8);
        if a.name.eq_ignore_ascii_case(&b.name) {
            odds.add("name", 5.5, "The name stayed.");
        } else {
            let likeness = names::likeness(&a.name, &b.name, &[&old.name, &new.name]);
            odds.add("name", likeness.weight, likeness.sentence);
        }
        self.declared(old, a, new, b, &mut odds);
        neighbours(pair, a, b, &mut odds);
        if let ([_], [_]) = (pair.gone.as_slice(), pair.came.as_slice()) {
            odds.add(
                "structure",
                1.5,
                format!("It is the only column of “{}” that goes, and the only one that comes.", old.name),
            );
            let alike = |c: &&Column| new.column(&c.name).is_some_and(|d| d.declared.eq_ignore_ascii_case(&c.declared));
            let others = old.columns.iter().filter(|c| c.name != a.name);
            if old.columns.len() > 1 && others.clone().all(|c| alike(&c)) {
                odds.add("structure", 0.6, "All other columns stayed.");
            }
        }
        match pair.said.0.compare(&pair.said.1, &a.name, &b.name) {
            Said::Nothing => {}
            Said::Same(what) => odds.add(
                "structure",
                1.6,
                format!("{what} says of “{}” what it said of “{}”.", b.name, a.name),
            ),
            Said::Other => odds.add("structure", -0.4, "Keys, indexes and checks treat them differently."),
        }
        self.data.columns((old, a), (new, b), &mut odds);
        odds
    }

    /// Type, key, nullability, default and reference.
    fn declared(&self, old: &Table, a: &Column, new: &Table, b: &Column, odds: &mut Odds) {
        let (weight, sentence) = types::likeness(a, b);
        odds.add("type", weight, sentence);
        let alike = a.not_null == b.not_null && a.default == b.default && a.collation == b.collation;
        match (&a.generated, &b.generated) {
            (None, None) if alike => odds.add("type", 0.4, "NULL, default and collation are the same."),
            (None, None) => {}
            (Some(x), Some(y)) if x.expression == y.expression => odds.add("type", 1.5, "Both follow from the same expression."),
            (Some(_), Some(_)) => {}
            _ => odds.add("type", -2.0, "One of them follows from an expression."),
        }
        let sole = |table: &Table, column: &Column| matches!(table.key.as_slice(), [part] if part.text.eq_ignore_ascii_case(&column.name));
        match (sole(old, a), sole(new, b)) {
            (true, true) => odds.add("structure", 2.5, "Both are the primary key."),
            (false, false) => {}
            _ => odds.add("structure", -2.5, "Only one of them is the primary key."),
        }
        self.refers(old, a, new, b, odds);
    }

    fn refers(&self, old: &Table, a: &Column, new: &Table, b: &Column, odds: &mut Odds) {
        match (reference(old, &a.name), reference(new, &b.name)) {
            (Some((parent, _)), Some((target, _))) => match self.places.of(parent) {
                Some(place) if place.eq_ignore_ascii_case(target) => {
                    odds.add("references", 2.0, format!("Both refer to “{target}”."));
                }
                None if !self.places.is_taken(target) => {}
                // What its values name is still there, so they would name other rows.
                Some(_) => odds.add("references", -4.5, format!("One refers to “{parent}”, the other to “{target}”.")),
                None => odds.add("references", -2.8, format!("One refers to “{parent}”, the other to “{target}”.")),
            },
            (None, None) => {}
            (Some((parent, _)), None) => odds.add("references", -0.7, format!("Only the old one refers to “{parent}”.")),
            (None, Some((target, _))) => odds.add("references", -0.3, format!("Only the new one refers to “{target}”.")),
        }
    }
}

/// A column by its names.
pub fn name(table: &Table, column: &Column) -> Name {
    Name {
        table: table.name.clone(),
        name: column.name.clone(),
    }
}

/// Whether they stand between the same columns.
fn neighbours(pair: &Pair<'_>, a: &Column, b: &Column, odds: &mut Odds) {
    let beside = |table: &Table, column: &Column, moved: &[&Column], other: &Table| {
        let at = table.columns.iter().position(|c| c.name == column.name).unwrap_or(0);
        let stays = |c: &&Column| other.column(&c.name).is_some() && !moved.iter().any(|m| m.name == c.name);
        let before = table.columns[..at].iter().rev().find(stays).map(|c| c.name.to_ascii_lowercase());
        let after = table.columns[at + 1..].iter().find(stays).map(|c| c.name.to_ascii_lowercase());
        (before, after, at, table.columns.len())
    };
    let (x, y) = (beside(pair.old, a, &pair.gone, pair.new), beside(pair.new, b, &pair.came, pair.old));
    let shown = |side: &Option<String>, end: &str| side.as_ref().map_or_else(|| end.to_owned(), |name| format!("“{name}”"));
    match (x.0 == y.0, x.1 == y.1) {
        _ if x.0.is_none() && x.1.is_none() || y.0.is_none() && y.1.is_none() => {
            if (x.2, x.3) == (y.2, y.3) {
                odds.add("structure", 0.6, "They stand at the same place.");
            }
        }
        (true, true) => {
            let between = format!("{} and {}", shown(&x.0, "the beginning"), shown(&x.1, "the end"));
            odds.add("structure", 0.8, format!("Both stand between {between}."));
        }
        (true, false) | (false, true) => odds.add("structure", 0.2, "They stand beside the same column."),
        (false, false) => odds.add("structure", -0.3, "They stand at different places."),
    }
}
