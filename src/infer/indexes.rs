//! Indexes that have another name and are the same besides. No data hangs on them, so nothing is asked.

use super::findings::{Evidence, Match, Shape};
use super::world::{Places, World, key};
use crate::schema::{Index, Table};
use std::collections::BTreeMap;

/// All that are the only ones of their kind on both sides.
pub fn renamed(world: &World<'_>, places: &Places, matches: &[Match]) -> Vec<Match> {
    let mut found = Vec::new();
    for (old, new) in places.pairs(world) {
        let names = column_names(old, new, matches);
        let gone: Vec<&Index> = old.indexes.iter().filter(|i| !has(&world.new.tables, i)).collect();
        let came: Vec<&Index> = new.indexes.iter().filter(|i| !has(&world.old.tables, i)).collect();
        for index in &gone {
            let told = described(index, &names);
            let same: Vec<&&Index> = came.iter().filter(|c| described(c, &BTreeMap::new()) == told).collect();
            let is_alone = gone.iter().filter(|g| described(g, &names) == told).count() == 1;
            if let ([one], true) = (same.as_slice(), is_alone) {
                found.push(Match {
                    shape: Shape::IndexRenamed {
                        from: index.name.clone(),
                        to: one.name.clone(),
                        table: new.name.clone(),
                    },
                    score: 1.0,
                    evidence: vec![Evidence {
                        about: "structure",
                        sentence: "They are over the same columns in the same way.".to_owned(),
                        weight: 1.0,
                    }],
                    settled: None,
                });
            }
        }
    }
    found
}

fn has(tables: &[Table], index: &Index) -> bool {
    tables
        .iter()
        .flat_map(|t| &t.indexes)
        .any(|i| i.name.eq_ignore_ascii_case(&index.name))
}

/// New names of the old columns.
fn column_names(old: &Table, new: &Table, matches: &[Match]) -> BTreeMap<String, String> {
    let renamed = matches.iter().filter_map(|m| match &m.shape {
        Shape::ColumnRenamed { from, to } if from.table == old.name && to.table == new.name => Some((key(&from.name), key(&to.name))),
        _ => None,
    });
    renamed.collect()
}

type Described = (bool, Vec<(String, bool, String, bool)>, Option<String>);

fn described(index: &Index, names: &BTreeMap<String, String>) -> Described {
    let parts = index.parts.iter().map(|p| {
        let low = key(&p.text);
        let text = if p.is_expression {
            low
        } else {
            names.get(&low).cloned().unwrap_or(low)
        };
        (text, p.is_expression, p.collation.clone(), p.descending)
    });
    (index.unique, parts.collect(), index.filter.clone())
}
