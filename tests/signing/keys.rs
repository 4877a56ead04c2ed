//! Keys as files: made once, never written over, and taken for what they are.

use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_pair_of_keys_is_made_once_and_the_secret_one_is_its_owners() {
    let bench = Bench::new();
    let name = bench.path("release.2026");
    let said = holdfast(&["keygen", "-o"], &[&name]).expect(0).stdout;
    let [secret, public] = ["release.2026.key", "release.2026.pub"].map(|file| bench.path(file));
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode(&secret), mode(&public) & 0o444), (0o600, 0o444));
    let text = fs::read_to_string(&public).expect("text");
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("id"))
        .expect("an id")
        .trim()
        .to_owned();
    says(&said, &[&id, "release.2026.key", "release.2026.pub", "secret"]);
    assert!(!text.contains("secret"));
    let before = tree(&bench.path(""));
    for gone in [None, Some(&secret), Some(&public)] {
        gone.iter().for_each(|path| fs::rename(path, bench.path("away")).expect("moved"));
        let ran = holdfast(&["keygen", "-o"], &[&name]).expect(20);
        says(&ran.stderr, &["is there already", "REQUEST:INVALID", "-o"]);
        gone.iter().for_each(|path| fs::rename(bench.path("away"), path).expect("moved"));
        assert_eq!(tree(&bench.path("")), before);
    }
    holdfast(&["keygen", "-o"], &[&bench.path("other")]).expect(0);
    assert_ne!(fs::read(bench.path("other.pub")).expect("text"), fs::read(&public).expect("text"));
    says(
        &holdfast(&["keygen", "-o"], &[&bench.path("none/key")]).expect(20).stderr,
        &["none", "DISK:FAILED"],
    );
}

#[test]
fn a_file_that_is_no_key_is_named() {
    let play = Play::new();
    let update = play.update("update", &[1], None);
    let before = fs::read(&update).expect("bytes");
    let [secret, public] = key_files(&play.bench, 1);
    write(&play.bench.path("letter"), "Dear all,\n");
    write(
        &play.bench.path("short"),
        fs::read_to_string(&secret).expect("text").trim_end().split_at(150).0,
    );
    let [letter, short, none] = ["letter", "short", "none"].map(|name| play.bench.path(name));
    for (file, parts) in [
        (&public, ["is no secret key of Holdfast", "REQUEST:INVALID"]),
        (&letter, ["is no secret key of Holdfast", "holdfast keygen"]),
        (&short, ["is no secret key of Holdfast", "It "]),
        (&none, ["none", "DISK:FAILED"]),
    ] {
        says(&holdfast(&["sign"], &[&update, Path::new("--key"), file]).expect(20).stderr, &parts);
    }
    for file in [&secret, &letter] {
        let ran = holdfast(&["verify"], &[&update, Path::new("--key"), file]).expect(2);
        says(&ran.stderr, &["is no public key of Holdfast", "NAME.pub"]);
        let ran = holdfast(&["pin", UPDATER, "-o"], &[&play.bench.path("pinned"), Path::new("--key"), file]).expect(20);
        says(&ran.stderr, &["is no public key of Holdfast"]);
    }
    assert!(fs::read(&update).expect("bytes") == before && !play.bench.path("pinned").exists());
}
