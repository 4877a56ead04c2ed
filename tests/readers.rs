//! Everything that Holdfast reads from outside, read damaged: every file of `tests/fuzz/corpus`, and each with thousands of small changes
//! that are the same on every machine. What is asked of the readers stands in `tests/fuzz/readers`; libFuzzer asks the same with inputs
//! of its own (`tests/fuzz/run`).

#[path = "fuzz/readers/mod.rs"]
mod readers;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

/// By how much more is tried at night.
const NIGHTLY: usize = 20;

/// Marsaglia's xorshift64*: the same numbers on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % end.max(1) as u64) as usize
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

/// The files of a target, by name.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(corpus().join(target)).unwrap_or_else(|e| panic!("corpus of {target}: {e}"));
    let file = |entry: fs::DirEntry| {
        (
            entry.file_name().to_string_lossy().into_owned(),
            fs::read(entry.path()).expect("readable"),
        )
    };
    let mut found: Vec<_> = entries.map(|entry| file(entry.expect("an entry"))).collect();
    found.sort();
    assert!(!found.is_empty(), "{target} has no corpus");
    found
}

/// One small change, or a few: bits, bytes, pieces cut out, doubled, or taken from another file.
fn change(chance: &mut Chance, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    const TELLING: [u8; 14] = [0, 0xff, 0x80, b'\n', b'\r', b'"', b'\'', b'{', b'[', b';', b'.', b'/', b'9', b'-'];
    let mut changed = bytes.to_vec();
    for _ in 0..1 + chance.below(3) {
        let at = chance.below(changed.len());
        let end = (at + 1 + chance.below(24)).min(changed.len());
        match chance.below(7) {
            0 if !changed.is_empty() => changed[at] ^= 1 << chance.below(8),
            1 if !changed.is_empty() => changed[at] = TELLING[chance.below(TELLING.len())],
            2 => changed.truncate(at),
            3 if !changed.is_empty() => drop(changed.drain(at..end)),
            4 if !changed.is_empty() => {
                let piece = changed[at..end].to_vec();
                let to = chance.below(changed.len());
                changed.splice(to..to, piece);
            }
            5 if !other.is_empty() => {
                let from = chance.below(other.len());
                let piece = &other[from..(from + 1 + chance.below(64)).min(other.len())];
                changed.splice(at..at, piece.iter().copied());
            }
            _ => changed.insert(at, TELLING[chance.below(TELLING.len())]),
        }
    }
    changed
}

/// Reads, and on a panic keeps the bytes where they can be looked at.
fn ask(target: &str, read: readers::Reader, name: &str, bytes: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| read(bytes))) {
        let kept = std::env::temp_dir().join(format!("holdfast-{target}-{}", &holdfast::bundle::sha256(bytes)[..12]));
        fs::write(&kept, bytes).expect("written");
        eprintln!("{target} failed on a change of {name}; the bytes are in {}", kept.display());
        resume_unwind(panic);
    }
}

/// Every file of the corpus, and so many changes of each.
fn replay(target: &str, changes: usize) {
    let (_, read) = readers::TARGETS.into_iter().find(|(name, _)| *name == target).expect("a target");
    let nightly = std::env::var("HOLDFAST_PROOF").is_ok_and(|size| size == "nightly");
    let changes = if nightly { changes * NIGHTLY } else { changes };
    let files = inputs(target);
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut tried = 0;
    for (n, (name, bytes)) in files.iter().enumerate() {
        ask(target, read, name, bytes);
        for _ in 0..changes {
            let other = &files[(n + 1 + chance.below(files.len())) % files.len()].1;
            ask(target, read, name, &change(&mut chance, bytes, other));
        }
        tried += 1 + changes;
    }
    println!("readers {target}: {tried} tried, {} files, 0 wrong", files.len());
}

macro_rules! targets {
    ($($test:ident: $target:literal, $changes:literal;)+) => {
        $(#[test]
        fn $test() {
            replay($target, $changes);
        })+

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$($target),+];
            let targets: Vec<&str> = readers::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(targets, replayed);
            for target in targets {
                let file = corpus().with_file_name("targets").join(format!("{target}.rs"));
                assert!(file.is_file(), "{target} is not fuzzed");
            }
        }
    };
}

targets! {
    damaged_bundles_are_refused_or_sound: "bundle", 1500;
    any_manifest_is_refused_or_sound: "manifest", 1500;
    any_payload_manifest_is_refused_or_sound: "payload", 1500;
    damaged_journals_lose_nothing: "journal", 150;
    any_mapping_is_refused_or_accounts_for_every_row: "mapping", 1500;
    any_load_plan_is_refused_or_loads_what_it_names: "load_plan", 1500;
    any_data_file_is_refused_or_loaded_whole: "load_rows", 750;
    any_sql_is_cut_as_sqlite_cuts_it: "sql", 1000;
    only_what_the_pinned_key_signed_is_believed: "signature", 1500;
    any_schema_is_refused_or_compared_and_drafted: "schema", 1000;
    any_result_file_is_named_as_unreadable_or_stands_on_the_page: "result", 1000;
}

#[test]
fn the_bundle_that_the_pinned_key_signed_is_believed() {
    readers::signature::sound();
}
