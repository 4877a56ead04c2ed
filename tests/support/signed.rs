//! Keys, and updaters that believe them.

use super::{Bench, HOLDFAST, UPDATER, run, write};
use holdfast::trust::SecretKey;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A key that is the same in every run.
pub fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// The files of a key: `key-N.key` and `key-N.pub`.
pub fn key_files(bench: &Bench, n: u8) -> [PathBuf; 2] {
    let [secret, public] = ["key", "pub"].map(|end| bench.path(&format!("key-{n}.{end}")));
    write(&secret, key(n).text());
    write(&public, key(n).public().text());
    [secret, public]
}

/// The updater under test, made to pin keys.
pub fn pinned(bench: &Bench, name: &str, keys: &[u8]) -> PathBuf {
    let output = bench.path(name);
    let mut command = Command::new(HOLDFAST);
    command.arg("pin").arg(UPDATER).arg("-o").arg(&output);
    for n in keys {
        command.arg("--key").arg(&key_files(bench, *n)[1]);
    }
    run(&mut command).expect(0);
    output
}

/// Makes an updater that pins a key beside a file that is to be read.
pub fn beside(bench: &Bench, folder: &str, program: &Path, bundle: &Path) -> PathBuf {
    let target = bench.path(folder).join("update");
    std::fs::create_dir_all(bench.path(folder)).expect("a folder");
    copied(program, &target);
    std::fs::copy(bundle, bench.path(folder).join("update.hfb")).expect("a bundle");
    target
}

/// Makes a program of bytes.
pub fn program(bytes: &[u8], output: &Path) {
    let data = output.with_extension("data");
    write(&data, bytes);
    copied(&data, output);
    super::executable(output);
    std::fs::remove_file(data).expect("removed");
}

/// Copies a program. Another process does it: an executable that this process has open for writing might not start.
pub fn copied(from: &Path, to: &Path) {
    run(Command::new("cp").arg(from).arg(to)).expect(0);
}
