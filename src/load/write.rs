//! The way back: the rows of a table as JSON lines that a load takes with every value, type and blob as it was. What a load could not
//! give back is refused here, with its place, and not written. A table of no rows is written as an empty line.
//!
//! It is loaded again with `mode = "insert"` and `validate = false`: the values come from a database that has taken them before.

use super::datum::{Datum, Fitting};
use super::table::{Affinity, Column, Table};
use super::text::MAX_ROW_BYTES;
use super::trouble::brief;
use crate::failure::{Failure, Reason, Result};
use crate::sql::quoted;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::borrow::Cow;
use std::io::Write;

/// Writes the rows of a table, and says how many there are. Computed columns are left out: the database computes them again.
pub fn write_table(connection: &Connection, table: &str, out: &mut dyn Write) -> Result<u64> {
    let found = Table::find(connection, table).map_err(|e| told(&e, table))?;
    let table =
        found.map_err(|why| Failure::new(Reason::RequestInvalid, format!("It cannot be written out: {why}.")).with("table", table))?;
    write_rows(connection, &table, false, out)
}

fn told(error: &rusqlite::Error, table: &str) -> Failure {
    crate::database::failed(error, std::path::Path::new(table), "reading the table")
}

/// The same for a table that was found, with the hidden rowid as a column if that is asked for.
pub fn write_rows(connection: &Connection, table: &Table, rowid: bool, out: &mut dyn Write) -> Result<u64> {
    let told = |e: rusqlite::Error| told(&e, &table.name);
    let written = |c: &&Column| !c.generated && (rowid || !c.hidden);
    let columns: Vec<&Column> = table.columns.iter().filter(written).collect();
    let names: Vec<String> = columns.iter().map(|c| quoted(&c.name)).collect();
    let labels = columns
        .iter()
        .map(|c| serde_json::to_string(&c.name))
        .collect::<serde_json::Result<Vec<_>>>();
    let labels = labels.map_err(std::io::Error::from)?;
    let sql = format!("SELECT {} FROM {} NOT INDEXED", names.join(", "), table.sql());
    let mut statement = connection.prepare(&sql).map_err(told)?;
    let mut rows = statement.query([]).map_err(told)?;
    let mut line = Vec::new();
    let mut count = 0;
    while let Some(row) = rows.next().map_err(told)? {
        count += 1;
        line.clear();
        for (n, (column, label)) in columns.iter().zip(&labels).enumerate() {
            line.push(if n == 0 { b'{' } else { b',' });
            line.extend_from_slice(label.as_bytes());
            line.push(b':');
            let value = row.get_ref(n).map_err(told)?;
            let place = Spot {
                table: &table.name,
                column,
                row: count,
            };
            place.write(connection, value, &mut line)?;
        }
        line.extend_from_slice(b"}\n");
        if line.len() as u64 > MAX_ROW_BYTES {
            let mebibytes = MAX_ROW_BYTES >> 20;
            let message = format!(
                "Row {count} of table “{}” cannot be written out: it takes more than the {mebibytes} MiB that a row of a load may have. \
                 Leave the table out, and carry it over in another way.",
                table.name
            );
            return Err(Failure::new(Reason::RowRejected, message)
                .with("table", table.name.as_str())
                .with("row", count));
        }
        out.write_all(&line)?;
    }
    if count == 0 {
        out.write_all(b"\n")?;
    }
    Ok(count)
}

struct Spot<'a> {
    table: &'a str,
    column: &'a Column,
    row: u64,
}

impl Spot<'_> {
    fn write(&self, connection: &Connection, value: ValueRef<'_>, line: &mut Vec<u8>) -> Result<()> {
        match value {
            ValueRef::Null => line.extend_from_slice(b"null"),
            ValueRef::Integer(i) => {
                self.comes_back(&i.to_string(), value)?;
                line.extend_from_slice(i.to_string().as_bytes());
            }
            ValueRef::Real(r) => {
                let text = spelled(r);
                self.comes_back(&text, value)?;
                line.extend_from_slice(text.as_bytes());
            }
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    if !matches!(self.column.affinity, Affinity::Text | Affinity::Blob) {
                        let fit = self.fitting().text(Cow::Borrowed(text));
                        self.same(fit, value, text)?;
                    }
                    serde_json::to_writer(&mut *line, text).map_err(std::io::Error::from)?;
                }
                Err(_) => {
                    let encoding: String = connection.query_row("PRAGMA encoding", [], |r| r.get(0)).unwrap_or_default();
                    if encoding != "UTF-8" {
                        return Err(self.refused("half a character, which a database in UTF-16 does not take back"));
                    }
                    hexadecimal("$text", bytes, line);
                }
            },
            ValueRef::Blob(bytes) => hexadecimal("$blob", bytes, line),
        }
        Ok(())
    }

    fn fitting(&self) -> Fitting<'_> {
        Fitting {
            column: self.column,
            validated: false,
        }
    }

    /// A number comes back as a number, but for a column whose type was changed behind the database's back.
    fn comes_back(&self, text: &str, value: ValueRef<'_>) -> Result<()> {
        let plain = matches!(
            (self.column.affinity, value),
            (Affinity::Integer | Affinity::Numeric, ValueRef::Integer(_)) | (Affinity::Real, ValueRef::Real(_)) | (Affinity::Blob, _)
        );
        if plain {
            Ok(())
        } else {
            self.same(self.fitting().number(text), value, text)
        }
    }

    fn same(&self, fit: super::datum::Fit<'_>, value: ValueRef<'_>, text: &str) -> Result<()> {
        if fit.as_ref().is_ok_and(|datum: &Datum<'_>| datum.is(value)) {
            return Ok(());
        }
        let declared = &self.column.declared;
        Err(self.refused(&format!(
            "“{}”, which a column of type {declared} would not take back as it is",
            brief(text)
        )))
    }

    fn refused(&self, what: &str) -> Failure {
        let message = format!(
            "Row {} of table “{}” cannot be written out: column “{}” holds {what}. Correct the value in the database first.",
            self.row, self.table, self.column.name
        );
        Failure::new(Reason::RowRejected, message)
            .with("table", self.table)
            .with("row", self.row)
            .with("column", self.column.name.as_str())
    }
}

/// The shortest digits that give the same double again, with a point or an exponent.
fn spelled(real: f64) -> String {
    if real.is_infinite() {
        let sign = if real < 0.0 { "-" } else { "" };
        return format!("{sign}{}", super::number::INFINITY);
    }
    format!("{real:?}")
}

fn hexadecimal(label: &str, bytes: &[u8], line: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    line.extend_from_slice(format!("{{\"{label}\":\"").as_bytes());
    line.extend(
        bytes
            .iter()
            .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]),
    );
    line.extend_from_slice(b"\"}");
}
