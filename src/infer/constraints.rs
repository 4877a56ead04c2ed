//! What keys, unique sets, indexes and checks say of a column, so that the same can be found said of another.

use crate::schema::{Part, Table};
use crate::sql::{Kind, tokens};
use std::collections::BTreeMap;

/// The constraints of a table; columns that have no counterpart by name are held apart.
pub struct Constraints {
    all: Vec<(String, Vec<Word>)>,
}

/// A word of a constraint's text.
#[derive(Clone)]
enum Word {
    /// As it is.
    Plain(String),
    /// A column that goes or comes.
    Open(String),
}

/// What a comparison says.
pub enum Said {
    /// Neither column is in any.
    Nothing,
    /// One at least is the same if the one column takes the place of the other; its name.
    Same(String),
    /// Each is in some, or one of them is, and none is the same.
    Other,
}

impl Constraints {
    /// Of a table.
    pub fn of<'c>(table: &Table, open: impl Iterator<Item = &'c str>) -> Constraints {
        let open: Vec<String> = open.map(str::to_ascii_lowercase).collect();
        let cut = |text: &str| words(text, &open);
        let mut all = Vec::new();
        if table.key.len() > 1 {
            all.push(("The primary key".to_owned(), cut(&listed("key", &table.key))));
        }
        for unique in &table.uniques {
            all.push(("A unique set".to_owned(), cut(&listed("unique", &unique.parts))));
        }
        for index in &table.indexes {
            let filter = index.filter.as_deref().unwrap_or_default();
            let kind = if index.unique { "unique index" } else { "index" };
            all.push((
                format!("The index “{}”", index.name),
                cut(&format!("{} where {filter}", listed(kind, &index.parts))),
            ));
        }
        for check in &table.checks {
            all.push(("A check".to_owned(), cut(&check.expression)));
        }
        for reference in table.foreign_keys.iter().filter(|f| f.columns.len() > 1) {
            let columns: Vec<String> = reference.columns.iter().map(|c| crate::sql::quoted(c)).collect();
            all.push((
                "A reference of several columns".to_owned(),
                cut(&format!("refers {}", columns.join(","))),
            ));
        }
        Constraints { all }
    }

    /// Whether what is said of the one column here is said of the other one there.
    pub fn compare(&self, other: &Constraints, a: &str, b: &str) -> Said {
        let (here, there) = (self.about(a), other.about(b));
        if here.is_empty() && there.is_empty() {
            return Said::Nothing;
        }
        match here.iter().find(|(text, _)| there.contains_key(*text)) {
            Some((_, name)) => Said::Same((*name).clone()),
            None => Said::Other,
        }
    }

    /// Whether both tables have the same ones.
    pub fn is_same(&self, other: &Constraints) -> bool {
        let texts = |all: &Constraints| -> std::collections::BTreeSet<String> {
            let shown = |word: &Word| match word {
                Word::Plain(text) | Word::Open(text) => text.clone(),
            };
            all.all
                .iter()
                .map(|(_, words)| words.iter().map(shown).collect::<Vec<_>>().join(" "))
                .collect()
        };
        texts(self) == texts(other)
    }

    /// The texts that name the column, with a mark in its place and another for columns that go or come as well.
    fn about(&self, column: &str) -> BTreeMap<String, &String> {
        let is = |word: &Word| matches!(word, Word::Open(name) if name.eq_ignore_ascii_case(column));
        let shown = |word: &Word| match word {
            Word::Plain(text) => text.clone(),
            _ if is(word) => "<this>".to_owned(),
            Word::Open(_) => "<other>".to_owned(),
        };
        let about = self.all.iter().filter(|(_, words)| words.iter().any(is));
        about
            .map(|(name, words)| (words.iter().map(shown).collect::<Vec<_>>().join(" "), name))
            .collect()
    }
}

fn listed(kind: &str, parts: &[Part]) -> String {
    let shown = |part: &Part| {
        let text = if part.is_expression {
            part.text.clone()
        } else {
            crate::sql::quoted(&part.text)
        };
        format!("{text} collate {} {}", part.collation, if part.descending { "desc" } else { "asc" })
    };
    let list: Vec<String> = parts.iter().map(shown).collect();
    format!("{kind} {}", list.join(","))
}

/// Cuts a text; names of functions, collations and types are no columns.
fn words(text: &str, open: &[String]) -> Vec<Word> {
    let all: Vec<_> = tokens(text).into_iter().filter(|t| t.kind != Kind::Blank).collect();
    let word = |n: usize| {
        let token = &all[n];
        let low = token.text.to_ascii_lowercase();
        let bare = match token.kind {
            Kind::Quoted => low.get(1..low.len() - 1).unwrap_or_default().replace("\"\"", "\""),
            Kind::Word => low,
            _ => return Word::Plain(token.text.to_owned()),
        };
        let before = n.checked_sub(1).map(|n| &all[n]);
        let is_other = token.kind == Kind::Word && all.get(n + 1).is_some_and(|next| next.text == "(")
            || before.is_some_and(|b| b.is("collate") || b.is("as"));
        if open.contains(&bare) && !is_other {
            Word::Open(bare)
        } else {
            Word::Plain(bare)
        }
    };
    (0..all.len()).map(word).collect()
}
