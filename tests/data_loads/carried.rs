//! What an export needs of a load so that everything comes back: triggers that stay quiet, hidden rowids, counters, virtual tables.

use crate::desk::*;

const NOTES: &str = "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT);
    CREATE TABLE log(what TEXT);
    CREATE VIRTUAL TABLE found USING fts5(text, content='note', content_rowid='id');
    CREATE TRIGGER noted AFTER INSERT ON note BEGIN
        INSERT INTO log VALUES (new.text);
        INSERT INTO found(rowid, text) VALUES (new.id, new.text);
    END;";

#[test]
fn without_triggers_rows_come_as_they_are_and_full_text_is_indexed_all_the_same() {
    for (top, logged) in [("triggers = false\n", "'as it was'"), ("", "'as it was'\n'hello world'")] {
        let connection = database(NOTES);
        let plan = format!("{top}[[file]]\nfile = 'l.json'\ntable = 'log'\n[[file]]\nfile = 'n.json'\ntable = 'note'\n");
        let folder = Folder::default()
            .with("l.json", r#"[{"what": "as it was"}]"#)
            .with("n.json", r#"[{"id": 7, "text": "hello world"}]"#);
        load(&connection, &plan, &folder).expect("loaded");
        assert_eq!(ask(&connection, "SELECT what FROM log"), logged, "{top}");
        assert_eq!(ask(&connection, "SELECT rowid FROM found WHERE found MATCH 'hello'"), "7", "{top}");
        connection
            .execute_batch("INSERT INTO found(found, rank) VALUES ('integrity-check', 1); INSERT INTO note VALUES (8, 'later')")
            .expect("the index agrees with the table");
        assert!(ask(&connection, "SELECT what FROM log").ends_with("'later'"), "triggers fire again");
    }
}

#[test]
fn triggers_fire_again_after_a_load_that_failed() {
    let connection = database(NOTES);
    let plan = "triggers = false\n[[file]]\nfile = 'n.json'\ntable = 'note'";
    load(&connection, plan, &Folder::default().with("n.json", r#"[{"id": "x"}]"#)).expect_err("a key must be a number");
    connection.execute_batch("INSERT INTO note VALUES (1, 'later')").expect("a row");
    assert_eq!(ask(&connection, "SELECT what FROM log"), "'later'");
}

#[test]
fn a_hidden_rowid_can_be_named() {
    let schema = "CREATE TABLE t(code TEXT PRIMARY KEY, v)";
    let (connection, report) = one(
        schema,
        "table = 't'",
        "t.jsonl",
        "{\"rowid\": 40, \"code\": \"a\", \"v\": 1}\n{\"code\": \"b\"}\n",
    );
    report.expect("loaded");
    assert_eq!(ask(&connection, "SELECT rowid, code FROM t"), "40|'a'\n41|'b'");
    let failure = refusal(schema, "table = 't'", "t.csv", "rowid,code\n5,a\n5,b\n");
    assert!(failure.message.contains("column “rowid” is 5, as in another row"), "{failure}");
    let failure = refusal(schema, "table = 't'\nvalidate = false", "t.csv", "rowid,code\n5.5,a\n");
    assert!(failure.message.contains("must be a whole number"), "{failure}");
    // As a key it finds rows, where nothing else does.
    let (connection, report) = one(
        "CREATE TABLE t(v); INSERT INTO t(rowid, v) VALUES (3, 'old')",
        "table = 't'\nmode = 'upsert'\nkey = ['rowid']",
        "t.json",
        r#"[{"rowid": 3, "v": "new"}, {"rowid": 9, "v": "more"}]"#,
    );
    assert_eq!(counts(&report.expect("loaded"), 0), (2, 1, 1, 0));
    assert_eq!(ask(&connection, "SELECT rowid, v FROM t"), "3|'new'\n9|'more'");
    // A column that has taken the name is that column, and where nothing is hidden there is nothing to name.
    let (connection, report) = one(
        "CREATE TABLE t(rowid TEXT, v)",
        "table = 't'",
        "t.json",
        r#"[{"rowid": "x", "_rowid_": 8}]"#,
    );
    report.expect("loaded");
    assert_eq!(ask(&connection, "SELECT _rowid_, rowid FROM t"), "8|'x'");
    for schema in [
        "CREATE TABLE t(id INTEGER PRIMARY KEY)",
        "CREATE TABLE t(id INT PRIMARY KEY) WITHOUT ROWID",
    ] {
        let failure = refusal(schema, "table = 't'", "t.json", r#"[{"id": 1, "rowid": 2}]"#);
        assert!(failure.message.contains("column “rowid” is none of the table's"), "{failure}");
    }
}

#[test]
fn counters_are_raised_and_never_lowered() {
    let schema = "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, v); CREATE TABLE b(id INTEGER PRIMARY KEY AUTOINCREMENT);
                  CREATE TABLE plain(id INTEGER PRIMARY KEY); INSERT INTO b VALUES (90)";
    let plan = |table: &str, value: i64| {
        format!(
            "[[file]]\nfile = 'a.json'\ntable = 'a'\n[[counter]]\ntable = '{table}'\nvalue = {value}\n[[counter]]\ntable = 'b'\nvalue = 5"
        )
    };
    let folder = || Folder::default().with("a.json", r#"[{"id": 3}]"#);
    let connection = database(schema);
    load(&connection, &plan("A", 17), &folder()).expect("loaded");
    assert_eq!(
        ask(&connection, "SELECT name, seq FROM sqlite_sequence ORDER BY name"),
        "'a'|17\n'b'|90"
    );
    let connection = database(schema);
    load(&connection, &plan("a", 2), &folder()).expect("loaded");
    assert_eq!(ask(&connection, "SELECT seq FROM sqlite_sequence WHERE name = 'a'"), "3");
    let failure = load(&database(schema), &plan("plain", 1), &folder()).expect_err("nothing counts there");
    assert!(failure.message.contains("“plain”, which has no AUTOINCREMENT"), "{failure}");
    let failure = load(&database(schema), &plan("aa", 1), &folder()).expect_err("no such table");
    assert!(failure.message.contains("did you mean “a”?"), "{failure}");
}

#[test]
fn full_text_and_r_tree_tables_with_rows_of_their_own_are_loaded_through_their_modules() {
    let schema = "CREATE VIRTUAL TABLE page USING fts5(title, body UNINDEXED); CREATE VIRTUAL TABLE old USING fts4(a, b);
                  CREATE VIRTUAL TABLE area USING rtree(id, x0, x1, +name TEXT);";
    let plan = "[[file]]\nfile = 'p.jsonl'\ntable = 'page'\nvalidate = false\n[[file]]\nfile = 'o.jsonl'\ntable = 'old'\n
                [[file]]\nfile = 'a.jsonl'\ntable = 'area'\nmode = 'upsert'";
    let folder = Folder::default()
        .with("p.jsonl", "{\"rowid\": 12, \"title\": \"a boat\", \"body\": 5}\n")
        .with("o.jsonl", "{\"rowid\": 3, \"a\": \"red\", \"b\": null}\n")
        .with(
            "a.jsonl",
            "{\"id\": 4, \"x0\": 0.5, \"x1\": 1.5, \"name\": \"n\"}\n{\"id\": 4, \"x0\": 0.5, \"x1\": 2.5}\n",
        );
    let connection = database(schema);
    let report = load(&connection, plan, &folder).expect("loaded");
    let again = "[[file]]\nfile = 'p.jsonl'\ntable = 'page'\nmode = 'upsert'";
    let more = Folder::default().with(
        "p.jsonl",
        "{\"rowid\": 12, \"title\": \"a boat\", \"body\": 5}\n{\"rowid\": 13, \"title\": \"x\"}\n",
    );
    let second = load(&connection, again, &more).expect("loaded");
    assert_eq!(counts(&second, 0), (2, 1, 0, 1));
    assert_eq!((counts(&report, 0), counts(&report, 2)), ((1, 1, 0, 0), (2, 1, 1, 0)));
    assert_eq!(
        ask(&connection, "SELECT rowid, title, body FROM page WHERE page MATCH 'boat'"),
        "12|'a boat'|5"
    );
    assert_eq!(
        ask(&connection, "SELECT rowid, a, b FROM old WHERE old MATCH 'red'"),
        "3|'red'|NULL"
    );
    assert_eq!(ask(&connection, "SELECT id, x1, name FROM area WHERE x0 < 1"), "4|2.5|'n'");
}

#[test]
fn virtual_tables_that_cannot_be_filled_are_named() {
    for (schema, said) in [
        (
            "CREATE TABLE s(v); CREATE VIRTUAL TABLE t USING fts5(v, content='s')",
            "is a full-text index over another table",
        ),
        ("CREATE VIRTUAL TABLE t USING fts5(v, content='')", "is a virtual table"),
        ("CREATE VIRTUAL TABLE x USING fts5(v); CREATE VIEW t AS SELECT 1", "is a view"),
    ] {
        let failure = refusal(schema, "table = 't'", "t.json", "[]");
        assert!(failure.message.contains(said), "{schema}: {failure}");
    }
    let failure = refusal("CREATE VIRTUAL TABLE x USING fts5(v)", "table = 'x_content'", "t.json", "[]");
    assert!(failure.message.contains("is a shadow table"), "{failure}");
}
