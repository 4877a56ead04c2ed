//! Windows executables under Wine: a prefix of the test's own, paths as both systems see them, and runs whose output goes to files
//! (Wine's services inherit pipes and keep them open).
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod lent;
mod running;
mod server;

pub use lent::Lent;
pub use running::{Running, is_lost, lost};

use super::{Ran, project};
use server::Server;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What `platform::end_without_a_word` ends with.
pub const ENDED: i32 = 137;

/// The updater that ships, as `installer/build x86_64` makes it.
pub fn updater() -> PathBuf {
    built("out")
}

/// The same with the fault counter and the planted mistakes, as `installer/build --features mutants x86_64` makes it.
pub fn faulty_updater() -> PathBuf {
    built("out-mutants")
}

fn built(folder: &str) -> PathBuf {
    let path = project().join("target/windows").join(folder).join("x86_64/updater.exe");
    assert!(path.is_file(), "“{}” is missing: run installer/build first", path.display());
    path
}

/// A Windows of the test's own.
pub struct Wine {
    root: TempDir,
    runs: AtomicU32,
    display: OnceLock<String>,
    server: Mutex<Option<Server>>,
}

impl Wine {
    /// A fresh prefix, which takes some seconds to make: one for each test file, or one for a test that changes the registry.
    pub fn new() -> Wine {
        Wine::below(&std::env::temp_dir())
    }

    /// One in memory where there is room, so that flushes take no time.
    pub fn in_memory() -> Wine {
        Wine::below(&super::memory())
    }

    fn below(folder: &Path) -> Wine {
        let wine = Wine {
            root: tempfile::Builder::new()
                .prefix("holdfast-wine-")
                .tempdir_in(folder)
                .expect("a temporary folder"),
            runs: AtomicU32::new(0),
            display: OnceLock::new(),
            server: Mutex::new(None),
        };
        fs::create_dir(wine.prefix()).expect("a folder");
        wine.begin(|| {
            wine.command("wineboot").arg("-i").status().expect("wine is installed");
            assert!(wine.drive_c().is_dir(), "wineboot made no drive C:");
        });
        wine
    }

    /// From now on every program is shown on that display. Wine's desktop belongs to the display of whoever came first, so programs without
    /// one must not come before those with windows.
    pub fn show_on(&self, display: &str) {
        self.display.set(display.to_owned()).expect("one display");
        self.restart();
    }

    /// Ends every program, as when the computer is switched off, and starts Windows again.
    pub fn restart(&self) {
        self.end();
        self.begin(|| {});
    }

    fn begin(&self, first: impl FnOnce()) {
        let command = |program: &str| self.command(program);
        let mut server = Server::start(&self.prefix(), &command);
        first();
        server.stay_awake(&command);
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    fn end(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            server.end(&|program| self.command(program));
        }
    }

    /// Whether programs can be run.
    pub fn is_up(&self) -> bool {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().is_some_and(Server::is_up)
    }

    fn prefix(&self) -> PathBuf {
        self.root.path().join("prefix")
    }

    /// Drive `C:` as Linux sees it.
    pub fn drive_c(&self) -> PathBuf {
        self.prefix().join("drive_c")
    }

    /// The same by the link through which Wine reaches it.
    pub fn drive_c_by_letter(&self) -> PathBuf {
        self.prefix().join("dosdevices/c:")
    }

    /// The process that makes, renames and removes files for the programs of this prefix.
    pub fn server_process(&self) -> i32 {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().expect("a running server").process().as_raw_nonzero().get()
    }

    /// A folder on drive `C:`, made if it is not there.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.drive_c().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// The user's own folder. Below it a recovery is registered for this user, which takes no time; elsewhere on `C:` Wine's task scheduler
    /// is asked, which takes seconds and refuses.
    pub fn home(&self) -> PathBuf {
        let users = fs::read_dir(self.drive_c().join("users")).expect("users");
        let mut users = users.map(|user| user.expect("a user").path());
        users.find(|user| !user.ends_with("Public")).expect("a user")
    }

    /// A path on drive `C:` as Windows sees it.
    pub fn seen(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.drive_c()).expect("a path on drive C:");
        format!("C:\\{}", inside.to_string_lossy().replace('/', "\\"))
    }

    /// One of Wine's own commands in this prefix, which says nothing and reads nothing.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("WINEPREFIX", self.prefix())
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match self.display.get() {
            Some(display) => command.env("DISPLAY", display),
            None => command.env_remove("DISPLAY"),
        };
        command
    }

    /// A number that was not given before.
    pub fn next(&self) -> u32 {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }

    /// A command that runs a Windows program.
    pub fn program(&self, program: &Path) -> Command {
        let mut command = self.command("wine");
        command.arg(program);
        command
    }

    /// Starts such a command and leaves it running.
    pub fn start(&self, command: &mut Command) -> Running {
        let n = self.next();
        Running::start(
            command,
            self.root.path().join(format!("out-{n}")),
            self.root.path().join(format!("err-{n}")),
        )
    }

    /// Runs a Windows program to its end. Linux sees the low eight bits of its exit code.
    pub fn run<S: AsRef<OsStr>>(&self, program: &Path, words: &[S]) -> Ran {
        self.run_with(program, words, &[])
    }

    /// The same with an environment.
    pub fn run_with<S: AsRef<OsStr>>(&self, program: &Path, words: &[S], environment: &[(&str, String)]) -> Ran {
        let run = self.start(self.program(program).args(words).envs(environment.iter().cloned()));
        // An updater says how it ended, whatever it was asked.
        let is_updater = program
            .to_string_lossy()
            .replace('\\', "/")
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("update"));
        if is_updater { run.finished() } else { run.ended() }
    }

    /// The same, for as long at most. `None` if not a word came: Wine's server ends now and then when processes come and go, and the
    /// programs that it served end without a word, or not at all.
    pub fn run_within<S: AsRef<OsStr>>(&self, limit: Duration, program: &Path, words: &[S], environment: &[(&str, String)]) -> Option<Ran> {
        let run = self.start(self.program(program).args(words).envs(environment.iter().cloned()));
        run.within(limit).filter(|ran| !is_lost(ran))
    }

    /// Runs the lines of a batch file, which sees whole exit codes.
    pub fn batch(&self, lines: &[String]) -> Ran {
        let n = self.runs.fetch_add(1, Ordering::Relaxed);
        let file = self.drive_c().join(format!("batch-{n}.bat"));
        super::write(&file, format!("@echo off\r\n{}\r\n", lines.join("\r\n")));
        let ran = self.run_within(Duration::from_secs(180), Path::new("cmd"), &["/c", &self.seen(&file)], &[]);
        ran.unwrap_or_else(|| panic!("Wine lost a batch file: {lines:?}"))
    }
}

/// Looks again and again until there is something to see, for a minute at most.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match look() {
            Some(seen) => return seen,
            None => assert!(Instant::now() < deadline, "waited in vain: {what}"),
        }
        sleep(Duration::from_millis(20));
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // Whatever a failed test left running.
        self.end();
    }
}

/// Packs a payload behind a Windows updater, with the release manager's tool of this system.
pub fn pack(payload: &Path, stub: &Path, output: &Path) {
    let mut command = Command::new(super::HOLDFAST);
    let ran = super::run(
        command
            .arg("pack")
            .arg(payload)
            .args(super::UNREHEARSED)
            .arg("-o")
            .arg(output)
            .arg("--stub")
            .arg(stub),
    );
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

/// Compiles a C program of `tests/windows/` for Windows.
pub fn helper(name: &str, folder: &Path) -> PathBuf {
    compiled(name, &folder.join(name).with_extension("exe"), "-municode")
}

/// Compiles a C file of `tests/windows/` to a DLL.
pub fn dll(name: &str, folder: &Path) -> PathBuf {
    compiled(name, &folder.join(name).with_extension("dll"), "-shared")
}

fn compiled(name: &str, output: &Path, kind: &str) -> PathBuf {
    let status = Command::new("x86_64-w64-mingw32-gcc")
        .args([kind, "-O1", "-o"])
        .arg(output)
        .arg(project().join("tests/windows").join(name))
        .status()
        .expect("the compiler that installer/build installs");
    assert!(status.success(), "{name} does not compile");
    output.to_owned()
}
