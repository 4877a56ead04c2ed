//! A table as a load sees it: its columns with what they take, and the column sets by which a row can be found. Only SQLite's own
//! pragmas are asked; SQL text is not read.

use super::trouble::{meant, unfit};
use crate::failure::Result;
use crate::reshape::{Way, way_of};
use crate::sql::quoted;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// What a declared type does to values: <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// INT in its name.
    Integer,
    /// CHAR, CLOB or TEXT.
    Text,
    /// BLOB, or no type.
    Blob,
    /// REAL, FLOA or DOUB.
    Real,
    /// Everything else: DECIMAL, DATE, BOOLEAN.
    Numeric,
}

impl Affinity {
    fn of(declared: &str) -> Affinity {
        let declared = declared.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|w| declared.contains(w));
        match () {
            () if has(&["INT"]) => Affinity::Integer,
            () if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
            () if declared.is_empty() || has(&["BLOB"]) => Affinity::Blob,
            () if has(&["REAL", "FLOA", "DOUB"]) => Affinity::Real,
            () => Affinity::Numeric,
        }
    }
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// As it is declared.
    pub name: String,
    /// The declared type.
    pub declared: String,
    /// What the type does to values.
    pub affinity: Affinity,
    /// Whether the table is STRICT.
    pub strict: bool,
    /// Whether it is ANY of a STRICT table, which takes everything unchanged.
    pub any: bool,
    /// NOT NULL.
    pub not_null: bool,
    /// Whether a row may leave it out though it is NOT NULL.
    pub has_default: bool,
    /// Computed by SQLite.
    pub generated: bool,
    /// INTEGER PRIMARY KEY, or [`Column::hidden`]: SQLite numbers the row if nobody does.
    pub is_rowid: bool,
    /// The number by which SQLite keeps the row, where no column declares it. A file may name it `rowid`.
    pub hidden: bool,
    /// The n of VARCHAR(n).
    pub length: Option<usize>,
}

impl Column {
    /// Whether it is declared to hold what is true or false.
    pub fn is_boolean(&self) -> bool {
        self.affinity == Affinity::Numeric && self.declared.get(..4).is_some_and(|d| d.eq_ignore_ascii_case("BOOL"))
    }

    /// Whether an array or an object can be kept here as the text of its JSON.
    pub fn takes_json(&self) -> bool {
        let loose = !self.strict && (self.declared.is_empty() || self.declared.to_ascii_uppercase().contains("JSON"));
        self.affinity == Affinity::Text || self.any || loose
    }
}

/// A set of columns of which no two rows have the same values.
#[derive(Debug, Clone)]
pub struct Key {
    /// Places in [`Table::columns`].
    pub columns: Vec<usize>,
    /// The condition by which a row is found, with a parameter for each column.
    pub condition: String,
    primary: bool,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// As it is declared.
    pub name: String,
    /// In the declared order, and last the hidden rowid.
    pub columns: Vec<Column>,
    /// Whether a module keeps its rows.
    pub is_virtual: bool,
    by_name: HashMap<String, usize>,
    keys: Vec<Key>,
    /// SQL by which a row is told from the others: the primary key, or the rowid. Empty if there is no such thing.
    pub identity: Vec<String>,
}

impl Table {
    /// Reads a table that rows can be loaded into.
    pub fn read(connection: &Connection, step: &str, name: &str) -> Result<Table> {
        Self::find(connection, name)
            .map_err(|e| unfit(step, format_args!("the table “{name}” cannot be read ({e})")))?
            .map_err(|why| unfit(step, why).with("table", name))
    }

    /// Finds a table, or says why there is none that rows can be loaded into.
    pub fn find(connection: &Connection, name: &str) -> rusqlite::Result<std::result::Result<Table, String>> {
        let found = Self::find_any(connection, name)?;
        Ok(found.and_then(|table| match is_application(&table.name) {
            true => Ok(table),
            false => Err(format!("“{}” is no table of the application", table.name)),
        }))
    }

    /// The same for one whose rows are only read: it may be Holdfast's own.
    pub fn find_any(connection: &Connection, name: &str) -> rusqlite::Result<std::result::Result<Table, String>> {
        let query = "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE";
        let found = connection.query_row(query, [name], |r| {
            Ok((
                r.get::<_, String>(0)?,
                r.get::<_, String>(1)?,
                r.get::<_, bool>(2)?,
                r.get::<_, bool>(3)?,
            ))
        });
        let Some((name, kind, without_rowid, strict)) = found.optional()? else {
            let others = names(connection)?;
            let near = meant(name, others.iter().map(String::as_str));
            return Ok(Err(format!("there is no table “{name}”{near}")));
        };
        if name.get(..7).is_some_and(|n| n.eq_ignore_ascii_case("sqlite_")) {
            return Ok(Err(format!("“{name}” is no table of the application")));
        }
        let way = match kind.as_str() {
            "virtual" => Some(way_of(&made_by(connection, &name)?)),
            _ => None,
        };
        if !(kind == "table" || matches!(way, Some(Way::WithRowid | Way::ByColumns))) {
            return Ok(Err(match way {
                Some(Way::Rebuild) => format!("“{name}” is a full-text index over another table, whose rows make its own"),
                _ => format!("“{name}” is a {kind} table or view; rows are put there by an SQL step"),
            }));
        }
        let columns = columns(connection, &name, strict)?;
        let mut table = Table {
            by_name: columns.iter().enumerate().map(|(n, c)| (c.name.to_ascii_lowercase(), n)).collect(),
            keys: Vec::new(),
            identity: Vec::new(),
            is_virtual: way.is_some(),
            columns,
            name,
        };
        table.read_keys(connection, without_rowid)?;
        if way == Some(Way::ByColumns) {
            // The first column of an R-Tree is its rowid.
            table.is_numbered_by(0);
        }
        if !without_rowid {
            table.hide_rowid();
        }
        Ok(Ok(table))
    }

    fn read_keys(&mut self, connection: &Connection, without_rowid: bool) -> rusqlite::Result<()> {
        let query = "SELECT name, origin = 'pk' FROM pragma_index_list(?1, 'main') WHERE \"unique\" AND NOT partial ORDER BY seq";
        let mut statement = connection.prepare(query)?;
        let indexes = statement
            .query_map([&self.name], |r| Ok((r.get::<_, String>(0)?, r.get::<_, bool>(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for (index, primary) in indexes {
            self.keys.extend(self.index_key(connection, &index, primary)?);
        }
        let pk = primary_key(connection, &self.name)?;
        // One column that is the primary key without an index of its own is the rowid by another name.
        if let ([name], false, None) = (pk.as_slice(), without_rowid, self.keys.iter().find(|k| k.primary)) {
            self.is_numbered_by(self.by_name[&name.to_ascii_lowercase()]);
        }
        self.identity = if without_rowid {
            pk.iter().map(|name| quoted(name)).collect()
        } else {
            let free = ["rowid", "_rowid_", "oid"]
                .into_iter()
                .find(|name| !self.by_name.contains_key(*name));
            free.into_iter().map(str::to_owned).collect()
        };
        Ok(())
    }

    fn is_numbered_by(&mut self, place: usize) {
        let Some(column) = self.columns.get_mut(place) else { return };
        column.is_rowid = true;
        self.keys.push(Key {
            columns: vec![place],
            condition: format!("{} = ?", quoted(&column.name)),
            primary: true,
        });
    }

    /// Adds the rowid as a column where none declares it and the name is free: rows keep their numbers if a file says them.
    fn hide_rowid(&mut self) {
        let Some(name) = self.identity.first().cloned().filter(|_| !self.columns.iter().any(|c| c.is_rowid)) else {
            return;
        };
        let place = self.columns.len();
        self.by_name.insert(name.clone(), place);
        self.keys.push(Key {
            columns: vec![place],
            condition: format!("{name} = ?"),
            // Nothing else tells the rows of a full-text table apart.
            primary: self.is_virtual,
        });
        self.columns.push(Column {
            name,
            declared: "INTEGER".to_owned(),
            affinity: Affinity::Integer,
            strict: true,
            any: false,
            not_null: true,
            has_default: true,
            generated: false,
            is_rowid: true,
            hidden: true,
            length: None,
        });
    }

    /// The key that an index makes; `None` if it is over an expression.
    fn index_key(&self, connection: &Connection, index: &str, primary: bool) -> rusqlite::Result<Option<Key>> {
        let mut statement = connection.prepare("SELECT cid, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno")?;
        let parts = statement
            .query_map([index], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut key = Key {
            columns: Vec::new(),
            condition: String::new(),
            primary,
        };
        for (place, collation) in parts {
            let Some((place, column)) = usize::try_from(place).ok().and_then(|n| Some((n, self.columns.get(n)?))) else {
                return Ok(None);
            };
            let and = if key.columns.is_empty() { "" } else { " AND " };
            // The index is only of use, and only tells rows apart, in its own collation.
            key.condition += &format!("{and}{} = ? COLLATE {}", quoted(&column.name), quoted(&collation));
            key.columns.push(place);
        }
        Ok(Some(key))
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        // SQLite's names are the same in upper and lower case, for ASCII letters.
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            self.by_name.get(&name.to_ascii_lowercase()).copied()
        } else {
            self.by_name.get(name).copied()
        }
    }

    /// The place of a column that must be there; else a sentence.
    pub fn expect(&self, name: &str) -> std::result::Result<usize, String> {
        self.column(name).ok_or_else(|| {
            let near = meant(name, self.columns.iter().map(|c| c.name.as_str()));
            format!("the table “{}” has no column “{name}”{near}", self.name)
        })
    }

    /// The key of these columns, or the primary key if none are named.
    pub fn key(&self, names: &[String]) -> std::result::Result<Option<Key>, String> {
        if names.is_empty() {
            return Ok(self.keys.iter().find(|k| k.primary).cloned());
        }
        let mut wanted = names.iter().map(|n| self.expect(n)).collect::<std::result::Result<Vec<_>, _>>()?;
        wanted.sort_unstable();
        let same = |key: &&Key| {
            let mut columns = key.columns.clone();
            columns.sort_unstable();
            columns == wanted
        };
        match self.keys.iter().find(same) {
            Some(key) => Ok(Some(key.clone())),
            None => Err(format!(
                "key = [{}] does not tell the rows of “{}” apart: it needs a PRIMARY KEY or UNIQUE of just these columns",
                names.join(", "),
                self.name
            )),
        }
    }

    /// The table's name for SQL.
    pub fn sql(&self) -> String {
        format!("main.{}", quoted(&self.name))
    }

    /// Whether the rows have numbers that no column declares.
    pub fn has_hidden_rowid(&self) -> bool {
        self.columns.iter().any(|c| c.hidden)
    }
}

/// Whether a table is the application's: not SQLite's and not Holdfast's own.
pub fn is_application(name: &str) -> bool {
    let begins = |prefix: &str| name.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
    !begins("sqlite_") && !begins("holdfast_")
}

/// The ordinary tables of the application.
pub fn names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name";
    let mut statement = connection.prepare(query)?;
    let names = statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(names.into_iter().filter(|n| is_application(n)).collect())
}

fn columns(connection: &Connection, table: &str, strict: bool) -> rusqlite::Result<Vec<Column>> {
    // What a virtual table hides is for asking it questions.
    let query = "SELECT name, type, \"notnull\", dflt_value, hidden FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1";
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([table], |r| {
        let declared: String = r.get(1)?;
        let any = strict && declared.eq_ignore_ascii_case("ANY");
        let affinity = if any { Affinity::Blob } else { Affinity::of(&declared) };
        let default: Option<String> = r.get(3)?;
        Ok(Column {
            name: r.get(0)?,
            affinity,
            strict,
            any,
            not_null: r.get(2)?,
            has_default: default.is_some_and(|d| !d.eq_ignore_ascii_case("NULL")),
            generated: r.get::<_, i64>(4)? > 1,
            is_rowid: false,
            hidden: false,
            length: if affinity == Affinity::Text { length(&declared) } else { None },
            declared,
        })
    })?;
    rows.collect()
}

/// The statement that made a table.
pub fn made_by(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    let query = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1";
    let sql: Option<Option<String>> = connection.query_row(query, [table], |r| r.get(0)).optional()?;
    Ok(sql.flatten().unwrap_or_default())
}

/// The columns of a table's primary key, in their order.
pub fn primary_key(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE pk ORDER BY pk")?;
    statement.query_map([table], |r| r.get(0))?.collect()
}

/// The 20 of VARCHAR(20).
fn length(declared: &str) -> Option<usize> {
    let (_, rest) = declared.split_once('(')?;
    rest.split_once(')')?.0.trim().parse().ok()
}
