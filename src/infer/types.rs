//! What kind of values a column is declared for, coarser than the declared type and finer than SQLite's affinity.

use crate::schema::Column;

/// A kind of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Whole numbers.
    Integer,
    /// Other numbers.
    Number,
    /// Text.
    Text,
    /// Points in time; SQLite stores them as text or numbers.
    Time,
    /// Truth values.
    Truth,
    /// Anything, or bytes.
    Any,
}

impl Family {
    /// Of a declared type.
    pub fn of(declared: &str) -> Family {
        let declared = declared.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|w| declared.contains(w));
        match () {
            () if has(&["DATE", "TIME"]) => Family::Time,
            () if has(&["BOOL"]) => Family::Truth,
            () if has(&["INT"]) => Family::Integer,
            () if has(&["CHAR", "CLOB", "TEXT", "STRING", "UUID", "JSON"]) => Family::Text,
            () if declared.is_empty() || has(&["BLOB", "ANY", "BINARY"]) => Family::Any,
            () => Family::Number,
        }
    }

    /// Whether values of one kind can be meant by the other without a word from people.
    pub fn fits(self, other: Family) -> bool {
        use Family::{Any, Integer, Number, Truth};
        let number = |f| matches!(f, Integer | Number | Truth);
        self == other || self == Any || other == Any || number(self) && number(other)
    }
}

/// What two declared types add to the odds that the columns are one, with the reason.
pub fn likeness(old: &Column, new: &Column) -> (f64, String) {
    let (a, b) = (Family::of(&old.declared), Family::of(&new.declared));
    let shown = |c: &Column| match c.declared.as_str() {
        "" => "no type".to_owned(),
        declared => format!("“{declared}”"),
    };
    let same = old.declared.eq_ignore_ascii_case(&new.declared);
    match () {
        // A length is seldom the same by chance.
        () if same && old.declared.contains('(') => (0.8, format!("Both are declared as {}.", shown(old))),
        () if same => (0.6, format!("Both are declared as {}.", shown(old))),
        () if a == b => (0.3, format!("{} and {} are types of one kind.", shown(old), shown(new))),
        () if a.fits(b) => (0.0, format!("{} became {}.", shown(old), shown(new))),
        () if matches!((a, b), (Family::Time, Family::Text | Family::Integer | Family::Number)) || b == Family::Time => {
            (-0.6, format!("{} became {}.", shown(old), shown(new)))
        }
        () => (-1.6, format!("{} and {} hold values of different kinds.", shown(old), shown(new))),
    }
}
