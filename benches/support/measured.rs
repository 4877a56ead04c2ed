//! Runs a program, and measures how long it takes and how much memory.

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// What was measured.
pub struct Measured {
    /// How it ended.
    pub status: ExitStatus,
    /// From its start to its end.
    pub time: Duration,
    /// The highest resident size of the program itself, in kB.
    pub peak_kb: u64,
}

/// Runs it to its end.
pub fn measured(command: &mut Command) -> Measured {
    let started = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            break status;
        }
        peak_kb = peak_kb.max(high_water(status_file.as_ref()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    };
    Measured {
        status,
        time: started.elapsed(),
        peak_kb,
    }
}

/// The highest resident size so far, in kB.
fn high_water(status: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
