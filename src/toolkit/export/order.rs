//! The order of the tables: what others refer to comes before them. Tables that refer to each other in a circle come last, by name; a load
//! asks for foreign keys when all of it is there.

use crate::load::Table;
use rusqlite::{Connection, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts tables, those without parents first and by name.
pub fn parents_first(connection: &Connection, tables: Vec<Table>) -> Result<Vec<Table>> {
    let name = |table: &str| table.to_ascii_lowercase();
    let mut waiting: BTreeMap<String, (Table, BTreeSet<String>)> = BTreeMap::new();
    let all: BTreeSet<String> = tables.iter().map(|t| name(&t.name)).collect();
    for table in tables {
        let mut statement = connection.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1, 'main')")?;
        let parents = statement.query_map([&table.name], |r| r.get::<_, String>(0))?;
        let parents = parents.collect::<Result<Vec<_>>>()?;
        let parents = parents.iter().map(|p| name(p));
        // A table that refers to itself is loaded at once, and who is not in the export need not be waited for.
        let parents = parents.filter(|p| *p != name(&table.name) && all.contains(p)).collect();
        waiting.insert(name(&table.name), (table, parents));
    }
    let mut sorted = Vec::new();
    loop {
        let free = waiting
            .iter()
            .filter(|(_, (_, parents))| parents.is_empty())
            .map(|(name, _)| name.clone());
        let free: Vec<String> = free.collect();
        if free.is_empty() {
            break;
        }
        for done in free {
            sorted.extend(waiting.remove(&done).map(|(table, _)| table));
            waiting.values_mut().for_each(|(_, parents)| {
                parents.remove(&done);
            });
        }
    }
    sorted.extend(waiting.into_values().map(|(table, _)| table));
    Ok(sorted)
}
