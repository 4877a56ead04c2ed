//! The order of things: what people said of tables, tables, what they said of columns, columns, and in the end what is open.

use super::columns;
use super::compete::{Judged, Possible, judge};
use super::data::Data;
use super::find::{self, Tables};
use super::findings::{Candidate, Column as Name, Evidence, Inference, Match, Open, Origin, Shape, THRESHOLD};
use super::hints::Hints;
use super::indexes;
use super::merges::Merge;
use super::moves;
use super::offends;
use super::open::Counting;
use super::references;
use super::settled::Settlement;
use super::swaps;
use super::tables::Weights;
use super::values;
use super::world::{Places, World, column_key, key};
use crate::failure::Result;
use crate::schema::{Side, Table};
use std::collections::BTreeSet;

/// What became of what between two sides.
pub fn infer(old: &Side, new: &Side, hints: &Hints) -> Result<Inference> {
    let world = World::new(old, new);
    let data = Data::new(&world);
    let mut settled = Settlement::of_tables(&world, &data, hints)?;
    let Tables { places, judged, merges } = find::tables(&world, &data, &settled);
    settled.add_columns(&world, &data, hints, &places)?;

    let mut found = Found {
        world: &world,
        data: &data,
        settled: &settled,
        places: &places,
        result: Inference::default(),
        filled: BTreeSet::new(),
    };
    found.result.matches.clone_from(&settled.matches);
    found.tables(&judged, &merges);
    found.columns();
    found
        .result
        .matches
        .extend(indexes::renamed(&world, &places, &found.result.matches));
    let result = found.result;
    data.trouble()?;
    Ok(result)
}

struct Found<'w, 'a> {
    world: &'w World<'a>,
    data: &'w Data<'a>,
    settled: &'w Settlement,
    places: &'w Places,
    result: Inference,
    /// New columns that get a value other than by their name.
    filled: BTreeSet<String>,
}

impl<'a> Found<'_, 'a> {
    fn counting(&self) -> Counting<'_, 'a> {
        Counting {
            world: self.world,
            data: self.data,
        }
    }

    /// Tables that have another name, and those whose place is not known.
    fn tables(&mut self, judged: &[Judged], merges: &[Merge]) {
        for table in &self.world.old.tables {
            let mine = || judged.iter().filter(|j| j.possible.from == key(&table.name));
            if self.settled.has_table(&table.name, true) {
                continue;
            }
            match self.places.of(&table.name) {
                Some(new) if new == table.name => {}
                Some(new) if new.eq_ignore_ascii_case(&table.name) => self.result.matches.push(only_case(Shape::TableRenamed {
                    from: table.name.clone(),
                    to: new.to_owned(),
                })),
                Some(place) => {
                    let renamed = mine().filter(|j| j.score >= THRESHOLD).cloned().map(matched);
                    let merged = merges.iter().filter(|m| m.from == key(&table.name)).map(|m| m.found.clone());
                    let is_it =
                        |m: &Match| matches!(&m.shape, Shape::TableRenamed { to, .. } | Shape::TableMerged { to, .. } if to == place);
                    self.result.matches.extend(renamed.chain(merged).find(is_it));
                }
                None => {
                    let merged = merges
                        .iter()
                        .filter(|m| m.from == key(&table.name))
                        .map(|m| unsure(m.found.clone()));
                    let candidates = mine().cloned().map(candidate).chain(merged).collect();
                    let open = self.counting().table(table, candidates);
                    self.result.open.push(open);
                }
            }
        }
    }

    /// Columns that have another name or place, and those without any.
    fn columns(&mut self) {
        let looking = columns::Looking {
            places: self.places,
            data: self.data,
        };
        let settled = self.settled;
        let is_settled = |table: &str, column: &str, is_old: bool| settled.has_column(table, column, is_old);
        let pairs: Vec<columns::Pair<'a>> = self
            .places
            .pairs(self.world)
            .into_iter()
            .map(|(old, new)| looking.pair(old, new, &is_settled))
            .collect();
        let everywhere = columns::Everywhere::of(&pairs);
        let mut possible: Vec<Possible> = pairs.iter().flat_map(|pair| looking.possible(pair, &everywhere)).collect();
        possible.extend(self.other_places(&pairs));
        possible.retain(|p| !settled.apart.contains(&(p.from.clone(), p.to.clone())) && !settled.from_nothing.contains(&p.to));
        let judged = judge(possible);
        for pair in &pairs {
            self.pair(pair, &judged);
            self.swapped(pair);
        }
        self.values(&pairs);
        for pair in &pairs {
            let open = self.unfilled(pair, &judged);
            self.result.open.extend(open);
        }
    }

    /// What may have become of the columns that go, besides another name.
    fn other_places(&self, pairs: &[columns::Pair<'a>]) -> Vec<Possible> {
        let (world, places, data) = (self.world, self.places, self.data);
        let weights = Weights::of(world);
        let references = references::Looking {
            world,
            places,
            data,
            weights: &weights,
        };
        let mut found: Vec<Possible> = pairs.iter().flat_map(|pair| references.possible(pair)).collect();
        for pair in pairs.iter().filter(|p| !p.gone.is_empty()) {
            for new in world.new.tables.iter().filter(|t| t.name != pair.new.name) {
                let came = came_to(new, pairs, self.settled);
                if came.is_empty() {
                    continue;
                }
                if let Some(way) = moves::way(world, data, places, pair.old, new) {
                    found.extend(moves::possible(pair, new, &came, &way, data));
                }
            }
        }
        found
    }

    fn pair(&mut self, pair: &columns::Pair<'a>, judged: &[Judged]) {
        for column in &pair.old.columns {
            if self.settled.has_column(&pair.old.name, &column.name, true) {
                continue;
            }
            if !pair.gone.iter().any(|c| c.name == column.name) {
                self.kept(pair, &column.name);
                continue;
            }
            let from = column_key(&pair.old.name, &column.name);
            let mine: Vec<&Judged> = judged.iter().filter(|j| j.possible.from == from).collect();
            match mine.iter().find(|j| j.score >= THRESHOLD) {
                Some(one) => {
                    self.filled.insert(one.possible.to.clone());
                    let is_same = matches!(&one.possible.shape, Shape::ColumnRenamed { from, to } if from.name == to.name);
                    if !is_same {
                        self.result.matches.push(matched((*one).clone()));
                    }
                }
                None => {
                    let candidates = mine.into_iter().cloned().map(candidate).collect();
                    let open = self.counting().column(pair.old, column, candidates);
                    self.result.open.push(open);
                }
            }
        }
    }

    /// Columns that keep their names but may have changed places.
    fn swapped(&mut self, pair: &columns::Pair<'a>) {
        let kept = |c: &&'a crate::schema::Column| {
            let is_gone = pair.gone.iter().any(|g| g.name == c.name) || self.settled.has_column(&pair.old.name, &c.name, true);
            !is_gone && pair.new.column(&c.name).is_some()
        };
        let kept: Vec<&crate::schema::Column> = pair.old.columns.iter().filter(kept).collect();
        for swap in swaps::possible(pair.old, pair.new, &kept, self.data) {
            let crossed = (column_key(&pair.old.name, &swap.a.name), column_key(&pair.new.name, &swap.b.name));
            if self.settled.apart.contains(&crossed) {
                continue;
            }
            for column in [swap.a, swap.b] {
                let candidates = swap.candidates(pair.old, pair.new, column);
                let open = self.counting().column(pair.old, column, candidates);
                self.result.open.push(open);
            }
        }
    }

    /// Values that change with the names of tables, with types, or that are refused.
    fn values(&mut self, pairs: &[columns::Pair<'a>]) {
        let (world, data) = (self.world, self.data);
        let renames = values::Renames::of(world, data, self.places);
        let offends = offends::Looking { world, data };
        for pair in pairs {
            for a in &pair.old.columns {
                let Some(b) = self.becomes(pair, a) else { continue };
                let both = ((pair.old, a), (pair.new, b));
                self.result.matches.extend(offends.retyped(both));
                self.result.open.extend(offends.refused(both));
                match renames.in_column(both.0, both.1) {
                    Some(found) if found.score >= THRESHOLD => self.result.matches.push(found),
                    Some(found) if found.score > 0.2 => {
                        let mut open = self.counting().column(pair.old, a, vec![unsure(found)]);
                        open.origin = Origin::Values(columns::name(pair.new, b));
                        self.result.open.push(open);
                    }
                    _ => {}
                }
            }
        }
    }

    /// The column of the same table that an old one became.
    fn becomes(&self, pair: &columns::Pair<'a>, column: &crate::schema::Column) -> Option<&'a crate::schema::Column> {
        let renamed = self.result.matches.iter().find_map(|m| match &m.shape {
            Shape::ColumnRenamed { from, to } if from.table == pair.old.name && from.name == column.name && to.table == pair.new.name => {
                Some(to)
            }
            _ => None,
        });
        let is_gone = pair.gone.iter().any(|g| g.name == column.name) || self.settled.has_column(&pair.old.name, &column.name, true);
        match renamed {
            Some(to) => pair.new.column(&to.name),
            None if is_gone => None,
            None => pair.new.column(&column.name),
        }
    }

    /// A column that keeps its name; a difference in case alone is told.
    fn kept(&mut self, pair: &columns::Pair<'a>, name: &str) {
        let Some(new) = pair.new.column(name) else { return };
        self.filled.insert(column_key(&pair.new.name, name));
        if new.name != name {
            let of = |table: &Table, name: &str| Name {
                table: table.name.clone(),
                name: name.to_owned(),
            };
            self.result.matches.push(only_case(Shape::ColumnRenamed {
                from: of(pair.old, name),
                to: of(pair.new, &new.name),
            }));
        }
    }

    /// New columns that need a value and get none.
    fn unfilled(&self, pair: &columns::Pair<'a>, judged: &[Judged]) -> Vec<Open> {
        let is_key = |name: &str| pair.new.rowid_column.as_deref().is_some_and(|r| r.eq_ignore_ascii_case(name));
        let lacks = pair.new.columns.iter().filter(|c| {
            let to = column_key(&pair.new.name, &c.name);
            c.not_null
                && c.default.is_none()
                && c.generated.is_none()
                && !is_key(&c.name)
                && !self.filled.contains(&to)
                && !self.settled.matches.iter().any(|m| is_filled(&m.shape, &to))
        });
        let lacks: Vec<_> = lacks.collect();
        if lacks.is_empty() {
            return Vec::new();
        }
        let rows = self.counting().rows(pair.old);
        if rows == Some(0) {
            return Vec::new();
        }
        let open = lacks.into_iter().map(|column| {
            let to = column_key(&pair.new.name, &column.name);
            let candidates = judged.iter().filter(|j| j.possible.to == to).cloned().map(candidate).collect();
            self.counting().new_column(pair.new, column, rows, candidates)
        });
        open.collect()
    }
}

/// The columns of a new table to which others can have moved: those that came, or all if the table did.
fn came_to<'a>(new: &'a Table, pairs: &[columns::Pair<'a>], settled: &Settlement) -> Vec<&'a crate::schema::Column> {
    let mut before = pairs.iter().filter(|p| p.new.name == new.name).peekable();
    if before.peek().is_none() {
        return new
            .columns
            .iter()
            .filter(|c| !settled.has_column(&new.name, &c.name, false))
            .collect();
    }
    let all: Vec<&columns::Pair<'a>> = before.collect();
    let came = |c: &&crate::schema::Column| all.iter().all(|p| p.came.iter().any(|other| other.name == c.name));
    new.columns.iter().filter(came).collect()
}

/// Whether a settled match gives a new column its values.
fn is_filled(shape: &Shape, to_key: &str) -> bool {
    match shape {
        Shape::ColumnRenamed { to, .. } | Shape::ColumnMoved { to, .. } => column_key(&to.table, &to.name) == to_key,
        _ => false,
    }
}

fn matched(judged: Judged) -> Match {
    Match {
        shape: judged.possible.shape,
        score: judged.score,
        evidence: judged.possible.odds.evidence(judged.score, &judged.rivals),
        settled: None,
    }
}

fn candidate(judged: Judged) -> Candidate {
    // One that is nearly certain but shares its place with another is below the threshold all the same.
    Candidate {
        shape: judged.possible.shape,
        score: judged.score,
        evidence: judged.possible.odds.evidence(judged.score, &judged.rivals),
    }
}

fn unsure(found: Match) -> Candidate {
    Candidate {
        shape: found.shape,
        score: found.score,
        evidence: found.evidence,
    }
}

fn only_case(shape: Shape) -> Match {
    Match {
        shape,
        score: 1.0,
        evidence: vec![Evidence {
            about: "name",
            sentence: "The names differ in case alone, which SQLite does not tell apart.".to_owned(),
            weight: 1.0,
        }],
        settled: None,
    }
}
