//! Keys, signatures and pins: a program that pins keys takes what one of them has signed and nothing else, whatever is changed, taken away or
//! put in its place; and an update in a file of its own is taken so, or not at all.

mod support;

#[path = "signing/beside.rs"]
mod beside;
#[path = "signing/keys.rs"]
mod keys;
#[path = "signing/pinned.rs"]
mod pinned;
#[path = "signing/signed.rs"]
mod signed;

use holdfast::bundle::container::{MARK_BYTES, SIGNATURE_BYTES};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::signed::{key, key_files, pinned};
use support::*;

/// The release manager's tool.
fn holdfast(words: &[&str], paths: &[&Path]) -> Ran {
    run(Command::new(HOLDFAST).args(words).args(paths))
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” is not in: {text}");
    }
}

/// A site and what stands in it before.
struct Play {
    bench: Bench,
    site: PathBuf,
}

impl Play {
    fn new() -> Play {
        let bench = Bench::new();
        let site = bench.mini_site("site");
        Play { bench, site }
    }

    /// The small product's update, packed with these words.
    fn packed(&self, name: &str, words: &[&str]) -> PathBuf {
        let output = self.bench.path(name);
        self.pack(&output, words).expect(0);
        output
    }

    fn pack(&self, output: &Path, words: &[&str]) -> Ran {
        let payload = self.bench.mini_payload();
        let stub = if words.contains(&"--bundle-only") || words.contains(&"--stub") {
            &[][..]
        } else {
            &["--stub", UPDATER]
        };
        let mut command = Command::new(HOLDFAST);
        run(command
            .arg("pack")
            .arg(payload)
            .arg("-o")
            .arg(output)
            .args(UNREHEARSED)
            .args(stub)
            .args(words))
    }

    /// The words `--pin KEY.pub …`, and `--key KEY.key`.
    fn words(&self, pins: &[u8], signer: Option<u8>) -> Vec<String> {
        let file = |n: u8, which: usize| key_files(&self.bench, n)[which].display().to_string();
        let pins = pins.iter().flat_map(|n| ["--pin".to_owned(), file(*n, 1)]);
        pins.chain(signer.into_iter().flat_map(|n| ["--key".to_owned(), file(n, 0)]))
            .collect()
    }

    /// An update that pins keys and is signed by one.
    fn update(&self, name: &str, pins: &[u8], signer: Option<u8>) -> PathBuf {
        let words = self.words(pins, signer);
        self.packed(name, &words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A bundle alone.
    fn bundle(&self, name: &str, signer: Option<u8>) -> PathBuf {
        let words = [self.words(&[], signer), vec!["--bundle-only".to_owned()]].concat();
        self.packed(name, &words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The program refuses, by that reason and with these words, and the site is as it was.
    #[track_caller]
    fn refused(&self, program: &Path, more: &[&str], why: &str, parts: &[&str]) {
        let before = tree(&self.site);
        let file = self.bench.path("result.json");
        let ran = update(program, &self.site, &[&["--result", &file.to_string_lossy()], more].concat()).expect(20);
        let result: serde_json::Value = serde_json::from_slice(&fs::read(file).expect("a result")).expect("JSON");
        assert_eq!(result["failures"][0]["reason"], why, "{ran:?}");
        says(&ran.stderr, parts);
        says(&ran.stderr, &["Nothing was changed."]);
        assert_eq!(tree(&self.site), before);
    }

    /// The program updates the site, which is then as it was before.
    #[track_caller]
    fn taken(&self, program: &Path, more: &[&str]) {
        update(program, &self.site, more).expect(0);
        assert_eq!(fs::read_to_string(self.site.join("VERSION")).expect("VERSION"), "2.0\n");
        verb(program, "rollback", &self.site, more).expect(0);
        assert_eq!(fs::read_to_string(self.site.join("VERSION")).expect("VERSION"), "1.0\n");
    }
}

/// A program of several parts.
fn joined(parts: &[&[u8]], output: &Path) {
    support::signed::program(&parts.concat(), output);
}

/// The parts of an update: the program, the bundle up to its signatures, the signatures, the footer.
fn parts(update: &Path) -> [Vec<u8>; 4] {
    let bytes = fs::read(update).expect("an update");
    let mark = MARK_BYTES as usize;
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight")) as usize;
    let foot = bytes.len() - mark;
    let signatures = foot - number(foot + 24);
    let head = signatures - number(foot + 16) - mark;
    assert_eq!((foot - signatures) % SIGNATURE_BYTES, 0);
    [&bytes[..head], &bytes[head..signatures], &bytes[signatures..foot], &bytes[foot..]].map(<[u8]>::to_vec)
}
