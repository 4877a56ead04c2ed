//! A file's flags and its access list, where that says more than its folder does. Owners stay: giving a file away needs a right of its own.

use super::{done, wide};
use std::io;
use std::os::windows::fs::MetadataExt;
use std::path::Path;
use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_NOT_SUPPORTED};
use windows_sys::Win32::Security::{
    ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, GetFileSecurityW, GetSecurityDescriptorControl, GetSecurityDescriptorDacl,
    INHERITED_ACE, SE_DACL_PROTECTED, SetFileSecurityW,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_SYSTEM,
    SetFileAttributesW,
};

/// The flags that are a person's or a program's choice. “Archive” is left out: every write sets it, and backups clear it.
const CHOSEN: u32 = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

/// Flags and own access list of a file or folder.
#[derive(Debug, Clone)]
pub struct Attributes {
    flags: u32,
    /// The list, as the system packs it, if not all of it comes from the folder.
    access: Option<Vec<u8>>,
}

/// What comes from the folder is not compared: it need not be given.
impl PartialEq for Attributes {
    fn eq(&self, other: &Attributes) -> bool {
        self.flags == other.flags && (self.access == other.access || self.access.is_none() || other.access.is_none())
    }
}

impl Attributes {
    /// For something new in a folder: what the folder gives.
    pub fn for_new_in(_: &Attributes, _: bool, _: bool) -> Attributes {
        Attributes { flags: 0, access: None }
    }

    /// The same: here the name says whether a file can be run.
    pub fn executable(self) -> Self {
        self
    }
}

/// Reads what [`set_attributes`] gives to another file.
pub fn attributes(path: &Path) -> io::Result<Attributes> {
    let flags = std::fs::metadata(path)?.file_attributes() & CHOSEN;
    Ok(Attributes {
        flags,
        access: access_list(path)?,
    })
}

/// Gives flags and access list.
pub fn set_attributes(path: &Path, attributes: &Attributes) -> io::Result<()> {
    if let Some(list) = &attributes.access
        && access_list(path)?.as_ref() != Some(list)
    {
        let path = wide(path)?;
        // SAFETY: the path is zero-terminated, and the list is one that the system packed itself.
        done(unsafe { SetFileSecurityW(path.as_ptr(), DACL_SECURITY_INFORMATION, list.as_ptr().cast_mut().cast()) })?;
    }
    let now = std::fs::metadata(path)?.file_attributes();
    if now & CHOSEN == attributes.flags {
        return Ok(());
    }
    set_flags(path, (now & !CHOSEN) | attributes.flags)
}

/// Sets the flags of a file, all of them.
pub fn set_flags(path: &Path, flags: u32) -> io::Result<()> {
    let path = wide(path)?;
    let flags = if flags == 0 { FILE_ATTRIBUTE_NORMAL } else { flags };
    // SAFETY: the path is zero-terminated.
    done(unsafe { SetFileAttributesW(path.as_ptr(), flags) })
}

/// The access list of a file, if not all of it is inherited; `None` too where the file system has none.
fn access_list(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let path = wide(path)?;
    let mut needed = 0;
    // SAFETY: no buffer is given, so only the length is written.
    unsafe { GetFileSecurityW(path.as_ptr(), DACL_SECURITY_INFORMATION, std::ptr::null_mut(), 0, &mut needed) };
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(|e| e as u32) {
        Some(ERROR_INSUFFICIENT_BUFFER) => {}
        Some(ERROR_NOT_SUPPORTED) => return Ok(None),
        _ => return Err(error),
    }
    let mut list = vec![0u8; needed as usize];
    // SAFETY: the buffer has the length that was asked for.
    done(unsafe {
        GetFileSecurityW(
            path.as_ptr(),
            DACL_SECURITY_INFORMATION,
            list.as_mut_ptr().cast(),
            needed,
            &mut needed,
        )
    })?;
    Ok(is_own(&list).then_some(list))
}

/// Whether a packed access list is protected, or has an entry that does not come from the folder.
fn is_own(list: &[u8]) -> bool {
    let descriptor = list.as_ptr().cast_mut().cast();
    let (mut control, mut revision) = (0, 0);
    // SAFETY: the descriptor was packed by the system and lives in `list`.
    if unsafe { GetSecurityDescriptorControl(descriptor, &mut control, &mut revision) } != 0 && control & SE_DACL_PROTECTED != 0 {
        return true;
    }
    let (mut present, mut defaulted) = (0, 0);
    let mut entries: *mut ACL = std::ptr::null_mut();
    // SAFETY: as above; `entries` then points into `list`.
    if unsafe { GetSecurityDescriptorDacl(descriptor, &mut present, &mut entries, &mut defaulted) } == 0
        || present == 0
        || entries.is_null()
    {
        return false;
    }
    // SAFETY: the call succeeded and the pointer is not null.
    let count = unsafe { (*entries).AceCount };
    (0..u32::from(count)).any(|n| {
        let mut entry = std::ptr::null_mut();
        // SAFETY: `n` is below the count, so `entry` points to an entry within `list`.
        unsafe { GetAce(entries, n, &mut entry) != 0 && u32::from((*entry.cast::<ACE_HEADER>()).AceFlags) & INHERITED_ACE == 0 }
    })
}
