//! Small databases in memory for what reads into them: limited, so that no expression of a mapping takes for ever or all memory.

use rusqlite::Connection;
use rusqlite::limits::Limit;
use std::cell::Cell;

/// SQLite's own steps after which it is told to stop, in thousands.
const MOST_STEPS: u32 = 200;

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// An empty database.
pub fn empty() -> Connection {
    let mut connection = Connection::open_in_memory().expect("memory");
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, 1 << 20).expect("a limit");
    connection.execute_batch("PRAGMA foreign_keys=OFF").expect("off");
    let stop = || {
        let left = LEFT.get().saturating_sub(1);
        LEFT.set(left);
        left == 0
    };
    connection.progress_handler(1000, Some(stop)).expect("a handler");
    connection
}

/// Does something that this thread's databases end after so many steps.
pub fn limited<T>(act: impl FnOnce() -> T) -> T {
    LEFT.set(MOST_STEPS);
    let done = act();
    LEFT.set(u32::MAX);
    done
}

/// All rows of the ordinary tables, as text, table by table.
pub fn content(connection: &Connection) -> Vec<(String, Vec<String>)> {
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .expect("a query");
    let names: Vec<String> = tables
        .query_map([], |r| r.get(0))
        .expect("names")
        .map(|n| n.expect("a name"))
        .collect();
    names.into_iter().map(|name| (name.clone(), rows(connection, &name))).collect()
}

/// The rows of a table, as text, in the order of their values.
pub fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let query = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
    let mut statement = connection.prepare(&query).expect("a query");
    let width = statement.column_count();
    let mut found = statement.query([]).expect("rows");
    let mut lines = Vec::new();
    while let Some(row) = found.next().expect("a row") {
        let cells: Vec<String> = (0..width).map(|n| format!("{:?}", row.get_ref(n).expect("a value"))).collect();
        lines.push(cells.join("|"));
    }
    lines.sort();
    lines
}
