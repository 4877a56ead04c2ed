//! Both schemas with their data, and what is known so far of where tables went.

use crate::schema::{Definition, Side, Table};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Both sides.
pub struct World<'a> {
    /// The old schema.
    pub old: &'a Definition,
    /// The new schema.
    pub new: &'a Definition,
    /// Rows of the old side.
    pub old_data: Option<&'a Connection>,
    /// Rows of the new side.
    pub new_data: Option<&'a Connection>,
    /// Whether the old side is a database, so that a table without rows is known to have none.
    pub is_live: bool,
}

impl<'a> World<'a> {
    /// Of two sides.
    pub fn new(old: &'a Side, new: &'a Side) -> World<'a> {
        World {
            old: &old.definition,
            new: &new.definition,
            old_data: old.data.as_ref(),
            new_data: new.data.as_ref(),
            is_live: old.bytes.is_some() || old.data.is_some(),
        }
    }
}

/// A name as a key: SQLite compares names without regard to ASCII case.
pub fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A column as a key.
pub fn column_key(table: &str, column: &str) -> String {
    format!("{}\u{0}{}", key(table), key(column))
}

/// Where old tables went: kept, renamed or merged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Places {
    /// New names by the key of the old table.
    by_old: BTreeMap<String, String>,
    /// Keys of new tables.
    taken: BTreeSet<String>,
}

impl Places {
    /// Notes where an old table went.
    pub fn insert(&mut self, old: &str, new: &str) {
        self.by_old.insert(key(old), new.to_owned());
        self.taken.insert(key(new));
    }

    /// The new table that an old one became.
    pub fn of(&self, old: &str) -> Option<&str> {
        self.by_old.get(&key(old)).map(String::as_str)
    }

    /// Whether a new table is some old one.
    pub fn is_taken(&self, new: &str) -> bool {
        self.taken.contains(&key(new))
    }

    /// Whether an old table became this new one.
    pub fn is(&self, old: &str, new: &str) -> bool {
        self.of(old).is_some_and(|place| place.eq_ignore_ascii_case(new))
    }

    /// An old table and the new one that it became, all of them.
    pub fn pairs<'a>(&self, world: &World<'a>) -> Vec<(&'a Table, &'a Table)> {
        let new: HashMap<String, &'a Table> = world.new.tables.iter().map(|t| (key(&t.name), t)).collect();
        let pair = |old: &'a Table| Some((old, *new.get(&key(self.of(&old.name)?))?));
        world.old.tables.iter().filter_map(pair).collect()
    }
}

/// What a column alone refers to: the table and, if it is written, the column there.
pub fn reference<'t>(table: &'t Table, column: &str) -> Option<(&'t str, Option<&'t str>)> {
    let one = |f: &&crate::schema::ForeignKey| f.columns.len() == 1 && f.columns[0].eq_ignore_ascii_case(column);
    let found = table.foreign_keys.iter().find(one)?;
    Some((&found.parent, found.parent_columns.first().map(String::as_str)))
}

/// The column that a reference names: the one written, or the single column of the parent's key.
pub fn referred<'t>(parent: &'t Table, written: Option<&str>) -> Option<&'t str> {
    match written {
        Some(name) => parent.column(name).map(|c| c.name.as_str()),
        None => sole_key(parent),
    }
}

/// The single column of a table's key.
pub fn sole_key(table: &Table) -> Option<&str> {
    match table.key.as_slice() {
        [part] => Some(&part.text),
        _ => None,
    }
}
