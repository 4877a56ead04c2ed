//! The second way to find who holds a file: all handles of the system are looked through, and the programs that run. It uses calls that
//! are not promised for all time, so it is asked only when the Restart Manager says nothing, and never waited for long.

use super::{real_path, volume};
use crate::platform::holder::Holder;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use windows_sys::Wdk::System::SystemInformation::{NtQuerySystemInformation, SYSTEM_INFORMATION_CLASS};
use windows_sys::Win32::Foundation::{
    CloseHandle, DUPLICATE_SAME_ACCESS, DuplicateHandle, HANDLE, INVALID_HANDLE_VALUE, STATUS_INFO_LENGTH_MISMATCH,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_DISK, GetFileType, GetFinalPathNameByHandleW};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, PROCESS_DUP_HANDLE, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};

/// A name of a pipe with a reader that waits can hang the one who asks for it; who asks is then left behind.
const PATIENCE: Duration = Duration::from_secs(3);

/// Every process that has one of the files open, this one too, and every other one that runs it. The paths are without links: to ask
/// that of each of ten thousand files would take longer than all the rest.
pub fn holders(files: &[PathBuf]) -> Vec<Holder> {
    let wanted: BTreeSet<PathBuf> = files.iter().map(|f| lowered(dunce::simplified(f))).collect();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(running(&wanted));
        let _ = sender.send(opened(&wanted));
    });
    let mut found: BTreeMap<u32, Holder> = BTreeMap::new();
    while let Ok(holders) = receiver.recv_timeout(PATIENCE) {
        found.extend(holders.into_iter().map(|h| (h.pid, h)));
    }
    found.into_values().collect()
}

/// Paths of this system are the same whatever the case of their letters.
fn folded(path: &Path) -> PathBuf {
    lowered(&real_path(path).unwrap_or_else(|_| path.to_owned()))
}

fn lowered(path: &Path) -> PathBuf {
    PathBuf::from(path.to_string_lossy().to_lowercase())
}

/// A handle of ours, closed when it goes.
struct Owned(HANDLE);

impl Owned {
    fn process(access: u32, pid: u32) -> Option<Owned> {
        // SAFETY: a number that may be no process's; then null comes back.
        let handle = unsafe { OpenProcess(access, 0, pid) };
        (!handle.is_null()).then_some(Owned(handle))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and closed once.
        unsafe { CloseHandle(self.0) };
    }
}

fn running(wanted: &BTreeSet<PathBuf>) -> Vec<Holder> {
    let pids = processes().into_iter().filter(|pid| *pid != std::process::id());
    pids.filter_map(|pid| {
        let image = image(pid)?;
        wanted.contains(&folded(&image)).then(|| Holder {
            pid,
            name: name(&image),
            path: image,
        })
    })
    .collect()
}

/// The ids of all processes: <https://learn.microsoft.com/windows/win32/toolhelp/taking-a-snapshot-and-viewing-processes>.
fn processes() -> Vec<u32> {
    let mut found = Vec::new();
    // SAFETY: a snapshot of all processes; the handle is closed by its owner.
    let snapshot = Owned(match unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) } {
        INVALID_HANDLE_VALUE => return found,
        handle => handle,
    });
    // SAFETY: zeros are a valid value of the struct.
    let mut entry: PROCESSENTRY32W = unsafe { std::mem::zeroed() };
    entry.dwSize = size_of::<PROCESSENTRY32W>() as u32;
    // SAFETY: the entry says its own size, as both calls ask for.
    let mut more = unsafe { Process32FirstW(snapshot.0, &mut entry) };
    while more != 0 {
        found.push(entry.th32ProcessID);
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.0, &mut entry) };
    }
    found
}

fn image(pid: u32) -> Option<PathBuf> {
    let process = Owned::process(PROCESS_QUERY_LIMITED_INFORMATION, pid)?;
    let mut path = [0u16; 1024];
    let mut length = path.len() as u32;
    // SAFETY: the buffer's length is given.
    let done = unsafe { QueryFullProcessImageNameW(process.0, 0, path.as_mut_ptr(), &mut length) };
    (done != 0).then(|| std::ffi::OsString::from_wide(&path[..length as usize]).into())
}

fn name(image: &Path) -> String {
    image.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// One entry of the system's list: <https://www.geoffchappell.com/studies/windows/km/ntoskrnl/api/ex/sysinfo/handle_table_entry_ex.htm>.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry {
    object: *mut c_void,
    pid: usize,
    handle: usize,
    access: u32,
    trace: u16,
    kind: u16,
    attributes: u32,
    reserved: u32,
}

fn opened(wanted: &BTreeSet<PathBuf>) -> Vec<Holder> {
    let mut by_process: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let entries = entries();
    let files = kind_of_files(&entries);
    for entry in entries.iter().filter(|entry| files.is_none_or(|kind| entry.kind == kind)) {
        if let Ok(pid) = u32::try_from(entry.pid) {
            by_process.entry(pid).or_default().push(entry.handle);
        }
    }
    let holder = |(pid, handles): (u32, Vec<usize>)| {
        let process = Owned::process(PROCESS_DUP_HANDLE, pid)?;
        let path = handles
            .into_iter()
            .filter_map(|h| path_of(&process, h))
            .find(|p| wanted.contains(&lowered(p)))?;
        let name = image(pid).map_or_else(|| "a program without a name".to_owned(), |image| name(&image));
        Some(Holder { pid, name, path })
    };
    by_process.into_iter().filter_map(holder).collect()
}

/// The files that this process has open. What they are called is not asked: Wine does not know long names.
pub fn own_files() -> BTreeSet<(u32, u64)> {
    let (entries, pid) = (entries(), std::process::id() as usize);
    let files = kind_of_files(&entries);
    let own = entries.iter().filter(|e| e.pid == pid && files.is_none_or(|kind| e.kind == kind));
    own.filter_map(|e| volume::id_of(e.handle as HANDLE).ok()).collect()
}

/// The number by which this system lists files: that of a file which we have open ourselves.
fn kind_of_files(entries: &[Entry]) -> Option<u16> {
    let own = std::fs::File::open(std::env::current_exe().ok()?).ok()?;
    let (pid, handle) = (std::process::id() as usize, own.as_raw_handle() as usize);
    // The list is older than the handle, so it is asked for again.
    let now = if entries.is_empty() { Vec::new() } else { self::entries() };
    now.iter()
        .find(|e| e.pid == pid && e.handle == handle)
        .map(|e| e.kind)
        .filter(|kind| *kind != 0)
}

fn entries() -> Vec<Entry> {
    const SYSTEM_EXTENDED_HANDLE_INFORMATION: SYSTEM_INFORMATION_CLASS = 64;
    // Pointer-sized parts, so that the entries lie as they must.
    let mut buffer = vec![0usize; 1 << 17];
    loop {
        let bytes = (buffer.len() * size_of::<usize>()) as u32;
        let mut needed = 0;
        // SAFETY: the buffer has the length that is given.
        let status =
            unsafe { NtQuerySystemInformation(SYSTEM_EXTENDED_HANDLE_INFORMATION, buffer.as_mut_ptr().cast(), bytes, &mut needed) };
        match status {
            STATUS_INFO_LENGTH_MISMATCH if buffer.len() < 1 << 26 => buffer.resize(buffer.len() * 2, 0),
            0.. => break,
            _ => return Vec::new(),
        }
    }
    // Number of entries, a reserved part, then the entries.
    let fits = (buffer.len() - 2) * size_of::<usize>() / size_of::<Entry>();
    let count = buffer[0].min(fits);
    // SAFETY: the system wrote `count` entries behind the two parts, within the buffer, aligned like pointers.
    unsafe { std::slice::from_raw_parts(buffer.as_ptr().add(2).cast::<Entry>(), count) }.to_vec()
}

/// The path of a file that another process has open.
fn path_of(process: &Owned, handle: usize) -> Option<PathBuf> {
    let mut copy: HANDLE = std::ptr::null_mut();
    // SAFETY: the process is open with the right to copy its handles; the handle may be gone, and then the call fails.
    let done = unsafe {
        DuplicateHandle(
            process.0,
            handle as HANDLE,
            GetCurrentProcess(),
            &mut copy,
            0,
            0,
            DUPLICATE_SAME_ACCESS,
        )
    };
    if done == 0 {
        return None;
    }
    let copy = Owned(copy);
    // SAFETY: the handle is ours.
    if unsafe { GetFileType(copy.0) } != FILE_TYPE_DISK {
        return None;
    }
    let mut path = [0u16; 1024];
    // SAFETY: the buffer's length is given.
    let length = unsafe { GetFinalPathNameByHandleW(copy.0, path.as_mut_ptr(), path.len() as u32, 0) } as usize;
    let path = PathBuf::from(std::ffi::OsString::from_wide(path.get(..length).filter(|p| !p.is_empty())?));
    Some(dunce::simplified(&path).to_owned())
}
