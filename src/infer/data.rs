//! Samples of the rows, read when they are asked for and kept; however large a table is, some thousand rows spread over it are read.
//!
//! A table that cannot be read here, because the application alone has its functions or modules, counts as one without rows.

use super::masked::told;
use super::odds::Odds;
use super::sketch::{Look, Sketch};
use super::types::Family;
use super::world::{World, key};
use crate::failure::{Failure, Result};
use crate::schema::{Column, Table, TableKind, explained};
use crate::sql::quoted;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Rows of a table that are read at most.
const ROWS: u64 = 2000;
/// Places of a large table from which they are read.
const PLACES: u64 = 100;

/// The rows of a table, those seen.
#[derive(Debug, Default)]
pub struct Rows {
    /// By the column's key.
    pub columns: HashMap<String, Sketch>,
    /// Rows seen.
    pub seen: u64,
    /// Whether these are all.
    pub is_all: bool,
}

/// Samples of both sides.
pub struct Data<'a> {
    old: Option<&'a Connection>,
    new: Option<&'a Connection>,
    read: RefCell<HashMap<(bool, String), Rc<Rows>>>,
    trouble: RefCell<Option<Failure>>,
}

impl<'a> Data<'a> {
    /// Of two sides.
    pub fn new(world: &World<'a>) -> Data<'a> {
        Data {
            old: world.old_data,
            new: world.new_data,
            read: RefCell::default(),
            trouble: RefCell::default(),
        }
    }

    /// What SQLite could not read, if there was any such thing.
    pub fn trouble(&self) -> Result<()> {
        match self.trouble.borrow_mut().take() {
            None => Ok(()),
            Some(failure) => Err(failure),
        }
    }

    /// Keeps what went wrong with a table of the old side, unless it only says that the application is needed.
    pub fn note(&self, error: &rusqlite::Error, table: &str) {
        self.note_of(self.old, error, table);
    }

    fn note_of(&self, side: Option<&Connection>, error: &rusqlite::Error, table: &str) {
        let is_grave = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure | ErrorCode::DatabaseBusy)
        );
        if is_grave {
            let path = side.and_then(Connection::path).unwrap_or("the database");
            let failure = explained(error, path.as_ref()).hint(&format!("It was met in the table “{table}”."));
            self.trouble.borrow_mut().get_or_insert(failure.with("table", table));
        }
    }

    /// A sample of an old table.
    pub fn old(&self, table: &Table) -> Rc<Rows> {
        self.rows(self.old, false, table)
    }

    /// A sample of a new table.
    pub fn new_side(&self, table: &Table) -> Rc<Rows> {
        self.rows(self.new, true, table)
    }

    fn rows(&self, connection: Option<&Connection>, is_new: bool, table: &Table) -> Rc<Rows> {
        let place = (is_new, key(&table.name));
        if let Some(rows) = self.read.borrow().get(&place) {
            return Rc::clone(rows);
        }
        let rows = connection.map(|c| sample(c, table)).unwrap_or_else(|| Ok(Rows::default()));
        let rows = Rc::new(rows.unwrap_or_else(|error| {
            self.note_of(connection, &error, &table.name);
            Rows::default()
        }));
        self.read.borrow_mut().insert(place, Rc::clone(&rows));
        rows
    }

    /// Two counts from the old side; `None` without rows, or if SQLite cannot answer.
    pub fn counts(&self, table: &str, sql: &str) -> Option<(u64, u64)> {
        let counted = self.old?.query_row(sql, [], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)));
        match counted {
            Ok((a, b)) => Some((a.unsigned_abs(), b.unsigned_abs())),
            Err(error) => {
                self.note(&error, table);
                None
            }
        }
    }

    /// How many values of one old table are in another: of the columns of one name, the one that says most.
    pub fn shared(&self, table: &Table, other: &Table) -> Option<(usize, usize)> {
        let (a, b) = (self.old(table), self.old(other));
        let both = table.columns.iter().filter_map(|column| {
            let (x, y) = (a.columns.get(&key(&column.name))?, b.columns.get(&key(&column.name))?);
            (says_much(x) && says_much(y)).then(|| overlap(x, y))
        });
        both.max_by_key(|(shared, all)| (*all, *shared))
    }

    /// Which of some texts are among the values of an old column.
    pub fn present(&self, table: &Table, column: &Column, texts: &[&str]) -> BTreeSet<String> {
        let Some(connection) = self.old else { return BTreeSet::new() };
        let (name, places) = (quoted(&column.name), vec!["?"; texts.len()].join(", "));
        let sql = format!(
            "SELECT DISTINCT {name} FROM main.{} WHERE {name} IN ({places})",
            quoted(&table.name)
        );
        let found = connection.prepare(&sql).and_then(|mut statement| {
            let found = statement.query_map(rusqlite::params_from_iter(texts), |r| r.get::<_, String>(0))?;
            found.collect::<rusqlite::Result<_>>()
        });
        found.unwrap_or_else(|error| {
            self.note(&error, &table.name);
            BTreeSet::new()
        })
    }

    /// What the rows of two tables say of their being one.
    pub fn tables(&self, old: &Table, new: &Table, odds: &mut Odds) {
        let (a, b) = (self.old(old), self.new_side(new));
        if a.seen < 3 || b.seen < 3 {
            return;
        }
        let (mut compared, mut same, mut best) = (0, 0, None);
        for column in &old.columns {
            let (Some(x), Some(y)) = (a.columns.get(&key(&column.name)), b.columns.get(&key(&column.name))) else {
                continue;
            };
            if !says_much(x) || !says_much(y) {
                continue;
            }
            let (shared, all) = overlap(x, y);
            compared += 1;
            if shared * 2 >= all && all > 0 {
                same += 1;
                best = best.max(Some((shared, std::cmp::Reverse(all), &column.name)));
            }
        }
        if let Some((shared, all, name)) = best {
            let weight = if same * 2 >= compared { 3.0 } else { 2.0 };
            let sentence = format!("{shared} of {} sampled values of “{name}” are the same in both.", all.0);
            odds.add("values", weight, sentence);
        } else if compared > 1 && a.is_all && b.is_all {
            odds.add("values", -0.5, "No value of the one is in the other.");
        }
        if a.is_all && b.is_all && a.seen == b.seen && a.seen > 9 {
            odds.add("rows", 0.5, format!("Both have {} rows.", a.seen));
        }
    }

    /// What the values of two columns say of their being one.
    pub fn columns(&self, old: (&Table, &Column), new: (&Table, &Column), odds: &mut Odds) {
        let (rows, others) = (self.old(old.0), self.new_side(new.0));
        let Some(a) = rows.columns.get(&key(&old.1.name)).filter(|s| s.filled() > 0) else {
            return;
        };
        if let Some((weight, sentence)) = fits(a, new.1) {
            odds.add("values", weight, sentence);
            return;
        }
        let Some(b) = others.columns.get(&key(&new.1.name)).filter(|s| s.filled() > 0) else {
            return;
        };
        let (from, to) = (&old.1.name, &new.1.name);
        if let (Some(x), Some(y)) = (a.look(), b.look())
            && x != y
        {
            odds.add("values", -2.5, format!("The values look different: {} and {}.", shown(x), shown(y)));
            return;
        }
        let (shared, all) = overlap(a, b);
        let sentence = format!("{shared} of {all} sampled values of “{from}” are in “{to}”, too.");
        let share = shared as f64 / all.max(1) as f64;
        let is_all = rows.is_all && others.is_all;
        if says_much(a) && says_much(b) {
            let weight = match share {
                s if s >= 0.8 => 3.2,
                s if s >= 0.4 => 2.0,
                s if s >= 0.1 => 0.6,
                _ if is_all && all >= 20 => -1.0,
                _ => 0.0,
            };
            if weight != 0.0 {
                odds.add("values", weight, sentence);
            }
        } else if a.look() == b.look() {
            let weight = match share {
                s if s > 0.8 => 0.4,
                s if s > 0.0 => 0.1,
                _ if a.values.len() < 10 && is_all => -1.5,
                _ => -0.2,
            };
            odds.add("values", weight, sentence);
        }
    }
}

/// How much of the smaller column is in the larger one.
fn overlap(a: &Sketch, b: &Sketch) -> (usize, usize) {
    let (one, other) = (a.shared(b), b.shared(a));
    if one.1 <= other.1 { one } else { other }
}

/// Whether values are such that two columns do not share them by chance.
fn says_much(sketch: &Sketch) -> bool {
    sketch.values.len() >= 5 && !matches!(sketch.look(), Some(Look::Integer))
}

/// Whether the values of an old column cannot be meant by a new one's type.
fn fits(a: &Sketch, new: &Column) -> Option<(f64, String)> {
    if !matches!(Family::of(&new.declared), Family::Integer | Family::Number) {
        return None;
    }
    let (words, example) = a.words();
    let weight = if words * 10 >= a.filled() * 9 { -4.0 } else { -1.0 };
    let sentence = format!(
        "{words} of {} sampled values are no numbers, such as “{}”.",
        a.filled(),
        told(example?)
    );
    (words > 0).then_some((weight, sentence))
}

fn shown(look: Look) -> &'static str {
    match look {
        Look::Integer => "whole numbers",
        Look::Real => "numbers",
        Look::Time => "points in time",
        Look::Uuid => "UUIDs",
        Look::Mail => "e-mail addresses",
        Look::Text => "text",
        Look::Blob => "bytes",
    }
}

/// Reads some thousand rows spread over the table.
fn sample(connection: &Connection, table: &Table) -> rusqlite::Result<Rows> {
    let columns: Vec<&Column> = table.columns.iter().filter(|c| c.generated.is_none()).collect();
    let mut rows = Rows::default();
    if table.kind != TableKind::Ordinary || columns.is_empty() {
        return Ok(rows);
    }
    let list: Vec<String> = columns.iter().map(|c| quoted(&c.name)).collect();
    let (list, name) = (list.join(", "), quoted(&table.name));
    let mut sketches: Vec<Sketch> = vec![Sketch::default(); columns.len()];
    let mut take = |row: &rusqlite::Row<'_>| {
        let values = sketches.iter_mut().enumerate();
        values
            .into_iter()
            .try_for_each(|(n, sketch)| row.get_ref(n).map(|value| sketch.add(value)))
    };
    let rowid = rowid(table);
    let spread = match rowid {
        None => None,
        Some(rowid) => {
            let ends = format!("SELECT min({rowid}), max({rowid}) FROM main.{name}");
            let ends: (Option<i64>, Option<i64>) = connection.query_row(&ends, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let more = format!("SELECT 1 FROM main.{name} LIMIT 1 OFFSET {ROWS}");
            let is_large = connection.query_row(&more, [], |_| Ok(())).optional()?.is_some();
            ends.0.zip(ends.1).filter(|_| is_large).map(|ends| (rowid, ends))
        }
    };
    if let Some((rowid, (first, last))) = spread {
        let part = format!(
            "SELECT {list}, {rowid} FROM main.{name} WHERE {rowid} >= ?1 ORDER BY {rowid} LIMIT {}",
            ROWS / PLACES
        );
        let mut statement = connection.prepare(&part)?;
        let step = (i128::from(last) - i128::from(first)) / i128::from(PLACES);
        let mut next = i128::from(first);
        for place in 0..i128::from(PLACES) {
            let from = next.max(i128::from(first) + place * step);
            let Ok(from) = i64::try_from(from) else { break };
            let mut found = statement.query([from])?;
            while let Some(row) = found.next()? {
                take(row)?;
                rows.seen += 1;
                next = i128::from(row.get::<_, i64>(columns.len())?) + 1;
            }
        }
    } else {
        let mut statement = connection.prepare(&format!("SELECT {list} FROM main.{name} LIMIT {}", ROWS + 1))?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            take(row)?;
            rows.seen += 1;
        }
        rows.is_all = rows.seen <= ROWS;
    }
    rows.columns = columns.iter().map(|c| key(&c.name)).zip(sketches).collect();
    Ok(rows)
}

/// A name of the rowid that no column has taken.
pub fn rowid(table: &Table) -> Option<&'static str> {
    if table.without_rowid {
        return None;
    }
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| table.column(name).is_none())
}
