//! The journal with the spare plan and a snapshot beside it, on a site in the middle of a swap. The first line says where the units stand
//! (see [`super::site`]), then follow the three files, each behind a line that names it.
//!
//! Damaged as the bytes are, no recovery may lose a file, leave the folder, or say that the old version is back when it is not. With the
//! checksums made good the journal may say anything at all: then it must still end, in order and inside of its folder.

use super::confined::Confined;
use super::site::{Site, UNITS};
use super::{folder, told};
use holdfast::bundle::sha256;
use holdfast::report::Nobody;
use holdfast::swap::{Journal, Recovered, Work, append, recover, snapshots};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fs;

const NOW: &str = "2024-02-29T12:00:00Z";
const SPARE: &[u8] = b"=== plan.json ===\n";
const SNAPSHOT: &[u8] = b"=== snapshot ===\n";

pub fn read(bytes: &[u8]) {
    let (letters, rest) = cut(bytes, b"\n");
    let (journal, rest) = cut(rest, SPARE);
    let (spare, snapshot) = cut(rest, SNAPSHOT);
    let files = |journal: &[u8], spare: &[u8]| [journal.to_vec(), spare.to_vec(), snapshot.to_vec()];
    damaged(letters, &files(journal, spare));
    let mended = files(&mended(journal), &mended(spare));
    with_site(letters, &mended, |_, work| {
        write_again(work);
        brought_to_an_end(work);
    });
}

/// What stands before and behind some bytes.
fn cut<'b>(bytes: &'b [u8], at: &[u8]) -> (&'b [u8], &'b [u8]) {
    match bytes.windows(at.len()).position(|w| w == at) {
        Some(place) => (&bytes[..place], &bytes[place + at.len()..]),
        None => (bytes, &[]),
    }
}

fn with_site(letters: &[u8], [journal, spare, snapshot]: &[Vec<u8>; 3], look: impl FnOnce(&Site, &Work<'_>)) {
    let root = folder().join("journal");
    let site = Site::make(root.join("site"), letters);
    let ours = site.app.join(".holdfast");
    for (path, bytes) in [
        ("journal.jsonl", journal),
        ("plan.json", spare),
        ("kept/20240101/.holdfast-snapshot.json", snapshot),
    ] {
        if !bytes.is_empty() {
            fs::create_dir_all(ours.join(path).parent().expect("a parent")).expect("folders");
            fs::write(ours.join(path), bytes).expect("written");
        }
    }
    let disk = Confined::new(&root);
    let work = Work {
        disk: &disk,
        reporter: &Nobody,
        app: &site.app,
    };
    look(&site, &work);
    // The journal may name databases elsewhere, but only one that is whole.
    if journal.is_empty() && spare.is_empty() {
        assert!(!disk.was_left());
    }
}

/// The files as they are: what the checksums let through is as it was written.
fn damaged(letters: &[u8], files: &[Vec<u8>; 3]) {
    with_site(letters, files, |site, work| {
        let before = site.files();
        let dear = Site::dear(&before);
        let found = recover(work, NOW, true);
        let after = site.files();
        for text in dear {
            assert!(
                after.values().any(|t| *t == text),
                "“{text}” is lost: {found:?}\n{before:#?}\n{after:#?}"
            );
        }
        match found {
            Err(failure) => told(&failure),
            Ok((Recovered::Nothing, _)) => assert_eq!(before, after),
            Ok((_, Some(left_over))) => told(&left_over),
            Ok((Recovered::Committed { .. }, None)) => again(site, work),
            Ok((Recovered::Restored { .. }, None)) => {
                for (path, old, ..) in UNITS {
                    let had = old.filter(|old| before.values().any(|text| text == old));
                    if let Some(old) = had {
                        assert_eq!(
                            after.get(path).map(String::as_str),
                            Some(old),
                            "{path} is not restored\n{before:#?}\n{after:#?}"
                        );
                    }
                }
                again(site, work);
            }
        }
    });
}

/// A recovery that came to its end leaves nothing to a second one.
fn again(site: &Site, work: &Work<'_>) {
    let before = site.files();
    assert_eq!(recover(work, NOW, true), Ok((Recovered::Nothing, None)));
    assert_eq!(site.files(), before);
}

fn brought_to_an_end(work: &Work<'_>) {
    match recover(work, NOW, false) {
        Err(failure) => told(&failure),
        Ok((_, Some(left_over))) => told(&left_over),
        Ok(_) => assert_eq!(recover(work, NOW, false), Ok((Recovered::Nothing, None))),
    }
    let _ = snapshots(work).map_err(|failure| told(&failure));
}

/// A journal that is read and written again reads the same.
fn write_again(work: &Work<'_>) {
    let journal = match Journal::read(work) {
        Ok(Some(journal)) => journal,
        Ok(None) => return,
        Err(failure) => return told(&failure),
    };
    let app = work.app.with_file_name("again");
    let _ = fs::remove_dir_all(&app);
    fs::create_dir_all(app.join(".holdfast")).expect("folders");
    let other = Work { app: &app, ..*work };
    for record in &journal.records {
        append(&other, record).expect("written");
    }
    let again = Journal::read(&other).expect("readable").map(|j| j.records).unwrap_or_default();
    assert_eq!(again, journal.records);
}

/// The lines with their checksums made good, and nothing in them that runs a program or asks a query.
fn mended(journal: &[u8]) -> Vec<u8> {
    #[derive(serde::Deserialize)]
    struct Line {
        record: Value,
    }
    let lines = journal
        .split(|b| *b == b'\n')
        .map(|line| match serde_json::from_slice::<Line>(line) {
            Ok(Line { mut record }) => {
                disarm(&mut record);
                let record = serde_json::value::to_raw_value(&record).expect("JSON");
                sealed(&record)
            }
            Err(_) => line.to_vec(),
        });
    lines.collect::<Vec<_>>().join(&b'\n')
}

fn sealed(record: &RawValue) -> Vec<u8> {
    let sum = &sha256(record.get().as_bytes())[..16];
    format!(r#"{{"sum":"{sum}","record":{record}}}"#).into_bytes()
}

fn disarm(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "programs" => *value = Value::Array(Vec::new()),
                    // A confirmation's query; a plan has no such key.
                    "version" => *value = Value::Null,
                    _ => disarm(value),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(disarm),
        _ => {}
    }
}
