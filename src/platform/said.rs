//! Waits for a program and keeps the last part of what it says, however much that is; the same on every system.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
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

/// Waits until a child ends, the limit is reached, or `cancelled` says so. It does not end the child.
pub fn wait(child: &mut Child, limit: Duration, cancelled: &dyn Fn() -> bool) -> io::Result<Ended> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::Exited(status.code()));
        }
        if started.elapsed() >= limit {
            return Ok(Ended::TooLate);
        }
        if cancelled() {
            return Ok(Ended::Cancelled);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What a child says.
pub struct Said(Receiver<(usize, String)>);

impl Said {
    /// Begins to listen to a child whose output and errors are pipes.
    pub fn listen(child: &mut Child) -> io::Result<Said> {
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
        Ok(Said(receiver))
    }

    /// The last 16 KiB of the output and of the errors, in that order. A child's child may keep a pipe open for as long as it lives; what
    /// it says is not waited for.
    pub fn text(self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut said = [String::new(), String::new()];
        while let Ok((n, text)) = self.0.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            said[n] = text;
        }
        said.join("")
    }
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
