//! `holdfast reshape`: one reshape by hand, from a database to a new file. What a developer tries a mapping with.

use super::by_hand::new_file;
use super::desk;
use crate::database::{integrity_errors, violations};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::payload::parse_mapping;
use crate::report::Nobody;
use crate::reshape::{Drop, Mapping, Reshape, SourceReport, SourceRule, ValueRule};
use crate::steps::TableAccount;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The database; it is only read.
    old: PathBuf,
    /// The target schema: an SQL script, or a database that has it.
    #[arg(long)]
    schema: PathBuf,
    /// A mapping for what does not map by name.
    #[arg(long)]
    map: Option<PathBuf>,
    /// The database to write; it must not exist.
    #[arg(long)]
    out: PathBuf,
    /// A table's new name: OLD=NEW.
    #[arg(long = "rename-table", value_name = "OLD=NEW")]
    rename_tables: Vec<String>,
    /// A column's new name: TABLE.OLD=NEW, with the table's new name.
    #[arg(long = "rename-column", value_name = "TABLE.OLD=NEW")]
    rename_columns: Vec<String>,
    /// A table or column whose content goes for good: TABLE or TABLE.COLUMN.
    #[arg(long = "drop", value_name = "TABLE[.COLUMN]")]
    drops: Vec<String>,
    /// Print the row accounting as JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast reshape app.db --schema new.sql --out new.db --rename-table person=people
  holdfast reshape app.db --schema new.db --map map.toml --out out.db
  holdfast reshape app.db --schema new.sql --out new.db --rename-column people.name=full_name --drop log";

/// Does it. Nothing is written unless all of it succeeds.
pub fn reshape(arguments: &Arguments) -> Result<()> {
    let old = read_only(&arguments.old)?;
    let schema = schema_text(&arguments.schema)?;
    let mapping = mapping(arguments)?;
    let name = arguments.map.as_ref().unwrap_or(&arguments.schema).display().to_string();
    let report = new_file(&arguments.out, |path| {
        let new = Connection::open(path).map_err(|e| sqlite(path, &e))?;
        let reshape = Reshape {
            step: &name,
            schema: &schema,
            mapping: &mapping,
            prepare: &|_| Ok(()),
        };
        let report = reshape.run(&old, &new, &Nobody)?;
        check(&old, &new, path)?;
        new.close().map_err(|(_, e)| sqlite(path, &e))?;
        Ok(report)
    })?;
    print(&report.sources, &report.accounts, arguments.json)
}

fn sqlite(path: &Path, error: &rusqlite::Error) -> Failure {
    crate::database::failed(error, path, "using")
}

/// Opens a database of somebody's for reading.
pub fn read_only(path: &Path) -> Result<Connection> {
    if !path.is_file() {
        fail!(RequestInvalid, "There is no database “{}”.", path.display());
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = connection.map_err(|e| sqlite(path, &e))?;
    // One state of it for all that is read, even if an application is at work.
    connection
        .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
        .map_err(|e| sqlite(path, &e))?;
    Ok(connection)
}

/// A copy of a database in a new file, side files included.
pub fn copied(old: &Connection, path: &Path) -> Result<Connection> {
    let mut new = Connection::open(path).map_err(|e| sqlite(path, &e))?;
    let backup = rusqlite::backup::Backup::new(old, &mut new).map_err(|e| sqlite(path, &e))?;
    backup.step(-1).map_err(|e| sqlite(path, &e))?;
    drop(backup);
    // The copy is thrown away unless all of it succeeds.
    new.execute_batch("PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF")
        .map_err(|e| sqlite(path, &e))?;
    Ok(new)
}

/// The text that makes a schema.
pub fn schema_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| desk(path, &e))?;
    if !bytes.starts_with(b"SQLite format 3\0") {
        return String::from_utf8(bytes).map_err(|_| {
            Failure::new(
                Reason::RequestInvalid,
                format!("“{}” is neither a database nor SQL text.", path.display()),
            )
        });
    }
    let connection = read_only(path)?;
    crate::reshape::schema_text(&connection).map_err(|e| sqlite(path, &e))
}

fn mapping(arguments: &Arguments) -> Result<Mapping> {
    let mut mapping = match &arguments.map {
        Some(path) => parse_mapping(path, &std::fs::read_to_string(path).map_err(|e| desk(path, &e))?)?,
        None => Mapping::default(),
    };
    let wrong =
        |what: &str, word: &str, form: &str| Failure::new(Reason::RequestInvalid, format!("{what} takes {form}, and not “{word}”."));
    for word in &arguments.rename_tables {
        let (old, new) = word.split_once('=').ok_or_else(|| wrong("--rename-table", word, "OLD=NEW"))?;
        first(&mut mapping, new).from = Some(old.to_owned());
    }
    for word in &arguments.rename_columns {
        let parts = word.split_once('=').and_then(|(old, new)| Some((old.rsplit_once('.')?, new)));
        let ((table, old), new) = parts.ok_or_else(|| wrong("--rename-column", word, "TABLE.OLD=NEW"))?;
        let rule = ValueRule {
            from: Some(old.to_owned()),
            ..ValueRule::default()
        };
        first(&mut mapping, table).columns.insert(new.to_owned(), rule);
    }
    for word in &arguments.drops {
        let (table, column) = word.split_once('.').map_or((word.as_str(), None), |(t, c)| (t, Some(c.to_owned())));
        mapping.drops.push(Drop {
            table: table.to_owned(),
            column,
            reason: "--drop".to_owned(),
        });
    }
    Ok(mapping)
}

fn first<'m>(mapping: &'m mut Mapping, table: &str) -> &'m mut SourceRule {
    let sources = mapping.tables.entry(table.to_owned()).or_default();
    if sources.is_empty() {
        sources.push(SourceRule::default());
    }
    &mut sources[0]
}

/// The same checks as at a site: sound, and no reference to nothing that there was not before.
pub fn check(old: &Connection, new: &Connection, path: &Path) -> Result<()> {
    let told = |e: rusqlite::Error| sqlite(path, &e);
    if let Some(error) = integrity_errors(new).map_err(told)?.first() {
        fail!(CheckFailed, "The new database is not sound: {error}.");
    }
    let count = |c| violations(c).map(|found| found.rows.values().sum::<u64>());
    let (before, after) = (count(old).map_err(told)?, count(new).map_err(told)?);
    if after > before {
        fail!(
            CheckFailed,
            "In the new database {after} rows point at rows that are not there, and before it were {before}. `PRAGMA foreign_key_check` on the old one, and the mapping's look-ups, say where they come from."
        );
    }
    Ok(())
}

/// Says what became of the rows.
pub fn print(sources: &[SourceReport], accounts: &[TableAccount], json: bool) -> Result<()> {
    if json {
        let value = serde_json::json!({ "sources": sources, "accounts": accounts });
        say!("{}", serde_json::to_string_pretty(&value).map_err(std::io::Error::from)?);
        return Ok(());
    }
    say!(
        "{:<40} {:<40} {:>10} {:>10} {:>10} {:>10}",
        "table",
        "from",
        "read",
        "written",
        "updated",
        "matched"
    );
    for source in sources.iter().filter(|s| s.read > 0) {
        let from = source.from.as_deref().unwrap_or("(a query)");
        say!(
            "{:<40} {from:<40} {:>10} {:>10} {:>10} {:>10}",
            source.table,
            source.read,
            source.written,
            source.updated,
            source.matched
        );
    }
    for account in accounts.iter().filter(|a| a.left > 0) {
        let why = account.dropped.as_deref().unwrap_or("");
        say!("{} rows of “{}” went: {why}", account.left, account.table);
    }
    Ok(())
}
