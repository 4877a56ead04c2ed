//! Real databases, reshaped by hand from the old version to the new schema: the rows are those that the applications' own migrations give.

#[path = "eden/compare.rs"]
mod compare;
#[path = "reshape/eden_update.rs"]
mod eden_update;
#[path = "reshape/fixtures.rs"]
mod fixtures;
mod support;

use compare::{assert_same, open, rows, structure};
use fixtures::{database_of, mapping};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::*;

fn reshape(old: &Path, schema: &Path, map: &str, out: &Path) -> Ran {
    run(Command::new(HOLDFAST)
        .arg("reshape")
        .arg(old)
        .arg("--schema")
        .arg(schema)
        .arg("--map")
        .arg(mapping(map))
        .arg("--out")
        .arg(out))
}

#[test]
fn eden_comes_out_as_its_own_people_made_it() {
    let bench = Bench::new();
    let [old, new] = ["old", "new"].map(|n| database_of(&bench, &format!("eden/eden-{n}.db")));
    let (out, before) = (bench.path("out.db"), fs::read(&old).expect("a database"));
    reshape(&old, &new, "eden.toml", &out).expect(0);
    assert!(fs::read(&old).expect("a database") == before, "the old database was changed");
    eden_update::assert_as_its_people_made_it(&bench, &out);
}

#[test]
fn eden_is_reshaped_by_an_update() {
    let bench = Bench::new();
    let payload = eden_update::payload(&bench);
    let (updater, site) = (bench.pack(&payload, "update"), bench.path("site"));
    eden_update::site(&bench, &payload, &site);
    update(&updater, &site, &[]).expect(0);
    eden_update::assert_as_its_people_made_it(&bench, &site.join(eden_update::DATABASE));
}

#[test]
fn vaultwarden_comes_out_as_its_own_migrations_make_it() {
    let bench = Bench::new();
    let [old, new, expected] = ["old", "new-empty", "upgraded"].map(|n| database_of(&bench, &format!("vaultwarden/vaultwarden-{n}.db")));
    let out = bench.path("out.db");
    reshape(&old, &new, "vaultwarden.toml", &out).expect(0);
    let (found, expected) = (open(&out), open(&expected));
    assert_same(&structure(&found), &structure(&open(&new)));
    assert_same(&rows(&found, &RANDOM), &rows(&expected, &RANDOM));
}

/// When a migration of its own ran is not known to Vaultwarden's reshape.
const RANDOM: [&str; 1] = ["__diesel_schema_migrations.run_on"];
