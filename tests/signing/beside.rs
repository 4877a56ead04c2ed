//! `update.hfb`: an update in a file of its own, beside the program or named.

use super::*;
use support::signed::beside;

#[test]
fn an_update_beside_the_program_is_taken_if_a_pinned_key_has_signed_it() {
    let play = Play::new();
    let (signed, unsigned, others) = (
        play.bundle("signed", Some(1)),
        play.bundle("unsigned", None),
        play.bundle("others", Some(2)),
    );
    let program = pinned(&play.bench, "pinned", &[1]);
    play.taken(&beside(&play.bench, "stick", &program, &signed), &[]);
    play.refused(
        &beside(&play.bench, "stick", &program, &unsigned),
        &[],
        "BUNDLE:UNSIGNED",
        &["update.hfb"],
    );
    play.refused(
        &beside(&play.bench, "stick", &program, &others),
        &[],
        "BUNDLE:SIGNATURE",
        &["update.hfb", &key(2).public().id()],
    );
    // Named, it is the same.
    for (file, reason) in [(&unsigned, "BUNDLE:UNSIGNED"), (&others, "BUNDLE:SIGNATURE")] {
        play.refused(&program, &["--bundle", &file.to_string_lossy()], reason, &[]);
    }
    play.taken(&program, &["--bundle", &signed.to_string_lossy()]);
}

#[test]
fn a_program_that_pins_nothing_says_why_it_takes_no_other_file() {
    let play = Play::new();
    let signed = play.bundle("signed", Some(1));
    let why = ["pins no key", "who made it"];
    play.refused(
        &beside(&play.bench, "stick", Path::new(UPDATER), &signed),
        &[],
        "BUNDLE:UNPINNED",
        &why,
    );
    play.refused(
        Path::new(UPDATER),
        &["--bundle", &signed.to_string_lossy()],
        "BUNDLE:UNPINNED",
        &why,
    );
    // One that carries an update of its own looks at no other.
    let own = play.packed("own", &[]);
    let before = fs::read(&own).expect("bytes");
    let target = beside(&play.bench, "full", &own, &play.bench.path("signed"));
    write(&play.bench.path("full/update.hfb"), "no update at all");
    play.taken(&target, &[]);
    assert!(fs::read(&own).expect("bytes") == before);
    let program = beside(
        &play.bench,
        "stick",
        &pinned(&play.bench, "pinned", &[1]),
        &play.bench.path("full/update.hfb"),
    );
    play.refused(&program, &[], "BUNDLE:MISSING", &["update.hfb", "carries no update"]);
}

#[test]
fn an_update_of_more_than_four_gigabytes_is_taken_from_a_file_of_its_own() {
    // Bytes that are no run of zeros, so that the zip itself is that large.
    let large: u64 = if is_nightly() { (4 << 30) + (200 << 20) } else { 3 << 20 };
    let play = Play::new();
    let payload = play.bench.mini_payload();
    let chance = &mut fastrand::Rng::with_seed(1);
    let block: Vec<u8> = std::iter::repeat_with(|| chance.u8(..)).take(1 << 20).collect();
    let mut file = fs::File::create(payload.join("code/lib/large.bin")).expect("a file");
    for n in 0..large >> 20 {
        // The window of deflate is far smaller than a block, so repeating it saves nothing.
        std::io::Write::write_all(&mut file, &n.to_le_bytes()).expect("written");
        std::io::Write::write_all(&mut file, &block).expect("written");
    }
    drop(file);
    let (program, folder) = (pinned(&play.bench, "pinned", &[1]), play.bench.path("stick"));
    fs::create_dir(&folder).expect("a folder");
    let output = folder.join("update.hfb");
    let words = [play.words(&[], Some(1)), vec!["--bundle-only".to_owned()]].concat();
    let mut command = Command::new(HOLDFAST);
    run(command
        .arg("pack")
        .arg(&payload)
        .arg("-o")
        .arg(&output)
        .args(UNREHEARSED)
        .args(words))
    .expect(0);
    assert!(fs::metadata(&output).expect("a bundle").len() > large);
    support::signed::copied(&program, &folder.join("update"));
    update(&folder.join("update"), &play.site, &[]).expect(0);
    let [there, packed] =
        [&play.site, &payload.join("code")].map(|folder| fs::metadata(folder.join("lib/large.bin")).expect("a file").len());
    assert_eq!(there, packed);
    holdfast(&["verify"], &[&output, Path::new("--key"), &key_files(&play.bench, 1)[1]]).expect(0);
    if is_nightly() {
        let ran = play.pack(&play.bench.path("too-large"), &[]).expect(20);
        says(&ran.stderr, &["--bundle-only", "holdfast pin"]);
        assert!(!play.bench.path("too-large").exists());
    }
}
