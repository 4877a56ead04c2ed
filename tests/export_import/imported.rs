//! An import that succeeds: what it says, what it keeps, what it writes down.

use crate::desk::*;
use crate::support::*;
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn it_says_what_became_of_the_rows_and_keeps_the_old_database() {
    let small = Small::new();
    fs::set_permissions(&small.database, fs::Permissions::from_mode(0o640)).expect("a mode");
    let before = fs::read(&small.database).expect("a database");
    let said = json(&small.import(&["--json"]).expect(0));
    let file = serde_json::json!({"step": "10-towns.load", "file": "t.json", "table": "town", "read": 1, "inserted": 1, "updated": 0, "skipped": 0});
    assert_eq!(said["files"], serde_json::json!([file]));
    let snapshot = Path::new(said["snapshot"].as_str().expect("a path"));
    assert!(fs::read(snapshot).expect("the old database") == before);
    assert_eq!(ask(&small.database, "SELECT group_concat(name) FROM town"), "Ulm,Bonn");
    let mode = fs::metadata(&small.database).expect("a database").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(
        ask(
            &small.database,
            "SELECT group_concat(kind || ' ' || ifnull(table_name, '-') || ' ' || rows_inserted) FROM holdfast_ledger"
        ),
        "load - 0,load town 1"
    );
    assert_eq!(ask(&small.database, "SELECT count(*) FROM holdfast_version"), "0");
    // Everything of Holdfast's is in one folder, and nothing in it is unfinished.
    assert_eq!(names(&small.bench.path("app")), [".holdfast-small.db", "small.db"]);
    assert_eq!(names(&small.bench.path("app/.holdfast-small.db")), [".holdfast", "kept"]);
    let ran = holdfast(&["recover", text(&small.database)]).expect(10);
    assert!(ran.stdout.contains("no unfinished import"), "{}", ran.stdout);
}

#[test]
fn rows_are_put_as_the_plan_or_the_command_line_says() {
    let small = Small::new();
    let rows = r#"[{"id": 1, "name": "Neu-Ulm"}, {"id": 2, "name": "Bonn"}]"#;
    small.load("[[file]]\nfile = \"t.json\"\ntable = \"town\"", rows);
    small.refused(
        &[],
        30,
        &["row 1 (line 1) of table “town”, key id = 1", "The database is as before."],
    );
    small.refused(&["--mode", "update"], 30, &["row 2", "there is no such row to update"]);
    let ran = small.import(&["--mode", "upsert"]).expect(0);
    let line = ran.stdout.lines().find(|l| l.starts_with("town")).unwrap_or_default();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["town", "2", "1", "1", "0", "t.json"]);
    assert!(ran.stdout.contains("The old database is kept as “"), "{}", ran.stdout);
    assert_eq!(ask(&small.database, "SELECT group_concat(name) FROM town"), "Neu-Ulm,Bonn");
}

#[test]
fn tables_are_emptied_only_if_that_is_allowed() {
    let small = Small::new();
    let plan = "clear = [\"town\"]\n[[file]]\nfile = \"t.json\"\ntable = \"town\"";
    small.load(plan, r#"[{"id": 3, "name": "Bonn"}]"#);
    database(&small.database, "DELETE FROM person");
    small.refused(&[], 20, &["empties tables before it loads them: town. Say --clear", "ROWS:LOST"]);
    let ran = small.import(&["--clear"]).expect(0);
    assert!(
        ran.stdout.contains("1 rows of “town” went: 2.0/10-towns.load clears it"),
        "{}",
        ran.stdout
    );
    assert_eq!(ask(&small.database, "SELECT group_concat(id || name) FROM town"), "3Bonn");
    let small = Small::new();
    zip(&small.zip, &[("migrations/2.0/10-none.load/load.toml", "clear = \"all\"")]);
    small.import(&["--clear"]).expect(0);
    assert_eq!(
        ask(
            &small.database,
            "SELECT (SELECT count(*) FROM town) + (SELECT count(*) FROM person)"
        ),
        "0"
    );
}

#[test]
fn several_loads_run_in_the_order_of_versions_and_names_each_in_its_context() {
    let small = Small::new();
    let set = "[context.south]\nset = { town = 7 }\n[[file]]\nfile = \"{context}/p.jsonl\"\ntable = \"person\"";
    zip(
        &small.zip,
        &[
            ("migrations/10.0/10-a.load/load.toml", set),
            ("migrations/10.0/10-a.load/south/p.jsonl", "{\"id\": 5, \"name\": \"Bo\"}\n"),
            ("migrations/9.0/20-b.load/load.toml", "[[file]]\nfile = \"t.csv\"\ntable = \"town\""),
            ("migrations/9.0/20-b.load/t.csv", "id,name\n7,Köln\n"),
        ],
    );
    let said = json(&small.import(&["--json", "--context", "south"]).expect(0));
    let files: Vec<_> = said["files"].as_array().expect("files").iter().map(|f| f["file"].clone()).collect();
    assert_eq!(files, ["t.csv", "south/p.jsonl"]);
    assert_eq!(ask(&small.database, "SELECT town FROM person WHERE id = 5"), "7");
}

#[test]
fn so_many_old_databases_stay_as_were_asked_for() {
    let small = Small::new();
    for n in 2..6 {
        small.load(
            "[[file]]\nfile = \"t.json\"\ntable = \"town\"",
            &format!("[{{\"name\": \"town {n}\"}}]"),
        );
        small.import(&["--keep", "2"]).expect(0);
    }
    assert_eq!(names(&small.bench.path("app/.holdfast-small.db/kept")).len(), 2);
    small.load("[[file]]\nfile = \"t.json\"\ntable = \"town\"", r#"[{"name": "last"}]"#);
    small.import(&[]).expect(0);
    let kept = names(&small.bench.path("app/.holdfast-small.db/kept"));
    assert_eq!(kept.len(), 1);
    let last = small.bench.path("app/.holdfast-small.db/kept").join(&kept[0]).join("small.db");
    assert_eq!(ask(&last, "SELECT count(*) FROM town"), "5");
}

#[test]
fn rows_that_are_only_in_the_log_stay_and_the_snapshot_has_its_log() {
    let small = Small::new();
    let making = small.bench.path("making.db");
    fs::rename(&small.database, &making).expect("moved");
    let open = Connection::open(&making).expect("a database");
    open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO town VALUES (9, 'only in the log')")
        .expect("a log");
    for suffix in ["", "-wal"] {
        // Copied while it is open, as a cut leaves it.
        let from = small.bench.path(&format!("making.db{suffix}"));
        fs::copy(from, format!("{}{suffix}", small.database.display())).expect("a copy");
    }
    let said = json(&small.import(&["--json"]).expect(0));
    assert_eq!(ask(&small.database, "SELECT count(*) FROM town"), "3");
    assert_eq!(ask(&small.database, "PRAGMA journal_mode"), "wal");
    let snapshot = Path::new(said["snapshot"].as_str().expect("a path")).to_owned();
    assert_eq!(ask(&snapshot, "SELECT group_concat(name) FROM town"), "Ulm,only in the log");
}

#[test]
fn a_link_leads_to_the_database() {
    let small = Small::new();
    let link = small.bench.path("link.db");
    std::os::unix::fs::symlink(&small.database, &link).expect("a link");
    import(&small.zip, &link, &[]).expect(0);
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(ask(&small.database, "SELECT count(*) FROM town"), "2");
    assert!(small.bench.path("app/.holdfast-small.db/kept").is_dir());
}

#[test]
fn an_application_is_updated_after_an_import_as_before() {
    let bench = Bench::new();
    let site = bench.mini_site("site");
    let (updater, rows) = (bench.pack(&bench.mini_payload(), "update"), bench.path("rows.zip"));
    zip(
        &rows,
        &[
            (
                "migrations/1.0/10-things.load/load.toml",
                "[[file]]\nfile = \"t.json\"\ntable = \"thing\"",
            ),
            ("migrations/1.0/10-things.load/t.json", r#"[{"id": 50, "name": "bed"}]"#),
        ],
    );
    import(&rows, &site.join("data/mini.db"), &[]).expect(0);
    update(&updater, &site, &[]).expect(0);
    assert_eq!(ask(&site.join("data/mini.db"), "SELECT colour FROM item WHERE id = 50"), "none");
    verb(&updater, "rollback", &site, &[]).expect(0);
    assert_eq!(ask(&site.join("data/mini.db"), "SELECT name FROM thing WHERE id = 50"), "bed");
}
