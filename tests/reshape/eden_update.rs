//! An update of Sahana Eden whose whole migration is the reshape by `eden.toml`, with a handful of program files: what counts is the
//! database. The checks and the edit are those of the payload with the steps in SQL.

use crate::compare::{assert_same, lines, open, rows, structure};
use crate::fixtures::{database_of, mapping};
use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};

/// The database of a site.
pub const DATABASE: &str = "databases/storage.db";

fn eden(name: &str) -> PathBuf {
    project().join("tests/fixtures/eden").join(name)
}

/// The payload. 2020.05 → 2022.05.
pub fn payload(bench: &Bench) -> PathBuf {
    let payload = bench.path("eden-payload");
    for part in ["holdfast.toml", "notes/2022.05.md", "releases/2020.05/main.sql"] {
        write(&payload.join(part), fs::read(eden("payload").join(part)).expect(part));
    }
    for (tree, version) in [("releases/2020.05/code", "2020.05"), ("code", "2022.05")] {
        let code = payload.join(tree);
        write(&code.join("VERSION"), format!("{version}\n"));
        write(&code.join("web2py.py"), format!("print(\"{version}\")\n"));
        write(&code.join("applications/eden/controllers/hms.py"), format!("# of {version}\n"));
    }
    let step = payload.join("migrations/2022.05/10-eden.reshape");
    write(&step.join("mapping.toml"), fs::read(mapping("eden.toml")).expect("a mapping"));
    fs::copy(database_of(bench, "eden/eden-new.db"), step.join("schema.db")).expect("a schema");
    payload
}

/// An installed site in that folder.
pub fn site(bench: &Bench, payload: &Path, site: &Path) {
    copy_tree(&payload.join("releases/2020.05/code"), site);
    let settings = fs::read(eden("site/000_config.py")).expect("settings");
    write(&site.join("applications/eden/models/000_config.py"), settings);
    write(&site.join("applications/eden/uploads/résumé.txt"), "an upload");
    write(
        &site.join(DATABASE),
        fs::read(database_of(bench, "eden/eden-old.db")).expect("a database"),
    );
}

/// Schema and rows of a database are what the application's own people made of the old one.
#[track_caller]
pub fn assert_as_its_people_made_it(bench: &Bench, database: &Path) {
    let [old, new, expected] = ["old", "new", "expected"].map(|n| open(&database_of(bench, &format!("eden/eden-{n}.db"))));
    let found = open(database);
    assert_same(&structure(&found), &structure(&new));
    let random = fs::read_to_string(eden("random-columns.txt")).expect("random-columns.txt");
    let random: Vec<&str> = random.lines().collect();
    let arrived = rows(&found, &random);
    assert_eq!(arrived.values().map(Vec::len).sum::<usize>(), 31_659);
    assert_same(&arrived, &rows(&expected, &random));
    let broken = "PRAGMA foreign_key_check";
    assert_eq!(lines(&found, broken), lines(&old, broken));
}
