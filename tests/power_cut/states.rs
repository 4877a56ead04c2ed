//! What a power cut may leave of a recorded disk: everything up to the last flush, and of what was written since any part, page by page.

use crate::image::{Image, parts};
use crate::recorder::{Entry, Recording};
use std::collections::BTreeSet;

/// A part of one write that lies in one page: the number of its entry, and where it is in the write.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    entry: usize,
    at: usize,
    length: usize,
}

/// One state of the disk.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// All writes before this entry are there.
    flushed: usize,
    /// And these of the later ones.
    pieces: Vec<Piece>,
    /// Whether success had been reported before the cut: then only the new pair will do.
    pub reported: bool,
}

impl Recording {
    /// Every prefix of the writes; and for each flush so many chance subsets of what it was to make durable. Each state comes once.
    pub fn states(&self, subsets: usize, chance: &mut fastrand::Rng) -> Vec<State> {
        let mut found = BTreeSet::new();
        let (mut flushed, mut reported) = (0, false);
        let mut pieces: Vec<Piece> = Vec::new();
        let mut lose = |flushed: usize, pieces: &[Piece], reported: bool, found: &mut BTreeSet<State>| {
            for _ in 0..subsets {
                let kept = chance.f64();
                let pieces = pieces.iter().filter(|_| chance.f64() < kept).cloned().collect();
                found.insert(State { flushed, pieces, reported });
            }
            // All of it lost, and all of it there.
            for pieces in [Vec::new(), pieces.to_vec()] {
                found.insert(State { flushed, pieces, reported });
            }
        };
        for (entry, what) in self.entries.iter().enumerate() {
            match what {
                Entry::Write { offset, bytes } => {
                    pieces.extend(parts(*offset, bytes.len()).map(|(_, at, within)| Piece {
                        entry,
                        at,
                        length: within.len(),
                    }));
                    let pieces = pieces.clone();
                    found.insert(State { flushed, pieces, reported });
                }
                Entry::Flush => {
                    lose(flushed, &pieces, reported, &mut found);
                    flushed = entry + 1;
                    pieces.clear();
                }
                Entry::Reported => {
                    reported = true;
                    lose(flushed, &pieces, reported, &mut found);
                }
            }
        }
        lose(flushed, &pieces, reported, &mut found);
        found.into_iter().collect()
    }

    /// What no disk may leave that keeps its word: any half of all writes, whatever was flushed, after success was reported.
    pub fn broken(&self, chance: &mut fastrand::Rng) -> State {
        let mut pieces = Vec::new();
        for (entry, what) in self.entries.iter().enumerate() {
            if let Entry::Write { offset, bytes } = what {
                let parts = parts(*offset, bytes.len()).filter(|_| chance.bool());
                pieces.extend(parts.map(|(_, at, within)| Piece {
                    entry,
                    at,
                    length: within.len(),
                }));
            }
        }
        State {
            flushed: 0,
            pieces,
            reported: true,
        }
    }

    pub fn flushes(&self) -> usize {
        self.entries.iter().filter(|e| matches!(e, Entry::Flush)).count()
    }

    pub fn writes(&self) -> usize {
        self.entries.iter().filter(|e| matches!(e, Entry::Write { .. })).count()
    }

    /// The disk in a state.
    pub fn disk(&self, state: &State) -> Image {
        let mut image = self.base.clone();
        for entry in &self.entries[..state.flushed] {
            if let Entry::Write { offset, bytes } = entry {
                image.write(*offset, bytes);
            }
        }
        for piece in &state.pieces {
            if let Entry::Write { offset, bytes } = &self.entries[piece.entry] {
                image.write(offset + piece.at as u64, &bytes[piece.at..piece.at + piece.length]);
            }
        }
        image
    }
}
