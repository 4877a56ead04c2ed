//! The row that ends a copy, named for people: its table, its key, the column and the value, and why it cannot be stored.

use super::super::plan::{Given, ValuePlan};
use super::super::value::shown;
use super::Store;
use crate::failure::{Failure, Reason};
use rusqlite::types::ValueRef;
use rusqlite::{ErrorCode, Row};

impl Store<'_, '_> {
    /// A row that SQLite does not take.
    pub(super) fn refused(&self, row: &Row<'_>, error: &rusqlite::Error) -> Failure {
        if !matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
        ) {
            return self.copier.told(error);
        }
        let said = error.to_string();
        // “NOT NULL constraint failed: t.c”, “cannot store TEXT value in INTEGER column t.c”.
        let table = &self.table.target.name;
        let is_named = |v: &&ValuePlan<'_>| said.ends_with(&format!(" {table}.{}", v.column.name));
        let plan = self.source.values.iter().find(is_named);
        self.rejected(row, plan, None, &said)
    }

    pub(super) fn rejected(&self, row: &Row<'_>, plan: Option<&ValuePlan<'_>>, value: Option<ValueRef<'_>>, reason: &str) -> Failure {
        let (source, target) = (self.source, &self.table.target.name);
        let from = source.from.map_or("the query", |t| t.name.as_str());
        let first = usize::from(source.rowid);
        let part = |(n, name): (usize, &String)| format!("{name} = {}", row.get_ref(first + n).map_or_else(|_| String::new(), shown));
        let key: Vec<String> = match source.key.as_slice() {
            // By a name that no column has, or people would look for the row by that column.
            [] if source.rowid => {
                let name = source.from.and_then(|t| t.rowid()).unwrap_or("rowid");
                vec![format!("{name} = {}", row.get_ref(0).map_or_else(|_| String::new(), shown))]
            }
            names => names.iter().enumerate().map(part).collect(),
        };
        let key = key.join(", ");
        let selected = plan.and_then(|p| match p.given {
            Given::Selected(at) => row.get_ref(at).ok(),
            _ => None,
        });
        let value = value.or(selected).map(shown);
        let column = plan.map(|p| p.column.name.as_str());
        let place = match (column, &value) {
            (Some(column), Some(value)) => {
                let value: String = value.chars().take(200).collect();
                format!("its value “{value}” for “{target}.{column}”")
            }
            (Some(column), None) => format!("its value for “{target}.{column}”"),
            _ => format!("the row for “{target}”"),
        };
        let message = format!(
            "{}: the row of “{from}” with {key} cannot be carried over: {place}: {reason}. Ask those who made the update for a corrected one.",
            self.copier.step
        );
        let failure = Failure::new(Reason::RowRejected, message)
            .with("step", self.copier.step)
            .with("table", from)
            .with("key", key)
            .with("target", target.as_str())
            .with("reason", reason);
        let failure = match column {
            Some(column) => failure.with("column", column),
            None => failure,
        };
        match value {
            Some(value) => failure.with("value", value),
            None => failure,
        }
    }
}
