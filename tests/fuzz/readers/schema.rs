//! Schemas as SQL text, with what developers note in it, beside a small database: compared, weighed, guessed at and drafted, or refused in
//! words. The same schema differs in nothing from itself; a draft can be read again; and the database stays as it was.

use super::{folder, tables, told};
use holdfast::diff::{self, WeighOptions};
use holdfast::draft::draft;
use holdfast::failure::Result;
use holdfast::infer::{Hints, infer};
use holdfast::payload::parse_draft;
use holdfast::schema::{self, Side};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

const OLD: &str = "
    CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT, price REAL, owner INTEGER REFERENCES person(id));
    CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, born TEXT);
    CREATE TABLE tag (thing_id INTEGER, word TEXT, PRIMARY KEY (thing_id, word)) WITHOUT ROWID;
    CREATE TABLE gone (a, b);
    CREATE INDEX by_kind ON thing (kind) WHERE kind IS NOT NULL;
    INSERT INTO person VALUES (1, 'Ada', '1815'), (2, 'Grace', '1906'), (5, 'Linus', NULL);
    INSERT INTO thing VALUES (1, 'lamp', 'l', 2.5, 1), (2, 'chair', 'c', 10, 2), (3, 'desk', NULL, NULL, NULL);
    INSERT INTO tag VALUES (1, 'bright'), (1, 'old'), (2, 'old');
    INSERT INTO gone VALUES (1, x'00ff'), ('1', NULL);";

thread_local! {
    static SIDE: Side = {
        let path = folder().join("old.db");
        Connection::open(&path).expect("a database").execute_batch(OLD).expect("its tables");
        side(&path).expect("a database")
    };
}

fn side(path: &Path) -> Result<Side> {
    schema::open(&path.to_string_lossy(), None)
}

pub fn read(bytes: &[u8]) {
    // What SQL computes may take for ever, here as at its author's: no schema needs it.
    if bytes.windows(4).any(|word| word.eq_ignore_ascii_case(b"with"))
        && bytes.windows(9).any(|word| word.eq_ignore_ascii_case(b"recursive"))
    {
        return;
    }
    let path = folder().join("new.sql");
    fs::write(&path, bytes).expect("written");
    match side(&path) {
        Err(failure) => told(&failure),
        Ok(new) => SIDE.with(|old| {
            let content = |side: &Side| side.data.as_ref().map(|data| format!("{:?}", tables::content(data)));
            let before = content(old);
            for done in [itself(&new), compared(old, &new), compared(&new, old), drafted(old, &new)] {
                if let Err(failure) = done {
                    told(&failure);
                }
            }
            assert_eq!(content(old), before, "the old database was written");
        }),
    }
}

/// Nothing differs from itself, and a draft of that is empty.
fn itself(new: &Side) -> Result<()> {
    let report = diff::compare(new, new, &[], Some(infer(new, new, &Hints::default())?))?;
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    Ok(())
}

fn compared(old: &Side, new: &Side) -> Result<()> {
    let mut report = diff::compare(old, new, &[], Some(infer(old, new, &Hints::default())?))?;
    let number = report.findings.len();
    diff::weigh(&mut report, old, new, &WeighOptions { masked: true })?;
    assert_eq!(report.findings.len(), number, "to be weighed takes nothing away");
    serde_json::to_string(&report).expect("JSON");
    assert!(!diff::page(&report, number).is_empty());
    Ok(())
}

/// What is drafted can be read, and a draft of it says the same.
fn drafted(old: &Side, new: &Side) -> Result<()> {
    let path = Path::new("mapping.toml");
    let first = draft(old, new, Hints::default(), None, path)?;
    if let Err(failure) = parse_draft(path, &first.text) {
        panic!("{}:\n{}", failure.message, first.text);
    }
    let again = draft(old, new, Hints::default(), Some(&first.text), path)?;
    // What is said of possibilities is written anew: rules that stand there already count as settled.
    let kept = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("#?"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&again.text), kept(&first.text), "a redraft without a change");
    Ok(())
}
