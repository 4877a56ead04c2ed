//! New tables that have most columns of one that goes: for people to look at where inference finds nothing likely. Nothing is decided by it.

use super::carried::{is_ordinary, rules};
use super::lines;
use crate::reshape::Mapping;
use crate::schema::{Definition, Table};
use std::cmp::Reverse;

/// How many are shown.
const SHOWN: usize = 3;

/// What a table may have become, and the lines to write; those with the most columns first.
pub fn notes(table: &Table, old: &Definition, new: &Definition, mapping: &Mapping) -> Vec<String> {
    let is_free = |new: &&Table| is_ordinary(new) && old.table(&new.name).is_none() && rules(mapping, &new.name).is_none();
    let mut found: Vec<(Vec<String>, &Table)> = new.tables.iter().filter(is_free).map(|new| (common(table, new), new)).collect();
    found.retain(|(common, _)| common.len() >= 2 && 2 * common.len() > table.columns.len());
    found.sort_by_key(|(common, _)| Reverse(common.len()));
    let told = found.iter().take(SHOWN).flat_map(|(common, new)| {
        let has = format!(
            "“{}” may have become “{}”, which is new and has {} of its {} columns ({}):",
            table.name,
            new.name,
            common.len(),
            table.columns.len(),
            lines::listed(common)
        );
        let answer = lines::becomes(&table.name, &new.name).map(|line| format!("  {line}"));
        std::iter::once(has).chain(answer)
    });
    told.collect()
}

fn common(old: &Table, new: &Table) -> Vec<String> {
    let both = old.columns.iter().filter(|column| new.column(&column.name).is_some());
    both.map(|column| column.name.clone()).collect()
}
