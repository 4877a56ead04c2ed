//! Real databases of the fixtures, and the mappings for them.

use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mapping that is kept beside the tests.
pub fn mapping(name: &str) -> PathBuf {
    project().join("tests/reshape").join(name)
}

/// A database of the fixtures in the test's own folder, out of its zip if it has one.
pub fn database_of(bench: &Bench, name: &str) -> PathBuf {
    let file = bench.path(Path::new(name).file_name().and_then(|n| n.to_str()).expect("a name"));
    let fixtures = project().join("../shared/fixtures");
    let zip = fixtures.join(format!("{name}.zip"));
    if zip.is_file() {
        let folder = file.parent().expect("a folder");
        run(Command::new("unzip").arg("-qo").arg(zip).arg("-d").arg(folder)).expect(0);
    } else {
        fs::copy(fixtures.join(name), &file).expect(name);
    }
    file
}
