//! Compares databases as structure and rows, so that it does not matter in which order columns were made or how their `CREATE` is written.

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Opens a database for reading.
pub fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database")
}

/// All rows of a query as text.
pub fn lines(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap_or_else(|e| panic!("{query}: {e}"));
    let width = statement.column_count();
    let cell = |row: &Row<'_>, n| format!("{:?}", row.get::<_, Value>(n).expect("a value"));
    let line = |row: &Row<'_>| Ok((0..width).map(|n| cell(row, n)).collect::<Vec<_>>().join("|"));
    let rows = statement.query_map([], line).expect("rows");
    rows.map(|r| r.expect("a row")).collect()
}

fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect("a query");
    let rows = statement.query_map([], |r| r.get(0)).expect("rows");
    rows.map(|r| r.expect("a name")).collect()
}

/// The tables of the application.
pub fn tables(connection: &Connection) -> Vec<String> {
    let ours = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'holdfast\\_%' ESCAPE '\\'";
    names(
        connection,
        &format!("SELECT name FROM sqlite_schema WHERE type = 'table' AND {ours} ORDER BY name"),
    )
}

/// The schema as structure: columns, foreign keys and indexes of each table, in an order of their own; triggers and views by their text.
pub fn structure(connection: &Connection) -> BTreeMap<String, BTreeSet<String>> {
    let of_table = |table: String| {
        let queries = [
            format!("SELECT 'column', name, upper(type), \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo('{table}')"),
            format!("SELECT 'key', \"from\", \"table\", \"to\", on_update, on_delete FROM pragma_foreign_key_list('{table}')"),
            format!(
                "SELECT 'index', CASE origin WHEN 'c' THEN l.name END, \"unique\", partial,
                (SELECT group_concat(name || \"desc\" || coll) FROM pragma_index_xinfo(l.name) WHERE key) FROM pragma_index_list('{table}') l"
            ),
            format!("SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = '{table}' AND type IN ('trigger', 'view')"),
        ];
        let found = queries.iter().flat_map(|q| lines(connection, q)).map(masked).collect();
        (table, found)
    };
    tables(connection).into_iter().map(of_table).collect()
}

/// Takes out the literals that Eden makes at install: a UUID, or the name of a table.
fn masked(line: String) -> String {
    let found = [("urn:uuid:", 36), ("s3dt_", 8)].map(|(mark, more)| Some((line.find(mark)?, mark.len() + more)));
    match found.into_iter().flatten().next() {
        Some((at, length)) => format!("{}…{}", &line[..at], &line[at + length..]),
        None => line,
    }
}

/// Every row of every table with its row id, columns by name; without the columns in `random`, given as `table.column`.
pub fn rows(connection: &Connection, random: &[&str]) -> BTreeMap<String, Vec<String>> {
    let of_table = |table: String| {
        let columns = names(connection, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY name"));
        let columns = columns.iter().filter(|c| !random.contains(&&*format!("{table}.{c}")));
        let columns: Vec<String> = columns.map(|c| format!("\"{c}\"")).collect();
        let query = format!("SELECT rowid, {} FROM \"{table}\" ORDER BY rowid", columns.join(", "));
        let found = lines(connection, &query);
        (table, found)
    };
    tables(connection).into_iter().map(of_table).collect()
}

/// Fails at the first table in which two databases differ.
#[track_caller]
pub fn assert_same<T: PartialEq + std::fmt::Debug>(found: &BTreeMap<String, T>, expected: &BTreeMap<String, T>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (table, expected) in expected {
        assert_eq!(&found[table], expected, "{table}");
    }
}
