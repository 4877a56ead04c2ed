//! Rows that refer to rows: by natural key, and by foreign key.

use crate::desk::*;
use holdfast::failure::Reason;

const SCHEMA: &str = "CREATE TABLE country(id INTEGER PRIMARY KEY, code TEXT, name TEXT);
                      INSERT INTO country VALUES (10, 'FR', 'France'), (20, 'ES', 'Spain'), (30, 'XX', 'one'), (40, 'XX', 'two');
                      CREATE TABLE town(name TEXT PRIMARY KEY, country INTEGER NOT NULL REFERENCES country);";
const RULE: &str =
    "table = 'town'\n[[rule]]\ntable = 'town'\ncolumn = 'country'\nreference = { table = 'country', key = 'code', value = 'id' }";

#[test]
fn a_natural_key_becomes_the_id_of_its_row() {
    for (file, text) in [
        ("a.csv", "name,country\nParis,FR\nLyon,FR\nMadrid,ES\n"),
        (
            "a.jsonl",
            "{\"name\":\"Paris\",\"country\":\"FR\"}\n{\"name\":\"Lyon\",\"country\":\"FR\"}\n{\"name\":\"Madrid\",\"country\":\"ES\"}",
        ),
    ] {
        let (connection, report) = one(SCHEMA, RULE, file, text);
        assert_eq!(counts(&report.expect("loaded"), 0), (3, 3, 0, 0));
        assert_eq!(
            ask(&connection, "SELECT * FROM town ORDER BY rowid"),
            "'Paris'|10\n'Lyon'|10\n'Madrid'|20"
        );
    }
    for (country, expected) in [
        ("\"DE\"", "names the row of “country” whose code is DE, and there is none."),
        ("\"XX\"", "names the row of “country” whose code is XX, and there is more than one."),
        ("true", "must name a row by a text or a number."),
        ("null", "must not be empty."),
    ] {
        let failure = refusal(
            SCHEMA,
            &RULE.replace("town'\n[", "town'\nvalidate = true\n["),
            "a.json",
            format!("[{{\"name\":\"x\",\"country\":{country}}}]"),
        );
        assert!(
            failure.message.ends_with(&format!("key name = x: column “country” {expected}")),
            "{}",
            failure.message
        );
    }
}

#[test]
fn a_row_may_refer_to_an_earlier_one_of_its_own_file() {
    let schema = "CREATE TABLE part(id INTEGER PRIMARY KEY, code TEXT UNIQUE, inside INTEGER REFERENCES part)";
    let entry = "table = 'part'\n[[rule]]\ntable = 'part'\ncolumn = 'inside'\nreference = { table = 'part', key = 'code', value = 'id' }";
    let (connection, report) = one(schema, entry, "a.csv", "id,code,inside\n7,a,\n8,b,a\n9,c,b\n");
    report.expect("loaded");
    assert_eq!(ask(&connection, "SELECT * FROM part"), "7|'a'|NULL\n8|'b'|7\n9|'c'|8");
}

#[test]
fn what_refers_to_nothing_is_named_by_its_row() {
    let schema = format!("{SCHEMA} INSERT INTO town VALUES ('Atlantis', 99)");
    let failure = refusal(&schema, "table = 'town'", "a.csv", "name,country\nParis,10\nTroy,98\n");
    assert_eq!(
        failure.message,
        "20-countries.load/a.csv row 2 (line 3) of table “town”, key name = Troy: column “country” refers to a row of “country” that is not there: 98."
    );
    assert_eq!(failure.reason, Reason::RowRejected);
    // The site's own old damage is not the load's, nor does it excuse the load.
    let failure = refusal(&schema, "table = 'town'", "a.csv", "name,country\nParis,10\nTroy,99\n");
    assert_eq!(failure.fields["key"], "name = Troy");
    one(&schema, "table = 'town'", "a.csv", "name,country\nParis,10\n")
        .1
        .expect("old damage is not blamed");
    one(&schema, "table = 'town'\nmode = 'upsert'", "a.csv", "name,country\nAtlantis,99\n")
        .1
        .expect("nothing was written");
}

#[test]
fn files_may_come_in_any_order_for_foreign_keys() {
    let schema = "CREATE TABLE p(a TEXT COLLATE NOCASE, b INTEGER, PRIMARY KEY(a, b)) WITHOUT ROWID;
                  CREATE TABLE c(id INTEGER PRIMARY KEY, a TEXT, b TEXT, up INTEGER REFERENCES c, FOREIGN KEY(a, b) REFERENCES p)";
    let connection = database(schema);
    let folder = Folder::default()
        .with("c.csv", "id,a,b,up\n1,X,1,2\n2,x,2,\n3,,5,1\n")
        .with("p.csv", "a,b\nx,1\nx,2\n");
    let text = "[[file]]\nfile = 'c.csv'\ntable = 'c'\n[[file]]\nfile = 'p.csv'\ntable = 'p'";
    load(&connection, text, &folder).expect("all is there at the end");
    assert_eq!(ask(&connection, "SELECT count(*) FROM c, p"), "6");
    let folder = Folder::default()
        .with("c.csv", "id,a,b,up\n1,x,9,5\n2,x,2,\n")
        .with("p.csv", "a,b\nx,1\nx,2\n");
    let report = load_in(&database(schema), text, &folder, None, true).expect("gathered");
    let mut columns: Vec<_> = report
        .rejected
        .iter()
        .map(|f| (f.fields["column"].as_str(), f.fields["value"].as_str()))
        .collect();
    columns.sort_unstable();
    assert_eq!(columns, [(Some("a, b"), Some("x, 9")), (Some("up"), Some("5"))]);
}

#[test]
fn a_default_that_refers_to_nothing_is_found() {
    let schema = "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER DEFAULT 5 REFERENCES p, gone REFERENCES nowhere)";
    let failure = refusal(schema, "table = 'c'", "a.json", "[{\"id\":1}]");
    assert_eq!(
        failure.message,
        "After the step 2.0/20-countries.load a row of table “c” in column “p” refers to a row of “p” that is not there: 5."
    );
    let failure = refusal(schema, "table = 'c'", "a.json", "[{\"id\":1,\"p\":null,\"gone\":1}]");
    assert!(
        failure
            .message
            .ends_with("key id = 1: column “gone” refers to a row of “nowhere” that is not there: 1."),
        "{}",
        failure.message
    );
}
