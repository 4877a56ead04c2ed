//! What holds for every reshape, tried on random databases: nothing is lost, nothing changes that nobody asked to change, and what cannot be
//! stored is named. A case that fails shows its seed and its SQL.

#[path = "reshape_properties/chance.rs"]
mod chance;
#[path = "reshape_properties/found.rs"]
mod found;
#[path = "reshape_properties/there_and_back.rs"]
mod there_and_back;
#[path = "reshape_properties/unfit.rs"]
mod unfit;
#[path = "reshape_properties/virtuals.rs"]
mod virtuals;
#[path = "reshape_properties/world.rs"]
mod world;

use chance::Chance;
use holdfast::database::{Schema, contents, integrity_errors};
use holdfast::failure::Failure;
use holdfast::report::Nobody;
use holdfast::reshape::{Mapping, Reshape, ReshapeReport, schema_text};
use holdfast::sql::quoted;
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use world::World;

/// Tries a property with many seeds.
fn with_seeds(count: u64, property: impl Fn(&mut Chance, &mut String)) {
    let mut failed = Vec::new();
    for seed in 0..count {
        let mut sql = String::new();
        let tried = catch_unwind(AssertUnwindSafe(|| property(&mut Chance::new(seed), &mut sql)));
        if let Err(why) = tried {
            println!("seed {seed} failed with\n{sql}");
            failed.push((seed, why));
        }
    }
    let seeds: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
    println!("{} of {count} seeds failed: {seeds:?}", failed.len());
    if let Some((_, why)) = failed.into_iter().next() {
        resume_unwind(why);
    }
}

fn memory() -> Connection {
    Connection::open_in_memory().expect("memory")
}

fn reshaped(old: &Connection, schema: &str, mapping: &Mapping) -> Result<(Connection, ReshapeReport), Failure> {
    let new = memory();
    let report = reshaped_into(&new, old, schema, mapping)?;
    Ok((new, report))
}

fn reshaped_into(new: &Connection, old: &Connection, schema: &str, mapping: &Mapping) -> Result<ReshapeReport, Failure> {
    let reshape = Reshape {
        step: "step",
        schema,
        mapping,
        prepare: &|_| Ok(()),
    };
    reshape.run(old, new, &Nobody)
}

/// A reshape without a mapping.
fn as_it_was(old: &Connection) -> Connection {
    let schema = schema_text(old).expect("a schema");
    reshaped(old, &schema, &Mapping::default()).unwrap_or_else(|f| panic!("{f}")).0
}

fn rows(connection: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let width = statement.column_count();
    let rows = statement.query_map([], |r| (0..width).map(|n| r.get_ref(n).map(value)).collect());
    rows.expect(sql).collect::<rusqlite::Result<_>>().expect(sql)
}

/// A text that is no Unicode, which `||` makes of a blob, is told from others by its bytes.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Text(text) if std::str::from_utf8(text).is_err() => Value::Text(format!("not Unicode: {text:?}")),
        other => other.try_into().expect("Unicode"),
    }
}

/// The rows of some columns in an order of their own; NaN is no value of SQLite's, so the texts tell values apart.
fn sorted(connection: &Connection, table: &str, columns: &[String]) -> Vec<String> {
    let list: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    let found = rows(connection, &format!("SELECT {} FROM main.{}", list.join(", "), quoted(table)));
    let mut found: Vec<String> = found.iter().map(|row| format!("{row:?}")).collect();
    found.sort();
    found
}

fn assert_sound(connection: &Connection) {
    assert_eq!(integrity_errors(connection).expect("a check"), Vec::<String>::new());
}

fn assert_same_schema(found: &Connection, wanted: &Connection) {
    let [found, wanted] = [found, wanted].map(|c| Schema::read(c, &[]).unwrap_or_else(|f| panic!("{f}")));
    assert_eq!(found.difference(&wanted), (vec![], vec![]));
}

/// Everything that one database has and the other should have.
fn assert_same(found: &Connection, wanted: &Connection) {
    assert_same_schema(found, wanted);
    assert_eq!(contents(found).expect("contents"), contents(wanted).expect("contents"));
    for pragma in ["page_size", "encoding", "auto_vacuum", "user_version", "application_id"] {
        let sql = format!("PRAGMA {pragma}");
        assert_eq!(rows(found, &sql), rows(wanted, &sql), "{pragma}");
    }
    for kept in ["sqlite_sequence", "sqlite_stat1"] {
        let sql = format!("SELECT name FROM sqlite_schema WHERE name = '{kept}'");
        assert_eq!(rows(found, &sql), rows(wanted, &sql), "{kept}");
    }
    if found.table_exists(Some("main"), "sqlite_sequence").expect("a table") {
        let sql = "SELECT name, CAST(seq AS INTEGER) FROM sqlite_sequence ORDER BY name";
        assert_eq!(rows(found, sql), rows(wanted, sql));
    }
    assert_sound(found);
}

#[test]
fn a_database_reshaped_to_its_own_schema_is_as_it_was() {
    with_seeds(400, |chance, sql| {
        let old = memory();
        let mut world = World::random(chance);
        world.make(chance, &old, sql);
        let virtuals = virtuals::make(chance, &old, sql);
        let schema = schema_text(&old).expect("a schema");
        let (new, report) = reshaped(&old, &schema, &Mapping::default()).unwrap_or_else(|f| panic!("{f}"));
        assert_same(&new, &old);
        virtuals::assert_same(&virtuals, &new, &old);
        for table in holdfast::database::tables(&old).expect("tables") {
            assert!(!report.touched.contains(&table), "“{table}” was touched");
        }
        for account in &report.accounts {
            assert_eq!((account.before, account.left), (account.after, 0), "{}", account.table);
        }
    });
}
