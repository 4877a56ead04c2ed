//! Whether the application's triggers are to fire when an export is loaded. What they write is in it already when the tables that they
//! write to are; then they must stay quiet. When none of these is in it, they must fire. In between nothing is right, and it is refused.
//!
//! What triggers write is asked of SQLite's authorizer while an INSERT is prepared, so no trigger's text is read here:
//! <https://sqlite.org/c3ref/set_authorizer.html>. Nothing is executed.

use crate::failure::{Failure, Reason, Result};
use crate::load::Table;
use crate::sql::quoted;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether triggers fire. `whole` says that every table is in the export that can be.
pub fn fire(connection: &mut Connection, tables: &[Table], whole: bool) -> rusqlite::Result<Result<bool>> {
    if whole {
        return Ok(Ok(false));
    }
    let (mut inside, mut outside) = (BTreeSet::new(), BTreeSet::new());
    for table in tables.iter().filter(|t| !t.is_virtual) {
        for target in written_by(connection, &table.name)? {
            match tables.iter().any(|t| t.name.eq_ignore_ascii_case(&target)) {
                true => inside.insert(target),
                false => outside.insert(target),
            };
        }
    }
    Ok(match (inside.first(), outside.first()) {
        (_, None) => Ok(false),
        (None, Some(_)) => Ok(true),
        (Some(inside), Some(outside)) => Err(Failure::new(
            Reason::RequestInvalid,
            format!(
                "Triggers of the exported tables write to “{inside}”, which is exported, and to “{outside}”, which is not: \
                 a load would write the first twice, or the second not at all. Export both or neither (--table, --exclude)."
            ),
        )
        .with("table", inside.as_str())
        .with("value", outside.as_str())),
    })
}

/// The tables to which triggers write when a row comes into a table.
fn written_by(connection: &mut Connection, table: &str) -> rusqlite::Result<BTreeSet<String>> {
    let query = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)";
    if !connection.query_row(query, [table], |r| r.get::<_, bool>(0))? {
        return Ok(BTreeSet::new());
    }
    let written: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen = written.clone();
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        if let (Some(_), AuthAction::Insert { table_name } | AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name }) =
            (context.accessor, context.action)
        {
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(table_name.to_owned());
        }
        Authorization::Allow
    }))?;
    let prepared = connection
        .prepare(&format!("INSERT INTO main.{} DEFAULT VALUES", quoted(table)))
        .map(drop);
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    prepared?;
    let written = written.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(written.clone())
}
