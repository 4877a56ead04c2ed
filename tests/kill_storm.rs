//! Kill storms of the updater as it ships: ended at random times, while a shop sells. `HOLDFAST_PROOF=nightly` makes it large.

mod support;

use support::matrix::Native;
use support::storm::*;
use support::*;

fn play(weather: &Weather) {
    let bench = Bench::in_memory();
    let player = Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    };
    storms(&bench, &player, weather, if is_nightly() { 1_000 } else { 50 });
}

#[test]
fn an_update_and_its_recovery_ended_at_any_time() {
    play(&UPDATE);
}

#[test]
fn the_same_with_a_database_in_wal_mode() {
    play(&UPDATE_WITH_LOG);
}

#[test]
fn a_rollback_and_its_recovery_ended_at_any_time() {
    play(&ROLLBACK);
}

#[test]
fn an_application_that_keeps_its_database_open_is_not_updated() {
    let bench = Bench::in_memory();
    let player = Native {
        updater: bench.pack(&bench.mini_payload(), "update"),
        root: bench.path("copies"),
    };
    let figures = Sweep::begin("held connections", "an application that is open is not updated");
    let runs: usize = if is_nightly() { 40 } else { 6 };
    for (k, journal) in (0..runs).zip(["DELETE", "WAL"].into_iter().cycle()) {
        let site = bench.mini_site(&format!("held-{k}/site"));
        let database = site.join("data/mini.db");
        database_in(&database, journal);
        let before = tree(&site);
        // Not looked at from this process while it is open: that would end its locks.
        let open = rusqlite::Connection::open(&database).expect("a database");
        open.query_row("SELECT count(*) FROM thing", [], |_| Ok(()))
            .expect("an idle connection");
        let sells = k % 3 == 2;
        if sells {
            open.execute_batch("BEGIN IMMEDIATE; INSERT INTO thing VALUES (1002, 'sold 1002');")
                .expect("a sale");
        }
        let ran = update(&player.updater, &site, &[]).expect(50);
        if sells {
            open.execute_batch("ROLLBACK").expect("the sale ends");
        }
        drop(open);
        assert_eq!(tree(&site), before, "{journal}: {}", ran.stderr);
        assert!(!site.join(".holdfast/journal.jsonl").exists(), "{journal}: a run was begun");
        update(&player.updater, &site, &[]).expect(0);
    }
    figures.end(runs, "runs", &[("refused", runs)], &[]);
}
