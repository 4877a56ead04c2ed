//! What the tests share: sites, payloads, runs of the real binaries, and the one oracle by which every test judges a site.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

#[cfg(feature = "faults")]
pub mod crash;
mod found;
pub mod matrix;
#[cfg(target_os = "linux")]
pub mod mounts;
pub mod proof;
pub mod signed;
pub mod steps;
#[cfg(target_os = "linux")]
pub mod storm;
mod sweeps;
#[cfg(feature = "wine")]
pub mod wine;
mod world;

pub use proof::{Sweep, is_nightly};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The updater under test.
pub const UPDATER: &str = env!("CARGO_BIN_EXE_updater");
/// The release manager's tool under test.
pub const HOLDFAST: &str = env!("CARGO_BIN_EXE_holdfast");

/// The project's folder.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// How a process ended and what it said.
#[derive(Debug)]
pub struct Ran {
    /// `None` if it was killed.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Fails the test unless the exit code is as given.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder in memory if there is room for many sites, or a Windows and what is tested in it; else the usual one.
fn memory() -> PathBuf {
    const ROOM_BYTES: u64 = 6 << 30;
    let memory = Path::new("/dev/shm");
    let has_room = rustix::fs::statvfs(memory).is_ok_and(|v| v.f_bavail * v.f_frsize > ROOM_BYTES);
    if has_room { memory.to_owned() } else { std::env::temp_dir() }
}

/// A folder for one test, and things to put there.
pub struct Bench {
    root: TempDir,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::below(&std::env::temp_dir())
    }

    /// In memory where there is room, so that flushes take no time: for runs whose processes are ended, and not the machine.
    pub fn in_memory() -> Bench {
        Bench::below(&memory())
    }

    fn below(folder: &Path) -> Bench {
        let root = tempfile::Builder::new().prefix("holdfast-test-").tempdir_in(folder);
        Bench {
            root: root.expect("a temporary folder"),
        }
    }

    /// A path in the folder, without links.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().expect("the folder is there").join(name)
    }

    /// The sample product's payload, to be changed at will.
    pub fn relief_payload(&self) -> PathBuf {
        let payload = self.path("payload");
        copy_tree(&project().join("payload"), &payload);
        payload
    }

    /// A site of the sample product in a folder of that name, with settings and uploads of its own.
    pub fn relief_site(&self, name: &str, version: &str) -> PathBuf {
        let site = self.path(name);
        let release = project().join("payload/releases").join(version);
        copy_tree(&release.join("code"), &site);
        fs::copy(site.join("settings.default.ini"), site.join("settings.ini")).expect("settings");
        write(&site.join("uploads/photo.txt"), "a photograph\n");
        database(
            &site.join("data/relief.db"),
            &fs::read_to_string(release.join("main.sql")).expect("main.sql"),
        );
        site
    }

    /// A product of a few files and one table that updates in some milliseconds, for tests of many runs. 1.0 → 2.0.
    pub fn mini_payload(&self) -> PathBuf {
        let payload = self.path("mini-payload");
        let files = [
            ("holdfast.toml", MINI_MANIFEST),
            ("code/VERSION", "2.0\n"),
            ("code/start", "#!/bin/sh\necho 2.0\n"),
            ("code/lib/one.txt", "one of 2.0\n"),
            ("code/lib/deep/two.txt", "two of 2.0\n"),
            ("code/added/new.txt", "new in 2.0\n"),
            ("code/shared/same.txt", "as before\n"),
            ("code/shared/other.txt", "other of 2.0\n"),
            ("releases/1.0/code/VERSION", "1.0\n"),
            ("releases/1.0/code/start", "#!/bin/sh\necho 1.0\n"),
            ("releases/1.0/code/lib/one.txt", "one of 1.0\n"),
            ("releases/1.0/code/gone/old.txt", "only in 1.0\n"),
            ("releases/1.0/code/shared/same.txt", "as before\n"),
            ("releases/1.0/code/shared/other.txt", "other of 1.0\n"),
            ("releases/1.0/main.sql", MINI_SQL),
            ("migrations/2.0/10_item.sql", MINI_STEP),
        ];
        for (path, text) in files {
            write(&payload.join(path), text);
        }
        executable(&payload.join("code/start"));
        executable(&payload.join("releases/1.0/code/start"));
        payload
    }

    /// A site of the small product. `shared/` holds a file of the site's own, so it is no unit; `settings.ini` is kept and edited.
    pub fn mini_site(&self, name: &str) -> PathBuf {
        let site = self.path(name);
        copy_tree(&self.mini_payload().join("releases/1.0/code"), &site);
        write(&site.join("settings.ini"), "colour = blue\nlast = 1\n");
        write(&site.join("shared/mine.txt"), "the site's own\n");
        write(&site.join("uploads/a.txt"), "an upload\n");
        database(&site.join("data/mini.db"), MINI_SQL);
        site
    }

    /// Packs a payload behind the updater under test.
    pub fn pack(&self, payload: &Path, name: &str) -> PathBuf {
        let output = self.path(name);
        let ran = self.try_pack(payload, &output);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        output
    }

    /// Packs behind another stub.
    pub fn pack_with(&self, payload: &Path, name: &str, stub: &Path) -> PathBuf {
        let output = self.path(name);
        pack_behind(payload, &output, stub).expect(0);
        output
    }

    /// Packs, and lets the test judge the outcome.
    pub fn try_pack(&self, payload: &Path, output: &Path) -> Ran {
        pack_behind(payload, output, Path::new(UPDATER))
    }
}

/// What tests pack is not rehearsed, unless they are about rehearsals.
pub const UNREHEARSED: [&str; 2] = ["--unrehearsed", "a test"];

fn pack_behind(payload: &Path, output: &Path, stub: &Path) -> Ran {
    run(Command::new(HOLDFAST)
        .arg("pack")
        .arg(payload)
        .arg("-o")
        .arg(output)
        .args(UNREHEARSED)
        .arg("--stub")
        .arg(stub))
}

/// An updater's run on a site, silently.
pub fn update(updater: &Path, app: &Path, more: &[&str]) -> Ran {
    run(Command::new(updater).arg("--app").arg(app).arg("--silent").args(more))
}

/// A verb of an updater, silently.
pub fn verb(updater: &Path, verb: &str, app: &Path, more: &[&str]) -> Ran {
    run(Command::new(updater).arg(verb).arg("--app").arg(app).arg("--silent").args(more))
}

/// The result file that a run left in the application folder.
pub fn result(app: &Path) -> serde_json::Value {
    let text = fs::read(app.join(".holdfast/result.json")).expect("result.json");
    serde_json::from_slice(&text).expect("JSON")
}

/// The reason of the first failure in the result file.
pub fn reason(app: &Path) -> String {
    result(app)["failures"][0]["reason"].as_str().unwrap_or_default().to_owned()
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// Appends to the manifest of a payload.
pub fn append(payload: &Path, text: &str) {
    let path = payload.join("holdfast.toml");
    let now = fs::read_to_string(&path).expect("holdfast.toml");
    fs::write(&path, now + text).expect("holdfast.toml");
}

/// Replaces text in a file; it must be there.
pub fn replace(path: &Path, from: &str, to: &str) {
    let now = fs::read_to_string(path).expect("a text file");
    assert!(now.contains(from), "“{from}” is not in {}", path.display());
    fs::write(path, now.replace(from, to)).expect("written");
}

/// Lets Unix run a file.
pub fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("mode");
}

/// Makes a database from a script.
pub fn database(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    Connection::open(path)
        .expect("a database")
        .execute_batch(script)
        .expect("the script runs");
}

/// Asks a database for one value, as text.
pub fn ask(path: &Path, query: &str) -> String {
    let connection = Connection::open(path).expect("a database");
    let value: rusqlite::types::Value = connection
        .query_row(query, [], |r| r.get(0))
        .unwrap_or_else(|e| panic!("{query}: {e}"));
    match value {
        rusqlite::types::Value::Text(t) => t,
        rusqlite::types::Value::Integer(i) => i.to_string(),
        other => format!("{other:?}"),
    }
}

/// Copies a folder.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// What a folder holds, file by file: path → mode and SHA-256. Holdfast's own folder is left out; side files of databases are not.
pub fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    use std::os::unix::fs::MetadataExt;
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(".holdfast")) {
            continue;
        }
        let meta = fs::symlink_metadata(&path).expect("metadata");
        let name = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
        let what = if meta.is_symlink() {
            format!("link to {}", fs::read_link(&path).expect("a link").display())
        } else if meta.is_dir() {
            walk(root, &path, found);
            "folder".to_owned()
        } else {
            format!("{:o} {}", meta.mode() & 0o7777, hash(&fs::read(&path).expect("readable")))
        };
        found.insert(name, what);
    }
}

/// SHA-256 in hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Everything that a database says, as text: schema, rows in key order, and `user_version`. The ledger is left out.
pub fn content(database: &Path) -> String {
    let connection = Connection::open(database).expect("a database");
    let mut text = format!(
        "user_version {}\n",
        connection
            .query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))
            .expect("user_version")
    );
    let mut statement = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'holdfast%' AND name NOT LIKE 'sqlite_stat%' ORDER BY name")
        .expect("schema");
    let objects: Vec<(String, Option<String>)> = statement
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .expect("schema")
        .map(|r| r.expect("row"))
        .collect();
    for (name, sql) in objects {
        text += &format!("{name}: {}\n", sql.clone().unwrap_or_default());
        if sql.is_some_and(|s| s.trim_start().to_uppercase().starts_with("CREATE TABLE")) {
            let mut rows = connection.prepare(&format!("SELECT * FROM \"{name}\" NOT INDEXED")).expect("rows");
            let width = rows.column_count();
            let mut rows = rows.query([]).expect("rows");
            while let Some(row) = rows.next().expect("row") {
                let cells: Vec<String> = (0..width).map(|n| format!("{:?}", row.get_ref(n).expect("a value"))).collect();
                text += &format!("  {}\n", cells.join("|"));
            }
        }
    }
    text
}

const MINI_MANIFEST: &str = r#"
format = 1
[product]
id = "mini"
name = "Mini"
version = "2.0"
[application]
entry = ["start"]
version = { file = "VERSION" }
keep = ["settings.ini", "uploads/**"]
[[application.edit]]
file = "settings.ini"
find = "colour = blue"
replace = "colour = green"
[[database]]
name = "main"
path = "data/mini.db"
[[check]]
name = "items are there"
sql = "SELECT count(*) >= 2 FROM item"
expect = true
"#;

/// The small product's database in 1.0.
pub const MINI_SQL: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO thing VALUES (1, 'lamp'), (2, 'chair');
PRAGMA user_version = 1;
";

const MINI_STEP: &str = "
ALTER TABLE thing RENAME TO item;
ALTER TABLE item ADD COLUMN colour TEXT NOT NULL DEFAULT 'none';
UPDATE item SET colour = 'red' WHERE id = 1;
PRAGMA user_version = 2;
";

/// Runs a program given as words, with an environment.
pub fn with_environment<'a>(program: &Path, words: &[&OsStr], environment: impl IntoIterator<Item = (&'a str, String)>) -> Ran {
    run(Command::new(program).args(words).envs(environment))
}
