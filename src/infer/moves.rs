//! Columns that stand in another table: the ways by which a row of the new table is found from one of the old, and who goes them.

use super::columns::{Pair, name};
use super::compete::Possible;
use super::data::Data;
use super::findings::Shape;
use super::names;
use super::odds::Odds;
use super::types;
use super::world::{Places, World, column_key, reference, referred, sole_key};
use crate::schema::{Column, Table};
use crate::sql::quoted;

/// A way from an old table to a new one.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// A column of the new table by an expression over the old row.
    pub by: Vec<(String, String)>,
    /// Why it is one.
    pub sentence: String,
    /// What it adds to the odds.
    pub weight: f64,
}

/// The best way from an old table to a new one, if there is any.
pub fn way(world: &World<'_>, data: &Data<'_>, places: &Places, old: &Table, new: &Table) -> Option<Way> {
    let ways = [
        child(places, old, new),
        twin(data, places, old, new),
        parent(world, places, old, new),
    ];
    ways.into_iter().flatten().max_by(|a, b| a.weight.total_cmp(&b.weight))
}

/// The new table refers to what the old one became: `details.person_id` to `person`.
fn child(places: &Places, old: &Table, new: &Table) -> Option<Way> {
    let mut found = new.columns.iter().filter_map(|column| {
        let (target, written) = reference(new, &column.name)?;
        let place = places.of(&old.name)?;
        let key = match written {
            Some(name) => old.column(name)?.name.as_str(),
            None => sole_key(old)?,
        };
        place.eq_ignore_ascii_case(target).then_some((&column.name, key))
    });
    let (column, key) = found.next()?;
    // A table that refers twice does not say which of the two is meant.
    if found.next().is_some() {
        return None;
    }
    Some(Way {
        by: vec![(column.clone(), format!("old.{}", quoted(key)))],
        sentence: format!("“{}.{column}” refers to “{}”.", new.name, old.name),
        weight: 1.0,
    })
}

/// Both refer to the same key of a third by a column of one name, and the old table does so once for each row: `site_id` of both.
fn twin(data: &Data<'_>, places: &Places, old: &Table, new: &Table) -> Option<Way> {
    let mut found = new.columns.iter().filter_map(|column| {
        let (target, _) = reference(new, &column.name)?;
        let other = old.column(&column.name)?;
        let (parent, _) = reference(old, &other.name)?;
        places.is(parent, target).then_some((&column.name, &other.name, target))
    });
    let (column, other, target) = found.find(|(_, other, _)| is_of_one_row(data, old, other))?;
    Some(Way {
        by: vec![(column.clone(), format!("old.{}", quoted(other)))],
        sentence: format!("“{}.{column}” and “{}.{other}” refer to the same “{target}”.", new.name, old.name),
        weight: 0.8,
    })
}

/// Whether a reference is as good as a key of its own table: each row has another value. Without rows, it is declared so, or a row goes with
/// what it refers to, as it does where two tables are one thing.
pub fn is_of_one_row(data: &Data<'_>, table: &Table, column: &str) -> bool {
    let is = |parts: &[crate::schema::Part]| matches!(parts, [part] if part.text.eq_ignore_ascii_case(column));
    let is_unique = table.uniques.iter().any(|u| is(&u.parts)) || table.indexes.iter().any(|i| i.unique && is(&i.parts)) || is(&table.key);
    if is_unique {
        return true;
    }
    let rows = data.old(table);
    match rows.columns.get(&super::world::key(column)).filter(|s| s.filled() > 0) {
        Some(values) => values.values.len() as u64 == values.filled() && !values.is_full,
        None => {
            let cascades = |f: &&crate::schema::ForeignKey| f.columns.len() == 1 && f.columns[0].eq_ignore_ascii_case(column);
            table.foreign_keys.iter().find(cascades).is_some_and(|f| f.on_delete == "CASCADE")
        }
    }
}

/// The old table refers to what became the new one: a value of the order that is one of its customer.
fn parent(world: &World<'_>, places: &Places, old: &Table, new: &Table) -> Option<Way> {
    let mut found = old
        .foreign_keys
        .iter()
        .filter(|f| f.columns.len() == 1 && places.is(&f.parent, &new.name));
    let reference = found.next()?;
    if found.next().is_some() || places.is(&old.name, &new.name) {
        return None;
    }
    let before = world.old.table(&reference.parent)?;
    let key = referred(before, reference.parent_columns.first().map(String::as_str))?;
    let key = &new.column(key)?.name;
    let column = &reference.columns[0];
    Some(Way {
        by: vec![(key.clone(), format!("old.{}", quoted(column)))],
        sentence: format!("“{}.{column}” refers to “{}”.", old.name, new.name),
        weight: 0.2,
    })
}

/// Moves from one old table into one new one.
pub fn possible(pair: &Pair<'_>, new: &Table, came: &[&Column], way: &Way, data: &Data<'_>) -> Vec<Possible> {
    let partner = |a: &&&Column| came.iter().any(|b| b.name.eq_ignore_ascii_case(&a.name));
    let together: Vec<&&Column> = pair.gone.iter().filter(partner).collect();
    let mut found = Vec::new();
    for a in &pair.gone {
        for b in came.iter().filter(|b| way.by.iter().all(|(column, _)| *column != b.name)) {
            let is_same = a.name.eq_ignore_ascii_case(&b.name);
            let likeness = names::likeness(&a.name, &b.name, &[&pair.old.name, &new.name]);
            if !is_same && likeness.share < 0.8 {
                continue;
            }
            let mut odds = Odds::new(-2.2);
            if is_same {
                odds.add("name", 3.0, format!("“{}” stands in “{}” now.", a.name, new.name));
            } else {
                odds.add("name", likeness.weight - 1.5, likeness.sentence);
            }
            let (weight, sentence) = types::likeness(a, b);
            odds.add("type", weight, sentence);
            odds.add("references", way.weight, way.sentence.clone());
            let others = together.iter().filter(|c| c.name != a.name).count();
            if others > 0 && is_same {
                let sentence = format!(
                    "{others} other columns of “{}” that go stand in “{}”, too.",
                    pair.old.name, new.name
                );
                odds.add("structure", (0.7 * others as f64).min(2.0), sentence);
            }
            if pair.new.column(&a.name).is_some() {
                odds.add("structure", -2.0, format!("“{}” has a column of this name still.", pair.new.name));
            }
            data.columns((pair.old, a), (new, b), &mut odds);
            found.push(Possible {
                shape: Shape::ColumnMoved {
                    from: name(pair.old, a),
                    to: name(new, b),
                    by: way.by.clone(),
                },
                from: column_key(&pair.old.name, &a.name),
                to: column_key(&new.name, &b.name),
                called: format!("“{}” as “{}.{}”", a.name, new.name, b.name),
                odds,
            });
        }
    }
    found
}
