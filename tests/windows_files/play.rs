//! A site of the small product on drive `C:`, the updater for it, other programs that hold its files, and what it looks like before and
//! after. Judged from outside, by this system's own view of the same files; nothing here asks the updater whether all is well.

use crate::support::wine::{Lent, Running, dll, faulty_updater, helper, pack, updater};
use crate::support::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a run of the small product may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What a file holds, by path: modes are left out, which Windows does not know.
pub type Bytes = BTreeMap<String, String>;

/// A site, and its updater.
pub struct Play {
    pub wine: Lent,
    pub bench: Bench,
    pub payload: PathBuf,
    /// The folder on drive `C:` that holds everything of this play.
    pub folder: PathBuf,
    pub site: PathBuf,
    pub updater: PathBuf,
}

/// Another program that holds something until this value goes.
pub struct Held {
    run: Running,
    /// It holds until this file is gone.
    pub until: PathBuf,
    /// Its process id, as Windows counts.
    pub pid: String,
}

impl Play {
    /// With the updater that ships.
    pub fn new(name: &str) -> Play {
        Play::with(name, &updater(), |_| {})
    }

    /// With the updater that has a fault counter.
    pub fn faulty(name: &str) -> Play {
        Play::with(name, &faulty_updater(), |_| {})
    }

    /// With a payload that is changed before it is installed and packed.
    pub fn with(name: &str, stub: &Path, change: impl FnOnce(&Path)) -> Play {
        let (wine, bench) = (Lent::new(), Bench::new());
        let folder = wine.home().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let made = bench.mini_site("made");
        let payload = bench.path("mini-payload");
        replace(
            &payload.join("holdfast.toml"),
            r#"entry = ["start"]"#,
            r#"entry = ["start", "start.cmd"]"#,
        );
        let (program, part) = (helper("hold.c", &folder), dll("part.c", &folder));
        for (release, version) in [("releases/1.0/code", "1.0"), ("code", "2.0")] {
            let code = payload.join(release);
            write(&code.join("start.cmd"), format!("@echo {version}\r\n"));
            // What follows the end of an executable does not matter to Windows.
            for (from, to) in [(&program, "tool.exe"), (&part, "bin/part.dll")] {
                let bytes = [fs::read(from).expect("compiled").as_slice(), version.as_bytes()].concat();
                write(&code.join(to), bytes);
            }
        }
        change(&payload);
        copy_tree(&payload.join("releases/1.0/code"), &made);
        let site = folder.join("site");
        copy_tree(&made, &site);
        let updater = folder.join("update.exe");
        pack(&payload, stub, &updater);
        Play {
            wine,
            bench,
            payload,
            folder,
            site,
            updater,
        }
    }

    /// A path in the site as Windows sees it.
    pub fn seen(&self, path: &str) -> String {
        self.wine.seen(&self.site.join(path))
    }

    pub fn update(&self, more: &[&str]) -> Ran {
        self.update_with(more, &[])
    }

    pub fn update_with(&self, more: &[&str], environment: &[(&str, String)]) -> Ran {
        let app = self.wine.seen(&self.site);
        self.run([&["--app", &app], more].concat().as_slice(), environment)
    }

    pub fn verb(&self, verb: &str, more: &[&str]) -> Ran {
        let app = self.wine.seen(&self.site);
        self.run([&[verb, "--app", &app], more].concat().as_slice(), &[])
    }

    /// The updater, silent, with Holdfast's own exit codes.
    pub fn run(&self, words: &[&str], environment: &[(&str, String)]) -> Ran {
        let words = [words, &["--silent", "--exit-codes", "own"]].concat();
        let ran = self.wine.run_within(LIMIT, &self.updater, &words, environment);
        ran.unwrap_or_else(|| panic!("Wine lost a run: {words:?}"))
    }

    /// What stands in the site now.
    pub fn now(&self) -> Bytes {
        bytes(&self.site)
    }

    /// Fails unless the new version stands there with migrated data and with all that is the site's own.
    #[track_caller]
    pub fn expect_new(&self) {
        let now = self.now();
        for (path, what) in bytes(&self.payload.join("code")) {
            assert_eq!(now.get(&path), Some(&what), "{path}");
        }
        assert!(!now.contains_key("gone"), "a folder that the new version does not have");
        self.expect_new_data(&self.site.join("data/mini.db"));
        for (path, text) in [
            ("settings.ini", "colour = green\nlast = 1\n"),
            ("shared/mine.txt", "the site's own\n"),
            ("uploads/a.txt", "an upload\n"),
        ] {
            assert_eq!(fs::read_to_string(self.site.join(path)).expect(path), text, "{path}");
        }
    }

    #[track_caller]
    pub fn expect_new_data(&self, database: &Path) {
        assert_eq!(ask(database, "PRAGMA user_version"), "2");
        assert_eq!(ask(database, "PRAGMA integrity_check"), "ok");
        assert_eq!(
            ask(database, "SELECT group_concat(name || colour) FROM item WHERE id < 3"),
            "lampred,chairnone"
        );
    }

    /// A program that has a file open, sharing it as the letters of `hold.c` say.
    #[track_caller]
    pub fn hold(&self, file: &Path, share: &str) -> Held {
        self.try_hold(file, share).expect("it can be opened")
    }

    /// The same, where it may be kept out: then what it said.
    pub fn try_hold(&self, file: &Path, share: &str) -> Result<Held, String> {
        self.held(
            &self.folder.join("hold.exe"),
            &[self.wine.seen(file), share.to_owned()],
            &self.folder,
        )
    }

    /// Starts a program that holds something, in a working folder, and waits until it does, or says that it cannot.
    pub fn held(&self, program: &Path, words: &[String], working: &Path) -> Result<Held, String> {
        let file = self.folder.join(format!("until-{}", self.wine.next()));
        write(&file, "");
        let mut command = self.wine.program(program);
        command.args(words).arg(self.wine.seen(&file)).current_dir(working);
        let mut held = Held {
            run: self.wine.start(&mut command),
            until: file,
            pid: String::new(),
        };
        let said = held.run.says(&["holding", "error"]);
        let pid = said.lines().find_map(|line| line.trim().strip_prefix("process "));
        held.pid = pid.ok_or_else(|| said.trim().to_owned())?.to_owned();
        Ok(held)
    }

    /// The operations of an update, by the log of a rehearsal on a copy of the site, as `name\tpath in the site`.
    pub fn operations(&self) -> Vec<String> {
        let (site, log) = (self.folder.join("rehearsal"), self.folder.join("operations"));
        let _ = fs::remove_dir_all(&site);
        copy_tree(&self.site, &site);
        let app = self.wine.seen(&site);
        self.run(&["--app", &app], &[("HOLDFAST_OPLOG", self.wine.seen(&log))]).expect(0);
        let text = fs::read_to_string(&log).expect("operations");
        let operations = text.lines().map(|line| {
            let (name, path) = line.split_once('\t').expect("a number").1.split_once('\t').expect("a path");
            let inside = path.strip_prefix(&app).unwrap_or(path).trim_start_matches('\\');
            format!("{name}\t{}", inside.replace('\\', "/"))
        });
        operations.collect()
    }
}

impl Held {
    /// Lets go, and waits until the program has ended.
    pub fn let_go(self) {}
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.until);
        self.run.wait();
    }
}

/// A folder's files by path and SHA-256.
pub fn bytes(folder: &Path) -> Bytes {
    let without_mode = |what: String| what.rsplit(' ').next().unwrap_or_default().to_owned();
    tree(folder).into_iter().map(|(path, what)| (path, without_mode(what))).collect()
}

/// The number of an operation in the list.
#[track_caller]
pub fn number(operations: &[String], name: &str, path: &str) -> usize {
    let wanted = format!("{name}\t{path}");
    let found = operations.iter().position(|o| *o == wanted);
    1 + found.unwrap_or_else(|| panic!("no {wanted} in {operations:#?}"))
}

/// The numbers of the swap's renames, with their paths.
pub fn swap(operations: &[String]) -> Vec<(usize, String)> {
    let (first, last) = (
        number(operations, "rename", "start"),
        number(operations, "rename", ".holdfast/new/start.cmd"),
    );
    let renames = (first..=last).filter_map(|n| Some((n, operations[n - 1].strip_prefix("rename\t")?.to_owned())));
    renames.collect()
}
