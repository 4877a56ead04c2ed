//! A site that has the application and no database yet: where the manifest says so, the update makes a new one, the same that other sites
//! have in the end. Where it does not say so, a missing database is an error, since data may have been lost.

mod support;

use std::fs;
use std::path::PathBuf;
use support::*;

struct Play {
    bench: Bench,
    payload: PathBuf,
    site: PathBuf,
}

impl Play {
    /// The small product with all its migrations, at a site without a database.
    fn new(fresh: &str) -> Play {
        let bench = Bench::new();
        let site = bench.mini_site("site");
        // These have a database.
        bench.mini_site("other");
        bench.mini_site("probe");
        let payload = bench.path("mini-payload");
        replace(
            &payload.join("holdfast.toml"),
            "path = \"data/mini.db\"\n",
            &format!("path = \"data/mini.db\"\n{fresh}\n"),
        );
        replace(&payload.join("holdfast.toml"), "count(*) >= 2", "count(*) >= 0");
        let first = fs::read_to_string(payload.join("releases/1.0/main.sql")).expect("main.sql");
        let schema: Vec<&str> = first.lines().filter(|line| !line.trim_start().starts_with("INSERT")).collect();
        if fresh.contains("chain") {
            write(&payload.join("migrations/1.0/10-first.sql"), schema.join("\n"));
        }
        fs::remove_file(site.join("data/mini.db")).expect("a database");
        Play { bench, payload, site }
    }

    fn database(&self) -> PathBuf {
        self.site.join("data/mini.db")
    }

    #[track_caller]
    fn is_not_packed(&self, words: &str) {
        let ran = self.bench.try_pack(&self.payload, &self.bench.path("update")).expect(20);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

/// The schema of a database, without what Holdfast has in it.
fn schema(database: &std::path::Path) -> String {
    ask(
        database,
        "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'holdfast%' ORDER BY name)",
    )
}

fn own(site: &std::path::Path) -> Vec<(String, String)> {
    tree(site).into_iter().filter(|(path, _)| !path.starts_with(".holdfast")).collect()
}

#[test]
fn the_whole_chain_makes_the_database_and_a_rollback_takes_it_away() {
    let play = Play::new("fresh = \"chain\"");
    let updater = play.bench.pack(&play.payload, "update");
    let before = own(&play.site);
    update(&updater, &play.site, &[]).expect(0);
    let warnings = result(&play.site)["request"]["warnings"].to_string();
    assert!(warnings.contains("There is no database"), "{warnings}");
    let other = play.bench.path("other");
    update(&updater, &other, &[]).expect(0);
    assert_eq!(schema(&play.database()), schema(&other.join("data/mini.db")));
    assert_eq!(
        ask(&play.database(), "SELECT group_concat(version) FROM holdfast_ledger"),
        "1.0,2.0"
    );
    assert_eq!(
        ask(&play.database(), "PRAGMA user_version"),
        ask(&other.join("data/mini.db"), "PRAGMA user_version")
    );
    verb(&updater, "rollback", &play.site, &[]).expect(0);
    assert_eq!(own(&play.site), before);
}

#[test]
fn the_last_reshape_makes_the_database_with_what_follows_it() {
    let play = Play::new("fresh = \"reshape\"");
    let bench = &play.bench;
    let step = |name: &str, text: &str| write(&play.payload.join("migrations/2.0").join(name), text);
    // The target is the schema to which the SQL step leads.
    let probe = bench.path("probe");
    let sql = fs::read_to_string(play.payload.join("migrations/2.0/10_item.sql")).expect("a step");
    database(&probe.join("data/mini.db"), &sql);
    let target = format!(
        "{};",
        ask(
            &probe.join("data/mini.db"),
            "SELECT group_concat(sql, ';\n') FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid)"
        )
    );
    step("20-all.reshape/schema.sql", &target);
    step(
        "30-kinds.load/load.toml",
        "[[file]]\nfile = \"items.json\"\ntable = \"item\"\nmode = \"upsert\"\n",
    );
    step("30-kinds.load/items.json", "[]\n");
    let updater = bench.pack(&play.payload, "update");
    update(&updater, &play.site, &[]).expect(0);
    let other = bench.path("other");
    update(&updater, &other, &[]).expect(0);
    assert_eq!(schema(&play.database()), schema(&other.join("data/mini.db")));
    let kinds = "SELECT group_concat(DISTINCT kind) FROM holdfast_ledger";
    assert_eq!(ask(&play.database(), kinds), "reshape,load");
    assert_eq!(ask(&other.join("data/mini.db"), kinds), "sql,reshape,load");
}

#[test]
fn a_missing_database_is_an_error_where_nothing_else_is_said() {
    let play = Play::new("");
    let updater = play.bench.pack(&play.payload, "update");
    let before = own(&play.site);
    update(&updater, &play.site, &[]).expect(20);
    assert_eq!(reason(&play.site), "DATABASE:MISSING");
    assert_eq!(own(&play.site), before);
}

#[test]
fn what_is_left_of_a_lost_database_is_not_taken_for_a_new_site() {
    let play = Play::new("fresh = \"chain\"");
    let updater = play.bench.pack(&play.payload, "update");
    write(&play.site.join("data/mini.db-wal"), "rows that were not moved yet");
    let ran = update(&updater, &play.site, &[]).expect(20);
    assert!(
        ran.stderr.contains("mini.db-wal") && ran.stderr.contains("lost or moved"),
        "{}",
        ran.stderr
    );
    fs::remove_dir_all(play.site.join("data")).expect("a folder");
    let ran = update(&updater, &play.site, &[]).expect(20);
    assert!(ran.stderr.contains("its folder is not there"), "{}", ran.stderr);
    assert!(!play.site.join("data").exists());
}

#[test]
fn a_way_that_leads_elsewhere_is_not_packed() {
    let play = Play::new("fresh = \"chain\"");
    let first = play.payload.join("migrations/1.0/10-first.sql");
    let good = fs::read_to_string(&first).expect("a step");
    write(&first, format!("{good}\nCREATE TABLE forgotten (x);\n"));
    play.is_not_packed("another schema than sites that have one");
    fs::remove_dir_all(play.payload.join("migrations/1.0")).expect("a folder");
    play.is_not_packed("Tried for a site without this database");
    replace(&play.payload.join("holdfast.toml"), "fresh = \"chain\"", "fresh = \"reshape\"");
    play.is_not_packed("has no reshape among its steps");
    replace(&play.payload.join("holdfast.toml"), "fresh = \"reshape\"", "fresh = \"maybe\"");
    play.is_not_packed("maybe");
}

#[test]
fn a_new_database_that_somebody_made_meanwhile_is_not_lost() {
    let play = Play::new("fresh = \"chain\"");
    // The application makes its database while the new code is tried: the check stands for it.
    write(
        &play.payload.join("code/make"),
        format!("#!/bin/sh\nprintf 'their own data' > '{}'\n", play.database().display()),
    );
    executable(&play.payload.join("code/make"));
    append(
        &play.payload,
        "\n[[check]]\nname = \"make\"\nrun = [\"./make\"]\nat = [\"stage\"]\n",
    );
    let updater = play.bench.pack(&play.payload, "update");
    let ran = update(&updater, &play.site, &[]);
    assert!(
        ran.code == Some(50) && ran.stderr.contains("was made while the update ran"),
        "{ran:?}"
    );
    assert_eq!(fs::read_to_string(play.database()).expect("their file"), "their own data");
    assert_eq!(fs::read_to_string(play.site.join("VERSION")).expect("VERSION"), "1.0\n");
}
