//! The hash by which a certificate knows its payload: every byte that is packed counts, and nothing else does.

use crate::support::{Bench, append, copy_tree, replace, tree, write};
use holdfast::payload::resolve;
use std::fs;
use std::path::Path;

fn hash(payload: &Path) -> String {
    resolve(payload).expect("a payload").hash().to_owned()
}

/// Adds a byte to a file in a way that leaves the payload whole.
fn grow(path: &Path) {
    let mut bytes = fs::read(path).expect("a file");
    bytes.push(b'\n');
    fs::write(path, bytes).expect("written");
}

#[test]
fn each_packed_byte_counts() {
    let bench = Bench::in_memory();
    let payload = bench.mini_payload();
    write(&payload.join("notes/2.0.md"), "new colours\n");
    let before = hash(&payload);
    let packed = |path: &str| {
        ["code/", "migrations/", "notes/", "releases/1.0/code/"]
            .iter()
            .any(|p| path.starts_with(p))
    };
    let files: Vec<String> = tree(&payload)
        .into_iter()
        .filter(|(path, what)| what != "folder" && packed(path))
        .map(|(path, _)| path)
        .collect();
    assert!(files.len() >= 14, "{files:?}");
    let mut seen = vec![before.clone()];
    for path in files {
        let old = fs::read(payload.join(&path)).expect("a file");
        grow(&payload.join(&path));
        let now = hash(&payload);
        assert!(!seen.contains(&now), "a byte more in {path} does not count");
        seen.push(now);
        fs::write(payload.join(&path), old).expect("as before");
        assert_eq!(hash(&payload), before, "{path}");
    }
}

#[test]
fn each_word_of_the_manifest_counts() {
    let bench = Bench::in_memory();
    let payload = bench.mini_payload();
    let before = hash(&payload);
    let manifest = payload.join("holdfast.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    for (from, to) in [
        ("name = \"Mini\"", "name = \"Maxi\""),
        ("colour = green", "colour = grey"),
        ("uploads/**", "uploads/*"),
        ("count(*) >= 2", "count(*) > 1"),
        ("\"items are there\"", "\"items are here\""),
        ("path = \"data/mini.db\"", "path = \"data/mini.db\"\ngrowth = 2.0"),
        ("path = \"data/mini.db\"", "path = \"data/mini2.db\""),
    ] {
        replace(&manifest, from, to);
        assert_ne!(hash(&payload), before, "{to} does not count");
        fs::write(&manifest, &text).expect("as before");
    }
    append(&payload, "\n[snapshots]\nkeep = 2\n");
    assert_ne!(hash(&payload), before);
}

#[test]
fn schemas_and_modes_count() {
    let bench = Bench::in_memory();
    let payload = bench.mini_payload();
    let before = hash(&payload);
    let script = payload.join("releases/1.0/main.sql");
    let text = fs::read_to_string(&script).expect("a script");
    fs::write(&script, text.clone() + "CREATE TABLE more (id INTEGER);").expect("written");
    assert_ne!(hash(&payload), before, "the schema of a release is packed");
    fs::write(&script, text).expect("as before");
    crate::support::executable(&payload.join("code/lib/one.txt"));
    assert_ne!(hash(&payload), before, "whether a file may be run is packed");
}

#[test]
fn what_is_not_packed_does_not_count() {
    let bench = Bench::in_memory();
    let payload = bench.mini_payload();
    let before = hash(&payload);
    write(&payload.join("rehearsal/certificate.json"), "anything");
    write(&payload.join(".hidden"), "anything");
    let script = payload.join("releases/1.0/main.sql");
    let text = fs::read_to_string(&script).expect("a script");
    fs::write(&script, text + "INSERT INTO thing VALUES (3, 'table');").expect("written");
    assert_eq!(hash(&payload), before);
    // The same files, made in another order, at another time, in another place.
    let other = bench.path("other");
    let names: Vec<String> = tree(&payload).into_iter().filter(|(_, w)| w != "folder").map(|(p, _)| p).collect();
    for name in names.iter().rev() {
        let to = other.join(name);
        fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        fs::copy(payload.join(name), to).expect("a copy");
    }
    assert_eq!(hash(&other), before);
    let third = bench.path("third");
    copy_tree(&payload, &third);
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
    for name in &names {
        let file = fs::OpenOptions::new().append(true).open(third.join(name)).expect("a file");
        file.set_modified(long_ago).expect("a time");
    }
    assert_eq!(hash(&third), before);
}
