//! Some of the same rows before and after, for each kind of change: what a release manager wants to see with his own eyes. What became of
//! what is found in the rows themselves, matched by their keys, and in the mappings of the payload; both databases are only read.

mod columns;
mod links;
mod moved;
mod table;

use super::Desk;
use super::details::Details;
use super::place::Place;
use crate::database::Locked;
use crate::disk::RealDisk;
use crate::failure::Result;
use crate::script::{self, Limits};
use links::Links;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use table::Table;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Whether values are made unreadable, their form kept.
    pub masked: bool,
}

/// How many changes of a kind are shown for one database.
const OF_A_KIND: usize = 6;
/// How many rows are shown of each.
pub const ROWS: usize = 3;

/// The kinds of changes, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A table has another name.
    RenamedTable,
    /// A column has another name.
    RenamedColumn,
    /// Each old value has become a certain other one.
    MappedValues,
    /// A column has another type.
    Retyped,
    /// Values or rows are in another table.
    Moved,
    /// Values of a column are other ones.
    Changed,
    /// A table or a column is gone.
    Dropped,
    /// A table or a column is new.
    New,
}

impl Kind {
    /// A heading.
    pub fn heading(self) -> &'static str {
        match self {
            Kind::RenamedTable => "Renamed tables",
            Kind::RenamedColumn => "Renamed columns",
            Kind::MappedValues => "Mapped values",
            Kind::Retyped => "Other types",
            Kind::Moved => "Moved to other tables",
            Kind::Changed => "Changed values",
            Kind::Dropped => "Gone",
            Kind::New => "New",
        }
    }
}

/// One change, with rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The kind.
    pub kind: Kind,
    /// The database.
    pub database: String,
    /// In words.
    pub what: String,
    /// The columns shown of the old table; empty if there is none.
    pub old_columns: Vec<String>,
    /// The columns shown of the new table; empty if there is none.
    pub new_columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Pairing>,
    /// How many further changes of this kind are not shown; told with the last one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// One row before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pairing {
    /// Its key.
    pub key: String,
    /// Its values before; empty if it was not there.
    pub old: Vec<String>,
    /// Its values after; empty if it is not there.
    pub new: Vec<String>,
}

/// Looks at all databases of both pairs.
pub fn look(desk: &Desk<'_>, old: &Place, new: &Place, details: &Details, wish: &Wish) -> Result<Vec<Change>> {
    let mut found = Vec::new();
    let new_paths: BTreeMap<String, _> = desk.databases(new)?.into_iter().collect();
    for (name, path) in desk.databases(old)? {
        desk.voice.go_on()?;
        let Some(now) = new_paths.get(&name).filter(|_| path.is_file()) else {
            continue;
        };
        let open = |path: &Path| -> Result<Locked> {
            let locked = Locked::open(&RealDisk, path)?;
            script::declare(locked.connection(), &desk.bundle.manifest.functions, Limits::default())?;
            Ok(locked)
        };
        let (before, after) = (open(&path)?, open(now)?);
        let links = Links::new(&name, details, desk.bundle)?;
        let sides = Sides {
            database: &name,
            old: &before,
            new: &after,
            links: &links,
            masked: wish.masked,
        };
        let told = |e: rusqlite::Error| crate::database::failed(&e, now, "comparing");
        found.extend(few_of_each(sides.changes().map_err(told)?));
        before.close()?;
        after.close()?;
    }
    Ok(found)
}

/// Both databases, and what became of which table.
pub struct Sides<'a> {
    database: &'a str,
    old: &'a Locked,
    new: &'a Locked,
    links: &'a Links,
    masked: bool,
}

impl Sides<'_> {
    fn changes(&self) -> rusqlite::Result<Vec<Change>> {
        let (old, new) = (Table::all(self.old.connection())?, Table::all(self.new.connection())?);
        let find = |name: &str| new.iter().find(|t| t.name.eq_ignore_ascii_case(name));
        let mut found = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for table in &old {
            let link = self.links.of(&table.name);
            let moved: Vec<&Table> = link.moved.iter().filter_map(|name| find(name)).collect();
            known.extend(moved.iter().map(|t| t.name.as_str()));
            match link.now.as_deref().and_then(find) {
                Some(now) => {
                    known.push(&now.name);
                    self.lives_on(table, now, &moved, &new, &mut found)?;
                }
                None if moved.is_empty() => found.extend(self.gone(table)?),
                None => {
                    for target in moved {
                        found.extend(self.rows_moved(table, target)?);
                    }
                }
            }
        }
        for table in new.iter().filter(|t| !known.contains(&t.name.as_str())) {
            found.extend(self.came(table)?);
        }
        Ok(found)
    }

    fn change(&self, kind: Kind, what: String, columns: (Vec<String>, Vec<String>), rows: Vec<Pairing>) -> Change {
        Change {
            kind,
            database: self.database.to_owned(),
            what,
            old_columns: columns.0,
            new_columns: columns.1,
            rows,
            more: 0,
        }
    }

    fn gone(&self, table: &Table) -> rusqlite::Result<Option<Change>> {
        let rows = table.first_rows(self.old.connection(), ROWS)?;
        let what = format!("The table “{}” is gone.", table.name);
        let shown = rows.iter().map(|row| Pairing {
            key: self.key(table, row),
            old: self.cells(row),
            new: Vec::new(),
        });
        let rows: Vec<Pairing> = shown.collect();
        Ok(Some(self.change(Kind::Dropped, what, (table.names(), Vec::new()), rows)))
    }

    fn came(&self, table: &Table) -> rusqlite::Result<Option<Change>> {
        let rows = table.first_rows(self.new.connection(), ROWS)?;
        let what = format!("The table “{}” is new.", table.name);
        let shown = rows.iter().map(|row| Pairing {
            key: self.key(table, row),
            old: Vec::new(),
            new: self.cells(row),
        });
        let rows: Vec<Pairing> = shown.collect();
        Ok(Some(self.change(Kind::New, what, (Vec::new(), table.names()), rows)))
    }

    fn key(&self, table: &Table, row: &[table::Value]) -> String {
        table.key_text(row, self.masked)
    }

    fn cells(&self, row: &[table::Value]) -> Vec<String> {
        row.iter().map(|value| table::shown(value, self.masked)).collect()
    }
}

/// The first ones of each kind; the last of them says how many there are besides.
fn few_of_each(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|change| (change.kind, change.rows.is_empty()));
    let mut few: Vec<Change> = Vec::new();
    for change in changes {
        let shown = few.iter().filter(|c| c.kind == change.kind).count();
        match few.last_mut() {
            Some(last) if shown >= OF_A_KIND => last.more += 1,
            _ => few.push(change),
        }
    }
    few
}
