//! What authors of a schema write beside a table or a column for tools: `-- @renamed from=customer`. SQLite keeps comments inside a statement
//! as they are, so they are found in databases, too; those between statements are in SQL text alone.

use super::create::{CONSTRAINTS, name_of};
use super::model::Annotation;
use crate::sql::{Kind, tokens};
use std::collections::HashMap;

/// Annotations in one statement.
#[derive(Default)]
pub struct Found {
    /// Of the table.
    pub table: Vec<Annotation>,
    /// Of its columns, by name in lower case.
    pub columns: HashMap<String, Vec<Annotation>>,
}

/// A table's own, or a column's.
#[derive(Clone)]
enum Owner {
    Table,
    Column(String),
}

impl Found {
    fn give(&mut self, owner: &Owner, annotations: impl IntoIterator<Item = Annotation>) {
        match owner {
            Owner::Table => self.table.extend(annotations),
            Owner::Column(name) => self.columns.entry(name.clone()).or_default().extend(annotations),
        }
    }
}

/// All in a `CREATE TABLE`. One on a column's line, or alone on the lines above it, is the column's; all others are the table's.
pub fn in_table(sql: &str) -> Found {
    let mut found = Found::default();
    let (mut line, mut depth) = (1, 0usize);
    // Whose part the last word belongs to, and its line; nobody's after a comma until the next word comes.
    let mut last = (Owner::Table, 1);
    let mut is_open = false;
    let mut waiting: Vec<Annotation> = Vec::new();
    for token in tokens(sql) {
        let begins = line;
        line += token.text.matches('\n').count();
        if token.kind == Kind::Blank {
            let Some(annotation) = parse(token.text, begins) else { continue };
            match depth {
                0 => found.table.push(annotation),
                _ if last.1 == begins => found.give(&last.0, [annotation]),
                _ => waiting.push(annotation),
            }
            continue;
        }
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (depth, token.text) {
            (1, "(") => last = (Owner::Table, line),
            (1, ",") => is_open = false,
            (0, _) => found.give(&Owner::Table, waiting.drain(..)),
            _ => {
                if !is_open {
                    let is_constraint = CONSTRAINTS.iter().any(|word| token.is(word));
                    last.0 = if is_constraint {
                        Owner::Table
                    } else {
                        Owner::Column(name_of(&token).to_ascii_lowercase())
                    };
                    is_open = true;
                }
                last.1 = line;
                found.give(&last.0, waiting.drain(..));
            }
        }
    }
    found.table.append(&mut waiting);
    found
}

/// All in a text between statements: those on the line on which the one before ends, and those before the next one.
pub fn between(text: &str) -> (Vec<Annotation>, Vec<Annotation>) {
    let (mut same, mut next) = (Vec::new(), Vec::new());
    let mut line = 0;
    for token in tokens(text) {
        let found = parse(token.text, 0);
        if line == 0 {
            same.extend(found)
        } else {
            next.extend(found)
        }
        line += token.text.matches('\n').count();
    }
    (same, next)
}

/// `-- @word key=value key="value with ""blanks""" …`. Words without a value are for people.
fn parse(comment: &str, line: usize) -> Option<Annotation> {
    let text = comment.strip_prefix("--")?.trim().strip_prefix('@')?;
    let (word, mut rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let mut values = Vec::new();
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        rest = &rest[start..];
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, after) = value_of(value);
        values.push((key.to_owned(), value));
        rest = after;
    }
    (!word.is_empty()).then(|| Annotation {
        word: word.to_owned(),
        values,
        line,
    })
}

/// The value with which a text begins, and what comes behind it. A quote is written twice in quotes; they may be left open.
fn value_of(text: &str) -> (String, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut rest = inner;
    while let Some(end) = rest.find('"') {
        value += &rest[..end];
        rest = &rest[end + 1..];
        let Some(more) = rest.strip_prefix('"') else {
            return (value, rest);
        };
        value.push('"');
        rest = more;
    }
    (value + rest, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(annotations: &[Annotation]) -> Vec<&str> {
        annotations.iter().map(|a| a.word.as_str()).collect()
    }

    #[test]
    fn an_annotation_is_of_what_stands_on_its_line_or_below() {
        let found = in_table(
            "CREATE TABLE t( -- @table\n a INT, -- @a1\n -- @b1\n -- @b2 from=x\n b TEXT -- @b3\n  CHECK (b <> ',') -- @b4\n , c -- @c1\n \
             -- @pk\n , PRIMARY KEY (a, b) -- @key\n -- @end\n) -- @after",
        );
        assert_eq!(words(&found.table), ["table", "pk", "key", "end", "after"]);
        assert_eq!(words(&found.columns["a"]), ["a1"]);
        assert_eq!(words(&found.columns["b"]), ["b1", "b2", "b3", "b4"]);
        assert_eq!(words(&found.columns["c"]), ["c1"]);
    }

    #[test]
    fn values_may_stand_in_quotes() {
        let one = parse("-- @dropped name=a.b reason=\"it's \"\"old\"\"\" for people\n", 3).expect("an annotation");
        assert_eq!(one.value("name"), Some("a.b"));
        assert_eq!(one.value("reason"), Some("it's \"old\""));
        assert_eq!(one.line, 3);
        assert!(parse("-- no @renamed from=x", 1).is_none() && parse("-- @", 1).is_none() && parse("/* @a */", 1).is_none());
        assert_eq!(
            parse("-- @a b=\"open", 1).map(|a| a.values),
            Some(vec![("b".to_owned(), "open".to_owned())])
        );
    }
}
