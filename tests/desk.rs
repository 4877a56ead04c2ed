//! The README's story of the release manager, “From two databases to a signed update.exe”, word by word with the real programs.

#[path = "desk/story.rs"]
mod story;
mod support;

use std::process::Command;
use story::Stage;
use support::{Bench, UPDATER, run};

#[test]
fn from_two_databases_to_an_update() {
    let bench = Bench::new();
    let (desk, site) = (bench.path("desk"), bench.path("at the site"));
    // What is written for Windows, said to a shell: the stick's letter, and the application's folder.
    let at_site = |line: &str| {
        let line = line
            .replace(r"E:\", "stick/")
            .replace(r"C:\Loans", &format!("'{}'", site.display()));
        run(Command::new("bash")
            .args(["-c", &line])
            .current_dir(&desk)
            .env("HOME", bench.path("home")))
    };
    let stage = Stage {
        desk: desk.clone(),
        site: site.clone(),
        at_site: &at_site,
    };
    stage.lay_out(UPDATER.as_ref());
    stage.play();
}
