//! A row of another table, named by its natural key: the file says `FR`, the load stores the id of the country whose code that is.

use super::datum::Datum;
use super::plan::ReferenceRule;
use super::table::Table;
use super::trouble::{Complaint, Trouble, refused, shown, unfit};
use crate::failure::Result;
use crate::sql::quoted;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};
use std::collections::HashMap;

/// Look-ups that are remembered. Files name the same few rows again and again.
const REMEMBERED: usize = 4096;

/// The way from a natural key to a value.
pub struct Reference<'c> {
    rule: &'c ReferenceRule,
    step: &'c str,
    statement: Statement<'c>,
    /// `None` where what is found may change while the file is loaded.
    found: Option<HashMap<Vec<u8>, Datum<'static>>>,
}

impl<'c> Reference<'c> {
    /// For the rows of `into`.
    pub fn new(connection: &'c Connection, step: &'c str, rule: &'c ReferenceRule, into: &str) -> Result<Reference<'c>> {
        let table = Table::read(connection, step, &rule.table)?;
        let column = |name: &str| {
            table
                .expect(name)
                .map(|n| quoted(&table.columns[n].name))
                .map_err(|why| unfit(step, why))
        };
        let (key, value) = (column(&rule.key)?, column(&rule.value)?);
        let sql = format!("SELECT {value} FROM {} WHERE {key} = ? LIMIT 2", table.sql());
        Ok(Reference {
            rule,
            step,
            statement: connection
                .prepare(&sql)
                .map_err(|e| refused(step, "looking up what rows refer to", &e))?,
            found: (!table.name.eq_ignore_ascii_case(into)).then(HashMap::new),
        })
    }

    /// The value of the one row that has this natural key.
    pub fn find(&mut self, column: &str, written: &Datum<'_>) -> std::result::Result<Datum<'static>, Trouble> {
        let key = remembered(written);
        if let Some(known) = self.found.as_ref().and_then(|found| found.get(&key)) {
            return Ok(known.clone());
        }
        let step = self.step;
        let values = self
            .look_up(written)
            .map_err(|e| Trouble::Load(refused(step, "looking up what rows refer to", &e)))?;
        let rule = self.rule;
        let why = match values.as_slice() {
            [Datum::Null] => format!(
                "names the row of “{}” whose {} is {}, and its {} is empty",
                rule.table,
                rule.key,
                shown(written),
                rule.value
            ),
            [one] => {
                if let Some(found) = &mut self.found {
                    if found.len() >= REMEMBERED {
                        found.clear();
                    }
                    found.insert(key, one.clone());
                }
                return Ok(one.clone());
            }
            [] => format!(
                "names the row of “{}” whose {} is {}, and there is none",
                rule.table,
                rule.key,
                shown(written)
            ),
            _ => format!(
                "names the row of “{}” whose {} is {}, and there is more than one",
                rule.table,
                rule.key,
                shown(written)
            ),
        };
        Err(Complaint::of(column, Some(shown(written)), why).into())
    }

    fn look_up(&mut self, written: &Datum<'_>) -> rusqlite::Result<Vec<Datum<'static>>> {
        let mut rows = self.statement.query([written])?;
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            values.push(Datum::of(row.get_ref(0)?));
        }
        Ok(values)
    }
}

/// A value with its type, as a key.
fn remembered(value: &Datum<'_>) -> Vec<u8> {
    let (kind, bytes): (u8, &[u8]) = match value.as_ref() {
        ValueRef::Text(text) => (b't', text),
        ValueRef::Blob(blob) => (b'b', blob),
        ValueRef::Integer(i) => return [b"i".as_slice(), &i.to_le_bytes()].concat(),
        ValueRef::Real(r) => return [b"r".as_slice(), &r.to_bits().to_le_bytes()].concat(),
        ValueRef::Null => (b'0', &[]),
    };
    [&[kind], bytes].concat()
}
