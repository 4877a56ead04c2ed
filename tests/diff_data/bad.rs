//! Databases that are not as one wishes them.

use crate::weighed::Case;
use std::fs;

#[test]
fn a_damaged_page_ends_with_the_name_of_the_table() {
    let mut old = String::from(
        "PRAGMA page_size=512; CREATE TABLE fine(a); INSERT INTO fine VALUES(1); CREATE TABLE hurt(id INTEGER PRIMARY KEY, a TEXT);",
    );
    for n in 0..200 {
        old += &format!("INSERT INTO hurt(a) VALUES('{}');", format!("{n:03}").repeat(50));
    }
    let case = Case::new(
        &old,
        "CREATE TABLE fine(a); CREATE TABLE hurt(id INTEGER PRIMARY KEY, a TEXT NOT NULL);",
    );
    let mut bytes = fs::read(&case.old).expect("the database");
    let at = bytes.len() / 2 / 512 * 512;
    bytes[at..at + 512].fill(0xff);
    fs::write(&case.old, bytes).expect("the database");
    let ran = case.run(&[]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("damaged") && ran.stderr.contains("“hurt”"), "{ran:?}");
}

#[test]
fn text_that_is_no_utf_8_or_holds_nul_is_weighed_like_any_other() {
    let old = "CREATE TABLE t(k PRIMARY KEY, n TEXT);
        INSERT INTO t VALUES(CAST(x'ff61' AS TEXT), CAST(x'ff' AS TEXT)),(CAST(x'610062' AS TEXT), CAST(x'3700' AS TEXT)),(x'00', '9');";
    let case = Case::new(old, "CREATE TABLE t(k PRIMARY KEY, n INTEGER NOT NULL CHECK (n <> 8) UNIQUE);");
    // To this SQLite a text that ends in NUL may be a number.
    case.said("type", "changed")
        .is(
            "blocks",
            1,
            3,
            "1 of the 3 rows has a value in “n” that would become another one. \
             1 of the 3 rows has a value in “n” that is not of the new type and is kept as it is.",
        )
        .shows(&["k = “a\\0b”: “7\\0” → 7", "k = “\u{fffd}a”: “\u{fffd}”"]);
    case.said("unique", "added")
        .is("safe", 0, 3, "None of the 3 rows repeats “n” of another.");
    case.said("check", "added")
        .is("safe", 0, 3, "None of the 3 rows does not fulfil it.");
}

#[test]
fn names_of_any_kind_are_weighed() {
    let old = r#"CREATE TABLE "a ""b"" [c]"("x y" TEXT, "rowid" INTEGER, "select" TEXT);
        INSERT INTO "a ""b"" [c]" VALUES(NULL, 1, 'p'),('1', 1, 'P');"#;
    let new = r#"CREATE TABLE "a ""b"" [c]"("x y" TEXT NOT NULL, "rowid" INTEGER UNIQUE, "select" TEXT CHECK ("select" = 'p'));"#;
    let case = Case::new(old, new);
    case.said("nullability", "changed")
        .is("blocks", 1, 2, "1 of the 2 rows has NULL in “x y”.")
        .shows(&["rowid = 1: NULL"]);
    case.said("unique", "added")
        .is("blocks", 1, 2, "1 of the 2 rows repeats “rowid” of another.");
    case.said("check", "added").shows(&["rowid = 2: “P”"]);
}

#[test]
fn a_database_in_use_is_read_as_it_stands() {
    let old = "PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES(1,NULL);";
    let case = Case::new(old, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL);");
    let application = rusqlite::Connection::open(&case.old).expect("the database");
    application
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES(2,NULL)")
        .expect("a row that nobody else sees");
    case.said("nullability", "changed")
        .is("blocks", 1, 1, "The only row has NULL in “name”.");
}
