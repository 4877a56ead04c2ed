//! A data file as a stream of text: its byte-order mark goes, its bytes are checked to be UTF-8, and its lines are counted. It holds
//! one buffer of the file at a time, and never more than one row of it is read by those who stand on it.

use super::trouble::{ASK, broken};
use crate::failure::{Failure, Result};
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// A row may be this long: what is longer is no row, but a file of another kind.
pub const MAX_ROW_BYTES: u64 = 256 << 20;

const BUFFER_BYTES: usize = 1 << 16;

/// Where the reading stands; shared, because a parser holds the text itself.
#[derive(Debug)]
pub struct Place {
    /// The line of the next byte, from 1.
    line: Cell<u64>,
    /// Bytes since the row began.
    row_bytes: Cell<u64>,
    /// Whether the byte before the next one ended a line.
    at_start: Cell<bool>,
}

impl Place {
    /// The line of the next byte.
    pub fn line(&self) -> u64 {
        self.line.get()
    }

    /// The line of the byte before the next one.
    pub fn line_before(&self) -> u64 {
        self.line.get() - u64::from(self.at_start.get() && self.line.get() > 1)
    }

    fn pass(&self, byte: u8) {
        let ends = byte == b'\n';
        self.at_start.set(ends);
        self.line.set(self.line.get() + u64::from(ends));
        self.row_bytes.set(self.row_bytes.get() + 1);
    }

    /// A new row begins.
    pub fn begin_row(&self) {
        self.row_bytes.set(0);
    }
}

/// The text of a file.
pub struct Text<'r> {
    source: Box<dyn Read + 'r>,
    buffer: Vec<u8>,
    /// The next byte.
    next: usize,
    /// The end of what is known to be UTF-8.
    checked: usize,
    /// The end of what was read.
    filled: usize,
    place: Rc<Place>,
    /// Bytes before the buffer since the last line end, for the column of a bad byte.
    begun: bool,
    /// “20-countries.load/countries.json”.
    file: String,
}

impl<'r> Text<'r> {
    /// The text of a file that is named so to people.
    pub fn new(source: Box<dyn Read + 'r>, file: &str) -> Text<'r> {
        Text {
            source,
            buffer: vec![0; BUFFER_BYTES],
            next: 0,
            checked: 0,
            filled: 0,
            place: Rc::new(Place {
                line: Cell::new(1),
                row_bytes: Cell::new(0),
                at_start: Cell::new(true),
            }),
            begun: false,
            file: file.to_owned(),
        }
    }

    /// Where the reading stands.
    pub fn place(&self) -> Rc<Place> {
        self.place.clone()
    }

    /// The file's name for people.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Passes over white space and gives the next byte without taking it; `None` at the end.
    pub fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let bytes = self.fill_buf()?;
            let Some(place) = bytes.iter().position(|b| !b.is_ascii_whitespace()) else {
                let all = bytes.len();
                if all == 0 {
                    return Ok(None);
                }
                self.consume(all);
                continue;
            };
            let byte = bytes[place];
            self.consume(place);
            return Ok(Some(byte));
        }
    }

    /// Takes what is read so far as the beginning and reads on until there is something new that is whole, or the end.
    fn refill(&mut self) -> Result<()> {
        self.buffer.copy_within(self.checked..self.filled, 0);
        self.filled -= self.checked;
        (self.next, self.checked) = (0, 0);
        loop {
            let room = &mut self.buffer[self.filled..];
            let read = match self.source.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(|e| self.unread(e))?,
            };
            self.filled += read;
            if !self.begun && (self.filled >= 3 || read == 0) {
                self.begun = true;
                self.mark()?;
            }
            if self.begun {
                self.check(read == 0)?;
            }
            if read == 0 || self.checked > self.next {
                return Ok(());
            }
        }
    }

    /// Drops a byte-order mark; names the encodings that other marks stand for.
    fn mark(&mut self) -> Result<()> {
        match &self.buffer[..self.filled] {
            [0xef, 0xbb, 0xbf, ..] => {
                (self.next, self.checked) = (3, 3);
                Ok(())
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(broken(
                &self.file,
                Some(1),
                format!("is UTF-16 text, and UTF-8 is expected. Save it as UTF-8. {ASK}"),
            )),
            _ => Ok(()),
        }
    }

    fn check(&mut self, last: bool) -> Result<()> {
        let Err(error) = std::str::from_utf8(&self.buffer[self.checked..self.filled]) else {
            self.checked = self.filled;
            return Ok(());
        };
        let bad = self.checked + error.valid_up_to();
        if error.error_len().is_none() && !last {
            self.checked = bad;
            return Ok(());
        }
        // What stands before the bad byte is given out first, so that a row before it is judged before.
        if bad > self.next {
            self.checked = bad;
            return Ok(());
        }
        let byte = self.buffer[bad];
        Err(broken(
            &self.file,
            Some(self.place.line()),
            format!("is not UTF-8 text there (byte 0x{byte:02X}). Save the file as UTF-8. {ASK}"),
        )
        .with("value", format!("0x{byte:02X}")))
    }

    fn unread(&self, error: io::Error) -> Failure {
        match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => broken(&self.file, None, format!("cannot be read: {error}. {ASK}")),
        }
    }
}

impl BufRead for Text<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.next == self.checked {
            if self.place.row_bytes.get() > MAX_ROW_BYTES {
                let megabytes = MAX_ROW_BYTES >> 20;
                let said = format!("holds a row longer than {megabytes} MB. Is it a file of this format? {ASK}");
                return Err(broken(&self.file, Some(self.place.line()), said).into());
            }
            self.refill()?;
        }
        Ok(&self.buffer[self.next..self.checked])
    }

    fn consume(&mut self, amount: usize) {
        let taken = &self.buffer[self.next..self.next + amount];
        let Some(last) = taken.last() else { return };
        let lines = taken.iter().filter(|b| **b == b'\n').count() as u64;
        self.place.line.set(self.place.line.get() + lines);
        self.place.at_start.set(*last == b'\n');
        self.place.row_bytes.set(self.place.row_bytes.get() + amount as u64);
        self.next += amount;
    }
}

impl Read for Text<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // A JSON parser asks byte by byte.
        if let ([only], Some(byte)) = (&mut *out, self.buffer[..self.checked].get(self.next)) {
            *only = *byte;
            self.next += 1;
            self.place.pass(*byte);
            return Ok(1);
        }
        let bytes = self.fill_buf()?;
        let amount = bytes.len().min(out.len());
        out[..amount].copy_from_slice(&bytes[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}
