//! What SQLite itself says of a value: in memory there is a table with the new one's columns, and one row, in which values are put one after
//! the other. What it makes of them, or of an expression over them, is the answer. The old database's connection asks by a function.

use super::Stop;
use super::fate::{Fate, Taker};
use super::rows::Rows;
use crate::reshape::Affinity;
use crate::schema::{Column, Table, table_text};
use crate::sql::{Kind, quoted, tokens, unquoted};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error, ErrorCode, params_from_iter};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The function by which is asked: the number of the question, then values.
const ASK: &str = "holdfast_ask";

/// A value that belongs to nobody else. Text may be any bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Held {
    /// Takes a copy.
    pub fn of(value: ValueRef<'_>) -> Held {
        match value {
            ValueRef::Null => Held::Null,
            ValueRef::Integer(n) => Held::Integer(n),
            ValueRef::Real(n) => Held::Real(n),
            ValueRef::Text(bytes) => Held::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => Held::Blob(bytes.to_vec()),
        }
    }

    /// The value.
    pub fn value(&self) -> ValueRef<'_> {
        match self {
            Held::Null => ValueRef::Null,
            Held::Integer(n) => ValueRef::Integer(*n),
            Held::Real(n) => ValueRef::Real(*n),
            Held::Text(bytes) => ValueRef::Text(bytes),
            Held::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}

impl ToSql for Held {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.value()))
    }
}

/// A question to which each row has an answer.
enum Asked {
    /// An expression over columns of the new table.
    Value(String),
    /// What becomes of a value in a column; the number of a [`Fate`].
    Fate(String, Taker),
    /// Whether a parent is there.
    Parent(String),
    /// How many characters a text has, whatever its bytes are.
    Characters,
}

/// Collects what is to be asked of a new table.
pub struct Asker<'a> {
    new: &'a Table,
    asked: Vec<Asked>,
    known: HashMap<String, usize>,
    /// The rules of generated columns as they are written.
    rules: HashMap<String, String>,
}

impl<'a> Asker<'a> {
    /// Of a new table.
    pub fn new(new: &'a Table) -> Asker<'a> {
        Asker {
            new,
            asked: Vec::new(),
            known: HashMap::new(),
            rules: table_text(&new.sql, &[]).rules,
        }
    }

    /// The call that asks.
    fn call(&mut self, key: String, asked: Asked, values: &[String]) -> String {
        let number = *self.known.entry(key).or_insert_with(|| {
            self.asked.push(asked);
            self.asked.len() - 1
        });
        let values: String = values.iter().map(|v| format!(", {v}")).collect();
        format!("{ASK}({number}{values})")
    }

    fn update(&self, columns: &[&Column], answer: &str) -> String {
        let set: Vec<String> = columns.iter().map(|c| format!("{} = ?", quoted(&c.name))).collect();
        match set.as_slice() {
            [] => format!("SELECT ({answer}) FROM {}", quoted(&self.new.name)),
            _ => format!("UPDATE {} SET {} RETURNING ({answer})", quoted(&self.new.name), set.join(", ")),
        }
    }

    /// A column of the new table over the old rows: what SQLite makes of the old values, NULL where it refuses one.
    pub fn column(&mut self, rows: &Rows<'_>, now: &Column) -> Result<String, Stop> {
        if now.generated.is_some() {
            return self.expression(rows, &quoted(&now.name));
        }
        let was = rows.of_new(&now.name).ok_or_else(|| is_new(now))?;
        if rows.is_bare(was, now) {
            return Ok(rows.sql(was));
        }
        let sql = self.update(&[now], &quoted(&now.name));
        Ok(self.call(sql.clone(), Asked::Value(sql), &[rows.sql(was)]))
    }

    /// What becomes of a value in a column: the number of a [`Fate`].
    pub fn fate(&mut self, now: &Column, value: String) -> String {
        let sql = self.update(&[now], &quoted(&now.name));
        let taker = Taker {
            affinity: Affinity::of(&now.declared, self.new.strict),
            refuses: self.new.strict || self.new.rowid_column.as_ref() == Some(&now.name),
        };
        self.call(format!("fate {sql}"), Asked::Fate(sql, taker), &[value])
    }

    /// An expression over the new table's columns, over the old rows.
    pub fn expression(&mut self, rows: &Rows<'_>, sql: &str) -> Result<String, Stop> {
        let columns = self.named(sql);
        let mut given: Vec<(&Column, String)> = Vec::new();
        let mut is_bare = true;
        for now in columns {
            if !is_known(&now.collation) {
                return Err(Stop::Unknown(format!("the collation {} is the application's own", now.collation)));
            }
            if now.generated.is_some() {
                is_bare = false;
                continue;
            }
            let was = rows.of_new(&now.name).ok_or_else(|| is_new(now))?;
            is_bare &= rows.is_bare(was, now) && was.collation == now.collation;
            given.push((now, rows.sql(was)));
        }
        if is_bare {
            return Ok(format!("({sql})"));
        }
        let (columns, values): (Vec<&Column>, Vec<String>) = given.into_iter().unzip();
        let update = self.update(&columns, sql);
        Ok(self.call(update.clone(), Asked::Value(update), &values))
    }

    /// The columns that an expression may name, and those from which generated ones among them follow.
    pub fn named(&self, sql: &str) -> Vec<&'a Column> {
        let mut found: Vec<&'a Column> = Vec::new();
        let mut texts = vec![sql];
        while let Some(text) = texts.pop() {
            for token in tokens(text).iter().filter(|t| matches!(t.kind, Kind::Word | Kind::Quoted)) {
                let Some(column) = self.new.column(&unquoted(token.text)) else {
                    continue;
                };
                if found.iter().any(|c| c.name == column.name) {
                    continue;
                }
                found.push(column);
                texts.extend(self.rules.get(&column.name.to_ascii_lowercase()).map(String::as_str));
            }
        }
        found
    }

    /// Whether there is no such row in a table of the parents that were set aside.
    pub fn is_orphan(&mut self, parents: &str, columns: usize, values: &[String]) -> String {
        let matches: Vec<String> = (0..columns).map(|n| format!("k{n} = ?")).collect();
        let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {parents} WHERE {})", matches.join(" AND "));
        self.call(sql.clone(), Asked::Parent(sql), values)
    }

    /// The characters of a text.
    pub fn characters(&mut self, value: String) -> String {
        self.call("characters".to_owned(), Asked::Characters, &[value])
    }

    /// Lets a connection ask.
    pub fn lend(self, data: &Connection, parents: Option<Arc<Mutex<Connection>>>) -> rusqlite::Result<()> {
        if self.asked.is_empty() {
            return Ok(());
        }
        let memory = Connection::open_in_memory()?;
        let make = |with_rules: bool| {
            let mut statement = memory.prepare(&self.table(with_rules))?;
            statement.execute([])
        };
        // A rule with a function that SQLite lacks is no reason not to ask for the rest.
        make(true).or_else(|_| make(false))?;
        memory.execute(&format!("INSERT INTO {} DEFAULT VALUES", quoted(&self.new.name)), [])?;
        memory.execute_batch("BEGIN")?;
        memory.set_prepared_statement_cache_capacity(self.asked.len() + 4);
        let answers = Answers {
            last: RefCell::new(vec![None; self.asked.len()]),
            asked: self.asked,
            memory,
            parents,
        };
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
        data.create_scalar_function(ASK, -1, flags, move |context| answers.answer(context))
    }

    fn table(&self, with_rules: bool) -> String {
        let column = |c: &Column| {
            let name = quoted(&c.name);
            if self.new.rowid_column.as_ref() == Some(&c.name) {
                return Some(format!("{name} INTEGER PRIMARY KEY"));
            }
            let collation = if is_known(&c.collation) { c.collation.as_str() } else { "BINARY" };
            let rule = match (&c.generated, self.rules.get(&c.name.to_ascii_lowercase())) {
                (None, _) => String::new(),
                (Some(_), Some(rule)) if with_rules => format!(" AS ({rule})"),
                _ => return None,
            };
            Some(format!("{name} {} COLLATE {collation}{rule}", c.declared))
        };
        let columns: Vec<String> = self.new.columns.iter().filter_map(column).collect();
        let strict = if self.new.strict { " STRICT" } else { "" };
        format!("CREATE TABLE {} ({}){strict}", quoted(&self.new.name), columns.join(", "))
    }
}

/// Ends the asking.
pub fn take_back(data: &Connection) -> rusqlite::Result<()> {
    data.remove_function(ASK, -1)
}

/// Whether SQLite has a collation of its own of that name.
pub fn is_known(collation: &str) -> bool {
    ["BINARY", "NOCASE", "RTRIM"].contains(&collation)
}

fn is_new(column: &Column) -> Stop {
    Stop::Unknown(format!("the column “{}” is new, and what it will hold is not known", column.name))
}

/// What answers while a connection asks.
struct Answers {
    asked: Vec<Asked>,
    memory: Connection,
    /// There, if anything was set aside.
    parents: Option<Arc<Mutex<Connection>>>,
    /// What each question was last asked, because the same is counted in several ways.
    last: RefCell<Vec<Option<(Held, i64)>>>,
}

impl Answers {
    fn answer(&self, context: &Context<'_>) -> rusqlite::Result<Held> {
        let number: usize = context.get(0)?;
        let value = || context.get_raw(1);
        match self.asked.get(number) {
            Some(Asked::Value(sql)) => self
                .put(sql, context)
                .or_else(|e| if is_refusal(&e) { Ok(Held::Null) } else { Err(e) }),
            Some(Asked::Fate(sql, taker)) => self.fate(number, sql, taker, context).map(Held::Integer),
            Some(Asked::Parent(sql)) => match &self.parents {
                Some(parents) => ask(&parents.lock().unwrap_or_else(PoisonError::into_inner), sql, context),
                None => Err(Error::UserFunctionError("no parents were set aside".into())),
            },
            Some(Asked::Characters) => Ok(match value() {
                ValueRef::Text(bytes) => Held::Integer(bytes.iter().filter(|b| **b & 0xc0 != 0x80).count() as i64),
                _ => Held::Null,
            }),
            None => Err(Error::UserFunctionError(format!("there is no question {number}").into())),
        }
    }

    fn put(&self, sql: &str, context: &Context<'_>) -> rusqlite::Result<Held> {
        ask(&self.memory, sql, context)
    }

    fn fate(&self, number: usize, sql: &str, taker: &Taker, context: &Context<'_>) -> rusqlite::Result<i64> {
        let value = context.get_raw(1);
        if let Some(fate) = taker.plainly(value) {
            return Ok(fate as i64);
        }
        let mut last = self.last.borrow_mut();
        if let Some(Some((asked, answer))) = last.get(number)
            && asked.value() == value
        {
            return Ok(*answer);
        }
        let fate = match self.put(sql, context) {
            Ok(stored) => taker.judge(value, &stored),
            Err(e) if is_refusal(&e) => Fate::Refused,
            Err(e) => return Err(e),
        };
        if let Some(last) = last.get_mut(number) {
            *last = Some((Held::of(value), fate as i64));
        }
        Ok(fate as i64)
    }
}

fn ask(connection: &Connection, sql: &str, context: &Context<'_>) -> rusqlite::Result<Held> {
    let values = (1..context.len()).map(|n| ToSqlOutput::Borrowed(context.get_raw(n)));
    connection
        .prepare_cached(sql)?
        .query_row(params_from_iter(values), |row| Ok(Held::of(row.get_ref(0)?)))
}

fn is_refusal(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
    )
}
