//! Read-only, hidden and system: what a person or an installer chose is kept through an update and a rollback, and keeps nothing from
//! being replaced or removed. Wine keeps “read-only” of files alone, “hidden” and “system” of folders, too.

use crate::play::Play;
use crate::support::*;
use std::path::Path;

/// Files of the release, of which some change and one goes, folders of it, and what is the site's own.
const CHOSEN: [(&str, &str); 9] = [
    ("VERSION", "r"),
    ("lib", "h"),
    ("lib/one.txt", "rhs"),
    ("tool.exe", "s"),
    ("shared", "hs"),
    ("shared/other.txt", "rh"),
    ("shared/mine.txt", "rhs"),
    ("settings.ini", "h"),
    ("data", "h"),
];

/// The flags as `attrib` shows them.
fn flags(play: &Play, path: &str) -> String {
    let ran = play.wine.run(Path::new("attrib"), &[play.seen(path)]).expect(0);
    // Letters come first, in columns; “A” says only that the file was written.
    let letters = ran.stdout.split("C:").next().unwrap_or_default().to_lowercase();
    let mut letters: Vec<char> = letters.chars().filter(|c| "rhs".contains(*c)).collect();
    letters.sort_by_key(|c| "rhs".find(*c));
    letters.into_iter().collect()
}

fn choose(play: &Play, path: &str, letters: &str) {
    for letter in letters.chars() {
        play.wine
            .run(Path::new("attrib"), &[format!("+{letter}"), play.seen(path)])
            .expect(0);
    }
    assert_eq!(flags(play, path), letters, "{path}");
}

#[test]
fn what_was_chosen_is_kept_by_an_update_and_by_a_rollback() {
    let play = Play::new("attributes");
    for (path, letters) in CHOSEN {
        choose(&play, path, letters);
    }
    choose(&play, "gone/old.txt", "rhs");
    let before = tree(&play.site);
    play.update(&[]).expect(0);
    play.expect_new();
    for (path, letters) in CHOSEN {
        assert_eq!(flags(&play, path), letters, "{path} after the update");
    }
    // What is new gets what its folder gives.
    assert_eq!(flags(&play, "lib/deep/two.txt"), "");
    play.verb("rollback", &["--discard-newer"]).expect(0);
    assert_eq!(tree(&play.site), before);
    for (path, letters) in CHOSEN.into_iter().chain([("gone/old.txt", "rhs")]) {
        assert_eq!(flags(&play, path), letters, "{path} after the rollback");
    }
}

#[test]
fn read_only_files_can_be_replaced_and_removed_by_recovery_too() {
    let play = Play::faulty("read-only");
    for path in [
        "VERSION",
        "start",
        "start.cmd",
        "lib/one.txt",
        "gone/old.txt",
        "shared/other.txt",
        "settings.ini",
    ] {
        choose(&play, path, "r");
    }
    let (before, operations) = (tree(&play.site), play.operations());
    let last = crate::play::number(&operations, "rename", ".holdfast/new/start");
    let ran = play.update_with(&[], &[("HOLDFAST_FAULT", format!("crash@{last}"))]);
    assert_eq!(ran.code, Some(137), "{}", ran.stderr);
    play.verb("recover", &[]).expect(0);
    assert_eq!(tree(&play.site), before);
    assert!(
        !play.site.join(".holdfast/new").exists(),
        "read-only files of the stage are left over"
    );
    play.update(&[]).expect(0);
    play.expect_new();
    // A second way there and back removes the snapshot of the first.
    play.verb("rollback", &[]).expect(0);
    assert_eq!(tree(&play.site), before);
    play.update(&[]).expect(0);
    play.expect_new();
}

#[test]
fn a_read_only_database_is_refused_and_nothing_changes() {
    let play = Play::new("read-only-database");
    choose(&play, "data/mini.db", "r");
    let before = tree(&play.site);
    play.update(&[]).expect(20);
    assert_eq!(reason(&play.site), "DATABASE:READONLY");
    assert_eq!(tree(&play.site), before);
}
