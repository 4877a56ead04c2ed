//! What surrounds the run: sleep, the console of whoever started us, languages, drives that can be pulled out.

use super::{volume, wide_text};
use std::fs::OpenOptions;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use windows_sys::Win32::Globalization::{GetUserPreferredUILanguages, MUI_LANGUAGE_NAME};
use windows_sys::Win32::Storage::FileSystem::BusTypeUsb;
use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole, GetStdHandle, STD_OUTPUT_HANDLE};
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{
    IOCTL_STORAGE_QUERY_PROPERTY, PropertyStandardQuery, STORAGE_DEVICE_DESCRIPTOR, STORAGE_PROPERTY_QUERY, StorageDeviceProperty,
};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::System::Memory::VirtualLock;
use windows_sys::Win32::System::Power::{ES_CONTINUOUS, ES_SYSTEM_REQUIRED, SetThreadExecutionState};
use windows_sys::Win32::System::ProcessStatus::{K32GetModuleInformation, MODULEINFO};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, SetProcessWorkingSetSize};
use windows_sys::Win32::System::WindowsProgramming::{DRIVE_CDROM, DRIVE_REMOTE, DRIVE_REMOVABLE};

/// Keeps the machine from falling asleep until the value goes. It counts for the thread that made it, so it stays there.
#[must_use = "the machine may sleep again when this value goes"]
pub struct Awake(std::marker::PhantomData<*const ()>);

/// Begins to keep the machine awake: <https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setthreadexecutionstate>.
pub fn keep_awake() -> Awake {
    // SAFETY: flags that the call knows.
    unsafe { SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED) };
    Awake(std::marker::PhantomData)
}

impl Drop for Awake {
    fn drop(&mut self) {
        // SAFETY: flags that the call knows.
        unsafe { SetThreadExecutionState(ES_CONTINUOUS) };
    }
}

/// A window's program has no console of its own; this takes that of whoever started it. `false` if there is none and nobody reads:
/// <https://learn.microsoft.com/windows/console/attachconsole>.
pub fn attach_console() -> bool {
    // SAFETY: asks for a handle that may be null.
    if !unsafe { GetStdHandle(STD_OUTPUT_HANDLE) }.is_null() {
        return true;
    }
    // SAFETY: a process number that the call knows.
    unsafe { AttachConsole(ATTACH_PARENT_PROCESS) != 0 }
}

/// The languages that this user reads, best first, as `fr-CA`.
pub fn preferred_languages() -> Vec<String> {
    let mut names = [0u16; 512];
    let (mut count, mut length) = (0, names.len() as u32);
    // SAFETY: the buffer's length is given.
    if unsafe { GetUserPreferredUILanguages(MUI_LANGUAGE_NAME, &mut count, names.as_mut_ptr(), &mut length) } == 0 {
        return Vec::new();
    }
    let text = String::from_utf16_lossy(&names[..length as usize]);
    text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The name of this machine.
pub fn computer_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// A folder of this user's on this machine.
pub fn local_folder() -> PathBuf {
    let local = std::env::var_os("LOCALAPPDATA").filter(|f| !f.is_empty()).map(PathBuf::from);
    local.unwrap_or_else(std::env::temp_dir)
}

/// Whether a path lies on something that can be pulled out or cut off: a stick, a disc, a drive at a USB port, a share.
pub fn is_removable(path: &Path) -> bool {
    let Ok(root) = volume::root(path) else { return false };
    // SAFETY: the root is zero-terminated.
    let kind = unsafe { windows_sys::Win32::Storage::FileSystem::GetDriveTypeW(root.as_ptr()) };
    [DRIVE_REMOVABLE, DRIVE_CDROM, DRIVE_REMOTE].contains(&kind) || is_at_usb(&root)
}

/// Whether a volume's device is at a USB port: <https://learn.microsoft.com/windows/win32/api/winioctl/ni-winioctl-ioctl_storage_query_property>.
fn is_at_usb(root: &[u16]) -> bool {
    let text = String::from_utf16_lossy(root);
    let Some(letter) = text.chars().next().filter(|_| text.get(1..2) == Some(":")) else {
        return false;
    };
    let Ok(device) = OpenOptions::new().access_mode(0).open(format!(r"\\.\{letter}:")) else {
        return false;
    };
    // SAFETY: zeros are valid values of both structs.
    let (mut query, mut found): (STORAGE_PROPERTY_QUERY, STORAGE_DEVICE_DESCRIPTOR) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    (query.PropertyId, query.QueryType) = (StorageDeviceProperty, PropertyStandardQuery);
    let mut written = 0;
    // SAFETY: both structs are given with their sizes, and the device is open.
    let asked = unsafe {
        DeviceIoControl(
            device.as_raw_handle(),
            IOCTL_STORAGE_QUERY_PROPERTY,
            (&raw const query).cast(),
            size_of_val(&query) as u32,
            (&raw mut found).cast(),
            size_of_val(&found) as u32,
            &mut written,
            std::ptr::null_mut(),
        )
    };
    asked != 0 && found.BusType == BusTypeUsb
}

/// Keeps the program's own pages in memory, so that it can go on and end when the stick that it was started from has gone:
/// <https://learn.microsoft.com/windows/win32/api/memoryapi/nf-memoryapi-virtuallock>. It is an attempt; nothing depends on it.
pub fn hold_in_memory() {
    const ROOM: usize = 16 << 20;
    const PAGE: usize = 4096;
    // SAFETY: zeros are a valid value of the struct; the module is this program, which stays loaded.
    unsafe {
        let process = GetCurrentProcess();
        let mut image: MODULEINFO = std::mem::zeroed();
        let module = GetModuleHandleW(std::ptr::null());
        if K32GetModuleInformation(process, module, &mut image, size_of::<MODULEINFO>() as u32) == 0 {
            return;
        }
        let size = image.SizeOfImage as usize;
        SetProcessWorkingSetSize(process, size + ROOM, size + 4 * ROOM);
        for offset in (0..size).step_by(PAGE) {
            VirtualLock(image.lpBaseOfDll.byte_add(offset), PAGE);
        }
    }
}

/// Shows a text in a box when there is no console to write it to.
pub fn show_text(title: &str, text: &str) {
    use windows_sys::Win32::UI::WindowsAndMessaging::{MB_OK, MessageBoxW};
    // SAFETY: both texts are zero-terminated.
    unsafe { MessageBoxW(std::ptr::null_mut(), wide_text(text).as_ptr(), wide_text(title).as_ptr(), MB_OK) };
}
