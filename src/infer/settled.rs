//! What people have settled, in the new schema's SQL or in hints, held against both schemas. What does not fit is an error that names the
//! place; nothing said is passed over in silence, but for renames that have happened already.

use super::annotated::{beside_column, beside_table};
use super::data::Data;
use super::findings::{Column as Name, Evidence, Match, Settled as By, Shape};
use super::hints::{Hints, Told};
use super::moves;
use super::world::{Places, World, column_key, key};
use crate::failure::{Failure, Reason, Result};
use crate::near::near;
use crate::schema::{Column, Definition, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A table or a column of a schema.
#[derive(Clone, Copy)]
pub enum Thing<'a> {
    /// A table.
    Table(&'a Table),
    /// A column of a table.
    Column(&'a Table, &'a Column),
}

impl Thing<'_> {
    fn key(self) -> String {
        match self {
            Thing::Table(table) => key(&table.name),
            Thing::Column(table, column) => column_key(&table.name, &column.name),
        }
    }

    fn shown(self) -> String {
        match self {
            Thing::Table(table) => table.name.clone(),
            Thing::Column(table, column) => format!("{}.{}", table.name, column.name),
        }
    }
}

/// What is settled.
#[derive(Default)]
pub struct Settlement {
    /// The matches.
    pub matches: Vec<Match>,
    /// Old things that have their place, and who said so.
    pub old: BTreeMap<String, String>,
    /// New things that have their origin, or none.
    pub new: BTreeMap<String, String>,
    /// New things that were said to come from nothing.
    pub from_nothing: BTreeSet<String>,
    /// Pairs that are not the same.
    pub apart: BTreeSet<(String, String)>,
    /// Where tables went.
    pub places: Places,
}

/// Something said, with both its things found.
pub struct Statement<'a> {
    /// What.
    pub kind: Kind<'a>,
    /// In which way.
    pub by: By,
    /// Where it stands, for messages.
    pub place: String,
}

/// What can be said, of an old thing, a new one, or both.
pub enum Kind<'a> {
    /// The old one became the new one; found by expressions, if any are given.
    Became(Thing<'a>, Thing<'a>, Vec<(String, String)>),
    /// The old one goes, for a reason.
    Goes(Thing<'a>, String),
    /// The two are not the same.
    Apart(Thing<'a>, Thing<'a>),
    /// The new one comes from nothing.
    New(Thing<'a>),
}

impl Settlement {
    /// What was said of tables.
    pub fn of_tables(world: &World<'_>, data: &Data<'_>, hints: &Hints) -> Result<Settlement> {
        let mut settled = Settlement::default();
        for statement in statements(world, hints, &Places::default(), true)? {
            settled.take(world, data, statement)?;
        }
        Ok(settled)
    }

    /// Adds what was said of columns, when it is known where tables went.
    pub fn add_columns(&mut self, world: &World<'_>, data: &Data<'_>, hints: &Hints, places: &Places) -> Result<()> {
        self.places = places.clone();
        for statement in statements(world, hints, places, false)? {
            self.take(world, data, statement)?;
        }
        Ok(())
    }

    /// Whether people have spoken about a table.
    pub fn has_table(&self, name: &str, is_old: bool) -> bool {
        let said = if is_old { &self.old } else { &self.new };
        said.contains_key(&key(name))
    }

    /// Whether people have spoken about a column.
    pub fn has_column(&self, table: &str, column: &str, is_old: bool) -> bool {
        let said = if is_old { &self.old } else { &self.new };
        said.contains_key(&column_key(table, column))
    }

    fn take(&mut self, world: &World<'_>, data: &Data<'_>, statement: Statement<'_>) -> Result<()> {
        let Statement { kind, by, place } = statement;
        let shape = match kind {
            Kind::Apart(from, to) => {
                self.apart.insert((from.key(), to.key()));
                return Ok(());
            }
            Kind::New(thing) => {
                claim(&mut self.new, thing, &place, "comes from")?;
                self.from_nothing.insert(thing.key());
                return Ok(());
            }
            Kind::Goes(thing, reason) => {
                claim(&mut self.old, thing, &place, "goes to")?;
                let (table, column) = match thing {
                    Thing::Table(table) => (table.name.clone(), None),
                    Thing::Column(table, column) => (table.name.clone(), Some(column.name.clone())),
                };
                Shape::Dropped { table, column, reason }
            }
            Kind::Became(from, to, how) => {
                let shape = self.shape(world, data, (from, to), how, &place)?;
                if self.matches.iter().any(|m| m.shape == shape) {
                    return Ok(());
                }
                claim(&mut self.old, from, &place, "goes to")?;
                // Several tables may end in one, and columns of several in one; of one table they may not.
                if let (Thing::Table(a), Thing::Table(b)) = (from, to) {
                    self.places.insert(&a.name, &b.name);
                    self.new.insert(to.key(), place.clone());
                } else if matches!(shape, Shape::ColumnRenamed { .. }) {
                    let (Thing::Column(a, _), Thing::Column(b, column)) = (from, to) else {
                        return Ok(());
                    };
                    claim(&mut self.new, to, &place, &format!("of “{}” comes from", a.name)).or_else(|failure| {
                        let other = |m: &Match| matches!(&m.shape, Shape::ColumnRenamed { from, to } if !from.table.eq_ignore_ascii_case(&a.name) && to.table == b.name && to.name == column.name);
                        if self.matches.iter().any(other) { Ok(()) } else { Err(failure) }
                    })?;
                } else {
                    self.new.insert(to.key(), place.clone());
                }
                shape
            }
        };
        let sentence = match by {
            By::Annotation => format!("The new schema says so: {place}."),
            By::Hint | By::Answer => format!("{place} says so."),
        };
        let about = if by == By::Annotation { "annotation" } else { "hint" };
        self.matches.push(Match {
            shape,
            score: 1.0,
            evidence: vec![Evidence {
                about,
                sentence,
                weight: 1.0,
            }],
            settled: Some(by),
        });
        Ok(())
    }

    fn shape(
        &mut self,
        world: &World<'_>,
        data: &Data<'_>,
        (from, to): (Thing<'_>, Thing<'_>),
        by: Vec<(String, String)>,
        place: &str,
    ) -> Result<Shape> {
        let name = |table: &Table, column: &Column| Name {
            table: table.name.clone(),
            name: column.name.clone(),
        };
        match (from, to) {
            (Thing::Table(a), Thing::Table(b)) => {
                let (from, to) = (a.name.clone(), b.name.clone());
                let earlier = self
                    .matches
                    .iter_mut()
                    .find(|m| matches!(&m.shape, Shape::TableRenamed { to, .. } if *to == b.name));
                let is_kept = world
                    .old
                    .table(&to)
                    .is_some_and(|t| t.name != from && !self.old.contains_key(&key(&t.name)));
                match earlier {
                    Some(earlier) if !matches!(&earlier.shape, Shape::TableRenamed { from: other, .. } if *other == from) => {
                        if let Shape::TableRenamed { from, to } = earlier.shape.clone() {
                            earlier.shape = Shape::TableMerged { from, to };
                        }
                        Ok(Shape::TableMerged { from, to })
                    }
                    _ if is_kept => Ok(Shape::TableMerged { from, to }),
                    _ => Ok(Shape::TableRenamed { from, to }),
                }
            }
            (Thing::Column(t, a), Thing::Column(u, b)) if self.places.is(&t.name, &u.name) => Ok(Shape::ColumnRenamed {
                from: name(t, a),
                to: name(u, b),
            }),
            (Thing::Column(t, a), Thing::Column(u, b)) => Ok(Shape::ColumnMoved {
                from: name(t, a),
                to: name(u, b),
                by: if by.is_empty() {
                    moves::way(world, data, &self.places, t, u).map(|w| w.by).unwrap_or_default()
                } else {
                    by
                },
            }),
            _ => Err(wrong(format!(
                "{place}: “{}” and “{}” cannot be one; the one is a table, the other a column.",
                from.shown(),
                to.shown()
            ))),
        }
    }
}

/// What people said cannot be.
pub fn wrong(message: String) -> Failure {
    Failure::new(Reason::RequestInvalid, message)
}

/// Notes who spoke about a thing; two who say different things are told so.
fn claim(said: &mut BTreeMap<String, String>, thing: Thing<'_>, place: &str, what: &str) -> Result<()> {
    match said.insert(thing.key(), place.to_owned()) {
        None => Ok(()),
        Some(earlier) => Err(wrong(format!(
            "It is said twice, and differently, what “{}” {what}: {earlier} and {place}. Take one of them away.",
            thing.shown()
        ))),
    }
}

/// Everything that was said, of tables or of columns.
fn statements<'a>(world: &World<'a>, hints: &Hints, places: &Places, of_tables: bool) -> Result<Vec<Statement<'a>>> {
    let mut found = Vec::new();
    for table in &world.new.tables {
        for note in &table.annotations {
            found.extend(beside_table(world, places, table, note, of_tables)?);
        }
        for column in &table.columns {
            for note in &column.annotations {
                found.extend(beside_column(world, places, table, column, note, of_tables)?);
            }
        }
    }
    for hint in &hints.said {
        let place = &hint.place;
        let old = |name: &str| thing(world.old, name).map_err(|why| wrong(format!("{place}: The old schema {why}")));
        let new = |name: &str| thing(world.new, name).map_err(|why| wrong(format!("{place}: The new schema {why}")));
        let kind = match &hint.what {
            Told::Renamed { from, to } => Kind::Became(old(from)?, new(to)?, Vec::new()),
            Told::Moved { from, to, by } => Kind::Became(old(from)?, new(to)?, by.clone()),
            Told::Dropped { name, reason } => Kind::Goes(old(name)?, reason.clone()),
            Told::NotRenamed { from, to } => Kind::Apart(old(from)?, new(to)?),
            Told::New { name } => Kind::New(new(name)?),
        };
        let is_table = match &kind {
            Kind::Became(thing, ..) | Kind::Goes(thing, _) | Kind::Apart(thing, _) | Kind::New(thing) => matches!(thing, Thing::Table(_)),
        };
        if is_table == of_tables {
            found.push(Statement {
                kind,
                by: hint.by,
                place: place.clone(),
            });
        }
    }
    Ok(found)
}

/// A table, or a column as `table.column`; a part with a dot in it stands in double quotes.
pub fn thing<'a>(definition: &'a Definition, text: &str) -> std::result::Result<Thing<'a>, String> {
    let bare = |part: &str| match part.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => part.to_owned(),
    };
    if let Some(table) = definition.table(&bare(text)) {
        return Ok(Thing::Table(table));
    }
    let mut unknown = None;
    for (at, _) in text.match_indices('.') {
        let (table, column) = (bare(&text[..at]), bare(&text[at + 1..]));
        let Some(table) = definition.table(&table) else { continue };
        if let Some(column) = table.column(&column) {
            return Ok(Thing::Column(table, column));
        }
        let hint = near(&column, table.columns.iter().map(|c| c.name.as_str()));
        let hint = hint.map(|name| format!(" Is “{name}” meant?")).unwrap_or_default();
        unknown = Some(format!("has no column “{column}” in “{}”.{hint}", table.name));
    }
    Err(unknown.unwrap_or_else(|| missing_table(definition, &bare(text.split('.').next().unwrap_or(text)))))
}

/// How a table is missed, with the near one.
pub fn missing_table(definition: &Definition, name: &str) -> String {
    let hint = near(name, definition.tables.iter().map(|t| t.name.as_str()));
    let hint = hint.map(|name| format!(" Is “{name}” meant?")).unwrap_or_default();
    format!("has no table “{name}”.{hint}")
}
