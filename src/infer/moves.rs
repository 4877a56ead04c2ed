//! Columns that stand in another table: the ways by which a row of the new table is found from one of the old.

use super::world::{Places, World, reference, referred, sole_key};
use crate::schema::Table;
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
pub fn way(world: &World<'_>, places: &Places, old: &Table, new: &Table) -> Option<Way> {
    let ways = [child(places, old, new), twin(places, old, new), parent(world, places, old, new)];
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
fn twin(places: &Places, old: &Table, new: &Table) -> Option<Way> {
    let mut found = new.columns.iter().filter_map(|column| {
        let (target, _) = reference(new, &column.name)?;
        let other = old.column(&column.name)?;
        let (parent, _) = reference(old, &other.name)?;
        places.is(parent, target).then_some((&column.name, &other.name, target))
    });
    let (column, other, target) = found.find(|(_, other, target)| names_its_table(old, other, target))?;
    Some(Way {
        by: vec![(column.clone(), format!("old.{}", quoted(other)))],
        sentence: format!("“{}.{column}” and “{}.{other}” refer to the same “{target}”.", new.name, old.name),
        weight: 0.7,
    })
}

/// Whether a reference may be a key of its own table: it is declared unique, or cascades from what it is a part of.
fn names_its_table(table: &Table, column: &str, _target: &str) -> bool {
    let is = |parts: &[crate::schema::Part]| matches!(parts, [part] if part.text.eq_ignore_ascii_case(column));
    let cascades =
        |f: &crate::schema::ForeignKey| f.columns.len() == 1 && f.columns[0].eq_ignore_ascii_case(column) && f.on_delete == "CASCADE";
    table.uniques.iter().any(|u| is(&u.parts))
        || table.indexes.iter().any(|i| i.unique && is(&i.parts))
        || table.foreign_keys.iter().any(cascades)
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
