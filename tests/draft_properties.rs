//! What holds for every draft, tried on random pairs of schemas with rows: once its questions are answered, it reaches the new schema, and no
//! row is lost that nobody let go. A case that fails shows its seed, and the mapping.

mod support;

use fastrand::Rng;
use holdfast::database::{Schema, integrity_errors, row_counts};
use holdfast::draft::draft;
use holdfast::infer::Hints;
use holdfast::payload::{parse_draft, parse_mapping};
use holdfast::report::Nobody;
use holdfast::reshape::{Mapping, Reshape};
use holdfast::schema::{self, Side};
use holdfast::steps::LEDGER;
use rusqlite::Connection;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use support::*;

/// So often a draft is answered and made again.
const ROUNDS: usize = 4;
const TYPES: [&str; 4] = ["TEXT", "INTEGER", "REAL", "VARCHAR(40)"];
const WORDS: [&str; 16] = [
    "visit", "patient", "item", "stock", "unit", "note", "status", "amount", "price", "town", "phone", "birth", "kind", "code", "owner",
    "label",
];

#[derive(Clone)]
struct Column {
    name: String,
    declared: &'static str,
    not_null: bool,
    default: bool,
}

#[derive(Clone)]
struct Table {
    name: String,
    columns: Vec<Column>,
    index: bool,
}

impl Column {
    fn random(random: &mut Rng, taken: &[String]) -> Column {
        Column {
            name: fresh(random, taken),
            declared: TYPES[random.usize(..TYPES.len())],
            not_null: random.u8(..4) == 0,
            default: false,
        }
    }

    fn sql(&self) -> String {
        let not_null = if self.not_null { " NOT NULL" } else { "" };
        let default = if self.default { " DEFAULT 0" } else { "" };
        format!("\"{}\" {}{not_null}{default}", self.name, self.declared)
    }
}

impl Table {
    fn random(random: &mut Rng, taken: &[String]) -> Table {
        let mut table = Table {
            name: fresh(random, taken),
            columns: Vec::new(),
            index: random.bool(),
        };
        for _ in 0..random.usize(1..5) {
            let names = table.names();
            table.columns.push(Column::random(random, &names));
        }
        table
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).chain(["id".to_owned()]).collect()
    }

    fn sql(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(Column::sql).collect();
        let table = format!("CREATE TABLE \"{}\"(id INTEGER PRIMARY KEY, {});\n", self.name, columns.join(", "));
        let index = format!("CREATE INDEX \"by {0}\" ON \"{0}\"(\"{1}\");\n", self.name, self.columns[0].name);
        table + if self.index { &index } else { "" }
    }

    fn rows(&self, random: &mut Rng) -> String {
        let mut sql = String::new();
        for _ in 0..random.usize(..12) {
            let values: Vec<String> = self.columns.iter().map(|c| value(random, c)).collect();
            sql += &format!("INSERT INTO \"{}\" VALUES(NULL, {});\n", self.name, values.join(", "));
        }
        sql
    }
}

fn fresh(random: &mut Rng, taken: &[String]) -> String {
    loop {
        let (a, b) = (WORDS[random.usize(..WORDS.len())], WORDS[random.usize(..WORDS.len())]);
        let name = format!("{a}_{b}");
        if !taken.contains(&name) {
            return name;
        }
    }
}

fn value(random: &mut Rng, column: &Column) -> String {
    match random.u8(..5) {
        0 if !column.not_null => "NULL".to_owned(),
        0 | 1 => random.i32(-50..50).to_string(),
        2 => format!("'{:03}'", random.u8(..100)),
        3 => format!("{}.5", random.u8(..100)),
        _ => format!("'{} {}'", WORDS[random.usize(..WORDS.len())], random.u8(..9)),
    }
}

/// What developers do to a schema between two releases.
fn changed(random: &mut Rng, old: &[Table]) -> Vec<Table> {
    let mut new = old.to_vec();
    for _ in 0..random.usize(1..5) {
        let tables: Vec<String> = new.iter().map(|t| t.name.clone()).collect();
        let at = random.usize(..new.len());
        let table = &mut new[at];
        let names = table.names();
        let column = random.usize(..table.columns.len());
        match random.u8(..8) {
            0 => table.name = fresh(random, &tables),
            1 => table.columns[column].name = fresh(random, &names),
            2 if table.columns.len() > 1 => drop(table.columns.remove(column)),
            3 => table.columns.push(Column::random(random, &names)),
            4 => table.columns[column].declared = TYPES[random.usize(..TYPES.len())],
            5 => (table.columns[column].not_null, table.columns[column].default) = (true, random.bool()),
            6 => random.shuffle(&mut table.columns),
            _ if new.len() > 1 && random.bool() => drop(new.remove(at)),
            _ => new.push(Table::random(random, &tables)),
        }
    }
    new
}

/// Answers each question: what has no place goes, what is new is 0, what SQLite makes of a value is right.
fn answered(text: &str, old: &Side) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut section = String::new();
    for (n, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        }
        if !line.starts_with("ask = ") {
            lines.push(line.to_owned());
            continue;
        }
        let has_source = text
            .lines()
            .skip(n)
            .take_while(|l| !l.starts_with('['))
            .any(|l| l.starts_with("from = "))
            || lines
                .iter()
                .rev()
                .take_while(|l| !l.starts_with('['))
                .any(|l| l.starts_with("from = "));
        let name = section
            .trim_end_matches(']')
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .trim_matches('"')
            .to_owned();
        let is_old = has_source || old.definition.tables.iter().any(|t| t.column(&name).is_some()) && text.contains(&format!("“{name}”"));
        match section.as_str() {
            "[[drop]]" => lines.push("reason = \"nobody asks for it\"".to_owned()),
            _ if is_old => lines.extend(["convert = true".to_owned(), "when_null = 0".to_owned()]),
            _ => lines.push("value = 0".to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// The mapping that a draft comes to.
fn mapping(old: &Side, new: &Side) -> Result<(Mapping, String), String> {
    let path = Path::new("mapping.toml");
    let mut text = draft(old, new, Hints::default(), None, path).map_err(|f| f.message)?.text;
    for _ in 0..ROUNDS {
        let (_, asks) = parse_draft(path, &text).map_err(|f| f.message)?;
        if asks.is_empty() {
            let mapping = parse_mapping(path, &text).map_err(|f| f.message)?;
            return Ok((mapping, text));
        }
        text = draft(old, new, Hints::default(), Some(&answered(&text, old)), path)
            .map_err(|f| format!("{}\n{text}", f.message))?
            .text;
    }
    Err(format!("it asks for ever:\n{text}"))
}

/// An old schema with rows, and a new one.
fn pair(seed: u64) -> (String, String) {
    let random = &mut Rng::with_seed(seed);
    let mut tables: Vec<Table> = Vec::new();
    for _ in 0..random.usize(1..4) {
        let taken: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
        tables.push(Table::random(random, &taken));
    }
    let new = changed(random, &tables).iter().map(Table::sql).collect();
    (tables.iter().map(|t| t.sql() + &t.rows(random)).collect(), new)
}

fn one(seed: u64) -> Result<usize, String> {
    let (old_sql, new_sql) = pair(seed);
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (old_path, new_path) = (folder.path().join("old.db"), folder.path().join("new.sql"));
    let database = Connection::open(&old_path).map_err(|e| e.to_string())?;
    database
        .execute_batch(&format!("PRAGMA synchronous=OFF; BEGIN;\n{old_sql}COMMIT"))
        .map_err(|e| e.to_string())?;
    std::fs::write(&new_path, &new_sql).map_err(|e| e.to_string())?;
    let side = |path: &Path| schema::open(&path.to_string_lossy(), None).map_err(|f| f.message);
    let (old, new) = (side(&old_path)?, side(&new_path)?);
    let (mapping, text) = mapping(&old, &new).map_err(|why| format!("{why}\n{old_sql}→\n{new_sql}"))?;
    let told = |why: String| format!("{why}\n{text}\n{old_sql}→\n{new_sql}");
    let reached = Connection::open_in_memory().map_err(|e| e.to_string())?;
    let reshape = Reshape {
        step: "draft",
        schema: &new.sql,
        mapping: &mapping,
        prepare: &|_| Ok(()),
    };
    let report = reshape.run(&database, &reached, &Nobody).map_err(|f| told(f.message))?;
    let found = Schema::read(&reached, &[]).map_err(|f| f.message)?;
    if found != new.schema {
        return Err(told(found.name_difference(&new.schema)));
    }
    if let Some(error) = integrity_errors(&reached).map_err(|e| e.to_string())?.first() {
        return Err(told(error.clone()));
    }
    // Every row stands somewhere, or somebody said why it goes.
    let rows = row_counts(&reached).map_err(|e| e.to_string())?;
    let before = row_counts(&database).map_err(|e| e.to_string())?;
    for account in report.accounts.iter().filter(|a| a.dropped.is_none()) {
        let stand: u64 = account.now.iter().chain(&account.moved_to).filter_map(|t| rows.get(t)).sum();
        if stand < before[&account.table] {
            return Err(told(format!("{stand} rows of “{}” are left", account.table)));
        }
    }
    Ok(report.accounts.len())
}

#[test]
fn an_answered_draft_reaches_the_schema_and_loses_no_row() {
    let seeds = if std::env::var("HOLDFAST_PROOF").is_ok_and(|v| v == "nightly") {
        20_000
    } else {
        300
    };
    let tried: Vec<(u64, Result<usize, String>)> = (0..seeds).map(|seed| (seed, one(seed))).collect();
    let accounts: usize = tried.iter().filter_map(|(_, done)| done.as_ref().ok()).sum();
    let wrong: Vec<String> = tried
        .iter()
        .filter_map(|(seed, done)| done.as_ref().err().map(|why| format!("seed {seed}: {why}")))
        .collect();
    println!("{seeds} pairs of schemas, {accounts} tables accounted for, {} wrong", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} of {seeds}:\n{}",
        wrong.len(),
        wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

const MANIFEST: &str = r#"
format = 1
[product]
id = "drafted"
name = "Drafted"
version = "2.0"
[application]
entry = ["start"]
version = { file = "VERSION" }
[[database]]
name = "main"
path = "data/main.db"
"#;

/// The same by the commands that a release manager types: draft, answers, rehearsal; and what the rehearsal leaves has the schema and the rows.
#[track_caller]
fn typed(seed: u64) {
    let (old_sql, new_sql) = pair(seed);
    let bench = Bench::in_memory();
    let (site, payload, keep, schema) = (bench.path("site"), bench.path("payload"), bench.path("keep"), bench.path("new.sql"));
    for (folder, version) in [(&site, "1.0"), (&payload.join("code"), "2.0")] {
        write(&folder.join("VERSION"), format!("{version}\n"));
        write(&folder.join("start"), "#!/bin/sh\n");
        executable(&folder.join("start"));
    }
    write(&payload.join("holdfast.toml"), MANIFEST);
    write(&schema, &new_sql);
    let data = site.join("data/main.db");
    database(&data, &old_sql);
    let holdfast = |words: &[&OsStr]| run(Command::new(HOLDFAST).args(words).env("TMPDIR", bench.path("")));
    let for_payload: [&OsStr; 2] = ["--payload".as_ref(), payload.as_ref()];
    let app: [&OsStr; 4] = ["release".as_ref(), "1.0".as_ref(), "--app".as_ref(), site.as_ref()];
    holdfast(&[&app[..], &for_payload].concat()).expect(0);
    let draft: [&OsStr; 3] = ["draft".as_ref(), data.as_ref(), schema.as_ref()];
    let draft = [&draft[..], &for_payload].concat();
    holdfast(&draft);
    let file = payload.join("migrations/2.0/10-schema.reshape/mapping.toml");
    let old = schema::open(&data.to_string_lossy(), None).expect("a database");
    let mut text = String::new();
    for _ in 0..ROUNDS {
        text = std::fs::read_to_string(&file).expect("a mapping");
        if parse_draft(&file, &text).expect("a draft").1.is_empty() {
            break;
        }
        write(&file, answered(&text, &old));
        holdfast(&draft);
    }
    let mapping = parse_mapping(&file, &text).unwrap_or_else(|f| panic!("seed {seed}: {}\n{text}", f.message));
    let before = row_counts(old.data.as_ref().expect("rows")).expect("counts");
    drop(old);
    let said: [&OsStr; 7] = [
        "rehearse".as_ref(),
        payload.as_ref(),
        site.as_ref(),
        "--cuts".as_ref(),
        "2".as_ref(),
        "--keep".as_ref(),
        keep.as_ref(),
    ];
    holdfast(&said).expect(0);
    let reached = Connection::open(keep.join("site/new/app/data/main.db")).expect("the migrated database");
    let wanted = schema::open(&schema.to_string_lossy(), None).expect("a schema").schema;
    let found = Schema::read(&reached, &[]).expect("a schema");
    assert!(found == wanted, "seed {seed}: {}\n{text}", found.name_difference(&wanted));
    let goes = |table: &String| mapping.drops.iter().any(|d| d.column.is_none() && d.table == *table);
    let stay: u64 = before.iter().filter(|(table, _)| !goes(table)).map(|(_, rows)| rows).sum();
    let rows = row_counts(&reached).expect("counts");
    // The ledger is the engine's own.
    let stand: u64 = rows.iter().filter(|(table, _)| *table != LEDGER).map(|(_, rows)| rows).sum();
    assert!(stand >= stay, "seed {seed}: {stand} rows of {stay} are left\n{text}");
}

#[test]
fn an_answered_draft_is_rehearsed_and_leaves_the_schema_and_the_rows() {
    let seeds = if std::env::var("HOLDFAST_PROOF").is_ok_and(|v| v == "nightly") {
        200
    } else {
        6
    };
    (0..seeds).for_each(typed);
    println!("{seeds} pairs drafted, answered and rehearsed by the commands");
}
