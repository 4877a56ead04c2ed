//! Writes the zip of an export: `load.toml`, then a file of JSON lines for each table, row by row as they are read. The same database always
//! gives the same bytes.

use super::Written;
use crate::database::failed;
use crate::failure::{Failure, Reason, Result};
use crate::load::{FILE, Table, last_number, write_rows};
use crate::payload::load_json;
use crate::toolkit::desk;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The step's name in the zip.
pub const STEP: &str = "10-export.load";

/// What goes into the zip.
pub struct Contents<'a> {
    /// The database's name, for a comment.
    pub origin: String,
    /// The step's path in the zip.
    pub step: String,
    /// Whether triggers fire when it is loaded.
    pub triggers: bool,
    /// The tables in the order in which they are loaded.
    pub tables: &'a [Table],
    /// Holdfast's own.
    pub framework: &'a [Table],
    /// The tables whose hidden rowids are written.
    pub rowids: &'a BTreeSet<String>,
}

/// Writes it to a path at which nothing stands.
pub fn write(connection: &Connection, contents: &Contents<'_>, to: &Path) -> Result<Vec<Written>> {
    let file = File::create_new(to).map_err(|e| desk(to, &e))?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let unwritable = |e: zip::result::ZipError| {
        Failure::new(
            Reason::DiskFailed,
            format!("The zip cannot be written: {e}. Look for free space and write permission."),
        )
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(true)
        .unix_permissions(0o644);
    let plan = plan(connection, contents)?;
    // What could not be read again must not be written.
    load_json(&contents.step, &plan)?;
    zip.start_file(format!("{}/{FILE}", contents.step), options).map_err(unwritable)?;
    zip.write_all(plan.as_bytes())?;
    let mut written = Vec::new();
    for (n, table) in contents.tables.iter().chain(contents.framework).enumerate() {
        let (file, rowids) = (file_name(n, &table.name), contents.rowids.contains(&table.name));
        zip.start_file(format!("{}/{file}", contents.step), options).map_err(unwritable)?;
        written.push(Written {
            rows: write_rows(connection, table, rowids, &mut zip)?,
            table: table.name.clone(),
            loaded: n < contents.tables.len(),
            file,
            rowids,
        });
    }
    let buffer = zip.finish().map_err(unwritable)?;
    let file = buffer.into_inner().map_err(|e| desk(to, e.error()))?;
    file.sync_all().map_err(|e| desk(to, &e))?;
    Ok(written)
}

/// `load.toml`.
fn plan(connection: &Connection, contents: &Contents<'_>) -> Result<String> {
    let origin: String = contents.origin.chars().filter(|c| !c.is_control()).collect();
    let mut text = format!("# From “{origin}”, by `holdfast export`.\n");
    if !contents.triggers {
        text += "# What triggers made of the rows is here as well.\ntriggers = false\n";
    }
    let mut counters = String::new();
    for (n, table) in contents.tables.iter().enumerate() {
        let name = in_quotes(&table.name);
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "\n[[file]]\nfile = \"{}\"\ntable = {name}\nvalidate = false\n",
            file_name(n, &table.name)
        );
        let number = last_number(connection, table).map_err(|e| failed(&e, Path::new(&table.name), "reading the counter of"))?;
        if let Some(number) = number {
            let _ = write!(counters, "\n[[counter]]\ntable = {name}\nvalue = {number}\n");
        }
    }
    for (n, table) in contents.framework.iter().enumerate() {
        let file = file_name(contents.tables.len() + n, &table.name);
        let name = in_quotes(&table.name);
        let _ = write!(
            text,
            "\n# Holdfast's own: to be read, and loaded by nothing.\n[[file]]\nfile = \"{file}\"\ntable = {name}\nenabled = false\n"
        );
    }
    Ok(text + &counters)
}

/// A name that every system stores as it is, and that no other table has.
fn file_name(n: usize, table: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = table.chars().take(60).map(plain).collect();
    format!("{:04}-{name}.jsonl", n + 1)
}

/// A text as TOML writes it: like JSON, which leaves one control character as it is.
fn in_quotes(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
