//! A disk that remembers: a file in memory, served by FUSE, below a loop device. It notes every write and every flush in their order, and
//! the marks that the test sets. The loop device turns each flush of the file system above into one of this file, so what lies between two
//! flushes is exactly what a power cut may lose.

use crate::image::Image;
use fuser::*;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// What happened to the disk.
pub enum Entry {
    Write {
        offset: u64,
        bytes: Vec<u8>,
    },
    Flush,
    /// Success was reported.
    Reported,
}

/// What was written since the recording began, and on what.
pub struct Recording {
    pub base: Image,
    pub entries: Vec<Entry>,
}

struct Disk {
    image: Image,
    recording: Option<Recording>,
}

impl Disk {
    fn note(&mut self, entry: Entry) {
        if let Some(recording) = &mut self.recording {
            recording.entries.push(entry);
        }
    }
}

pub struct Recorder {
    disk: Arc<Mutex<Disk>>,
    session: BackgroundSession,
    file: PathBuf,
}

impl Recorder {
    /// Serves an empty disk below a folder.
    pub fn new(folder: &Path, bytes: u64) -> Recorder {
        std::fs::create_dir_all(folder).expect("a folder");
        let disk = Arc::new(Mutex::new(Disk {
            image: Image::new(bytes),
            recording: None,
        }));
        let session = spawn_mount(Served(Arc::clone(&disk)), folder, &Config::default()).expect("FUSE");
        Recorder {
            disk,
            session,
            file: folder.join(NAME),
        }
    }

    /// The file that is the disk.
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub fn begin(&self) {
        let mut disk = locked(&self.disk);
        let base = disk.image.clone();
        disk.recording = Some(Recording { base, entries: Vec::new() });
    }

    pub fn reported(&self) {
        locked(&self.disk).note(Entry::Reported);
    }

    /// Ends the recording. What was noted must lead to the disk as it is.
    pub fn end(self) -> Recording {
        self.session.umount_and_join().expect("unmounted");
        let mut disk = locked(&self.disk);
        let recording = disk.recording.take().expect("a recording");
        let mut replayed = recording.base.clone();
        for entry in &recording.entries {
            if let Entry::Write { offset, bytes } = entry {
                replayed.write(*offset, bytes);
            }
        }
        assert!(replayed == disk.image, "the replay of all writes is not the disk");
        recording
    }
}

fn locked(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

const NAME: &str = "disk";
const FILE: INodeNo = INodeNo(2);
const LASTS: Duration = Duration::from_secs(3600);

/// What the kernel is served with.
struct Served(Arc<Mutex<Disk>>);

impl Served {
    fn attributes(&self, node: INodeNo) -> FileAttr {
        let is_file = node == FILE;
        let size = if is_file { locked(&self.0).image.bytes() } else { 0 };
        FileAttr {
            ino: node,
            size,
            blocks: size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if is_file { FileType::RegularFile } else { FileType::Directory },
            perm: 0o700,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            flags: 0,
            blksize: 4096,
        }
    }
}

impl Filesystem for Served {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match name == NAME {
            true => reply.entry(&LASTS, &self.attributes(FILE), Generation(0)),
            false => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, node: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&LASTS, &self.attributes(node));
    }

    fn read(&self, _: &Request, _: INodeNo, _: FileHandle, offset: u64, size: u32, _: OpenFlags, _: Option<LockOwner>, reply: ReplyData) {
        reply.data(&locked(&self.0).image.read(offset, size as usize));
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut disk = locked(&self.0);
        disk.image.write(offset, bytes);
        disk.note(Entry::Write {
            offset,
            bytes: bytes.to_vec(),
        });
        reply.written(bytes.len() as u32);
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        locked(&self.0).note(Entry::Flush);
        reply.ok();
    }
}
