//! A load without triggers: the rows come with all that triggers made of them, so firing them would do it twice. What they would have told
//! full-text indexes over the loaded tables is told at the end, by building these anew: <https://sqlite.org/fts5.html#the_rebuild_command>.
//! Whatever happens, the connection has its triggers again when this goes.

use super::plan::LoadPlan;
use super::table::Table;
use super::trouble::refused;
use crate::failure::Result;
use crate::reshape::{Way, content_table, way_of};
use crate::sql::quoted;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

const TRIGGERS: DbConfig = DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER;

/// While it lives, triggers are as the plan wants them.
pub struct Quiet<'c> {
    connection: &'c Connection,
    plan: &'c LoadPlan,
}

impl<'c> Quiet<'c> {
    /// Switches triggers off if the plan says so.
    pub fn begin(connection: &'c Connection, plan: &'c LoadPlan) -> Result<Quiet<'c>> {
        let quiet = Quiet { connection, plan };
        if !plan.triggers {
            connection.set_db_config(TRIGGERS, false).map_err(|e| quiet.told(&e))?;
        }
        Ok(quiet)
    }

    /// Builds the indexes over the tables anew.
    pub fn end<'t>(self, tables: impl Iterator<Item = &'t Table>) -> Result<()> {
        if self.plan.triggers {
            return Ok(());
        }
        let loaded: Vec<&str> = tables.map(|t| t.name.as_str()).collect();
        for index in self.indexes(&loaded).map_err(|e| self.told(&e))? {
            let name = quoted(&index);
            let rebuilt = self
                .connection
                .execute_batch(&format!("INSERT INTO main.{name}({name}) VALUES ('rebuild')"));
            rebuilt.map_err(|e| refused(self.plan.step(), &format!("building the full-text index “{index}” anew"), &e))?;
        }
        Ok(())
    }

    /// The full-text indexes over one of these tables, or over a view, which may be over any.
    fn indexes(&self, loaded: &[&str]) -> rusqlite::Result<Vec<String>> {
        let query = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0 ORDER BY rowid";
        let mut statement = self.connection.prepare(query)?;
        let virtuals = statement.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        let mut found = Vec::new();
        for (name, sql) in virtuals.collect::<rusqlite::Result<Vec<_>>>()? {
            let Some(content) = content_table(&sql).filter(|_| way_of(&sql) == Way::Rebuild) else {
                continue;
            };
            let is_view = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE)";
            let concerned = loaded.iter().any(|table| table.eq_ignore_ascii_case(&content))
                || self.connection.query_row(is_view, [&content], |r| r.get::<_, bool>(0))?;
            found.extend(concerned.then_some(name));
        }
        Ok(found)
    }

    fn told(&self, error: &rusqlite::Error) -> crate::failure::Failure {
        refused(self.plan.step(), "keeping triggers from firing", error)
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        if !self.plan.triggers {
            // It was possible the other way round.
            let _ = self.connection.set_db_config(TRIGGERS, true);
        }
    }
}
