//! A disk that counts its operations and fails, stops the process, or runs a command at the n-th, for the crash tests.
//! Feature `faults`; never in what ships.
//!
//! `HOLDFAST_FAULT` holds one or more orders separated by `;`: `crash@57`, `torn@57` (half of a write, then crash), `err:28@57`
//! (that error once), `err:28@57x3` (three times), `err:28@57+` (from then on), `run@57=COMMAND` (before the operation).
//! `HOLDFAST_OPLOG` names a file that gets one line an operation, and behind it one for each error that it got: a fault that did not
//! fire proves nothing.
#![allow(clippy::disallowed_methods, reason = "the log of operations is not an operation")]

use super::{Disk, DiskFile, Kind, failed};
use crate::failure::Result;
use crate::platform::{self, Attributes};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A disk around another.
pub struct FaultyDisk<D> {
    inner: D,
    faults: Arc<Faults>,
}

struct Faults {
    count: AtomicU64,
    orders: Vec<Order>,
    log: Option<Mutex<std::fs::File>>,
}

struct Order {
    act: Act,
    first: u64,
    last: u64,
}

enum Act {
    Crash,
    Torn,
    Error(i32),
    Run(String),
}

impl<D: Disk> FaultyDisk<D> {
    /// With the orders of the environment. An order that cannot be read ends the process: a fault that silently does not fire proves nothing.
    pub fn from_environment(inner: D) -> Self {
        let text = std::env::var("HOLDFAST_FAULT").unwrap_or_default();
        let orders = text
            .split(';')
            .filter(|o| !o.is_empty())
            .map(|o| order(o).unwrap_or_else(|| panic!("HOLDFAST_FAULT: {o}")))
            .collect();
        let log = std::env::var_os("HOLDFAST_OPLOG").map(|path| {
            let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
            Mutex::new(file.unwrap_or_else(|e| panic!("HOLDFAST_OPLOG {path:?}: {e}")))
        });
        FaultyDisk {
            inner,
            faults: Arc::new(Faults {
                count: AtomicU64::new(0),
                orders,
                log,
            }),
        }
    }
}

fn order(text: &str) -> Option<Order> {
    let (text, command) = match text.split_once('=') {
        Some((text, command)) => (text, Some(command)),
        None => (text, None),
    };
    let (act, at) = text.split_once('@')?;
    let act = match (act, command) {
        ("crash", None) => Act::Crash,
        ("torn", None) => Act::Torn,
        ("run", Some(command)) => Act::Run(command.to_owned()),
        (error, None) => Act::Error(error.strip_prefix("err:")?.parse().ok()?),
        _ => return None,
    };
    let (first, last) = match (at.strip_suffix('+'), at.split_once('x')) {
        (Some(first), _) => (first.parse().ok()?, u64::MAX),
        (None, Some((first, times))) => {
            let first: u64 = first.parse().ok()?;
            (first, first + times.parse::<u64>().ok()? - 1)
        }
        (None, None) => (at.parse().ok()?, at.parse().ok()?),
    };
    Some(Order { act, first, last })
}

/// A command line for the system's own shell.
fn shell(command: &str) -> std::process::Command {
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        let mut shell = std::process::Command::new("cmd");
        shell.raw_arg("/c").raw_arg(command);
        shell
    }
    #[cfg(not(windows))]
    {
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(command);
        shell
    }
}

impl Faults {
    /// Counts an operation; `torn` writes half of it before a torn crash.
    fn operation(&self, name: &str, path: &Path, torn: &mut dyn FnMut()) -> io::Result<()> {
        let n = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        self.note(n, name, path);
        for order in self.orders.iter().filter(|o| (o.first..=o.last).contains(&n)) {
            match &order.act {
                Act::Crash => platform::end_without_a_word(),
                Act::Torn => {
                    torn();
                    platform::end_without_a_word()
                }
                Act::Error(code) => {
                    self.note(n, &format!("fired {code}"), path);
                    return Err(io::Error::from_raw_os_error(*code));
                }
                Act::Run(command) => {
                    let status = shell(command).status();
                    assert!(status.is_ok_and(|s| s.success()), "run@{n} failed: {command}");
                }
            }
        }
        Ok(())
    }

    fn note(&self, n: u64, what: &str, path: &Path) {
        if let Some(log) = &self.log {
            let line = format!("{n}\t{what}\t{}\n", path.display());
            let _ = log.lock().map(|mut log| log.write_all(line.as_bytes()));
        }
    }

    fn at(&self, name: &str, path: &Path) -> Result<()> {
        self.operation(name, path, &mut || {}).map_err(|e| failed(name, path, &e))
    }
}

impl<D: Disk> Disk for FaultyDisk<D> {
    fn kind(&self, path: &Path) -> Result<Option<Kind>> {
        self.inner.kind(path)
    }
    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        self.inner.list(folder)
    }
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        self.inner.read(path)
    }
    fn open(&self, path: &Path) -> Result<Box<dyn io::Read>> {
        self.inner.open(path)
    }
    fn modified_ns(&self, path: &Path) -> Result<i128> {
        self.inner.modified_ns(path)
    }
    fn create_dir(&self, path: &Path) -> Result<()> {
        self.faults.at("create_dir", path)?;
        self.inner.create_dir(path)
    }
    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.faults.at("create", path)?;
        self.file(path, self.inner.create(path)?)
    }
    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        self.faults.at("append", path)?;
        self.file(path, self.inner.append(path)?)
    }
    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        self.faults.at("truncate", path)?;
        self.inner.truncate(path, length)
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.faults.at("rename", from)?;
        self.inner.rename(from, to)
    }
    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.faults.at("replace", to)?;
        self.inner.replace(from, to)
    }
    fn remove_file(&self, path: &Path) -> Result<()> {
        self.faults.at("remove_file", path)?;
        self.inner.remove_file(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<()> {
        self.faults.at("remove_dir", path)?;
        self.inner.remove_dir(path)
    }
    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        self.faults.at("set_attributes", path)?;
        self.inner.set_attributes(path, attributes)
    }
    fn flush_file(&self, path: &Path) -> Result<()> {
        self.faults.at("flush_file", path)?;
        self.inner.flush_file(path)
    }
    fn flush_all(&self, folder: &Path) -> Result<()> {
        self.faults.at("flush_all", folder)?;
        self.inner.flush_all(folder)
    }
    fn flush_dir(&self, path: &Path) -> Result<()> {
        self.faults.at("flush_dir", path)?;
        self.inner.flush_dir(path)
    }
}

impl<D: Disk> FaultyDisk<D> {
    fn file(&self, path: &Path, inner: Box<dyn DiskFile>) -> Result<Box<dyn DiskFile>> {
        Ok(Box::new(FaultyFile {
            inner,
            path: path.to_owned(),
            faults: self.faults.clone(),
        }))
    }
}

struct FaultyFile {
    inner: Box<dyn DiskFile>,
    path: PathBuf,
    faults: Arc<Faults>,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let inner = &mut self.inner;
        let mut torn = || {
            let _ = inner.write_all(&bytes[..bytes.len() / 2]);
        };
        self.faults
            .operation("write", &self.path, &mut torn)
            .map_err(|e| io::Error::from(failed("writing", &self.path, &e)))?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl DiskFile for FaultyFile {
    fn flush_durably(&mut self) -> Result<()> {
        self.faults.at("flush", &self.path)?;
        self.inner.flush_durably()
    }
}
