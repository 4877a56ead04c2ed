//! The volume on which a path lies, and what it can promise.

use super::{done, wide, wide_text};
use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, GetDiskFreeSpaceExW, GetDriveTypeW, GetFileInformationByHandle,
    GetVolumeInformationW, GetVolumePathNameW,
};
use windows_sys::Win32::System::WindowsProgramming::DRIVE_REMOTE;

pub use crate::platform::guarantee::{Guarantee, Volume};

/// Tells volumes apart.
pub fn volume_id(path: &Path) -> io::Result<u64> {
    Ok(file_id(path)?.0.into())
}

/// Tells files apart, whatever they are called: volume, and number on it. Whoever has the file open does not matter.
pub fn file_id(path: &Path) -> io::Result<(u32, u64)> {
    let file = OpenOptions::new()
        .access_mode(0)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    id_of(file.as_raw_handle())
}

/// The same of an open file.
pub fn id_of(file: HANDLE) -> io::Result<(u32, u64)> {
    // SAFETY: zeros are a valid value of the struct.
    let mut information: BY_HANDLE_FILE_INFORMATION = unsafe { std::mem::zeroed() };
    // SAFETY: a handle that is none is an error, and the struct outlives the call.
    done(unsafe { GetFileInformationByHandle(file, &mut information) })?;
    let number = u64::from(information.nFileIndexHigh) << 32 | u64::from(information.nFileIndexLow);
    Ok((information.dwVolumeSerialNumber, number))
}

/// The volume on which a path lies.
pub fn volume(path: &Path) -> io::Result<Volume> {
    let root = root(path)?;
    let (mut free_bytes, mut name) = (0, [0u16; 64]);
    let folder = wide(path)?;
    let none = std::ptr::null_mut();
    // SAFETY: the path is zero-terminated; what is not asked for is null.
    done(unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &mut free_bytes, none, none) })?;
    // SAFETY: the root is zero-terminated, the name's length is given, and what is not asked for is null.
    done(unsafe {
        GetVolumeInformationW(
            root.as_ptr(),
            none.cast(),
            0,
            none.cast(),
            none.cast(),
            none.cast(),
            name.as_mut_ptr(),
            name.len() as u32,
        )
    })?;
    let system = String::from_utf16_lossy(&name).trim_end_matches('\0').to_owned();
    // SAFETY: the root is zero-terminated.
    let is_remote = unsafe { GetDriveTypeW(root.as_ptr()) } == DRIVE_REMOTE;
    Ok(Volume::new(volume_id(path)?, free_bytes, system, is_remote))
}

/// The root of a path's volume, with its backslash and a zero.
pub fn root(path: &Path) -> io::Result<Vec<u16>> {
    let path = path.as_os_str().to_str().map(wide_text).ok_or(io::ErrorKind::InvalidInput)?;
    let mut root = vec![0u16; path.len().max(260) + 2];
    // SAFETY: the path is zero-terminated, and the buffer's length is given.
    done(unsafe { GetVolumePathNameW(path.as_ptr(), root.as_mut_ptr(), root.len() as u32) })?;
    let length = root.iter().position(|c| *c == 0).unwrap_or(0);
    root.truncate(length + 1);
    Ok(root)
}
