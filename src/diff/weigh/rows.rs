//! The rows of an old table under the names of the new one, so that the new schema's expressions can be asked of them as they are written.

use crate::diff::matching::Matching;
use crate::reshape::Affinity;
use crate::schema::{Column, Table, TableKind};
use crate::sql::quoted;

/// By what the rowid is called here; no column is called so.
const ROWID: &str = "\"rowid:\"";

/// Old rows, to be read by the new names.
pub struct Rows<'a> {
    /// The table in the old schema.
    pub old: &'a Table,
    /// The table in the new schema.
    pub new: &'a Table,
    /// All old columns, and what they are now.
    columns: Vec<(&'a Column, Option<&'a Column>)>,
    /// The word by which the rowid can be asked for.
    rowid: Option<&'static str>,
}

impl<'a> Rows<'a> {
    /// Of two tables that belong together.
    pub fn new(matching: &Matching<'_>, old: &'a Table, new: &'a Table) -> Rows<'a> {
        let now = |column: &Column| {
            let name = matching.column(&old.name, &column.name);
            new.column(&name).filter(|_| matching.is_kept(&old.name, &column.name))
        };
        let has_rowid = !old.without_rowid && old.kind == TableKind::Ordinary;
        let words = ["rowid", "_rowid_", "oid"];
        Rows {
            old,
            new,
            columns: old.columns.iter().map(|c| (c, now(c))).collect(),
            rowid: words.into_iter().find(|word| has_rowid && old.column(word).is_none()),
        }
    }

    /// What stands behind FROM.
    pub fn from(&self) -> String {
        let mut columns: Vec<String> = self
            .columns
            .iter()
            .map(|(was, now)| format!("{} AS {}", quoted(&was.name), alias(was, *now)))
            .collect();
        columns.extend(self.rowid.map(|word| format!("{word} AS {ROWID}")));
        if columns.is_empty() {
            columns.push("1".to_owned());
        }
        format!(
            "(SELECT {} FROM main.{}) AS {}",
            columns.join(", "),
            quoted(&self.old.name),
            quoted(&self.new.name)
        )
    }

    /// An old column by its old name, and what it is now.
    pub fn of_old(&self, name: &str) -> Option<(&'a Column, Option<&'a Column>)> {
        self.columns.iter().find(|(was, _)| was.name.eq_ignore_ascii_case(name)).copied()
    }

    /// What a new column was.
    pub fn of_new(&self, name: &str) -> Option<&'a Column> {
        let is_it = |now: &Column| now.name.eq_ignore_ascii_case(name);
        self.columns.iter().find(|(_, now)| now.is_some_and(is_it)).map(|(was, _)| *was)
    }

    /// An old column in SQL over these rows.
    pub fn sql(&self, was: &Column) -> String {
        let now = self.of_old(&was.name).and_then(|(_, now)| now);
        // With the table, because a query within may have a column of that name.
        format!("{}.{}", quoted(&self.new.name), alias(was, now))
    }

    /// Whether a value of the old column is the same value in the new one.
    pub fn is_bare(&self, was: &Column, now: &Column) -> bool {
        let becomes_rowid = self.new.rowid_column.as_ref() == Some(&now.name) && self.old.rowid_column.as_ref() != Some(&was.name);
        Affinity::of(&was.declared, self.old.strict) == Affinity::of(&now.declared, self.new.strict) && !becomes_rowid
    }

    /// By what a row is named: the names and the SQL of its key's parts. Where values are masked only a number names it, if there is one.
    pub fn key(&self, masked: bool) -> Vec<(String, String)> {
        let rowid = || ("rowid".to_owned(), ROWID.to_owned());
        if let Some(name) = &self.old.rowid_column
            && let Some((was, now)) = self.of_old(name)
        {
            return vec![(was.name.clone(), alias(was, now))];
        }
        if self.rowid.is_some() && (masked || self.old.key.is_empty()) {
            return vec![rowid()];
        }
        let key = self.old.key.iter().filter_map(|part| self.of_old(&part.text));
        key.map(|(was, now)| (was.name.clone(), alias(was, now))).collect()
    }
}

fn alias(was: &Column, now: Option<&Column>) -> String {
    match now {
        Some(now) => quoted(&now.name),
        // Not to be mistaken for a new column of its name.
        None => quoted(&format!("old:{}", was.name)),
    }
}
