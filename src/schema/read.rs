//! Reads the schema of an open database into a [`Definition`]. Pragmas tell most of it; the rest stands in the text of the statements.
//!
//! A table of a module, a collation or a function that this SQLite does not know is read as far as its text goes.

use super::annotations;
use super::create::{self, TableText};
use super::model::{Column, Definition, ForeignKey, Index, Part, Table, TableKind, Trigger, Unique, View};
use crate::failure::{Failure, Reason, Result};
use crate::reshape::{Described, DescribedTable, Object};
use crate::steps::is_ours;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// The schema of a database, without SQLite's own tables, Holdfast's, and those behind virtual ones.
pub fn read(connection: &Connection) -> Result<Definition> {
    definition(connection).map_err(|e| failed(&e))
}

/// What SQLite says of a schema that it cannot read.
pub fn failed(error: &rusqlite::Error) -> Failure {
    let message = format!(
        "This SQLite ({}) cannot read the schema: {error}. Open the database with the application that it belongs to, and see whether it works there.",
        rusqlite::version()
    );
    Failure::new(Reason::DatabaseUnsupported, message)
}

fn definition(connection: &Connection) -> rusqlite::Result<Definition> {
    let described = Described::read(connection)?;
    let reader = Reader {
        connection,
        objects: described.objects.iter().map(|o| (o.name.as_str(), o)).collect(),
    };
    let tables = described.tables.iter().filter(|t| !is_ours(&t.name));
    let number = |name: &str| connection.query_row(&format!("PRAGMA main.{name}"), [], |r| r.get(0));
    let objects = |kind: &'static str| described.objects.iter().filter(move |o| o.kind == kind && !is_ours(&o.table));
    Ok(Definition {
        tables: tables.map(|table| reader.table(table)).collect::<rusqlite::Result<_>>()?,
        views: objects("view")
            .map(|o| View {
                name: o.name.clone(),
                sql: o.sql.clone(),
            })
            .collect(),
        triggers: objects("trigger")
            .map(|o| Trigger {
                name: o.name.clone(),
                table: o.table.clone(),
                sql: o.sql.clone(),
            })
            .collect(),
        user_version: number("user_version")?,
        application_id: number("application_id")?,
    })
}

struct Reader<'a> {
    connection: &'a Connection,
    objects: HashMap<&'a str, &'a Object>,
}

/// The indexes of a table by where they come from.
#[derive(Default)]
struct Indexes {
    key: Option<Vec<Part>>,
    uniques: Vec<Unique>,
    named: Vec<Index>,
}

impl Reader<'_> {
    fn table(&self, described: &DescribedTable) -> rusqlite::Result<Table> {
        let name = &described.name;
        let mut notes = annotations::in_table(&described.sql);
        let mut table = Table {
            name: name.clone(),
            kind: TableKind::Ordinary,
            columns: Vec::new(),
            key: Vec::new(),
            rowid_column: described.rowid_column.clone(),
            autoincrement: false,
            without_rowid: described.without_rowid,
            strict: described.strict,
            foreign_keys: Vec::new(),
            uniques: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            annotations: std::mem::take(&mut notes.table),
            sql: described.sql.clone(),
        };
        let mut text = TableText::default();
        if described.is_virtual {
            let (module, arguments) = create::virtual_table(&described.sql);
            table.kind = TableKind::Virtual { module, arguments };
        } else {
            let names: Vec<&str> = described.columns.iter().map(|c| c.name.as_str()).chain([name.as_str()]).collect();
            text = create::table(&described.sql, &names);
            table.foreign_keys = self.foreign_keys(name, &text.deferred)?;
            let indexes = self.indexes(name, &names)?;
            table.key = indexes.key.unwrap_or_default();
            table.uniques = indexes.uniques;
            table.indexes = indexes.named;
        }
        for column in &described.columns {
            let low = column.name.to_ascii_lowercase();
            let (collation, autoincrement) = self.more(name, &column.name, described.is_virtual)?;
            table.autoincrement |= autoincrement;
            table.columns.push(Column {
                name: column.name.clone(),
                declared: column.declared.clone(),
                not_null: column.not_null,
                default: column.default.clone(),
                collation,
                generated: text.generated.remove(&low),
                annotations: notes.columns.remove(&low).unwrap_or_default(),
            });
        }
        if table.key.is_empty() {
            table.key = described.key().iter().map(|c| plain(&c.name, table.column(&c.name))).collect();
        }
        // Notes beside names that are no columns of it, as in a virtual table.
        table.annotations.extend(notes.columns.into_values().flatten());
        table.checks = text.checks;
        Ok(table)
    }

    /// A column's collation, and whether it is AUTOINCREMENT's.
    fn more(&self, table: &str, column: &str, is_virtual: bool) -> rusqlite::Result<(String, bool)> {
        if is_virtual {
            return Ok(("BINARY".to_owned(), false));
        }
        let (_, collation, _, _, autoincrement) = self.connection.column_metadata(Some("main"), table, column)?;
        let collation = collation.map_or_else(|| "BINARY".to_owned(), |c| c.to_string_lossy().to_ascii_uppercase());
        Ok((collation, autoincrement))
    }

    /// In the order in which they are written, which is the reverse of SQLite's.
    fn foreign_keys(&self, table: &str, deferred: &[bool]) -> rusqlite::Result<Vec<ForeignKey>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq",
        )?;
        let mut rows = statement.query([table])?;
        let mut keys: Vec<ForeignKey> = Vec::new();
        let mut last = None;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if last != Some(id) {
                last = Some(id);
                keys.push(ForeignKey {
                    columns: Vec::new(),
                    parent: row.get(1)?,
                    parent_columns: Vec::new(),
                    on_update: row.get(4)?,
                    on_delete: row.get(5)?,
                    deferred: deferred.get(keys.len()).copied().unwrap_or(false),
                });
            }
            if let Some(key) = keys.last_mut() {
                key.columns.push(row.get(2)?);
                key.parent_columns.extend(row.get::<_, Option<String>>(3)?);
            }
        }
        Ok(keys)
    }

    /// In the order in which they were made, which is the reverse of SQLite's.
    fn indexes(&self, table: &str, names: &[&str]) -> rusqlite::Result<Indexes> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, \"unique\", origin FROM pragma_index_list(?1, 'main') ORDER BY seq DESC")?;
        let mut rows = statement.query([table])?;
        let mut found = Indexes::default();
        while let Some(row) = rows.next()? {
            let (name, unique, origin): (String, bool, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            match origin.as_str() {
                "pk" => found.key = Some(self.parts(&name, &[])?),
                "u" => found.uniques.push(Unique {
                    parts: self.parts(&name, &[])?,
                }),
                _ => {
                    let sql = self.objects.get(name.as_str()).map_or("", |o| o.sql.as_str());
                    let text = create::index(sql, names);
                    found.named.push(Index {
                        parts: self.parts(&name, &text.parts)?,
                        filter: text.filter,
                        sql: sql.to_owned(),
                        name,
                        unique,
                    });
                }
            }
        }
        Ok(found)
    }

    /// What an index is over; `texts` has its expressions.
    fn parts(&self, index: &str, texts: &[String]) -> rusqlite::Result<Vec<Part>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seqno, name, desc, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno")?;
        let rows = statement.query_map([index], |row| {
            let (place, name): (usize, Option<String>) = (row.get(0)?, row.get(1)?);
            let is_expression = name.is_none();
            Ok(Part {
                text: name.or_else(|| texts.get(place).cloned()).unwrap_or_default(),
                is_expression,
                collation: row.get::<_, String>(3)?.to_ascii_uppercase(),
                descending: row.get(2)?,
            })
        })?;
        rows.collect()
    }
}

/// A column of a key that needs no index, because it is the rowid.
fn plain(name: &str, column: Option<&Column>) -> Part {
    Part {
        text: name.to_owned(),
        is_expression: false,
        collation: column.map_or_else(|| "BINARY".to_owned(), |c| c.collation.clone()),
        descending: false,
    }
}

/// Whether any table of the application has a row.
pub fn has_rows(connection: &Connection, definition: &Definition) -> bool {
    definition.tables.iter().any(|table| {
        let query = format!("SELECT 1 FROM main.{} LIMIT 1", crate::sql::quoted(&table.name));
        let row = connection.query_row(&query, [], |_| Ok(())).optional();
        matches!(row, Ok(Some(())))
    })
}
