//! What a Windows program under Wine did to a folder. Wine's server makes, renames and removes on its behalf, and the program writes and
//! flushes itself, through descriptors that the server passed to it: so both are recorded together.

use super::Trace;
use super::strace::{Argument, calls};
use super::trace::Descriptors;
use crate::support::Ran;
use crate::support::wine::{Wine, until};
use holdfast::disk::simulated::Tree;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// All calls but those that only read or wait, of which there are very many, and those that make processes, of which the lines differ.
const TRACED: &str = "trace=!read,readv,pread64,recvmsg,epoll_wait,poll,ppoll,futex,clone,clone3,vfork,wait4";

/// Runs the program and says by a file that it has ended, and how. Whoever waits for `strace` itself waits for Wine's server.
const RUN: &str = r#"ended=$1; out=$2; err=$3; shift 3; wine "$@" >"$out" 2>"$err"; echo $? >"$ended.new"; mv "$ended.new" "$ended""#;

/// Runs a Windows program and records what it does to a folder on drive `C:`. Nothing else may run in that prefix.
pub fn record_under_wine(
    wine: &Wine,
    folder: &Path,
    program: &Path,
    words: &[impl AsRef<OsStr>],
    environment: &[(&str, &str)],
) -> (Ran, Trace) {
    let before = Tree::load(folder).expect("the folder can be read");
    let place = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| place.path().join(name);
    let mut strace = wine.command("strace");
    strace
        .args(["-f", "-y", "-xx", "-s", "100000000", "-e", TRACED, "-o"])
        .arg(at("log"));
    strace.arg("-p").arg(wine.server_process().to_string());
    strace.args(["sh", "-c", RUN, "sh"]).args(["ended", "out", "err"].map(at));
    strace.envs(environment.iter().copied());
    let mut tracing = strace.arg(program).args(words).spawn().expect("strace is installed, and may trace");
    let code = until("the recorded run", || fs::read_to_string(at("ended")).ok());
    // It would not leave the server otherwise.
    tracing.kill().and_then(|()| tracing.wait()).expect("a process of ours");
    assert!(wine.is_up(), "Wine lost its server");
    let said = |name: &str| String::from_utf8_lossy(&fs::read(at(name)).unwrap_or_default()).into_owned();
    let ran = Ran {
        code: code.trim().parse().ok(),
        stdout: said("out"),
        stderr: said("err"),
    };
    let text = said("log");
    // The line at which it was ended.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut calls = calls(whole).unwrap_or_else(|e| panic!("the trace cannot be read: {e}"));
    let (drive, linked) = (wine.drive_c(), wine.drive_c_by_letter());
    let (drive, linked) = (drive.as_os_str().as_bytes(), linked.as_os_str().as_bytes());
    for call in calls.iter_mut().filter(|call| !call.name.contains("write")) {
        for argument in &mut call.arguments {
            if let Argument::Text(path) = argument
                && path.starts_with(linked)
            {
                path.splice(..linked.len(), drive.iter().copied());
            }
        }
    }
    (ran, Trace::of(folder, before, &calls, Descriptors::Passed))
}
