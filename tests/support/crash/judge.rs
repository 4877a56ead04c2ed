//! The judge of folders after a cut, whoever made them: what can be started is one whole pair; after recovery all is exactly the old pair or
//! exactly the new one, and nothing is left over.

use super::Trace;
use holdfast::disk::simulated::{Content, Node, Tree};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// What stands at a path: access rights, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shape {
    Folder(u32),
    File(u32, [u8; 32]),
    Link(PathBuf),
}

pub type Files = BTreeMap<PathBuf, Shape>;

/// Everything in a folder.
pub fn files(tree: &Tree) -> Files {
    let mut found = Files::new();
    tree.walk(&mut |path, node| {
        let shape = match node {
            Node::Folder { mode, .. } => Shape::Folder(*mode),
            Node::File { content, mode, .. } => Shape::File(*mode, *content.digest()),
            Node::Link(target) => Shape::Link(target.clone()),
        };
        found.insert(path.to_owned(), shape);
    });
    found
}

/// Code and data of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pair {
    Old,
    New,
}

/// Who knows both pairs.
pub struct Judge {
    old: Files,
    new: Files,
    entry: PathBuf,
}

/// What no run leaves behind.
const LEFT_OVER: [&str; 4] = ["journal.jsonl", "plan.json", "new", "old"];

impl Judge {
    /// By what was there before and after a run that came to its end. `entry` is the file that starts the application.
    pub fn of(trace: &Trace, entry: &str) -> Judge {
        Judge {
            old: counted(files(&trace.before)),
            new: counted(files(&trace.after)),
            entry: PathBuf::from(entry),
        }
    }

    /// Whether a run makes a difference to the application at all.
    pub fn is_change(&self) -> bool {
        self.old != self.new
    }

    /// Before any recovery: whoever finds the entry must find the whole pair to which it belongs; the site's own files are there in any case.
    pub fn never_mixed(&self, tree: &Tree) -> Result<(), String> {
        let found = counted(files(tree));
        let Some(start) = found.get(&self.entry) else {
            return self.own_files(&found);
        };
        for pair in [&self.old, &self.new] {
            if pair.get(&self.entry) == Some(start) && found == *pair {
                return Ok(());
            }
        }
        Err(format!("what can be started is mixed: {}", self.difference(&found)))
    }

    /// What no run brings, takes away or changes must be there at every instant.
    fn own_files(&self, found: &Files) -> Result<(), String> {
        let is_own = |path: &Path| {
            ["uploads", "mine.txt"]
                .iter()
                .any(|own| path.components().any(|part| part.as_os_str() == *own))
        };
        let lost = self
            .old
            .iter()
            .find(|(path, shape)| is_own(path) && found.get(*path) != Some(*shape));
        match lost {
            Some((path, _)) => Err(format!("the site's own “{}” is not there", path.display())),
            None => Ok(()),
        }
    }

    /// After recovery: which pair is there, exactly and alone. Where a run changes nothing of the application, both are.
    pub fn settled(&self, tree: &Tree) -> Result<Vec<Pair>, String> {
        let all = files(tree);
        for path in all.keys() {
            let is_work = |folder: &Path| {
                folder
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with(".holdfast"))
            };
            let in_work = path.parent().is_some_and(is_work);
            if in_work && LEFT_OVER.iter().any(|left| path.ends_with(left)) {
                return Err(format!("“{}” is left over", path.display()));
            }
        }
        let found = counted(all);
        let pairs = [(Pair::Old, &self.old), (Pair::New, &self.new)];
        let is: Vec<Pair> = pairs.iter().filter(|(_, files)| **files == found).map(|(pair, _)| *pair).collect();
        match is.is_empty() {
            true => Err(format!("neither the old pair nor the new one: {}", self.difference(&found))),
            false => Ok(is),
        }
    }

    /// Whether a run of its own has led to the new pair: its ledger has other times than the one that is known.
    pub fn is_like_new(&self, tree: &Tree) -> bool {
        let without_data = |files: &Files| -> Files {
            let mut files = files.clone();
            files.retain(|path, _| !path.to_string_lossy().contains(".db"));
            files
        };
        without_data(&counted(files(tree))) == without_data(&self.new)
    }

    fn difference(&self, found: &Files) -> String {
        let differs = |pair: &Files| {
            let paths = pair.keys().chain(found.keys()).filter(|path| pair.get(*path) != found.get(*path));
            let mut paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
            paths.dedup();
            paths.join(", ")
        };
        format!(
            "[{}] differ from the old, [{}] from the new",
            differs(&self.old),
            differs(&self.new)
        )
    }
}

/// A number for all that is in a tree.
pub fn number(tree: &Tree) -> u64 {
    let mut hasher = DefaultHasher::new();
    files(tree).hash(&mut hasher);
    hasher.finish()
}

/// What counts: not Holdfast's own folders, nor the tests' files, nor a database's empty log and its index, which say nothing.
fn counted(mut files: Files) -> Files {
    let empty = *Content::default().digest();
    files.retain(|path, shape| {
        let name = path.to_string_lossy();
        if name.ends_with("-shm") || name.ends_with("-wal") && matches!(shape, Shape::File(_, digest) if *digest == empty) {
            return false;
        }
        let mut names = path.components().map(|part| part.as_os_str().to_string_lossy());
        names.all(|name| !name.starts_with(".holdfast") && !["log.txt", "operations"].contains(&&*name))
    });
    files
}
