//! Sahana Eden, two years apart, and nothing else: the draft finds what it can be sure of and asks for the rest; with the answers that
//! are kept here, the rows come out as the application's own people made them.

#[path = "eden/compare.rs"]
mod compare;
#[path = "reshape/eden_update.rs"]
#[allow(dead_code, reason = "payload and site are used here")]
mod eden_update;
#[path = "reshape/fixtures.rs"]
#[allow(dead_code, reason = "the databases alone are used here")]
mod fixtures;
mod support;

use fixtures::database_of;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

struct Eden {
    bench: Bench,
    payload: PathBuf,
    old: PathBuf,
    new: PathBuf,
}

fn eden() -> Eden {
    let bench = Bench::new();
    let payload = eden_update::payload(&bench);
    fs::remove_dir_all(payload.join("migrations/2022.05")).expect("no steps yet");
    let [old, new] = ["old", "new"].map(|n| database_of(&bench, &format!("eden/eden-{n}.db")));
    Eden { bench, payload, old, new }
}

impl Eden {
    fn draft(&self, more: &[&str]) -> Ran {
        run(Command::new(HOLDFAST)
            .args([Path::new("draft"), &self.old, &self.new, Path::new("--payload"), &self.payload])
            .args(more))
    }

    fn mapping(&self) -> PathBuf {
        self.payload.join("migrations/2022.05/10-schema.reshape/mapping.toml")
    }
}

#[test]
fn what_is_certain_is_found_and_the_rest_is_asked() {
    let eden = eden();
    eden.draft(&[]).expect(0);
    let text = fs::read_to_string(eden.mapping()).expect("a mapping");
    for (from, to) in [
        ("hms_hospital", "med_hospital"),
        ("req_req", "inv_req"),
        ("req_req_item", "inv_req_item"),
    ] {
        assert!(text.contains(&format!("[table.{to}]\nfrom = \"{from}\"\n")), "{to}\n{text}");
    }
    let lost = text
        .split("[[drop]]")
        .find(|s| s.starts_with("\ntable = \"supply_brand\""))
        .expect("a question");
    assert!(lost.contains("ask = \"Where do the rows of “supply_brand” go?\""), "{lost}");
    let ran = run(Command::new(HOLDFAST)
        .args([Path::new("migrate"), &eden.old, Path::new("--payload"), &eden.payload])
        .args(["--force", "--out"])
        .arg(eden.bench.path("out.db")));
    assert!(ran.expect(20).stderr.contains("is not answered"));
}

#[test]
fn answered_it_comes_out_as_its_own_people_made_it() {
    let eden = eden();
    let answers = fs::read(project().join("tests/draft/eden-answers.toml")).expect("answers");
    write(&eden.mapping(), answers);
    let said = eden.draft(&["--try"]).expect(0).stdout;
    assert!(
        said.contains("0 questions open") && said.contains("all 31,650 rows of 540 tables are accounted for"),
        "{said}"
    );
    // Rehearsed as the updater will do it; what is left to be tried is what counts.
    let (site, keep) = (eden.bench.path("site"), eden.bench.path("keep"));
    eden_update::site(&eden.bench, &eden.payload, &site);
    run(Command::new(HOLDFAST)
        .args([Path::new("rehearse"), &eden.payload, &site, Path::new("--keep"), &keep])
        .args(["--cuts", "2"])
        .env("TMPDIR", eden.bench.path("")))
    .expect(0);
    let out = keep.join("site/new/app").join(eden_update::DATABASE);
    // What Holdfast notes for itself is no table of the application.
    let connection = rusqlite::Connection::open(&out).expect("a database");
    connection
        .execute_batch("DROP TABLE IF EXISTS holdfast_ledger; DROP TABLE IF EXISTS holdfast_version")
        .expect("dropped");
    drop(connection);
    eden_update::assert_as_its_people_made_it(&eden.bench, &out);
}
