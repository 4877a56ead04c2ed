//! The README's story of the release manager, with the updater for Windows: packed here, and run from the stick in drive `E:`.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/stick.rs"]
mod stick;
#[path = "desk/story.rs"]
mod story;
mod support;

use desk::Desk;
use std::os::unix::fs::symlink;
use std::path::Path;
use stick::{Stick, prefix};
use story::Stage;
use support::wine::updater;

#[test]
fn from_two_databases_to_an_update_for_windows() {
    let desk = Desk::new(prefix(), "the-story");
    let stick = Stick::new(&desk.wine);
    let folder = desk.bench.path("desk");
    std::fs::create_dir(&folder).expect("a folder");
    symlink(&stick.folder, folder.join("stick")).expect("the stick at the desk");
    let at_site = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let ran = desk.wine.run(Path::new(words[0]), &words[1..]);
        stick.nothing_is_left();
        ran
    };
    let stage = Stage {
        desk: folder,
        site: desk.wine.folder("Loans"),
        at_site: &at_site,
    };
    stage.lay_out(&updater());
    stage.play();
}
