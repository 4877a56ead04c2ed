//! What values of the data do under another declaration: those that another type changes, and those that a new column does not take.

use super::data::Data;
use super::findings::{Column as Name, Evidence, Match, Open, Origin, Shape};
use super::masked::told;
use super::open::shown;
use super::world::World;
use crate::reshape::Affinity;
use crate::schema::{Column, Table, TableKind};
use crate::sql::quoted;
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

/// How many values are told.
const TOLD: usize = 10;

/// What is looked at.
pub struct Looking<'w, 'a> {
    /// Both sides.
    pub world: &'w World<'a>,
    /// Where trouble is noted.
    pub data: &'w Data<'a>,
}

/// An old column and the new one that it is.
pub type Pair<'t> = ((&'t Table, &'t Column), (&'t Table, &'t Column));

impl Looking<'_, '_> {
    /// The declared type changes values.
    pub fn retyped(&self, ((old, a), (new, b)): Pair<'_>) -> Option<Match> {
        let (before, after) = (Affinity::of(&a.declared, old.strict), Affinity::of(&b.declared, new.strict));
        if before == after && !new.strict {
            return None;
        }
        let found = self.count(old, a, |value| after.would_change(value))?;
        let (example, _) = found.samples.first()?;
        let sentence = format!(
            "{} of {} values would be others as “{}”, such as “{}”.",
            found.rows,
            found.all,
            b.declared,
            told(example)
        );
        Some(Match {
            shape: Shape::Retyped {
                from: name(old, a),
                to: name(new, b),
            },
            score: 1.0,
            evidence: vec![Evidence {
                about: "values",
                sentence,
                weight: 1.0,
            }],
            settled: None,
        })
    }

    /// NULLs where none may be, and values that a strict table refuses.
    pub fn refused(&self, ((old, a), (new, b)): Pair<'_>) -> Option<Open> {
        let is_rowid = new.rowid_column.as_deref().is_some_and(|r| r.eq_ignore_ascii_case(&b.name));
        let null = b.not_null && !a.not_null && b.generated.is_none() && !is_rowid;
        let strict = new.strict && (!old.strict || !a.declared.eq_ignore_ascii_case(&b.declared));
        if !null && !strict {
            return None;
        }
        let affinity = Affinity::of(&b.declared, new.strict);
        let declared = b.declared.to_ascii_uppercase();
        let offends = |value: ValueRef<'_>| match value {
            ValueRef::Null => null,
            _ if !strict || affinity == Affinity::Blob && declared == "ANY" => false,
            ValueRef::Text(text) => match declared.as_str() {
                "TEXT" => false,
                "BLOB" => true,
                _ => std::str::from_utf8(text).map_or(true, |t| t.trim().parse::<f64>().is_err()),
            },
            ValueRef::Blob(_) => declared != "BLOB",
            ValueRef::Real(number) => declared == "BLOB" || matches!(declared.as_str(), "INT" | "INTEGER") && number.fract() != 0.0,
            ValueRef::Integer(_) => declared == "BLOB",
        };
        let found = self.count(old, a, offends)?;
        (found.rows > 0).then(|| Open {
            origin: Origin::Values(name(new, b)),
            rows: Some(found.rows),
            samples: found.samples,
            candidates: Vec::new(),
        })
    }

    /// Every row passes by; only the values that count are kept, and of them the first few.
    fn count(&self, table: &Table, column: &Column, counts: impl Fn(ValueRef<'_>) -> bool) -> Option<Found> {
        let connection = self.world.old_data?;
        if table.kind != TableKind::Ordinary || column.generated.is_some() {
            return None;
        }
        let sql = format!("SELECT {} FROM main.{}", quoted(&column.name), quoted(&table.name));
        let counted = connection.prepare(&sql).and_then(|mut statement| {
            let mut rows = statement.query([])?;
            let (mut found, mut samples): (Found, BTreeMap<String, u64>) = (Found::default(), BTreeMap::new());
            while let Some(row) = rows.next()? {
                let value = row.get_ref(0)?;
                found.all += 1;
                if counts(value) {
                    found.rows += 1;
                    let text = shown(value);
                    if samples.len() < 1000 || samples.contains_key(&text) {
                        *samples.entry(text).or_default() += 1;
                    }
                }
            }
            found.samples = samples.into_iter().collect();
            found.samples.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
            found.samples.truncate(TOLD);
            Ok(found)
        });
        match counted {
            Ok(found) => Some(found),
            Err(error) => {
                self.data.note(&error, &table.name);
                None
            }
        }
    }
}

#[derive(Default)]
struct Found {
    rows: u64,
    all: u64,
    samples: Vec<(String, u64)>,
}

fn name(table: &Table, column: &Column) -> Name {
    Name {
        table: table.name.clone(),
        name: column.name.clone(),
    }
}
