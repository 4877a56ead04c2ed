//! Runs a program with a time limit in a process group of its own, so that its children end with it.

use crate::platform::said::{Said, wait};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

pub use crate::platform::said::Ended;

/// Runs a program until it ends, the limit is reached, or `cancelled` says so. Returns how it ended and the last 16 KiB of its output
/// and of its errors, in that order.
pub fn run_limited(command: &mut Command, limit: Duration, cancelled: &dyn Fn() -> bool) -> io::Result<(Ended, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = rustix::process::Pid::from_child(&child);
    let said = Said::listen(&mut child)?;
    let ended = wait(&mut child, limit, cancelled)?;
    // Children that it left behind would hold files of the stage.
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    child.wait()?;
    Ok((ended, said.text()))
}
