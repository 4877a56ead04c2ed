//! How the parts of a schema are written in sentences, beside each other, and in the lines of a mapping.

use super::report::{Change, Finding, Kind, Level, Subject};
use crate::schema::{Column, ForeignKey, Part, Table};

/// `“a”, “b” and “c”`.
pub fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("“{n}”")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A number of things.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `INTEGER`, or that there is no type.
pub fn declared(column: &Column) -> String {
    if column.declared.is_empty() {
        "no type".to_owned()
    } else {
        column.declared.clone()
    }
}

/// A column as it would be declared.
pub fn column(column: &Column) -> String {
    let mut text = column.declared.clone();
    let mut add = |part: String| {
        text += if text.is_empty() { "" } else { " " };
        text += &part;
    };
    if column.not_null {
        add("NOT NULL".to_owned());
    }
    if let Some(default) = &column.default {
        add(format!("DEFAULT {default}"));
    }
    if column.collation != "BINARY" {
        add(format!("COLLATE {}", column.collation));
    }
    if let Some(rule) = &column.generated {
        add(format!("AS ({}){}", rule.expression, if rule.stored { " STORED" } else { "" }));
    }
    text
}

/// `a, b COLLATE NOCASE DESC`.
pub fn parts(parts: &[Part]) -> String {
    let part = |p: &Part| {
        let collation = if p.collation == "BINARY" {
            String::new()
        } else {
            format!(" COLLATE {}", p.collation)
        };
        format!("{}{collation}{}", p.text, if p.descending { " DESC" } else { "" })
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// `p(id) ON DELETE CASCADE`.
pub fn reference(key: &ForeignKey) -> String {
    let mut text = key.parent.clone();
    if !key.parent_columns.is_empty() {
        text += &format!("({})", key.parent_columns.join(", "));
    }
    text + &actions(key)
}

/// What a foreign key does, as far as it is not what all do.
pub fn actions(key: &ForeignKey) -> String {
    let mut text = String::new();
    for (event, action) in [("UPDATE", &key.on_update), ("DELETE", &key.on_delete)] {
        if action != "NO ACTION" {
            text += &format!(" ON {event} {action}");
        }
    }
    if key.deferred {
        text += " DEFERRABLE INITIALLY DEFERRED";
    }
    text
}

/// A key of TOML.
pub fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if is_bare { name.to_owned() } else { text(name) }
}

/// A text of TOML, whose escapes are those of JSON.
pub fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

impl Subject {
    /// Something of a table that is in both schemas.
    pub fn of(old: &Table, new: &Table, name: Option<&str>) -> Subject {
        Subject {
            table: old.name.clone(),
            new_table: (old.name != new.name).then(|| new.name.clone()),
            name: name.map(str::to_owned),
        }
    }

    /// Something that has no other side: of a table that is in one schema alone, or of none.
    pub fn alone(table: &str, name: Option<&str>) -> Subject {
        Subject {
            table: table.to_owned(),
            new_table: None,
            name: name.map(str::to_owned),
        }
    }
}

impl Finding {
    /// A finding with its sentence.
    pub fn new(level: Level, kind: Kind, change: Change, subject: Subject, sentence: String) -> Finding {
        Finding {
            level,
            kind,
            change,
            subject,
            sentence,
            advice: None,
            old: None,
            new: None,
            by_site: false,
            weight: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Finding {
        self.advice = Some(advice.into());
        self
    }

    /// Adds how it is written in the old schema.
    #[must_use]
    pub fn old(mut self, text: impl Into<String>) -> Finding {
        self.old = Some(text.into());
        self
    }

    /// Adds how it is written in the new schema.
    #[must_use]
    pub fn new_text(mut self, text: impl Into<String>) -> Finding {
        self.new = Some(text.into());
        self
    }
}
