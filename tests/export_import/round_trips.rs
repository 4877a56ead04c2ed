//! Out of one database and into an empty one of the same schema: everything is as it was.

use crate::desk::*;
use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exports a database, imports it into an empty twin, and compares. Gives the twin.
fn there_and_back(bench: &Bench, old: &Path, words: &[&str], rowids: bool) -> PathBuf {
    let (out, new) = (bench.path("out.zip"), bench.path("twin/new.db"));
    let before = fs::read(old).expect("a database");
    export(old, &out, words).expect(0);
    assert!(fs::read(old).expect("a database") == before, "the export has changed the database");
    fs::create_dir_all(new.parent().expect("a folder")).expect("a folder");
    twin(old, &new);
    import(&out, &new, &[]).expect(0);
    let (was, is) = (rows(old, rowids), rows(&new, rowids));
    assert_eq!(was.len(), is.len());
    for (was, is) in was.iter().zip(&is) {
        assert_eq!(was, is);
    }
    assert_eq!(ask(&new, "PRAGMA integrity_check"), "ok");
    new
}

const VALUES: &str = "
    INSERT INTO \"every type\"(id, i, r, t, b, n, x) VALUES
        (1, 9223372036854775807, 1e308, 'plain', x'00ff', 5, 5.0),
        (2, -9223372036854775808, 9e999, 'a' || char(0) || 'b', x'', 0.1, -0.0),
        (3, 9007199254740993, -9e999, '', zeroblob(100000), 1e18, 9e999),
        (4, 0, 5e-324, 'é😀' || char(65279) || char(127), NULL, '007', CAST(x'61ff00' AS BLOB)),
        (5, NULL, NULL, NULL, NULL, NULL, NULL),
        (6, 1, 1.0, '1e3', '{\"$blob\": \"00\"}', 'text', 'line\r\nline'),
        (7, 'word', 'word', '12', 12, x'31', 12);
    INSERT INTO strict_one VALUES ('k', 1, 2.0, 'x', x'01', 3.0), ('l', -1, 1e300, '', x'', 'any');
    INSERT INTO \"a \"\"quoted\"\" [name]; --\" VALUES ('v', 1);
    INSERT INTO \"CON\" VALUES (1); INSERT INTO \"таблица\" VALUES ('да'), (NULL), ('да');";

const TYPES: &str = "
    CREATE TABLE \"every type\"(id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC, x,
        twice AS (i * 2), stored TEXT AS (t || '!') STORED);
    CREATE TABLE strict_one(k TEXT PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT, WITHOUT ROWID;
    CREATE TABLE \"a \"\"quoted\"\" [name]; --\"(\"a column\" TEXT, \"select\" INT);
    CREATE TABLE \"CON\"(v); CREATE TABLE \"таблица\"(\"колонка\");";

#[test]
fn every_value_of_every_type_comes_back() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    database(&old, TYPES);
    database(&old, VALUES);
    let odd = Connection::open(&old).expect("a database");
    odd.execute_batch("INSERT INTO \"every type\"(id, t, x) VALUES (8, CAST(x'61ff' AS TEXT), CAST(x'fffe00' AS TEXT))")
        .expect("text that is not UTF-8");
    drop(odd);
    there_and_back(&bench, &old, &[], false);
}

#[test]
fn a_database_in_utf_16_comes_back() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    database(&old, &format!("PRAGMA encoding = 'UTF-16le'; {TYPES}"));
    database(&old, VALUES);
    let new = there_and_back(&bench, &old, &[], false);
    assert_eq!(ask(&new, "PRAGMA encoding"), "UTF-16le");
}

#[test]
fn keys_that_refer_in_any_order_and_in_circles_come_back() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    database(
        &old,
        "PRAGMA foreign_keys = OFF;
         CREATE TABLE a_child(id INTEGER PRIMARY KEY, p TEXT REFERENCES z_parent(code));
         CREATE TABLE z_parent(code TEXT PRIMARY KEY, top TEXT REFERENCES z_parent(code) DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE chicken(id INTEGER PRIMARY KEY, e INTEGER REFERENCES egg(id)); CREATE TABLE egg(id INTEGER PRIMARY KEY, c INTEGER REFERENCES chicken(id));
         CREATE TABLE pair(a INT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
         CREATE TABLE half(a INT, b INT, FOREIGN KEY (a, b) REFERENCES pair(a, b));
         INSERT INTO a_child VALUES (1, 'x'), (2, NULL); INSERT INTO z_parent VALUES ('x', 'y'), ('y', 'x');
         INSERT INTO chicken VALUES (1, 2); INSERT INTO egg VALUES (2, 1); INSERT INTO pair VALUES (2, 1), (1, 2); INSERT INTO half VALUES (1, 2), (1, NULL);",
    );
    there_and_back(&bench, &old, &[], true);
    let plan = unzipped(&bench.path("out.zip"), &format!("{STEP}/load.toml"));
    let at = |table: &str| {
        plan.find(&format!("table = \"{table}\""))
            .unwrap_or_else(|| panic!("{table}: {plan}"))
    };
    assert!(at("z_parent") < at("a_child") && at("pair") < at("half"), "{plan}");
}

#[test]
fn numbers_that_were_given_out_stay_given_out() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    database(
        &old,
        "CREATE TABLE visit(id INTEGER PRIMARY KEY AUTOINCREMENT, v); CREATE TABLE never(id INTEGER PRIMARY KEY AUTOINCREMENT);
         INSERT INTO visit VALUES (5, 'five'), (90, 'gone'); DELETE FROM visit WHERE id = 90;",
    );
    let new = there_and_back(&bench, &old, &[], true);
    assert_eq!(ask(&new, "INSERT INTO visit(v) VALUES ('next') RETURNING id"), "91");
}

const TEXTS: &str = "
    CREATE TABLE note(title TEXT, body TEXT);
    CREATE TABLE log(at INTEGER PRIMARY KEY, what TEXT);
    CREATE VIRTUAL TABLE over_note USING fts5(title, body, content=\"note\");
    CREATE VIRTUAL TABLE page USING fts5(text, kind UNINDEXED, tokenize = 'porter');
    CREATE VIRTUAL TABLE old_page USING fts4(text);
    CREATE VIRTUAL TABLE area USING rtree(id, x0, x1, y0, y1, +label);
    CREATE TRIGGER noted AFTER INSERT ON note BEGIN
        INSERT INTO over_note(rowid, title, body) VALUES (new.rowid, new.title, new.body);
        INSERT INTO log(what) VALUES ('note ' || new.title);
        UPDATE note SET body = body || ' (seen)' WHERE rowid = new.rowid;
    END;
    CREATE VIEW titles AS SELECT title FROM note;
    CREATE UNIQUE INDEX by_title ON note(title COLLATE NOCASE) WHERE body IS NOT NULL;
    CREATE INDEX by_length ON note(length(body));
    INSERT INTO note(rowid, title, body) VALUES (10, 'boats', 'red boats'), (70, 'trees', 'green trees');
    INSERT INTO page(rowid, text, kind) VALUES (3, 'running water', 7), (9, 'a well', NULL);
    INSERT INTO old_page(docid, text) VALUES (4, 'an old page');
    INSERT INTO area VALUES (8, 0.1, 0.2, -5, 5, 'here');
    INSERT INTO over_note(over_note) VALUES ('rebuild');";

#[test]
fn full_text_r_trees_and_what_triggers_made_come_back_once() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    database(&old, TEXTS);
    let new = there_and_back(&bench, &old, &[], true);
    assert_eq!(ask(&new, "SELECT rowid FROM over_note WHERE over_note MATCH 'green'"), "70");
    assert_eq!(ask(&new, "SELECT rowid FROM page WHERE page MATCH 'run'"), "3");
    assert_eq!(ask(&new, "SELECT docid FROM old_page WHERE old_page MATCH 'old'"), "4");
    assert_eq!(ask(&new, "SELECT label FROM area WHERE x0 < 1 AND x1 > 0"), "here");
    assert_eq!(ask(&new, "SELECT count(*) FROM log"), "2");
    database(&new, "INSERT INTO note VALUES ('later', '')");
    assert_eq!(ask(&new, "SELECT body FROM note WHERE title = 'later'"), " (seen)");
}

#[test]
fn hidden_rowids_come_back_where_the_schema_speaks_of_them_or_where_they_are_asked_for() {
    let bench = Bench::new();
    let (old, asked) = (bench.path("old.db"), bench.path("asked"));
    let schema = "CREATE TABLE spoken(v); CREATE VIEW s AS SELECT _rowid_ AS id, v FROM spoken; CREATE TABLE silent(code TEXT PRIMARY KEY);
                  INSERT INTO spoken(rowid, v) VALUES (-5, 'a'), (900, 'b'); INSERT INTO silent(rowid, code) VALUES (3, 'x'), (9, 'y');";
    database(&old, schema);
    let new = there_and_back(&bench, &old, &[], false);
    assert_eq!(
        ask(&new, "SELECT group_concat(rowid) FROM (SELECT rowid FROM spoken ORDER BY 1)"),
        "-5,900"
    );
    assert_eq!(
        ask(&new, "SELECT group_concat(rowid) FROM (SELECT rowid FROM silent ORDER BY 1)"),
        "1,2"
    );
    fs::create_dir(&asked).expect("a folder");
    let other = Bench::new();
    let old = other.path("old.db");
    database(&old, schema);
    there_and_back(&other, &old, &["--rowids"], true);
}

#[test]
fn a_log_that_is_not_in_the_file_yet_is_exported_and_left_alone() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    database(&old, "PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    let open = Connection::open(&old).expect("a database");
    open.execute_batch("PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (1, 'only in the log')")
        .expect("a row");
    let log = bench.path("old.db-wal");
    let before = (fs::read(&old).expect("a database"), fs::read(&log).expect("a log"));
    // An application at work, with a transaction that is not over.
    open.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2, 'not yet')")
        .expect("a row");
    export(&old, &bench.path("out.zip"), &[]).expect(0);
    assert!((fs::read(&old).expect("a database"), fs::read(&log).expect("a log")) == before);
    assert_eq!(
        unzipped(&bench.path("out.zip"), &format!("{STEP}/0001-t.jsonl")),
        "{\"id\":1,\"v\":\"only in the log\"}\n"
    );
    open.execute_batch("ROLLBACK; PRAGMA wal_checkpoint(TRUNCATE)").expect("moved");
    drop(open);
    // Nobody is at work, and nothing is left beside the database.
    let before = names(&bench.path(""));
    export(&old, &bench.path("second.zip"), &[]).expect(0);
    assert_eq!(names(&bench.path("")).len(), before.len() + 1, "{before:?}");
    // The journal mode is the database's own.
    let new = bench.path("new.db");
    twin(&old, &new);
    database(&new, "PRAGMA journal_mode = WAL");
    import(&bench.path("second.zip"), &new, &[]).expect(0);
    assert_eq!(ask(&new, "PRAGMA journal_mode"), "wal");
    assert_eq!(rows(&new, true), rows(&old, true));
}

#[test]
fn vaultwarden_comes_back() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    let fixture = project().join("tests/fixtures/vaultwarden/vaultwarden-upgraded.db");
    fs::write(&old, fs::read(fixture).expect("the fixture")).expect("a copy");
    there_and_back(&bench, &old, &[], false);
}

#[test]
fn a_table_of_a_real_schema_comes_back_into_the_empty_database_of_its_release() {
    let bench = Bench::new();
    let fixture = |name: &str| fs::read(project().join("tests/fixtures/vaultwarden").join(name)).expect("the fixture");
    let (old, new) = (bench.path("old.db"), bench.path("new.db"));
    fs::write(&old, fixture("vaultwarden-upgraded.db")).expect("a copy");
    fs::write(&new, fixture("vaultwarden-new-empty.db")).expect("a copy");
    export(&old, &bench.path("out.zip"), &["--exclude", "__diesel*"]).expect(0);
    import(&bench.path("out.zip"), &new, &[]).expect(0);
    let mut was = rows(&old, false);
    was.retain(|row| !row.starts_with("__diesel"));
    let mut is = rows(&new, false);
    is.retain(|row| !row.starts_with("__diesel"));
    assert_eq!(was, is);
}

#[test]
fn eden_comes_back() {
    let bench = Bench::new();
    let old = bench.path("old.db");
    let mut zip = zip::ZipArchive::new(fs::File::open(project().join("tests/fixtures/eden/eden-expected.db.zip")).expect("the fixture"))
        .expect("a zip");
    let mut entry = zip.by_index(0).expect("a database");
    std::io::copy(&mut entry, &mut fs::File::create(&old).expect("a file")).expect("unzipped");
    there_and_back(&bench, &old, &["--rowids"], true);
}

#[test]
fn large_tables_pass_through_little_memory() {
    let bench = Bench::new();
    let (old, new, out) = (bench.path("old.db"), bench.path("new.db"), bench.path("out.zip"));
    let schema = "CREATE TABLE big(id INTEGER PRIMARY KEY, v TEXT);";
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
                INSERT INTO big SELECT i, i || printf('%.*c', 2000, 'x') FROM n;";
    database(&old, schema);
    database(&old, fill);
    database(&new, schema);
    let limited = |words: &[&str]| {
        // Less than the rows take, and room for the program.
        let script = "ulimit -v 250000 && exec \"$0\" \"$@\"";
        run(Command::new("sh").args(["-c", script, HOLDFAST]).args(words)).expect(0);
    };
    assert!(fs::metadata(&old).expect("a database").len() > 290_000_000);
    limited(&["export", text(&old), "--out", text(&out)]);
    limited(&["import", text(&out), "--database", text(&new)]);
    assert_eq!(
        ask(&new, "SELECT count(*) || ' ' || max(id) || ' ' || sum(length(v)) FROM big"),
        ask(&old, "SELECT count(*) || ' ' || max(id) || ' ' || sum(length(v)) FROM big")
    );
}
