//! The SELECT by which a source is read: the old row's rowid and key first, then what the target's columns ask for.

use super::describe::Table;
use super::mapping::SourceRule;
use super::plan::Given;
use crate::sql::{Kind, quoted, tokens};
use std::collections::BTreeSet;

/// The SELECT of a source as it grows.
pub struct Selected<'a> {
    /// The old table, if it is one.
    pub from: Option<&'a Table>,
    /// Whether the rowid is selected first.
    pub rowid: bool,
    /// The key's columns, selected next.
    pub key: Vec<String>,
    expressions: Vec<String>,
    /// The old columns that something mentions, in lower case.
    pub uses: BTreeSet<String>,
}

impl<'a> Selected<'a> {
    /// Begins with what messages and keys need.
    pub fn new(target: &Table, rule: &SourceRule, from: Option<&'a Table>) -> Selected<'a> {
        let rowid = from.and_then(Table::rowid);
        let key: Vec<String> = from.map_or_else(Vec::new, |t| t.key().iter().map(|c| c.name.clone()).collect());
        let mut expressions: Vec<String> = rowid.map(|r| format!("old.{r}")).into_iter().collect();
        expressions.extend(key.iter().map(|k| format!("old.{}", quoted(k))));
        let mut selected = Selected {
            from,
            rowid: rowid.is_some(),
            key,
            expressions,
            uses: BTreeSet::new(),
        };
        let texts = rule.filter.iter().chain(&rule.query);
        texts.for_each(|text| selected.mentions(text));
        debug_assert!(!target.is_virtual, "virtual tables have no sources");
        selected
    }

    /// The old keys have a successor, though not a value.
    pub fn gives_new_keys(&mut self) {
        self.uses.extend(self.key.iter().map(|name| name.to_lowercase()));
    }

    /// Selects an old column.
    pub fn column(&mut self, name: &str) -> Given {
        // Not Unicode's case: “É” and “é” are two columns to SQLite.
        self.uses.insert(name.to_ascii_lowercase());
        self.select(format!("old.{}", quoted(name)))
    }

    /// Selects an expression over the old row.
    pub fn expression(&mut self, sql: &str) -> Given {
        self.mentions(sql);
        self.select(format!("({sql}\n)"))
    }

    fn select(&mut self, expression: String) -> Given {
        self.expressions.push(expression);
        Given::Selected(self.expressions.len() - 1)
    }

    /// Every name in an expression may be a column.
    fn mentions(&mut self, sql: &str) {
        self.uses.extend(mentioned(sql));
    }

    /// The whole statement, in the order of the rowid where there is one.
    pub fn text(&self, rule: &SourceRule) -> String {
        let values = match self.expressions.is_empty() {
            true => "NULL".to_owned(),
            false => self.expressions.join(", "),
        };
        let from = match (self.from, &rule.query) {
            (Some(table), _) => format!("main.{}", quoted(&table.name)),
            (None, query) => format!("({}\n)", query.as_deref().unwrap_or("SELECT 1")),
        };
        let filter = rule.filter.as_ref().map_or_else(String::new, |f| format!(" WHERE ({f}\n)"));
        // Where columns hide the rowid, an index must not change the order of the rows.
        let (index, order) = match (self.from, self.rowid) {
            (Some(table), true) => ("", format!(" ORDER BY old.{}", table.rowid().unwrap_or("rowid"))),
            (Some(_), false) => (" NOT INDEXED", String::new()),
            (None, _) => ("", String::new()),
        };
        format!("SELECT {values} FROM {from} AS old{index}{filter}{order}")
    }
}

/// Every name in an expression, in lower case: what may be a column of the row that it is about.
pub fn mentioned(sql: &str) -> impl Iterator<Item = String> {
    let names = tokens(sql).into_iter().filter(|t| matches!(t.kind, Kind::Word | Kind::Quoted));
    names.map(|t| unquoted(t.text).to_ascii_lowercase())
}

/// A name as it is without its quotes.
fn unquoted(name: &str) -> String {
    let within = |quote: char| name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    for quote in ['"', '`'] {
        if let Some(inner) = within(quote) {
            return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
        }
    }
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bracketed.unwrap_or(name).to_owned()
}
