//! What is read of a schema, part by part. Whole files are read by the tests of `holdfast diff`.

use super::*;
use rusqlite::Connection;

fn definition(sql: &str) -> Definition {
    let script = script::Script::new(sql);
    let connection = script.run(std::path::Path::new("test.sql")).expect(sql);
    let mut definition = read(&connection).expect("a schema");
    script.annotate(&mut definition);
    definition
}

#[test]
fn all_that_a_table_says_is_read() {
    let read = definition(
        "CREATE TABLE p(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b, UNIQUE (a, b COLLATE nocase));
         CREATE TABLE t(
           \"first\" TEXT COLLATE nocase NOT NULL DEFAULT 'It''s' CONSTRAINT long CHECK (length(\"first\") < 5 /* , ) */ AND \"first\" <> \"Five\"),
           p REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
           a, b, sum INT GENERATED ALWAYS AS ( a + B ) STORED, way AS (lower(b)),
           PRIMARY KEY (\"first\" DESC, a), FOREIGN KEY (a, b) REFERENCES p(a, b) NOT DEFERRABLE INITIALLY DEFERRED, CHECK (a > b)
         ) WITHOUT ROWID;
         CREATE UNIQUE INDEX i ON t(lower(b) COLLATE nocase DESC, a) WHERE b IS NOT NULL -- last
         ;",
    );
    let p = read.table("P").expect("p");
    assert!(p.autoincrement && p.rowid_column.as_deref() == Some("id") && p.key[0].text == "id");
    let parts: Vec<_> = p.uniques[0].parts.iter().map(|p| (p.text.as_str(), p.collation.as_str())).collect();
    assert_eq!(parts, [("a", "BINARY"), ("b", "NOCASE")]);
    let t = read.table("t").expect("t");
    let first = t.column("FIRST").expect("first");
    assert_eq!(
        (first.collation.as_str(), first.default.as_deref(), first.not_null),
        ("NOCASE", Some("'It''s'"), true)
    );
    let checks: Vec<_> = t.checks.iter().map(|c| (c.name.as_deref(), c.expression.as_str())).collect();
    assert_eq!(checks, [(Some("long"), "length(first)<5 and first<>'Five'"), (None, "a>b")]);
    assert_eq!(t.checks[0].sql, "length(\"first\") < 5   AND \"first\" <> \"Five\"");
    let rules: Vec<_> = t
        .columns
        .iter()
        .filter_map(|c| c.generated.as_ref().map(|g| (c.name.as_str(), g.expression.as_str(), g.stored)))
        .collect();
    assert_eq!(rules, [("sum", "a+b", true), ("way", "lower(b)", false)]);
    let keys: Vec<_> = t
        .foreign_keys
        .iter()
        .map(|k| (k.columns.join(","), k.on_delete.as_str(), k.deferred))
        .collect();
    assert_eq!(keys, [("p".to_owned(), "CASCADE", true), ("a,b".to_owned(), "NO ACTION", false)]);
    assert!(t.without_rowid && t.key[0].descending && !t.key[1].descending);
    let index = &t.indexes[0];
    assert_eq!(
        (
            index.parts[0].text.as_str(),
            index.parts[0].is_expression,
            index.parts[0].descending
        ),
        ("lower(b)", true, true)
    );
    assert_eq!(
        (index.parts[0].collation.as_str(), index.filter.as_deref()),
        ("NOCASE", Some("b is not null"))
    );
}

#[test]
fn annotations_around_a_statement_are_its_tables() {
    let read = definition(
        "-- @renamed from=a\nCREATE TABLE /* x */ b( -- @one\n c, -- @two\n d); -- @three\n-- @four\nCREATE VIEW v AS SELECT 1; -- @five\n-- @six\nCREATE TABLE e(f)",
    );
    let words = |annotations: &[Annotation]| annotations.iter().map(|a| a.word.clone()).collect::<Vec<_>>();
    let b = read.table("b").expect("b");
    assert_eq!(words(&b.annotations), ["renamed", "one", "three"]);
    assert_eq!((b.annotations[0].value("from"), b.annotations[0].line), (Some("a"), 0));
    assert_eq!(words(&b.column("c").expect("c").annotations), ["two"]);
    assert_eq!(words(&read.table("e").expect("e").annotations), ["six"]);
}

#[test]
fn what_this_sqlite_does_not_know_is_read_from_the_text() {
    let read = definition(
        "CREATE TABLE t(a TEXT COLLATE klingon CHECK (is_word(a)), b AS (twice(a, 2)));
         CREATE INDEX i ON t(soundslike(a));
         CREATE VIRTUAL TABLE x USING spellfix1(edit = 'one, two');
         CREATE TABLE after(a);",
    );
    let t = read.table("t").expect("t");
    assert_eq!(
        (t.columns[0].collation.as_str(), t.checks.len(), t.indexes.len()),
        ("KLINGON", 1, 1)
    );
    let module = TableKind::Virtual {
        module: "spellfix1".to_owned(),
        arguments: "edit = 'one, two'".to_owned(),
    };
    assert_eq!(read.table("x").expect("x").kind, module);
    assert!(read.table("after").is_some());
}

#[test]
fn tables_that_are_nobodys_affair_are_left_out() {
    let read = definition(
        "CREATE TABLE holdfast_ledger(a); CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT); CREATE VIRTUAL TABLE f USING fts5(a, content='t');
         CREATE TABLE f_content(x); INSERT INTO t VALUES (1); ANALYZE; CREATE TRIGGER g AFTER INSERT ON holdfast_ledger BEGIN SELECT 1; END",
    );
    let names: Vec<_> = read.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["t", "f", "f_content"]);
    assert!(read.triggers.is_empty());
}

#[test]
fn a_dump_is_a_schema_too() {
    let read = definition(
        "PRAGMA foreign_keys=OFF; BEGIN TRANSACTION; CREATE TABLE t(a); INSERT INTO t VALUES('-- @x');
         PRAGMA writable_schema=ON;
         INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','f','f',0,'CREATE VIRTUAL TABLE f USING fts5(t)');
         CREATE TABLE IF NOT EXISTS 'f_data'(id INTEGER PRIMARY KEY, block BLOB);
         PRAGMA writable_schema=OFF; COMMIT;",
    );
    assert_eq!(read.tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["t", "f"]);
}

#[test]
fn an_error_names_file_line_and_statement() {
    let script = script::Script::new("CREATE TABLE a(b);\n\nCREATE TABLE c(\n d INT,\n e INT f g NOPE,,\n h);");
    let error = script.run(std::path::Path::new("x.sql")).expect_err("an error");
    assert!(
        error.message.contains("“x.sql”, line 5") && error.message.contains("CREATE TABLE c( d INT"),
        "{}",
        error.message
    );
    for sql in ["ATTACH 'x.db' AS y", "CREATE TABLE a(b); VACUUM INTO 'x.db'"] {
        let script = script::Script::new(sql);
        assert!(script.run(std::path::Path::new("x.sql")).is_err(), "{sql}");
    }
    let connection = Connection::open_in_memory().expect("memory");
    assert_eq!(read(&connection).expect("nothing"), Definition::default());
}
