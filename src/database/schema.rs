//! A schema as a sorted list of lines that a person can read, so that two schemas are compared, and their difference named, by
//! comparing lines. White space, comments, quotes and the order of columns do not count; nor do literals that the manifest masks.

use crate::bundle::sha256;
use crate::failure::{Failure, Reason, Result};
use crate::sql::{Kind, Token, normalised, tokens};
use crate::steps::is_ours;
use regex_lite::Regex;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// The description of a database's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    lines: BTreeSet<String>,
}

impl Schema {
    /// Reads the schema of an open database. `masks` are regular expressions for literals that differ by site.
    pub fn read(connection: &Connection, masks: &[String]) -> Result<Schema> {
        let masks = masks.iter().map(|m| compile_mask(m)).collect::<Result<Vec<_>>>()?;
        let mut reader = SchemaReader {
            connection,
            masks,
            texts: BTreeMap::new(),
            lines: BTreeSet::new(),
        };
        reader.all().map_err(|e| {
            Failure::new(
                Reason::DatabaseUnsupported,
                format!("The schema of the database cannot be read: {e}. It may need a function or module that only the application has."),
            )
        })?;
        Ok(Schema { lines: reader.lines })
    }

    /// From the text that [`Schema::text`] gave.
    pub fn parse(text: &str) -> Schema {
        Schema {
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    /// One line each, sorted.
    pub fn text(&self) -> String {
        let mut text: String = self.lines.iter().flat_map(|l| [l.as_str(), "\n"]).collect();
        text.shrink_to_fit();
        text
    }

    /// SHA-256 of the text: equal for equal schemas.
    pub fn fingerprint(&self) -> String {
        sha256(self.text().as_bytes())
    }

    /// What this schema has and the other does not, and the other way round.
    pub fn difference(&self, expected: &Schema) -> (Vec<String>, Vec<String>) {
        let only = |a: &Schema, b: &Schema| a.lines.difference(&b.lines).cloned().collect();
        (only(self, expected), only(expected, self))
    }

    /// In words, how this schema differs from the expected one; up to five lines of each kind.
    pub fn name_difference(&self, expected: &Schema) -> String {
        let (more, fewer) = self.difference(expected);
        let name = |lines: &[String]| {
            let shown: Vec<String> = lines.iter().take(5).map(|l| format!("“{l}”")).collect();
            let rest = lines.len().saturating_sub(5);
            shown.join(", ") + &if rest > 0 { format!(" and {rest} more") } else { String::new() }
        };
        match (more.is_empty(), fewer.is_empty()) {
            (false, false) => format!("it has {}, and lacks {}", name(&more), name(&fewer)),
            (false, true) => format!("it has {} in addition", name(&more)),
            _ => format!("it lacks {}", name(&fewer)),
        }
    }
}

/// Compiles a mask.
pub fn compile_mask(mask: &str) -> Result<Regex> {
    Regex::new(mask).map_err(|e| {
        Failure::new(
            Reason::PayloadInvalid,
            format!("The mask “{mask}” is not a regular expression: {e}."),
        )
    })
}

struct ForeignKey {
    id: i64,
    parent: String,
    from: Vec<String>,
    to: Vec<String>,
    actions: String,
}

struct SchemaReader<'c> {
    connection: &'c Connection,
    masks: Vec<Regex>,
    /// The statement that makes an object, by its kind and name.
    texts: BTreeMap<(String, String), String>,
    lines: BTreeSet<String>,
}

impl SchemaReader<'_> {
    fn all(&mut self) -> rusqlite::Result<()> {
        let mut made = self
            .connection
            .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
        let made = made.query_map([], |r| Ok(((r.get(0)?, r.get(1)?), r.get(2)?)))?;
        self.texts = made.collect::<rusqlite::Result<_>>()?;
        let mut list = self.connection.prepare(
            "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )?;
        let tables = list
            .query_map([], |r| {
                Ok((
                    r.get::<_, String>(0)?,
                    r.get::<_, String>(1)?,
                    r.get::<_, bool>(2)?,
                    r.get::<_, bool>(3)?,
                ))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for (name, kind, without_rowid, strict) in tables.into_iter().filter(|(name, ..)| !is_ours(name)) {
            match kind.as_str() {
                "table" => self.table(&name, without_rowid, strict)?,
                "virtual" | "view" => self.by_text(&kind, &name),
                // Shadow tables follow from their virtual table.
                _ => {}
            }
        }
        let triggers: Vec<String> = self
            .texts
            .keys()
            .filter(|(kind, _)| kind == "trigger")
            .map(|(_, name)| name.clone())
            .collect();
        triggers.iter().for_each(|name| self.by_text("trigger", name));
        Ok(())
    }

    fn table(&mut self, table: &str, without_rowid: bool, strict: bool) -> rusqlite::Result<()> {
        let options = [(without_rowid, " without rowid"), (strict, " strict")];
        let options: String = options.iter().filter(|(on, _)| *on).map(|(_, text)| *text).collect();
        self.lines.insert(format!("table {table}{options}"));
        self.columns(table)?;
        self.foreign_keys(table)?;
        self.indexes(table)?;
        let found = expressions(self.sql_of("table", table));
        for expression in found {
            let line = format!("table {table} {}", self.masked(&expression));
            self.lines.insert(line);
        }
        Ok(())
    }

    fn columns(&mut self, table: &str) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main')")?;
        let mut rows = statement.query([table])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let mut line = format!("column {table}.{name} {}", normalised(&row.get::<_, String>(1)?).to_uppercase());
            if row.get::<_, bool>(2)? {
                line += " not null";
            }
            if let Some(default) = row.get::<_, Option<String>>(3)? {
                line += &format!(" default {}", self.masked(&normalised_literal(&default)));
            }
            match row.get::<_, i64>(4)? {
                0 => {}
                place => line += &format!(" key {place}"),
            }
            match row.get::<_, i64>(5)? {
                0 => {}
                hidden => line += &format!(" hidden {hidden}"),
            }
            let (_, collation, _, _, autoincrement) = self.connection.column_metadata(Some("main"), table, name.as_str())?;
            if let Some(collation) = collation.map(|c| c.to_string_lossy().to_uppercase()).filter(|c| c != "BINARY") {
                line += &format!(" collate {collation}");
            }
            if autoincrement {
                line += " autoincrement";
            }
            self.lines.insert(line);
        }
        Ok(())
    }

    fn foreign_keys(&mut self, table: &str) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq",
        )?;
        let mut rows = statement.query([table])?;
        let mut keys: Vec<ForeignKey> = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            if keys.last().is_none_or(|k| k.id != id) {
                let actions = format!("on update {} on delete {}", row.get::<_, String>(4)?, row.get::<_, String>(5)?);
                keys.push(ForeignKey {
                    id,
                    parent: row.get(1)?,
                    from: Vec::new(),
                    to: Vec::new(),
                    actions: actions.to_lowercase(),
                });
            }
            if let Some(key) = keys.last_mut() {
                key.from.push(row.get(2)?);
                key.to.extend(row.get::<_, Option<String>>(3)?);
            }
        }
        for key in keys {
            let (from, to) = (key.from.join(", "), key.to.join(", "));
            self.lines
                .insert(format!("foreign key {table}({from}) to {}({to}) {}", key.parent, key.actions));
        }
        Ok(())
    }

    fn indexes(&mut self, table: &str) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1, 'main')")?;
        let mut rows = statement.query([table])?;
        while let Some(row) = rows.next()? {
            let (name, unique, origin, partial): (String, bool, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let unique = if unique { "unique " } else { "" };
            match self.index_columns(&name)? {
                // Made for a key or UNIQUE: its name is SQLite's own.
                Some(columns) if origin != "c" => self.lines.insert(format!("{unique}set of {table}({columns})")),
                Some(columns) if !partial => self.lines.insert(format!("{unique}index {name} on {table}({columns})")),
                _ => {
                    let tail = normalised(self.sql_of("index", &name))
                        .split_once(" on ")
                        .map_or_else(String::new, |(_, tail)| self.masked(tail));
                    self.lines.insert(format!("{unique}index {name} on {tail}"))
                }
            };
        }
        Ok(())
    }

    /// The columns of an index with collation and direction; `None` if one of them is an expression.
    fn index_columns(&self, index: &str) -> rusqlite::Result<Option<String>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, desc, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno")?;
        let mut rows = statement.query([index])?;
        let mut columns = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(mut column) = row.get::<_, Option<String>>(0)? else {
                return Ok(None);
            };
            let collation: String = row.get(2)?;
            if !collation.eq_ignore_ascii_case("BINARY") {
                column += &format!(" collate {}", collation.to_uppercase());
            }
            if row.get(1)? {
                column += " desc";
            }
            columns.push(column);
        }
        Ok(Some(columns.join(", ")))
    }

    fn by_text(&mut self, kind: &str, name: &str) {
        let sql = self.sql_of(if kind == "virtual" { "table" } else { kind }, name);
        let line = format!("{kind} {name}: {}", self.masked(&normalised(sql)));
        self.lines.insert(line);
    }

    fn sql_of(&self, kind: &str, name: &str) -> &str {
        self.texts.get(&(kind.to_owned(), name.to_owned())).map_or("", String::as_str)
    }

    fn masked(&self, text: &str) -> String {
        self.masks
            .iter()
            .fold(text.to_owned(), |text, mask| mask.replace_all(&text, "…").into_owned())
    }
}

/// A default: its white space and comments do not count, the case of its text does.
fn normalised_literal(text: &str) -> String {
    match tokens(text).as_slice() {
        [one] if one.kind == Kind::Quoted => one.text.to_owned(),
        _ => normalised(text),
    }
}

/// The CHECK and generated-column expressions of a CREATE TABLE statement, and its deferrable keys: what no pragma tells.
fn expressions(sql: &str) -> Vec<String> {
    let tokens: Vec<Token<'_>> = tokens(sql).into_iter().filter(|t| t.kind != Kind::Blank).collect();
    let mut found = Vec::new();
    let mut depth = 0usize;
    for (n, token) in tokens.iter().enumerate() {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 1 && (token.is("CHECK") || token.is("AS")) => {
                let mut level = 0usize;
                let group = tokens[n + 1..].iter().take_while(|t| {
                    level = if t.text == "(" { level + 1 } else { level };
                    level = if t.text == ")" { level.saturating_sub(1) } else { level };
                    level > 0
                });
                let text: Vec<&str> = group.map(|t| t.text).collect();
                found.push(format!("{} {})", token.text.to_lowercase(), normalised(&text.join(" "))));
            }
            _ if depth == 1 && token.is("DEFERRED") => found.push("a deferred key".to_owned()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(sql: &str) -> Schema {
        let connection = Connection::open_in_memory().expect("memory");
        connection.execute_batch(sql).expect(sql);
        Schema::read(&connection, &["urn:uuid:[0-9a-f-]+".to_owned()]).expect("a schema")
    }

    #[test]
    fn form_order_and_masked_literals_do_not_count() {
        let one = schema(
            "CREATE TABLE \"T\"(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'urn:uuid:12-ab' CHECK(b <> ''), c); CREATE VIEW v AS SELECT a FROM T;",
        );
        let two = schema(
            "create table T(\n a integer primary key,\n c, -- last\n b text default 'urn:uuid:99-ff' check ( b<>'' ));\n CREATE VIEW v as select  a from \"T\"",
        );
        assert_eq!(one.difference(&two), (vec![], vec![]));
        assert_eq!(one.fingerprint(), two.fingerprint());
    }

    #[test]
    fn every_kind_of_difference_is_seen() {
        let base = "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, p REFERENCES p)";
        for other in [
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, B TEXT, p REFERENCES p)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE, p REFERENCES p)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL, p REFERENCES p)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT, p REFERENCES p)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, p REFERENCES p ON DELETE CASCADE)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT CHECK(b>''), p REFERENCES p)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE, p REFERENCES p)",
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k TEXT); CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, p REFERENCES p) STRICT",
        ]
        .map(|sql| sql.replace(") STRICT", " INT) STRICT").replace("p REFERENCES p INT)", "p INT REFERENCES p)"))
        {
            assert_ne!(schema(base), schema(&other), "{other}");
        }
        for more in [
            "CREATE INDEX i ON t(b DESC)",
            "CREATE INDEX i ON t(b) WHERE b > ''",
            "CREATE INDEX i ON t(lower(b))",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        ] {
            assert_ne!(schema(base), schema(&format!("{base}; {more}")), "{more}");
        }
    }
}
