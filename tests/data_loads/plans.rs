//! `load.toml`: what is refused in it, by itself and against a database; contexts and rules.

use crate::desk::*;
use holdfast::failure::Reason;
use holdfast::load::{LoadPlan, Source, State};
use holdfast::payload::load_json;

#[test]
fn a_wrong_plan_says_what_is_wrong() {
    let file = "[[file]]\nfile = 'a.json'\ntable = 'country'\n";
    let rule = format!("{file}[[rule]]\ntable = 'country'\ncolumn = 'code'\n");
    for (text, expected) in [
        (String::new(), "it loads no file and clears no table"),
        (format!("{file}tabel = 'x'"), "Did you mean `table`?"),
        (format!("{file}mode = 'upsrt'"), "Did you mean `upsert`?"),
        (format!("{file}[[rules]]"), "Did you mean `rule`?"),
        (format!("clear = 'some'\n{file}"), "clear is \"all\" or a list of tables"),
        (format!("clear = [1]\n{file}"), "clear is \"all\" or a list of tables"),
        (file.replace("a.json", "a.xml"), "say format = \"json\", \"jsonl\" or \"csv\""),
        (file.replace("a.json", "../a.json"), "“..”, “.” and empty parts are not allowed"),
        (
            file.replace("a.json", "load.toml") + "format = 'csv'",
            "“load.toml” is the plan and holds no data",
        ),
        (file.replace("a.json", "Load.json"), "“Load.json” is the plan and holds no data"),
        (format!("{file}empty = 'text'"), "empty and delimiter are for CSV"),
        (
            file.replace(".json", ".csv") + "delimiter = ';;'",
            "needs one ASCII character as delimiter",
        ),
        (format!("{file}contexts = ['fr']"), "there is no [context.fr]"),
        (
            format!("{file}contexts = ['fr']\n[context.fx]"),
            "there is no [context.fr] (did you mean “fx”?)",
        ),
        (file.replace("a.json", "{context}.json"), "there is no [context.NAME]"),
        (format!("{file}[context.'a b']"), "must be named with letters, digits"),
        (
            format!("{file}[context.a]\nset = {{ since = 2024-01-01 }}"),
            "a date is a text here",
        ),
        (format!("{rule}max = inf"), "expected a text, a finite number"),
        (
            format!("{file}[[rule]]\ntable = 'contry'\ncolumn = 'x'\nrequired = true"),
            "no [[file]] loads it (did you mean “country”?)",
        ),
        (rule.clone(), "needs exactly one of required, pattern"),
        (format!("{rule}required = true\nmin = 1"), "needs exactly one of required, pattern"),
        (format!("{rule}required = false"), "leave it out"),
        (format!("{rule}pattern = '('"), "has a pattern that is none"),
        (format!("{rule}min = 2\nmax = 1"), "has a min that is not below its max"),
        (format!("{rule}min = 'a'\nmax = 1"), "has a min that is not below its max"),
        (
            format!("{rule}reference = {{ table = 'x', kee = 'y', value = 'z' }}"),
            "Did you mean `key`?",
        ),
    ] {
        let failure = load_json(STEP, &text).expect_err(&text);
        assert_eq!(failure.reason, Reason::PayloadInvalid);
        assert!(failure.message.starts_with("20-countries.load/load.toml: "), "{}", failure.message);
        assert!(failure.message.contains(expected), "{text}\n{}\n{expected}", failure.message);
    }
}

#[test]
fn what_is_wrong_is_shown_with_its_line() {
    for (text, place) in [
        ("[[file]]\nfile = 'a.json'\ntabel = 't'", "line 3, column 1"),
        ("[[file]]\nfile = 'a.json'\ntable = 't'\n\nclear = 'x", "line 5, column"),
        ("clear = [1]", "line 1, column 9"),
    ] {
        let message = load_json(STEP, text).expect_err(text).message;
        assert!(message.contains(place), "{message}");
    }
}

#[test]
fn a_bundle_carries_the_plan_as_it_was_written() {
    let text = "clear = 'all'\n[context.fr]\nset = { a = 7, b = 0.5, c = true, d = '7', e = 2.0 }\n[context.es]\n[[file]]\nfile = '{context}.csv'\n\
                table = 't'\nmode = 'update'\nkey = ['k']\nenabled = false\ncontexts = ['fr']\nvalidate = false\nempty = 'quoted'\ndelimiter = ';'\n\
                [[file]]\nfile = 'b.data'\ntable = 'u'\nformat = 'jsonl'\n[[rule]]\ntable = 't'\ncolumn = 'c'\nmin = -9223372036854775808\nmax = 1.5\n\
                [[rule]]\ntable = 't'\ncolumn = 'd'\none_of = ['a', 1]\n[[rule]]\ntable = 't'\ncolumn = 'e'\n\
                reference = { table = 'u', key = 'x', value = 'y' }";
    let json = load_json(STEP, text).expect("a plan");
    let source: Source = toml::from_str(text).expect("a plan");
    let written = LoadPlan::of(STEP, source).expect("a plan");
    assert_eq!(format!("{:?}", LoadPlan::parse(STEP, &json).expect(&json)), format!("{written:?}"));
}

#[test]
fn a_plan_that_does_not_fit_the_database_says_so() {
    let schema = "CREATE TABLE country(code TEXT UNIQUE, name TEXT, plain TEXT); CREATE UNIQUE INDEX some ON country(name) WHERE name > ''; CREATE VIEW v AS SELECT 1";
    let file = |more: &str| format!("[[file]]\nfile = 'a.json'\ntable = 'country'\n{more}");
    for (text, expected) in [
        (
            file("").replace("country", "contry"),
            "there is no table “contry” (did you mean “country”?)",
        ),
        (file("").replace("'country'", "'v'"), "“v” is a view table or view"),
        (
            file("mode = 'upsert'"),
            "the table “country” has no primary key: say key = [ … ] for “a.json”",
        ),
        (
            file("key = ['kode']"),
            "the table “country” has no column “kode” (did you mean “code”?)",
        ),
        (file("key = ['plain']"), "key = [plain] does not tell the rows of “country” apart"),
        (file("key = ['name']"), "key = [name] does not tell the rows of “country” apart"),
        (
            file("key = ['code', 'name']"),
            "key = [code, name] does not tell the rows of “country” apart",
        ),
        (
            file("[[rule]]\ntable = 'country'\ncolumn = 'nam'\nrequired = true"),
            "has no column “nam” (did you mean “name”?)",
        ),
        (
            file("[[rule]]\ntable = 'country'\ncolumn = 'name'\nreference = { table = 'contry', key = 'code', value = 'name' }"),
            "there is no table “contry” (did you mean “country”?)",
        ),
        (
            file("[[rule]]\ntable = 'country'\ncolumn = 'name'\nreference = { table = 'country', key = 'kode', value = 'name' }"),
            "has no column “kode” (did you mean “code”?)",
        ),
    ] {
        let failure = load(&database(schema), &text, &Folder::default().with("a.json", "[]")).expect_err(&text);
        assert_eq!(failure.reason, Reason::StepFailed);
        assert!(failure.message.contains(expected), "{}\n{expected}", failure.message);
        assert_eq!(failure.fields["step"], STEP);
    }
}

const TENANTS: &str = "
    [context.fr]
    set = { tenant = 7 }
    [context.es]
    set = { Tenant = 8 }
    [[file]]
    file = 'all.json'
    table = 'person'
    [[file]]
    file = '{context}/people.csv'
    table = 'person'
    [[file]]
    file = 'french.json'
    table = 'plain'
    contexts = ['fr']
    [[file]]
    file = 'off.json'
    table = 'plain'
    enabled = false";

fn tenants() -> Folder {
    Folder::default()
        .with("all.json", "[{\"id\":1},{\"id\":2,\"tenant\":1},{\"id\":3,\"tenant\":null}]")
        .with("fr/people.csv", "id\n10\n")
        .with("es/people.csv", "id\n20\n21\n")
        .with("french.json", "[{\"a\":1}]")
}

const PEOPLE: &str = "CREATE TABLE person(id INTEGER PRIMARY KEY, tenant INTEGER); CREATE TABLE plain(a)";

#[test]
fn a_context_sets_columns_and_chooses_files() {
    assert_eq!(
        plan(TENANTS).files().collect::<Vec<_>>(),
        ["all.json", "es/people.csv", "fr/people.csv", "french.json"]
    );
    assert_eq!(plan(TENANTS).disabled().collect::<Vec<_>>(), ["off.json"]);
    for (context, people, plain) in [
        (Some("fr"), "1|7\n2|1\n3|NULL\n10|7", "1"),
        (Some("es"), "1|8\n2|1\n3|NULL\n20|8\n21|8", ""),
        (None, "1|NULL\n2|1\n3|NULL", ""),
    ] {
        let connection = database(PEOPLE);
        let report = load_in(&connection, TENANTS, &tenants(), context, false).expect("loaded");
        assert_eq!(ask(&connection, "SELECT * FROM person"), people);
        assert_eq!(ask(&connection, "SELECT * FROM plain"), plain);
        let named = context.map_or("{context}/people.csv".to_owned(), |c| format!("{c}/people.csv"));
        assert_eq!(report.files[1].file, named);
        assert_eq!(report.files[1].context.as_deref(), context);
        let expected = if context == Some("fr") {
            State::Loaded
        } else {
            State::OtherContext
        };
        assert_eq!(report.files[2].state, expected);
    }
    let failure = load_in(&database(PEOPLE), TENANTS, &tenants(), Some("rf"), false).expect_err("no such context");
    assert!(
        failure.message.contains("there is no [context.rf] (did you mean “"),
        "{}",
        failure.message
    );
    let wrong = TENANTS.replace("tenant = 7", "tennant = 7");
    let failure = load_in(&database(PEOPLE), &wrong, &tenants(), Some("fr"), false).expect_err("no such column");
    assert!(
        failure
            .message
            .contains("no table that is loaded has that column (did you mean “tenant”?)"),
        "{}",
        failure.message
    );
    let wrong = TENANTS.replace("tenant = 7", "tenant = 'seven'");
    let failure = load_in(&database(PEOPLE), &wrong, &tenants(), Some("fr"), false).expect_err("no number");
    assert!(
        failure.message.contains("the context sets “tenant”, which must be a whole number"),
        "{}",
        failure.message
    );
}

#[test]
fn an_update_does_not_move_rows_into_a_context() {
    let schema =
        "CREATE TABLE t(id INTEGER, tenant INTEGER, v TEXT, PRIMARY KEY(id, tenant)); INSERT INTO t VALUES (1, 7, 'a'), (1, 8, 'a');
                  CREATE TABLE u(id INTEGER PRIMARY KEY, tenant INTEGER, v); INSERT INTO u VALUES (1, 8, 'a')";
    let connection = database(schema);
    let folder = Folder::default().with("a.json", "[{\"id\":1,\"v\":\"b\"}]");
    let file = |table: &str| format!("[[file]]\nfile = 'a.json'\ntable = '{table}'\nmode = 'update'\n");
    let text = file("t") + &file("u") + "[context.fr]\nset = { tenant = 7 }";
    load_in(&connection, &text, &folder, Some("fr"), false).expect("loaded");
    assert_eq!(ask(&connection, "SELECT * FROM t"), "1|7|'b'\n1|8|'a'");
    assert_eq!(ask(&connection, "SELECT * FROM u"), "1|8|'b'");
}

/// Mode, column, check, row, complaint.
const JUDGED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "insert",
        "v",
        "required = true",
        r#"{"id":2}"#,
        "column “v” must not be empty, and the row does not name it.",
    ),
    (
        "insert",
        "v",
        "required = true",
        r#"{"id":2,"v":null}"#,
        "column “v” must not be empty.",
    ),
    (
        "insert",
        "v",
        "required = true",
        r#"{"id":2,"v":" "}"#,
        "column “v” must not be empty.",
    ),
    ("insert", "v", "required = true", r#"{"id":2,"v":"x"}"#, ""),
    ("update", "v", "required = true", r#"{"id":1,"n":2}"#, ""),
    (
        "update",
        "v",
        "required = true",
        r#"{"id":1,"v":""}"#,
        "column “v” must not be empty.",
    ),
    ("insert", "v", "pattern = 'a|b+'", r#"{"id":2,"v":"bbb"}"#, ""),
    (
        "insert",
        "v",
        "pattern = 'a|b+'",
        r#"{"id":2,"v":"ax"}"#,
        "column “v” does not fit the pattern a|b+: ax.",
    ),
    ("insert", "v", "pattern = 'a|b+'", r#"{"id":2,"v":null}"#, ""),
    (
        "insert",
        "id",
        "pattern = '[0-9]{2}'",
        r#"{"id":2}"#,
        "column “id” does not fit the pattern [0-9]{2}: 2.",
    ),
    ("insert", "n", "min = 1\nmax = 2.5", r#"{"id":2,"n":2.5}"#, ""),
    (
        "insert",
        "n",
        "min = 1\nmax = 2.5",
        r#"{"id":2,"n":0.9}"#,
        "column “n” is 0.9, and must not be less than 1.",
    ),
    (
        "insert",
        "n",
        "min = 1\nmax = 2.5",
        r#"{"id":2,"n":3}"#,
        "column “n” is 3, and must not be more than 2.5.",
    ),
    (
        "insert",
        "v",
        "min = '2020-01-01'",
        r#"{"id":2,"v":"2019-12-31"}"#,
        "column “v” is 2019-12-31, and must not be less than 2020-01-01.",
    ),
    (
        "insert",
        "v",
        "min = 5",
        r#"{"id":2,"v":"x"}"#,
        "column “v” cannot be compared with 5.",
    ),
    ("insert", "v", "one_of = ['a', 'b']", r#"{"id":2,"v":"b"}"#, ""),
    (
        "insert",
        "v",
        "one_of = ['a', 'b']",
        r#"{"id":2,"v":"B"}"#,
        "column “v” is B, and must be one of a, b.",
    ),
    ("insert", "n", "one_of = [1, 2]", r#"{"id":2,"n":2}"#, ""),
];

#[test]
fn rules_judge_values() {
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n REAL); INSERT INTO t VALUES (1, 'old', 1.0)";
    for (mode, column, check, row, expected) in JUDGED {
        let check = format!("[[rule]]\ntable = 'T'\ncolumn = '{column}'\n{check}");
        let entry = format!("table = 't'\nmode = '{mode}'\n{check}");
        let (_, report) = one(schema, &entry, "a.jsonl", row);
        match *expected {
            "" => drop(report.unwrap_or_else(|f| panic!("{check} {row}: {f}"))),
            _ => {
                let message = report.expect_err(&check).message;
                assert!(message.contains(expected), "{message}\n{expected}");
            }
        }
        let entry = format!("table = 't'\nmode = '{mode}'\nvalidate = false\n{check}");
        one(schema, &entry, "a.jsonl", row).1.expect("without validation");
    }
}
