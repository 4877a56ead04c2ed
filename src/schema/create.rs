//! What a CREATE statement says that no pragma tells: checks, rules of generated columns, keys that wait, expressions of indexes. The
//! statement is one that SQLite has accepted, so it is cut up and not judged.

use super::model::{Check, Generated};
use crate::sql::{Kind, Token, normalised, tokens, unquoted};
use std::collections::HashMap;

/// What the text of a table says.
#[derive(Default)]
pub struct TableText {
    /// CHECK constraints of columns and of the table, in their order.
    pub checks: Vec<Check>,
    /// The rules of generated columns, by name in lower case.
    pub generated: HashMap<String, Generated>,
    /// The same as they are written, for working them out.
    pub rules: HashMap<String, String>,
    /// For each REFERENCES in its order, whether it is checked at the end of a transaction only.
    pub deferred: Vec<bool>,
}

/// What the text of an index says.
#[derive(Default)]
pub struct IndexText {
    /// What it is over, normalised, without collation and direction.
    pub parts: Vec<String>,
    /// The condition of a partial one, normalised.
    pub filter: Option<String>,
    /// The parts as they are written.
    pub written: Vec<String>,
    /// The condition as it is written.
    pub filter_written: Option<String>,
}

/// Words with which a constraint of the table begins; none of them can be a column's name without quotes.
pub const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// Reads `CREATE TABLE`. `names` are those that its expressions may use.
pub fn table(sql: &str, names: &[&str]) -> TableText {
    let all = tokens(sql);
    let mut found = TableText::default();
    for item in divided(group(&all)) {
        let words: Vec<(usize, &Token<'_>)> = item.iter().enumerate().filter(|(_, t)| t.kind != Kind::Blank).collect();
        let Some((_, first)) = words.first() else { continue };
        let column = (!CONSTRAINTS.iter().any(|w| first.is(w))).then(|| name_of(first));
        clauses(item, &words, column.as_deref(), names, &mut found);
    }
    found
}

fn clauses(item: &[Token<'_>], words: &[(usize, &Token<'_>)], column: Option<&str>, names: &[&str], found: &mut TableText) {
    let mut depth = 0usize;
    let mut name = None;
    for (n, (at, word)) in words.iter().enumerate() {
        let before = |back: usize, what: &str| n.checked_sub(back).is_some_and(|n| words[n].1.is(what));
        match word.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if before(1, "CONSTRAINT") => name = Some(name_of(word)),
            _ if word.is("CHECK") => {
                let inner = group(&item[at + 1..]);
                found.checks.push(Check {
                    name: name.take(),
                    expression: expression(inner, names),
                    sql: as_written(inner),
                });
            }
            _ if word.is("AS") => {
                let inner = group(&item[at + 1..]);
                let rule = Generated {
                    expression: expression(inner, names),
                    stored: words[n..].iter().any(|(_, w)| w.is("STORED")),
                };
                found.rules.extend(column.map(|c| (c.to_ascii_lowercase(), as_written(inner))));
                found.generated.extend(column.map(|c| (c.to_ascii_lowercase(), rule)));
            }
            _ if word.is("REFERENCES") => found.deferred.push(false),
            _ if word.is("DEFERRED") && before(1, "INITIALLY") && before(2, "DEFERRABLE") && !before(3, "NOT") => {
                found.deferred.last_mut().into_iter().for_each(|last| *last = true);
            }
            _ => {}
        }
    }
}

/// Reads `CREATE INDEX`. `names` are those that its expressions may use.
pub fn index(sql: &str, names: &[&str]) -> IndexText {
    let all = tokens(sql);
    let inner = group(&all);
    let after = inner.last().map_or(0, |last| last.start + last.text.len());
    let tail: Vec<Token<'_>> = all.iter().filter(|t| t.start >= after).copied().collect();
    let filter = tail.iter().position(|t| t.is("WHERE")).map(|n| &tail[n + 1..]);
    let part = |item: &[Token<'_>]| expression(without_order(item), names);
    IndexText {
        parts: divided(inner).into_iter().map(part).collect(),
        filter: filter.map(|f| expression(f, names)),
        written: divided(inner).into_iter().map(|item| as_written(without_order(item))).collect(),
        filter_written: filter.map(as_written),
    }
}

/// A part of an index without `COLLATE x` and `ASC` or `DESC` at its end.
fn without_order<'t, 'a>(mut item: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let trimmed = |mut item: &'t [Token<'a>]| {
        while let Some((last, rest)) = item.split_last()
            && last.kind == Kind::Blank
        {
            item = rest;
        }
        item
    };
    item = trimmed(item);
    if let Some((last, rest)) = item.split_last()
        && (last.is("ASC") || last.is("DESC"))
    {
        item = trimmed(rest);
    }
    if let Some((_, rest)) = item.split_last()
        && let Some((collate, rest)) = trimmed(rest).split_last()
        && collate.is("COLLATE")
    {
        item = trimmed(rest);
    }
    item
}

/// Reads `CREATE VIRTUAL TABLE`: the module and what stands in its parentheses.
pub fn virtual_table(sql: &str) -> (String, String) {
    let all = tokens(sql);
    let words: Vec<(usize, &Token<'_>)> = all.iter().enumerate().filter(|(_, t)| t.kind != Kind::Blank).collect();
    let module = words.iter().position(|(_, t)| t.is("USING")).and_then(|n| words.get(n + 1));
    let Some((at, module)) = module else {
        return (String::new(), String::new());
    };
    let arguments: String = group(&all[at + 1..]).iter().map(|t| t.text).collect();
    (name_of(module), arguments.trim().to_owned())
}

/// The name of the table that a statement makes; `None` if it makes none.
pub fn made_table(sql: &str) -> Option<String> {
    let all = tokens(sql);
    let mut words = all.iter().filter(|t| t.kind != Kind::Blank).peekable();
    words.next().filter(|t| t.is("CREATE"))?;
    words.next_if(|t| t.is("VIRTUAL"));
    words.next().filter(|t| t.is("TABLE"))?;
    if words.next_if(|t| t.is("IF")).is_some() {
        words.nth(1)?;
    }
    let name = words.next()?;
    match words.next_if(|t| t.text == ".") {
        Some(_) => words.next().map(name_of),
        None => Some(name_of(name)),
    }
}

/// An identifier without its quotes. SQLite takes a string for a name, too.
pub fn name_of(token: &Token<'_>) -> String {
    match token.kind {
        Kind::Quoted | Kind::Literal => unquoted(token.text),
        _ => token.text.to_owned(),
    }
}

/// What stands in the first parentheses.
fn group<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let Some(open) = tokens.iter().position(|t| t.text == "(") else {
        return &[];
    };
    let mut depth = 0usize;
    for (n, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return &tokens[open + 1..n],
            ")" => depth -= 1,
            _ => {}
        }
    }
    &tokens[open + 1..]
}

/// The parts between the commas that stand in no parentheses.
fn divided<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0usize;
    let parts = tokens.split(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.text == ","
    });
    parts.filter(|part| part.iter().any(|t| t.kind != Kind::Blank)).collect()
}

/// The text without comments, which would hide what is put behind it.
fn as_written(tokens: &[Token<'_>]) -> String {
    let part = |t: &Token<'_>| if t.kind == Kind::Blank { " ".to_owned() } else { t.text.to_owned() };
    tokens.iter().map(part).collect::<String>().trim().to_owned()
}

/// The text, normalised. What stands in double quotes and names nothing is a string to SQLite: <https://sqlite.org/quirks.html#dblquote>.
fn expression(tokens: &[Token<'_>], names: &[&str]) -> String {
    let part = |t: &Token<'_>| match t.kind {
        Kind::Blank => " ".to_owned(),
        Kind::Quoted if t.text.starts_with('"') && !names.iter().any(|n| n.eq_ignore_ascii_case(&unquoted(t.text))) => {
            format!("'{}'", unquoted(t.text).replace('\'', "''"))
        }
        _ => t.text.to_owned(),
    };
    normalised(&tokens.iter().map(part).collect::<String>())
}
