//! Windows, from 7 on: renames, flushes, attributes, volumes, processes, and what a session is told. Only calls that Windows 7 has are
//! linked; what may be missing, and every DLL that could be planted beside the program, is loaded by [`load`].
#![allow(clippy::disallowed_methods, reason = "the disk module calls this one")]
#![allow(unsafe_code, reason = "the system's own interface is C")]

mod attributes;
mod elevation;
mod handles;
mod holders;
mod load;
mod program;
mod recovery;
mod registered;
mod restart_manager;
mod session;
mod volume;

pub use attributes::{Attributes, attributes, set_attributes};
pub use elevation::{is_elevated, run_elevated};
pub use holders::{Hold, Holder, hold, holders};
pub use load::harden;
pub use program::{Ended, run_limited};
pub use recovery::{register_recovery, unregister_recovery};
pub use registered::{Registered, find_registered, set_registered};
pub use session::{
    Awake, attach_console, computer_name, hold_in_memory, is_removable, keep_awake, local_folder, preferred_languages, show_text,
};
pub use volume::{Guarantee, Volume, volume, volume_id};

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf, Prefix};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_DIR_NOT_EMPTY, ERROR_LOCK_VIOLATION, ERROR_MORE_DATA, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE,
    GENERIC_WRITE,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY, FILE_ATTRIBUTE_READONLY, FILE_FLAG_BACKUP_SEMANTICS, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FlushFileBuffers, MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH, MoveFileExW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

/// A folder or file is reached however its letters are cased.
pub const NAMES_IGNORE_CASE: bool = true;

/// A program can be run at the next logon, or when the machine starts.
pub const RECOVERS_AT_START: bool = true;

/// The name of the program that stands by.
pub const RECOVERY_PROGRAM: &str = "recover.exe";

/// Deployment tools read Windows Installer's codes, and people type switches with a slash.
pub const SPEAKS_WINDOWS: bool = true;

/// Whether an error is one that a scanner, an indexer or a program that is just ending causes, and that goes by itself:
/// <https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499->.
pub fn is_passing(code: i32) -> bool {
    u32::try_from(code).is_ok_and(|code| {
        [
            ERROR_ACCESS_DENIED,
            ERROR_SHARING_VIOLATION,
            ERROR_LOCK_VIOLATION,
            ERROR_DIR_NOT_EMPTY,
            ERROR_USER_MAPPED_FILE,
        ]
        .contains(&code)
    })
}

/// A path for a call of the system: absolute, with the prefix that lifts the limit of 260 characters, and a zero at its end.
pub(in crate::platform) fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let path = std::path::absolute(path)?;
    let text: Vec<u16> = path.as_os_str().encode_wide().collect();
    let plain = |prefix: &str| text.iter().copied().take(prefix.len()).eq(prefix.encode_utf16());
    let mut wide: Vec<u16> = match () {
        () if plain(r"\\?\") || plain(r"\\.\") => text,
        () if plain(r"\\") => r"\\?\UNC".encode_utf16().chain(text[1..].iter().copied()).collect(),
        () => r"\\?\".encode_utf16().chain(text.iter().copied()).collect(),
    };
    wide.push(0);
    Ok(wide)
}

/// Text for a call of the system.
pub(in crate::platform) fn wide_text(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The result of a call that answers with a truth.
pub(in crate::platform) fn done(truth: i32) -> io::Result<()> {
    match truth {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// A path below its drive's root, if it is on a drive.
pub fn without_drive(path: &Path) -> Option<PathBuf> {
    let mut parts = path.components();
    match parts.next()? {
        std::path::Component::Prefix(drive) if matches!(drive.kind(), Prefix::Disk(_) | Prefix::VerbatimDisk(_)) => {
            Some(parts.filter(|part| matches!(part, std::path::Component::Normal(_))).collect())
        }
        _ => None,
    }
}

/// Leaves the folder in which the process was started: one in which any process stands cannot be renamed.
pub fn leave_folder() {
    // Where it cannot be left, a rename that it forbids says so.
    let _ = std::env::set_current_dir(std::env::temp_dir());
}

/// A path without links, with the case that it has on the disk, and without the prefix that people cannot read.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    match (dunce::canonicalize(path), path.parent(), path.file_name()) {
        // Wine names an open file in 260 characters or not at all. What is no link lies where the folder above it lies.
        (Err(e), Some(parent), Some(name)) if e.raw_os_error() == Some(ERROR_MORE_DATA as i32) && !path.is_symlink() => {
            Ok(real_path(parent)?.join(name))
        }
        (done, ..) => done,
    }
}

/// Renames within a volume to a name at which nothing may stand, and returns when it has been written:
/// <https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-movefileexw>.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    rename(from, to, MOVEFILE_WRITE_THROUGH)
}

/// Renames a file onto another.
pub fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    rename(from, to, MOVEFILE_WRITE_THROUGH | MOVEFILE_REPLACE_EXISTING)
}

fn rename(from: &Path, to: &Path, flags: u32) -> io::Result<()> {
    let (from, to) = (wide(from)?, wide(to)?);
    // SAFETY: both are zero-terminated and live until the call returns.
    done(unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), flags) })
}

/// Removes a file; one that is read-only is removed as well, as on other systems.
pub fn remove_file(path: &Path) -> io::Result<()> {
    writable_then(path, || std::fs::remove_file(path))
}

/// Removes an empty folder, as [`remove_file`] does a file.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    writable_then(path, || std::fs::remove_dir(path))
}

fn writable_then(path: &Path, act: impl Fn() -> io::Result<()>) -> io::Result<()> {
    match act() {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let meta = std::fs::symlink_metadata(path)?;
            if meta.file_attributes() & FILE_ATTRIBUTE_READONLY == 0 {
                return Err(e);
            }
            attributes::set_flags(path, meta.file_attributes() & !FILE_ATTRIBUTE_READONLY)?;
            act()
        }
        done => done,
    }
}

/// Makes the entries of a folder durable. It needs a handle that may write:
/// <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-flushfilebuffers>.
pub fn flush_dir(path: &Path) -> io::Result<()> {
    let folder = OpenOptions::new()
        .access_mode(GENERIC_WRITE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    flush(&folder)
}

/// Makes a file's bytes durable.
pub fn flush_file(path: &Path) -> io::Result<()> {
    with_writable(path, flush)
}

fn flush(file: &File) -> io::Result<()> {
    // SAFETY: the handle is open for as long as `file` lives.
    done(unsafe { FlushFileBuffers(file.as_raw_handle()) })
}

/// Opens a file so that it can be flushed, which its read-only flag would forbid.
fn with_writable(path: &Path, act: impl Fn(&File) -> io::Result<()>) -> io::Result<()> {
    let open = || OpenOptions::new().write(true).open(path);
    let flags = std::fs::symlink_metadata(path)?.file_attributes();
    if flags & FILE_ATTRIBUTE_READONLY == 0 {
        return act(&open()?);
    }
    attributes::set_flags(path, flags & !FILE_ATTRIBUTE_READONLY)?;
    let acted = open().and_then(|file| act(&file));
    attributes::set_flags(path, flags)?;
    acted
}

/// Makes everything below a folder durable: each file's bytes are handed to the drive, and the drive is told once to write all of them
/// down. Before Windows 8 there is no such call, and each file is flushed through.
pub fn flush_all(folder: &Path) -> io::Result<()> {
    let hand_over = load::flush_without_sync();
    below(folder, &mut |path, is_folder| match is_folder {
        true => flush_dir(path),
        false => with_writable(path, |file| match hand_over {
            Some(hand_over) if hand_over(file) => Ok(()),
            _ => flush(file),
        }),
    })?;
    flush_dir(folder)
}

fn below(folder: &Path, act: &mut dyn FnMut(&Path, bool) -> io::Result<()>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            below(&entry.path(), act)?;
        }
        if kind.is_dir() || kind.is_file() {
            act(&entry.path(), kind.is_dir())?;
        }
    }
    Ok(())
}

/// Whether the system would run the file.
pub fn is_executable(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    EXECUTABLE.iter().any(|ending| name.ends_with(ending))
}

/// The file that is meant by a program's name: with the first of the usual endings for which there is one, as a command line finds it.
pub fn program(path: &Path) -> PathBuf {
    let with = |ending: &&str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        Some(PathBuf::from(name)).filter(|p| p.is_file())
    };
    match is_executable(path) {
        true => path.to_owned(),
        false => EXECUTABLE.iter().find_map(with).unwrap_or_else(|| path.to_owned()),
    }
}

/// The endings of programs, in the order in which a command line tries them.
const EXECUTABLE: [&str; 4] = [".com", ".exe", ".bat", ".cmd"];

/// A file's modification time in nanoseconds since 1970.
pub fn modified_ns(path: &Path) -> io::Result<i128> {
    /// Hundreds of nanoseconds from 1601 to 1970: <https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-filetime>.
    const TO_1970: i128 = 116_444_736_000_000_000;
    Ok((i128::from(std::fs::metadata(path)?.last_write_time()) - TO_1970) * 100)
}

/// Whether this user may make and rename entries in a folder: a handle with those rights is asked for, and nothing is made.
pub fn may_write(folder: &Path) -> bool {
    OpenOptions::new()
        .access_mode(FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(folder)
        .is_ok()
}

/// Where logs go when the application folder is not known or not writable.
pub fn fallback_log_folder() -> PathBuf {
    local_folder().join("Holdfast").join("logs")
}

/// Ends this process at once, as a power cut would: no destructor runs, nothing is flushed.
pub fn end_without_a_word() -> ! {
    // SAFETY: the handle of the current process needs no closing.
    unsafe { TerminateProcess(GetCurrentProcess(), 137) };
    std::process::abort()
}

/// Whether nobody may write to the file, whatever rights this user has elsewhere.
pub fn is_write_protected(path: &Path) -> bool {
    let open = || OpenOptions::new().write(true).open(path);
    match std::fs::metadata(path) {
        Ok(meta) if meta.permissions().readonly() => true,
        _ => open().is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied || e.kind() == io::ErrorKind::ReadOnlyFilesystem),
    }
}

/// Replaces a program that may be running by a new file.
pub fn replace_program(new: &Path, live: &Path) -> io::Result<()> {
    let runs = std::env::current_exe()
        .and_then(|exe| real_path(&exe))
        .is_ok_and(|exe| real_path(live).is_ok_and(|l| l == exe));
    match runs {
        true => self_replace::self_replace(new),
        false => rename_over(new, live),
    }
}

/// Holds a file locked for this process alone, in all sessions of the machine, until the value goes; `None` if another process holds it.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(e)) => Err(e),
    }
}

/// Whether another program keeps everybody else out of a database: then SQLite's lock lies over what a shared one would take.
pub fn is_locked(database: &Path) -> io::Result<bool> {
    let file = File::open(database)?;
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(e)) => Err(e),
    }
}

/// Lets the owner write to a file.
#[allow(clippy::permissions_set_readonly_false, reason = "here it is the attribute alone, and no right")]
pub fn let_owner_write(permissions: &mut std::fs::Permissions) {
    permissions.set_readonly(false);
}

/// Makes a link.
pub fn link(target: &Path, at: &Path) -> io::Result<()> {
    match target.is_dir() {
        true => std::os::windows::fs::symlink_dir(target, at),
        false => std::os::windows::fs::symlink_file(target, at),
    }
}

/// Lets everybody read a file. Here a file has what its folder gives.
pub fn let_all_read(_: &mut std::fs::Permissions) {}

/// A path with `/` between its parts. One with the prefix for long paths must keep its backslashes.
pub fn slashed(path: &str) -> String {
    match path.starts_with(r"\\?\") {
        true => path.to_owned(),
        false => path.replace('\\', "/"),
    }
}
