//! Puts rows into a table: new, changed, or found to be there already. A row that is there is read first and compared value by
//! value, so that what changes nothing writes nothing and fires no trigger; SQL's own comparison takes `1` for `1.0` and, under
//! NOCASE, `fr` for `FR`. Whatever ON CONFLICT the table declares, a row is never put in another's place.

use super::datum::Datum;
use super::plan::Mode;
use super::rows::Values;
use super::table::{Key, Table};
use super::trouble::{Complaint, Trouble, refused, shown};
use crate::sql::quoted;
use rusqlite::{Connection, Error, ErrorCode, Statement, ffi};

/// Statements that are kept prepared; a file whose rows all name other columns prepares anew.
const KEPT: usize = 128;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Inserted,
    /// It was there, with other values.
    Updated,
    /// It was there as it is.
    Same,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Insert,
    Find,
    Update,
}

struct Kept<'c> {
    act: Act,
    columns: Vec<usize>,
    statement: Statement<'c>,
}

/// The way into a table.
pub struct Putter<'c> {
    connection: &'c Connection,
    step: &'c str,
    table: &'c Table,
    mode: Mode,
    key: Option<&'c Key>,
    validated: bool,
    kept: Vec<Kept<'c>>,
}

impl<'c> Putter<'c> {
    /// Into a table; upsert and update need a key.
    pub fn new(
        connection: &'c Connection,
        step: &'c str,
        table: &'c Table,
        mode: Mode,
        key: Option<&'c Key>,
        validated: bool,
    ) -> Putter<'c> {
        Putter {
            connection,
            step,
            table,
            mode,
            key,
            validated,
            kept: Vec::new(),
        }
    }

    /// Puts one row.
    pub fn put(&mut self, values: &Values<'_>) -> Result<Put, Trouble> {
        let given: Vec<usize> = (0..values.len()).filter(|n| values[*n].is_some()).collect();
        let (Mode::Upsert | Mode::Update, Some(key)) = (self.mode, self.key) else {
            return self.insert(&given, values);
        };
        for place in &key.columns {
            if matches!(values[*place], None | Some(Datum::Null)) {
                let name = &self.table.columns[*place].name;
                return Err(Complaint::of(name, None, "is the row's key and must not be empty").into());
            }
        }
        match self.changed(key, &given, values)? {
            None if self.mode == Mode::Upsert => self.insert(&given, values),
            None => Err(Complaint::row("there is no such row to update").into()),
            Some(changed) if changed.is_empty() => Ok(Put::Same),
            Some(changed) => self.update(key, &changed, values),
        }
    }

    fn insert(&mut self, given: &[usize], values: &Values<'_>) -> Result<Put, Trouble> {
        if self.validated {
            let mut columns = self.table.columns.iter().zip(values);
            let missing = columns.find(|(c, v)| v.is_none() && c.not_null && !c.has_default && !c.is_rowid && !c.generated);
            if let Some((column, _)) = missing {
                return Err(Complaint::of(&column.name, None, "must not be empty, and the row does not name it").into());
            }
        }
        self.run(Act::Insert, given, values, &[])?;
        Ok(Put::Inserted)
    }

    fn update(&mut self, key: &Key, changed: &[usize], values: &Values<'_>) -> Result<Put, Trouble> {
        self.run(Act::Update, changed, values, &key.columns)?;
        Ok(Put::Updated)
    }

    /// The given columns in which the stored row differs; `None` if there is no such row.
    fn changed(&mut self, key: &Key, given: &[usize], values: &Values<'_>) -> Result<Option<Vec<usize>>, Trouble> {
        let (step, table) = (self.step, self.table);
        let told = |e: Error| Trouble::Load(refused(step, &doing(table), &e));
        let statement = self.statement(Act::Find, given).map_err(told)?;
        bind(statement, key.columns.iter(), values).map_err(told)?;
        let mut rows = statement.raw_query();
        let Some(row) = rows.next().map_err(told)? else {
            return Ok(None);
        };
        let mut changed = Vec::new();
        for (n, place) in given.iter().enumerate() {
            let stored = row.get_ref(n).map_err(told)?;
            if !values[*place].as_ref().is_some_and(|value| value.is(stored)) {
                changed.push(*place);
            }
        }
        Ok(Some(changed))
    }

    fn run(&mut self, act: Act, columns: &[usize], values: &Values<'_>, more: &[usize]) -> Result<(), Trouble> {
        let ran = self.statement(act, columns).and_then(|statement| {
            bind(statement, columns.iter().chain(more), values)?;
            statement.raw_execute()
        });
        match ran {
            Ok(0) => Err(Complaint::row("a trigger of the application passes over it").into()),
            Ok(_) => Ok(()),
            Err(error) => Err(self.said(&error, values)),
        }
    }

    fn statement(&mut self, act: Act, columns: &[usize]) -> rusqlite::Result<&mut Statement<'c>> {
        // Files have one set of columns, or a few.
        let known = self.kept.iter().position(|kept| kept.act == act && kept.columns == columns);
        let place = match known {
            Some(place) => place,
            None => {
                if self.kept.len() >= KEPT {
                    self.kept.clear();
                }
                self.kept.push(Kept {
                    act,
                    columns: columns.to_vec(),
                    statement: self.connection.prepare(&sql(self.table, self.key, act, columns))?,
                });
                self.kept.len() - 1
            }
        };
        Ok(&mut self.kept[place].statement)
    }
}

fn doing(table: &Table) -> String {
    format!("putting rows into “{}”", table.name)
}

fn bind<'n>(statement: &mut Statement<'_>, places: impl Iterator<Item = &'n usize>, values: &Values<'_>) -> rusqlite::Result<()> {
    for (n, place) in places.enumerate() {
        statement.raw_bind_parameter(n + 1, values[*place].as_ref().unwrap_or(&Datum::Null))?;
    }
    Ok(())
}

/// The SQL of an act.
fn sql(table: &Table, key: Option<&Key>, act: Act, columns: &[usize]) -> String {
    let name = |n: &usize| quoted(&table.columns[*n].name);
    let names: Vec<String> = columns.iter().map(name).collect();
    let into = table.sql();
    let condition = key.map_or("FALSE", |key| key.condition.as_str());
    match act {
        Act::Insert if names.is_empty() => format!("INSERT OR ABORT INTO {into} DEFAULT VALUES"),
        Act::Insert => {
            let marks = vec!["?"; names.len()].join(", ");
            format!("INSERT OR ABORT INTO {into} ({}) VALUES ({marks})", names.join(", "))
        }
        Act::Find => format!("SELECT {} FROM {into} WHERE {condition}", names.join(", ")),
        Act::Update => {
            let set: Vec<String> = names.iter().map(|name| format!("{name} = ?")).collect();
            format!("UPDATE OR ABORT {into} SET {} WHERE {condition}", set.join(", "))
        }
    }
}

impl Putter<'_> {
    /// What SQLite said about a row.
    fn said(&self, error: &Error, values: &Values<'_>) -> Trouble {
        let Error::SqliteFailure(code, text) = error else {
            return Trouble::Load(refused(self.step, &doing(self.table), error));
        };
        if !matches!(
            code.code,
            ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch
        ) {
            return Trouble::Load(refused(self.step, &doing(self.table), error));
        }
        let text = text.clone().unwrap_or_else(|| error.to_string());
        let after = text.split_once(": ").map_or(text.as_str(), |(_, rest)| rest);
        let before = format!("{}.", self.table.name);
        let columns: Vec<&str> = after.split(", ").map(|c| c.strip_prefix(&before).unwrap_or(c)).collect();
        let value = |name: &str| self.table.column(name).and_then(|n| values[n].as_ref()).map(shown);
        match code.extended_code {
            ffi::SQLITE_CONSTRAINT_NOTNULL => Complaint::of(columns[0], None, "must not be empty"),
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
                let named: Vec<String> = columns
                    .iter()
                    .map(|c| value(c).map_or((*c).to_owned(), |v| format!("{c} = {v}")))
                    .collect();
                let why = format!("another row has the same {} already", named.join(", "));
                match columns.as_slice() {
                    [one] if self.table.column(one).is_some() => Complaint {
                        column: Some((*one).to_owned()),
                        value: value(one),
                        why: format!("is {}, as in another row, and must be there once", value(one).unwrap_or_default()),
                    },
                    _ => Complaint::row(why),
                }
            }
            ffi::SQLITE_CONSTRAINT_CHECK => Complaint::row(format!("it does not pass the table's CHECK “{after}”")),
            ffi::SQLITE_CONSTRAINT_TRIGGER => Complaint::row(format!("a trigger of the application refuses it: {text}")),
            _ => Complaint::row(format!("the database refuses it: {text}")),
        }
        .into()
    }
}
