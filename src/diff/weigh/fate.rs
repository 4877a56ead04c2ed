//! What becomes of a value in a column of another type. Whatever is not plain is asked of SQLite itself; a CAST would be another rule.

use super::ask::Held;
use crate::reshape::Affinity;
use rusqlite::types::ValueRef;

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is the same value, perhaps of another kind, as 7 and “7”.
    Same = 0,
    /// It becomes another one, as “007” becomes 7.
    Changes = 1,
    /// The column refuses it.
    Refused = 2,
    /// It is kept as it is, though it is not of the column's type.
    Stays = 3,
    /// It is empty text where a number is meant, and kept so.
    Empty = 4,
}

/// A column, as far as it decides on values.
#[derive(Debug, Clone)]
pub struct Taker {
    /// What it makes of values.
    pub affinity: Affinity,
    /// Whether it refuses some.
    pub refuses: bool,
}

impl Taker {
    /// What is known without asking.
    pub fn plainly(&self, value: ValueRef<'_>) -> Option<Fate> {
        match (self.affinity, value) {
            (_, ValueRef::Null) => Some(Fate::Same),
            _ if self.refuses => None,
            (Affinity::Blob, _)
            | (Affinity::Text, ValueRef::Text(_) | ValueRef::Integer(_))
            | (Affinity::Numeric, ValueRef::Integer(_))
            | (Affinity::Real, ValueRef::Real(_)) => Some(Fate::Same),
            (_, ValueRef::Blob(_)) => Some(Fate::Stays),
            (Affinity::Numeric | Affinity::Real, ValueRef::Text(text)) => {
                let begins = text.iter().find(|b| !b.is_ascii_whitespace() && **b != 0x0b)?;
                (!begins.is_ascii_digit() && !b"+-.".contains(begins)).then_some(Fate::Stays)
            }
            _ => None,
        }
    }

    /// What SQLite's answer means. A reshape stops at whatever it would not give back, so nothing that stops one is the same here.
    pub fn judge(&self, value: ValueRef<'_>, stored: &Held) -> Fate {
        let kept = stored.value();
        if !is_same(value, kept) {
            return Fate::Changes;
        }
        let is_number = matches!(self.affinity, Affinity::Numeric | Affinity::Real);
        match kept {
            ValueRef::Text(text) if is_number && is_blank(text) => Fate::Empty,
            ValueRef::Text(_) if is_number => Fate::Stays,
            ValueRef::Blob(_) if self.affinity != Affinity::Blob => Fate::Stays,
            _ if self.affinity.would_change(value) => Fate::Changes,
            _ => Fate::Same,
        }
    }
}

fn is_blank(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|t| t.trim().is_empty())
}

/// Whether a stored value says what the given one said. How a text was written counts: reshape's rule looks at that, too.
fn is_same(given: ValueRef<'_>, stored: ValueRef<'_>) -> bool {
    match (given, stored) {
        (ValueRef::Integer(a), ValueRef::Real(b)) => b as i128 == i128::from(a),
        (ValueRef::Integer(a), ValueRef::Text(b)) => a.to_string().as_bytes() == b,
        (ValueRef::Real(a), ValueRef::Integer(b)) => a == b as f64,
        (ValueRef::Real(a), ValueRef::Text(b)) => std::str::from_utf8(b).is_ok_and(|b| b.parse() == Ok(a)),
        (ValueRef::Text(a), ValueRef::Integer(b)) => a == b.to_string().as_bytes(),
        // Another way to write it is found by reshape's rule.
        (ValueRef::Text(_), ValueRef::Real(b)) => b.is_finite(),
        (a, b) => a == b,
    }
}
