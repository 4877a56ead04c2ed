//! What a mapping can say, rule by rule: each reshape is run on a small database, and what comes out is looked at.

use holdfast::payload::parse_mapping;
use holdfast::report::Nobody;
use holdfast::reshape::{Reshape, ReshapeReport};
use rusqlite::Connection;
use std::path::Path;

fn reshaped(old: &str, new: &str, mapping: &str) -> Result<(Connection, ReshapeReport), String> {
    let (from, to) = (
        Connection::open_in_memory().expect("memory"),
        Connection::open_in_memory().expect("memory"),
    );
    from.execute_batch(old).expect(old);
    let mapping = parse_mapping(Path::new("mapping.toml"), mapping).map_err(|f| f.message)?;
    let reshape = Reshape {
        step: "2.0/10-test.reshape",
        schema: new,
        mapping: &mapping,
        prepare: &|_| Ok(()),
    };
    let report = reshape.run(&from, &to, &Nobody).map_err(|f| f.to_string())?;
    Ok((to, report))
}

/// What a query gives in the new database.
#[track_caller]
fn gives(old: &str, new: &str, mapping: &str, query: &str, expected: &str) -> ReshapeReport {
    let (found, report) = reshaped(old, new, mapping).expect(mapping);
    let query = format!("SELECT group_concat(line, ' ') FROM ({query})");
    let line: Option<String> = found.query_row(&query, [], |r| r.get(0)).expect(&query);
    assert_eq!(line.as_deref(), Some(expected), "{mapping}");
    report
}

#[track_caller]
fn refuses(old: &str, new: &str, mapping: &str, words: &str) {
    let said = reshaped(old, new, mapping).err().unwrap_or_else(|| panic!("{words}: it was done"));
    assert!(said.contains(words), "{words}: {said}");
}

const OLD: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, n INTEGER);
    INSERT INTO t VALUES (1, 'a', 10), (2, 'b', NULL), (7, 'c', 30);";
const NEW: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, n INTEGER);";
const ALL: &str = "SELECT id || coalesce(s, '-') || coalesce(n, '-') AS line FROM t ORDER BY id";

#[test]
fn values_are_mapped_and_what_is_not_in_the_map_is_asked() {
    gives(
        OLD,
        NEW,
        "table.t.columns.s = { map = { a = 'x', b = 'y', c = 'z' } }",
        ALL,
        "1x10 2y- 7z30",
    );
    gives(
        OLD,
        NEW,
        "table.t.columns.s = { map = { a = 'x' }, other = 'keep' }",
        ALL,
        "1x10 2b- 7c30",
    );
    gives(
        OLD,
        NEW,
        "table.t.columns.s = { map = { a = 'x' }, other = { value = '?' } }",
        ALL,
        "1x10 2?- 7?30",
    );
    gives(
        OLD,
        NEW,
        "table.t.columns.n = { map = { 10 = 11 }, other = 'keep', when_null = 0 }",
        ALL,
        "1a11 2b0 7c30",
    );
    gives(OLD, NEW, "column.s = { map = { a = 'x' }, other = 'keep' }", ALL, "1x10 2b- 7c30");
    refuses(
        OLD,
        NEW,
        "table.t.columns.s = { map = { a = 'x' } }",
        "id = 2 cannot be carried over: its value “b” for “t.s”: the value is not in the map",
    );
    refuses(OLD, NEW, "table.t.columns.s = { from = 's', value = 1 }", "exactly one of");
    refuses(
        OLD,
        NEW,
        "table.t.columns.s = { map = { a = [1] }, other = 'keep' }",
        "no value that a column can hold",
    );
}

#[test]
fn values_come_from_expressions_constants_and_other_tables() {
    let old = &format!("{OLD} CREATE TABLE name (id INTEGER PRIMARY KEY, long TEXT); INSERT INTO name VALUES (10, 'ten'), (30, 'thirty');");
    let drop = "[[drop]]\ntable = 'name'\nreason = 'looked up'\n";
    let look = format!("{drop}[table.t.columns]\ns = {{ sql = '(SELECT long FROM name WHERE id = old.n)' }}");
    refuses(old, NEW, &look, "3 values of the column “t.s”");
    let look = look.replace("long FROM", "old.s || long FROM");
    gives(old, NEW, &look, ALL, "1aten10 2-- 7cthirty30");
    gives(
        old,
        NEW,
        &format!("{drop}[table.t]\ncolumns.n = {{ sql = 'n + length(s)' }}"),
        ALL,
        "1a11 2b- 7c31",
    );
    gives(
        OLD,
        NEW,
        "[[drop]]\ntable = 't'\ncolumn = 'n'\nreason = 'r'\n[table.t.columns]\nn = { value = 5 }",
        ALL,
        "1a5 2b5 7c5",
    );
    refuses(OLD, NEW, "table.t.columns.n = { sql = 'nope(n)' }", "no such function: nope");
    refuses(OLD, NEW, "table.t.columns.n = { sql = \"json('{' || n)\" }", "malformed JSON");
}

#[test]
fn tables_are_split_with_new_keys_and_what_refers_to_them_finds_them() {
    let old = "CREATE TABLE sale (id INTEGER PRIMARY KEY, who TEXT, sum REAL);
        INSERT INTO sale VALUES (1, 'Ada', 1.5), (2, 'Bob', 2.5), (3, 'Ada', 3.5), (4, NULL, 4.5);";
    let new = "CREATE TABLE sale (id INTEGER PRIMARY KEY, who_id INTEGER REFERENCES who, sum REAL); CREATE TABLE who (id INTEGER PRIMARY KEY, name TEXT UNIQUE);";
    let mapping =
        "[table.who]\nfrom = 'sale'\nonly = true\nwhere = 'who IS NOT NULL'\nmatch = ['name']\non_match = 'keep'\ncolumns.name = 'who'
        [table.sale]\ncolumns.who_id = { key_of = 'who', of = 'CASE WHEN who IS NOT NULL THEN id END' }";
    let query = "SELECT s.id || coalesce(name, '-') || sum AS line FROM sale s LEFT JOIN who w ON w.id = who_id ORDER BY s.id";
    let report = gives(old, new, mapping, query, "1Ada1.5 2Bob2.5 3Ada3.5 4-4.5");
    let who = report.sources.iter().find(|s| s.table == "who").expect("a source");
    assert_eq!((who.read, who.written, who.matched), (3, 2, 1));
    refuses(
        old,
        new,
        &mapping.replace("on_match = 'keep'", "on_match = 'stop'"),
        "id = 3 cannot be carried over",
    );
    refuses(
        old,
        new,
        &mapping.replace(", of = 'CASE WHEN who IS NOT NULL THEN id END'", ""),
        "no row of “who” came from that row of “sale”",
    );
}

#[test]
fn tables_are_merged_by_a_rule_for_rows_that_meet() {
    let old = "CREATE TABLE a (id INTEGER PRIMARY KEY, mail TEXT, name TEXT); INSERT INTO a VALUES (1, 'x@', NULL), (2, 'y@', 'Y');
        CREATE TABLE b (id INTEGER PRIMARY KEY, mail TEXT, name TEXT); INSERT INTO b VALUES (1, 'x@', 'X'), (2, 'z@', 'Z');";
    let new = "CREATE TABLE c (id INTEGER PRIMARY KEY, mail TEXT, name TEXT);";
    let merge = |on_match: &str| {
        format!(
            "[[table.c]]\nfrom = 'a'\n[[table.c]]\nfrom = 'b'\nmatch = ['mail']\non_match = '{on_match}'\ncolumns.id = {{ new_key = true }}"
        )
    };
    let all = "SELECT id || mail || coalesce(name, '-') AS line FROM c ORDER BY id";
    gives(old, new, &merge("keep"), all, "1x@- 2y@Y 3z@Z");
    gives(old, new, &merge("fill"), all, "1x@X 2y@Y 3z@Z");
    gives(old, new, &merge("update"), all, "1x@X 2y@Y 3z@Z");
    refuses(old, new, &merge("stop"), "another row has the same values");
    let without = merge("keep").replace("match = ['mail']\n", "");
    refuses(old, new, &without, "has `on_match` and no `match`");
    let keys = "[[table.c]]\nfrom = 'a'\n[[table.c]]\nfrom = 'b'\n";
    refuses(old, new, keys, "UNIQUE constraint failed: c.id");
}

#[test]
fn rows_come_from_queries_and_what_a_filter_leaves_must_be_declared() {
    let new = "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, n INTEGER); CREATE TABLE colour (name TEXT);";
    let query = "[table.colour]\nquery = \"SELECT 'red' AS name UNION SELECT 'blue'\"";
    gives(OLD, new, query, "SELECT name AS line FROM colour", "blue red");
    refuses(
        OLD,
        new,
        &query.replace("SELECT 'red'", "SELEKT 'red'"),
        "the query of “colour” cannot be read",
    );
    refuses(OLD, NEW, "table.t.where = 'n > 10'", "2 rows of the table “t”");
    let report = gives(
        OLD,
        NEW,
        "[table.t]\nwhere = 'n > 10'\n[[drop]]\ntable = 't'\nreason = 'too few'",
        ALL,
        "7c30",
    );
    let account = &report.accounts[0];
    assert_eq!(
        (account.before, account.after, account.left, account.dropped.as_deref()),
        (3, 1, 2, Some("too few"))
    );
}

#[test]
fn literals_that_a_site_made_for_itself_stay_its_own() {
    let form = |uuid: &str| format!("CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT DEFAULT 'urn:uuid:{uuid}');");
    let (_, report) = reshaped(&form("1234-ab"), &form("9999-ff"), "mask = ['urn:uuid:[0-9a-f-]+']").expect("done");
    assert!(report.sources.iter().all(|s| s.read == 0));
    gives(
        &form("1234-ab"),
        &form("9999-ff"),
        "mask = ['urn:uuid:[0-9a-f-]+']",
        "SELECT dflt_value AS line FROM pragma_table_info('t') WHERE name = 'u'",
        "'urn:uuid:1234-ab'",
    );
    gives(
        &form("1234-ab"),
        &form("9999-ff"),
        "",
        "SELECT dflt_value AS line FROM pragma_table_info('t') WHERE name = 'u'",
        "'urn:uuid:9999-ff'",
    );
}

#[test]
fn what_sqlite_makes_of_a_value_is_taken_when_it_is_said() {
    let old = "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, '007'), (2, '42');";
    let new = "CREATE TABLE t (id INTEGER PRIMARY KEY, s INTEGER);";
    let all = "SELECT id || typeof(s) || s AS line FROM t";
    refuses(old, new, "", "“007” for “t.s”");
    gives(old, new, "table.t.columns.s = { convert = true }", all, "1integer7 2integer42");
    gives(
        old,
        new,
        "table.t.columns.s = { sql = \"ltrim(s, '0')\" }",
        all,
        "1integer7 2integer42",
    );
}
