//! Steps of every kind by the Windows executable, under Wine: a reshape, a data load of JSON and CSV, a script and SQL; and a real database
//! of 540 tables that is reshaped. What they make is looked at from Linux.

#[path = "eden/compare.rs"]
mod compare;
#[path = "support/desk.rs"]
mod desk;
#[path = "reshape/eden_update.rs"]
mod eden_update;
#[path = "reshape/fixtures.rs"]
mod fixtures;
#[path = "steps/product.rs"]
mod product;
mod support;

use desk::Desk;
use product::{all, assert_arrived};
use std::time::Instant;
use support::wine::{Lent, updater};
use support::*;

#[test]
fn every_kind_of_step_arrives_and_goes_back() {
    let desk = Desk::new(Lent::new(), "kinds");
    let payload = product::payload(&desk.bench);
    let update = desk.packed(&payload, &updater(), "update.exe");
    let site = desk.path("site");
    let database = product::site(&payload, &site);
    let before = content(&database);
    desk.update(&update, &site, &[]).expect(0);
    assert_arrived(&database);
    desk.update(&update, &site, &[]).expect(10);
    desk.update(&update, &site, &["rollback"]).expect(0);
    assert_eq!(content(&database), before);
    desk.update(&update, &site, &["--context", "south"]).expect(0);
    assert_eq!(all(&database, "SELECT name AS line FROM town ORDER BY name"), "Lyon;Nice;Paris");
}

#[test]
fn a_row_that_does_not_fit_and_a_script_that_fails_are_named_and_nothing_changes() {
    let desk = Desk::new(Lent::new(), "refused");
    let payload = product::payload(&desk.bench);
    let site = desk.path("site");
    let database = product::site(&payload, &site);
    let step = |name: &str| payload.join("migrations/2.0").join(name);
    let refused = |name: &str, reason_code: &str, words: &[&str]| {
        let before = (tree(&site), content(&database));
        let update = desk.packed(&payload, &updater(), name);
        let ran = desk.update(&update, &site, &[]).expect(30);
        for word in words {
            assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        }
        assert_eq!(reason(&site), reason_code);
        assert_eq!((tree(&site), content(&database)), before);
    };
    replace(&step("30-countries.load/load.toml"), "upsert", "insert");
    let words = ["30-countries.load", "countries.json row 1", "code = FR"];
    refused("update-load.exe", "ROW:REJECTED", &words);
    replace(&step("30-countries.load/load.toml"), "insert", "upsert");
    let script =
        "export default function (db, ctx) {\n  if (db.get('SELECT count(*) AS n FROM human').n)\n    ctx.fail('there are people');\n}\n";
    write(&step("40-shout.js"), script);
    write(&step("50-version.sql"), "PRAGMA user_version = 2;\n");
    refused("update-script.exe", "STEP:FAILED", &["40-shout.js line 3", "there are people"]);
    replace(&step("10-fill.sql"), "''", "'7'");
    replace(&step("10-fill.sql"), "NULL", "'007'");
    let words = ["20-people.reshape", "the row of “person” with id = 2", "“007” for “human.age”"];
    refused("update-reshape.exe", "ROW:REJECTED", &words);
}

#[test]
fn eden_is_reshaped_as_its_own_people_made_it() {
    let desk = Desk::new(Lent::new(), "eden");
    let payload = eden_update::payload(&desk.bench);
    let update = desk.packed(&payload, &updater(), "update.exe");
    let site = desk.path("site");
    eden_update::site(&desk.bench, &payload, &site);
    let started = Instant::now();
    desk.update(&update, &site, &[]).expect(0);
    println!("the update of Eden took {:.1} s under Wine", started.elapsed().as_secs_f64());
    eden_update::assert_as_its_people_made_it(&desk.bench, &site.join(eden_update::DATABASE));
}
