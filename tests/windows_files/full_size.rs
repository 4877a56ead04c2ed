//! Sahana Eden at full size: 540 tables and more than 10,000 program files, updated and rolled back by the Windows program.

#[path = "../eden/compare.rs"]
mod compare;
#[path = "../eden/site.rs"]
mod site;

use crate::play::bytes;
use crate::support::wine::{Lent, pack, updater};
use crate::support::*;
use compare::{assert_same, lines, open, rows, structure, tables};
use site::*;
use std::fs;
use std::time::{Duration, Instant};

/// Ten thousand files take Wine some minutes, more of them while the machine does something else.
const LIMIT: Duration = Duration::from_secs(900);

#[test]
fn a_site_of_full_size_is_updated_and_rolled_back() {
    let (wine, bench) = (Lent::new(), Bench::new());
    let payload = eden_payload(&bench);
    let folder = wine.home().join("eden");
    let site = eden_site(&bench, &payload, folder.join("site").to_str().expect("Unicode"));
    unzipped("eden-old.db", &site.join(DATABASE));
    let program = folder.join("update.exe");
    pack(&payload, &updater(), &program);
    let before = bytes(&site);
    assert!(before.len() > 10_000);
    let broken = lines(&open(&site.join(DATABASE)), "PRAGMA foreign_key_check");
    let words = |verb: &'static str| [verb, "--app", &wine.seen(&site), "--silent", "--exit-codes", "own"].map(str::to_owned);
    let run = |verb: &'static str| {
        let ran = wine.run_within(LIMIT, &program, &words(verb), &[]);
        ran.unwrap_or_else(|| panic!("Wine lost a run: {verb}")).expect(0);
    };
    let started = Instant::now();
    run("update");
    println!("the update took {:.1} s", started.elapsed().as_secs_f64());

    unzipped("eden-expected.db", &bench.path("expected.db"));
    let (found, expected) = (open(&site.join(DATABASE)), open(&bench.path("expected.db")));
    assert_eq!(tables(&found).len(), 541);
    assert_same(&structure(&found), &structure(&expected));
    let random = fs::read_to_string(fixture("random-columns.txt")).expect("random-columns.txt");
    let random: Vec<&str> = random.lines().collect();
    let arrived = rows(&found, &random);
    assert_eq!(arrived.values().map(Vec::len).sum::<usize>(), 31_659);
    assert_same(&arrived, &rows(&expected, &random));
    assert_eq!(lines(&found, "PRAGMA foreign_key_check"), broken);
    drop(found);
    assert_eq!(ask(&site.join(DATABASE), "PRAGMA integrity_check"), "ok");
    let after = bytes(&site);
    for (path, what) in bytes(&payload.join("code")) {
        assert_eq!(after.get(&path), Some(&what), "{path}");
    }
    for (path, what) in before.iter().filter(|(path, _)| path.contains("/uploads")) {
        assert_eq!(after.get(path), Some(what), "{path}");
    }
    let started = Instant::now();
    run("rollback");
    println!("the rollback took {:.1} s", started.elapsed().as_secs_f64());
    assert!(bytes(&site) == before, "the rollback gave something else back");
}
