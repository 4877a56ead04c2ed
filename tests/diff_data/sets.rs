//! What keys, unique sets, indexes, checks and references ask of the rows.

use crate::weighed::Case;

#[test]
fn duplicates_are_found_in_the_new_collation() {
    let old =
        "CREATE TABLE t(id INTEGER PRIMARY KEY, mail TEXT); INSERT INTO t(mail) VALUES('a@b'),('A@B'),('a@B'),('x'),('x '),(NULL),(NULL);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, mail TEXT COLLATE NOCASE UNIQUE);");
    case.said("unique", "added")
        .is("blocks", 2, 7, "2 of the 7 rows repeat “mail” of another.")
        .shows(&["id = 3: “a@B”, in 3 rows"]);
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, mail TEXT UNIQUE);");
    case.said("unique", "added")
        .is("safe", 0, 7, "None of the 7 rows repeats “mail” of another.");
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, mail TEXT COLLATE RTRIM UNIQUE);");
    case.said("unique", "added").shows(&["id = 5: “x ”, in 2 rows"]);
}

#[test]
fn duplicates_are_found_among_what_the_new_type_makes_of_values() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT); INSERT INTO t(n) VALUES('07'),('7'),('7.0'),('8');";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER UNIQUE);");
    case.said("unique", "added")
        .is("blocks", 2, 4, "2 of the 4 rows repeat “n” of another.")
        .shows(&["id = 3: 7, in 3 rows"]);
}

#[test]
fn a_unique_index_is_weighed_with_its_expressions_and_its_filter() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, \"first name\" TEXT, gone INTEGER);
        INSERT INTO t VALUES(1,'Ann',0),(2,'ann',0),(3,'ANN',1),(4,'bob',0),(5,NULL,0);";
    let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, \"first name\" TEXT, gone INTEGER);
        CREATE UNIQUE INDEX i ON t(lower(\"first name\")) WHERE gone = 0;";
    Case::new(old, new)
        .said("index", "added")
        .is("blocks", 1, 5, "1 of the 5 rows repeats “lower(\"first name\")” of another.")
        .shows(&["id = 2: “ann”, in 2 rows"]);
    let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, \"first name\" TEXT, gone INTEGER);
        CREATE UNIQUE INDEX i ON t(\"first name\", gone);";
    Case::new(old, new)
        .said("index", "added")
        .is("safe", 0, 5, "None of the 5 rows repeats “first name” and “gone” of another.");
}

#[test]
fn a_new_primary_key_is_weighed_for_duplicates_and_null() {
    let old = "CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES(1,'x'),(1,'x'),(1,'y'),(NULL,'x'),(2,NULL);";
    let case = Case::new(old, "CREATE TABLE t(a INTEGER, b TEXT, PRIMARY KEY(a, b));");
    let sentence = "1 of the 5 rows has NULL in “a”, which SQLite lets pass in this key. \
        1 of the 5 rows has NULL in “b”, which SQLite lets pass in this key. 1 of the 5 rows repeats “a” and “b” of another.";
    case.said("key", "added").is("blocks", 1, 5, sentence).shows(&[
        "rowid = 2: a = 1, b = “x”, in 2 rows",
        "rowid = 4: NULL",
        "rowid = 5: NULL",
    ]);
    let old = "CREATE TABLE t(a INTEGER NOT NULL, b TEXT NOT NULL); INSERT INTO t VALUES(1,'x'),(1,'y');";
    let case = Case::new(old, "CREATE TABLE t(a INTEGER NOT NULL, b TEXT NOT NULL, PRIMARY KEY(a, b));");
    let said = case.said("key", "added");
    assert_eq!(
        (&said.0["level"], &said.0["weight"]["rows"]),
        (&"safe".into(), &0.into()),
        "{:#}",
        said.0
    );
}

#[test]
fn a_key_that_becomes_the_rowid_refuses_what_is_no_integer() {
    let old = "CREATE TABLE t(id TEXT PRIMARY KEY, a); INSERT INTO t VALUES('1',1),('01',2),('x',3),(NULL,4);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, a);");
    let said = case.said("key", "changed");
    let sentence = "1 of the 4 rows has a value in “id” that is no integer, and is refused. \
        1 of the 4 rows has NULL in “id”, so that SQLite gives it a number. 1 of the 4 rows repeats “id” of another.";
    said.is("blocks", 2, 4, sentence);
}

#[test]
fn a_new_check_is_asked_of_the_rows() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, s TEXT); INSERT INTO t VALUES(1,5,'a'),(2,-1,'b'),(3,NULL,'c'),(4,3,'d');";
    let case = Case::new(
        old,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0 AND n <> 3), s TEXT);",
    );
    case.said("check", "added")
        .is("blocks", 2, 4, "2 of the 4 rows do not fulfil it.")
        .shows(&["id = 2: -1", "id = 4: 3"]);
    let case = Case::new(
        old,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, s TEXT, CHECK (n < id * 10 OR t.s = 'zz'));",
    );
    case.said("check", "added")
        .is("safe", 0, 4, "None of the 4 rows does not fulfil it.");
}

#[test]
fn a_check_sees_values_as_the_new_column_holds_and_compares_them() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT); INSERT INTO t(n) VALUES('5'),('12'),('Five');";
    let case = Case::new(
        old,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER CHECK (n IN ('5', '012') OR n < 6));",
    );
    case.said("check", "added")
        .is("blocks", 1, 3, "1 of the 3 rows does not fulfil it.")
        .shows(&["id = 3: “Five”"]);
    let case = Case::new(
        old,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE CHECK (n IN ('5', '12', 'FIVE')));",
    );
    case.said("check", "added")
        .is("safe", 0, 3, "None of the 3 rows does not fulfil it.");
}

#[test]
fn what_cannot_be_asked_is_said_and_not_guessed() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT); INSERT INTO t(n) VALUES('{}'),('no json'),('a');";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT CHECK (is_nice(n)));");
    case.said("check", "added").goes_unweighed("blocks", "no such function: is_nice");
    let case = Case::new(
        old,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT NOT NULL CHECK (json_extract(n, '$.a') IS NULL));",
    );
    case.said("check", "added").goes_unweighed("blocks", "malformed JSON");
    // Another question about the same table has its answer.
    case.said("nullability", "changed")
        .is("safe", 0, 3, "None of the 3 rows has NULL in “n”.");
    let case = Case::new(
        old,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT, more TEXT NOT NULL DEFAULT '', UNIQUE(n, more));",
    );
    case.said("unique", "added")
        .goes_unweighed("blocks", "the column “more” is new, and what it will hold is not known");
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT COLLATE german UNIQUE);");
    case.said("unique", "added")
        .goes_unweighed("blocks", "the collation GERMAN is the application's own");
    let case = Case::new(
        old,
        "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(id INTEGER PRIMARY KEY REFERENCES p, n TEXT);",
    );
    case.said("foreign_key", "added")
        .goes_unweighed("blocks", "the table “p” is new, and what it will hold is not known");
}

#[test]
fn orphans_are_found_by_the_parents_type_and_collation() {
    let old = "CREATE TABLE p(id INTEGER PRIMARY KEY, code TEXT); INSERT INTO p VALUES(1,'a'),(2,'B');
        CREATE TABLE t(id INTEGER PRIMARY KEY, p, code TEXT); INSERT INTO t VALUES(1,1,'A'),(2,'2','b'),(3,3,'a'),(4,NULL,'c'),(5,'x',NULL);";
    let case = Case::new(
        old,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, code TEXT); CREATE TABLE t(id INTEGER PRIMARY KEY, p REFERENCES p, code TEXT);",
    );
    case.said("foreign_key", "added")
        .is("blocks", 2, 5, "2 of the 5 rows refer to rows of “p” that are not there.")
        .shows(&["id = 3: 3", "id = 5: “x”"]);
    // The old table has no index on the code, and another collation.
    let case = Case::new(
        old,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE UNIQUE);
         CREATE TABLE t(id INTEGER PRIMARY KEY, p, code TEXT REFERENCES p(code));",
    );
    case.said("foreign_key", "added")
        .is("blocks", 1, 5, "1 of the 5 rows refers to a row of “p” that is not there.")
        .shows(&["id = 4: “c”"]);
    let case = Case::new(
        &format!("{old} DELETE FROM t WHERE id IN (3, 5);"),
        "CREATE TABLE p(id INTEGER PRIMARY KEY, code TEXT); CREATE TABLE t(id INTEGER PRIMARY KEY, p REFERENCES p, code TEXT);",
    );
    case.said("foreign_key", "added")
        .is("safe", 0, 3, "None of the 3 rows refers to a row of “p” that is not there.");
}

#[test]
fn a_reference_of_several_columns_counts_only_if_none_of_them_is_null() {
    let old = "CREATE TABLE p(a INTEGER, b TEXT, c); INSERT INTO p VALUES(1,'x',0),(1,'y',0),(NULL,'z',0);
        CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
        INSERT INTO t VALUES(1,1,'x'),(2,1,'z'),(3,NULL,'z'),(4,2,NULL),(5,2,'x');";
    let new = "CREATE TABLE p(a INTEGER, b TEXT, c, UNIQUE(b, a));
        CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT, FOREIGN KEY(a, b) REFERENCES p(a, b));";
    Case::new(old, new)
        .said("foreign_key", "added")
        .is("blocks", 2, 5, "2 of the 5 rows refer to rows of “p” that are not there.")
        .shows(&["id = 2: a = 1, b = “z”", "id = 5: a = 2, b = “x”"]);
    let indexed = format!("{old} CREATE UNIQUE INDEX i ON p(b, a);");
    Case::new(&indexed, new)
        .said("foreign_key", "added")
        .shows(&["id = 2: a = 1, b = “z”", "id = 5: a = 2, b = “x”"]);
}
