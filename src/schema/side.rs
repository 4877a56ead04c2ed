//! One side of a comparison: whatever a word on the command line means, read in one way.

use super::live::{self, Tidy};
use super::model::Definition;
use super::read::{has_rows, read};
use super::script::Script;
use crate::database::Schema;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::payload;
use crate::version::Version;
use rusqlite::Connection;
use std::path::Path;

/// A schema, and the data if there is any.
pub struct Side {
    /// As it was named on the command line.
    pub name: String,
    /// The schema.
    pub definition: Definition,
    /// The same in the lines by which a site is judged, without masks: what differs by site differs here.
    pub schema: Schema,
    /// Text that makes the schema, comments kept.
    pub sql: String,
    /// The payload's masks for literals that differ by site; none of a database or a text.
    pub masks: Vec<String>,
    /// Open for reading, in one transaction; `None` if there is no row.
    pub data: Option<Connection>,
    /// Bytes of the database; `None` if it is made in memory.
    pub bytes: Option<u64>,
    /// After `data`, because it looks at what a closed connection has left.
    _tidy: Option<Tidy>,
}

/// Opens a database, SQL text, a payload folder (its newest version), or `PAYLOAD@VERSION`. `database` is which of a payload's databases is
/// meant; the first one if not given.
pub fn open(word: &str, database: Option<&str>) -> Result<Side> {
    let path = Path::new(word);
    if path.is_dir() {
        return of_payload(word, path, None, database);
    }
    if path.exists() {
        return of_file(word, path);
    }
    if let Some((folder, version)) = word.rsplit_once('@').filter(|(folder, _)| Path::new(folder).is_dir()) {
        let version: Version = match version.parse() {
            Ok(version) => version,
            Err(e) => fail!(RequestInvalid, "“{version}” in “{word}” is not a version: {e}."),
        };
        return of_payload(word, Path::new(folder), Some(&version), database);
    }
    fail!(
        RequestInvalid,
        "There is no “{word}”. It may be a database, SQL text, a payload folder, or a version of one: FOLDER@VERSION."
    )
}

fn of_file(word: &str, path: &Path) -> Result<Side> {
    let unread = |e: std::io::Error| Failure::new(Reason::DiskFailed, format!("“{word}” cannot be read: {e}.")).at(path);
    if is_database(path).map_err(unread)? {
        let (connection, tidy) = live::open(path)?;
        let told = |e: rusqlite::Error| live::explained(&e, path);
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes = connection.query_row(size, [], |r| r.get(0)).map_err(told)?;
        let definition = read(&connection).map_err(|f| of(f, path))?;
        return Side::new(word, definition, connection, Vec::new(), Some(bytes), Some(tidy)).map_err(|f| of(f, path));
    }
    let text = text_of(path, std::fs::read(path).map_err(unread)?)?;
    let script = Script::new(&text);
    let connection = script.run(path)?;
    let mut definition = read(&connection)?;
    script.annotate(&mut definition);
    let mut side = Side::new(word, definition, connection, Vec::new(), None, None)?;
    if script.is_plain() {
        side.sql.clone_from(&text);
    }
    Ok(side)
}

fn is_database(path: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(16).read_to_end(&mut head)?;
    Ok(head == b"SQLite format 3\0")
}

/// SQL text without its byte-order mark. What is neither text nor a database is said to be so, as precisely as its bytes tell.
fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String> {
    let shown = path.display();
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if wide {
        return Err(Failure::new(Reason::PayloadInvalid, format!("“{shown}” is UTF-16 text. Save it as UTF-8.")).at(path));
    }
    if bytes.iter().take(4096).any(|b| *b == 0) {
        let message = format!(
            "“{shown}” is neither an SQLite database nor SQL text. It may be an encrypted database, which has to be exported to a plain one first, or it is damaged."
        );
        return Err(Failure::new(Reason::DatabaseInvalid, message).at(path));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = good.iter().filter(|b| **b == b'\n').count() + 1;
        let message = format!("“{shown}” is not UTF-8 text: line {line} has bytes of another encoding. Save it as UTF-8.");
        Failure::new(Reason::PayloadInvalid, message).at(path).with("line", line)
    })?;
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        fail!(
            PayloadInvalid,
            "“{shown}”, line {line}: there is a zero byte, which no text has. Save it anew as UTF-8."
        );
    }
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

fn of_payload(word: &str, folder: &Path, version: Option<&Version>, database: Option<&str>) -> Result<Side> {
    if !folder.join(payload::MANIFEST).is_file() {
        fail!(
            RequestInvalid,
            "The folder “{}” is no payload: it has no {}. A payload, a database and SQL text can be compared.",
            folder.display(),
            payload::MANIFEST
        );
    }
    let reached = payload::reach(folder, version, database)?;
    let mut definition = read(&reached.connection)?;
    if let Some(text) = &reached.script {
        Script::new(text).annotate(&mut definition);
    }
    Side::new(word, definition, reached.connection, reached.masks, None, None)
}

/// A failure of the schema, with the database that it is about.
fn of(failure: Failure, path: &Path) -> Failure {
    failure.hint(&format!("It is “{}”.", path.display())).at(path)
}

impl Side {
    fn new(
        name: &str,
        definition: Definition,
        connection: Connection,
        masks: Vec<String>,
        bytes: Option<u64>,
        tidy: Option<Tidy>,
    ) -> Result<Side> {
        let schema = Schema::read(&connection, &[])?;
        if connection.is_autocommit() {
            // Made in memory: from here on it is only read, as any other.
            connection
                .execute_batch("PRAGMA query_only=ON; BEGIN")
                .map_err(|e| super::read::failed(&e))?;
        }
        Ok(Side {
            name: name.to_owned(),
            sql: sql_of(&definition),
            data: has_rows(&connection, &definition).then_some(connection),
            definition,
            schema,
            masks,
            bytes,
            _tidy: tidy,
        })
    }
}

/// The statements of a schema in an order in which they can be run; what stood around a table for tools stands before it.
fn sql_of(definition: &Definition) -> String {
    let mut text = String::new();
    let mut add = |sql: &str| {
        // A comment at the end of a statement must not swallow the semicolon.
        text.push_str(sql);
        text.push_str("\n;\n");
    };
    for table in &definition.tables {
        let outside: String = table.annotations.iter().filter(|a| a.line == 0).map(|a| format!("{a}\n")).collect();
        add(&(outside + &table.sql));
    }
    definition.tables.iter().flat_map(|t| &t.indexes).for_each(|i| add(&i.sql));
    definition.views.iter().for_each(|v| add(&v.sql));
    definition.triggers.iter().for_each(|t| add(&t.sql));
    text
}
