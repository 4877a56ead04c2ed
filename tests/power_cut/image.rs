//! The content of a disk, page by page. Pages of zeros are not kept, so a copy of a disk costs what is written on it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What the disk is written in, in bytes.
pub const PAGE: usize = 4096;

#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    bytes: u64,
    pages: BTreeMap<u64, Arc<[u8; PAGE]>>,
}

impl Image {
    pub fn new(bytes: u64) -> Image {
        Image {
            bytes,
            pages: BTreeMap::new(),
        }
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let end = self.bytes.min(offset + length as u64);
        let mut found = vec![0; end.saturating_sub(offset) as usize];
        for (page, at, within) in parts(offset, found.len()) {
            if let Some(held) = self.pages.get(&page) {
                found[at..at + within.len()].copy_from_slice(&held[within]);
            }
        }
        found
    }

    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        for (page, at, within) in parts(offset, bytes.len()) {
            let mut now = self.pages.get(&page).map_or([0; PAGE], |held| **held);
            let length = within.len();
            now[within].copy_from_slice(&bytes[at..at + length]);
            match now.iter().all(|b| *b == 0) {
                true => self.pages.remove(&page),
                false => self.pages.insert(page, Arc::new(now)),
            };
        }
    }

    /// Makes it a file, with holes where it has no pages.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        file.set_len(self.bytes)?;
        self.pages
            .iter()
            .try_for_each(|(page, held)| file.write_all_at(&**held, page * PAGE as u64))
    }
}

/// The parts of a stretch that lie in one page each: the page, where the part is in the stretch, and where it is in the page.
pub fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let here = offset + at as u64;
        let begin = (here % PAGE as u64) as usize;
        let size = (PAGE - begin).min(length - at);
        let part = (here / PAGE as u64, at, begin..begin + size);
        at += size;
        (size > 0).then_some(part)
    })
}
