//! Insert, upsert, update, clear: what becomes of rows, and which are rejected.

use crate::desk::*;
use holdfast::failure::{Failure, Reason};
use holdfast::load::{Options, State, run};
use holdfast::report::{Answer, Event, Question, Reporter};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SCHEMA: &str = "CREATE TABLE country(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL CHECK(name <> '?'), \
                      people INTEGER NOT NULL DEFAULT 0, UNIQUE(name, people));
                      INSERT INTO country VALUES (1, 'FR', 'France', 68), (2, 'ES', 'Spain', 48);
                      CREATE TABLE log(text TEXT); CREATE TRIGGER changes AFTER UPDATE ON country BEGIN INSERT INTO log VALUES (new.code); END;";
const UPSERT: &str = "table = 'country'\nmode = 'upsert'\nkey = ['code']";
const UPDATE: &str = "table = 'country'\nmode = 'update'\nkey = ['code']";

#[test]
fn an_upsert_counts_what_is_new_changed_and_the_same() {
    let text = r#"[{"code":"FR","people":68},{"code":"ES","people":49},{"code":"PT","name":"Portugal"},{"code":"PT","name":"Portugal"}]"#;
    let (connection, report) = one(SCHEMA, UPSERT, "a.json", text);
    let report = report.expect("loaded");
    assert_eq!(counts(&report, 0), (4, 1, 1, 2));
    assert_eq!(report.files[0].written(), 2);
    assert_eq!(
        ask(&connection, "SELECT * FROM country"),
        "1|'FR'|'France'|68\n2|'ES'|'Spain'|49\n3|'PT'|'Portugal'|0"
    );
    assert_eq!(ask(&connection, "SELECT * FROM log"), "'ES'", "what is the same fires no trigger");
}

#[test]
fn a_difference_that_sql_does_not_see_is_one() {
    let (connection, report) = one(SCHEMA, UPSERT, "a.json", r#"[{"code":"fr","name":"France"}]"#);
    assert_eq!(counts(&report.expect("loaded"), 0), (1, 0, 1, 0));
    assert_eq!(ask(&connection, "SELECT code FROM country WHERE id = 1"), "'fr'");
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, x'61'), (3, NULL)";
    let text = "{\"id\":1,\"v\":1.0}\n{\"id\":2,\"v\":\"a\"}\n{\"id\":3,\"v\":null}";
    let (connection, report) = one(schema, "table = 't'\nmode = 'upsert'", "a.jsonl", text);
    assert_eq!(counts(&report.expect("loaded"), 0), (3, 0, 2, 1));
    assert_eq!(ask(&connection, "SELECT v FROM t"), "1.0\n'a'\nNULL");
}

#[test]
fn loading_twice_changes_nothing_the_second_time() {
    let schema = "CREATE TABLE t(a INTEGER, b TEXT, c REAL, d DECIMAL, e VARCHAR(9), PRIMARY KEY(a, b)) WITHOUT ROWID";
    let text = "a,b,c,d,e\n1,x,5,10.00,7\n1,y,0.1,10.5,\n2,x,1e300,abc,007\n";
    let connection = database(schema);
    let folder = Folder::default().with("a.csv", text);
    let plan = "[[file]]\nfile = 'a.csv'\ntable = 't'\nmode = 'upsert'";
    assert_eq!(counts(&load(&connection, plan, &folder).expect("once"), 0), (3, 3, 0, 0));
    assert_eq!(counts(&load(&connection, plan, &folder).expect("twice"), 0), (3, 0, 0, 3));
}

#[test]
fn an_update_writes_the_named_columns_of_rows_that_are_there() {
    let (connection, report) = one(SCHEMA, UPDATE, "a.csv", "code,people\nFR,69\nES,48\n");
    assert_eq!(counts(&report.expect("loaded"), 0), (2, 0, 1, 1));
    assert_eq!(ask(&connection, "SELECT name, people FROM country"), "'France'|69\n'Spain'|48");
    let failure = refusal(SCHEMA, UPDATE, "a.csv", "code,people\nFR,69\nXX,1\n");
    assert!(
        failure
            .message
            .ends_with("row 2 (line 3) of table “country”, key code = XX: there is no such row to update.")
    );
}

#[test]
fn rows_that_the_table_does_not_take_are_named() {
    for (entry, row, expected) in [
        (
            "table = 'country'",
            r#"{"code":"DE"}"#,
            "column “name” must not be empty, and the row does not name it.",
        ),
        (
            "table = 'country'\nvalidate = false",
            r#"{"code":"DE"}"#,
            "column “name” must not be empty.",
        ),
        (
            "table = 'country'",
            r#"{"code":"fr","name":"x"}"#,
            "column “code” is fr, as in another row, and must be there once.",
        ),
        (
            "table = 'country'",
            r#"{"id":2,"code":"x","name":"x"}"#,
            "key id = 2: column “id” is 2, as in another row, and must be there once.",
        ),
        (
            "table = 'country'",
            r#"{"code":"F2","name":"France","people":68}"#,
            "another row has the same name = France, people = 68 already.",
        ),
        (
            "table = 'country'",
            r#"{"code":"QQ","name":"?"}"#,
            "it does not pass the table's CHECK “name <> '?'”.",
        ),
        (UPSERT, r#"{"name":"x"}"#, "column “code” is the row's key and must not be empty."),
        (UPSERT, r#"{"code":null,"name":"x"}"#, "column “code” must not be empty."),
        (
            UPSERT,
            r#"{"code":"DE"}"#,
            "key code = DE: column “name” must not be empty, and the row does not name it.",
        ),
        (
            UPDATE,
            r#"{"code":"FR","name":null}"#,
            "key code = FR: column “name” must not be empty.",
        ),
    ] {
        let failure = refusal(SCHEMA, entry, "a.jsonl", row);
        assert!(failure.message.ends_with(expected), "{}\n{expected}", failure.message);
        assert_eq!(failure.reason, Reason::RowRejected);
    }
}

#[test]
fn no_row_takes_the_place_of_another() {
    let schema =
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE ON CONFLICT REPLACE, b UNIQUE ON CONFLICT IGNORE); INSERT INTO t VALUES (1, 2, 3)";
    for row in [r#"[{"a":2}]"#, r#"[{"b":3}]"#] {
        let (connection, report) = one(schema, "table = 't'", "a.json", row);
        assert_eq!(report.expect_err("refused").reason, Reason::RowRejected);
        assert_eq!(ask(&connection, "SELECT * FROM t"), "1|2|3");
    }
}

#[test]
fn triggers_have_their_say() {
    for (body, expected) in [
        (
            "SELECT RAISE(ABORT, 'not today')",
            "row 1 (line 1) of table “t”, key id = 1: a trigger of the application refuses it: not today.",
        ),
        (
            "SELECT RAISE(IGNORE)",
            "row 1 (line 1) of table “t”, key id = 1: a trigger of the application passes over it.",
        ),
    ] {
        let schema = format!("CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TRIGGER g BEFORE INSERT ON t BEGIN {body}; END");
        let failure = refusal(&schema, "table = 't'", "a.json", "[{\"id\":1}]");
        assert!(failure.message.ends_with(expected), "{}", failure.message);
    }
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'all'); END";
    let connection = database(schema);
    let folder = Folder::default().with("a.json", "[{\"id\":1},{\"id\":2}]");
    let failure = load_in(&connection, "[[file]]\nfile = 'a.json'\ntable = 't'", &folder, None, true).expect_err("also with collect");
    assert_eq!(failure.reason, Reason::StepFailed);
    assert!(
        failure
            .message
            .ends_with("A trigger of the application has rolled back all that was done.")
    );
}

#[test]
fn collecting_names_every_bad_row_and_loads_the_others() {
    let connection = database(SCHEMA);
    let mut text = String::from("code,name,people\nDE,Germany,84\nFR,again,1\nIT,,59\nPT,Portugal,ten\n");
    for n in 0..10_100 {
        text += &format!("X{n},?,1\n");
    }
    let folder = Folder::default().with("a.csv", &text);
    let report = load_in(&connection, "[[file]]\nfile = 'a.csv'\ntable = 'country'", &folder, None, true).expect("gathered");
    assert_eq!(counts(&report, 0), (10_104, 1, 0, 0));
    assert_eq!((report.rejected.len(), report.rejected_count), (10_000, 10_103));
    let rows: Vec<u64> = report
        .rejected
        .iter()
        .take(3)
        .map(|f| f.fields["row"].as_u64().expect("a row"))
        .collect();
    assert_eq!(rows, [2, 3, 4]);
    assert_eq!(ask(&connection, "SELECT count(*) FROM country"), "3");
}

#[test]
fn tables_are_cleared_first() {
    let schema = "CREATE TABLE a(x); CREATE TABLE b(x); CREATE TABLE log(x); CREATE TABLE holdfast_ledger(x); CREATE VIRTUAL TABLE f USING fts5(x);
                  CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT);
                  CREATE TRIGGER gone AFTER DELETE ON a BEGIN INSERT INTO log VALUES (old.x); END;
                  INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1); INSERT INTO holdfast_ledger VALUES (1); INSERT INTO f VALUES ('one');
                  INSERT INTO n VALUES (NULL);";
    let count = "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM log), (SELECT count(*) FROM holdfast_ledger), \
                 (SELECT count(*) FROM f), (SELECT seq FROM sqlite_sequence)";
    for (clear, after, rows) in [("'all'", "0|0|0|1|1|1", 6), ("['A', 'a']", "0|1|2|1|1|1", 2)] {
        let connection = database(schema);
        let report = load(&connection, &format!("clear = {clear}"), &Folder::default()).expect("cleared");
        assert_eq!(ask(&connection, count), after, "{clear}");
        assert_eq!(report.cleared.iter().map(|c| c.rows).sum::<u64>(), rows);
        assert_eq!(ask(&connection, "SELECT x FROM f WHERE f MATCH 'one'"), "'one'");
    }
    for (clear, expected) in [
        ("['aa']", "there is no table “aa” (did you mean “a”?)."),
        ("['f']", "“f” is a virtual table: it is emptied by an SQL step."),
        (
            "['f_data']",
            "“f_data” is a shadow table or view; rows are put there by an SQL step.",
        ),
        ("['holdfast_ledger']", "“holdfast_ledger” is no table of the application."),
        ("['sqlite_sequence']", "“sqlite_sequence” is no table of the application."),
    ] {
        let failure = load(&database(schema), &format!("clear = {clear}"), &Folder::default()).expect_err(clear);
        assert!(failure.message.contains(expected), "{}", failure.message);
    }
    let keeps = "CREATE TABLE a(x); INSERT INTO a VALUES (1); CREATE TRIGGER g BEFORE DELETE ON a BEGIN SELECT RAISE(IGNORE); END";
    let failure = load(&database(keeps), "clear = ['a']", &Folder::default()).expect_err("it is not empty");
    assert!(
        failure.message.contains("“a” is not empty after it was cleared"),
        "{}",
        failure.message
    );
}

#[test]
fn files_are_loaded_in_their_order_and_a_disabled_one_is_not() {
    let connection = database("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    let folder = Folder::default()
        .with("1.json", "[{\"a\":1,\"b\":1}]")
        .with("2.json", "[{\"a\":1,\"b\":2}]");
    let file = |name: &str, more: &str| format!("[[file]]\nfile = '{name}'\ntable = 't'\nmode = 'upsert'\n{more}\n");
    let plan = file("2.json", "") + &file("1.json", "") + &file("none.json", "enabled = false");
    let report = load(&connection, &plan, &folder).expect("loaded");
    assert_eq!(ask(&connection, "SELECT * FROM t"), "1|1");
    assert_eq!((report.files[2].state, counts(&report, 2)), (State::Disabled, (0, 0, 0, 0)));
}

struct Impatient(Arc<AtomicBool>);

impl Reporter for Impatient {
    fn event(&self, _: &Event<'_>) {}

    fn ask(&self, _: &Question<'_>) -> Answer {
        Answer::No
    }

    fn cancel_flag(&self) -> Option<Arc<AtomicBool>> {
        Some(self.0.clone())
    }
}

#[test]
fn a_person_can_cancel() {
    let rows: String = (0..2500).map(|n| format!("{{\"id\":{n}}}\n")).collect();
    let connection = database("CREATE TABLE t(id INTEGER PRIMARY KEY)");
    let reporter = Impatient(Arc::new(AtomicBool::new(true)));
    let options = Options {
        context: None,
        collect: true,
        reporter: &reporter,
    };
    let plan = plan("[[file]]\nfile = 'a.jsonl'\ntable = 't'");
    let failure: Failure = run(&connection, &plan, &Folder::default().with("a.jsonl", rows), &options).expect_err("cancelled");
    assert_eq!(failure.reason, Reason::Cancelled);
    assert_eq!(ask(&connection, "SELECT count(*) FROM t"), "999");
}

#[test]
fn a_full_text_index_follows_by_its_triggers() {
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE VIRTUAL TABLE f USING fts5(v, content='t', content_rowid='id');
                  CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO f(rowid, v) VALUES (new.id, new.v); END;
                  CREATE TRIGGER d AFTER DELETE ON t BEGIN INSERT INTO f(f, rowid, v) VALUES ('delete', old.id, old.v); END;
                  INSERT INTO t VALUES (1, 'old')";
    let connection = database(schema);
    let folder = Folder::default().with("a.csv", "id,v\n5,new\n");
    load(&connection, "clear = 'all'\n[[file]]\nfile = 'a.csv'\ntable = 't'", &folder).expect("loaded");
    assert_eq!(ask(&connection, "SELECT rowid FROM f WHERE f MATCH 'new'"), "5");
    assert_eq!(ask(&connection, "SELECT rowid FROM f WHERE f MATCH 'old'"), "");
}

#[test]
fn what_the_schema_needs_and_lacks_is_no_fault_of_the_row() {
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT of_the_application(new.id); END";
    let failure = refusal(schema, "table = 't'", "a.jsonl", "\n{\"id\":1}");
    assert_eq!(failure.reason, Reason::StepFailed);
    assert!(
        failure
            .message
            .starts_with("The step 2.0/20-countries.load failed at putting rows into “t”: no such function"),
        "{}",
        failure.message
    );
    assert_eq!(
        (failure.fields["file"].as_str(), failure.fields["line"].as_u64()),
        (Some("a.jsonl"), Some(2))
    );
}

#[test]
fn rows_of_many_shapes_are_loaded_each_with_what_it_names() {
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, a DEFAULT 1, b DEFAULT 2, c DEFAULT 3, d, e, f, g, h)";
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut text = String::new();
    for id in 0..512_usize {
        let named = names
            .iter()
            .enumerate()
            .filter(|(n, _)| id >> n & 1 == 1)
            .map(|(_, name)| format!(",\"{name}\":\"{name}{id}\""));
        text += &format!("{{\"id\":{id}{}}}\n", named.collect::<String>());
    }
    let (connection, report) = one(schema, "table = 't'", "a.jsonl", text);
    assert_eq!(counts(&report.expect("loaded"), 0), (512, 512, 0, 0));
    assert_eq!(ask(&connection, "SELECT * FROM t WHERE id = 0"), "0|1|2|3|NULL|NULL|NULL|NULL|NULL");
    assert_eq!(
        ask(&connection, "SELECT * FROM t WHERE id = 165"),
        "165|'a165'|2|'c165'|NULL|NULL|'f165'|NULL|'h165'"
    );
    let (connection, report) = one(schema, "table = 't'", "a.json", "[{}, {}]");
    assert_eq!(counts(&report.expect("loaded"), 0), (2, 2, 0, 0));
    assert_eq!(ask(&connection, "SELECT id, a FROM t"), "1|1\n2|1");
}
