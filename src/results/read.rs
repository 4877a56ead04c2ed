//! Result files are looked for and read. Files of older and newer versions of Holdfast are read as far as they go.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a result file is called, at a site as on a stick.
const NAME: &str = "result.json";
/// A result has some kilobytes. What is larger is something else, and is not read into memory.
const LARGEST: u64 = 16 << 20;

/// All that was found.
#[derive(Debug, Default, Serialize)]
pub struct Found {
    /// Runs, each once, in the order in which they ended.
    pub runs: Vec<Happened>,
    /// Files that should be results and cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// A file that should be a result.
#[derive(Debug, PartialEq, Serialize)]
pub struct Unreadable {
    /// Where it is.
    pub path: PathBuf,
    /// Why it counts for nothing.
    pub why: String,
}

/// A run at a site, as its result file says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Happened {
    /// The computer.
    pub computer: String,
    /// The application folder there.
    pub target: String,
    /// The product.
    pub product: String,
    /// The run's id.
    pub id: String,
    /// `production` or `test`.
    pub aim: String,
    /// What it came to, as the result file has it.
    pub state: String,
    /// The version that was there.
    pub from: String,
    /// The version that was asked for.
    pub to: String,
    /// The version that is there now.
    pub version: String,
    /// When it began, by the site's own clock, in UTC.
    pub began: String,
    /// When it ended.
    pub ended: String,
    /// Seconds.
    pub elapsed: f64,
    /// Bytes of the databases before.
    pub bytes: u64,
    /// The first failure's reason.
    pub reason: Option<String>,
    /// The sentence that the person at the site read.
    pub message: String,
    /// Why the update was not rehearsed, if it was not.
    pub unrehearsed: Option<String>,
    /// What people should know of.
    pub warnings: Vec<String>,
    /// The result file.
    pub path: PathBuf,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    failures: Vec<Failed>,
    request: Request,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Request {
    id: String,
    state: String,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rest {
    computer: String,
    aim: String,
    message: String,
    product: String,
    target: Option<String>,
    from: String,
    to: String,
    database_version: String,
    filesize: u64,
    created_at: String,
    processed_at: String,
    elapsed: f64,
    unrehearsed: Option<String>,
    warnings: Vec<String>,
}

/// Looks through files and folders. A file that is named is read whatever it is called.
pub fn find(places: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut runs: BTreeMap<(String, String), Vec<Happened>> = BTreeMap::new();
    let mut look = |path: &Path, found: &mut Found| match read(path) {
        Ok(run) => {
            let known = runs.entry((run.id.clone(), run.target.clone())).or_default();
            keep(known, run);
        }
        Err(why) => found.unreadable.push(Unreadable {
            path: path.to_owned(),
            why,
        }),
    };
    for place in places {
        if place.is_dir() {
            walk(place, &mut found, &mut look);
        } else {
            look(place, &mut found);
        }
    }
    found.runs = runs.into_values().flatten().collect();
    found.runs.sort_by(|a, b| (&a.ended, &a.id).cmp(&(&b.ended, &b.id)));
    found
}

/// The same run from the site and from the stick counts once. One that was brought to its end later has the later word.
fn keep(known: &mut Vec<Happened>, run: Happened) {
    let is_same = |other: &&mut Happened| other.computer == run.computer || other.computer.is_empty() || run.computer.is_empty();
    let Some(other) = known.iter_mut().find(is_same) else {
        return known.push(run);
    };
    let computer = if run.computer.is_empty() {
        other.computer.clone()
    } else {
        run.computer.clone()
    };
    if (&other.ended, &other.state) < (&run.ended, &run.state) {
        *other = run;
    }
    other.computer = computer;
}

/// Goes through a folder without following links, which may lead in a circle.
fn walk(folder: &Path, found: &mut Found, look: &mut impl FnMut(&Path, &mut Found)) {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                found.unreadable.push(Unreadable {
                    path: folder,
                    why: format!("the folder cannot be read: {error}"),
                });
                continue;
            }
        };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type();
            if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
                open.push(entry.path());
            } else if kind.is_ok_and(|kind| kind.is_file()) && entry.file_name().eq_ignore_ascii_case(NAME) {
                look(&entry.path(), found);
            }
        }
    }
}

fn read(path: &Path) -> Result<Happened, String> {
    let size = fs::metadata(path).map_err(|e| format!("it cannot be read: {e}"))?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, and no result is that large"));
    }
    let bytes = fs::read(path).map_err(|e| format!("it cannot be read: {e}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_matches(['\0', ' ', '\r', '\n']).is_empty() {
        return Err("it is empty: the stick was pulled out, or the power went, while it was written".to_owned());
    }
    let file: File = serde_json::from_str(text).map_err(|e| match e.is_eof() {
        true => "it breaks off: the stick was pulled out, or the power went, while it was written".to_owned(),
        false => format!("it is no result of Holdfast: {e}"),
    })?;
    let Request { id, state, rest } = file.request;
    Ok(Happened {
        computer: match rest.computer.is_empty() {
            true => computer_of(path, &id),
            false => rest.computer,
        },
        target: rest.target.unwrap_or_default(),
        product: rest.product,
        aim: rest.aim,
        from: rest.from,
        to: rest.to,
        version: rest.database_version,
        began: rest.created_at,
        ended: rest.processed_at,
        elapsed: rest.elapsed,
        bytes: rest.filesize,
        reason: file.failures.into_iter().map(|f| f.reason).find(|reason| !reason.is_empty()),
        message: rest.message,
        unrehearsed: rest.unrehearsed,
        warnings: rest.warnings,
        path: path.to_owned(),
        id,
        state,
    })
}

/// The computer by the folder on a stick, `COMPUTER-RUN`: results did not always name it themselves.
fn computer_of(path: &Path, run: &str) -> String {
    let folder = path
        .parent()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned());
    let name = folder.and_then(|folder| folder.strip_suffix(&format!("-{run}")).map(str::to_owned));
    name.unwrap_or_default()
}
