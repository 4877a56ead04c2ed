//! The states in which a power cut may leave a disk, by what one is willing to believe of it. Nothing here knows what the files mean.

use super::op::{Entry, Op};
use super::tree::{Id, Tree};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::sync::Arc;

/// What is believed of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// The process is ended and the machine goes on: everything that was done is there.
    Kill,
    /// Entries become durable in the order in which they were changed, and with any flush; bytes with their file's flush. As ext4 and XFS do.
    Ordered,
    /// The same, but the flush of a folder counts for nothing: all that may be believed of Windows.
    Windows,
    /// Of what was not flushed, any part may be there. A rename is one act, and is sure when both of its folders were flushed.
    AnySubset,
    /// The same, and of a rename either half may be there, as on FAT.
    SplitRenames,
}

/// How much is tried where not everything can be.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Of so many changes in doubt, all subsets are tried.
    pub subsets_of: usize,
    /// Of more than that, so many chosen at random, besides each alone, all but each, and all up to and from each.
    pub random: usize,
}

/// A state, and after how many operations the power was cut.
pub struct Cut {
    /// What is on the disk.
    pub tree: Tree,
    /// How many operations had been done.
    pub after: usize,
    /// What of them was lost, for people.
    pub lost: String,
}

/// Shows each state in which a cut during these operations may leave a disk. States may come more than once.
pub fn cuts(base: &Tree, log: &[Op], model: Model, effort: Effort, show: &mut dyn FnMut(Cut)) {
    let mut walk = Walk::new(base, model, effort);
    show(Cut {
        tree: base.clone(),
        after: 0,
        lost: String::new(),
    });
    for (n, op) in log.iter().enumerate() {
        if walk.does(op) {
            walk.show(n + 1, show);
        }
    }
}

/// Shows each state in which a cut after all of these operations may leave a disk.
pub fn ends(base: &Tree, log: &[Op], model: Model, effort: Effort, show: &mut dyn FnMut(Cut)) {
    let mut walk = Walk::new(base, model, effort);
    for op in log {
        walk.does(op);
    }
    walk.is_over = true;
    walk.show(log.len(), show);
}

/// An operation that was done, and whether it is sure to survive.
struct Done {
    op: Op,
    is_durable: bool,
    /// The folders that were flushed since.
    flushed: BTreeSet<Id>,
}

struct Walk {
    /// What is there for sure, up to the first operation in doubt.
    base: Tree,
    rest: Vec<Done>,
    model: Model,
    effort: Effort,
    seed: u64,
    /// Whether all has been done, so that states that were shown while it was done are wanted again.
    is_over: bool,
}

/// What became of a file's bytes that were not flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bytes {
    Kept,
    Lost,
    Zeroed,
    Garbage,
    Half,
}

const SPOILED: [Bytes; 4] = [Bytes::Lost, Bytes::Zeroed, Bytes::Garbage, Bytes::Half];

impl Walk {
    fn new(base: &Tree, model: Model, effort: Effort) -> Walk {
        Walk {
            base: base.clone(),
            rest: Vec::new(),
            model,
            effort,
            seed: 0x9e37_79b9_7f4a_7c15,
            is_over: false,
        }
    }

    /// Takes the next operation. Whether it may lead to new states.
    fn does(&mut self, op: &Op) -> bool {
        if op.is_flush() {
            self.flush(op);
            return false;
        }
        for op in self.parts(op) {
            self.rest.push(Done {
                op,
                is_durable: self.model == Model::Kill,
                flushed: BTreeSet::new(),
            });
        }
        !matches!(op, Op::Make { .. })
    }

    fn parts(&self, op: &Op) -> Vec<Op> {
        match op {
            Op::Entries(entries) if self.model == Model::SplitRenames => entries.iter().map(|e| Op::Entries(vec![e.clone()])).collect(),
            op => vec![op.clone()],
        }
    }

    fn flush(&mut self, op: &Op) {
        let commits = match self.model {
            Model::Kill | Model::AnySubset | Model::SplitRenames => false,
            Model::Ordered => true,
            Model::Windows => !matches!(op, Op::FlushFolder(_)),
        };
        for done in &mut self.rest {
            let is_durable = match (op, &done.op) {
                (Op::FlushAll, _) => true,
                (Op::FlushFile(file), written) if written.written() == Some(*file) => true,
                (Op::FlushFile(flushed) | Op::FlushFolder(flushed), Op::Mode { id, .. }) if id == flushed => true,
                (Op::FlushFolder(folder), Op::Entries(entries)) if self.model != Model::Windows => {
                    done.flushed.insert(*folder);
                    entries.iter().all(|e| done.flushed.contains(&e.folder))
                }
                _ => false,
            };
            let is_committed = commits && done.op.written().is_none();
            done.is_durable |= is_durable || is_committed;
        }
        self.spread();
        let sure = self.rest.iter().take_while(|d| is_sure(d)).count();
        for done in self.rest.drain(..sure) {
            self.base.apply(&done.op);
        }
    }

    /// What is durable at a name makes durable what was done at that name before.
    fn spread(&mut self) {
        let mut slots: HashSet<(Id, OsString)> = HashSet::new();
        for done in self.rest.iter_mut().rev() {
            if let Op::Entries(entries) = &done.op {
                done.is_durable |= entries.iter().any(|e| slots.contains(&slot(e)));
                if done.is_durable {
                    slots.extend(entries.iter().map(slot));
                }
            }
        }
    }

    /// Every state in which the newest operation has been done.
    fn show(&mut self, after: usize, show: &mut dyn FnMut(Cut)) {
        let doubtful: Vec<usize> = (0..self.rest.len())
            .filter(|n| !is_sure(&self.rest[*n]) && self.rest[*n].op.written().is_none())
            .collect();
        let dirty: Vec<Id> = {
            let written = self.rest.iter().filter(|d| !d.is_durable).filter_map(|d| d.op.written());
            written.collect::<BTreeSet<_>>().into_iter().collect()
        };
        if self.model == Model::Kill {
            show(self.state(after, &[], &|_| Bytes::Kept));
            return self.torn(after, show);
        }
        for lost in self.choices(&doubtful) {
            let is_plain = lost.is_empty() || lost.len() == doubtful.len();
            show(self.state(after, &lost, &|_| Bytes::Kept));
            if dirty.is_empty() {
                continue;
            }
            let ways = if is_plain { &SPOILED[..] } else { &SPOILED[..2] };
            for way in ways {
                show(self.state(after, &lost, &|_| *way));
            }
            if is_plain && dirty.len() > 1 {
                for file in &dirty {
                    let alone = |way: Bytes| move |id: Id| if id == *file { way } else { Bytes::Kept };
                    show(self.state(after, &lost, &alone(Bytes::Lost)));
                    show(self.state(after, &lost, &alone(Bytes::Zeroed)));
                }
            }
        }
    }

    /// A process that is ended in the middle of a write.
    fn torn(&self, after: usize, show: &mut dyn FnMut(Cut)) {
        let Some(Done {
            op: Op::Write { id, at, bytes },
            ..
        }) = self.rest.last()
        else {
            return;
        };
        let mut tree = self.base.clone();
        for done in &self.rest[..self.rest.len() - 1] {
            tree.apply(&done.op);
        }
        tree.apply(&Op::Write {
            id: *id,
            at: *at,
            bytes: Arc::from(&bytes[..bytes.len() / 2]),
        });
        show(Cut {
            tree,
            after,
            lost: "half of the last write".to_owned(),
        });
    }

    /// Which of the changes in doubt are lost.
    fn choices(&mut self, doubtful: &[usize]) -> Vec<Vec<usize>> {
        let n = doubtful.len();
        if matches!(self.model, Model::Ordered | Model::Windows) {
            return (0..=n).map(|kept| doubtful[kept..].to_vec()).collect();
        }
        let pick = |wanted: &dyn Fn(usize) -> bool| doubtful.iter().enumerate().filter(|(i, _)| wanted(*i)).map(|(_, d)| *d).collect();
        if n <= self.effort.subsets_of {
            // Without the newest operation the state was shown before.
            let is_newest = doubtful.last().is_some_and(|last| last + 1 == self.rest.len());
            let free = if is_newest && !self.is_over { n - 1 } else { n };
            return (0..1_u32 << free).map(|mask| pick(&|i| i < free && mask >> i & 1 == 1)).collect();
        }
        let mut choices: Vec<Vec<usize>> = vec![Vec::new(), doubtful.to_vec()];
        for i in 0..n {
            choices.push(pick(&|j| j == i));
            choices.push(pick(&|j| j != i));
            choices.push(pick(&|j| j < i));
            choices.push(pick(&|j| j > i));
        }
        for _ in 0..self.effort.random {
            let bits: Vec<bool> = (0..n).map(|_| self.chance()).collect();
            choices.push(pick(&|i| bits[i]));
        }
        choices
    }

    /// Yes or no, always in the same order: <https://www.jstatsoft.org/article/view/v008i14>.
    fn chance(&mut self) -> bool {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed >> 63 == 1
    }

    fn state(&self, after: usize, lost: &[usize], bytes: &dyn Fn(Id) -> Bytes) -> Cut {
        let mut tree = self.base.clone();
        let mut lost_slots: HashSet<(Id, OsString)> = HashSet::new();
        let mut seen: std::collections::BTreeMap<Id, usize> = std::collections::BTreeMap::new();
        let mut told = Vec::new();
        for (n, done) in self.rest.iter().enumerate() {
            match (&done.op, done.is_durable) {
                (op, true) | (op @ Op::Make { .. }, _) => tree.apply(op),
                (Op::Entries(entries), false) => {
                    // What comes later at a name cannot be there without what came before.
                    if lost.contains(&n) || entries.iter().any(|e| lost_slots.contains(&slot(e))) {
                        lost_slots.extend(entries.iter().map(slot));
                        told.push(names(entries));
                    } else {
                        tree.apply(&done.op);
                    }
                }
                (op, false) => match op.written() {
                    Some(id) => {
                        let way = bytes(id);
                        let written = seen.entry(id).or_default();
                        self.spoil(&mut tree, op, way, written);
                        told.extend((way != Bytes::Kept).then(|| format!("file {id} {way:?}")));
                    }
                    None if lost.contains(&n) => told.push("access rights".to_owned()),
                    None => tree.apply(op),
                },
            }
        }
        Cut {
            tree,
            after,
            lost: told.join(", "),
        }
    }

    /// Does what is left of a write. `written` counts the bytes of that file so far.
    fn spoil(&self, tree: &mut Tree, op: &Op, way: Bytes, written: &mut usize) {
        let before = *written;
        *written += op.bytes();
        match (op, way) {
            (_, Bytes::Lost) => {}
            (Op::Write { id, at, bytes }, Bytes::Zeroed | Bytes::Garbage) => {
                let fill = if way == Bytes::Zeroed { 0 } else { 0xa5 };
                tree.apply(&Op::Write {
                    id: *id,
                    at: *at,
                    bytes: vec![fill; bytes.len()].into(),
                });
            }
            (Op::Write { id, at, bytes }, Bytes::Half) => {
                let all: usize = self
                    .rest
                    .iter()
                    .filter(|d| !d.is_durable && d.op.written() == Some(*id))
                    .map(|d| d.op.bytes())
                    .sum();
                let left = (all / 2).saturating_sub(before).min(bytes.len());
                if left > 0 {
                    tree.apply(&Op::Write {
                        id: *id,
                        at: *at,
                        bytes: Arc::from(&bytes[..left]),
                    });
                }
            }
            (op, _) => tree.apply(op),
        }
    }
}

/// Whether nothing is in doubt of it. A new node does nothing until an entry points to it.
fn is_sure(done: &Done) -> bool {
    done.is_durable || matches!(done.op, Op::Make { .. })
}

fn slot(entry: &Entry) -> (Id, OsString) {
    (entry.folder, entry.name.clone())
}

fn names(entries: &[Entry]) -> String {
    let shown = entries.iter().map(|e| {
        let what = if e.to.is_some() { "+" } else { "-" };
        format!("{what}{}", e.name.to_string_lossy())
    });
    shown.collect::<Vec<_>>().join(" ")
}
