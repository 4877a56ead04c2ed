//! What is loaded while the program runs: functions that Windows 7 lacks, and DLLs that a static import would take from the executable's
//! own folder, which may be anybody's stick. Nothing is ever loaded but from the system's folder.

use super::wide_text;
use std::ffi::{CStr, c_void};
use std::fs::File;
use std::os::windows::io::AsRawHandle;
use windows_sys::Win32::Foundation::{HMODULE, NTSTATUS};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleW, GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW, LoadLibraryW,
};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

/// A DLL of the system's folder, which stays loaded; `None` if it has none of that name.
pub fn system_dll(name: &str) -> Option<HMODULE> {
    let wide = wide_text(name);
    // SAFETY: the name is zero-terminated, and the reserved handle is null as it must be.
    let module = unsafe { LoadLibraryExW(wide.as_ptr(), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) };
    if !module.is_null() {
        return Some(module);
    }
    // Windows 7 without KB2533623 does not know the flag; a full path leaves nothing to search.
    let mut folder = [0u16; 260];
    // SAFETY: the buffer's length is given.
    let length = unsafe { GetSystemDirectoryW(folder.as_mut_ptr(), folder.len() as u32) } as usize;
    let path: Vec<u16> = folder
        .get(..length)?
        .iter()
        .copied()
        .chain([u16::from(b'\\')])
        .chain(wide)
        .collect();
    // SAFETY: the path is zero-terminated.
    let module = unsafe { LoadLibraryW(path.as_ptr()) };
    (!module.is_null()).then_some(module)
}

/// A function of a DLL; the caller gives it the type that its page says.
pub fn function(module: HMODULE, name: &CStr) -> Option<unsafe extern "system" fn() -> isize> {
    // SAFETY: the module stays loaded, and the name is zero-terminated.
    unsafe { GetProcAddress(module, name.as_ptr().cast()) }
}

fn loaded(module: &str, name: &CStr) -> Option<unsafe extern "system" fn() -> isize> {
    // SAFETY: the name is zero-terminated; both modules that are asked for are in every process.
    let module = unsafe { GetModuleHandleW(wide_text(module).as_ptr()) };
    if module.is_null() { None } else { function(module, name) }
}

/// Restricts where DLLs are searched for to the system's folder. The first thing that the program does:
/// <https://learn.microsoft.com/windows/win32/api/libloaderapi/nf-libloaderapi-setdefaultdlldirectories>.
pub fn harden() {
    const SAFE_SEARCH_PERMANENTLY: u32 = 0x8001;
    if let Some(set) = loaded("kernel32.dll", c"SetDefaultDllDirectories") {
        // SAFETY: BOOL SetDefaultDllDirectories(DWORD).
        let set: unsafe extern "system" fn(u32) -> i32 = unsafe { std::mem::transmute(set) };
        // SAFETY: a flag that the call knows.
        unsafe { set(LOAD_LIBRARY_SEARCH_SYSTEM32) };
    }
    if let Some(set) = loaded("kernel32.dll", c"SetSearchPathMode") {
        // SAFETY: BOOL SetSearchPathMode(DWORD).
        let set: unsafe extern "system" fn(u32) -> i32 = unsafe { std::mem::transmute(set) };
        // SAFETY: flags that the call knows.
        unsafe { set(SAFE_SEARCH_PERMANENTLY) };
    }
    if let Some(set) = loaded("kernel32.dll", c"SetDllDirectoryW") {
        // SAFETY: BOOL SetDllDirectoryW(PCWSTR).
        let set: unsafe extern "system" fn(*const u16) -> i32 = unsafe { std::mem::transmute(set) };
        // SAFETY: an empty text takes the current folder out of the search.
        unsafe { set([0u16].as_ptr()) };
    }
}

type FlushEx = unsafe extern "system" fn(*mut c_void, u32, *mut c_void, u32, *mut IO_STATUS_BLOCK) -> NTSTATUS;

/// The call that hands a file's bytes to the drive without waiting for it to write them down, from Windows 8 on:
/// <https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntflushbuffersfileex>.
pub fn flush_without_sync() -> Option<impl Fn(&File) -> bool + Copy> {
    const NO_SYNC: u32 = 2;
    let call = loaded("ntdll.dll", c"NtFlushBuffersFileEx")?;
    // SAFETY: the type is that of its page.
    let call: FlushEx = unsafe { std::mem::transmute(call) };
    Some(move |file: &File| {
        // SAFETY: zeros are a valid status block.
        let mut status: IO_STATUS_BLOCK = unsafe { std::mem::zeroed() };
        // SAFETY: the handle is open, there are no parameters, and the block outlives the call.
        unsafe { call(file.as_raw_handle(), NO_SYNC, std::ptr::null_mut(), 0, &mut status) >= 0 }
    })
}
