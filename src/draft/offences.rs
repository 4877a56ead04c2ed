//! Values that the new schema would not take, or would make others of: found by reading the rows once, as the reshape would, but without
//! stopping at the first. What is kept of them is bounded.

mod probe;
mod sets;

use super::carried::{Carried, Given, Source, is};
use super::gaps::{Old, told};
use crate::failure::Result;
use crate::reshape::{Affinity, Change, Mapping, shown};
use crate::schema::{Column, Definition, Table};
use probe::Probe;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

/// How many distinct values of a column are kept.
pub const KEPT: usize = 50;

/// What is wrong with values of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Offence {
    /// The target table.
    pub table: String,
    /// Which of its sources.
    pub source: usize,
    /// The target column.
    pub column: String,
    /// The old table.
    pub from: String,
    /// What kind.
    pub why: Why,
    /// How many rows.
    pub rows: u64,
    /// Distinct values with their counts, up to [`KEPT`]; NULL is not among them.
    pub values: BTreeMap<String, u64>,
    /// Whether there are more.
    pub more: bool,
    /// For a check: the values that hold, which a map keeps.
    pub fine: BTreeMap<String, u64>,
}

/// The kinds of offences.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// NULL where it is refused.
    Null,
    /// The column's type would make another value of it, or does not take it.
    Type(String),
    /// A value map does not know it.
    Unmapped,
    /// A check.
    Check(String),
    /// Two rows would have the same values in columns that tell rows apart.
    Same(Vec<String>),
    /// It refers to a row that is not there.
    Reference(String),
}

/// All offences of the rows that a mapping carries.
pub fn find(old: Old<'_>, new: &Definition, mapping: &Mapping) -> Result<Vec<Offence>> {
    let Some(data) = old.data else { return Ok(Vec::new()) };
    let carried = Carried::read(old.definition, new, mapping);
    let mut found = Vec::new();
    for target in &carried.targets {
        for source in &target.sources {
            rows(data, target.table, source, &mut found)?;
            sets::repeated(data, target.table, source, &mut found);
            sets::orphans(data, &carried, target.table, source, &mut found);
        }
    }
    Ok(found)
}

/// A column whose values are looked at.
struct Looked<'a> {
    given: &'a Given<'a>,
    change: Change,
    guard: Option<Affinity>,
    strict: bool,
    not_null: bool,
    is_key: bool,
    check: bool,
}

fn rows(data: &Connection, target: &Table, source: &Source<'_>, found: &mut Vec<Offence>) -> Result<()> {
    let Some(from) = source.from else { return Ok(()) };
    let mut probe = Probe::new(target, source)?;
    let looked: Vec<Looked<'_>> = source.values.iter().filter_map(|given| look(given, target, from, &probe)).collect();
    if looked.is_empty() {
        return Ok(());
    }
    let expressions: Vec<String> = looked.iter().filter_map(|l| l.given.expression()).collect();
    // An expression of a person's that SQLite does not take is named when the mapping is tried.
    let Ok(mut select) = data.prepare(&format!("SELECT {} {}", expressions.join(", "), source.rows())) else {
        return Ok(());
    };
    let mut seen = Seen {
        table: target,
        source,
        from: &from.name,
        found: BTreeMap::new(),
    };
    let mut rows = select.query([]).map_err(|e| told(&e))?;
    while let Some(row) = rows.next().map_err(|e| told(&e))? {
        let mut values = Vec::with_capacity(looked.len());
        for (n, looked) in looked.iter().enumerate() {
            let read = row.get_ref(n).map_err(|e| told(&e))?;
            values.push((looked, read));
            if let Some(why) = looked.offence(read) {
                seen.add(&looked.given.column.name, why, read, false);
            }
        }
        if let Some(probe) = &mut probe {
            probe.row(&values, &mut seen)?;
        }
    }
    found.extend(seen.found.into_values().filter(|offence| offence.rows > 0));
    Ok(())
}

/// Whether a column has to be looked at at all.
fn look<'a>(given: &'a Given<'a>, target: &Table, from: &Table, probe: &Option<Probe>) -> Option<Looked<'a>> {
    let rule = given.rule.as_ref()?;
    given.expression()?;
    let change = Change::of(rule).ok()?;
    let affinity = Affinity::of(&given.column.declared, target.strict);
    let was = given.old.map(|old| Affinity::of(&old.declared, from.strict));
    let is_key = target.rowid_column.as_deref().is_some_and(|key| is(key, &given.column.name));
    let was_key = given
        .old
        .is_some_and(|old| from.rowid_column.as_deref().is_some_and(|key| is(key, &old.name)));
    let same_strict = from.strict && given.old.is_some_and(|old| is(&old.declared, &given.column.declared));
    let looked = Looked {
        guard: (given.old.is_some() && was != Some(affinity) && !rule.convert).then_some(affinity),
        strict: target.strict && !same_strict,
        not_null: given.column.not_null && !given.old.is_some_and(|old| old.not_null || was_key),
        is_key: is_key && !was_key,
        check: probe.as_ref().is_some_and(|p| p.needs(&given.column.name)),
        change,
        given,
    };
    let matters = looked.guard.is_some() || looked.strict || looked.not_null || looked.is_key || looked.check || !rule.map.is_empty();
    matters.then_some(looked)
}

impl Looked<'_> {
    fn offence(&self, read: ValueRef<'_>) -> Option<Why> {
        let column = self.given.column;
        let (value, made) = match self.change.apply(read) {
            Err(_) => return Some(Why::Unmapped),
            Ok(Some(value)) => (value.into(), true),
            Ok(None) => (read, false),
        };
        if value == ValueRef::Null {
            return (self.not_null || self.is_key).then_some(Why::Null);
        }
        let is_wrong = |guard: Affinity| guard.would_change(value) || is_for_numbers(&column.declared) && guard.keeps_words(value);
        let guarded = !made && self.guard.is_some_and(is_wrong);
        let refused = self.strict && !fits(&column.declared, value) || self.is_key && !fits("INTEGER", value);
        (guarded || refused).then(|| Why::Type(column.declared.clone()))
    }
}

/// Whether people mean numbers by a declared type. SQLite takes dates for numbers, too, and keeps them as text:
/// <https://sqlite.org/datatype3.html#affinity_name_examples>.
fn is_for_numbers(declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    !["DATE", "TIME"].iter().any(|word| declared.contains(word))
}

/// Whether a STRICT column of a type takes a value: <https://sqlite.org/stricttables.html>.
fn fits(declared: &str, value: ValueRef<'_>) -> bool {
    let text = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|t| t.trim().parse::<f64>().ok());
    let whole = |number: f64| number.fract() == 0.0 && number.abs() < 9.2e18;
    match (declared.to_ascii_uppercase().as_str(), value) {
        ("INT" | "INTEGER", ValueRef::Integer(_)) | ("REAL", ValueRef::Integer(_) | ValueRef::Real(_)) => true,
        ("INT" | "INTEGER", ValueRef::Real(number)) => whole(number),
        ("INT" | "INTEGER", ValueRef::Text(t)) => text(t).is_some_and(whole),
        ("REAL", ValueRef::Text(t)) => text(t).is_some(),
        ("INT" | "INTEGER" | "REAL" | "TEXT", ValueRef::Blob(_)) => false,
        ("BLOB", value) => matches!(value, ValueRef::Blob(_)),
        _ => true,
    }
}

/// The offences of one source as they come.
struct Seen<'a> {
    table: &'a Table,
    source: &'a Source<'a>,
    from: &'a str,
    found: BTreeMap<(String, Why), Offence>,
}

impl Seen<'_> {
    fn add(&mut self, column: &str, why: Why, value: ValueRef<'_>, is_fine: bool) {
        let offence = self.found.entry((column.to_owned(), why.clone())).or_insert_with(|| Offence {
            table: self.table.name.clone(),
            source: self.source.n,
            column: column.to_owned(),
            from: self.from.to_owned(),
            why,
            rows: 0,
            values: BTreeMap::new(),
            more: false,
            fine: BTreeMap::new(),
        });
        offence.rows += u64::from(!is_fine);
        if value == ValueRef::Null {
            return;
        }
        let values = if is_fine { &mut offence.fine } else { &mut offence.values };
        let shown = shown(value);
        if values.len() < KEPT || values.contains_key(&shown) {
            *values.entry(shown).or_default() += 1;
        } else {
            offence.more = true;
        }
    }
}

/// The old column behind a new one, for people.
pub fn column_of<'a>(source: &Source<'a>, column: &str) -> Option<&'a Column> {
    source.values.iter().find(|v| is(&v.column.name, column)).and_then(|v| v.old)
}
