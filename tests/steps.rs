//! Every kind of step in one update by the real updater: SQL, a reshape, a data load, a script, in any order, with functions that only the
//! application has. All of it arrives together, or nothing does; the ledger says what each did.

#[path = "steps/product.rs"]
mod product;
mod support;

use product::{LOAD, MAPPING, all, assert_arrived};
use rusqlite::Connection;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use support::*;

struct Play {
    bench: Bench,
    payload: PathBuf,
    site: PathBuf,
}

impl Play {
    fn new() -> Play {
        let bench = Bench::new();
        let (payload, site) = (product::payload(&bench), bench.path("site"));
        product::site(&payload, &site);
        Play { bench, payload, site }
    }

    fn step(&self, name: &str) -> PathBuf {
        self.payload.join("migrations/2.0").join(name)
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/main.db")
    }

    fn update(&self, more: &[&str]) -> Ran {
        let updater = self.bench.path("update");
        if updater.exists() {
            fs::remove_file(&updater).expect("removed");
        }
        self.bench.pack(&self.payload, "update");
        update(&updater, &self.site, more)
    }

    /// An update that must fail with a reason and words, and change nothing.
    #[track_caller]
    fn refuses(&self, reason_code: &str, words: &[&str]) {
        let before = (tree(&self.site), content(&self.database()));
        let ran = self.update(&[]).expect(30);
        for word in words {
            assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        }
        assert_eq!(reason(&self.site), reason_code);
        let now = tree(&self.site)
            .into_iter()
            .filter(|(path, _)| !path.starts_with(".holdfast"))
            .collect();
        assert_eq!((now, content(&self.database())), before);
    }
}

#[test]
fn every_kind_of_step_arrives_and_goes_back() {
    let play = Play::new();
    let before = content(&play.database());
    play.update(&[]).expect(0);
    let database = play.database();
    assert_arrived(&database);
    update(&play.bench.path("update"), &play.site, &[]).expect(10);
    verb(&play.bench.path("update"), "rollback", &play.site, &[]).expect(0);
    assert_eq!(content(&database), before);
}

#[test]
fn a_tenant_gets_what_is_for_it() {
    let play = Play::new();
    play.update(&["--context", "south"]).expect(0);
    assert_eq!(
        all(&play.database(), "SELECT name AS line FROM town ORDER BY name"),
        "Lyon;Nice;Paris"
    );
}

#[test]
fn a_chain_that_begins_with_a_reshape_reads_the_live_database_and_rows_only_in_its_log() {
    let play = Play::new();
    fs::remove_file(play.step("10-fill.sql")).expect("removed");
    let open = Connection::open(play.database()).expect("a database");
    open.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO person VALUES (10, 'Di', 'Nice', '1')")
        .expect("a row");
    let copies: Vec<(PathBuf, Vec<u8>)> = ["", "-wal"]
        .map(|suffix| PathBuf::from(format!("{}{suffix}", play.database().display())))
        .map(|path| (path.clone(), fs::read(path).expect("bytes")))
        .into();
    drop(open);
    copies.iter().for_each(|(path, bytes)| write(path, bytes));
    play.update(&[]).expect(0);
    assert_eq!(ask(&play.database(), "SELECT shout FROM human WHERE id = 10"), "DI 2.0");
    assert_eq!(ask(&play.database(), "PRAGMA journal_mode"), "wal");
    verb(&play.bench.path("update"), "rollback", &play.site, &[]).expect(0);
    assert_eq!(ask(&play.database(), "SELECT town FROM person WHERE id = 10"), "Nice");
}

#[test]
fn the_checksum_of_a_load_covers_its_data_but_not_its_line_ends() {
    let play = Play::new();
    let checksum = || {
        let updater = play.bench.path("update");
        let _ = fs::remove_file(&updater);
        play.bench.pack(&play.payload, "update");
        let said = run(Command::new(HOLDFAST).arg("inspect").arg(updater)).expect(0).stdout;
        let line = said.lines().find(|line| line.contains("30-countries.load")).expect("the load");
        line[line.find("sha256:").expect("a checksum")..].trim().to_owned()
    };
    let towns = play.step("30-countries.load/towns.csv");
    let before = checksum();
    write(&towns, "\u{feff}name\r\nNice\r\n");
    assert_eq!(checksum(), before);
    write(&towns, "name\nNi\rce\n");
    let other = checksum();
    write(&towns, "name\nNice\nBrest\n");
    assert!(checksum() != before && other != before && checksum() != other);
    play.update(&[]).expect(0);
    let query = "SELECT DISTINCT checksum FROM holdfast_ledger WHERE kind = 'load'";
    assert_eq!(ask(&play.database(), query), checksum());
}

#[test]
fn a_rule_for_every_column_of_a_name_changes_tables_that_the_mapping_does_not_name() {
    let play = Play::new();
    let mapping = format!("[column.body]\nmap = {{ first = \"erste\" }}\nother = \"keep\"\n{MAPPING}");
    write(&play.step("20-people.reshape/mapping.toml"), mapping);
    play.update(&[]).expect(0);
    assert_eq!(all(&play.database(), "SELECT body AS line FROM note"), "erste;second");
}

#[test]
fn what_does_not_fit_is_named_and_nothing_changes() {
    let play = Play::new();
    let age = |value: &str| {
        let database = Connection::open(play.database()).expect("a database");
        database
            .execute("UPDATE person SET age = ?1 WHERE id = 2", [value])
            .expect("an age");
    };
    // Not 7: somebody has to say what is meant.
    age("007");
    play.refuses(
        "ROW:REJECTED",
        &["20-people.reshape", "the row of “person” with id = 2", "“007” for “human.age”"],
    );
    age("7");
    write(&play.step("30-countries.load/load.toml"), LOAD.replace("upsert", "insert"));
    play.refuses("ROW:REJECTED", &["30-countries.load", "countries.json row 1", "code = FR"]);
    write(&play.step("30-countries.load/load.toml"), LOAD);
    write(&play.step("50-version.sql"), "PRAGMA user_version = 2;\n");
    write(
        &play.step("40-shout.js"),
        "export default function (db, ctx) {\n  if (db.get('SELECT count(*) AS n FROM human').n)\n    ctx.fail('there are people', {table: 'human'});\n}\n",
    );
    play.refuses("STEP:FAILED", &["40-shout.js line 3", "there are people"]);
    write(
        &play.step("40-shout.js"),
        "export default function (db) {\n  db.run('DELETE FROM note');\n}\n",
    );
    play.refuses("ROWS:LOST", &["2 of 2 rows of the table “note” went"]);
}

#[test]
fn a_reshape_that_cannot_be_is_not_packed() {
    let play = Play::new();
    let cases = [
        (MAPPING.replace("[table.human]", "[table.humans]"), "Did you mean “human”?"),
        (
            MAPPING.replace("columns.name = \"town\"", "columns.name = \"twon\""),
            "Did you mean “town”?",
        ),
        (
            MAPPING.replace("key_of = \"town\"", "key_of = \"note\""),
            "no target table with an INTEGER PRIMARY KEY",
        ),
        (MAPPING.replace("only = true", "onyl = true"), "Did you mean `only`?"),
        (
            MAPPING.replace("from = \"person\"\ncolumns.town_id", "from = \"persn\"\ncolumns.town_id"),
            "Did you mean “person”?",
        ),
        (
            MAPPING.replace("reason = \"nobody has one any more\"", "reason = \"\""),
            "gives no reason",
        ),
    ];
    for (mapping, words) in cases {
        write(&play.step("20-people.reshape/mapping.toml"), &mapping);
        let ran = play.bench.try_pack(&play.payload, &play.bench.path("update"));
        assert_eq!(ran.code, Some(20), "{words}");
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}
