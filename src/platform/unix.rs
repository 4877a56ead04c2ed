//! Unix, as far as Linux has it: renames, flushes, attributes, volumes, processes.
#![allow(clippy::disallowed_methods, reason = "the disk module calls this one")]

mod holders;
mod program;
mod session;

pub use super::guarantee::{Guarantee, Volume};
pub use holders::{Hold, Holder, hold, holders};
pub use program::{Ended, run_limited};
pub use session::{
    Awake, Registered, attach_console, computer_name, find_registered, harden, hold_in_memory, is_elevated, is_removable, keep_awake,
    local_folder, preferred_languages, register_recovery, run_elevated, set_registered, show_text, unregister_recovery,
};

use rustix::fs::{self, AtFlags, CWD, RenameFlags, XattrFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Here `A` and `a` are two names.
pub const NAMES_IGNORE_CASE: bool = false;

/// Whoever starts the application, or the updater, runs the recovery; the machine's start does not.
pub const RECOVERS_AT_START: bool = false;

/// The name of the program that stands by.
pub const RECOVERY_PROGRAM: &str = "recover";

/// Exit codes are our own, and switches have no slash.
pub const SPEAKS_WINDOWS: bool = false;

/// Whether an error goes by itself. Here nobody can keep others from renaming what he has open.
pub fn is_passing(_code: i32) -> bool {
    false
}

/// A path below its drive's root; here there are no drives, and nothing is ever redirected.
pub fn without_drive(_path: &Path) -> Option<PathBuf> {
    None
}

/// A folder can be renamed while a process stands in it.
pub fn leave_folder() {}

/// A path without links.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Removes a file.
pub fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}

/// Removes an empty folder.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    std::fs::remove_dir(path)
}

/// Makes a file's bytes durable.
pub fn flush_file(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Renames within a volume to a name at which nothing may stand.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems know no flags; nobody else works in Holdfast's folders, so looking first is enough there.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => match to.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => std::fs::rename(from, to),
        },
        done => Ok(done?),
    }
}

/// Renames a file onto another.
pub fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Makes the entries of a folder durable.
pub fn flush_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes everything below a folder durable: one flush of the whole file system costs less than one for each of ten thousand files.
pub fn flush_all(folder: &Path) -> io::Result<()> {
    Ok(fs::syncfs(File::open(folder)?)?)
}

/// Owner, mode and extended attributes (access lists are among them) of a file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    owner: (u32, u32),
    mode: u32,
    extended: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Attributes {
    /// For something new in a folder with these attributes: its owner, and the usual mode.
    pub fn for_new_in(folder: &Attributes, executable: bool, is_folder: bool) -> Attributes {
        Attributes {
            owner: folder.owner,
            mode: if executable || is_folder { 0o755 } else { 0o644 },
            extended: Vec::new(),
        }
    }

    /// The access rights, as in `chmod`.
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// The same, and whoever may read may also run it.
    pub fn executable(mut self) -> Self {
        self.mode |= (self.mode & 0o444) >> 2;
        self
    }
}

/// Reads what [`set_attributes`] gives to another file.
pub fn attributes(path: &Path) -> io::Result<Attributes> {
    let meta = std::fs::metadata(path)?;
    let mut extended = Vec::new();
    for name in extended_names(path)? {
        let mut value = vec![0; fs::getxattr(path, &*name, &mut [0u8; 0][..]).unwrap_or(0)];
        if let Ok(length) = fs::getxattr(path, &*name, &mut value[..]) {
            value.truncate(length);
            extended.push((name, value));
        }
    }
    Ok(Attributes {
        owner: (meta.uid(), meta.gid()),
        mode: meta.mode() & 0o7777,
        extended,
    })
}

fn extended_names(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let length = match fs::listxattr(path, &mut [0u8; 0][..]) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => 0,
        Err(e) => return Err(e.into()),
    };
    let mut names = vec![0u8; length];
    let length = if length == 0 { 0 } else { fs::listxattr(path, &mut names[..])? };
    let names = names[..length].split(|b| *b == 0).filter(|n| !n.is_empty());
    // The kernel's own labels are not the site's to give.
    Ok(names
        .filter(|n| n.starts_with(b"user.") || n.starts_with(b"system.posix_acl"))
        .map(<[u8]>::to_vec)
        .collect())
}

/// Gives owner, mode and extended attributes. Only root may give a file away; anyone else keeps it.
pub fn set_attributes(path: &Path, attributes: &Attributes) -> io::Result<()> {
    let meta = std::fs::metadata(path)?;
    if (meta.uid(), meta.gid()) != attributes.owner {
        let (uid, gid) = attributes.owner;
        let owner = fs::chownat(
            CWD,
            path,
            Some(fs::Uid::from_raw(uid)),
            Some(fs::Gid::from_raw(gid)),
            AtFlags::empty(),
        );
        match owner {
            Err(rustix::io::Errno::PERM) => {}
            done => done?,
        }
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(attributes.mode))?;
    for (name, value) in &attributes.extended {
        fs::setxattr(path, &**name, value, XattrFlags::empty())?;
    }
    Ok(())
}

/// Whether the system would run the file.
pub fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| m.mode() & 0o111 != 0)
}

/// The file that is meant by a program's name.
pub fn program(path: &Path) -> PathBuf {
    path.to_owned()
}

/// A file's modification time in nanoseconds since 1970.
pub fn modified_ns(path: &Path) -> io::Result<i128> {
    let meta = std::fs::metadata(path)?;
    Ok(i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()))
}

/// Tells volumes apart.
pub fn volume_id(path: &Path) -> io::Result<u64> {
    Ok(std::fs::metadata(path)?.dev())
}

/// The volume on which a path lies. The numbers are those of <https://man7.org/linux/man-pages/man2/statfs.2.html>.
pub fn volume(path: &Path) -> io::Result<Volume> {
    let space = fs::statvfs(path)?;
    let (system, is_remote) = match fs::statfs(path)?.f_type {
        0x4d44 => ("FAT", false),
        0x2011_bab0 => ("exFAT", false),
        0x6969 => ("NFS", true),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => ("SMB", true),
        _ => ("", false),
    };
    let free_bytes = space.f_bavail * space.f_frsize;
    Ok(Volume::new(volume_id(path)?, free_bytes, system.to_owned(), is_remote))
}

/// Whether this user may make and rename entries in a folder.
pub fn may_write(folder: &Path) -> bool {
    fs::access(folder, fs::Access::WRITE_OK | fs::Access::EXEC_OK).is_ok()
}

/// Where logs go when the application folder is not known or not writable.
pub fn fallback_log_folder() -> PathBuf {
    std::env::temp_dir().join("holdfast-logs")
}

/// Ends this process at once, as a power cut would: no destructor runs, nothing is flushed.
pub fn end_without_a_word() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Whether nobody at all may write to the file, whatever rights this user has elsewhere.
pub fn is_write_protected(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| m.mode() & 0o222 == 0) || fs::access(path, fs::Access::WRITE_OK).is_err()
}

/// Replaces a program that may be running by a new file.
pub fn replace_program(new: &Path, live: &Path) -> io::Result<()> {
    let runs = std::env::current_exe()
        .and_then(|exe| exe.canonicalize())
        .is_ok_and(|exe| live.canonicalize().is_ok_and(|l| l == exe));
    match runs {
        true => self_replace::self_replace(new),
        false => std::fs::rename(new, live),
    }
}

/// Holds a file locked for this process alone, until the value goes; `None` if another process holds it.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(e)) => Err(e),
    }
}

/// Whether another program keeps everybody else out of a database. SQLite's locks are on these bytes, which hold nothing:
/// <https://sqlite.org/fileformat.html#the_lock_byte_page>. Nothing is opened for writing, and no lock is taken.
pub fn is_locked(database: &Path) -> io::Result<bool> {
    let file = File::open(database)?;
    let is_held = |start: u64, length: u64| {
        let mine = rustix::process::Flock {
            start,
            length,
            pid: None,
            typ: rustix::process::FlockType::ReadLock,
            offset_type: rustix::process::FlockOffsetType::Set,
        };
        Ok::<bool, io::Error>(rustix::process::fcntl_getlk(&file, &mine)?.is_some())
    };
    // Between the two is the byte of whoever means to write, and still lets others read.
    Ok(is_held(LOCK_BYTES, 1)? || is_held(LOCK_BYTES + 2, 510)?)
}

/// Where SQLite's locks are in a file.
const LOCK_BYTES: u64 = 0x4000_0000;

/// Lets the owner write to a file.
pub fn let_owner_write(permissions: &mut std::fs::Permissions) {
    permissions.set_mode(permissions.mode() | 0o200);
}

/// Makes a link.
#[allow(clippy::disallowed_methods, reason = "for copies of sites alone")]
pub fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

/// Lets everybody read a file.
pub fn let_all_read(permissions: &mut std::fs::Permissions) {
    permissions.set_mode(permissions.mode() | 0o444);
}

/// A relative path with `/` between its parts, whatever the system writes. Here a backslash is a letter like any other.
pub fn slashed(path: &str) -> String {
    path.to_owned()
}
