//! A place on drive `C:` for one test: a site, its updater, and a gate at which a run can be held in the middle of its work.
//! Nothing of it decides whether a run was right.
#![allow(dead_code, reason = "each test file uses a part of it")]

use crate::support::wine::{Lent, Running, Wine, faulty_updater, helper, pack, until, updater};
use crate::support::{Bench, Ran, append, run, write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The folder of a test, a site of the small product in it, and what updates it.
pub struct Desk {
    pub wine: Arc<Lent>,
    pub bench: Bench,
    pub folder: PathBuf,
}

impl Desk {
    /// An empty one. No two tests of a prefix may use the same name.
    pub fn new(wine: impl Into<Arc<Lent>>, name: &str) -> Desk {
        let wine = wine.into();
        Desk {
            bench: Bench::new(),
            folder: wine.folder(name),
            wine,
        }
    }

    /// A path in the folder, as Linux sees it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A path in the folder, as Windows sees it.
    pub fn seen(&self, name: &str) -> String {
        self.wine.seen(&self.path(name))
    }

    /// A fresh site of the small product.
    pub fn mini_site(&self, name: &str) -> PathBuf {
        let _ = fs::remove_dir_all(self.path(name));
        // An absolute path stands for itself.
        self.bench.mini_site(&self.path(name).to_string_lossy())
    }

    /// A fresh site of the sample product.
    pub fn relief_site(&self, name: &str) -> PathBuf {
        self.bench.relief_site(&self.path(name).to_string_lossy(), "1.1")
    }

    /// Packs the small product behind the updater that ships.
    pub fn mini_update(&self, name: &str) -> PathBuf {
        self.packed(&self.bench.mini_payload(), &updater(), name)
    }

    /// Packs the small product behind the updater with the fault counter.
    pub fn faulty_update(&self, name: &str) -> PathBuf {
        self.packed(&self.bench.mini_payload(), &faulty_updater(), name)
    }

    /// Packs a payload behind a stub.
    pub fn packed(&self, payload: &Path, stub: &Path, name: &str) -> PathBuf {
        pack(payload, stub, &self.path(name));
        self.path(name)
    }

    /// Packs the small product with a check that waits at a gate: on the `stage`, or when the new version is `live`.
    pub fn gated_update(&self, name: &str, moment: &str) -> (PathBuf, Gate) {
        let payload = self.bench.mini_payload();
        let gate = self.gate(&payload, moment);
        (self.packed(&payload, &updater(), name), gate)
    }

    /// Adds that check to a payload.
    pub fn gate(&self, payload: &Path, moment: &str) -> Gate {
        let hold = helper("hold.c", &self.folder);
        let (closed, reached) = (self.path("gate-closed"), self.path("gate-reached"));
        write(&closed, "");
        let script = format!(
            "@echo off\r\necho reached>\"{}\"\r\n\"{}\" \"{}\" rwd \"{}\"\r\n",
            self.wine.seen(&reached),
            self.wine.seen(&hold),
            self.wine.seen(&reached),
            self.wine.seen(&closed)
        );
        write(&payload.join("code/gate.cmd"), script);
        append(
            payload,
            &format!("\n[[check]]\nname = \"gate\"\nrun = [\"./gate\"]\nat = [\"{moment}\"]\n"),
        );
        Gate { closed, reached }
    }

    /// Starts another program, of that name, that has a file open until it is told to let go.
    pub fn holder(&self, name: &str, file: &Path) -> Holder {
        let program = self.path(name);
        fs::rename(helper("hold.c", &self.folder), &program).expect("renamed");
        let until_gone = self.path(&format!("{name}.until"));
        write(&until_gone, "");
        let mut command = self.wine.program(&program);
        command.args([&*self.wine.seen(file), "r", &self.wine.seen(&until_gone)]);
        let mut run = self.wine.start(&mut command);
        run.says(&["holding"]);
        Holder {
            run: Some(run),
            until_gone,
        }
    }

    /// A silent update of a site, with our own exit codes.
    pub fn update(&self, updater: &Path, site: &Path, more: &[&str]) -> Ran {
        self.update_with(updater, site, more, &[])
    }

    /// The same with an environment.
    pub fn update_with(&self, updater: &Path, site: &Path, more: &[&str], environment: &[(&str, String)]) -> Ran {
        let site = self.wine.seen(site);
        let mut words = vec!["--silent", "--exit-codes", "own", "--app", &site];
        words.extend(more);
        let ran = self.wine.run_within(Duration::from_secs(180), updater, &words, environment);
        ran.unwrap_or_else(|| panic!("Wine lost a run: {words:?}"))
    }

    /// The exit codes of several runs of a program, as a batch file reads them.
    pub fn codes(&self, program: &str, runs: &[&str]) -> Vec<u32> {
        let lines: Vec<String> = runs
            .iter()
            .map(|words| format!("start \"\" /wait \"{program}\" {words}\r\necho code=%ERRORLEVEL%"))
            .collect();
        codes_in(&self.wine.batch(&lines))
    }

    /// What the system's list of values below a key says, as `reg query` prints it; empty if there is no such key.
    pub fn registry(&self, key: &str) -> String {
        registry(&self.wine, key)
    }
}

/// Another program that has a file open.
pub struct Holder {
    run: Option<Running>,
    until_gone: PathBuf,
}

impl Holder {
    pub fn lets_go(mut self) {
        fs::remove_file(&self.until_gone).expect("a sign");
        self.run.take().expect("not yet told").finished().expect(0);
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.until_gone);
    }
}

/// What `cmd` says of a program that did not start. Under load Wine does not start one now and then; no updater ends like that.
const NOT_STARTED: u32 = 9009;

/// The numbers behind `code=` in what a batch file said.
pub fn codes_in(ran: &Ran) -> Vec<u32> {
    let numbers = ran.stdout.lines().filter_map(|line| line.trim().strip_prefix("code="));
    let codes: Vec<u32> = numbers.map(|n| n.parse().unwrap_or_else(|_| panic!("{n}: {ran:?}"))).collect();
    assert!(!codes.contains(&NOT_STARTED), "Wine lost a run: {ran:?}");
    codes
}

/// The numbers of the operations that rename something of the site itself, from the log of the fault counter.
pub fn live_renames(operations: &Path, site: &str) -> Vec<u64> {
    let text = fs::read_to_string(operations).expect("the log of operations");
    let own = format!("{site}\\.holdfast");
    let renamed = |line: &str| {
        let mut parts = line.split('\t');
        let (n, what, path) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        (what == "rename" && path.starts_with(site) && !path.starts_with(&own)).then_some(n)
    };
    text.lines().filter_map(renamed).collect()
}

/// What `reg query` prints of a key and all below it; empty if there is no such key.
pub fn registry(wine: &Wine, key: &str) -> String {
    let ran = wine.run(Path::new("reg"), &["query", key, "/s"]);
    if ran.code == Some(0) {
        ran.stdout.replace('\r', "")
    } else {
        String::new()
    }
}

/// A check of the payload that ends when the gate is opened.
pub struct Gate {
    closed: PathBuf,
    reached: PathBuf,
}

impl Gate {
    /// Waits until the run stands before it.
    pub fn wait(&self) {
        until("the run reaches the gate", || self.reached.exists().then_some(()));
    }

    /// Lets it go on.
    pub fn open(&self) {
        fs::remove_file(&self.closed).expect("a gate that is closed");
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // A failed test must not leave the run waiting.
        let _ = fs::remove_file(&self.closed);
    }
}

/// A screen that nobody looks at, for windows that are to be shown.
pub struct Screen {
    server: Child,
    pub display: String,
}

impl Screen {
    /// On a free display.
    pub fn new() -> Screen {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        let said = server.stdout.take().expect("a pipe");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(said), &mut number).expect("the number of a display");
        Screen {
            server,
            display: format!(":{}", number.trim()),
        }
    }

    /// The process that shows it.
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    fn tool(&self, program: &str, words: &[&str]) -> Ran {
        run(Command::new(program).args(words).env("DISPLAY", &self.display))
    }

    /// The windows that are shown: their numbers and titles.
    pub fn windows(&self) -> Vec<(String, String)> {
        let found = self.tool("xdotool", &["search", "--onlyvisible", "--name", "."]).stdout;
        // One that goes in between has no title.
        let title = |number: &str| self.tool("xdotool", &["getwindowname", number]).stdout.trim_end().to_owned();
        found.lines().map(|number| (number.to_owned(), title(number))).collect()
    }

    /// The window whose title contains a text.
    pub fn find(&self, title: &str) -> Option<(String, String)> {
        self.windows().into_iter().find(|(_, shown)| shown.contains(title))
    }

    /// Presses keys, one after the other, in the window that has the keyboard; they are named as `xdotool` names them.
    pub fn press(&self, keys: &[&str]) {
        self.tool("xdotool", &[&["key"], keys].concat()).expect(0);
    }

    /// Takes a picture of a window as it is shown, when two of them in a row are alike, or after some if it moves.
    pub fn picture(&self, window: &str, file: &Path) -> Picture {
        let path = file.to_string_lossy();
        let mut pixels = String::new();
        for _ in 0..10 {
            self.tool("import", &["-window", window, &path]).expect(0);
            let now = self.tool("identify", &["-format", "%#", &path]).expect(0).stdout;
            if std::mem::replace(&mut pixels, now.clone()) == now {
                break;
            }
        }
        let inside = ["-shave", "6x6", "-crop", "+0+30", "+repage", "-format", "%k", "info:"];
        let colours = self.tool("convert", &[&[&*path], &inside[..]].concat()).expect(0).stdout;
        let place = self.tool("xdotool", &["getwindowgeometry", "--shell", window]).expect(0).stdout;
        let place = |key: &str| place.lines().find_map(|line| line.strip_prefix(key)?.parse::<i32>().ok());
        let place = |key: &str| place(key).expect("a window has a place");
        let (left, top) = (place("X="), place("Y="));
        Picture {
            pixels,
            colours: colours.trim().parse().expect("the number of colours"),
            corners: [left, top, left + place("WIDTH="), top + place("HEIGHT=")],
        }
    }
}

/// What can be said of a picture of a window.
pub struct Picture {
    /// Alike for pictures that are alike.
    pub pixels: String,
    /// How many colours there are inside the frame and below the title: 1 or 2 if nothing stands there.
    pub colours: u32,
    /// On the screen: left, top, right, bottom.
    pub corners: [i32; 4],
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
