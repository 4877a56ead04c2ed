//! The row accounting of one migration: every row that was in a table before is there after, arrived where the manifest says,
//! or is declared as dropped. Anything else stops the update.
//!
//! A table is followed through renames; one that is dropped and comes back under its name (a remake) is the same table. Counts come
//! from the pre-update hook, so a row that is deleted is seen even when another takes its place.

use super::preupdate::Changes;
use crate::bundle::manifest::RowRule;
use crate::database::row_counts;
use crate::failure::{Failure, Reason};
use rusqlite::{Connection, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What became of the rows of one table that was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableAccount {
    /// Its name before.
    pub table: String,
    /// Its name after, if it is still there.
    pub now: Option<String>,
    /// Rows before.
    pub before: u64,
    /// Rows under `now`.
    pub after: u64,
    /// Rows that left it.
    pub left: u64,
    /// Where the manifest says that they went.
    pub moved_to: Vec<String>,
    /// Why the manifest says that they go for good.
    pub dropped: Option<String>,
}

/// A running account.
pub struct Account {
    before: BTreeMap<String, u64>,
    open: HashMap<String, Life>,
    gone: Vec<Life>,
    arrived: HashMap<String, u64>,
    touched: Vec<String>,
}

/// A table from its beginning, or that of the migration, to its end.
#[derive(Default)]
struct Life {
    /// Its name when the migration began, if it was there.
    origin: Option<String>,
    names: Vec<String>,
    deleted: u64,
    rows_at_drop: u64,
}

impl Account {
    /// Begins with the tables as they are.
    pub fn begin(connection: &Connection) -> Result<Account> {
        let before = row_counts(connection)?;
        let life = |name: &String| Life {
            origin: Some(name.clone()),
            names: vec![name.clone()],
            ..Life::default()
        };
        Ok(Account {
            open: before.keys().map(|name| (name.clone(), life(name))).collect(),
            before,
            gone: Vec::new(),
            arrived: HashMap::new(),
            touched: Vec::new(),
        })
    }

    /// Enters what one statement changed. A row that it put in the place of another was replaced, not lost.
    pub fn enter(&mut self, changes: &HashMap<String, Changes>) {
        for (table, changes) in changes {
            let replaced = changes.replaced;
            *self.arrived.entry(table.clone()).or_default() += changes.inserted - replaced;
            self.life(table).deleted += changes.deleted - replaced;
            self.touched.push(table.clone());
        }
    }

    /// A table was made, perhaps already with rows (`CREATE TABLE … AS SELECT`).
    pub fn created(&mut self, table: &str, rows: u64) {
        self.life(table);
        *self.arrived.entry(table.to_owned()).or_default() += rows;
        self.touched.push(table.to_owned());
    }

    /// A table was dropped with so many rows in it.
    pub fn dropped(&mut self, table: &str, rows: u64) {
        let mut life = self.open.remove(table).unwrap_or_default();
        life.rows_at_drop = rows;
        self.gone.push(life);
        self.touched.push(table.to_owned());
    }

    /// A table was renamed.
    pub fn renamed(&mut self, from: &str, to: &str) {
        let mut life = self.open.remove(from).unwrap_or_default();
        life.names.push(to.to_owned());
        self.open.insert(to.to_owned(), life);
        if let Some(rows) = self.arrived.remove(from) {
            *self.arrived.entry(to.to_owned()).or_default() += rows;
        }
        self.touched.extend([from.to_owned(), to.to_owned()]);
    }

    /// A table's columns were changed.
    pub fn altered(&mut self, table: &str) {
        self.touched.push(table.to_owned());
    }

    /// The tables that any statement made, changed or dropped.
    pub fn touched(&self) -> &[String] {
        &self.touched
    }

    fn life(&mut self, table: &str) -> &mut Life {
        self.open.entry(table.to_owned()).or_insert_with(|| Life {
            names: vec![table.to_owned()],
            ..Life::default()
        })
    }

    /// Closes the account: what became of every table that had rows, or the first loss that nobody declared.
    pub fn close(&self, connection: &Connection, rules: &[&RowRule]) -> Result<std::result::Result<Vec<TableAccount>, Failure>> {
        let after = row_counts(connection)?;
        let accounts: Vec<TableAccount> = self
            .before
            .iter()
            .map(|(table, rows)| self.one(table, *rows, &after, rules))
            .collect();
        let lost = accounts
            .iter()
            .find(|a| a.left > 0 && a.dropped.is_none() && self.short(a, &accounts) > 0);
        Ok(match lost {
            None => Ok(accounts),
            Some(account) => Err(self.failure(account, &accounts)),
        })
    }

    fn one(&self, table: &str, before: u64, after: &BTreeMap<String, u64>, rules: &[&RowRule]) -> TableAccount {
        let is_it = |life: &&Life| life.origin.as_deref() == Some(table);
        let alive = self.open.values().find(is_it);
        let dead = self.gone.iter().find(is_it);
        let now = match alive {
            Some(life) => life.names.last().cloned(),
            // A remake bears a name that the table had.
            None => dead.and_then(|life| life.names.iter().rev().find(|name| after.contains_key(*name)).cloned()),
        };
        let rows_now = now.as_ref().and_then(|name| after.get(name)).copied().unwrap_or(0);
        let deleted = alive.or(dead).map_or(0, |life| life.deleted);
        let remade_short = dead.map_or(0, |life| match &now {
            Some(_) => life.rows_at_drop.saturating_sub(rows_now),
            None => life.rows_at_drop,
        });
        let remake_deleted = match (&now, dead) {
            (Some(name), Some(_)) => self.open.get(name).map_or(0, |life| life.deleted).min(before),
            _ => 0,
        };
        let names = alive.or(dead).map_or(&[][..], |life| &life.names);
        let rule = rules.iter().find(|r| r.table == table || names.contains(&r.table));
        TableAccount {
            table: table.to_owned(),
            now,
            before,
            after: rows_now,
            left: deleted + remade_short.max(remake_deleted),
            moved_to: rule.map_or_else(Vec::new, |r| r.moved_to.clone()),
            dropped: rule.and_then(|r| r.dropped.clone()),
        }
    }

    /// How many of the rows that left have not arrived where they should: each source alone, and together with the others that share its only target.
    fn short(&self, account: &TableAccount, all: &[TableAccount]) -> u64 {
        let arrived: u64 = account.moved_to.iter().map(|t| self.arrived.get(t).copied().unwrap_or(0)).sum();
        let needed = match account.moved_to.as_slice() {
            [one] => all.iter().filter(|a| a.moved_to.as_slice() == [one.clone()]).map(|a| a.left).sum(),
            _ => account.left,
        };
        needed.saturating_sub(arrived)
    }

    fn failure(&self, account: &TableAccount, all: &[TableAccount]) -> Failure {
        let message = match account.moved_to.as_slice() {
            [] => format!(
                "{} of {} rows of the table “{}” went, and the update does not say why. Nothing may be lost in silence.",
                account.left, account.before, account.table
            ),
            targets => format!(
                "{} rows of the table “{}” should have arrived in {}, and {} did not.",
                account.left,
                account.table,
                targets.join(", "),
                self.short(account, all)
            ),
        };
        Failure::new(
            Reason::RowsLost,
            format!("{message} Ask those who made the update for a corrected one."),
        )
        .with("table", account.table.as_str())
        .with("value", account.left)
    }
}
