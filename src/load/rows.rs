//! A row as its file writes it becomes values in the columns of its table. A row that does not fit is not given up at once: what
//! can be read of it is, so that its key can be named.

use super::csv::Record;
use super::datum::{Datum, Fit, Fitting};
use super::json;
use super::number::Number;
use super::plan::Empty;
use super::reference::Reference;
use super::table::Table;
use super::trouble::{Complaint, Trouble, brief, meant};
use std::borrow::Cow;

/// A row as it is written.
#[derive(Clone, Copy)]
pub enum RowText<'a> {
    /// The text of an object, or of what stands in its place.
    Json(&'a str),
    /// A record under the header.
    Csv(&'a Record),
}

/// Takes the rows of a file, each with the line on which it begins.
pub type Sink<'s> = dyn FnMut(u64, RowText<'_>) -> crate::failure::Result<()> + 's;

/// Values by column; `None` where the row says nothing.
pub type Values<'a> = Vec<Option<Datum<'a>>>;

/// How rows become values.
pub struct Shape<'t, 'c> {
    /// The table they are for.
    pub table: &'t Table,
    /// Whether declared types and lengths count.
    pub validated: bool,
    /// What an empty field of CSV means.
    pub empty: Empty,
    /// What the context says of columns of which the row says nothing.
    pub set: Values<'static>,
    /// Columns of which the file holds another table's natural key.
    pub references: Vec<Option<Reference<'c>>>,
    /// The columns of CSV.
    pub header: Vec<usize>,
}

impl Shape<'_, '_> {
    /// Learns the columns from the header of CSV.
    pub fn learn(&mut self, header: &Record) -> Result<(), String> {
        self.header.clear();
        for (name, _) in header.fields() {
            let place = self.place(name).map_err(|c| format!("the column “{}” {}", brief(name), c.why))?;
            if self.header.contains(&place) {
                return Err(format!("the column “{name}” is named twice"));
            }
            self.header.push(place);
        }
        Ok(())
    }

    /// The values of a row, and what is wrong with it.
    pub fn values<'a>(&mut self, row: RowText<'a>) -> (Values<'a>, Option<Trouble>) {
        let mut values: Values<'a> = Vec::new();
        values.resize_with(self.table.columns.len(), || None);
        let mut trouble = match row {
            RowText::Json(text) => self.object(text, &mut values),
            RowText::Csv(record) => self.record(record, &mut values),
        };
        for (value, set) in values.iter_mut().zip(&self.set) {
            if value.is_none() {
                value.clone_from(set);
            }
        }
        if trouble.is_none() && self.validated {
            trouble = self.nulls(&values).map(Trouble::Row);
        }
        (values, trouble)
    }

    fn object<'a>(&mut self, text: &'a str, values: &mut Values<'a>) -> Option<Trouble> {
        let members = match json::members(text) {
            Ok(members) => members,
            Err(complaint) => return Some(complaint.into()),
        };
        let mut trouble = None;
        let mut named = vec![false; values.len()];
        for (name, raw) in members {
            let placed = self.place(&name).and_then(|place| {
                if std::mem::replace(&mut named[place], true) {
                    return Err(Complaint::of(&name, None, "is named twice"));
                }
                Ok(place)
            });
            let value = match placed {
                Ok(place) => self.value(place, raw).map(|value| values[place] = Some(value)),
                Err(complaint) => Err(complaint.into()),
            };
            if let Err(wrong) = value {
                trouble.get_or_insert(wrong);
            }
        }
        trouble
    }

    fn record<'a>(&mut self, record: &'a Record, values: &mut Values<'a>) -> Option<Trouble> {
        if record.width() != self.header.len() {
            let why = format!("it has {} fields, and the header names {}", record.width(), self.header.len());
            return Some(Complaint::row(why).into());
        }
        let mut trouble = None;
        for (n, (field, quoted)) in record.fields().enumerate() {
            let place = self.header[n];
            let nothing = field.is_empty()
                && match self.empty {
                    Empty::Null => true,
                    Empty::Text => false,
                    Empty::Quoted => !quoted,
                };
            let value = if nothing {
                Ok(Datum::Null)
            } else if self.references[place].is_some() {
                self.referred(place, Datum::Text(Cow::Borrowed(field)))
            } else {
                let fit = self.fitting(place).field(field);
                self.judged(place, field, fit)
            };
            match value {
                Ok(value) => values[place] = Some(value),
                Err(wrong) => {
                    trouble.get_or_insert(wrong);
                }
            }
        }
        trouble
    }

    /// The place of a column that a file may fill.
    fn place(&self, name: &str) -> Result<usize, Complaint> {
        let Some(place) = self.table.column(name) else {
            let near = meant(name, self.table.columns.iter().map(|c| c.name.as_str()));
            return Err(Complaint::of(&brief(name), None, format!("is none of the table's{near}")));
        };
        if self.table.columns[place].generated {
            return Err(Complaint::of(name, None, "is computed by the database and cannot be loaded"));
        }
        Ok(place)
    }

    fn fitting(&self, place: usize) -> Fitting<'_> {
        Fitting {
            column: &self.table.columns[place],
            validated: self.validated,
        }
    }

    fn judged<'a>(&self, place: usize, written: &str, fit: Fit<'a>) -> Result<Datum<'a>, Trouble> {
        fit.map_err(|why| Complaint::of(&self.table.columns[place].name, Some(brief(written)), why).into())
    }

    fn value<'a>(&mut self, place: usize, raw: &'a str) -> Result<Datum<'a>, Trouble> {
        if raw == "null" {
            return Ok(Datum::Null);
        }
        if self.references[place].is_some() {
            let written = natural(raw);
            let written = self.judged(place, raw, written)?;
            return self.referred(place, written);
        }
        let fitting = self.fitting(place);
        let fit = match raw.as_bytes().first() {
            Some(b'"') => json::string(raw).and_then(|text| fitting.text(text)),
            Some(b't' | b'f') => fitting.truth(raw == "true"),
            Some(b'[' | b'{') => structured(&fitting, raw),
            _ => fitting.number(raw),
        };
        self.judged(place, raw, fit)
    }

    fn referred<'a>(&mut self, place: usize, written: Datum<'a>) -> Result<Datum<'a>, Trouble> {
        let name = &self.table.columns[place].name;
        let found = match &mut self.references[place] {
            Some(reference) => reference.find(name, &written)?,
            None => return Ok(written),
        };
        let fit = match &found {
            Datum::Int(i) => self.fitting(place).number(&i.to_string()).map(|d| d.owned()),
            Datum::Text(text) => self.fitting(place).text(Cow::Borrowed(text)).map(|d| d.owned()),
            other => Ok(other.owned()),
        };
        self.judged(place, &super::trouble::shown(&written), fit)
    }

    fn nulls(&self, values: &Values<'_>) -> Option<Complaint> {
        let columns = self.table.columns.iter().zip(values);
        let mut empty = columns.filter(|(c, value)| c.not_null && !c.is_rowid && matches!(value, Some(Datum::Null)));
        empty
            .next()
            .map(|(c, _)| Complaint::of(&c.name, Some("NULL".to_owned()), "must not be empty"))
    }
}

/// What a file says where it names a row of another table: a text or a number.
fn natural(raw: &str) -> Fit<'_> {
    match raw.as_bytes().first() {
        Some(b'"') => json::string(raw).map(Datum::Text),
        Some(b't' | b'f' | b'[' | b'{') => Err("must name a row by a text or a number".to_owned()),
        _ => match Number::parse(raw) {
            Some(Number::Int(i)) => Ok(Datum::Int(i)),
            Some(Number::Real(r)) => Ok(Datum::Real(r)),
            _ => Err("names a row by a number that cannot be kept".to_owned()),
        },
    }
}

/// An object or an array: a blob, text that is not UTF-8, or JSON to be kept as text.
fn structured<'a>(fitting: &Fitting<'_>, raw: &'a str) -> Fit<'a> {
    json::refuse_twice(raw)?;
    let members = if raw.starts_with('{') {
        json::members(raw).unwrap_or_default()
    } else {
        Vec::new()
    };
    match members.as_slice() {
        [(name, hex)] if name == "$blob" => fitting.blob(bytes(hex)?),
        [(name, hex)] if name == "$text" => fitting.bytes(bytes(hex)?),
        _ => fitting.nested(json::compact(raw)),
    }
}

/// The bytes of a JSON string of hexadecimal digits.
fn bytes(raw: &str) -> Result<Vec<u8>, String> {
    let wrong = || "must be written {\"$blob\": \"00ff\"}: two hexadecimal digits a byte".to_owned();
    let text = json::string(raw).map_err(|_| wrong())?;
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    if text.len() % 2 != 0 {
        return Err(wrong());
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}
