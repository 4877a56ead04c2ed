//! What a program did to a folder, from its system calls: operations on a tree. A call that may change something and is not known here is an
//! error, never passed over; and all operations together must give the folder as it really is in the end.

use super::harmless::HARMLESS;
use super::strace::{Argument, Call, calls};
use crate::support::{Ran, run};
use holdfast::disk::simulated::{Entry, Id, Node, Op, Tree};
use holdfast::swap::{Record, Staged};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What was recorded.
pub struct Trace {
    pub before: Tree,
    pub ops: Vec<Op>,
    pub after: Tree,
    /// The calls that changed or flushed something, as `name path`, with the path below the folder.
    pub calls: Vec<String>,
}

impl Trace {
    /// What the journal's record of a complete stage says, if the run came so far.
    pub fn staged(&self) -> Option<Staged> {
        let writes = self.ops.iter().filter_map(|op| match op {
            Op::Write { bytes, .. } => Some(bytes),
            _ => None,
        });
        let lines = writes.flat_map(|bytes| bytes.split(|b| *b == b'\n'));
        let mut records = lines.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
        records.find_map(|value| match serde_json::from_value(value.get("record")?.clone()) {
            Ok(Record::Armed(staged)) => Some(*staged),
            _ => None,
        })
    }
}

/// Runs a program and records what it does to a folder.
pub fn record(folder: &Path, command: &mut Command) -> (Ran, Trace) {
    let before = Tree::load(folder).expect("the folder can be read");
    let log = folder.with_file_name("strace");
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-y", "-xx", "-s", "100000000", "-e", "trace=%file,%desc,sync,umask", "-o"])
        .arg(&log)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let ran = run(&mut traced);
    let text = fs::read_to_string(&log).expect("strace is installed, and may trace");
    let calls = calls(&text).unwrap_or_else(|e| panic!("the trace cannot be read: {e}"));
    (ran, Trace::of(folder, before, &calls, Descriptors::Own))
}

/// Where a program has its descriptors from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Descriptors {
    /// It opens its files itself.
    Own,
    /// A server opens them and passes them on, under other numbers.
    Passed,
}

impl Trace {
    /// What these calls did to a folder as it was before; the folder must be there as they left it.
    pub(super) fn of(folder: &Path, before: Tree, calls: &[Call], descriptors: Descriptors) -> Trace {
        let mut reading = Reading::new(folder, before.clone(), descriptors);
        for call in calls {
            reading.call(call).unwrap_or_else(|e| panic!("{e}: {call:?}"));
        }
        let after = Tree::load(folder).expect("the folder can be read");
        assert_eq!(
            super::files(&reading.tree),
            super::files(&after),
            "the operations of the trace do not give what is there"
        );
        let Reading { ops, changes, .. } = reading;
        Trace {
            before,
            ops,
            after,
            calls: changes,
        }
    }
}

struct Reading {
    folder: PathBuf,
    tree: Tree,
    ops: Vec<Op>,
    changes: Vec<String>,
    /// Where the next write through a descriptor goes, and whether always to the end.
    offsets: HashMap<(i64, Id), (u64, bool)>,
    descriptors: Descriptors,
}

type Outcome = Result<(), String>;

impl Reading {
    fn new(folder: &Path, tree: Tree, descriptors: Descriptors) -> Reading {
        Reading {
            folder: folder.to_owned(),
            tree,
            ops: Vec::new(),
            changes: Vec::new(),
            offsets: HashMap::new(),
            descriptors,
        }
    }

    fn call(&mut self, call: &Call) -> Outcome {
        let failed = call.result.as_ref().and_then(Argument::number).is_none_or(|n| n < 0);
        if failed || !self.concerns(call) {
            return Ok(());
        }
        match call.name.as_str() {
            "openat" | "open" | "creat" => self.opened(call),
            "write" => self.written(call, None),
            "pwrite64" => self.written(call, call.arguments.get(3).and_then(Argument::number)),
            "ftruncate" => self.truncated(call),
            "fsync" | "fdatasync" => self.flushed(call),
            "syncfs" | "sync" => self.done(call, Op::FlushAll),
            "rename" | "renameat" | "renameat2" => self.renamed(call),
            "unlink" | "unlinkat" | "rmdir" => {
                let gone = Entry::gone(self.place(&paths(call)?[0])?);
                self.done(call, Op::Entries(vec![gone]))
            }
            "mkdir" | "mkdirat" => {
                let path = paths(call)?.remove(0);
                self.made(call, &path, Node::folder(0o755))
            }
            "chmod" | "fchmod" | "fchmodat" => self.given_rights(call),
            "close" | "lseek" => {
                self.moved(call);
                Ok(())
            }
            "mmap" => match call.arguments.get(2..4) {
                // The index of a log in memory: it holds no data.
                Some([protection, flags]) if shares_writes(protection, flags) && !is_index(call) => Err("a mapping that writes".to_owned()),
                _ => Ok(()),
            },
            // SQLite gives its journals to the database's owner, who is the one that runs the tests.
            "fchown" if call.arguments[1..].iter().all(|a| a.number() == Some(owner())) => Ok(()),
            name if HARMLESS.contains(&name) => Ok(()),
            _ => Err("a call that is not known".to_owned()),
        }
    }

    /// Whether anything of a call lies in the folder.
    fn concerns(&self, call: &Call) -> bool {
        call.name == "sync"
            || call
                .arguments
                .iter()
                .chain(&call.result)
                .any(|a| a.path().is_some_and(|p| p.starts_with(&self.folder)))
    }

    fn below<'p>(&self, path: &'p Path) -> Result<&'p Path, String> {
        path.strip_prefix(&self.folder)
            .map_err(|_| format!("“{}” is elsewhere", path.display()))
    }

    fn find(&self, path: &Path) -> Result<Id, String> {
        let found = self.tree.find(self.below(path)?);
        found.ok_or_else(|| format!("“{}” is not there", path.display()))
    }

    fn place(&self, path: &Path) -> Result<(Id, OsString), String> {
        let parent = path.parent().ok_or("no folder")?;
        Ok((self.find(parent)?, path.file_name().ok_or("no name")?.to_owned()))
    }

    fn done(&mut self, call: &Call, op: Op) -> Outcome {
        let path = match call.arguments.first() {
            Some(Argument::Descriptor(0.., Some(path))) => path.clone(),
            _ => paths(call).ok().and_then(|paths| paths.into_iter().next()).unwrap_or_default(),
        };
        let shown = path.strip_prefix(&self.folder).unwrap_or(&path).display().to_string();
        self.changes.push(format!("{} {shown}", call.name));
        self.does(op);
        Ok(())
    }

    fn does(&mut self, op: Op) {
        self.tree.apply(&op);
        self.ops.push(op);
    }

    fn made(&mut self, call: &Call, path: &Path, node: Node) -> Outcome {
        let (place, id) = (self.place(path)?, self.tree.next());
        self.does(Op::Make { id, node });
        self.done(call, Op::Entries(vec![Entry::at(place, id)]))
    }

    fn opened(&mut self, call: &Call) -> Outcome {
        let flags = format!("{:?}", call.arguments);
        if flags.contains("O_TMPFILE") {
            return Err("a file without a name".to_owned());
        }
        let Some(Argument::Descriptor(descriptor, Some(path))) = &call.result else {
            return Ok(());
        };
        if !flags.contains("O_WRONLY") && !flags.contains("O_RDWR") {
            return Ok(());
        }
        let is_new = self.find(path).is_err();
        if is_new {
            let asked = call.arguments.iter().rev().find_map(Argument::number).unwrap_or(0o666);
            // The tests run with the usual mask.
            let node = Node::file(u32::try_from(asked).unwrap_or(0o666) & 0o7755);
            self.made(call, path, node)?;
        }
        let id = self.find(path)?;
        if flags.contains("O_TRUNC") && !is_new {
            self.done(call, Op::Truncate { id, length: 0 })?;
        }
        self.offsets.insert((*descriptor, id), (0, flags.contains("O_APPEND")));
        Ok(())
    }

    fn written(&mut self, call: &Call, at: Option<i64>) -> Outcome {
        let [file @ Argument::Descriptor(descriptor, _), Argument::Text(bytes), ..] = &call.arguments[..] else {
            return Err("a write of something else".to_owned());
        };
        let Some(path) = file.path() else { return Ok(()) };
        let id = self.find(&path)?;
        let count = call.result.as_ref().and_then(Argument::number).unwrap_or(0) as usize;
        let bytes = bytes.get(..count).ok_or("bytes that the trace does not have")?;
        let at = match at {
            Some(at) => at as u64,
            None => {
                let length = self.length(id);
                let key = (*descriptor, id);
                if self.descriptors == Descriptors::Passed {
                    self.offsets.entry(key).or_default();
                }
                let offset = self.offsets.get_mut(&key).ok_or("a descriptor that nobody opened")?;
                let at = if offset.1 { length } else { offset.0 };
                offset.0 = at + count as u64;
                at
            }
        };
        let bytes = bytes.into();
        let op = Op::Write { id, at, bytes };
        if is_log(&path) {
            // Nobody reads it but people, and each of its lines would be in doubt to the end.
            self.tree.apply(&op);
            return Ok(());
        }
        self.done(call, op)
    }

    /// A descriptor that is closed is a new one when its number comes again; one that is set to a place goes on from there.
    fn moved(&mut self, call: &Call) {
        let Some(Argument::Descriptor(descriptor, Some(path))) = call.arguments.first() else {
            return;
        };
        let Ok(id) = self.find(path) else { return };
        let key = (*descriptor, id);
        if call.name == "close" {
            self.offsets.remove(&key);
            return;
        }
        if self.descriptors == Descriptors::Passed {
            self.offsets.entry(key).or_default();
        }
        let to = call.result.as_ref().and_then(Argument::number);
        if let (Some(offset), Some(to)) = (self.offsets.get_mut(&key), to) {
            offset.0 = to as u64;
        }
    }

    fn length(&self, id: Id) -> u64 {
        match self.tree.node(id) {
            Node::File { content, .. } => content.bytes().len() as u64,
            _ => 0,
        }
    }

    fn truncated(&mut self, call: &Call) -> Outcome {
        let Some(path) = call.arguments[0].path() else { return Ok(()) };
        let id = self.find(&path)?;
        let length = call.arguments.get(1).and_then(Argument::number).ok_or("no length")? as u64;
        self.done(call, Op::Truncate { id, length })
    }

    fn flushed(&mut self, call: &Call) -> Outcome {
        let Some(path) = call.arguments[0].path() else { return Ok(()) };
        let id = self.find(&path)?;
        let op = match self.tree.node(id) {
            Node::Folder { .. } => Op::FlushFolder(id),
            _ => Op::FlushFile(id),
        };
        self.done(call, op)
    }

    fn renamed(&mut self, call: &Call) -> Outcome {
        let paths = paths(call)?;
        let [from, to] = &paths[..] else {
            return Err("not two names".to_owned());
        };
        let id = self.find(from)?;
        let entries = vec![Entry::gone(self.place(from)?), Entry::at(self.place(to)?, id)];
        self.done(call, Op::Entries(entries))
    }

    fn given_rights(&mut self, call: &Call) -> Outcome {
        let path = paths(call)?.remove(0);
        let id = self.find(&path)?;
        let mut mode = call.arguments.iter().filter_map(|a| match a {
            Argument::Number(n) => u32::try_from(*n).ok(),
            _ => None,
        });
        let mode = mode.next_back().ok_or("no access rights")?;
        self.done(call, Op::Mode { id, mode })
    }
}

fn owner() -> i64 {
    i64::from(rustix::process::getuid().as_raw())
}

/// Whether a file is a log of a run.
fn is_log(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "log.txt") || path.parent().is_some_and(|folder| folder.ends_with(".holdfast/logs"))
}

/// The absolute paths that a call names; one by name alone lies in the descriptor's folder before it.
fn paths(call: &Call) -> Result<Vec<PathBuf>, String> {
    let mut folder: Option<PathBuf> = None;
    let mut paths = Vec::new();
    for argument in &call.arguments {
        match argument {
            Argument::Text(_) => {
                let path = argument.path().ok_or("no path")?;
                paths.push(match &folder {
                    Some(folder) => folder.join(path),
                    None => path,
                });
            }
            Argument::Descriptor(_, path) => folder.clone_from(path),
            _ => {}
        }
    }
    if paths.is_empty() {
        paths.extend(folder);
    }
    match paths.iter().find(|path| !path.is_absolute()) {
        Some(path) => Err(format!("“{}” is not absolute", path.display())),
        None if paths.is_empty() => Err("no path".to_owned()),
        None => Ok(paths),
    }
}

fn shares_writes(protection: &Argument, flags: &Argument) -> bool {
    format!("{protection:?}").contains("PROT_WRITE") && format!("{flags:?}").contains("MAP_SHARED")
}

fn is_index(call: &Call) -> bool {
    let path = call.arguments.get(4).and_then(Argument::path);
    path.is_some_and(|path| path.to_string_lossy().ends_with("-shm"))
}
