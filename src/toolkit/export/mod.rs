//! `holdfast export`: tables of a database as a zip in the payload's own layout, which a payload, `holdfast pack` and `holdfast import`
//! take back with every value, type and blob as it was. The database is read in one transaction and never written; the zip is there whole
//! or not at all; and whatever is not in it is said, with the reason.

mod choice;
mod order;
mod rowids;
mod triggers;
mod write;

use super::by_hand::new_file;
use super::reshape::read_only;
use crate::database::failed;
use crate::fail;
use crate::failure::Result;
use crate::schema::Tidy;
use crate::version::Version;
use choice::{Choice, LeftOut};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The database; it is only read.
    database: PathBuf,
    /// The zip to write; it must not exist.
    #[arg(long)]
    out: PathBuf,
    /// A table to export; all of them if none is named.
    #[arg(long = "table", value_name = "TABLE")]
    tables: Vec<String>,
    /// Tables that stay out: a name, or a pattern with * and ?.
    #[arg(long = "exclude", value_name = "PATTERN")]
    excludes: Vec<String>,
    /// Leave out Holdfast's own tables, too. (They are written to be read; nothing loads them.)
    #[arg(long)]
    without_framework: bool,
    /// Write the rowids of all tables that hide them, and not only where the schema speaks of them.
    #[arg(long)]
    rowids: bool,
    /// The version of the migration in the zip.
    #[arg(long, default_value = "1.0")]
    version: String,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast export app.db --out rows.zip
  holdfast export app.db --out prices.zip --table price --table currency
  holdfast export app.db --out rows.zip --exclude 'log_*' --json";

/// What is in the zip, and what is not.
#[derive(Serialize)]
struct Report {
    out: PathBuf,
    step: String,
    triggers: bool,
    tables: Vec<Written>,
    left_out: Vec<LeftOut>,
}

/// One table in the zip.
#[derive(Serialize)]
struct Written {
    table: String,
    file: String,
    rows: u64,
    /// Whether the rows carry the numbers that no column declares.
    rowids: bool,
    /// Whether a load takes it. Holdfast's own tables are there to be read.
    loaded: bool,
}

/// Does it. Nothing is written unless all of it succeeds.
pub fn export(arguments: &Arguments) -> Result<()> {
    let version: Version = match arguments.version.parse() {
        Ok(version) => version,
        Err(e) => fail!(RequestInvalid, "“{}” is not a version: {e}.", arguments.version),
    };
    let path = &arguments.database;
    let tidy = Tidy::beside(path);
    let mut connection = read_only(path)?;
    let told = |e: rusqlite::Error| failed(&e, path, "reading");
    let choice = Choice::of(&connection, arguments).map_err(told)??;
    let tables = order::parents_first(&connection, choice.tables).map_err(told)?;
    let rowids = rowids::needed(&connection, &tables, arguments.rowids).map_err(told)?;
    let triggers = triggers::fire(&mut connection, &tables, choice.whole).map_err(told)??;
    let contents = write::Contents {
        triggers,
        step: format!("migrations/{version}/{}", write::STEP),
        origin: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        tables: &tables,
        framework: &choice.framework,
        rowids: &rowids,
    };
    let written = new_file(&arguments.out, |to| write::write(&connection, &contents, to))?;
    let report = Report {
        out: arguments.out.clone(),
        step: contents.step,
        triggers: contents.triggers,
        tables: written,
        left_out: choice.left_out,
    };
    drop(connection);
    drop(tidy);
    print(&report, arguments.json)
}

fn print(report: &Report, json: bool) -> Result<()> {
    if json {
        say!("{}", serde_json::to_string_pretty(report).map_err(std::io::Error::from)?);
        return Ok(());
    }
    say!("{:<40} {:>10}  file", "table", "rows");
    for table in &report.tables {
        let more = match (table.loaded, table.rowids) {
            (false, _) => " (to be read; nothing loads it)",
            (true, true) => " (with rowids)",
            (true, false) => "",
        };
        say!("{:<40} {:>10}  {}{more}", table.table, table.rows, table.file);
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for left in &report.left_out {
        reasons.entry(&left.why).or_default().push(&left.table);
    }
    for (why, tables) in reasons {
        say!("left out: {} ({why})", tables.join(", "));
    }
    if report.triggers {
        say!("Triggers of the application will fire when this is loaded: they write to tables that are not in it.");
    }
    Ok(())
}
