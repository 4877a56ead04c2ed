//! Numbers that AUTOINCREMENT has given out, so that a row which is loaded later never gets the number of one that is gone. A counter is
//! only ever raised: <https://sqlite.org/autoinc.html>.

use super::plan::LoadPlan;
use super::table::{Table, made_by};
use super::trouble::{refused, unfit};
use crate::failure::Result;
use crate::sql::tokens;
use rusqlite::{Connection, OptionalExtension};

/// Raises the counters of a plan.
pub fn raise(connection: &Connection, plan: &LoadPlan) -> Result<()> {
    let step = plan.step();
    let told = |e: rusqlite::Error| refused(step, "setting counters", &e);
    for counter in &plan.counters {
        let name = Table::read(connection, step, &counter.table)?.name;
        let sql = made_by(connection, &name).map_err(told)?;
        if !counts(&sql) {
            let why = format!("a [[counter]] is for the table “{name}”, which has no AUTOINCREMENT");
            return Err(unfit(step, why).with("table", name));
        }
        let sql = "UPDATE main.sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
        let raised = connection.execute(sql, (&name, counter.value)).map_err(told)?;
        if raised == 0 {
            let sql = "INSERT INTO main.sqlite_sequence(name, seq) VALUES (?1, ?2)";
            connection.execute(sql, (&name, counter.value)).map_err(told)?;
        }
    }
    Ok(())
}

/// The number that a table has given out last; `None` if it keeps none.
pub fn last(connection: &Connection, table: &Table) -> rusqlite::Result<Option<i64>> {
    if !counts(&made_by(connection, &table.name)?) {
        return Ok(None);
    }
    let query = "SELECT seq FROM main.sqlite_sequence WHERE name = ?1 AND typeof(seq) = 'integer'";
    connection.query_row(query, [&table.name], |r| r.get(0)).optional()
}

fn counts(sql: &str) -> bool {
    tokens(sql).iter().any(|t| t.is("AUTOINCREMENT"))
}
