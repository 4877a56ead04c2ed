//! What a database holds, as far as a reshape has to know: tables with their columns, and the texts of all else. It reads, and judges nothing.

use super::value::Affinity;
use rusqlite::{Connection, Result};

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The declared type.
    pub declared: String,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// The default's text.
    pub default: Option<String>,
    /// Its place in the primary key, from 1; 0 if it has none.
    pub key: i64,
    /// Whether its value follows from other columns.
    pub generated: bool,
}

/// An ordinary or virtual table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The statement that makes it.
    pub sql: String,
    /// Its columns, those that SQLite hides left out. Empty if the module of a virtual table is not there.
    pub columns: Vec<Column>,
    /// Whether it has no rowid.
    pub without_rowid: bool,
    /// Whether it takes only values of the declared types.
    pub strict: bool,
    /// Whether a module keeps it.
    pub is_virtual: bool,
    /// The column that is another name of the rowid.
    pub rowid_column: Option<String>,
}

/// An index, trigger or view.
#[derive(Debug, Clone)]
pub struct Object {
    /// `index`, `trigger` or `view`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table or view that it belongs to; a view's own name.
    pub table: String,
    /// The statement that makes it.
    pub sql: String,
}

/// A whole schema.
#[derive(Debug, Clone)]
pub struct Described {
    /// Ordinary and virtual tables in the order in which they were made; not SQLite's own, nor what lies behind virtual ones.
    pub tables: Vec<Table>,
    /// Indexes, triggers and views in that order.
    pub objects: Vec<Object>,
}

impl Described {
    /// Reads the schema of an open database.
    pub fn read(connection: &Connection) -> Result<Described> {
        let mut list = connection.prepare(
            "SELECT s.name, s.sql, l.type, l.wr, l.strict FROM main.sqlite_schema s
             JOIN pragma_table_list l ON l.schema = 'main' AND l.name = s.name
             WHERE s.type = 'table' AND (l.type IN ('table', 'virtual') OR l.type = 'shadow' AND s.name LIKE '%\\_content' ESCAPE '\\') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.rowid",
        )?;
        let rows = list.query_map([], |r| {
            let kind: String = r.get(2)?;
            let table = Table {
                name: r.get(0)?,
                sql: r.get(1)?,
                columns: Vec::new(),
                without_rowid: r.get(3)?,
                strict: r.get(4)?,
                is_virtual: kind == "virtual",
                rowid_column: None,
            };
            Ok((kind == "shadow", table))
        })?;
        let tables = rows.collect::<Result<Vec<(bool, Table)>>>()?;
        // FTS5 with `content = …` keeps no text, so a table called like its own content is somebody's, whatever SQLite takes it for.
        let is_kept: Vec<bool> = tables
            .iter()
            .map(|(is_shadow, t)| !is_shadow || is_somebodys(&tables, &t.name))
            .collect();
        let tables = tables.into_iter().zip(is_kept).filter(|(_, kept)| *kept);
        let mut tables: Vec<Table> = tables.map(|((_, table), _)| table).collect();
        for table in &mut tables {
            match columns(connection, &table.name) {
                Ok(columns) => table.columns = columns,
                Err(_) if table.is_virtual => {}
                Err(e) => return Err(e),
            }
            table.rowid_column = rowid_column(connection, table)?;
        }
        let mut others = connection.prepare(
            "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
        )?;
        let objects = others.query_map([], |r| {
            Ok(Object {
                kind: r.get(0)?,
                name: r.get(1)?,
                table: r.get(2)?,
                sql: r.get(3)?,
            })
        })?;
        Ok(Described {
            tables,
            objects: objects.collect::<Result<_>>()?,
        })
    }

    /// A table by its name, in any case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name.eq_ignore_ascii_case(name))
    }
}

impl Table {
    /// A column by its name, in any case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// A name by which the rowid can be asked for, if there is one that no column hides.
    pub fn rowid(&self) -> Option<&'static str> {
        let names = ["rowid", "_rowid_", "oid"];
        names
            .into_iter()
            .find(|name| !self.without_rowid && !self.is_virtual && self.column(name).is_none())
    }

    /// The columns of its primary key, in its order.
    pub fn key(&self) -> Vec<&Column> {
        let mut key: Vec<&Column> = self.columns.iter().filter(|c| c.key > 0).collect();
        key.sort_by_key(|c| c.key);
        key
    }

    /// Whether rows that map by name to another table come out as they were.
    pub fn has_form_of(&self, target: &Table) -> bool {
        let affinity = |column: &Column, table: &Table| Affinity::of(&column.declared, table.strict);
        let same = |(a, b): (&Column, &Column)| a.name == b.name && a.generated == b.generated && affinity(a, self) == affinity(b, target);
        self.name == target.name
            && self.without_rowid == target.without_rowid
            && self.rowid_column == target.rowid_column
            && self.columns.len() == target.columns.len()
            && self.columns.iter().zip(&target.columns).all(same)
    }
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<Column>> {
    let mut statement = connection.prepare("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main')")?;
    let rows = statement.query_map([table], |r| {
        let hidden: i64 = r.get(5)?;
        let column = Column {
            name: r.get(0)?,
            declared: r.get(1)?,
            not_null: r.get(2)?,
            default: r.get(3)?,
            key: r.get(4)?,
            generated: hidden > 1,
        };
        Ok((hidden, column))
    })?;
    let rows = rows.collect::<Result<Vec<_>>>()?;
    Ok(rows
        .into_iter()
        .filter(|(hidden, _)| *hidden != 1)
        .map(|(_, column)| column)
        .collect())
}

/// A single key column of type INTEGER is the rowid, unless SQLite keeps an index for it (`INTEGER PRIMARY KEY DESC`):
/// <https://sqlite.org/lang_createtable.html#rowid>.
fn rowid_column(connection: &Connection, table: &Table) -> Result<Option<String>> {
    let key = table.key();
    let [one] = key.as_slice() else { return Ok(None) };
    if table.without_rowid || table.is_virtual || !one.declared.eq_ignore_ascii_case("INTEGER") {
        return Ok(None);
    }
    let mut statement = connection.prepare("SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'")?;
    let indexes: i64 = statement.query_row([&table.name], |r| r.get(0))?;
    Ok((indexes == 0).then(|| one.name.clone()))
}

/// Whether a table that is called like the content of a full-text index is another's, because the index keeps its text elsewhere.
fn is_somebodys(tables: &[(bool, Table)], name: &str) -> bool {
    let index = name.get(..name.len().saturating_sub("_content".len()));
    let index = index.and_then(|index| tables.iter().find(|(_, t)| t.is_virtual && t.name.eq_ignore_ascii_case(index)));
    index.is_some_and(|(_, index)| super::virtuals::is_over_another(index))
}
