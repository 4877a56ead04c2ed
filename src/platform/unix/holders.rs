//! Who holds a file, by looking through `/proc`: open files, mapped files, running programs, and scripts named on a command line.
//! Processes of other users may hide what they hold; the databases' locks are the second line of defence.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A process that holds something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// The program's name.
    pub name: String,
    /// One of the files that it holds.
    pub path: PathBuf,
}

/// Every other process that holds one of the paths for which `is_ours` holds. `scripts` are files that count as held when a process was started with them.
pub fn holders(is_ours: &dyn Fn(&Path) -> bool, scripts: &[PathBuf]) -> Vec<Holder> {
    let own = std::process::id();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|p| p.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<Holder> = pids
        .filter(|pid| *pid != own)
        .filter_map(|pid| holder(pid, is_ours, scripts))
        .collect();
    found.sort();
    found
}

fn holder(pid: u32, is_ours: &dyn Fn(&Path) -> bool, scripts: &[PathBuf]) -> Option<Holder> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let path = opened(&process)
        .into_iter()
        .find(|path| is_ours(path))
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
