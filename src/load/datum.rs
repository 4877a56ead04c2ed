//! One value on its way into a table, and what a column's declared type makes of it. A value goes in as the file says it, or is
//! refused: it is never rounded, and never rewritten (`007` into an INTEGER column).

use super::number::{Number, looks_numeric};
use super::table::{Affinity, Column};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use std::borrow::Cow;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum<'a> {
    /// NULL.
    Null,
    /// 64 bits, with their sign.
    Int(i64),
    /// A double; infinity is one, NaN is none.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Text whose bytes are not UTF-8, as some old databases hold it.
    Bytes(Vec<u8>),
    /// A blob.
    Blob(Vec<u8>),
}

impl ToSql for Datum<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.as_ref()))
    }
}

impl Datum<'_> {
    /// As SQLite sees it.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Datum::Null => ValueRef::Null,
            Datum::Int(i) => ValueRef::Integer(*i),
            Datum::Real(r) => ValueRef::Real(*r),
            Datum::Text(text) => ValueRef::Text(text.as_bytes()),
            Datum::Bytes(bytes) => ValueRef::Text(bytes),
            Datum::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    /// Whether a stored value is this one, type and all.
    pub fn is(&self, stored: ValueRef<'_>) -> bool {
        match (self.as_ref(), stored) {
            (ValueRef::Real(a), ValueRef::Real(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        }
    }

    /// From what a query gave.
    pub fn of(value: ValueRef<'_>) -> Datum<'static> {
        match value {
            ValueRef::Null => Datum::Null,
            ValueRef::Integer(i) => Datum::Int(i),
            ValueRef::Real(r) => Datum::Real(r),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Datum::Text(Cow::Owned(text.to_owned())),
                Err(_) => Datum::Bytes(bytes.to_vec()),
            },
            ValueRef::Blob(bytes) => Datum::Blob(bytes.to_vec()),
        }
    }

    /// The same, on its own.
    pub fn owned(&self) -> Datum<'static> {
        match self {
            Datum::Null => Datum::Null,
            Datum::Int(i) => Datum::Int(*i),
            Datum::Real(r) => Datum::Real(*r),
            Datum::Text(text) => Datum::Text(Cow::Owned(text.to_string())),
            Datum::Bytes(bytes) => Datum::Bytes(bytes.clone()),
            Datum::Blob(bytes) => Datum::Blob(bytes.clone()),
        }
    }
}

/// A value, or why the column cannot take it: “must be a whole number”.
pub type Fit<'a> = Result<Datum<'a>, String>;

/// What a column makes of values; `validated` switches off what SQLite itself would let pass unchanged.
#[derive(Debug, Clone, Copy)]
pub struct Fitting<'c> {
    /// The column.
    pub column: &'c Column,
    /// Whether declared types and lengths count where SQLite does not hold them.
    pub validated: bool,
}

impl Fitting<'_> {
    /// A field of CSV, which has no words of its own for truth.
    pub fn field<'a>(&self, field: &'a str) -> Fit<'a> {
        match field {
            _ if !self.column.is_boolean() => self.text(Cow::Borrowed(field)),
            "true" | "TRUE" | "True" => self.truth(true),
            "false" | "FALSE" | "False" => self.truth(false),
            _ => self.text(Cow::Borrowed(field)),
        }
    }

    /// A text: that of a JSON string or a CSV field.
    pub fn text<'a>(&self, text: Cow<'a, str>) -> Fit<'a> {
        let column = self.column;
        match column.affinity {
            Affinity::Blob if column.strict && !column.any => return Err("takes blobs, and this is text".to_owned()),
            Affinity::Text | Affinity::Blob => {}
            _ if looks_numeric(&text) => {
                return match Number::parse(&text) {
                    Some(number) => self.parsed(number, &text).map(|d| d.owned()),
                    None => Err(format!(
                        "takes numbers, and “{text}” would be rewritten; write the number plainly, or make the column TEXT"
                    )),
                };
            }
            Affinity::Integer | Affinity::Real if self.validated || column.strict => {
                return Err(format!("must be {}", self.wanted()));
            }
            // SQLite would keep the word, and take it for false.
            Affinity::Numeric if self.validated && column.is_boolean() => return Err("must be true, false, 1 or 0".to_owned()),
            Affinity::Numeric | Affinity::Integer | Affinity::Real => {}
        }
        match column.length.filter(|_| self.validated) {
            Some(length) if text.len() > length && text.chars().count() > length => Err(format!(
                "must not be longer than {length} characters ({}), and it has {}",
                column.declared,
                text.chars().count()
            )),
            _ => Ok(Datum::Text(text)),
        }
    }

    /// A number as it is written in JSON.
    pub fn number<'a>(&self, written: &'a str) -> Fit<'a> {
        match Number::parse(written) {
            Some(number) => self.parsed(number, written),
            None => Err("is not a number".to_owned()),
        }
    }

    fn parsed<'a>(&self, number: Number, written: &'a str) -> Fit<'a> {
        let column = self.column;
        match (number, column.affinity) {
            (Number::Inexact, _) => Err(format!(
                "would have to round {written}: whole numbers go to 64 bits, others to the digits of a double"
            )),
            (Number::Int(i), Affinity::Real) => {
                let real = i as f64;
                if real as i128 == i128::from(i) {
                    Ok(Datum::Real(real))
                } else {
                    Err(format!("would have to round {i}: it keeps doubles"))
                }
            }
            (Number::Int(_), Affinity::Text) => self.text(Cow::Borrowed(written)),
            (Number::Real(_), Affinity::Text) => Err(format!("takes text: write \"{written}\" in quotes")),
            (_, Affinity::Blob) if column.strict && !column.any => Err("takes blobs, and this is a number".to_owned()),
            (Number::Int(i), _) => Ok(Datum::Int(i)),
            (Number::Real(r), Affinity::Integer) => {
                let whole = whole(r).is_some();
                if whole || self.validated || column.strict {
                    Err(format!("must be {}", self.wanted()))
                } else {
                    Ok(Datum::Real(r))
                }
            }
            // SQLite stores a whole double here as an integer; it is the same number.
            (Number::Real(r), Affinity::Numeric) => Ok(whole(r).map_or(Datum::Real(r), Datum::Int)),
            (Number::Real(r), Affinity::Real | Affinity::Blob) => Ok(Datum::Real(r)),
        }
    }

    /// `true` and `false`.
    pub fn truth(&self, truth: bool) -> Fit<'static> {
        if self.column.affinity == Affinity::Text {
            return Err(format!("takes text: write \"{truth}\" in quotes, or 1 or 0"));
        }
        self.number(if truth { "1" } else { "0" })
    }

    /// A blob.
    pub fn blob(&self, bytes: Vec<u8>) -> Fit<'static> {
        let column = self.column;
        let numbers = matches!(column.affinity, Affinity::Integer | Affinity::Real);
        if (column.strict && !column.any && column.affinity != Affinity::Blob) || (numbers && self.validated) {
            return Err(format!("must be {}, and this is a blob", self.wanted()));
        }
        Ok(Datum::Blob(bytes))
    }

    /// Text that is not UTF-8. It never looks like a number.
    pub fn bytes(&self, bytes: Vec<u8>) -> Fit<'static> {
        let column = self.column;
        let text = column.any || column.affinity == Affinity::Text || !column.strict;
        if !text {
            return Err(format!("must be {}, and this is text", self.wanted()));
        }
        Ok(Datum::Bytes(bytes))
    }

    /// An array or an object, kept as the text of its JSON.
    pub fn nested(&self, json: String) -> Fit<'static> {
        if !self.column.takes_json() {
            return Err("cannot take an array or an object: only a column of text does".to_owned());
        }
        self.text(Cow::Owned(json)).map(|d| d.owned())
    }

    fn wanted(&self) -> &'static str {
        match self.column.affinity {
            Affinity::Integer => "a whole number of at most 64 bits, without point or exponent",
            Affinity::Real | Affinity::Numeric => "a number",
            Affinity::Text => "text",
            Affinity::Blob => "a blob",
        }
    }
}

/// The integer that SQLite makes of a double where a column is for integers: the rule of `sqlite3VdbeIntegerAffinity`.
fn whole(real: f64) -> Option<i64> {
    let integer = real as i64;
    (integer as f64 == real && integer > i64::MIN && integer < i64::MAX).then_some(integer)
}
