//! The server of one Wine prefix, watched. Version 8 of it crashes now and then when a program looks through the handles of others while
//! those come and go, and what it served then waits for ever; so whoever watches says “Wine lost its server” and ends all of that.

use rustix::process::{Pid, Signal};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

/// A running server, and a program that waits until it ends.
pub struct Server {
    prefix: PathBuf,
    process: Pid,
    is_wanted: Arc<AtomicBool>,
    watcher: JoinHandle<()>,
    /// Without a program, Wine ends its desktop and its services a second after the last one; they take seconds to start, and a program that
    /// comes just then may find no desktop for its windows.
    waiting: Option<Child>,
}

impl Server {
    /// Starts it. `command` makes commands of this prefix, which is a folder.
    pub fn start(prefix: &Path, command: &dyn Fn(&str) -> Command) -> Server {
        // It returns when the server listens.
        let started = command("wineserver").arg("-p").status();
        assert!(started.is_ok_and(|s| s.success()), "wine is installed");
        let id = processes(prefix).find(|(_, name)| name.starts_with("wineserver"));
        let (id, _) = id.expect("Wine's server is a process of this prefix");
        let is_wanted = Arc::new(AtomicBool::new(true));
        let (wanted, home) = (is_wanted.clone(), prefix.to_owned());
        let watcher = std::thread::spawn(move || {
            while is_running(id) {
                sleep(Duration::from_millis(50));
            }
            if wanted.load(Ordering::SeqCst) {
                println!("Wine lost its server");
                end_programs(&home);
            }
        });
        Server {
            prefix: prefix.to_owned(),
            process: id,
            is_wanted,
            watcher,
            waiting: None,
        }
    }

    /// Keeps the desktop and the services from ending with the last program.
    pub fn stay_awake(&mut self, command: &dyn Fn(&str) -> Command) {
        let child = command("wine").arg("cmd").stdin(Stdio::piped()).spawn();
        self.waiting = Some(child.expect("wine is installed"));
    }

    pub fn process(&self) -> Pid {
        self.process
    }

    /// Whether it still runs.
    pub fn is_up(&self) -> bool {
        !self.watcher.is_finished()
    }

    /// Ends it and every program.
    pub fn end(self, command: &dyn Fn(&str) -> Command) {
        self.is_wanted.store(false, Ordering::SeqCst);
        // One that is still starting would start a server of its own.
        if let Some(mut waiting) = self.waiting {
            let _ = waiting.kill().and_then(|()| waiting.wait());
        }
        for word in ["-k", "-w"] {
            let _ = command("wineserver").arg(word).status();
        }
        end_programs(&self.prefix);
        let _ = self.watcher.join();
    }
}

/// The processes of a prefix, which their environment tells, with their names.
fn processes(prefix: &Path) -> impl Iterator<Item = (Pid, String)> {
    let mark = [b"WINEPREFIX=", prefix.as_os_str().as_encoded_bytes()].concat();
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(move |process| {
        let id = process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
        let environment = fs::read(process.path().join("environ")).ok()?;
        let is_of_prefix = environment.split(|byte| *byte == 0).any(|line| line == mark);
        is_of_prefix.then(|| (id, fs::read_to_string(process.path().join("comm")).unwrap_or_default()))
    })
}

/// Whether a process has not ended; nobody may ever ask how the server, which is nobody's child, has ended.
fn is_running(id: Pid) -> bool {
    let path = format!("/proc/{}/stat", id.as_raw_nonzero());
    fs::read_to_string(path).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Ends what still runs in a prefix.
fn end_programs(prefix: &Path) {
    for (id, _) in processes(prefix) {
        let _ = rustix::process::kill_process(id, Signal::KILL);
    }
}
