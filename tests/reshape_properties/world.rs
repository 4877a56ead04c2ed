//! Random databases: tables with all that SQLite lets one declare, what hangs on them, and rows. Texts name tables and columns by
//! placeholders (`{T0}`, `{T0c1}`), so that the same database can be written with other names.

use super::chance::{Chance, literal};
use holdfast::sql::quoted;
use rusqlite::Connection;

const NAMES: [&str; 22] = [
    "x", "Name", "order", "select", "a b", "q\"uote", "it's", "É", "é", "名前", "rowid", "_rowid_", "oid", "old", "new", "t.c", "[b]",
    "`tick`", "main", "100%", "ROW ID", "-- c",
];

#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub declared: &'static str,
    pub rest: String,
    pub generated: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Key {
    None,
    Rowid,
    Autoincrement,
    Composite,
}

#[derive(Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The order in which the columns stand.
    pub order: Vec<usize>,
    pub strict: bool,
    pub without_rowid: bool,
    pub key: Key,
    pub sets: Vec<String>,
    /// Columns that are written out as they are.
    pub extra: Vec<String>,
}

#[derive(Clone)]
pub struct World {
    pub tables: Vec<Table>,
    /// Indexes, triggers and views.
    pub objects: Vec<String>,
    /// How the file is kept.
    pub form: String,
}

/// The column that nothing mentions stands last.
pub const LOOSE: &str = "loose one";

impl Table {
    fn random(chance: &mut Chance, n: usize) -> Table {
        let strict = chance.percent(30);
        let key = match chance.below(5) {
            0 => Key::None,
            1 | 2 => Key::Rowid,
            3 => Key::Autoincrement,
            _ => Key::Composite,
        };
        let without_rowid = key == Key::Composite && chance.percent(60);
        let names = chance.shuffled(NAMES.len());
        let count = 2 + chance.below(5);
        let mut columns: Vec<Column> = names[..count].iter().map(|at| column(chance, NAMES[*at], strict)).collect();
        if matches!(key, Key::Rowid | Key::Autoincrement) {
            let word = if key == Key::Autoincrement { " AUTOINCREMENT" } else { "" };
            columns[0].declared = "INTEGER";
            columns[0].rest = format!("PRIMARY KEY{word}");
        }
        if chance.percent(40) {
            let kind = if chance.percent(50) { "STORED" } else { "VIRTUAL" };
            columns.push(Column {
                name: "made".to_owned(),
                declared: "TEXT",
                rest: format!("AS (typeof({{T{n}c1}}) || '/' || {{T{n}c0}}) {kind}"),
                generated: true,
            });
        }
        let mut sets = Vec::new();
        if key == Key::Composite {
            sets.push(format!("PRIMARY KEY ({{T{n}c1}}, {{T{n}c0}} DESC)"));
        }
        if chance.percent(25) {
            let word = chance.pick(&["", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE"]);
            sets.push(format!("UNIQUE ({{T{n}c1}}, {{T{n}c0}}){word}"));
        }
        if chance.percent(25) {
            sets.push(format!("CHECK ({{T{n}c1}} IS NOT 4294967296) -- {{T{n}}} never\n"));
        }
        if chance.percent(40) && key != Key::None {
            let to = chance.below(n + 1);
            sets.push(format!(
                "FOREIGN KEY ({{T{n}c1}}, {{T{n}c0}}) REFERENCES {{T{to}}}({{T{to}c1}}, {{T{to}c0}}) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
            ));
        }
        columns.push(Column {
            name: LOOSE.to_owned(),
            declared: if strict || chance.percent(60) { "TEXT" } else { "" },
            rest: String::new(),
            generated: false,
        });
        Table {
            name: format!("{} {n}", NAMES[chance.below(NAMES.len())]),
            order: (0..columns.len()).collect(),
            columns,
            strict,
            without_rowid,
            key,
            sets,
            extra: Vec::new(),
        }
    }

    /// A name for the rowid that no column has.
    pub fn rowid(&self) -> Option<&'static str> {
        let is_free = |name: &&str| !self.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
        ["rowid", "_rowid_", "oid"]
            .into_iter()
            .find(is_free)
            .filter(|_| !self.without_rowid)
    }

    /// The columns of the key, in its order.
    pub fn key_columns(&self) -> Vec<&str> {
        let columns: &[usize] = match self.key {
            Key::None => &[],
            Key::Rowid | Key::Autoincrement => &[0],
            Key::Composite => &[1, 0],
        };
        columns.iter().map(|n| self.columns[*n].name.as_str()).collect()
    }

    fn sql(&self) -> String {
        let written = self
            .order
            .iter()
            .map(|n| &self.columns[*n])
            .map(|c| format!("{} {} {}", quoted(&c.name), c.declared, c.rest));
        let parts: Vec<String> = written.chain(self.extra.clone()).chain(self.sets.clone()).collect();
        let options = [(self.strict, "STRICT"), (self.without_rowid, "WITHOUT ROWID")];
        let options: Vec<&str> = options.iter().filter(|(on, _)| *on).map(|(_, text)| *text).collect();
        format!(
            "CREATE TABLE {}(\n  {}\n) {}",
            quoted(&self.name),
            parts.join(",\n  "),
            options.join(", ")
        )
    }

    fn insert(&self, chance: &mut Chance) -> String {
        let mut names: Vec<String> = Vec::new();
        let mut values: Vec<String> = Vec::new();
        for (n, column) in self.columns.iter().enumerate().filter(|(_, c)| !c.generated) {
            // What is left out gets its default; a key that is left out follows the highest.
            if chance.percent(if n == 0 { 50 } else { 10 }) && self.key != Key::Composite {
                continue;
            }
            names.push(quoted(&column.name));
            values.push(match (n, self.key) {
                (0, Key::Rowid | Key::Autoincrement) => (chance.below(500) as i64 - 100).to_string(),
                _ => literal(chance, column.declared, !self.strict),
            });
        }
        if let (Some(rowid), Key::None | Key::Composite, true) = (self.rowid(), self.key, chance.percent(40)) {
            names.push(rowid.to_owned());
            values.push(
                chance
                    .pick(&["-9223372036854775808", "-3", "17", "1000000", "3000000000"])
                    .to_owned(),
            );
        }
        match names.is_empty() {
            true => format!("INSERT OR IGNORE INTO {} DEFAULT VALUES", quoted(&self.name)),
            false => format!(
                "INSERT OR IGNORE INTO {}({}) VALUES ({})",
                quoted(&self.name),
                names.join(", "),
                values.join(", ")
            ),
        }
    }
}

fn column(chance: &mut Chance, name: &str, strict: bool) -> Column {
    let types: &[&'static str] = match strict {
        true => &["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"],
        false => &["INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", ""],
    };
    let declared = types[chance.below(types.len())];
    let rest: &[&str] = match declared {
        "TEXT" => &[
            "",
            "COLLATE NOCASE",
            "COLLATE RTRIM",
            "DEFAULT CURRENT_TIMESTAMP",
            "DEFAULT ('a' || 'b')",
            "NOT NULL ON CONFLICT REPLACE DEFAULT 'none'",
            "CHECK (length(\"loose one\") IS NOT 77)",
            "CONSTRAINT \"n\" NULL DEFAULT 'it''s'",
        ],
        "BLOB" | "" | "ANY" => &["", "DEFAULT x'00ff'", "DEFAULT NULL"],
        _ => &["", "DEFAULT (1 + 1)", "DEFAULT -1", "NOT NULL DEFAULT 0"],
    };
    Column {
        name: name.to_owned(),
        declared,
        rest: chance.pick(rest).to_owned(),
        generated: false,
    }
}

impl World {
    pub fn random(chance: &mut Chance) -> World {
        let count = 1 + chance.below(3);
        let tables: Vec<Table> = (0..count).map(|n| Table::random(chance, n)).collect();
        let pages = chance.pick(&["512", "1024", "4096", "8192", "65536"]);
        let encoding = chance.pick(&["UTF-8", "UTF-8", "UTF-16le", "UTF-16be"]);
        World {
            form: format!(
                "PRAGMA page_size={pages}; PRAGMA encoding='{encoding}'; PRAGMA auto_vacuum={}; PRAGMA user_version={}; PRAGMA application_id={}; PRAGMA foreign_keys=OFF;",
                chance.below(3),
                chance.next() as i32,
                chance.next() as i32
            ),
            objects: objects(chance, count),
            tables,
        }
    }

    /// With names in the places of the placeholders.
    pub fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (n, table) in self.tables.iter().enumerate() {
            for (c, column) in table.columns.iter().enumerate() {
                text = text.replace(&format!("{{T{n}c{c}}}"), &quoted(&column.name));
            }
            text = text.replace(&format!("{{T{n}}}"), &quoted(&table.name));
        }
        text
    }

    /// All that makes the schema, statement by statement.
    pub fn statements(&self) -> Vec<String> {
        let tables = self.tables.iter().map(|t| self.named(&t.sql()));
        tables.chain(self.objects.iter().map(|o| self.named(o))).collect()
    }

    pub fn schema(&self) -> String {
        self.statements().iter().map(|sql| format!("{sql}\n;\n")).collect()
    }

    /// Makes the database; objects that its rows or columns do not allow are left out for good.
    pub fn make(&mut self, chance: &mut Chance, connection: &Connection, sql: &mut String) {
        let mut run = |text: &str, must: bool| {
            let done = connection.execute_batch(text);
            if done.is_ok() {
                *sql += text;
                *sql += "\n;\n";
            }
            assert!(done.is_ok() || !must, "{text}: {done:?}");
            done.is_ok()
        };
        run(&self.form, true);
        for table in &self.tables {
            run(&self.named(&table.sql()), true);
            for _ in 0..chance.below(14) {
                run(&table.insert(chance), false);
            }
            if chance.percent(40) {
                run(&format!("DELETE FROM {} WHERE \"{LOOSE}\" LIKE 't%'", quoted(&table.name)), true);
            }
            if table.key == Key::Autoincrement && chance.percent(50) {
                let seq = chance.pick(&["seq + 1000", "9223372036854775807", "'70000'"]);
                let name = table.name.replace('\'', "''");
                run(&format!("UPDATE sqlite_sequence SET seq = {seq} WHERE name = '{name}'"), true);
            }
        }
        let objects = std::mem::take(&mut self.objects);
        self.objects = objects.into_iter().filter(|text| run(&self.named(text), false)).collect();
        if chance.percent(30) {
            run("ANALYZE", true);
        }
    }
}

fn objects(chance: &mut Chance, tables: usize) -> Vec<String> {
    let mut objects = Vec::new();
    for n in 0..tables {
        let all = [
            format!("CREATE INDEX \"desc {n}\" ON {{T{n}}}({{T{n}c1}} DESC, {{T{n}c0}} COLLATE NOCASE) -- at the end"),
            format!("CREATE UNIQUE INDEX \"part {n}\" ON {{T{n}}}({{T{n}c0}}) WHERE {{T{n}c1}} IS NOT NULL"),
            format!("CREATE UNIQUE INDEX \"whole {n}\" ON {{T{n}}}({{T{n}c1}}, {{T{n}c0}})"),
            format!("CREATE INDEX \"made {n}\" ON {{T{n}}}(coalesce({{T{n}c1}}, 'none'), abs(length({{T{n}c0}})))"),
            format!("CREATE TRIGGER \"all go {n}\" AFTER INSERT ON {{T{n}}} BEGIN DELETE FROM {{T{n}}}; END"),
            format!("CREATE TRIGGER \"none comes {n}\" BEFORE INSERT ON {{T{n}}} BEGIN SELECT RAISE(IGNORE); END"),
            format!("CREATE VIEW \"on it {n}\" AS SELECT count(*) AS n FROM \"v {n}\" /* before it is there */ -- the end"),
            format!("CREATE VIEW \"v {n}\" AS SELECT {{T{n}c0}} AS a, {{T{n}c1}} FROM {{T{n}}}"),
            format!(
                "CREATE TRIGGER \"instead {n}\" INSTEAD OF DELETE ON \"v {n}\" BEGIN DELETE FROM {{T{n}}} WHERE {{T{n}c0}} = OLD.a; END"
            ),
        ];
        objects.extend(all.into_iter().filter(|_| chance.percent(40)));
    }
    objects
}
