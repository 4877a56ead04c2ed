//! What is done to a file system, in the order in which it is done: what a simulated disk records, and what a trace of system calls is
//! turned into.

use super::tree::{Id, Node};
use std::ffi::OsString;
use std::sync::Arc;

/// One operation.
#[derive(Clone, Debug)]
pub enum Op {
    /// A new node, to which nothing points yet.
    Make {
        /// Its number: the next one.
        id: Id,
        /// What it is.
        node: Node,
    },
    /// Entries that change at once.
    Entries(Vec<Entry>),
    /// Bytes into a file.
    Write {
        /// Which file.
        id: Id,
        /// Where, in bytes from its beginning.
        at: u64,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// A file's new length.
    Truncate {
        /// Which file.
        id: Id,
        /// In bytes.
        length: u64,
    },
    /// Access rights.
    Mode {
        /// Of which node.
        id: Id,
        /// As in `chmod`.
        mode: u32,
    },
    /// What was written to a file is durable.
    FlushFile(Id),
    /// The entries of a folder are durable.
    FlushFolder(Id),
    /// Everything is durable.
    FlushAll,
}

/// An entry that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In which folder.
    pub folder: Id,
    /// Its name.
    pub name: OsString,
    /// What it points to from now on; nothing if it goes.
    pub to: Option<Id>,
}

impl Entry {
    /// An entry that points to a node.
    pub fn at(place: (Id, OsString), to: Id) -> Entry {
        let (folder, name) = place;
        Entry {
            folder,
            name,
            to: Some(to),
        }
    }

    /// An entry that goes.
    pub fn gone(place: (Id, OsString)) -> Entry {
        let (folder, name) = place;
        Entry { folder, name, to: None }
    }
}

impl Op {
    /// Whether it makes something durable, and changes nothing.
    pub fn is_flush(&self) -> bool {
        matches!(self, Op::FlushFile(_) | Op::FlushFolder(_) | Op::FlushAll)
    }

    /// The file whose bytes it changes.
    pub fn written(&self) -> Option<Id> {
        match self {
            Op::Write { id, .. } | Op::Truncate { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// How many bytes it writes.
    pub fn bytes(&self) -> usize {
        match self {
            Op::Write { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }
}
