//! `holdfast reshape` and `holdfast migrate`: what developers try steps with. The old database is only read, and nothing is written unless
//! all of it succeeds.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

fn holdfast(words: &[&str], paths: &[(&str, &Path)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(words);
    for (option, path) in paths {
        match option.is_empty() {
            true => command.arg(path),
            false => command.arg(option).arg(path),
        };
    }
    run(&mut command)
}

struct Desk {
    _bench: Bench,
    old: PathBuf,
    schema: PathBuf,
    out: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        let bench = Bench::new();
        let (old, schema, out) = (bench.path("old.db"), bench.path("new.sql"), bench.path("out.db"));
        database(
            &old,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, gone TEXT); INSERT INTO t VALUES (1, 'x', 'y'), (5, 'z', NULL);",
        );
        write(&schema, "CREATE TABLE u (id INTEGER PRIMARY KEY, b TEXT);");
        Desk {
            _bench: bench,
            old,
            schema,
            out,
        }
    }

    fn reshape(&self, words: &[&str]) -> Ran {
        let words = [&["reshape"], words].concat();
        holdfast(&words, &[("", &self.old), ("--schema", &self.schema), ("--out", &self.out)])
    }
}

const RENAMES: [&str; 4] = ["--rename-table", "t=u", "--rename-column", "u.a=b"];

#[test]
fn renames_are_given_on_the_command_line_and_drops_are_declared() {
    let desk = Desk::new();
    let before = fs::read(&desk.old).expect("a database");
    let ran = desk.reshape(&RENAMES).expect(20);
    assert!(
        ran.stderr.contains("“t.gone”") && ran.stderr.contains("ROWS:LOST"),
        "{}",
        ran.stderr
    );
    assert!(!desk.out.exists());
    let ran = desk.reshape(&[&RENAMES[..], &["--drop", "t.gone", "--json"]].concat()).expect(0);
    assert_eq!(ask(&desk.out, "SELECT group_concat(id || b) FROM u"), "1x,5z");
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&said["sources"][0]["read"], &said["accounts"][0]["now"]), (&2.into(), &"u".into()));
    assert!(fs::read(&desk.old).expect("a database") == before);
    assert!(desk.reshape(&[]).expect(20).stderr.contains("is there already"));
    let left: Vec<_> = fs::read_dir(desk.old.parent().expect("a folder")).expect("a folder").collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn bad_input_is_named() {
    let desk = Desk::new();
    for (words, said) in [
        (&["--rename-table", "t"][..], "takes OLD=NEW"),
        (&["--rename-column", "a=b"], "takes TABLE.OLD=NEW"),
        (&["--rename-table", "x=u"], "the old schema does not have"),
        (&["--map", "/nowhere/mapping.toml"], "/nowhere/mapping.toml"),
    ] {
        let ran = desk.reshape(words).expect(20);
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
        assert!(!desk.out.exists());
    }
    write(&desk.schema, "CREATE TABLE u (id INTEGER PRIMARY KEY, ;");
    assert!(desk.reshape(&[]).expect(20).stderr.contains("the target schema cannot be read"));
    write(&desk.old, "this is no database, and it is long enough for one to look twice at it");
    desk.reshape(&[]).expect(20);
}

#[test]
fn a_payloads_migrations_run_on_a_copy() {
    let bench = Bench::new();
    let (payload, site, out) = (bench.mini_payload(), bench.mini_site("site"), bench.path("out.db"));
    let old = site.join("data/mini.db");
    let before = fs::read(&old).expect("a database");
    let migrate = |words: &[&str], out: &Path| {
        let words = [&["migrate"], words].concat();
        holdfast(&words, &[("", &old), ("--payload", &payload), ("--out", out)])
    };
    migrate(&[], &out).expect(0);
    assert_eq!(ask(&out, "PRAGMA user_version"), "2");
    assert_eq!(ask(&out, "SELECT count(*) FROM holdfast_ledger"), "1");
    assert!(fs::read(&old).expect("a database") == before);
    let same = bench.path("same.db");
    migrate(&["--from", "2.0"], &same).expect(0);
    assert_eq!(content(&same), content(&old));
    assert!(
        migrate(&["--to", "two"], &bench.path("x.db"))
            .expect(20)
            .stderr
            .contains("“two” is not a version")
    );
    assert!(
        migrate(&["--name", "other"], &bench.path("x.db"))
            .expect(20)
            .stderr
            .contains("no database “other”")
    );
    write(&payload.join("migrations/2.0/10_item.sql"), "INSERT INTO nowhere VALUES (1);");
    assert!(migrate(&[], &bench.path("x.db")).expect(20).stderr.contains("no such table"));
    assert!(!bench.path("x.db").exists());
}

#[test]
fn every_row_of_a_load_that_does_not_fit_is_named_when_asked() {
    let bench = Bench::new();
    let (payload, site) = (bench.mini_payload(), bench.mini_site("site"));
    let step = payload.join("migrations/2.0/20-more.load");
    write(
        &step.join("load.toml"),
        "[[file]]\nfile = \"items.json\"\ntable = \"item\"\nmode = \"insert\"\n",
    );
    write(
        &step.join("items.json"),
        r#"[{"id": 1, "name": "taken"}, {"id": 8, "name": null}, {"id": 9, "name": "good"}, {"id": 2, "name": "taken too"}]"#,
    );
    let out = bench.path("out.db");
    let migrate = |more: &[&str]| {
        let words = [&["migrate"], more].concat();
        let ran = holdfast(
            &words,
            &[("", &site.join("data/mini.db")), ("--payload", &payload), ("--out", &out)],
        )
        .expect(20);
        assert!(!out.exists());
        ran.stderr
    };
    let one = migrate(&[]);
    assert!(one.contains("ROW:REJECTED") && !one.contains("3 rows do not fit"), "{one}");
    let all = migrate(&["--collect"]);
    assert!(all.contains("3 rows do not fit"), "{all}");
    assert_eq!(all.lines().filter(|line| line.contains("items.json")).count(), 3, "{all}");
}
