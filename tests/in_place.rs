//! A mapping as SQL statements in place does to rows what the same mapping does as a reshape, and stops where that stops.

#[path = "reshape/fixtures.rs"]
mod fixtures;
mod support;

use fixtures::{database_of, mapping};
use holdfast::database::{Schema, contents, integrity_errors};
use holdfast::in_place::{InPlace, Leaving, write};
use holdfast::report::Nobody;
use holdfast::reshape::{Mapping, Reshape};
use rusqlite::Connection;
use std::path::Path;
use support::*;

fn built(sql: &str) -> Connection {
    let connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch("PRAGMA foreign_keys=OFF").expect("off");
    connection.execute_batch(sql).expect(sql);
    connection
}

fn parsed(text: &str) -> Mapping {
    holdfast::payload::parse_mapping(Path::new("mapping.toml"), text).expect(text)
}

fn by_reshape(old: &Connection, new: &Connection, mapping: &Mapping) -> Result<Connection, String> {
    let result = Connection::open_in_memory().expect("memory");
    let reshape = Reshape {
        step: "test",
        schema: &holdfast::reshape::schema_text(new).expect("a schema"),
        mapping,
        prepare: &|_| Ok(()),
    };
    reshape.run(old, &result, &Nobody).map_err(|f| f.to_string())?;
    Ok(result)
}

fn written(old: &Connection, new: &Connection, mapping: &Mapping) -> InPlace {
    let read = |c: &Connection| holdfast::schema::read(c).expect("a schema");
    write(&read(old), &read(new), mapping).expect("statements")
}

fn in_place(old: &Connection, new: &Connection, mapping: &Mapping) -> Result<Connection, String> {
    let done = written(old, new, mapping);
    assert_eq!(done.unsolved, Vec::<String>::new());
    let mut copy = Connection::open_in_memory().expect("memory");
    rusqlite::backup::Backup::new(old, &mut copy)
        .and_then(|backup| backup.step(-1))
        .expect("a copy");
    copy.execute_batch("PRAGMA foreign_keys=OFF; BEGIN").expect("begun");
    copy.execute_batch(&done.sql).map_err(|e| format!("{e} in:\n{}", done.sql))?;
    copy.execute_batch("COMMIT").expect("committed");
    Ok(copy)
}

#[track_caller]
fn same(old: &str, new: &str, mapping: &str) {
    let (old, new, mapping) = (built(old), built(new), parsed(mapping));
    let expected = by_reshape(&old, &new, &mapping).expect("a reshape");
    let found = in_place(&old, &new, &mapping).expect("statements");
    alike(&found, &expected);
}

#[track_caller]
fn alike(found: &Connection, expected: &Connection) {
    let schema = |c: &Connection| Schema::read(c, &["urn:uuid:[0-9a-f-]+".to_owned()]).expect("a schema");
    assert_eq!(schema(found).difference(&schema(expected)), (vec![], vec![]));
    assert_eq!(integrity_errors(found).expect("a check"), Vec::<String>::new());
    let (found, expected) = (contents(found).expect("rows"), contents(expected).expect("rows"));
    let differ: Vec<&String> = expected.iter().filter(|(t, c)| found.get(*t) != Some(c)).map(|(t, _)| t).collect();
    assert!(differ.is_empty() && found.len() == expected.len(), "{differ:?}");
}

/// Both ways stop.
#[track_caller]
fn stops(old: &str, new: &str, mapping: &str) {
    let (old, new, mapping) = (built(old), built(new), parsed(mapping));
    by_reshape(&old, &new, &mapping).map(drop).expect_err("a reshape that stops");
    in_place(&old, &new, &mapping).map(drop).expect_err("statements that stop");
}

const PEOPLE: &str = "CREATE TABLE person(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, status TEXT, town TEXT, phone TEXT);
    INSERT INTO person VALUES (1, 'Ada', '1', 'Ulm', '1'), (2, 'Bo', '2', 'Ulm', NULL), (9, 'Cy', NULL, 'Bern', '3');
    DELETE FROM person WHERE id = 9; INSERT INTO person VALUES (5, 'Di', '7', NULL, '5');
    CREATE INDEX by_name ON person(name); CREATE VIEW names AS SELECT name FROM person;
    CREATE TRIGGER t AFTER INSERT ON person BEGIN UPDATE person SET phone = 'new' WHERE id = new.id; END;";

#[test]
fn values_are_mapped_and_keys_given_out_stay() {
    let new = "CREATE TABLE people(id INTEGER PRIMARY KEY AUTOINCREMENT, full_name TEXT COLLATE NOCASE, status TEXT NOT NULL, phone TEXT NOT NULL, kind TEXT, loud TEXT);
        CREATE INDEX by_name ON people(full_name DESC); CREATE VIEW names AS SELECT full_name FROM people;
        CREATE TRIGGER t AFTER INSERT ON people BEGIN UPDATE people SET phone = 'newer' WHERE id = new.id; END;";
    let mapping = r#"
        [table.people]
        from = "person"
        columns.full_name = "name"
        columns.status = { map = { "1" = "open", "2" = "it's closed" }, other = "keep", when_null = "" }
        columns.phone = { when_null = "-" }
        columns.kind = { value = "item" }
        columns.loud = { sql = "upper(old.name)" }
        [[drop]]
        table = "person"
        column = "town"
        reason = "nobody asks"
    "#;
    same(PEOPLE, new, mapping);
    let done = written(&built(PEOPLE), &built(new), &parsed(mapping));
    let left = Leaving {
        table: "person".to_owned(),
        moved_to: vec!["people".to_owned()],
        dropped: None,
    };
    assert_eq!(done.rows, [left]);
    stops(PEOPLE, new, &mapping.replace("\"keep\"", "\"stop\""));
}

#[test]
fn splits_merges_and_queries() {
    let old = "CREATE TABLE person(id INTEGER PRIMARY KEY, nick TEXT, missing INTEGER);
        INSERT INTO person VALUES (1, 'a', 0), (2, 'b', 1), (3, NULL, 0);
        CREATE TABLE details(person_id INTEGER PRIMARY KEY, hair TEXT, nick TEXT); INSERT INTO details VALUES (1, 'red', NULL), (2, NULL, 'bee');
        CREATE TABLE customer(no TEXT UNIQUE, city TEXT); INSERT INTO customer VALUES ('c1', 'Ulm'), ('c2', 'Bern');
        CREATE TABLE supplier(no TEXT UNIQUE, city TEXT); INSERT INTO supplier VALUES ('c2', 'Rome'), ('s1', 'Ulm');";
    let new = "CREATE TABLE person(id INTEGER PRIMARY KEY);
        CREATE TABLE details(person_id INTEGER PRIMARY KEY, hair TEXT, nick TEXT, missing INTEGER);
        CREATE TABLE contact(no TEXT UNIQUE, city TEXT); CREATE TABLE city(name TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE setting(name TEXT, value TEXT);";
    let mapping = |on_match: &str| {
        format!(
            r#"
            [[table.details]]
            [[table.details]]
            from = "person"
            only = true
            match = ["person_id"]
            on_match = "{on_match}"
            columns.person_id = "id"
            columns.nick = "nick"
            columns.missing = "missing"
            [[table.contact]]
            from = "customer"
            [[table.contact]]
            from = "supplier"
            match = ["no"]
            on_match = "{on_match}"
            [table.city]
            from = "customer"
            only = true
            match = ["name"]
            on_match = "keep"
            columns.name = "city"
            [table.setting]
            query = "SELECT 'colour' AS name, 'blue' AS value"
        "#
        )
    };
    for on_match in ["update", "fill", "keep"] {
        same(old, new, &mapping(on_match));
    }
    stops(old, new, &mapping("stop"));
}

#[test]
fn a_value_that_would_become_another_one_stops() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT); INSERT INTO t VALUES (1, '12'), (2, '007');";
    let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, code INTEGER)";
    stops(old, new, "");
    same(old, new, "[table.t]\ncolumns.code = { convert = true }");
    same(&old.replace("007", "7"), new, "");
    same(
        "CREATE TABLE t(n INTEGER); INSERT INTO t VALUES (1), (NULL), (-4)",
        "CREATE TABLE t(n REAL)",
        "",
    );
}

#[test]
fn what_stays_is_not_touched_and_a_column_is_only_added() {
    let text = |old: &str, new: &str| written(&built(old), &built(new), &Mapping::default()).sql;
    assert_eq!(text(PEOPLE, PEOPLE), "");
    let old = "CREATE TABLE t(a TEXT); CREATE TABLE u(b); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t";
    let new = "CREATE TABLE t(a TEXT, n INTEGER NOT NULL DEFAULT -1); CREATE TABLE u(b); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t";
    assert_eq!(text(old, new), "ALTER TABLE \"t\" ADD COLUMN \"n\" INTEGER DEFAULT -1 NOT NULL;\n");
    same(old, new, "");
}

#[test]
fn what_sql_cannot_know_is_said() {
    let old = built("CREATE TABLE person(id INTEGER PRIMARY KEY, town TEXT)");
    let new = built("CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT UNIQUE); CREATE TABLE person(id INTEGER PRIMARY KEY, town_id)");
    let done = written(
        &old,
        &new,
        &parsed("[table.person]\ncolumns.town_id = { key_of = \"town\", of = \"id\" }"),
    );
    assert_eq!(done.unsolved.len(), 1);
    assert!(done.unsolved[0].contains("“person.town_id”"), "{:?}", done.unsolved);
}

#[test]
fn eden_in_place_is_eden_reshaped() {
    let bench = Bench::new();
    let open = |name: &str| Connection::open(database_of(&bench, name)).expect(name);
    let (old, new) = (open("eden/eden-old.db"), open("eden/eden-new.db"));
    let text = std::fs::read_to_string(mapping("eden.toml")).expect("a mapping");
    // Values made by chance cannot be compared.
    let mapping = parsed(&text.replace("'urn:uuid:' || lower(hex(randomblob(16)))", "'urn:uuid:' || old.rowid"));
    let expected = by_reshape(&old, &new, &mapping).expect("a reshape");
    alike(&in_place(&old, &new, &mapping).expect("statements"), &expected);
}
