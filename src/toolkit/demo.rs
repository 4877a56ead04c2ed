//! `holdfast demo`: the whole promise in one minute. An old site is updated; then an update fails its check, and another is ended in
//! the middle of the swap; hashes show that both left the old pair.

use super::{desk, new};
use crate::bundle::{Bundle, container};
use crate::cli::clock;
use crate::database::{contents, glance};
use crate::disk::{Disk, Kind, RealDisk, hash_file};
use crate::failure::{Exit, Failure, Reason, Result};
use crate::flow::{self, Context, Request};
use crate::platform;
use crate::report::{Answer, Event, Question, Reporter};
use crate::site::Environment;
use crate::swap::WORK;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why the demo's updates are not rehearsed.
const UNREHEARSED: &str = "it is a demonstration";
const OLD_PEOPLE: &str = "SELECT id, family_name, given_name, birth_date, street, town FROM person ORDER BY id LIMIT 4";
const NEW_PEOPLE: &str = "SELECT p.id, p.card_no, p.family_name, p.given_name, p.born_on, 'household ' || h.id, h.street, h.town
    FROM person p JOIN household h ON h.id = p.household_id ORDER BY p.id LIMIT 4";

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Keep the sites in this folder, and do not remove them.
    #[arg(long)]
    keep: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  holdfast demo
  holdfast demo --keep sites  # to look at what each run left";

/// What an update in a process of its own is given.
#[derive(clap::Args)]
pub struct UpdateArguments {
    /// The bundle.
    bundle: PathBuf,
    /// The application folder.
    app: PathBuf,
    /// End the process after so many renames.
    #[arg(long)]
    cut_after: Option<u64>,
}

/// Plays all three acts.
pub fn demo(arguments: &Arguments) -> Result<()> {
    let keep = arguments.keep.as_deref();
    let temporary = tempfile::tempdir().map_err(|e| desk(Path::new("a temporary folder"), &e))?;
    let stage = keep.unwrap_or(temporary.path()).join("demo");
    fs::create_dir_all(&stage).map_err(|e| desk(&stage, &e))?;
    let payload = stage.join("payload");
    new::unpack_sample(&payload)?;

    say!("1. An old site: Relief Register 1.0, with settings and uploads of its own.");
    let first = build_site(&payload, &stage.join("site"))?;
    show(&first, "people", OLD_PEOPLE)?;
    let bundle = stage.join("update-2.0");
    super::pack::unrehearsed(&payload, &bundle, UNREHEARSED)?;
    make_executable(&bundle)?;
    say!("   $ update-2.0 --app site --silent");
    let exit = run(Command::new(&bundle).arg("--app").arg(&first).arg("--silent"))?;
    expect(exit == Some(0), "the update should have succeeded")?;
    show(&first, "people", NEW_PEOPLE)?;
    show(
        &first,
        "ledger",
        "SELECT version, step, rows_inserted + rows_updated FROM holdfast_ledger ORDER BY id LIMIT 9",
    )?;

    say!("\n2. An update that fails its check.");
    let second = build_site(&payload, &stage.join("site-2"))?;
    let before = Pair::of(&second)?;
    let broken = stage.join("payload-broken");
    copy_folder(&payload, &broken)?;
    let manifest = broken.join("holdfast.toml");
    let text = fs::read_to_string(&manifest).map_err(|e| desk(&manifest, &e))?;
    let check = "\n[[check]]\nname = \"there are a million people\"\nsql = \"SELECT count(*) FROM person\"\nexpect = 1000000\n";
    fs::write(&manifest, text + check).map_err(|e| desk(&manifest, &e))?;
    let failing = stage.join("update-broken");
    super::pack::unrehearsed(&broken, &failing, UNREHEARSED)?;
    make_executable(&failing)?;
    let exit = run(Command::new(&failing).arg("--app").arg(&second).arg("--silent"))?;
    expect(exit == Some(Exit::Restored as i32), "the update should have failed and restored")?;
    compare(&before, &Pair::of(&second)?)?;

    say!("\n3. An update that is killed in the middle of the swap.");
    let third = build_site(&payload, &stage.join("site-3"))?;
    let before = Pair::of(&third)?;
    let own = std::env::current_exe().map_err(|e| desk(Path::new("this program"), &e))?;
    let killed = run(Command::new(&own)
        .arg("demo-update")
        .arg(&bundle)
        .arg(&third)
        .args(["--cut-after", "15"]))?;
    expect(killed.is_none(), "the update should have been killed")?;
    say!(
        "   Killed after 15 renames. Can anything be started? {}",
        if third.join("relief").exists() {
            "yes"
        } else {
            "no: neither old nor new"
        }
    );
    say!("   $ update-2.0 recover --app site-3");
    let exit = run(Command::new(&bundle).arg("recover").arg("--app").arg(&third))?;
    expect(exit == Some(0), "the recovery should have succeeded")?;
    compare(&before, &Pair::of(&third)?)?;
    if keep.is_some() {
        say!("\nThe sites are in “{}”.", stage.display());
    }
    Ok(())
}

/// Builds a site of version 1.0 from the payload's own record of it.
fn build_site(payload: &Path, site: &Path) -> Result<PathBuf> {
    let release = payload.join("releases/1.0");
    copy_folder(&release.join("code"), site)?;
    let write = |path: PathBuf, text: &str| {
        let folder = path.parent().unwrap_or(site);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|e| desk(&path, &e))
    };
    let settings = site.join("settings.default.ini");
    write(
        site.join("settings.ini"),
        &fs::read_to_string(&settings).map_err(|e| desk(&settings, &e))?,
    )?;
    write(site.join("uploads/photo-of-shelter.txt"), "a photograph would be here\n")?;
    fs::create_dir_all(site.join("data")).map_err(|e| desk(site, &e))?;
    let database = site.join("data/relief.db");
    let script = fs::read_to_string(release.join("main.sql")).map_err(|e| desk(&release, &e))?;
    let build = || Connection::open(&database)?.execute_batch(&script);
    build().map_err(|e| crate::database::failed(&e, &database, "building"))?;
    platform::real_path(site).map_err(|e| desk(site, &e))
}

/// Copies a folder's content; fs_extra is good enough where nothing depends on it.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let options = fs_extra::dir::CopyOptions::new().content_only(true).overwrite(true);
    fs::create_dir_all(to).map_err(|e| desk(to, &e))?;
    fs_extra::dir::copy(from, to, &options).map(|_| ()).map_err(|e| {
        Failure::new(
            Reason::DiskFailed,
            format!("“{}” cannot be copied to “{}”: {e}.", from.display(), to.display()),
        )
    })
}

fn make_executable(path: &Path) -> Result<()> {
    let attributes = platform::attributes(path).map_err(|e| desk(path, &e))?;
    RealDisk.set_attributes(path, &attributes.executable())
}

/// Runs a program, its words indented, and returns its exit code; `None` if it was killed.
fn run(command: &mut Command) -> Result<Option<i32>> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| desk(Path::new(command.get_program()), &e))?;
    for text in [&output.stdout, &output.stderr] {
        String::from_utf8_lossy(text).lines().for_each(|line| say!("   | {line}"));
    }
    match output.status.code() {
        Some(code) => say!("   exit code {code}"),
        None => say!("   killed"),
    }
    Ok(output.status.code())
}

fn expect(holds: bool, what: &str) -> Result<()> {
    match holds {
        true => Ok(()),
        false => Err(Failure::new(
            Reason::CheckFailed,
            format!("The demo did not go as it should: {what}."),
        )),
    }
}

fn show(site: &Path, what: &str, query: &str) -> Result<()> {
    let database = site.join("data/relief.db");
    let connection = glance(&RealDisk, &database)?;
    let told = |e: rusqlite::Error| crate::database::failed(&e, &database, "reading");
    let version = fs::read_to_string(site.join("VERSION")).unwrap_or_default();
    say!("   {what} in {}:", version.trim());
    let mut statement = connection.prepare(query).map_err(told)?;
    let width = statement.column_count();
    let mut rows = statement.query([]).map_err(told)?;
    while let Some(row) = rows.next().map_err(told)? {
        let cells: Vec<String> = (0..width)
            .map(|n| match row.get_ref(n) {
                Ok(rusqlite::types::ValueRef::Text(t)) => String::from_utf8_lossy(t).into_owned(),
                Ok(rusqlite::types::ValueRef::Integer(i)) => i.to_string(),
                _ => String::new(),
            })
            .collect();
        say!("     {}", cells.join("  "));
    }
    Ok(())
}

/// What a site is, as two hashes: its code (all files but the database and Holdfast's own) and its data.
#[derive(PartialEq, Eq)]
struct Pair {
    code: String,
    data: String,
}

impl Pair {
    fn of(site: &Path) -> Result<Pair> {
        let mut files = String::new();
        list(site, site, &mut files)?;
        let database = site.join("data/relief.db");
        let connection = glance(&RealDisk, &database)?;
        let contents = contents(&connection).map_err(|e| crate::database::failed(&e, &database, "reading"))?;
        Ok(Pair {
            code: crate::bundle::sha256(files.as_bytes()),
            data: crate::bundle::sha256(format!("{contents:?}").as_bytes()),
        })
    }
}

fn list(root: &Path, folder: &Path, files: &mut String) -> Result<()> {
    for name in RealDisk.list(folder)?.into_iter().filter(|n| n != WORK && n != "data") {
        let path = folder.join(name);
        match RealDisk.kind(&path)? {
            Some(Kind::Folder) => list(root, &path, files)?,
            _ => {
                *files += &format!(
                    "{} {}\n",
                    path.strip_prefix(root).unwrap_or(&path).display(),
                    hash_file(&RealDisk, &path)?
                )
            }
        }
    }
    Ok(())
}

fn compare(before: &Pair, after: &Pair) -> Result<()> {
    say!("   code  before {}…  after {}…", &before.code[..16], &after.code[..16]);
    say!("   data  before {}…  after {}…", &before.data[..16], &after.data[..16]);
    expect(before == after, "the old pair should be there, byte for byte")?;
    say!("   The old pair, exactly.");
    Ok(())
}

/// Runs one update, and ends the process without a word after so many renames: what a power cut does.
pub fn update(arguments: &UpdateArguments) -> u8 {
    let reporter = Cut {
        left: AtomicU64::new(arguments.cut_after.unwrap_or(u64::MAX)),
    };
    let context = Context {
        program: PathBuf::new(),
        disk: &RealDisk,
        reporter: &reporter,
        environment: Environment {
            variable: &|name| std::env::var_os(name),
            executable: std::env::current_exe().unwrap_or_default(),
        },
        now: &clock,
        run: "demo".to_owned(),
    };
    let opened = container::find(&arguments.bundle).map(|place| place.map(Bundle::open));
    let request = Request {
        app: Some(arguments.app.clone()),
        ..Request::default()
    };
    match opened {
        Ok(Some(Ok(bundle))) => flow::update(&context, &bundle, &request).exit() as u8,
        _ => Exit::Refused as u8,
    }
}

struct Cut {
    left: AtomicU64,
}

impl Reporter for Cut {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::Moved { .. }) && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            platform::end_without_a_word();
        }
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        match question {
            Question::Update { .. } => Answer::Yes,
            _ => Answer::No,
        }
    }
}
