//! A site on a small disk, runs that are stopped at a chosen moment so that the disk can be filled, and how such a run is judged.

use crate::support::matrix::*;
use crate::support::mounts::*;
use crate::support::*;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Room for the copies of a site, and for what the preflight wants to see free.
const DISK_BYTES: u64 = 24 << 20;
const DATABASE: &str = "site/data/mini.db";

/// By what it is seen from outside how far a run has come, below the site.
#[derive(Clone, Copy)]
pub struct Hook {
    pub path: &'static str,
    /// Whether it appears then, or goes.
    pub appears: bool,
    /// How long after that the run is stopped at most, in microseconds.
    pub spread_us: u64,
}

/// Begun, staging, armed, and in the swap.
pub const HOOKS: [Hook; 4] = [
    Hook {
        path: ".holdfast/journal.jsonl",
        appears: true,
        spread_us: 8_000,
    },
    Hook {
        path: ".holdfast/new",
        appears: true,
        spread_us: 4_000,
    },
    Hook {
        path: ".holdfast/plan.json",
        appears: true,
        spread_us: 1_000,
    },
    Hook {
        path: "start",
        appears: false,
        spread_us: 1_000,
    },
];

/// A small file system with a player on it.
pub struct Disk {
    player: Native,
    master: PathBuf,
    mounted: Mounted,
    verb: &'static str,
}

impl Disk {
    pub fn new(bench: &Bench, kind: &str, verb: &'static str) -> Disk {
        let at = bench.path("disk");
        let mounted = match kind {
            "tmpfs" => Mounted::in_memory(&at, DISK_BYTES),
            _ => on_image(bench, kind, &at),
        };
        let player = Native {
            updater: bench.pack(&bench.mini_payload(), "update"),
            root: at.join("copies"),
        };
        let master = inside(bench);
        if verb == "rollback" {
            update(&player.updater, &master.join("site"), &[]).expect(0);
            write_since(&master);
        }
        Disk {
            player,
            master,
            mounted,
            verb,
        }
    }

    pub fn scenario(&self) -> Scenario<'_> {
        let scenario = Scenario::of(&self.player, self.master.clone(), DATABASE, self.verb);
        fs::remove_dir_all(self.player.place("expected")).expect("room again");
        scenario
    }

    pub fn mounted(&self) -> &Mounted {
        &self.mounted
    }
}

fn on_image(bench: &Bench, kind: &str, at: &Path) -> Mounted {
    let image = bench.path("disk.img");
    fs::File::create(&image).and_then(|f| f.set_len(DISK_BYTES)).expect("an image");
    let options = ["-q", "-b", "4096", "-m", "0", "-E", "lazy_itable_init=0", "-J", "size=4"];
    tool(&format!("mkfs.{kind}"), &[&options[..], &[text(&image)]].concat()).expect("a file system");
    Mounted::image(kind, &image, at, "").expect("mounted")
}

/// A run that stands still, with its journal open.
pub struct Stopped {
    child: Child,
}

/// Begins a run, and stops it so long after a hook. `None` if it had come to its end by then.
pub fn stopped(disk: &Disk, scenario: &Scenario<'_>, folder: &Path, hook: Hook, after_us: u64) -> Option<Stopped> {
    let mut child = Command::new(&disk.player.updater)
        .args(scenario.words(folder, disk.verb))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the updater starts");
    let (seen, journal) = (folder.join("site").join(hook.path), folder.join("site/.holdfast/journal.jsonl"));
    let mut ended = || child.try_wait().expect("a child").is_some();
    while seen.exists() != hook.appears && !ended() {
        std::hint::spin_loop();
    }
    let then = Instant::now() + Duration::from_micros(after_us);
    while Instant::now() < then && !ended() {
        std::hint::spin_loop();
    }
    if ended() {
        return None;
    }
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::STOP).expect("a signal");
    // It stays to be waited for: only whether it stands still is asked.
    let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(pid), options).expect("a child").expect("a status");
    match status.stopped() && journal.exists() {
        true => Some(Stopped { child }),
        false => {
            let _ = kill_process(pid, Signal::CONT);
            child.wait().expect("a child");
            None
        }
    }
}

impl Stopped {
    pub fn go_on(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).expect("a signal");
    }

    /// The run, at its end.
    pub fn end(self) -> Ran {
        let output = self.child.wait_with_output().expect("a child");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Ends it where it stands.
    pub fn kill(mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("ended");
    }
}

/// What a run reported must be true right then, on the disk as it is. Gives its code.
pub fn judge(scenario: &Scenario<'_>, folder: &Path, ran: &Ran) -> Result<i32, String> {
    scenario.never_mixed(folder)?;
    let (code, world) = match ran.code {
        // Past the commit only tidying may be left over, for a start with more room.
        Some(0) => (0, scenario.pair(folder)?),
        Some(code @ (20 | 30)) => (code, scenario.world(folder)?),
        code => return Err(format!("ended with {code:?}: {}", ran.stderr)),
    };
    let reported = if code == 0 { "new" } else { "old" };
    match world == reported {
        true => Ok(code),
        false => Err(format!("it reported {code} and left the {world} pair: {}", ran.stderr)),
    }
}

/// With room again, whatever is left over goes, and the same run succeeds where it did not.
pub fn goes_on(scenario: &Scenario<'_>, folder: &Path, code: i32) -> Result<(), String> {
    if code != 0 {
        let ran = scenario.act(folder, &[]);
        if ran.code != Some(0) {
            return Err(format!("it ended with {:?}: {}", ran.code, ran.stderr));
        }
    }
    match scenario.settle(folder, true)? {
        "new" => Ok(()),
        world => Err(format!("it left the {world} pair")),
    }
}

/// Recovers on the disk as it is. Gives the pair that is there then.
pub fn recovered(scenario: &Scenario<'_>, folder: &Path) -> Result<&'static str, String> {
    scenario.never_mixed(folder)?;
    let ran = scenario.run(folder, "recover", &[]);
    match ran.code {
        Some(0 | 10) => scenario.pair(folder),
        code => Err(format!("recovery ended with {code:?}: {}", ran.stderr)),
    }
}
