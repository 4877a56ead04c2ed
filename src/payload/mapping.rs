//! `mapping.toml` as a person writes it: short forms are written out, and the rest is [`Mapping`]'s.
//!
//! Where a draft could not know the answer stands an `ask`. Whoever runs or packs a mapping is refused as long as one is there.

use super::invalid;
use super::written::{explain, read};
use crate::failure::Result;
use crate::reshape::Mapping;
use serde_json::{Value, json};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// A question that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The keys that lead to its section; numbers count the elements of an array from 0.
    pub place: Vec<String>,
    /// Its line, from 1.
    pub line: usize,
    /// The question.
    pub question: String,
}

/// Reads a mapping in which nothing is open; `path` is for messages.
pub fn parse_mapping(path: &Path, text: &str) -> Result<Mapping> {
    let (mapping, asks) = parse_draft(path, text)?;
    let Some(first) = asks.first() else {
        return Ok(mapping);
    };
    let more = besides(asks.len() - 1);
    Err(invalid(
        path,
        format!("line {}: “{}” is not answered. {}{more}", first.line, first.question, first.ways()),
    ))
}

/// A sentence on the questions that are open besides the one that is named.
pub(super) fn besides(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => " One more is open there.".to_owned(),
        more => format!(" {more} more are open there."),
    }
}

/// Reads a mapping as far as it is answered, and what is not. A rule that asks is no rule yet.
pub fn parse_draft(path: &Path, text: &str) -> Result<(Mapping, Vec<Ask>)> {
    let table: toml::Table = read(text).map_err(|why| invalid(path, why))?;
    let mut value = serde_json::to_value(table).map_err(|e| invalid(path, e))?;
    let mut asks = take_asks(&mut value);
    let lines = DeTable::parse(text).map_err(|e| invalid(path, e))?;
    for ask in &mut asks {
        let at = offset(lines.get_ref(), &ask.place).unwrap_or_default();
        ask.line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    }
    asks.sort_by_key(|ask| ask.line);
    write_out(&mut value);
    let mapping = serde_json::from_value(value).map_err(|e| invalid(path, explain(&e.to_string())))?;
    Ok((mapping, asks))
}

impl Ask {
    /// How it can be answered, in a sentence.
    pub fn ways(&self) -> &'static str {
        match self.place.first().map(String::as_str) {
            Some("drop") => {
                "Write `reason = \"…\"` in the place of `ask` if it goes for good, or remove the section and map it; then run `holdfast draft` again."
            }
            _ if self.place.iter().any(|key| key == "columns") || self.place.first().is_some_and(|key| key == "column") => {
                "Write `from`, `sql`, `value`, `map`, `when_null` or `convert` in the place of `ask`; then run `holdfast draft` again."
            }
            _ => "Complete the section and remove `ask`, or remove the section; then run `holdfast draft` again.",
        }
    }
}

/// Takes out the sections that ask. A column may itself be called “ask”, so only places where a rule stands are looked at.
fn take_asks(mapping: &mut Value) -> Vec<Ask> {
    let mut asks = Vec::new();
    if let Some(tables) = mapping.get_mut("table").and_then(Value::as_object_mut) {
        // A section in which only a column asks says nothing yet; left there it would ask for the rows of a table that is new.
        tables.retain(|name, sources| {
            let before = asks.len();
            table_asks(sources, &["table".to_owned(), name.clone()], &mut asks);
            asks.len() == before || !is_empty(sources)
        });
    }
    rules_ask(mapping.get_mut("column"), &["column".to_owned()], &mut asks);
    if let Some(drops) = mapping.get_mut("drop").and_then(Value::as_array_mut) {
        let mut n = 0;
        drops.retain(|drop| {
            let place = ["drop".to_owned(), n.to_string()];
            n += 1;
            !asked(drop, &place, &mut asks)
        });
    }
    asks
}

fn table_asks(sources: &mut Value, place: &[String], asks: &mut Vec<Ask>) {
    if let Value::Array(list) = sources {
        let mut n = 0;
        list.retain_mut(|source| {
            let place = [place, &[n.to_string()]].concat();
            n += 1;
            !source_asks(source, &place, asks)
        });
    } else if source_asks(sources, place, asks) {
        *sources = json!([]);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(table) => table.is_empty(),
        _ => false,
    }
}

fn source_asks(source: &mut Value, place: &[String], asks: &mut Vec<Ask>) -> bool {
    let below = [place, &["columns".to_owned()]].concat();
    let had = source.get("columns").is_some();
    rules_ask(source.get_mut("columns"), &below, asks);
    if let (true, Some(table)) = (had, source.as_object_mut())
        && table.get("columns").is_some_and(is_empty)
    {
        table.remove("columns");
    }
    asked(source, place, asks)
}

fn rules_ask(rules: Option<&mut Value>, place: &[String], asks: &mut Vec<Ask>) {
    if let Some(rules) = rules.and_then(Value::as_object_mut) {
        rules.retain(|name, rule| !asked(rule, &[place, std::slice::from_ref(name)].concat(), asks));
    }
}

fn asked(section: &Value, place: &[String], asks: &mut Vec<Ask>) -> bool {
    let Some(question) = section.get("ask").and_then(Value::as_str) else {
        return false;
    };
    asks.push(Ask {
        place: place.to_vec(),
        line: 0,
        question: question.to_owned(),
    });
    true
}

/// Where the `ask` of a section stands in the text.
fn offset(table: &DeTable<'_>, place: &[String]) -> Option<usize> {
    let Some((first, rest)) = place.split_first() else {
        return table
            .iter()
            .find(|(key, _)| key.get_ref() == "ask")
            .map(|(key, _)| key.span().start);
    };
    let (_, value) = table.iter().find(|(key, _)| key.get_ref() == first.as_str())?;
    match value.get_ref() {
        DeValue::Table(table) => offset(table, rest),
        DeValue::Array(list) => {
            let (n, rest) = rest.split_first()?;
            match list.get(n.parse::<usize>().ok()?)?.get_ref() {
                DeValue::Table(table) => offset(table, rest),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Short forms as [`Mapping`] knows them.
fn write_out(mapping: &mut Value) {
    if let Some(tables) = mapping.get_mut("table").and_then(Value::as_object_mut) {
        for sources in tables.values_mut() {
            if sources.is_object() {
                *sources = json!([sources.take()]);
            }
            sources.as_array_mut().into_iter().flatten().for_each(columns);
        }
    }
    if let Some(drops) = mapping.get_mut("drop").and_then(Value::as_array_mut) {
        *drops = std::mem::take(drops).into_iter().flat_map(each_one).collect();
    }
}

/// `new = "old"` is short for `new = { from = "old" }`.
fn columns(source: &mut Value) {
    for rule in source
        .get_mut("columns")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|c| c.values_mut())
    {
        if rule.is_string() {
            *rule = json!({ "from": rule.take() });
        }
    }
}

/// A drop of `tables = ["a", "b"]`, or of `columns = ["a", "b"]` of a table, is short for one of each.
fn each_one(mut drop: Value) -> Vec<Value> {
    for (many, one) in [("tables", "table"), ("columns", "column")] {
        let is_list = drop.get(many).is_some_and(Value::is_array) && drop.get(one).is_none();
        if let Some(Value::Array(names)) = drop.as_object_mut().filter(|_| is_list).and_then(|d| d.remove(many)) {
            let alone = |name: Value| {
                let mut alone = drop.clone();
                alone[one] = name;
                alone
            };
            return names.into_iter().map(alone).collect();
        }
    }
    vec![drop]
}
