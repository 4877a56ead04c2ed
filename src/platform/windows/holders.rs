//! Who holds a file. Opening it for this process alone says whether anybody does, and keeps them out for as long as the handle lives.
//! The Restart Manager then says who; where it says nothing, the system's handles are looked through.

use super::{handles, restart_manager, volume};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use windows_sys::Win32::Foundation::{ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE, GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ATTRIBUTE_READONLY, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE,
};

pub use crate::platform::holder::Holder;

/// Files that nobody else can open until the value goes.
#[derive(Debug, Default)]
#[must_use = "the files are free again when this value goes"]
pub struct Hold {
    _files: Vec<File>,
}

/// Takes files for this process alone. The error is the first file that somebody else has open; a file that is not there is none.
pub fn hold(files: &BTreeSet<PathBuf>) -> Result<Hold, PathBuf> {
    let mut held = Vec::new();
    for path in files {
        match take(path) {
            Ok(file) => held.push(file),
            Err(e) if is_held(&e) => return Err(path.clone()),
            // What this user may not open at all is refused where it is changed, with its reason.
            Err(_) => {}
        }
    }
    Ok(Hold { _files: held })
}

/// Every other process that holds one of the files. A script is held only while a line of it is read, so nothing is known of those.
pub fn holders(files: &BTreeSet<PathBuf>, _scripts: &[PathBuf]) -> Vec<Holder> {
    let held: Vec<PathBuf> = files
        .iter()
        .filter(|path| take(path).is_err_and(|e| is_held(&e)))
        .cloned()
        .collect();
    if held.is_empty() {
        return Vec::new();
    }
    let mut found = restart_manager::holders(&held);
    if found.is_empty() {
        found = handles::holders(&held);
    }
    if found.is_empty() {
        // Somebody has it, though the system does not say who: a service, or another computer by a share.
        let ours = handles::own_files();
        let first = held
            .into_iter()
            .find(|path| volume::file_id(path).is_ok_and(|id| !ours.contains(&id)));
        found.extend(first.map(|path| Holder {
            pid: 0,
            name: "another program".to_owned(),
            path,
        }));
    }
    // Our own lock on a database is no reason to stop.
    found.retain(|holder| holder.pid != std::process::id());
    found.sort();
    found
}

/// Opens a file so that nobody else can, and only if nobody else has: <https://learn.microsoft.com/windows/win32/fileio/creating-and-opening-files>.
/// A folder is held by who would not let it be moved; many look at one without being in the way.
fn take(path: &Path) -> io::Result<File> {
    let metadata = std::fs::symlink_metadata(path)?;
    let is_protected = metadata.file_attributes() & FILE_ATTRIBUTE_READONLY != 0;
    // Asking to write is what a running program refuses; a read-only file refuses it of itself.
    let (access, share) = match metadata.is_dir() {
        true => (GENERIC_READ | DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE),
        false if is_protected => (GENERIC_READ | DELETE, 0),
        false => (GENERIC_READ | GENERIC_WRITE | DELETE, 0),
    };
    OpenOptions::new()
        .access_mode(access)
        .share_mode(share)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)
}

fn is_held(error: &io::Error) -> bool {
    let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
    code.is_some_and(|code| [ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE].contains(&code))
}
