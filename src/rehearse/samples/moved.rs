//! What is in another table now: columns that went to a table which refers to the old one's, or to which that one refers; and whole rows.

use super::columns::Matched;
use super::table::{Table, Value};
use super::{Change, Kind, Pairing, ROWS, Sides};
use rusqlite::Result;

/// How many rows are looked for by their values: there may be no index for it.
const LOOKED_FOR: usize = 12;

impl Sides<'_> {
    /// Columns of `old` that are found in a table beside `now`; they are taken out of `left`.
    pub fn moved_columns(
        &self,
        old: &Table,
        now: &Table,
        moved: &[&Table],
        all: &[Table],
        left: &mut Vec<usize>,
        rows: &Matched,
    ) -> Result<Vec<Change>> {
        let mut found = Vec::new();
        if left.is_empty() || rows.is_empty() {
            return Ok(found);
        }
        for (target, pairs) in self.neighbours(now, moved, all, rows)? {
            let mut gone = Vec::new();
            for o in left.iter().copied() {
                let fits = |n: &usize| {
                    let filled = pairs.iter().filter(|(a, b)| a[o] == b[*n] && a[o] != Value::Null).count();
                    filled > 0 && pairs.iter().all(|(a, b)| a[o] == b[*n])
                };
                let by_name = target.place(&old.columns[o].name).filter(fits);
                let Some(n) = by_name.or_else(|| (0..target.columns.len()).filter(|n| target.columns[*n].key == 0).find(fits)) else {
                    continue;
                };
                let (before, after) = (&old.columns[o].name, &target.columns[n].name);
                let what = format!("“{}.{before}” is now “{}.{after}”.", old.name, target.name);
                let shown = pairs.iter().filter(|(a, _)| a[o] != Value::Null).take(ROWS).map(|(a, b)| Pairing {
                    key: self.key(old, a),
                    old: self.cells(&[a[o].clone()]),
                    new: self.cells(&[b[n].clone()]),
                });
                let rows = shown.collect();
                found.push(self.change(Kind::Moved, what, (vec![before.clone()], vec![after.clone()]), rows));
                gone.push(o);
            }
            left.retain(|o| !gone.contains(o));
        }
        Ok(found)
    }

    /// The tables one reference away from `now`, each with the rows that go with those of the old table.
    fn neighbours<'t>(&self, now: &Table, moved: &[&'t Table], all: &'t [Table], rows: &Matched) -> Result<Vec<(&'t Table, Matched)>> {
        let connection = self.new.connection();
        let mut found = Vec::new();
        let join = |target: &Table, theirs: usize, ours: usize| -> Result<Matched> {
            let mut pairs = Matched::new();
            for (a, b) in rows {
                if let Some(row) = target
                    .row_where(connection, &[theirs], &[b[ours].clone()])?
                    .filter(|_| b[ours] != Value::Null)
                {
                    pairs.push((a.clone(), row));
                }
            }
            Ok(pairs)
        };
        for (ours, table, to) in now.references(connection)? {
            let Some(target) = all.iter().find(|t| t.name.eq_ignore_ascii_case(&table)) else {
                continue;
            };
            if let Some(theirs) = to.and_then(|to| target.place(&to)).or_else(|| target.key().first().copied()) {
                found.push((target, join(target, theirs, ours)?));
            }
        }
        let own_key = now.key();
        if let [key] = own_key.as_slice() {
            let others = all.iter().filter(|t| t.name != now.name);
            for target in others {
                let refers = target.references(connection)?;
                let refers = refers.into_iter().find(|(_, table, _)| table.eq_ignore_ascii_case(&now.name));
                if let Some((theirs, ..)) = refers {
                    found.push((target, join(target, theirs, *key)?));
                }
            }
        }
        found.sort_by_key(|(table, _)| !moved.iter().any(|m| m.name == table.name));
        Ok(found)
    }

    /// Rows of a table that does not live on, in one to which they went: found by the values that have the same names there.
    pub fn rows_moved(&self, old: &Table, target: &Table) -> Result<Option<Change>> {
        let is_key = |n: usize| old.columns[n].key > 0;
        let common: Vec<(usize, usize)> = (0..old.columns.len())
            .filter(|n| !is_key(*n))
            .filter_map(|n| Some((n, target.place(&old.columns[n].name)?)))
            .collect();
        let rows = old.some_rows(self.old.connection())?;
        let mut shown = Vec::new();
        for row in rows.iter().take(LOOKED_FOR) {
            let filled: Vec<&(usize, usize)> = common.iter().filter(|(o, _)| row[*o] != Value::Null).collect();
            if filled.is_empty() {
                continue;
            }
            let places: Vec<usize> = filled.iter().map(|(_, n)| *n).collect();
            let values: Vec<Value> = filled.iter().map(|(o, _)| row[*o].clone()).collect();
            let new = target.row_where(self.new.connection(), &places, &values)?;
            shown.extend(new.map(|new| Pairing {
                key: self.key(old, row),
                old: self.cells(row),
                new: self.cells(&new),
            }));
        }
        if shown.is_empty() {
            shown = rows
                .iter()
                .take(ROWS)
                .map(|row| Pairing {
                    key: self.key(old, row),
                    old: self.cells(row),
                    new: Vec::new(),
                })
                .collect();
        }
        shown.truncate(ROWS);
        let what = format!("Rows of “{}” are now in “{}”.", old.name, target.name);
        Ok(Some(self.change(Kind::Moved, what, (old.names(), target.names()), shown)))
    }
}
