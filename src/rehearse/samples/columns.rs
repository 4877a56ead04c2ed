//! A table that lives on: its rows are matched by their keys, and column by column the values before and after say what became of it.

use super::table::{Table, Value};
use super::{Change, Kind, Pairing, ROWS, Sides};
use rusqlite::Result;
use std::collections::BTreeMap;

/// Rows that are one row before and after.
pub type Matched = Vec<(Vec<Value>, Vec<Value>)>;

/// How two columns go together.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fit {
    /// Each value is as it was.
    Same,
    /// Each old value has become one certain new value.
    Mapped,
    /// Neither.
    Other,
}

impl Sides<'_> {
    /// Shows what became of a table that is now `now`.
    pub fn lives_on(&self, old: &Table, now: &Table, moved: &[&Table], all: &[Table], found: &mut Vec<Change>) -> Result<()> {
        let rows = self.matched(old, now)?;
        if !old.name.eq_ignore_ascii_case(&now.name) {
            let same: Vec<usize> = (0..old.columns.len())
                .filter(|n| now.place(&old.columns[*n].name).is_some())
                .take(6)
                .collect();
            let pairs: Vec<(usize, usize)> = same.iter().filter_map(|n| Some((*n, now.place(&old.columns[*n].name)?))).collect();
            let what = format!("The table “{}” is now “{}”.", old.name, now.name);
            found.push(self.shown(Kind::RenamedTable, what, (old, now), &pairs, rows.iter()));
        }
        let mut taken = vec![false; old.columns.len()];
        let mut new_ones = Vec::new();
        for (n, column) in now.columns.iter().enumerate() {
            match old.place(&column.name) {
                Some(o) => {
                    taken[o] = true;
                    found.extend(self.same_name((old, o), (now, n), &rows));
                }
                None => new_ones.push(n),
            }
        }
        let hinted = |n: &usize| self.links.column(&now.name, &now.columns[*n].name).and_then(|from| old.place(from));
        new_ones.sort_by_key(|n| hinted(n).is_none());
        for n in new_ones {
            match self.origin((old, &taken), n, hinted(&n), &rows) {
                Some((o, fit)) => {
                    taken[o] = true;
                    found.push(self.renamed((old, o), (now, n), fit, &rows));
                }
                None => {
                    let what = format!("The column “{}.{}” is new.", now.name, now.columns[n].name);
                    found.push(self.side(Kind::New, what, now, n, &rows, |pair| &pair.1));
                }
            }
        }
        let mut left: Vec<usize> = (0..taken.len()).filter(|o| !taken[*o]).collect();
        found.extend(self.moved_columns(old, now, moved, all, &mut left, &rows)?);
        for o in left {
            let what = format!("The column “{}.{}” is gone.", old.name, old.columns[o].name);
            found.push(self.side(Kind::Dropped, what, old, o, &rows, |pair| &pair.0));
        }
        Ok(())
    }

    /// Some rows of the old table, each with the row of the same key in the new one. None at all where equal keys are plainly not one row.
    pub fn matched(&self, old: &Table, now: &Table) -> Result<Matched> {
        let (key, now_key) = (old.key(), now.key());
        if key.is_empty() || key.len() != now_key.len() {
            return Ok(Vec::new());
        }
        let same_name: Option<Vec<usize>> = key.iter().map(|n| now.place(&old.columns[*n].name)).collect();
        let places = same_name.unwrap_or(now_key);
        let mut rows = Matched::new();
        for row in old.some_rows(self.old.connection())? {
            let values: Vec<Value> = key.iter().map(|n| row[*n].clone()).collect();
            if let Some(found) = now.row_where(self.new.connection(), &places, &values)? {
                rows.push((row, found));
            }
        }
        let common: Vec<(usize, usize)> = (0..old.columns.len())
            .filter(|n| !key.contains(n))
            .filter_map(|n| Some((n, now.place(&old.columns[n].name)?)))
            .collect();
        let alike = |(a, b): &&(Vec<Value>, Vec<Value>)| common.iter().any(|(o, n)| a[*o] == b[*n] && a[*o] != Value::Null);
        if !common.is_empty() && rows.iter().filter(alike).count() * 2 < rows.len() {
            return Ok(Vec::new());
        }
        Ok(rows)
    }

    fn same_name(&self, (old, o): (&Table, usize), (now, n): (&Table, usize), rows: &Matched) -> Option<Change> {
        let (before, after) = (&old.columns[o], &now.columns[n]);
        let differ: Vec<_> = rows.iter().filter(|(a, b)| a[o] != b[n]).collect();
        let name = format!("“{}.{}”", now.name, after.name);
        let kind = match (before.declared == after.declared, differ.is_empty()) {
            (false, _) => Kind::Retyped,
            (true, true) => return None,
            (true, false) if fit(rows, o, n) == Fit::Mapped => Kind::MappedValues,
            _ => Kind::Changed,
        };
        let what = match kind {
            Kind::Retyped => format!("{name} is {} now, and was {}.", typed(&after.declared), typed(&before.declared)),
            Kind::MappedValues => format!("{name} has other values now, each old one the same new one."),
            _ => format!(
                "{name} has other values now, in {} of {} rows that were looked at.",
                differ.len(),
                rows.len()
            ),
        };
        let shown: Vec<_> = if differ.is_empty() { rows.iter().collect() } else { differ };
        Some(self.shown(kind, what, (old, now), &[(o, n)], shown.into_iter()))
    }

    /// The old column that a new one was, by a mapping or by the values.
    fn origin(&self, (old, taken): (&Table, &[bool]), n: usize, hint: Option<usize>, rows: &Matched) -> Option<(usize, Fit)> {
        if let Some(o) = hint {
            return Some((o, fit(rows, o, n)));
        }
        let free = (0..old.columns.len()).filter(|o| !taken[*o] && old.columns[*o].key == 0);
        let fits: Vec<(usize, Fit)> = free.map(|o| (o, fit(rows, o, n))).filter(|(o, _)| distinct(rows, *o) > 1).collect();
        let same = fits.iter().find(|(_, fit)| *fit == Fit::Same);
        let mapped = || {
            let many = |(o, f): &&(usize, Fit)| *f == Fit::Mapped && distinct(rows, *o) * 2 <= rows.len() && changes(rows, n);
            fits.iter().find(many)
        };
        same.or_else(mapped).copied()
    }

    fn renamed(&self, (old, o): (&Table, usize), (now, n): (&Table, usize), fit: Fit, rows: &Matched) -> Change {
        let (before, after) = (&old.columns[o], &now.columns[n]);
        let names = format!("“{}.{}” is now “{}.{}”", old.name, before.name, now.name, after.name);
        let (kind, what) = match fit {
            Fit::Same => (Kind::RenamedColumn, format!("{names}.")),
            _ => (Kind::MappedValues, format!("{names}, with other values.")),
        };
        self.shown(kind, what, (old, now), &[(o, n)], rows.iter())
    }

    /// Rows before and after, of which those with values that were not shown yet come first.
    fn shown<'r>(
        &self,
        kind: Kind,
        what: String,
        (old, now): (&Table, &Table),
        columns: &[(usize, usize)],
        rows: impl Iterator<Item = &'r (Vec<Value>, Vec<Value>)>,
    ) -> Change {
        let mut seen: Vec<Vec<&Value>> = Vec::new();
        let (mut fresh, mut rest) = (Vec::new(), Vec::new());
        for row in rows {
            let values: Vec<&Value> = columns.iter().map(|(o, _)| &row.0[*o]).collect();
            let is_new = fresh.len() < ROWS && !seen.contains(&values) && values.iter().any(|v| **v != Value::Null);
            match is_new {
                true => {
                    seen.push(values);
                    fresh.push(row);
                }
                false if rest.len() < ROWS => rest.push(row),
                false => {}
            }
        }
        let pairing = |(a, b): &(Vec<Value>, Vec<Value>)| {
            let before: Vec<Value> = columns.iter().map(|(o, _)| a[*o].clone()).collect();
            let after: Vec<Value> = columns.iter().map(|(_, n)| b[*n].clone()).collect();
            Pairing {
                key: self.key(old, a),
                old: self.cells(&before),
                new: self.cells(&after),
            }
        };
        let shown = fresh.into_iter().chain(rest).take(ROWS).map(pairing).collect();
        let names = (
            columns.iter().map(|(o, _)| old.columns[*o].name.clone()).collect(),
            columns.iter().map(|(_, n)| now.columns[*n].name.clone()).collect(),
        );
        self.change(kind, what, names, shown)
    }

    /// Values that are on one side alone.
    fn side(
        &self,
        kind: Kind,
        what: String,
        table: &Table,
        place: usize,
        rows: &Matched,
        of: impl Fn(&(Vec<Value>, Vec<Value>)) -> &Vec<Value>,
    ) -> Change {
        let filled = rows.iter().map(of).filter(|row| row[place] != Value::Null).take(ROWS);
        let is_old = kind == Kind::Dropped;
        let pairing = |row: &Vec<Value>| {
            let cell = self.cells(&[row[place].clone()]);
            let (old, new) = if is_old { (cell, Vec::new()) } else { (Vec::new(), cell) };
            Pairing {
                key: self.key(table, row),
                old,
                new,
            }
        };
        let name = vec![table.columns[place].name.clone()];
        let names = if is_old { (name, Vec::new()) } else { (Vec::new(), name) };
        self.change(kind, what, names, filled.map(pairing).collect())
    }
}

fn typed(declared: &str) -> &str {
    if declared.is_empty() { "of no type" } else { declared }
}

/// A value as it is compared: one number is one number.
fn text(value: &Value) -> String {
    format!("{value:?}")
}

fn fit(rows: &Matched, o: usize, n: usize) -> Fit {
    if rows.iter().all(|(a, b)| a[o] == b[n]) {
        return Fit::Same;
    }
    let mut map: BTreeMap<String, &Value> = BTreeMap::new();
    let is_map = rows.iter().all(|(a, b)| **map.entry(text(&a[o])).or_insert(&b[n]) == b[n]);
    if is_map && map.len() < rows.len() {
        Fit::Mapped
    } else {
        Fit::Other
    }
}

fn distinct(rows: &Matched, o: usize) -> usize {
    let values: std::collections::BTreeSet<String> = rows.iter().map(|(a, _)| text(&a[o])).collect();
    values.len()
}

fn changes(rows: &Matched, n: usize) -> bool {
    rows.first().is_some_and(|(_, first)| rows.iter().any(|(_, b)| b[n] != first[n]))
}
