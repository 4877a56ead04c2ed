//! An import that fails: it is said why, and the database is byte for byte as it was.

use crate::desk::*;
use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::io::Write;

const PLAN: &str = "[[file]]\nfile = \"t.json\"\ntable = \"town\"";
const ROWS: &str = r#"[{"id": 2, "name": "Bonn"}]"#;

#[test]
fn what_is_no_zip_or_a_damaged_one_is_refused() {
    let small = Small::new();
    let whole = fs::read(&small.zip).expect("a zip");
    let damaged = |bytes: &[u8], said: &[&str]| {
        fs::write(&small.zip, bytes).expect("written");
        small.refused(&[], 20, said);
    };
    damaged(b"", &["it is no zip, or it is cut off", "BUNDLE:DAMAGED", "Nothing was changed."]);
    damaged(b"this is some text", &["it is no zip"]);
    damaged(&whole[..whole.len() - 30], &["it is no zip, or it is cut off"]);
    // The rows are the last thing before the list of files, which begins with these bytes.
    let list = whole.windows(4).position(|w| w == b"PK\x01\x02").expect("a list of files");
    for at in [list - 3, list - 12] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        damaged(&bytes, &["“migrations/2.0/10-towns.load/t.json” cannot be read", "Copy it again"]);
    }
    fs::remove_file(&small.zip).expect("removed");
    small.refused(&[], 2, &["cannot be opened"]);
    fs::create_dir(&small.zip).expect("a folder");
    small.refused(&[], 20, &["is damaged"]);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let small = Small::new();
    let load = "migrations/2.0/10-towns.load";
    for (name, said) in [
        ("../../x.json", "“..”, “.” and empty parts"),
        ("/etc/x.json", "only relative paths"),
        ("migrations/2.0/10-towns.load/../../../x.json", "“..”, “.” and empty parts"),
        ("migrations\\2.0\\x.load\\t.json", "only relative paths"),
        ("migrations/2.0/10-towns.load/nul.json", "reserves that name"),
        ("migrations/2.0/10-towns.load/T.JSON", "one and the same on Windows"),
    ] {
        let files = [
            (&*format!("{load}/load.toml"), PLAN),
            (&*format!("{load}/t.json"), ROWS),
            (name, "x"),
        ];
        zip(&small.zip, &files);
        small.refused(&[], 20, &[said, "BUNDLE:NAME"]);
    }
    let mut archive = zip::ZipWriter::new(fs::File::create(&small.zip).expect("a file"));
    let options = zip::write::SimpleFileOptions::default();
    archive
        .add_symlink(format!("{load}/t.json"), "/etc/passwd", options)
        .expect("a link");
    archive.start_file(format!("{load}/load.toml"), options).expect("an entry");
    archive.write_all(PLAN.as_bytes()).expect("written");
    archive.finish().expect("a zip");
    small.refused(&[], 20, &["is a link; only files can be imported"]);
}

#[test]
fn a_zip_of_another_form_is_refused() {
    let small = Small::new();
    let load = "migrations/2.0/10-towns.load";
    let (plan, rows) = (format!("{load}/load.toml"), format!("{load}/t.json"));
    let refused = |files: &[(&str, &str)], said: &str| {
        zip(&small.zip, files);
        small.refused(&[], 20, &[said, "PAYLOAD:INVALID"]);
    };
    refused(&[], "there is no data load in it");
    refused(&[(&plan, PLAN)], "t.json” is missing, and load.toml names it");
    refused(&[(&rows, ROWS)], "load.toml” is missing");
    refused(
        &[(&plan, PLAN), (&rows, ROWS), (&format!("{load}/more.json"), ROWS)],
        "more.json” is named by no [[file]]",
    );
    refused(&[("migration/2.0/10-towns.load/load.toml", PLAN)], "did you mean “migrations”?");
    refused(
        &[("migrations/2.0/10-towns.sql", "SELECT 1")],
        "is not of the form migrations/VERSION/NAME.load/FILE",
    );
    refused(
        &[("migrations/two/10-towns.load/load.toml", PLAN)],
        "“migrations/two/10-towns.load/load.toml”",
    );
    refused(&[(&plan, "[[fil]]\nfile = 't.json'"), (&rows, ROWS)], "load.toml");
}

#[test]
fn what_does_not_fit_the_database_is_named() {
    let small = Small::new();
    for (plan, rows, said) in [
        (
            PLAN.replace("town", "twon"),
            ROWS,
            "there is no table “twon” (did you mean “town”?). Correct the zip or the database, then import again.",
        ),
        (
            PLAN.to_owned(),
            r#"[{"id": 3, "nam": "x"}]"#,
            "column “nam” is none of the table's (did you mean “name”?)",
        ),
        (
            PLAN.to_owned(),
            r#"[{"id": 3, "name": "a"}, {"id": 4, "name": "Ulm"}]"#,
            "row 2 (line 1) of table “town”, key id = 4: column “name” is Ulm",
        ),
        (PLAN.to_owned(), r#"[{"id": 3, "name": null}]"#, "column “name” must not be empty"),
        (PLAN.to_owned(), r#"[{"id": 3, "name": "a"}"#, "t.json"),
        (
            PLAN.replace("town", "person"),
            r#"[{"id": 3, "town": 99}]"#,
            "refers to a row of “town” that is not there: 99",
        ),
        (
            PLAN.replace("town", "sqlite_schema"),
            ROWS,
            "“sqlite_schema” is no table of the application",
        ),
    ] {
        small.load(&plan, rows);
        small.refused(&[], 30, &[said, "The database is as before."]);
    }
    // With JSON the failure is for machines as well.
    small.load(PLAN, r#"[{"id": 1, "name": "x"}]"#);
    let said = json(&small.import(&["--json"]).expect(30));
    assert_eq!(said["state"], "restored");
    assert_eq!(said["failures"][0]["reason"], "ROW:REJECTED");
    assert_eq!(
        (&said["failures"][0]["fields"]["table"], &said["failures"][0]["fields"]["row"]),
        (&"town".into(), &1.into())
    );
}

#[test]
fn triggers_that_take_rows_away_are_noticed() {
    let small = Small::new();
    database(
        &small.database,
        "CREATE TRIGGER g AFTER INSERT ON town BEGIN DELETE FROM person; END",
    );
    small.refused(&[], 30, &["1 of 1 rows of the table “person” went", "ROWS:LOST"]);
}

#[test]
fn a_database_that_cannot_be_worked_on_is_refused() {
    let small = Small::new();
    let open = Connection::open(&small.database).expect("a database");
    small.refused(&[], 50, &["is in use by", "APPLICATION:RUNNING"]);
    open.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    // The file is not read here: on this system that would end this process's lock.
    let ran = small.import(&[]).expect(50);
    assert!(ran.stderr.contains("DATABASE:BUSY"), "{}", ran.stderr);
    open.execute_batch("ROLLBACK").expect("unlocked");
    drop(open);
    fs::write(
        &small.database,
        "this is no database, and it is long enough for one to look twice at it",
    )
    .expect("written");
    small.refused(&[], 20, &["is not a database", "DATABASE:INVALID"]);
    fs::remove_file(&small.database).expect("removed");
    let ran = small.import(&[]).expect(20);
    assert!(ran.stderr.contains("DATABASE:MISSING"), "{}", ran.stderr);
    let ran = import(&small.zip, &small.bench.path("no/such/folder/x.db"), &[]).expect(20);
    assert!(ran.stderr.contains("There is no database"), "{}", ran.stderr);
}

#[test]
fn a_damaged_database_is_refused_before_anything_is_begun() {
    let small = Small::new();
    database(&small.database, "CREATE INDEX i ON person(name)");
    let connection = Connection::open(&small.database).expect("a database");
    connection
        .execute_batch("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON person(town)' WHERE name = 'i'")
        .expect("an index over another column");
    drop(connection);
    small.refused(&[], 20, &["was damaged before this import", "DATABASE:CORRUPT"]);
}

#[test]
fn an_unfinished_update_of_the_application_comes_first() {
    let small = Small::new();
    write(&small.bench.path("app/.holdfast/journal.jsonl"), "");
    small.refused(&[], 50, &["An update of the application", "UPDATE:RUNNING"]);
    fs::remove_dir_all(small.bench.path("app/.holdfast")).expect("removed");
    write(&small.bench.path("app/.holdfast-small.db/new/small.db"), "");
    let ran = small.import(&[]).expect(50);
    assert!(ran.stderr.contains("UPDATE:RUNNING"), "{}", ran.stderr);
    assert_eq!(ask(&small.database, "SELECT count(*) FROM town"), "1");
}
