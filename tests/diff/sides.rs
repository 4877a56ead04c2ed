//! What may stand on the command line: databases, SQL text, payloads and their versions; and that looking at them leaves no trace.

use super::*;
use rusqlite::Connection;

const SQL: &str = "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person VALUES (1, 'Ada');";

#[test]
fn a_database_and_the_text_that_makes_it_are_the_same() {
    let bench = Bench::new();
    database(&bench.path("a.db"), SQL);
    write(&bench.path("a.sql"), format!("\u{feff}-- our schema\r\n{SQL}"));
    let ran = diff([bench.path("a.db"), bench.path("a.sql")]).expect(0);
    assert!(ran.stdout.contains("The schemas are the same."), "{}", ran.stdout);
    let report: Value =
        serde_json::from_str(&diff([bench.path("a.db"), bench.path("a.sql"), "--json".into()]).expect(0).stdout).expect("JSON");
    assert_eq!(report["old"]["rows"], serde_json::json!([["person", 1]]));
    assert!(report["old"]["bytes"].as_u64().is_some_and(|b| b > 0) && report["new"]["bytes"].is_null());
}

#[test]
fn an_application_may_be_at_work() {
    let bench = Bench::new();
    let path = bench.path("live.db");
    let application = Connection::open(&path).expect("a database");
    application.execute_batch(&format!("PRAGMA journal_mode=WAL; {SQL}")).expect("made");
    application
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO person VALUES (2, 'Bob')")
        .expect("written");
    let before = tree(&bench.path(""));
    write(&bench.path("new.sql"), SQL);
    let ran = diff([path.as_os_str(), bench.path("new.sql").as_os_str()]).expect(0);
    assert!(
        ran.stdout.contains("1 table, 1 rows"),
        "what is not committed is not there: {}",
        ran.stdout
    );
    std::fs::remove_file(bench.path("new.sql")).expect("removed");
    assert_eq!(tree(&bench.path("")).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    application.execute_batch("COMMIT").expect("the application goes on");
}

#[test]
fn looking_leaves_nothing() {
    let bench = Bench::new();
    for (name, mode) in [("wal.db", "WAL"), ("delete.db", "DELETE")] {
        database(&bench.path(name), &format!("PRAGMA journal_mode={mode}; {SQL}"));
    }
    let before = tree(&bench.path(""));
    diff([bench.path("wal.db"), bench.path("delete.db")]).expect(0);
    assert_eq!(tree(&bench.path("")), before);
}

#[test]
fn a_folder_that_nobody_may_write_to_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let folder = bench.path("stick #1?");
    database(&folder.join("wal.db"), &format!("PRAGMA journal_mode=WAL; {SQL}"));
    let mode = |mode| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).expect("mode");
    mode(0o555);
    let ran = diff([folder.join("wal.db"), folder.join("wal.db")]);
    mode(0o755);
    assert!(ran.expect(0).stdout.contains("The schemas are the same."));
}

#[test]
fn a_payload_is_its_newest_version_and_each_version_can_be_named() {
    let bench = Bench::new();
    let payload = bench.relief_payload();
    let at = |version: &str| format!("{}@{version}", payload.display());
    let newest = diff([payload.display().to_string(), at("2.0")]).expect(0);
    assert!(newest.stdout.contains("The schemas are the same."), "{}", newest.stdout);
    let report: Value = serde_json::from_str(&diff([at("1.0"), at("2.0"), "--json".into()]).expect(0).stdout).expect("JSON");
    let found = findings(&report);
    for expected in [
        "blocks table removed warehouse",
        "safe table added household",
        "look number changed .user_version",
    ] {
        assert!(found.iter().any(|f| f == expected), "{expected}: {found:?}");
    }
    let site = bench.relief_site("site", "1.1");
    let ran = diff([site.join("data/relief.db").display().to_string(), at("1.1")]).expect(0);
    assert!(ran.stdout.contains("The schemas are the same."), "{}", ran.stdout);
    let ran = diff([at("1.0"), at("1.7")]).expect(20);
    assert!(ran.stderr.contains("knows no version 1.7, but 1.0, 1.1, 2.0"), "{}", ran.stderr);
    let ran = diff([at("1.0"), at("1.1"), "--database".into(), "mian".into()]).expect(20);
    assert!(ran.stderr.contains("Did you mean “main”?"), "{}", ran.stderr);
}

#[test]
fn what_a_payload_masks_differs_by_site() {
    let bench = Bench::new();
    let payload = bench.mini_payload();
    replace(
        &payload.join("holdfast.toml"),
        "path = \"data/mini.db\"",
        "path = \"data/mini.db\"\nmask = [\"site-[0-9]+\"]",
    );
    let sql = std::fs::read_to_string(payload.join("releases/1.0/main.sql")).expect("main.sql");
    write(
        &payload.join("releases/1.0/main.sql"),
        format!("{sql}\nCREATE TABLE own(a DEFAULT 'site-1');"),
    );
    write(&bench.path("site.sql"), format!("{sql}\nCREATE TABLE own(a DEFAULT 'site-22');"));
    let words = [
        format!("{}@1.0", payload.display()),
        bench.path("site.sql").display().to_string(),
        "--json".into(),
    ];
    let report: Value = serde_json::from_str(&diff(words).expect(0).stdout).expect("JSON");
    assert_eq!(findings(&report), ["safe default changed own.a by site"]);
    let (old, new) = ("CREATE TABLE own(a DEFAULT 'k1')", "CREATE TABLE own(a DEFAULT 'k2')");
    assert_eq!(
        findings(&report_with(old, new, &["--mask", "k[0-9]"])),
        ["safe default changed own.a by site"]
    );
    assert_eq!(findings(&report_with(old, new, &[])), ["safe default changed own.a"]);
}

#[test]
fn functions_collations_and_modules_of_the_application_are_read_from_the_text() {
    let old = "CREATE TABLE t(a TEXT COLLATE klingon, CHECK (is_word(a))); CREATE VIRTUAL TABLE x USING spellfix1(one);";
    let new = "CREATE TABLE t(a TEXT COLLATE vulcan, CHECK (is_word(a, 2))); CREATE VIRTUAL TABLE x USING spellfix1(two); CREATE INDEX i ON t(sound(a));";
    let expected = [
        "blocks check added t.is_word(a, 2)",
        "look collation changed t.a",
        "look table changed x",
        "safe check removed t.is_word(a)",
        "safe index added t.i",
    ];
    assert_eq!(findings(&report(old, new)), expected);
    // The same, written by an application that knows them.
    let bench = Bench::new();
    let path = bench.path("app.db");
    let application = Connection::open(&path).expect("a database");
    application
        .execute_batch("CREATE TABLE t(a TEXT, CHECK (a)); PRAGMA writable_schema=ON;")
        .expect("made");
    let text = "CREATE TABLE t(a TEXT COLLATE klingon, CHECK (is_word(a)))";
    application.execute("UPDATE sqlite_schema SET sql = ?1", [text]).expect("changed");
    let module = "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, 'CREATE VIRTUAL TABLE x USING spellfix1(one)')";
    application.execute_batch(module).expect("changed");
    drop(application);
    write(&bench.path("old.sql"), old);
    let ran = diff([path.as_os_str(), bench.path("old.sql").as_os_str()]).expect(0);
    assert!(ran.stdout.contains("The schemas are the same."), "{}", ran.stdout);
}
