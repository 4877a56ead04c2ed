//! The order in which tables are dropped, made and filled: what others refer to comes before them. Tables that refer to each other in a circle
//! stand together, and are named.

use super::matching::Matching;
use super::report::Order;
use crate::reshape::content_table;
use crate::schema::{Definition, Table, TableKind};
use std::collections::HashMap;

/// The order for a way from one schema to another.
pub fn order(old: &Definition, new: &Definition, matching: &Matching<'_>) -> Order {
    let names = |groups: &[Vec<&Table>], among: &[&Table]| -> Vec<String> {
        let tables = groups.iter().flatten().filter(|t| among.iter().any(|a| a.name == t.name));
        tables.map(|t| t.name.clone()).collect()
    };
    let (was, will) = (parents_first(old), parents_first(new));
    let mut drop = names(&was, &matching.gone);
    drop.reverse();
    let circle = |group: &&Vec<&Table>| group.len() > 1;
    Order {
        drop,
        create: names(&will, &matching.new),
        fill: will.iter().flatten().map(|t| t.name.clone()).collect(),
        circles: will
            .iter()
            .filter(circle)
            .map(|group| group.iter().map(|t| t.name.clone()).collect())
            .collect(),
    }
}

/// All tables in groups: one table, or a circle of them. A table that refers to itself is no circle, since it is filled at once.
///
/// By Tarjan's algorithm (<https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm>), without recursion: a schema may
/// be a long chain.
fn parents_first(definition: &Definition) -> Vec<Vec<&Table>> {
    let tables = &definition.tables;
    let places: HashMap<String, usize> = tables.iter().enumerate().map(|(n, t)| (t.name.to_ascii_lowercase(), n)).collect();
    let parents: Vec<Vec<usize>> = tables
        .iter()
        .map(|t| {
            parents(t)
                .iter()
                .filter_map(|p| places.get(&p.to_ascii_lowercase()).copied())
                .collect()
        })
        .collect();
    let mut search = Search {
        parents: &parents,
        met: 0,
        number: vec![None; tables.len()],
        lowest: vec![0; tables.len()],
        is_waiting: vec![false; tables.len()],
        waiting: Vec::new(),
        groups: Vec::new(),
    };
    for n in 0..tables.len() {
        search.from(n);
    }
    let group = |mut group: Vec<usize>| {
        group.sort_unstable();
        group.into_iter().map(|n| &tables[n]).collect()
    };
    search.groups.into_iter().map(group).collect()
}

/// The tables to which a table refers, or from which its module builds it.
fn parents(table: &Table) -> Vec<String> {
    match &table.kind {
        TableKind::Ordinary => table.foreign_keys.iter().map(|k| k.parent.clone()).collect(),
        TableKind::Virtual { .. } => content_table(&table.sql).into_iter().collect(),
    }
}

struct Search<'p> {
    parents: &'p [Vec<usize>],
    met: usize,
    number: Vec<Option<usize>>,
    lowest: Vec<usize>,
    is_waiting: Vec<bool>,
    waiting: Vec<usize>,
    groups: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn from(&mut self, root: usize) {
        if self.number[root].is_some() {
            return;
        }
        // A table, and how many of its parents have been looked at.
        let mut way = vec![(root, 0)];
        self.meet(root);
        while let Some((table, done)) = way.last_mut() {
            let table = *table;
            if let Some(parent) = self.parents[table].get(*done).copied() {
                *done += 1;
                match self.number[parent] {
                    None => {
                        self.meet(parent);
                        way.push((parent, 0));
                    }
                    Some(number) if self.is_waiting[parent] => self.lowest[table] = self.lowest[table].min(number),
                    Some(_) => {}
                }
                continue;
            }
            way.pop();
            if let Some((child, _)) = way.last() {
                self.lowest[*child] = self.lowest[*child].min(self.lowest[table]);
            }
            if self.number[table] == Some(self.lowest[table]) {
                self.close(table);
            }
        }
    }

    fn meet(&mut self, table: usize) {
        self.number[table] = Some(self.met);
        self.lowest[table] = self.met;
        self.met += 1;
        self.is_waiting[table] = true;
        self.waiting.push(table);
    }

    /// All that were met since then refer to each other.
    fn close(&mut self, table: usize) {
        let first = self.waiting.iter().position(|t| *t == table).unwrap_or(0);
        let group = self.waiting.split_off(first);
        group.iter().for_each(|t| self.is_waiting[*t] = false);
        self.groups.push(group);
    }
}
