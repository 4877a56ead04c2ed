//! Pins: they stay where they are, whatever is done behind the program; and what needs no update asks for none.

use super::*;

#[test]
fn pins_outlast_everything_that_is_done_behind_the_program() {
    let play = Play::new();
    let update = play.update("update", &[1], Some(1));
    let [program, body, signatures, foot] = parts(&update);
    let bare = play.bench.path("bare");
    joined(&[&program], &bare);
    let ran = holdfast(&["verify"], &[&bare]).expect(20);
    says(&ran.stderr, &["BUNDLE:MISSING"]);
    let unsigned = play.bundle("unsigned", None);
    play.refused(&bare, &["--bundle", &unsigned.to_string_lossy()], "BUNDLE:UNSIGNED", &[]);
    // Without its signature, which leaves the rest in order.
    let mut stripped = foot.clone();
    stripped[24..32].fill(0);
    joined(&[&program, &body, &stripped], &bare);
    play.refused(&bare, &[], "BUNDLE:UNSIGNED", &[]);
    joined(&[&program, &body, &signatures, &foot], &bare);
    play.taken(&bare, &[]);
    // Packing again without a word about pins keeps them, and `pin` takes others in their place.
    let again = play.bench.path("again");
    let words = [vec!["--stub".to_owned(), update.display().to_string()], play.words(&[], Some(1))].concat();
    play.pack(&again, &words.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
    assert!(fs::read(&again).expect("bytes") == fs::read(&update).expect("bytes"));
    holdfast(
        &["pin"],
        &[&update, Path::new("--key"), &key_files(&play.bench, 2)[1], Path::new("-o"), &again],
    )
    .expect(0);
    play.refused(&again, &[], "BUNDLE:SIGNATURE", &[&key(2).public().id()]);
}

#[test]
fn damaged_pins_are_no_pins_to_be_rid_of() {
    let play = Play::new();
    let update = play.update("update", &[1], Some(1));
    let bytes = fs::read(&update).expect("bytes");
    let at = memchr::memmem::find(&bytes, key(1).public().bytes()).expect("the pinned key");
    let changed = play.bench.path("changed");
    for (n, change) in [(at - 1, 0), (at, 0xff), (at + 31, 0), (at + 32, 1), (at + 32 * 8 + 5, 0)] {
        let mut bytes = bytes.clone();
        assert_ne!(bytes[n], change);
        bytes[n] = change;
        joined(&[&bytes], &changed);
        play.refused(&changed, &[], "BUNDLE:DAMAGED", &["whose updates it takes"]);
        says(
            &holdfast(&["verify"], &[&changed]).expect(20).stderr,
            &["changed", "BUNDLE:DAMAGED"],
        );
    }
}

#[test]
fn only_an_updater_of_this_kind_can_pin() {
    let play = Play::new();
    let (script, output) = (play.bench.path("script"), play.bench.path("pinned"));
    write(&script, "#!/bin/sh\n");
    for stub in [&script, Path::new("/bin/sh")] {
        let ran = holdfast(
            &["pin"],
            &[stub, Path::new("--key"), &key_files(&play.bench, 1)[1], Path::new("-o"), &output],
        )
        .expect(20);
        says(&ran.stderr, &["has no place for keys", &stub.display().to_string()]);
    }
    let words = [play.words(&[1], None), vec!["--stub".to_owned(), script.display().to_string()]].concat();
    let ran = play.pack(&output, &words.iter().map(String::as_str).collect::<Vec<_>>()).expect(20);
    says(&ran.stderr, &["has no place for keys"]);
    // The release manager's tool is an updater, too, when a bundle is behind it.
    holdfast(
        &["pin", HOLDFAST],
        &[Path::new("--key"), &key_files(&play.bench, 1)[1], Path::new("-o"), &output],
    )
    .expect(0);
    let packed = play.bench.path("packed");
    play.pack(&packed, &["--stub", &output.to_string_lossy()]).expect(0);
    play.refused(&packed, &[], "BUNDLE:UNSIGNED", &[]);
}

#[test]
fn what_needs_no_update_works_with_one_that_is_refused() {
    let play = Play::new();
    let (good, bad) = (play.update("good", &[1], Some(1)), play.update("bad", &[1], None));
    update(&good, &play.site, &["--hold"]).expect(0);
    says(&verb(&bad, "status", &play.site, &[]).expect(0).stdout, &["held"]);
    verb(&bad, "confirm", &play.site, &[]).expect(0);
    verb(&bad, "rollback", &play.site, &[]).expect(0);
    assert_eq!(fs::read_to_string(play.site.join("VERSION")).expect("VERSION"), "1.0\n");
    verb(&bad, "recover", &play.site, &[]).expect(10);
    // An update that was cut in the middle is brought to its end, and then the bad one is refused.
    for verb_or_update in ["recover", "update"] {
        let before = content(&play.site.join("data/mini.db"));
        let cut = run(Command::new(HOLDFAST)
            .arg("demo-update")
            .arg(&good)
            .arg(&play.site)
            .args(["--cut-after", "4"]));
        assert_eq!(cut.code, None, "{cut:?}");
        assert!(!play.site.join("start").exists(), "neither program can be started");
        match verb_or_update {
            "recover" => drop(verb(&bad, "recover", &play.site, &[]).expect(0)),
            _ => drop(update(&bad, &play.site, &[]).expect(20)),
        }
        let version = fs::read_to_string(play.site.join("VERSION")).expect("VERSION");
        assert_eq!((version.as_str(), content(&play.site.join("data/mini.db"))), ("1.0\n", before));
        assert!(!play.site.join(".holdfast/journal.jsonl").exists());
    }
    assert_eq!(reason(&play.site), "BUNDLE:UNSIGNED");
}
