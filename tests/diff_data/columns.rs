//! What single columns and whole tables ask of the rows.

use crate::weighed::Case;

#[test]
fn nulls_offend_a_new_not_null() {
    let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL);";
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES(1,'a'),(2,NULL),(3,NULL),(4,'');";
    let said = Case::new(old, new).said("nullability", "changed");
    said.is("blocks", 2, 4, "2 of the 4 rows have NULL in “name”.")
        .shows(&["id = 2: NULL", "id = 3: NULL"]);
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES(1,'a'),(4,'');";
    let said = Case::new(old, new).said("nullability", "changed");
    let said = said.is("safe", 0, 2, "None of the 2 rows has NULL in “name”.").shows(&[]);
    assert!(said.0["advice"].is_null(), "what is safe needs no advice: {:#}", said.0);
}

#[test]
fn a_new_column_that_must_not_be_null_offends_every_row() {
    let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, must TEXT NOT NULL);";
    let rows = "CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2);";
    Case::new(rows, new)
        .said("column", "added")
        .is("blocks", 2, 2, "All 2 rows have no value for “must”.")
        .shows(&[]);
    let none = "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE u(a); INSERT INTO u VALUES(1);";
    Case::new(none, &format!("{new} CREATE TABLE u(a);"))
        .said("column", "added")
        .is("safe", 0, 0, "There are no rows.");
}

#[test]
fn values_that_another_type_changes_are_counted_as_sqlite_stores_them() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT);
        INSERT INTO t(code) VALUES('007'),('7'),('1e400'),(' 5 '),('abc'),(''),(NULL),('12345678901234567890'),(x'0102'),('1.5'),('1e3'),('-3');";
    let said = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, code INTEGER);").said("type", "changed");
    let sentence = "5 of the 12 rows have a value in “code” that would become another one. \
        1 of the 12 rows has empty text in “code” where a number is meant. \
        2 of the 12 rows have a value in “code” that is not of the new type and is kept as it is.";
    said.is("blocks", 6, 12, sentence).shows(&[
        "id = 1: “007” → 7",
        "id = 3: “1e400” → infinity",
        "id = 4: “ 5 ” → 5",
        "id = 8: “12345678901234567890” → 1.2345678901234567e19",
        "id = 11: “1e3” → 1000",
    ]);
    let plain = "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT); INSERT INTO t(code) VALUES('7'),('-3'),(NULL);";
    Case::new(plain, "CREATE TABLE t(id INTEGER PRIMARY KEY, code INTEGER);")
        .said("type", "changed")
        .is("safe", 0, 3, "None of the 3 rows has a value in “code” that would become another one or has empty text in “code” where a number is meant or has a value in “code” that is not of the new type and is kept as it is.");
}

#[test]
fn what_is_not_of_the_new_type_and_stays_is_only_to_look_at() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT); INSERT INTO t(code) VALUES('seven'),('8');";
    let said = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, code NUMERIC);").said("type", "changed");
    said.is(
        "look",
        1,
        2,
        "1 of the 2 rows has a value in “code” that is not of the new type and is kept as it is.",
    )
    .shows(&["id = 1: “seven”"]);
}

#[test]
fn numbers_that_become_text_or_are_rounded_are_counted() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, a REAL, b INTEGER);
        INSERT INTO t VALUES(1, 0.5, 9007199254740993),(2, 0.1+0.2, 7),(3, NULL, NULL);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, a REAL, b REAL);");
    case.said("type", "changed")
        .shows(&["id = 1: 9007199254740993 → 9007199254740992.0"]);
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INTEGER);");
    let said = case.said("type", "changed");
    assert!(said.0["weight"]["rows"].as_u64() <= Some(1), "{:#}", said.0);
}

#[test]
fn a_strict_table_refuses_what_is_not_of_its_types() {
    let old = "CREATE TABLE t(k TEXT PRIMARY KEY, n INTEGER, b BLOB); INSERT INTO t VALUES('a','7',x'01'),('b','x',x'02'),('c',2.5,'text'),('d',NULL,NULL);";
    let case = Case::new(old, "CREATE TABLE t(k TEXT PRIMARY KEY NOT NULL, n INTEGER, b BLOB) STRICT;");
    case.said("table", "changed")
        .is("blocks", 2, 4, "2 of the 4 rows have a value that a STRICT column refuses.")
        .shows(&["k = “b”: n = “x”", "k = “c”: n = 2.5, b = “text”"]);
    let old = "CREATE TABLE t(k TEXT PRIMARY KEY NOT NULL, n INTEGER, b BLOB); INSERT INTO t VALUES('a','7',x'01');";
    let case = Case::new(old, "CREATE TABLE t(k TEXT PRIMARY KEY NOT NULL, n INTEGER, b BLOB) STRICT;");
    case.said("table", "changed").is(
        "safe",
        0,
        1,
        "It is not so that the only row has a value that a STRICT column refuses.",
    );
}

#[test]
fn a_column_of_another_type_in_a_strict_table_says_what_it_refuses_and_what_it_changes() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT); INSERT INTO t(n) VALUES('7'),('x'),('007'),('1e400'),('');";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, n INT) STRICT;");
    case.said("type", "changed")
        .is(
            "blocks",
            4,
            5,
            "3 of the 5 rows have a value that “n” refuses. 1 of the 5 rows has a value in “n” that would become another one.",
        )
        .shows(&["id = 2: “x”", "id = 4: “1e400”", "id = 5: “”", "id = 3: “007” → 7"]);
}

#[test]
fn text_longer_than_declared_is_counted_in_characters() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO t(name) VALUES('ÄÖÜ'),('ÄÖÜß'),(CAST(x'61006263' AS TEXT)),('abcdefg'),(x'0102030405'),(NULL);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, name VARCHAR(3));");
    case.said("type", "changed")
        .is("look", 3, 6, "3 of the 6 rows have more than 3 characters in “name”.")
        .shows(&["id = 2: “ÄÖÜß”", "id = 3: “a\\0bc”", "id = 4: “abcdefg”"]);
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, name VARCHAR(7));");
    case.said("type", "changed")
        .is("safe", 0, 6, "None of the 6 rows has more than 7 characters in “name”.");
}

#[test]
fn a_column_that_is_gone_weighs_what_is_neither_null_nor_its_default() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT DEFAULT 'it''s', b INTEGER);
        INSERT INTO t VALUES(1,'it''s',NULL),(2,'kept',NULL),(3,NULL,NULL),(4,'it',NULL);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, b INTEGER);");
    case.said("column", "removed")
        .is("blocks", 2, 4, "2 of the 4 rows have a value in “a” that is not the default.")
        .shows(&["id = 2: “kept”", "id = 4: “it”"]);
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT DEFAULT 'it''s');");
    case.said("column", "removed")
        .is("look", 0, 4, "None of the 4 rows has a value in “b”.");
}

#[test]
fn a_table_that_is_gone_weighs_its_rows() {
    let old = "CREATE TABLE t(a); CREATE TABLE u(a); INSERT INTO t VALUES(1),(2);";
    Case::new(old, "CREATE TABLE u(a);")
        .said("table", "removed")
        .is("blocks", 2, 2, "It has 2 rows.");
    Case::new(old, "CREATE TABLE t(a);")
        .said("table", "removed")
        .is("look", 0, 0, "It is empty.");
}

#[test]
fn null_in_the_key_offends_a_table_that_loses_its_rowid() {
    let new = "CREATE TABLE t(k TEXT PRIMARY KEY, a) WITHOUT ROWID;";
    let old = "CREATE TABLE t(k TEXT PRIMARY KEY, a); INSERT INTO t VALUES('x',1),(NULL,2),(NULL,3);";
    Case::new(old, new)
        .said("table", "changed")
        .is("blocks", 2, 3, "2 of the 3 rows have NULL in the key.")
        .shows(&["k = NULL: NULL", "k = NULL: NULL"]);
    let old = "CREATE TABLE t(k TEXT PRIMARY KEY, a); INSERT INTO t VALUES('x',1),('y',2);";
    Case::new(old, new)
        .said("table", "changed")
        .is("look", 0, 2, "None of the 2 rows has NULL in the key.");
}

#[test]
fn values_that_a_generated_column_would_not_make_are_counted() {
    let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, \"up case\" TEXT AS (upper(a) || '!') STORED, b AS (\"up case\" || a));";
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, \"up case\" TEXT, b AS (\"up case\" || a));
        INSERT INTO t VALUES(1,'x','X!'),(2,'y','other'),(3,'z',NULL);";
    Case::new(old, new)
        .said("generated", "changed")
        .is(
            "blocks",
            1,
            3,
            "1 of the 3 rows has a value in “up case” that is not what its rule makes.",
        )
        .shows(&["id = 2: “other” → “Y!”"]);
    let old =
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, \"up case\" TEXT, b AS (\"up case\" || a)); INSERT INTO t VALUES(1,'x','X!');";
    let said = Case::new(old, new).said("generated", "changed");
    said.is(
        "safe",
        0,
        1,
        "It is not so that the only row has a value in “up case” that is not what its rule makes.",
    );
}

#[test]
fn masked_shows_the_form_of_values_alone() {
    let old = "CREATE TABLE t(mail TEXT PRIMARY KEY, n TEXT); INSERT INTO t VALUES('zoe@example.org','0042'),('a.b@c.de','x1');";
    let case = Case::new(old, "CREATE TABLE t(mail TEXT PRIMARY KEY, n INTEGER);");
    let said = case.said_with("type", "changed", &["--masked"]);
    said.shows(&["rowid = 1: “9999” → 99", "rowid = 2: “a9”"]);
    let text = case.run(&["--masked"]).expect(0).stdout;
    assert!(text.contains("rowid = 1: “9999” → 99"), "{text}");
    for secret in ["zoe", "0042", "x1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let old = "CREATE TABLE t(mail TEXT PRIMARY KEY, n TEXT) WITHOUT ROWID; INSERT INTO t VALUES('zoe@example.org','0042');";
    let case = Case::new(old, "CREATE TABLE t(mail TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;");
    case.said_with("type", "changed", &["--masked"])
        .shows(&["mail = “aaa@aaaaaaa.aaa”: “9999” → 99"]);
}

#[test]
fn without_data_nothing_is_weighed() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES(1,NULL);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL);");
    let said = case.said_with("nullability", "changed", &["--no-data"]);
    assert!(said.0["weight"].is_null() && said.0["level"] == "blocks", "{:#}", said.0);
    let text = case.run(&["--no-data"]).expect(0).stdout;
    assert!(!text.contains("rows,"), "{text}");
}

#[test]
fn masked_hides_every_value_whatever_speaks_of_it() {
    let values = ["ada@post.example", "grace@post.example", "linus@post.example"];
    let rows: String = values
        .iter()
        .enumerate()
        .map(|(n, mail)| format!("INSERT INTO person VALUES ({n}, '{mail}', 'red-{n}, blue-{n}', '12-{n}-x', 'quoted “{mail}” value');"))
        .collect();
    let case = Case::new(
        &format!("CREATE TABLE person (id INTEGER PRIMARY KEY, mail TEXT, colours TEXT, code TEXT, gone TEXT); {rows}"),
        "CREATE TABLE person (id INTEGER PRIMARY KEY, address INTEGER, code INTEGER CHECK (code > 100));
        CREATE TABLE colour (id INTEGER PRIMARY KEY, word TEXT UNIQUE);
        CREATE TABLE person_colour (person_id INTEGER REFERENCES person(id), colour_id INTEGER REFERENCES colour(id), PRIMARY KEY (person_id, colour_id));",
    );
    let page = case.old.with_extension("html");
    let path = page.to_str().expect("a path");
    let secrets = ["post.example", "blue-", "red-", "12-1", "12-0"];
    let said = |more: &[&str]| {
        let json = case.run(&[&["--json", "--html", path], more].concat()).expect(0).stdout;
        let text = case.run(more).expect(0).stdout;
        [json, text, std::fs::read_to_string(&page).expect("a page")].join("\n")
    };
    let open = said(&[]);
    assert!(secrets.iter().any(|secret| open.contains(secret)), "{open}");
    let hidden = said(&["--masked"]);
    for secret in secrets {
        assert!(!hidden.contains(secret), "{secret} is in {hidden}");
    }
}
