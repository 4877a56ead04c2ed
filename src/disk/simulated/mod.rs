//! A disk in memory that records what is done to it, and [`cuts`]: every state in which a power cut may leave such a disk. On it swap and
//! recovery are explored, lost and reordered writes included. Feature `faults`; never in what ships.

mod cut;
mod op;
mod tree;

pub use cut::{Cut, Effort, Model, cuts, ends};
pub use op::{Entry, Op};
pub use tree::{Content, Id, Node, TOP, Tree};

use super::{Disk, DiskFile, Kind, failed};
use crate::failure::Result;
use crate::platform::Attributes;
use std::ffi::OsString;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// System error numbers that a real disk answers with.
const NOT_FOUND: i32 = 2;
const EXISTS: i32 = 17;
const NO_FOLDER: i32 = 20;
const NOT_EMPTY: i32 = 39;

/// A disk in memory.
#[derive(Clone)]
pub struct SimulatedDisk {
    /// The path at which the tree's top stands.
    root: PathBuf,
    /// A real folder, for files that SQLite is to look at.
    scratch: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    tree: Tree,
    log: Vec<Op>,
}

impl State {
    fn does(&mut self, op: Op) {
        self.tree.apply(&op);
        self.log.push(op);
    }

    /// A new node at a place.
    fn make(&mut self, place: (Id, OsString), node: Node) -> Id {
        let id = self.tree.next();
        self.does(Op::Make { id, node });
        self.does(Op::Entries(vec![Entry::at(place, id)]));
        id
    }
}

impl SimulatedDisk {
    /// A disk on which a tree stands at a path. `scratch` is a real folder that SQLite may use.
    pub fn new(root: &Path, tree: Tree, scratch: &Path) -> SimulatedDisk {
        SimulatedDisk {
            root: root.to_owned(),
            scratch: scratch.to_owned(),
            state: Arc::new(Mutex::new(State { tree, log: Vec::new() })),
        }
    }

    /// The tree as it is now.
    pub fn tree(&self) -> Tree {
        self.state().tree.clone()
    }

    /// What was done so far.
    pub fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn below<'p>(&self, path: &'p Path) -> io::Result<&'p Path> {
        path.strip_prefix(&self.root).map_err(|_| error(NOT_FOUND))
    }

    fn find(&self, state: &State, path: &Path) -> io::Result<Id> {
        state.tree.find(self.below(path)?).ok_or_else(|| error(NOT_FOUND))
    }

    /// The folder of a path, and the name in it.
    fn place(&self, state: &State, path: &Path) -> io::Result<(Id, OsString)> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(error(NOT_FOUND));
        };
        let folder = self.find(state, parent)?;
        match state.tree.node(folder) {
            Node::Folder { .. } => Ok((folder, name.to_owned())),
            _ => Err(error(NO_FOLDER)),
        }
    }

    fn free_place(&self, state: &State, path: &Path) -> io::Result<(Id, OsString)> {
        match self.find(state, path) {
            Ok(_) => Err(error(EXISTS)),
            Err(_) => self.place(state, path),
        }
    }

    fn change(&self, doing: &str, path: &Path, act: impl FnOnce(&mut State) -> io::Result<()>) -> Result<()> {
        act(&mut self.state()).map_err(|e| failed(doing, path, &e))
    }

    fn moves(&self, from: &Path, to: (Id, OsString), state: &mut State) -> io::Result<()> {
        let id = self.find(state, from)?;
        let from = self.place(state, from)?;
        state.does(Op::Entries(vec![Entry::gone(from), Entry::at(to, id)]));
        Ok(())
    }

    fn file(&self, id: Id) -> Box<dyn DiskFile> {
        let disk = self.clone();
        Box::new(SimulatedFile { disk, id })
    }
}

fn error(code: i32) -> io::Error {
    io::Error::from_raw_os_error(code)
}

impl Disk for SimulatedDisk {
    fn kind(&self, path: &Path) -> Result<Option<Kind>> {
        let state = self.state();
        Ok(self.find(&state, path).ok().map(|id| match state.tree.node(id) {
            Node::File { content, .. } => Kind::File(content.bytes().len() as u64),
            Node::Folder { .. } => Kind::Folder,
            Node::Link(_) => Kind::Other,
        }))
    }

    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        let state = self.state();
        let Ok(id) = self.find(&state, folder) else { return Ok(Vec::new()) };
        Ok(state.tree.entries(id).map(|(name, _)| name.clone()).collect())
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let state = self.state();
        let found = self.find(&state, path).ok().map(|id| state.tree.node(id));
        Ok(found.and_then(|node| match node {
            Node::File { content, .. } => Some(content.bytes().to_vec()),
            _ => None,
        }))
    }

    fn open(&self, path: &Path) -> Result<Box<dyn io::Read>> {
        match self.read(path)? {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes))),
            None => Err(failed("opening", path, &error(NOT_FOUND))),
        }
    }

    fn modified_ns(&self, path: &Path) -> Result<i128> {
        let state = self.state();
        match self.find(&state, path).map(|id| state.tree.node(id)) {
            Ok(Node::File { modified_ns, .. }) => Ok(*modified_ns),
            _ => Err(failed("looking at", path, &error(NOT_FOUND))),
        }
    }

    /// A copy of the database and of its side files.
    fn for_sqlite(&self, path: &Path) -> Result<PathBuf> {
        let copy = self.scratch.join(path.file_name().unwrap_or_default());
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let side = crate::database::side_file(&copy, suffix);
            copy_out(self.read(&crate::database::side_file(path, suffix))?, &side).map_err(|e| failed("copying", &side, &e))?;
        }
        Ok(copy)
    }

    fn create_dir(&self, path: &Path) -> Result<()> {
        self.change("making the folder", path, |state| {
            let place = self.free_place(state, path)?;
            state.make(place, Node::folder(0o755));
            Ok(())
        })
    }

    fn create(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        let place = self.free_place(&state, path).map_err(|e| failed("making", path, &e))?;
        let id = state.make(place, Node::file(0o644));
        Ok(self.file(id))
    }

    fn append(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        let id = match self.find(&state, path) {
            Ok(id) => id,
            Err(_) => {
                let place = self.place(&state, path).map_err(|e| failed("making", path, &e))?;
                state.make(place, Node::file(0o644))
            }
        };
        Ok(self.file(id))
    }

    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        self.change("shortening", path, |state| {
            let id = self.find(state, path)?;
            state.does(Op::Truncate { id, length });
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.change("moving", from, |state| {
            let to = self.free_place(state, to)?;
            self.moves(from, to, state)
        })
    }

    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.change("replacing", to, |state| {
            let to = self.place(state, to)?;
            self.moves(from, to, state)
        })
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        self.change("removing", path, |state| {
            self.find(state, path)?;
            let place = self.place(state, path)?;
            state.does(Op::Entries(vec![Entry::gone(place)]));
            Ok(())
        })
    }

    fn remove_dir(&self, path: &Path) -> Result<()> {
        self.change("removing the folder", path, |state| {
            let id = self.find(state, path)?;
            if state.tree.entries(id).next().is_some() {
                return Err(error(NOT_EMPTY));
            }
            let place = self.place(state, path)?;
            state.does(Op::Entries(vec![Entry::gone(place)]));
            Ok(())
        })
    }

    fn set_attributes(&self, path: &Path, attributes: &Attributes) -> Result<()> {
        self.change("giving owner and access rights to", path, |state| {
            let id = self.find(state, path)?;
            state.does(Op::Mode {
                id,
                mode: attributes.mode(),
            });
            Ok(())
        })
    }

    fn flush_file(&self, path: &Path) -> Result<()> {
        self.change("flushing", path, |state| {
            let id = self.find(state, path)?;
            state.does(Op::FlushFile(id));
            Ok(())
        })
    }

    fn flush_all(&self, folder: &Path) -> Result<()> {
        self.change("flushing", folder, |state| {
            self.find(state, folder)?;
            state.does(Op::FlushAll);
            Ok(())
        })
    }

    fn flush_dir(&self, path: &Path) -> Result<()> {
        self.change("flushing the folder", path, |state| {
            let id = self.find(state, path)?;
            state.does(Op::FlushFolder(id));
            Ok(())
        })
    }
}

#[allow(clippy::disallowed_methods, reason = "SQLite reads real files alone")]
fn copy_out(bytes: Option<Vec<u8>>, to: &Path) -> io::Result<()> {
    match (bytes, to.exists()) {
        (Some(bytes), _) => std::fs::write(to, bytes),
        (None, true) => std::fs::remove_file(to),
        (None, false) => Ok(()),
    }
}

/// A file that is being written: every write goes to its end.
struct SimulatedFile {
    disk: SimulatedDisk,
    id: Id,
}

impl Write for SimulatedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let at = match state.tree.node(self.id) {
            Node::File { content, .. } => content.bytes().len() as u64,
            _ => 0,
        };
        state.does(Op::Write {
            id: self.id,
            at,
            bytes: Arc::from(bytes),
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn flush_durably(&mut self) -> Result<()> {
        self.disk.state().does(Op::FlushFile(self.id));
        Ok(())
    }
}
