//! Rows out of JSON, one at a time: an array of objects, or an object a line. What a value means is judged elsewhere; here it stays
//! the text that it was, so that no digit is lost.

use super::rows::{RowText, Sink};
use super::text::{Place, Text};
use super::trouble::{ASK, Complaint, broken};
use crate::failure::{Failure, Result};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::BufRead;
use std::rc::Rc;

/// Reads an array of objects.
pub fn array(text: &mut Text<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let file = text.file().to_owned();
    let place = text.place();
    match text.peek()? {
        None => return Err(broken(&file, None, format!("is empty: a list of no rows is written []. {ASK}"))),
        Some(b'[') => {}
        Some(b'{') => {
            let said =
                "holds one object, and a list of rows is expected: [ {…}, {…} ]. A file with an object on each line is named .jsonl.";
            return Err(broken(&file, Some(place.line()), format!("{said} {ASK}")));
        }
        Some(_) => {
            let said = format!("does not begin with “[”: a list of rows is expected. {ASK}");
            return Err(broken(&file, Some(place.line()), said));
        }
    }
    let before = place.line() - 1;
    let mut rows = ArrayRows {
        place,
        sink,
        stopped: None,
        read: 0,
    };
    let mut parser = serde_json::Deserializer::from_reader(&mut *text);
    let ended = parser.deserialize_seq(&mut rows).and_then(|()| parser.end());
    let Err(error) = ended else { return Ok(()) };
    if let Some(failure) = rows.stopped {
        return Err(failure);
    }
    Err(syntax(&file, before, rows.read, error))
}

/// What the parser says, in a sentence.
fn syntax(file: &str, before: u64, read: u64, error: serde_json::Error) -> Failure {
    let line = before + error.line() as u64;
    match error.classify() {
        Category::Io => std::io::Error::from(error).into(),
        Category::Eof => broken(
            file,
            Some(line),
            format!("is where the file ends, after {read} whole rows and before its list does: it is cut off. {ASK}"),
        ),
        _ => {
            let column = error.column();
            broken(
                file,
                Some(line),
                format!("is not JSON at column {column}: {}. {ASK}", words(&error)),
            )
        }
    }
}

/// The parser's words without its own place.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(words, _)| words.to_owned())
}

struct ArrayRows<'a, 's> {
    place: Rc<Place>,
    sink: &'a mut Sink<'s>,
    stopped: Option<Failure>,
    read: u64,
}

impl<'de> Visitor<'de> for &mut ArrayRows<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> std::result::Result<(), A::Error> {
        self.place.begin_row();
        while let Some(row) = rows.next_element::<Box<RawValue>>()? {
            let text = row.get();
            // A number ends where the byte after it was looked at.
            let end = if text.ends_with(['}', ']', '"']) {
                self.place.line()
            } else {
                self.place.line_before()
            };
            let line = end - text.bytes().filter(|b| *b == b'\n').count() as u64;
            self.read += 1;
            if let Err(failure) = (self.sink)(line, RowText::Json(text)) {
                self.stopped = Some(failure);
                return Err(A::Error::custom("stopped"));
            }
            self.place.begin_row();
        }
        Ok(())
    }
}

/// Reads an object a line; lines of white space alone do not count.
pub fn lines(text: &mut Text<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let file = text.file().to_owned();
    let place = text.place();
    let mut bytes = Vec::new();
    if text.fill_buf()?.is_empty() {
        return Err(broken(&file, None, format!("is empty: a file of no rows is an empty line. {ASK}")));
    }
    loop {
        bytes.clear();
        place.begin_row();
        let line = place.line();
        if text.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        let row = String::from_utf8_lossy(&bytes);
        let row = row.trim_matches(|c: char| c.is_ascii_whitespace());
        if !row.is_empty() {
            sink(line, RowText::Json(row))?;
        }
    }
}

/// The columns of a row with the text of their values, in their order.
pub fn members(row: &str) -> std::result::Result<Vec<(Cow<'_, str>, &str)>, Complaint> {
    if !row.starts_with('{') {
        return Err(Complaint::row(format!(
            "it is not an object: “{}” stands where {{\"column\": value, …}} is expected",
            super::trouble::brief(row)
        )));
    }
    let mut parser = serde_json::Deserializer::from_str(row);
    let members = Members.deserialize(&mut parser).and_then(|m| parser.end().map(|()| m));
    members.map_err(|e| match e.classify() {
        Category::Eof => Complaint::row("it is cut off: the line ends before the row does"),
        _ => Complaint::row(format!("it is not JSON: {}", words(&e))),
    })
}

/// A name or a text, which need not be copied where it holds no escapes.
#[derive(Deserialize)]
struct Spelled<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a JSON string.
pub fn string(raw: &str) -> std::result::Result<Cow<'_, str>, String> {
    match serde_json::from_str::<Spelled<'_>>(raw) {
        Ok(Spelled(text)) => Ok(text),
        Err(e) => Err(format!("is no text that can be kept: {}", words(&e))),
    }
}

struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Spelled(name), raw)) = map.next_entry::<Spelled<'de>, &'de RawValue>()? {
            members.push((name, raw.get()));
        }
        Ok(members)
    }
}

/// Refuses an object, at any depth, in which a name stands twice: readers disagree about which of the two counts.
pub fn refuse_twice(raw: &str) -> std::result::Result<(), String> {
    let mut parser = serde_json::Deserializer::from_str(raw);
    Once.deserialize(&mut parser).map_err(|e| words(&e))
}

#[derive(Clone, Copy)]
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! plain {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E: Error>(self, _: $type) -> std::result::Result<(), E> { Ok(()) })*
    };
}

impl<'de> Visitor<'de> for Once {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    plain!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: Error>(self) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        while items.next_element_seed(Once)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(Spelled(name)) = map.next_key::<Spelled<'de>>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!("holds “{name}” twice in one object")));
            }
            names.insert(name);
            map.next_value_seed(Once)?;
        }
        Ok(())
    }
}

/// The JSON without the white space between its parts; the parts stay as they are written.
pub fn compact(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let (mut inside, mut escaped) = (false, false);
    for c in raw.chars() {
        if inside || !c.is_ascii_whitespace() {
            out.push(c);
        }
        inside = inside != (c == '"' && !escaped);
        escaped = inside && c == '\\' && !escaped;
    }
    out
}
