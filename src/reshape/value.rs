//! One value on its way from an old row to a new one: value maps, and the proof that the column's type does not make another value of it.
//! SQLite converts in silence (<https://sqlite.org/datatype3.html#type_affinity>); a reshape never does.

use super::mapping::{Other, ValueRule};
use rusqlite::types::{Value, ValueRef};
use std::collections::BTreeMap;

/// What SQLite makes of values that are stored in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// Text stays, numbers become text.
    Text,
    /// Text that looks like a number becomes one.
    Numeric,
    /// As before, and integers become floating-point numbers.
    Real,
    /// Everything stays.
    Blob,
}

impl Affinity {
    /// By the rules of <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
    pub fn of(declared: &str, strict: bool) -> Affinity {
        let declared = declared.to_ascii_uppercase();
        let has = |word: &str| declared.contains(word);
        match () {
            () if strict && declared == "ANY" => Affinity::Blob,
            () if has("INT") => Affinity::Numeric,
            () if has("CHAR") || has("CLOB") || has("TEXT") => Affinity::Text,
            () if declared.is_empty() || has("BLOB") => Affinity::Blob,
            () if has("REAL") || has("FLOA") || has("DOUB") => Affinity::Real,
            () => Affinity::Numeric,
        }
    }

    /// Whether a column of this affinity would hold another value than the one that is given, or one that nobody can mean.
    pub fn would_change(self, value: ValueRef<'_>) -> bool {
        match (self, value) {
            (Affinity::Blob, _) | (_, ValueRef::Null | ValueRef::Blob(_)) => false,
            (Affinity::Text, ValueRef::Real(number)) => text_of(number).parse() != Ok(number),
            (Affinity::Text, _) | (Affinity::Numeric, ValueRef::Integer(_) | ValueRef::Real(_)) | (Affinity::Real, ValueRef::Real(_)) => {
                false
            }
            (Affinity::Real, ValueRef::Integer(number)) => number.unsigned_abs() > EXACT,
            // SQLite reads a number up to a zero byte, and what follows is lost.
            (Affinity::Numeric | Affinity::Real, ValueRef::Text(text)) if text.contains(&0) => {
                let before = text.split(|byte| *byte == 0).next().unwrap_or_default();
                std::str::from_utf8(before).is_ok_and(is_number)
            }
            (Affinity::Numeric | Affinity::Real, ValueRef::Text(text)) => match std::str::from_utf8(text) {
                // Nobody means the empty text where a number stands; what is meant instead only a person knows.
                Ok(text) if text.trim().is_empty() => true,
                Ok(text) => {
                    let is_rounded = self == Affinity::Real && text.parse().is_ok_and(|n: i64| n.unsigned_abs() > EXACT);
                    is_rounded || is_number(text) && !is_plain_number(text)
                }
                Err(_) => false,
            },
        }
    }

    /// Whether a column of this affinity would keep text that is no number, as SQLite lets it: nothing is lost, and whoever reads numbers there
    /// will not understand it.
    pub fn keeps_words(self, value: ValueRef<'_>) -> bool {
        match (self, value) {
            (Affinity::Numeric | Affinity::Real, ValueRef::Text(text)) => !std::str::from_utf8(text).is_ok_and(is_number),
            _ => false,
        }
    }
}

/// Up to here every integer has a floating-point number of its own.
const EXACT: u64 = 1 << 53;

/// A number's text as SQLite writes it: 15 significant digits.
fn text_of(number: f64) -> String {
    let mut text = format!("{number:.14e}");
    if let Some((digits, exponent)) = text.clone().split_once('e') {
        text = format!("{}e{exponent}", digits.trim_end_matches('0'));
    }
    text
}

/// Whether SQLite takes text for a number: <https://sqlite.org/datatype3.html#type_affinity>.
fn is_number(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let is_written_so = text.bytes().all(|b| b.is_ascii_digit() || b".+-eE".contains(&b));
    is_written_so && text.parse::<f64>().is_ok()
}

/// Whether text is a number written the one way in which that number would be written again. Nothing else may become a number by itself:
/// not "007", not "1e3".
fn is_plain_number(text: &str) -> bool {
    if text.parse::<i64>().is_ok_and(|number| number.to_string() == text) {
        return true;
    }
    let is_decimal = text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let survives = |number: f64| number.fract() != 0.0 && format!("{number:?}") == text;
    is_decimal && text.len() <= 16 && text.parse::<f64>().is_ok_and(survives)
}

/// What is done to a value before it is stored.
#[derive(Debug, Clone, Default)]
pub struct Change {
    map: BTreeMap<String, Value>,
    other: Option<Value>,
    keeps_others: bool,
    when_null: Option<Value>,
}

impl Change {
    /// As a rule of the mapping says. The error names a value that no column can hold.
    pub fn of(rule: &ValueRule) -> Result<Change, String> {
        let map = rule.map.iter().map(|(old, new)| Ok((old.clone(), stored(new)?)));
        Ok(Change {
            map: map.collect::<Result<_, String>>()?,
            keeps_others: rule.map.is_empty() || rule.other == Some(Other::Keep),
            other: match &rule.other {
                Some(Other::Value(value)) => Some(stored(value)?),
                _ => None,
            },
            when_null: rule.when_null.as_ref().map(stored).transpose()?,
        })
    }

    /// The value that takes the place of another; `Ok(None)` if it stays as it is. The error says why neither can be.
    pub fn apply(&self, value: ValueRef<'_>) -> Result<Option<&Value>, &'static str> {
        if value == ValueRef::Null {
            return Ok(self.when_null.as_ref());
        }
        if self.map.is_empty() && self.other.is_none() {
            return Ok(None);
        }
        match (self.map.get(&shown(value)), &self.other) {
            (Some(new), _) => Ok(Some(new)),
            (None, Some(other)) => Ok(Some(other)),
            (None, None) if self.keeps_others => Ok(None),
            (None, None) => Err("the value is not in the map, and nothing says what becomes of others"),
        }
    }
}

/// A value of a mapping as SQLite stores it.
pub fn stored(value: &serde_json::Value) -> Result<Value, String> {
    use serde_json::Value as Json;
    match value {
        Json::Null => Ok(Value::Null),
        Json::Bool(yes) => Ok(Value::Integer((*yes).into())),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(Value::Integer(integer)),
            (None, Some(real)) if !number.is_u64() => Ok(Value::Real(real)),
            _ => Err(format!("{number} is no number that a column can hold")),
        },
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => Err(format!("{value} is no value that a column can hold")),
    }
}

/// A value for people and for keys of a value map.
pub fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("x'{}'", crate::bundle::hex(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_would_rewrite_is_seen() {
        let connection = rusqlite::Connection::open_in_memory().expect("memory");
        connection
            .execute_batch("CREATE TABLE t(n INTEGER, r REAL, x TEXT)")
            .expect("a table");
        let texts = [
            "",
            "abc",
            "7",
            "-7",
            "007",
            "1e3",
            " 7",
            "7 ",
            "+7",
            "0.1",
            "0.10",
            "1.0",
            "-0",
            "-0.0",
            "12345678901234567890",
            "9223372036854775807",
            "1.5",
            "100000000000000.5",
            "3.14159265358979312",
            "7\0",
        ];
        for text in texts {
            let query = "INSERT INTO t(n) VALUES (?1) RETURNING CAST(n AS TEXT) = ?1";
            let survives: bool = connection.query_row(query, [text], |r| r.get(0)).expect("a row");
            let changes = Affinity::Numeric.would_change(ValueRef::Text(text.as_bytes()));
            assert!(survives || changes, "“{text}” would become another value unseen");
        }
        for number in [0.1, 1.0 / 3.0, 1e300, 0.1 + 0.2, 5e-324] {
            let query = "INSERT INTO t(x) VALUES (?1) RETURNING CAST(x AS REAL) = ?1";
            let survives: bool = connection.query_row(query, [number], |r| r.get(0)).expect("a row");
            assert!(survives || Affinity::Text.would_change(ValueRef::Real(number)), "{number}");
        }
        assert!(Affinity::Real.would_change(ValueRef::Integer((1 << 53) + 1)));
        assert!(!Affinity::Numeric.would_change(ValueRef::Text(b"42")));
        assert!(!Affinity::Numeric.would_change(ValueRef::Text(b"none")));
        assert!(Affinity::Numeric.would_change(ValueRef::Text(b"")));
        assert!(Affinity::Real.would_change(ValueRef::Text(b"9007199254740993")));
        assert!(!Affinity::Real.would_change(ValueRef::Text(b"42")));
    }

    #[test]
    fn a_value_that_is_not_in_the_map_stops() {
        let rule = |text: &str| serde_json::from_str::<ValueRule>(text).expect("a rule");
        let change = Change::of(&rule(r#"{"map": {"1": "one"}}"#)).expect("values");
        assert_eq!(change.apply(ValueRef::Integer(1)), Ok(Some(&Value::Text("one".to_owned()))));
        assert!(change.apply(ValueRef::Integer(2)).is_err());
        assert_eq!(change.apply(ValueRef::Null), Ok(None));
        let change = Change::of(&rule(r#"{"map": {"1": "one"}, "other": "keep", "when_null": 0}"#)).expect("values");
        assert_eq!(change.apply(ValueRef::Integer(2)), Ok(None));
        assert_eq!(change.apply(ValueRef::Null), Ok(Some(&Value::Integer(0))));
        let change = Change::of(&rule(r#"{"map": {"1": "one"}, "other": {"value": "?"}}"#)).expect("values");
        assert_eq!(change.apply(ValueRef::Integer(2)), Ok(Some(&Value::Text("?".to_owned()))));
    }
}
