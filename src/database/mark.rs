//! A database file together with its side files, and a mark by which a write to any of them is noticed later.

use super::Locked;
use crate::bundle::sha256;
use crate::disk::{Disk, Kind};
use crate::failure::{Failure, Reason, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The side files of a database, which belong to its name: <https://sqlite.org/howtocorrupt.html> §1.4.
pub const SIDE_SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How much of a write-ahead log is hashed, in bytes: it bounds the time of the swap.
const WAL_HASHED_BYTES: u64 = 64 << 20;
/// The header holds the change counter: <https://sqlite.org/fileformat.html> §1.3.
pub(super) const HEADER_BYTES: u64 = 100;

/// The path of a side file.
pub fn side_file(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What a database and its side files looked like: sizes, times, the header with its change counter, and the log's content.
/// The shared-memory file is left out: readers write to it, and it holds no data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(BTreeMap<String, FileMark>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileMark {
    bytes: u64,
    modified_ns: String,
    head: String,
}

impl Mark {
    /// The mark of a database at a path and the side files beside it. Of one that this process has locked, ask [`Mark::under`].
    pub fn of(disk: &dyn Disk, database: &Path) -> Result<Mark> {
        let head = || head_of(disk, database, HEADER_BYTES);
        Mark::with(disk, database, &head)
    }

    /// The mark of a database that is locked: the file itself is not opened, for that would end the lock.
    pub fn under(disk: &dyn Disk, locked: &Locked) -> Result<Mark> {
        Mark::with(disk, locked.path(), &|| Ok(locked.head().to_owned()))
    }

    fn with(disk: &dyn Disk, database: &Path, head: &dyn Fn() -> Result<Vec<u8>>) -> Result<Mark> {
        let mut files = BTreeMap::new();
        for (suffix, hashed) in [("", HEADER_BYTES), ("-wal", WAL_HASHED_BYTES), ("-journal", HEADER_BYTES)] {
            let path = side_file(database, suffix);
            if let Some(Kind::File(bytes)) = disk.kind(&path)? {
                let head = match suffix {
                    "" => head()?,
                    _ => head_of(disk, &path, hashed)?,
                };
                let modified_ns = disk.modified_ns(&path)?.to_string();
                let head = sha256(&head);
                files.insert(suffix.to_owned(), FileMark { bytes, modified_ns, head });
            }
        }
        Ok(Mark(files))
    }

    /// Whether data was written between the two. An empty log is as good as none.
    pub fn same_data(&self, later: &Mark) -> bool {
        let data = |mark: &Mark| -> Vec<(String, FileMark)> {
            let files = mark.0.iter().filter(|(suffix, file)| suffix.is_empty() || file.bytes > 0);
            files.map(|(s, f)| (s.clone(), f.clone())).collect()
        };
        data(self) == data(later)
    }
}

fn head_of(disk: &dyn Disk, path: &Path, hashed: u64) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let unreadable = |e: &std::io::Error| Failure::new(Reason::DiskFailed, format!("“{}” cannot be read: {e}.", path.display())).at(path);
    disk.open(path)?.take(hashed).read_to_end(&mut head).map_err(|e| unreadable(&e))?;
    Ok(head)
}
