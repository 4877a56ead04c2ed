//! The Restart Manager knows who has a file open: <https://learn.microsoft.com/windows/win32/rstmgr/restart-manager-portal>.
//! It is only asked; no program is ever closed by us.

use super::load;
use crate::platform::holder::Holder;
use std::os::windows::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, ERROR_SUCCESS};
use windows_sys::Win32::System::RestartManager::{CCH_RM_SESSION_KEY, RM_PROCESS_INFO, RM_UNIQUE_PROCESS};

type Start = unsafe extern "system" fn(*mut u32, u32, *mut u16) -> u32;
type Register = unsafe extern "system" fn(u32, u32, *const *const u16, u32, *const RM_UNIQUE_PROCESS, u32, *const *const u16) -> u32;
type List = unsafe extern "system" fn(u32, *mut u32, *mut u32, *mut RM_PROCESS_INFO, *mut u32) -> u32;
type End = unsafe extern "system" fn(u32) -> u32;

struct Calls {
    start: Start,
    register: Register,
    list: List,
    end: End,
}

/// Every process that has one of the files open, this one too, as the Restart Manager knows it.
pub fn holders(files: &[PathBuf]) -> Vec<Holder> {
    #[cfg(feature = "faults")]
    if let Some(said) = injected(files) {
        return said;
    }
    let Some(calls) = calls() else { return Vec::new() };
    // Asked one by one, it says which file it is; a few are enough to name who has to be closed.
    files
        .iter()
        .take(16)
        .flat_map(|file| ask(&calls, file).unwrap_or_default())
        .collect()
}

/// What a test lets the Restart Manager say, as `NAME:PID`: Wine's never finds anybody.
#[cfg(feature = "faults")]
fn injected(files: &[PathBuf]) -> Option<Vec<Holder>> {
    let said = std::env::var("HOLDFAST_RESTART_MANAGER").ok()?;
    let (name, pid) = said.split_once(':')?;
    Some(vec![Holder {
        pid: pid.parse().ok()?,
        name: name.to_owned(),
        path: files.first()?.clone(),
    }])
}

fn calls() -> Option<Calls> {
    let module = load::system_dll("rstrtmgr.dll")?;
    // SAFETY: each type is that of the function's page.
    unsafe {
        Some(Calls {
            start: std::mem::transmute::<unsafe extern "system" fn() -> isize, Start>(load::function(module, c"RmStartSession")?),
            register: std::mem::transmute::<unsafe extern "system" fn() -> isize, Register>(load::function(
                module,
                c"RmRegisterResources",
            )?),
            list: std::mem::transmute::<unsafe extern "system" fn() -> isize, List>(load::function(module, c"RmGetList")?),
            end: std::mem::transmute::<unsafe extern "system" fn() -> isize, End>(load::function(module, c"RmEndSession")?),
        })
    }
}

fn ask(calls: &Calls, file: &Path) -> Option<Vec<Holder>> {
    let mut session = 0;
    let mut key = [0u16; CCH_RM_SESSION_KEY as usize + 1];
    // SAFETY: the key has the length that the page asks for.
    if unsafe { (calls.start)(&mut session, 0, key.as_mut_ptr()) } != ERROR_SUCCESS {
        return None;
    }
    let found = list(calls, session, file);
    // SAFETY: the session was begun above.
    unsafe { (calls.end)(session) };
    let holder = |process: RM_PROCESS_INFO| Holder {
        pid: process.Process.dwProcessId,
        name: text(&process.strAppName),
        path: file.to_owned(),
    };
    Some(found?.into_iter().map(holder).collect())
}

fn list(calls: &Calls, session: u32, file: &Path) -> Option<Vec<RM_PROCESS_INFO>> {
    let path: Vec<u16> = file.as_os_str().encode_wide().chain([0]).collect();
    let names = [path.as_ptr()];
    let none = std::ptr::null();
    // SAFETY: one name, zero-terminated; no processes and no services.
    if unsafe { (calls.register)(session, 1, names.as_ptr(), 0, none, 0, none.cast()) } != ERROR_SUCCESS {
        return None;
    }
    let (mut needed, mut reasons) = (8, 0);
    // Somebody may come between two questions.
    for _ in 0..8 {
        let mut count = needed;
        // SAFETY: zeros are a valid value of the struct.
        let mut found: Vec<RM_PROCESS_INFO> = vec![unsafe { std::mem::zeroed() }; needed as usize];
        // SAFETY: `count` says how many fit.
        match unsafe { (calls.list)(session, &mut needed, &mut count, found.as_mut_ptr(), &mut reasons) } {
            ERROR_SUCCESS => {
                found.truncate(count as usize);
                return Some(found);
            }
            ERROR_MORE_DATA => needed += 4,
            _ => return None,
        }
    }
    None
}

fn text(name: &[u16]) -> String {
    let end = name.iter().position(|c| *c == 0).unwrap_or(name.len());
    let said = String::from_utf16_lossy(&name[..end]);
    if !said.is_empty() {
        said
    } else {
        "a program without a name".to_owned()
    }
}
