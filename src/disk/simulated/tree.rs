//! Files and folders as a file system has them: nodes, and entries of folders that point to nodes. A tree is cheap to copy, because crash
//! states are made by the hundred thousand. It never touches a real disk but to be read from one or written to one.
#![allow(
    clippy::disallowed_methods,
    reason = "a tree is written to a real folder when a real program is to look at it"
)]

use super::op::Op;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A node's number. It stays the same wherever the node's entry goes.
pub type Id = usize;

/// The folder at the top.
pub const TOP: Id = 0;

/// What an entry points to.
#[derive(Clone, Debug)]
pub enum Node {
    /// A folder.
    Folder {
        /// Its entries.
        entries: BTreeMap<OsString, Id>,
        /// Access rights, as in `chmod`.
        mode: u32,
    },
    /// A file.
    File {
        /// What is in it.
        content: Arc<Content>,
        /// Access rights, as in `chmod`.
        mode: u32,
        /// When it was written to, in nanoseconds since 1970.
        modified_ns: i128,
    },
    /// A link, and where it points to.
    Link(PathBuf),
}

impl Node {
    /// An empty folder.
    pub fn folder(mode: u32) -> Node {
        let entries = BTreeMap::new();
        Node::Folder { entries, mode }
    }

    /// An empty file.
    pub fn file(mode: u32) -> Node {
        Node::File {
            content: Arc::default(),
            mode,
            modified_ns: 0,
        }
    }
}

/// The bytes of a file. Their digest is made once.
#[derive(Debug, Default)]
pub struct Content {
    bytes: Vec<u8>,
    digest: OnceLock<[u8; 32]>,
}

impl Content {
    /// Of these bytes.
    pub fn new(bytes: Vec<u8>) -> Content {
        let digest = OnceLock::new();
        Content { bytes, digest }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their SHA-256.
    pub fn digest(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| Sha256::digest(&self.bytes).into())
    }
}

/// A file system's state.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Arc<Node>>,
}

impl Tree {
    /// An empty folder.
    pub fn new() -> Tree {
        Tree {
            nodes: vec![Arc::new(Node::folder(0o755))],
        }
    }

    /// Reads a real folder.
    pub fn load(folder: &Path) -> io::Result<Tree> {
        let mut tree = Tree::new();
        tree.load_into(TOP, folder)?;
        Ok(tree)
    }

    fn load_into(&mut self, into: Id, folder: &Path) -> io::Result<()> {
        let mut names: Vec<OsString> = fs::read_dir(folder)?.map(|e| e.map(|e| e.file_name())).collect::<io::Result<_>>()?;
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let meta = fs::symlink_metadata(&path)?;
            let mode = meta.mode() & 0o7777;
            let node = if meta.is_symlink() {
                Node::Link(fs::read_link(&path)?)
            } else if meta.is_dir() {
                Node::folder(mode)
            } else {
                Node::File {
                    content: Arc::new(Content::new(fs::read(&path)?)),
                    mode,
                    modified_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
                }
            };
            let id = self.add(node);
            self.point(into, &name, Some(id));
            if meta.is_dir() {
                self.load_into(id, &path)?;
            }
        }
        Ok(())
    }

    /// Makes a real folder, which must be empty, the same.
    pub fn store(&self, folder: &Path) -> io::Result<()> {
        self.store_from(TOP, folder)
    }

    fn store_from(&self, id: Id, folder: &Path) -> io::Result<()> {
        for (name, id) in self.entries(id) {
            let path = folder.join(name);
            match self.node(*id) {
                Node::Folder { mode, .. } => {
                    fs::create_dir(&path)?;
                    self.store_from(*id, &path)?;
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode))?;
                }
                Node::File { content, mode, .. } => {
                    fs::write(&path, content.bytes())?;
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode))?;
                }
                Node::Link(target) => symlink(target, &path)?,
            }
        }
        Ok(())
    }

    /// A node by its number.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// A folder's entries; none if it is no folder.
    pub fn entries(&self, id: Id) -> impl Iterator<Item = (&OsString, &Id)> {
        let entries = match self.node(id) {
            Node::Folder { entries, .. } => Some(entries),
            _ => None,
        };
        entries.into_iter().flatten()
    }

    /// The node at a path below the top.
    pub fn find(&self, path: &Path) -> Option<Id> {
        path.components().try_fold(TOP, |id, part| match (part, self.node(id)) {
            (Component::Normal(name), Node::Folder { entries, .. }) => entries.get(name).copied(),
            _ => None,
        })
    }

    /// The number that the next new node gets.
    pub fn next(&self) -> Id {
        self.nodes.len()
    }

    fn add(&mut self, node: Node) -> Id {
        self.nodes.push(Arc::new(node));
        self.nodes.len() - 1
    }

    fn point(&mut self, folder: Id, name: &OsStr, to: Option<Id>) {
        if let Node::Folder { entries, .. } = Arc::make_mut(&mut self.nodes[folder]) {
            match to {
                Some(id) => entries.insert(name.to_owned(), id),
                None => entries.remove(name),
            };
        }
    }

    /// Does what an operation does. A flush changes nothing here: what it is worth, a cut decides.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Make { id, node } => {
                let made = self.add(node.clone());
                debug_assert_eq!(made, *id, "nodes are made in one order");
            }
            Op::Entries(entries) => {
                for entry in entries {
                    self.point(entry.folder, &entry.name, entry.to);
                }
            }
            Op::Write { id, at, bytes } => self.change(*id, |content| {
                let (start, end) = (*at as usize, *at as usize + bytes.len());
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[start..end].copy_from_slice(bytes);
            }),
            Op::Truncate { id, length } => self.change(*id, |content| content.resize(*length as usize, 0)),
            Op::Mode { id, mode: to } => match Arc::make_mut(&mut self.nodes[*id]) {
                Node::Folder { mode, .. } | Node::File { mode, .. } => *mode = *to,
                Node::Link(_) => {}
            },
            Op::FlushFile(_) | Op::FlushFolder(_) | Op::FlushAll => {}
        }
    }

    fn change(&mut self, id: Id, change: impl FnOnce(&mut Vec<u8>)) {
        if let Node::File { content, modified_ns, .. } = Arc::make_mut(&mut self.nodes[id]) {
            let mut bytes = content.bytes().to_vec();
            change(&mut bytes);
            *content = Arc::new(Content::new(bytes));
            *modified_ns += 1;
        }
    }

    /// The same without nodes that nothing points to: what a file system is after its next start.
    pub fn restarted(&self) -> Tree {
        let mut tree = Tree::new();
        tree.nodes[TOP] = self.nodes[TOP].clone();
        tree.take(self, TOP);
        tree
    }

    fn take(&mut self, from: &Tree, into: Id) {
        let old: Vec<(OsString, Id)> = self.entries(into).map(|(name, id)| (name.clone(), *id)).collect();
        for (name, id) in old {
            self.nodes.push(from.nodes[id].clone());
            let new = self.nodes.len() - 1;
            self.point(into, &name, Some(new));
            self.take(from, new);
        }
    }

    /// Shows everything below the top with its path, folders before what is in them.
    pub fn walk<'t>(&'t self, visit: &mut dyn FnMut(&Path, &'t Node)) {
        self.walk_from(TOP, Path::new(""), visit);
    }

    fn walk_from<'t>(&'t self, id: Id, path: &Path, visit: &mut dyn FnMut(&Path, &'t Node)) {
        for (name, id) in self.entries(id) {
            let path = path.join(name);
            visit(&path, self.node(*id));
            self.walk_from(*id, &path, visit);
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Tree::new()
    }
}
