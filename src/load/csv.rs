//! Rows out of CSV as RFC 4180 has it, strictly: a quote in the wrong place is an error, and so is a file that ends inside quotes,
//! because that is what a file that was cut off looks like. The crate `csv` reads over both, and does not tell `""` from nothing.

use super::rows::{RowText, Sink};
use super::text::Text;
use super::trouble::{ASK, broken};
use crate::failure::Result;
use std::io::BufRead;

/// A field of the record that was read last: a range of its text, and whether it stood in quotes.
#[derive(Debug, Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    quoted: bool,
}

/// One record, whose memory serves for the next.
#[derive(Debug, Default)]
pub struct Record {
    text: String,
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

impl Record {
    /// The number of fields; never 0.
    pub fn width(&self) -> usize {
        self.fields.len()
    }

    /// The fields, each with whether it stood in quotes.
    pub fn fields(&self) -> impl Iterator<Item = (&str, bool)> {
        self.fields.iter().map(|f| (&self.text[f.start..f.end], f.quoted))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// At the first byte of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Inside quotes.
    Quoted,
    /// After a quote inside quotes: the end of the field, or the first of two.
    Quote,
    /// After the CR of a CR LF.
    Return,
}

/// Reads the header and then the rows.
pub fn records(text: &mut Text<'_>, delimiter: u8, header: &mut dyn FnMut(&Record) -> Result<()>, sink: &mut Sink<'_>) -> Result<()> {
    let file = text.file().to_owned();
    let place = text.place();
    let mut record = Record::default();
    if !read(text, delimiter, &mut record)? {
        let said = format!("is empty: the first line of a CSV file names the columns. {ASK}");
        return Err(broken(&file, None, said));
    }
    header(&record)?;
    loop {
        place.begin_row();
        let line = place.line();
        if !read(text, delimiter, &mut record)? {
            return Ok(());
        }
        // An empty line is no row of one empty field: it is what an editor leaves at the end.
        if record.width() > 1 || record.fields().any(|(field, quoted)| quoted || !field.is_empty()) {
            sink(line, RowText::Csv(&record))?;
        }
    }
}

/// Reads one record; false at the end of the file.
fn read(text: &mut Text<'_>, delimiter: u8, record: &mut Record) -> Result<bool> {
    let place = text.place();
    let first = place.line();
    let mut parser = Parser::new(record, delimiter);
    let mut begun = false;
    let mut ended = false;
    while !ended {
        let chunk = text.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        begun = true;
        let (taken, outcome) = parser.take(chunk);
        text.consume(taken);
        match outcome {
            Ok(whole) => ended = whole,
            Err(wrong) => return Err(broken(text.file(), Some(place.line_before()), format!("{wrong}. {ASK}"))),
        }
    }
    if parser.state == State::Quoted {
        let said = format!("begins a value in quotes that never end: the file is cut off, or a quote is missing. {ASK}");
        return Err(broken(text.file(), Some(first), said));
    }
    if begun && !ended {
        parser.end_field();
    }
    // It came out of checked text and was cut at ASCII bytes, so this finds nothing.
    let bytes = std::mem::take(&mut record.bytes);
    record.text = String::from_utf8(bytes).map_err(|_| broken(text.file(), Some(first), format!("is not UTF-8 text. {ASK}")))?;
    Ok(begun)
}

struct Parser<'r> {
    record: &'r mut Record,
    delimiter: u8,
    state: State,
    start: usize,
    quoted: bool,
}

impl Parser<'_> {
    fn new(record: &mut Record, delimiter: u8) -> Parser<'_> {
        record.fields.clear();
        record.bytes = std::mem::take(&mut record.text).into_bytes();
        record.bytes.clear();
        Parser {
            record,
            delimiter,
            state: State::Start,
            start: 0,
            quoted: false,
        }
    }

    /// Takes bytes up to the end of the record: how many it took, and whether the record is whole or what is wrong.
    fn take(&mut self, chunk: &[u8]) -> (usize, std::result::Result<bool, &'static str>) {
        let mut taken = 0;
        while taken < chunk.len() {
            // Most bytes are neither an end nor a quote, and are copied in one piece.
            let run = self.plain_run(&chunk[taken..]);
            self.record.bytes.extend_from_slice(&chunk[taken..taken + run]);
            taken += run;
            let Some(byte) = chunk.get(taken) else { break };
            taken += 1;
            match self.step(*byte) {
                Ok(false) => {}
                other => return (taken, other),
            }
        }
        (taken, Ok(false))
    }

    fn plain_run(&self, bytes: &[u8]) -> usize {
        let run = match self.state {
            State::Plain => bytes.iter().position(|b| matches!(b, b'"' | b'\n' | b'\r') || *b == self.delimiter),
            State::Quoted => bytes.iter().position(|b| *b == b'"'),
            _ => Some(0),
        };
        run.unwrap_or(bytes.len())
    }

    fn step(&mut self, byte: u8) -> std::result::Result<bool, &'static str> {
        const RETURN: &str = "holds a CR that is no line end; a value with one stands in quotes";
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quoted, _) => self.record.bytes.push(byte),
            (State::Start, b'"') => (self.quoted, self.state) = (true, State::Quoted),
            (State::Quote, b'"') => {
                self.record.bytes.push(b'"');
                self.state = State::Quoted;
            }
            (_, b'\n') => {
                self.end_field();
                return Ok(true);
            }
            (State::Return, _) => return Err(RETURN),
            (_, b'\r') => self.state = State::Return,
            (_, byte) if byte == self.delimiter => self.end_field(),
            (State::Plain, b'"') => return Err("holds a quote inside a value: such a value stands in quotes, with the quote twice"),
            (State::Quote, _) => return Err("goes on after the quote that ends a value"),
            (State::Start | State::Plain, _) => {
                self.record.bytes.push(byte);
                self.state = State::Plain;
            }
        }
        Ok(false)
    }

    fn end_field(&mut self) {
        let end = self.record.bytes.len();
        self.record.fields.push(Field {
            start: self.start,
            end,
            quoted: self.quoted,
        });
        (self.start, self.quoted, self.state) = (end, false, State::Start);
    }
}
