//! One row that cannot be stored: it is named, and the old file stays as it was.

use super::*;
use holdfast::failure::Reason;
use rusqlite::types::ValueRef;
use world::{Key, LOOSE};

/// What the new schema asks that one row does not give.
const ASKED: [(&str, &str); 9] = [
    ("TEXT NOT NULL", "NULL"),
    ("TEXT UNIQUE", "'twice'"),
    ("TEXT UNIQUE ON CONFLICT REPLACE", "'twice'"),
    ("TEXT -- index", "'twice'"),
    ("TEXT -- part", "'twice'"),
    ("INTEGER", "''"),
    ("INTEGER", "'007'"),
    ("REAL", "'9007199254740993'"),
    ("TEXT CHECK (length(\"loose one\") < 9)", "'far too long'"),
];

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => format!("{n:?}"),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("x'{}'", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()),
    }
}

/// The only row whose loose column holds something, as messages name it.
fn named(old: &Connection, table: &world::Table, condition: &str) -> String {
    let columns = match table.key {
        Key::None => vec![table.rowid().expect("a rowid")],
        _ => table.key_columns(),
    };
    let list: Vec<String> = match table.key {
        Key::None => vec![columns[0].to_owned()],
        _ => columns.iter().map(|c| quoted(c)).collect(),
    };
    let sql = format!("SELECT {} FROM {} WHERE {condition}", list.join(", "), quoted(&table.name));
    let cells = old.query_row(&sql, [], |r| {
        let one = |(n, name): (usize, &&str)| Ok(format!("{name} = {}", shown(r.get_ref(n)?)));
        columns.iter().enumerate().map(one).collect::<rusqlite::Result<Vec<_>>>()
    });
    cells.expect(&sql).join(", ")
}

/// Writes the value into the loose column of one row, or of all where it must not be there twice; the others get one that fits.
fn spoil(chance: &mut Chance, table: &world::Table, (asked, value): (&str, &str), count: usize) -> String {
    let name = quoted(&table.name);
    let good = if asked.contains("NOT NULL") { "'good'" } else { "NULL" };
    match value {
        "'twice'" => format!("UPDATE {name} SET \"{LOOSE}\" = {value}"),
        _ => {
            let id = table.rowid().map_or_else(
                || table.key_columns().iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", "),
                str::to_owned,
            );
            let skip = chance.below(count);
            format!(
                "UPDATE {name} SET \"{LOOSE}\" = {good}; UPDATE {name} SET \"{LOOSE}\" = {value} WHERE ({id}) = (SELECT {id} FROM {name} LIMIT 1 OFFSET {skip})"
            )
        }
    }
}

#[test]
fn a_row_that_does_not_fit_is_named_and_the_old_file_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seeds, tried) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    with_seeds(300, |chance, sql| {
        seeds.set(seeds.get() + 1);
        let file = folder.path().join(format!("{}.db", seeds.get()));
        let old = Connection::open(&file).expect("a file");
        old.execute_batch("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY")
            .expect("a journal");
        let mut world = World::random(chance);
        world.make(chance, &old, sql);
        let n = chance.below(world.tables.len());
        let (asked, value) = ASKED[chance.below(ASKED.len())];
        let (table, needed) = (world.tables[n].clone(), if value == "'twice'" { 2 } else { 1 });
        let count = holdfast::database::row_counts(&old).expect("rows")[&table.name];
        if count < needed || (table.key == Key::None && table.rowid().is_none()) {
            return;
        }
        tried.set(tried.get() + 1);
        let spoil = spoil(chance, &table, (asked, value), count as usize);
        *sql += &format!("{spoil};\n");
        old.execute_batch(&spoil).expect(&spoil);
        let loose = world.tables[n].columns.last_mut().expect("a column");
        let (kind, rest) = asked.split_once(' ').unwrap_or((asked, ""));
        (loose.declared, loose.rest) = (kind, if rest.starts_with("--") { String::new() } else { rest.to_owned() });
        if let Some(kind) = rest.strip_prefix("-- ") {
            let loose = quoted(LOOSE);
            let rest = if kind == "part" {
                format!(" WHERE {loose} <> ''")
            } else {
                String::new()
            };
            world
                .objects
                .push(format!("CREATE UNIQUE INDEX \"new one\" ON {{T{n}}}({loose}){rest}"));
        }
        *sql += &format!("-- to\n{}", world.schema());
        let before = std::fs::read(&file).expect("a file");
        let new = Connection::open(file.with_extension("new")).expect("a file");
        let failure = reshaped_into(&new, &old, &world.schema(), &Mapping::default())
            .map(|_| ())
            .expect_err("a row that does not fit");
        assert_eq!(failure.reason, Reason::RowRejected, "{failure}");
        assert_eq!(failure.fields["table"], table.name.as_str(), "{failure}");
        let key = failure.fields["key"].as_str().expect("a key");
        let condition = if value == "NULL" {
            format!("\"{LOOSE}\" IS NULL")
        } else {
            format!("\"{LOOSE}\" = {value}")
        };
        match needed {
            1 => assert_eq!(key, named(&old, &table, &condition), "{failure}"),
            _ => assert!(key.contains(" = "), "{failure}"),
        }
        assert!(std::fs::read(&file).expect("a file") == before, "the old file was changed");
        assert!(!file.with_extension("db-journal").exists() && !file.with_extension("db-wal").exists());
    });
    println!("{} rows did not fit", tried.get());
    assert!(tried.get() > 150, "only {} rows were tried", tried.get());
}
