//! What random databases, and reading with them in mind, brought to light; each case as small as it gets.

use super::*;
use holdfast::failure::Reason;

fn made(sql: &str) -> Connection {
    let connection = memory();
    connection.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    connection
}

fn refused(old: &str, schema: &str) -> Failure {
    match reshaped(&made(old), schema, &Mapping::default()) {
        Ok(_) => panic!("“{old}” was reshaped to “{schema}”"),
        Err(failure) => failure,
    }
}

#[test]
fn a_conflict_clause_of_the_new_schema_loses_no_row() {
    for clause in ["IGNORE", "REPLACE"] {
        let failure = refused(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'a')",
            &format!("CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT UNIQUE ON CONFLICT {clause})"),
        );
        assert_eq!(
            (failure.reason, failure.fields["key"].as_str()),
            (Reason::RowRejected, Some("id = 2")),
            "{failure}"
        );
    }
    let failure = refused(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT); INSERT INTO t VALUES (1, NULL)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x')",
    );
    assert_eq!(failure.reason, Reason::RowRejected, "{failure}");
}

#[test]
fn the_row_that_a_new_unique_index_does_not_take_is_named() {
    let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, n); INSERT INTO t VALUES (1, 'a', 1), (5, 'b', 0), (7, 'A', 0), (9, 'a', 1)";
    for (index, key) in [
        ("CREATE UNIQUE INDEX i ON t(k)", "id = 9"),
        ("CREATE UNIQUE INDEX i ON t(k COLLATE NOCASE)", "id = 7"),
        ("CREATE UNIQUE INDEX i ON t(lower(k))", "id = 7"),
        ("CREATE UNIQUE INDEX i ON t(n) WHERE n > 0", "id = 9"),
    ] {
        let failure = refused(old, &format!("CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, n); {index}"));
        assert_eq!(failure.reason, Reason::RowRejected, "{failure}");
        assert_eq!(
            (failure.fields["table"].as_str(), failure.fields["key"].as_str()),
            (Some("t"), Some(key)),
            "{failure}"
        );
    }
}

#[test]
fn null_gets_no_key_that_nobody_asked_for() {
    let failure = refused(
        "CREATE TABLE t(id INTEGER, k); INSERT INTO t VALUES (NULL, 1)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, k)",
    );
    assert_eq!(
        (failure.reason, failure.fields["column"].as_str()),
        (Reason::RowRejected, Some("id")),
        "{failure}"
    );
}

#[test]
fn names_that_differ_in_a_letter_beyond_ascii_are_two_columns() {
    let failure = refused("CREATE TABLE t(\"é\", \"É\"); INSERT INTO t VALUES (1, 2)", "CREATE TABLE t(\"é\")");
    assert_eq!(
        (failure.reason, failure.fields["column"].as_str()),
        (Reason::RowsLost, Some("É")),
        "{failure}"
    );
}

#[test]
fn the_column_of_a_refused_value_is_the_right_one() {
    let failure = refused(
        "CREATE TABLE t(b, \"b c\"); INSERT INTO t VALUES (1, NULL)",
        "CREATE TABLE t(b, \"b c\" NOT NULL)",
    );
    assert_eq!(failure.fields["column"], "b c", "{failure}");
}

#[test]
fn a_comment_at_the_end_of_a_view_ends_there() {
    let old = made("CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t -- all");
    old.execute_batch("CREATE VIEW w AS SELECT a FROM t").expect("a view");
    assert_same(&as_it_was(&old), &old);
}

#[test]
fn a_counter_that_is_text_or_null_stays_a_counter() {
    let old = made(
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE u(id INTEGER PRIMARY KEY AUTOINCREMENT);
         INSERT INTO t DEFAULT VALUES; INSERT INTO u DEFAULT VALUES;
         UPDATE sqlite_sequence SET seq = '70' WHERE name = 't'; UPDATE sqlite_sequence SET seq = NULL WHERE name = 'u'",
    );
    let new = as_it_was(&old);
    let found = rows(&new, "SELECT seq FROM sqlite_sequence ORDER BY name");
    assert_eq!(found, [[Value::Integer(70)], [Value::Integer(1)]]);
}

#[test]
fn a_text_that_a_floating_point_number_cannot_hold_is_refused() {
    let failure = refused(
        "CREATE TABLE t(n TEXT); INSERT INTO t VALUES ('9007199254740993')",
        "CREATE TABLE t(n REAL)",
    );
    assert_eq!(failure.reason, Reason::RowRejected, "{failure}");
}

#[test]
fn rows_keep_their_order_where_columns_hide_the_rowid() {
    let old = made(
        "CREATE TABLE t(rowid, _rowid_, oid, wide TEXT, wider TEXT); CREATE INDEX i ON t(rowid, _rowid_, oid);
         INSERT INTO t VALUES (3, 0, 0, NULL, NULL), (1, 0, 0, NULL, NULL)",
    );
    let (new, _) = reshaped(&old, "CREATE TABLE t(rowid, _rowid_, oid)", &Mapping::default()).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(
        rows(&new, "SELECT rowid FROM t NOT INDEXED"),
        [[Value::Integer(3)], [Value::Integer(1)]]
    );
}

#[test]
fn a_full_text_index_over_a_view_is_built() {
    let old = made(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (4, 'word');
         CREATE VIEW v AS SELECT id, a FROM t; CREATE VIRTUAL TABLE f USING fts5(a, content = 'v', content_rowid = 'id');",
    );
    let new = as_it_was(&old);
    assert_eq!(rows(&new, "SELECT rowid FROM f('word')"), [[Value::Integer(4)]]);
}

#[test]
fn a_full_text_index_keeps_its_settings() {
    let old =
        made("CREATE VIRTUAL TABLE f USING fts5(a, b); INSERT INTO f(f, rank) VALUES ('rank', 'bm25(10.0, 5.0)'), ('secure-delete', 1);");
    let settings = "SELECT k, v FROM f_config ORDER BY k";
    assert_eq!(rows(&as_it_was(&old), settings), rows(&old, settings));
}

#[test]
fn a_table_called_like_the_content_of_its_full_text_index_keeps_its_rows() {
    let old = made(
        "CREATE TABLE f_content(id INTEGER PRIMARY KEY, a); INSERT INTO f_content VALUES (4, 'word');
         CREATE VIRTUAL TABLE f USING fts5(a, content = 'f_content', content_rowid = 'id'); INSERT INTO f(f) VALUES ('rebuild');",
    );
    let new = as_it_was(&old);
    assert_eq!(rows(&new, "SELECT * FROM f_content"), rows(&old, "SELECT * FROM f_content"));
    assert_eq!(rows(&new, "SELECT rowid FROM f('word')"), [[Value::Integer(4)]]);
}
