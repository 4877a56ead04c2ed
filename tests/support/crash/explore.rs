//! Every way in which a run may be cut, its recovery be cut, that one's recovery be cut, and so on, until no state appears that was not seen
//! before. Recovery is played on the simulated disk. What was already reported to people is a part of a state: it must stay true.

use super::judge::{Judge, Pair};
use holdfast::disk::simulated::{Cut, Effort, Model, Node, Op, SimulatedDisk, Tree, cuts, ends};
use holdfast::report::Nobody;
use holdfast::swap::{self, Plan, Recovered, Role, Work};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where recoveries are played.
pub struct Explorer<'a> {
    /// The folder that was recorded, and the application folder in it.
    pub root: &'a Path,
    pub app: PathBuf,
    /// A real folder of this explorer's own.
    pub scratch: PathBuf,
    pub judge: &'a Judge,
    pub model: Model,
    pub effort: Effort,
    /// What the run moves.
    pub plan: &'a Plan,
    /// After so much that is wrong, no more is looked for.
    pub enough: usize,
    /// How many cuts in a row are looked at. Only without a limit is the end one at which nothing new appears.
    pub deepest: usize,
}

/// What was found.
#[derive(Default)]
pub struct Explored {
    /// Different states, with what had been reported.
    pub states: usize,
    /// How often the next recovery was cut, too, until nothing new appeared.
    pub generations: usize,
    pub old: usize,
    pub new: usize,
    /// What should not be, and by which cuts it came about.
    pub wrong: Vec<String>,
}

struct State {
    tree: Tree,
    reported: Option<Pair>,
    generation: usize,
    story: Rc<str>,
}

/// The time at which everything happens there.
pub const NOW: &str = "2026-01-31T12:00:00Z";

struct Seen {
    states: HashSet<(u64, Option<Pair>)>,
    /// One of each kind of states that recovery cannot tell apart.
    alike: HashSet<(u64, Option<Pair>)>,
    journals: HashMap<[u8; 32], u64>,
    waiting: VecDeque<State>,
}

impl Explorer<'_> {
    /// Explores from a run's operations. Whoever was told of success when it ended must find it.
    pub fn explore(&self, before: &Tree, ops: &[Op], reported: Option<Pair>) -> Explored {
        std::fs::create_dir_all(&self.scratch).expect("a folder");
        let mut found = Explored::default();
        let mut seen = Seen {
            states: HashSet::new(),
            alike: HashSet::new(),
            journals: HashMap::new(),
            waiting: VecDeque::new(),
        };
        cuts(before, ops, self.model, self.effort, &mut |cut| {
            self.admit(&mut seen, &mut found, cut, None, 1, "")
        });
        ends(before, ops, self.model, self.effort, &mut |cut| {
            self.admit(&mut seen, &mut found, cut, reported, 1, "")
        });
        while let Some(state) = seen.waiting.pop_front()
            && !self.is_enough(&found)
        {
            self.recover(&mut seen, &mut found, &state);
        }
        found.states = seen.states.len();
        found
    }

    fn is_enough(&self, found: &Explored) -> bool {
        found.wrong.len() >= self.enough
    }

    fn admit(&self, seen: &mut Seen, found: &mut Explored, cut: Cut, reported: Option<Pair>, generation: usize, before: &str) {
        if self.is_enough(found) || !seen.states.insert((self.number(&cut.tree, &mut seen.journals, false), reported)) {
            return;
        }
        found.generations = found.generations.max(generation);
        let story: Rc<str> = format!("{before} | cut after {} without [{}]", cut.after, cut.lost).into();
        if let Err(why) = self.judge.never_mixed(&cut.tree) {
            found.wrong.push(format!("{why}{story}"));
            return;
        }
        if generation > 1 && !seen.alike.insert((self.number(&cut.tree, &mut seen.journals, true), reported)) {
            return;
        }
        seen.waiting.push_back(State {
            tree: cut.tree.restarted(),
            reported,
            generation,
            story,
        });
    }

    fn recover(&self, seen: &mut Seen, found: &mut Explored, state: &State) {
        let disk = SimulatedDisk::new(self.root, state.tree.clone(), &self.scratch);
        match self.settle(&disk, state.reported) {
            Ok(Pair::Old) => found.old += 1,
            Ok(Pair::New) => found.new += 1,
            Err(why) => {
                found.wrong.push(format!("{why}{}", state.story));
                return;
            }
        }
        if state.generation >= self.deepest {
            return;
        }
        let (log, next) = (disk.log(), state.generation + 1);
        let pair = self.judge.settled(&disk.tree()).map(|pairs| pairs[0]).ok();
        let reported = state.reported.or(pair);
        cuts(&state.tree, &log, self.model, self.effort, &mut |cut| {
            self.admit(seen, found, cut, state.reported, next, &state.story)
        });
        ends(&state.tree, &log, self.model, self.effort, &mut |cut| {
            self.admit(seen, found, cut, reported, next, &state.story)
        });
    }

    /// Recovers once, and once more.
    fn settle(&self, disk: &SimulatedDisk, reported: Option<Pair>) -> Result<Pair, String> {
        let work = Work {
            disk,
            reporter: &Nobody,
            app: &self.app,
        };
        let (recovered, left) = swap::recover(&work, NOW, true).map_err(|e| format!("recovery failed: {}", e.message))?;
        if let Some(left) = left {
            return Err(format!("recovery left something over: {}", left.message));
        }
        let pairs = self.judge.settled(&disk.tree())?;
        let told = match recovered {
            Recovered::Committed { .. } => Some(Pair::New),
            Recovered::Restored { .. } => Some(Pair::Old),
            Recovered::Nothing => None,
        };
        for told in told.into_iter().chain(reported) {
            if !pairs.contains(&told) {
                return Err(format!("the {told:?} pair was reported, and the {:?} one is there", pairs[0]));
            }
        }
        let done = disk.log().len();
        let (again, _) = swap::recover(&work, NOW, true).map_err(|e| format!("a second recovery failed: {}", e.message))?;
        match again == Recovered::Nothing && disk.log().len() == done {
            true => Ok(pairs[0]),
            false => Err("a second recovery did something".to_owned()),
        }
    }

    /// A number for a state. Two states that differ only in how often recovery began, or in old journals, are one: recovery does the same in
    /// both. `coarse` also makes one of those that differ in what recovery never looks at: the inside of a stage that it will throw away.
    fn number(&self, tree: &Tree, journals: &mut HashMap<[u8; 32], u64>, coarse: bool) -> u64 {
        let mut hasher = DefaultHasher::new();
        let stage = self.work().join("new");
        let is_armed = tree.find(&self.work().join("plan.json")).is_some() || journal_of(tree, &self.work()).contains("\"armed\"");
        tree.walk(&mut |path, node| {
            let depth = match path.strip_prefix(&stage) {
                Ok(inside) if coarse && self.plan.snapshot.is_none() => self.staged(inside, is_armed),
                _ => Depth::Content,
            };
            let is_history = path.parent().is_some_and(|p| p.ends_with("history"));
            if is_history || depth == Depth::Nothing {
                return;
            }
            path.hash(&mut hasher);
            match node {
                _ if depth == Depth::Place => {}
                Node::Folder { mode, .. } => mode.hash(&mut hasher),
                Node::Link(target) => target.hash(&mut hasher),
                Node::File { content, mode, .. } => {
                    mode.hash(&mut hasher);
                    match path.ends_with("journal.jsonl") {
                        true => journals
                            .entry(*content.digest())
                            .or_insert_with(|| records(content.bytes()))
                            .hash(&mut hasher),
                        false => content.digest().hash(&mut hasher),
                    }
                }
            }
        });
        hasher.finish()
    }

    /// Holdfast's own folder below the top.
    fn work(&self) -> PathBuf {
        let app = self.app.strip_prefix(self.root).unwrap_or(&self.app);
        app.join(".holdfast")
    }

    /// How closely recovery looks at a path in the stage.
    fn staged(&self, inside: &Path, is_armed: bool) -> Depth {
        if inside.as_os_str().is_empty() {
            return Depth::Place;
        }
        let unit = self.plan.units.iter().find(|unit| inside == Path::new(&unit.path));
        match unit {
            _ if !is_armed => Depth::Nothing,
            Some(unit) if unit.role == Role::Database => Depth::Content,
            Some(_) => Depth::Place,
            None if inside.to_string_lossy().contains(".db-") => Depth::Content,
            None => Depth::Nothing,
        }
    }
}

/// How closely recovery looks at something.
#[derive(PartialEq, Eq)]
enum Depth {
    Nothing,
    Place,
    Content,
}

fn journal_of(tree: &Tree, work: &Path) -> String {
    match tree.find(&work.join("journal.jsonl")).map(|id| tree.node(id)) {
        Some(Node::File { content, .. }) => String::from_utf8_lossy(content.bytes()).into_owned(),
        _ => String::new(),
    }
}

/// The records of a journal that make a difference to recovery.
fn records(journal: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut is_restored = false;
    for line in journal.split(|byte| *byte == b'\n') {
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else {
            continue;
        };
        let phase = value["record"]["phase"].as_str().unwrap_or_default();
        let is_again = phase == "recovery" || (phase == "restored" && is_restored);
        is_restored |= phase == "restored";
        if !is_again {
            line.hash(&mut hasher);
        }
    }
    hasher.finish()
}
