//! Real databases, reshaped by hand from the old version to the new schema: the rows are those that the applications' own migrations give.

#[path = "eden/compare.rs"]
mod compare;
mod support;

use compare::{assert_same, lines, open, rows, structure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

fn mapping(name: &str) -> PathBuf {
    project().join("tests/reshape").join(name)
}

fn fixture(name: &str) -> PathBuf {
    project().join("../shared/fixtures").join(name)
}

/// Unzips a database of the fixtures, or copies it.
fn database_of(bench: &Bench, name: &str) -> PathBuf {
    let file = bench.path(Path::new(name).file_name().and_then(|n| n.to_str()).expect("a name"));
    let zip = fixture(&format!("{name}.zip"));
    if zip.is_file() {
        run(Command::new("unzip")
            .arg("-qo")
            .arg(zip)
            .arg("-d")
            .arg(file.parent().expect("a folder")))
        .expect(0);
    } else {
        fs::copy(fixture(name), &file).expect(name);
    }
    file
}

fn reshape(old: &Path, schema: &Path, map: &str, out: &Path) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_holdfast"))
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
    let [old, new, expected] = ["old", "new", "expected"].map(|n| database_of(&bench, &format!("eden/eden-{n}.db")));
    let (out, before) = (bench.path("out.db"), fs::read(&old).expect("a database"));
    reshape(&old, &new, "eden.toml", &out).expect(0);
    assert!(fs::read(&old).expect("a database") == before, "the old database was changed");
    let (found, expected) = (open(&out), open(&expected));
    assert_same(&structure(&found), &structure(&open(&new)));
    let random = fs::read_to_string(project().join("tests/fixtures/eden/random-columns.txt")).expect("random-columns.txt");
    let random: Vec<&str> = random.lines().collect();
    let arrived = rows(&found, &random);
    assert_eq!(arrived.values().map(Vec::len).sum::<usize>(), 31_659);
    assert_same(&arrived, &rows(&expected, &random));
    assert_eq!(
        lines(&found, "PRAGMA foreign_key_check"),
        lines(&open(&old), "PRAGMA foreign_key_check")
    );
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
