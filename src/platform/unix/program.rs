//! Runs a program with a time limit in a process group of its own, so that its children end with it, and keeps only the last
//! part of what it says, however much that is.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code; `None` if a signal ended it.
    Exited(Option<i32>),
    /// It was still running at the limit, and was ended.
    TooLate,
    /// The run was cancelled, and the program was ended.
    Cancelled,
}

const KEPT_BYTES: usize = 16 << 10;
/// How long the rest of the output is waited for after the program has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs a program until it ends, the limit is reached, or `cancelled` says so. Returns how it ended and the last 16 KiB of its output and of its errors, in that order.
pub fn run_limited(command: &mut Command, limit: Duration, cancelled: &dyn Fn() -> bool) -> io::Result<(Ended, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = rustix::process::Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    let pipes: Vec<Box<dyn Read + Send>> = vec![
        Box::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?),
        Box::new(child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?),
    ];
    for (n, pipe) in pipes.into_iter().enumerate() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let _ = sender.send((n, last_part(pipe)));
        });
    }
    drop(sender);
    let started = Instant::now();
    let ended = loop {
        if let Some(status) = child.try_wait()? {
            break Ended::Exited(status.code());
        }
        if started.elapsed() >= limit {
            break Ended::TooLate;
        }
        if cancelled() {
            break Ended::Cancelled;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    // Children that it left behind would hold files of the stage.
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    child.wait()?;
    // A child that left the group may keep a pipe open for as long as it lives; what it says is not waited for.
    let deadline = Instant::now() + PATIENCE;
    let mut said = [String::new(), String::new()];
    while let Ok((n, text)) = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        said[n] = text;
    }
    Ok((ended, said.join("")))
}

fn last_part(mut pipe: Box<dyn Read + Send>) -> String {
    let mut kept = VecDeque::with_capacity(KEPT_BYTES);
    let mut buffer = [0u8; 8192];
    while let Ok(read @ 1..) = pipe.read(&mut buffer) {
        kept.extend(&buffer[..read]);
        kept.drain(..kept.len().saturating_sub(KEPT_BYTES));
    }
    String::from_utf8_lossy(kept.make_contiguous()).into_owned()
}
