//! Who holds a file, by looking through `/proc`: open files, mapped files, running programs, and scripts named on a command line.
//! Processes of other users may hide what they hold; the databases' locks are the second line of defence.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub use crate::platform::holder::Holder;

/// Files that nobody else can open. Here there is no such thing: who opens a file later is found when it has been retired.
#[derive(Debug, Default)]
#[must_use = "the files are free again when this value goes"]
pub struct Hold;

/// Takes files for this process alone; the error is a file that somebody else has open.
pub fn hold(_files: &BTreeSet<PathBuf>) -> Result<Hold, PathBuf> {
    Ok(Hold)
}

/// Every other process that holds one of the files. `scripts` are files that count as held when a process was started with them.
pub fn holders(files: &BTreeSet<PathBuf>, scripts: &[PathBuf]) -> Vec<Holder> {
    let own = std::process::id();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|p| p.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<Holder> = pids
        .filter(|pid| *pid != own)
        .filter_map(|pid| holder(pid, files, scripts))
        .collect();
    found.sort();
    found
}

fn holder(pid: u32, files: &BTreeSet<PathBuf>, scripts: &[PathBuf]) -> Option<Holder> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let path = opened(&process)
        .into_iter()
        .find(|path| files.contains(path))
        .or_else(|| started(&process, scripts))?;
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    Some(Holder {
        pid,
        name: name.trim().to_owned(),
        path,
    })
}

/// The files that a process has open, runs, or has mapped.
fn opened(process: &Path) -> BTreeSet<PathBuf> {
    let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let mut paths: BTreeSet<PathBuf> = descriptors.filter_map(|d| fs::read_link(d.path()).ok()).collect();
    paths.extend(fs::read_link(process.join("exe")));
    let maps = fs::read_to_string(process.join("maps")).unwrap_or_default();
    paths.extend(maps.lines().filter_map(|line| Some(PathBuf::from(&line[line.find('/')?..]))));
    paths
}

/// An interpreter closes its script after reading it; the command line still names it.
fn started(process: &Path, scripts: &[PathBuf]) -> Option<PathBuf> {
    let line = fs::read(process.join("cmdline")).ok()?;
    let folder = fs::read_link(process.join("cwd")).ok()?;
    let words = line.split(|b| *b == 0).take(16).filter(|w| !w.is_empty());
    words
        .filter_map(|word| folder.join(std::str::from_utf8(word).ok()?).canonicalize().ok())
        .find(|path| scripts.contains(path))
}
