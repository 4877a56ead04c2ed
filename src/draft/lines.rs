//! The words of a draft: counts, samples, and likely answers as lines of TOML.

use super::carried::rules;
use crate::infer::{Candidate, Shape};
use crate::reshape::Mapping;
use crate::sql::quoted;

/// A text as TOML writes it.
pub fn text(value: &str) -> String {
    toml_edit::Value::from(value).to_string().trim().to_owned()
}

/// A key as TOML writes it.
pub fn key(name: &str) -> String {
    toml_edit::Key::new(name).to_string()
}

/// “1 row”, “1,186 rows”.
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", crate::page::number(number), if number == 1 { "" } else { "s" })
}

/// “1 row of X holds”, “2 rows of X hold”.
pub fn rows(number: u64, of: &str, verb: &str) -> String {
    let verb = match (number, verb) {
        (1, verb) => verb,
        (_, "has") => "have",
        (_, verb) => verb.trim_end_matches('s'),
    };
    format!("{} of {of} {verb}", counted(number, "row"))
}

/// The beginning of a sentence.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Names in a sentence; of many the first.
pub fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("“{name}”")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => match shown.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => shown.concat(),
        },
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Values with their counts, in one line.
pub fn samples<'v>(values: impl Iterator<Item = (&'v str, u64)>) -> String {
    let one = |(value, count): (&str, u64)| {
        let mut short: String = value.chars().take(40).collect();
        if value.chars().nth(40).is_some() {
            short.push('…');
        }
        format!("{} ({count})", text(&short))
    };
    format!("values: {}", values.map(one).collect::<Vec<_>>().join(", "))
}

/// Score and reasons of a candidate.
pub fn why(candidate: &Candidate) -> String {
    let sentences: Vec<&str> = candidate
        .evidence
        .iter()
        .take(3)
        .map(|e| e.sentence.trim_end_matches('.'))
        .collect();
    match sentences.as_slice() {
        [] => format!("{:.2}", candidate.score),
        some => format!("{:.2}: {}", candidate.score, some.join(". ")),
    }
}

/// A likely answer: what it would mean, and the lines to write.
pub fn candidate(candidate: &Candidate, mapping: &Mapping) -> Vec<String> {
    let why = why(candidate);
    let column = |table: &str, column: &str, value: String| under(mapping, table, column, &value);
    let (means, answer) = match &candidate.shape {
        Shape::TableRenamed { from, to } => (format!("“{from}” may have become “{to}”"), becomes(from, to).into()),
        Shape::TableMerged { from, to } => (
            format!("“{from}” may go into “{to}”"),
            vec![
                format!("[[table.{}]]", key(to)),
                format!("[[table.{}]]", key(to)),
                format!("from = {}", text(from)),
            ],
        ),
        Shape::ColumnRenamed { from, to } => (
            format!("“{}.{}” may have become “{}.{}”", from.table, from.name, to.table, to.name),
            column(&to.table, &to.name, text(&from.name)),
        ),
        Shape::ColumnMoved { from, to, by } => (
            format!("“{}.{}” may have moved to “{}.{}”", from.table, from.name, to.table, to.name),
            moved(from, to, by),
        ),
        Shape::Flattened { from, to, value, key: by } => (
            format!("“{}.{}” may hold what “{}” referred to", to.table, to.name, from.name),
            column(&to.table, &to.name, looked_up(&value.table, &value.name, &by.name, &from.name)),
        ),
        Shape::Rekeyed {
            from,
            to,
            through,
            old_key,
            new_key,
        } => (
            format!(
                "“{}.{}” may refer to “{through}” by “{new_key}”, as “{}” did by “{old_key}”",
                to.table, to.name, from.name
            ),
            column(&to.table, &to.name, looked_up(through, new_key, old_key, &from.name)),
        ),
        Shape::Linked {
            from,
            table,
            owner,
            member,
            ..
        } => (
            format!("“{}.{}” may have become rows of “{table}”", from.table, from.name),
            linked(from, table, owner, member),
        ),
        Shape::ValuesRenamed { from, to, .. } | Shape::Retyped { from, to } => (
            format!(
                "“{}.{}” may hold values of “{}.{}” otherwise",
                to.table, to.name, from.table, from.name
            ),
            Vec::new(),
        ),
        Shape::IndexRenamed { from, to, .. } => (format!("the index “{from}” may have become “{to}”"), Vec::new()),
        Shape::Dropped { table, column, reason } => {
            let what = column.as_ref().map_or_else(|| table.clone(), |c| format!("{table}.{c}"));
            (format!("“{what}” may go"), vec![format!("reason = {}", text(reason))])
        }
    };
    let mut found = vec![format!("{means} ({why}):")];
    found.extend(answer.into_iter().map(|line| format!("  {line}")));
    found
}

/// The rule of a table that has the rows of another one.
pub fn becomes(from: &str, to: &str) -> [String; 2] {
    [format!("[table.{}]", key(to)), format!("from = {}", text(from))]
}

/// A rule for a column, with its header if that is not there yet.
fn under(mapping: &Mapping, table: &str, column: &str, value: &str) -> Vec<String> {
    let header = format!("[table.{}.columns]", key(table));
    let head = match rules(mapping, table) {
        Some(rules) if rules.len() > 1 || !rules.iter().all(|r| r.columns.is_empty()) => format!("under {header}:"),
        _ => header,
    };
    vec![head, format!("{} = {value}", key(column))]
}

fn linked(from: &crate::infer::Column, table: &str, owner: &str, member: &str) -> Vec<String> {
    vec![
        format!("[table.{}]", key(table)),
        format!("from = {}", text(&from.table)),
        "only = true".to_owned(),
        format!("where = {}", text(&format!("{} IS NOT NULL", quoted(&from.name)))),
        format!("columns.{} = \"…\"   # the key of “{}”", key(owner), from.table),
        format!("columns.{} = {}", key(member), text(&from.name)),
    ]
}

fn looked_up(table: &str, value: &str, key: &str, by: &str) -> String {
    let [table, value, key, by] = [table, value, key, by].map(quoted);
    format!(
        "{{ sql = {} }}",
        text(&format!("(SELECT t.{value} FROM main.{table} AS t WHERE t.{key} = old.{by})"))
    )
}

fn moved(from: &crate::infer::Column, to: &crate::infer::Column, by: &[(String, String)]) -> Vec<String> {
    let mut lines = vec![
        format!("[[table.{}]]", key(&to.table)),
        format!("[[table.{}]]", key(&to.table)),
        format!("from = {}", text(&from.table)),
        "only = true".to_owned(),
        format!(
            "match = [{}]",
            by.iter().map(|(column, _)| text(column)).collect::<Vec<_>>().join(", ")
        ),
        "on_match = \"update\"".to_owned(),
    ];
    lines.extend(
        by.iter()
            .map(|(column, expression)| format!("columns.{} = {{ sql = {} }}", key(column), text(expression))),
    );
    lines.push(format!("columns.{} = {}", key(&to.name), text(&from.name)));
    lines
}
