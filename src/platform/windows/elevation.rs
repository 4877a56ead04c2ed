//! Administrator's rights: whether this process has them, and a second process that asks a person for them.

use super::wide_text;
use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetExitCodeProcess, INFINITE, OpenProcessToken, WaitForSingleObject};
use windows_sys::Win32::UI::Shell::{SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW, ShellExecuteExW};
use windows_sys::Win32::UI::WindowsAndMessaging::SW_SHOWNORMAL;

/// Whether this process has administrator's rights: <https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-token_elevation>.
pub fn is_elevated() -> bool {
    let mut token: HANDLE = std::ptr::null_mut();
    // SAFETY: the token is closed below.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return false;
    }
    let mut elevation = TOKEN_ELEVATION { TokenIsElevated: 0 };
    let size = size_of::<TOKEN_ELEVATION>() as u32;
    let mut written = 0;
    // SAFETY: the struct is the one that the class asks for, with its size.
    let asked = unsafe { GetTokenInformation(token, TokenElevation, (&raw mut elevation).cast(), size, &mut written) };
    // SAFETY: the token is ours, and closed once.
    unsafe { CloseHandle(token) };
    asked != 0 && elevation.TokenIsElevated != 0
}

/// Runs a program with administrator's rights, for which the system asks a person, and waits for its exit code:
/// <https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shellexecuteexw>. A person who refuses is error 1223.
pub fn run_elevated(program: &Path, arguments: &[std::ffi::OsString]) -> io::Result<u32> {
    let verb = wide_text("runas");
    let file: Vec<u16> = program.as_os_str().encode_wide().chain([0]).collect();
    let line: Vec<u16> = arguments.iter().flat_map(|a| quoted(a)).chain([0]).collect();
    // SAFETY: zeros are a valid value of the struct.
    let mut order: SHELLEXECUTEINFOW = unsafe { std::mem::zeroed() };
    order.cbSize = size_of::<SHELLEXECUTEINFOW>() as u32;
    order.fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC;
    order.lpVerb = verb.as_ptr();
    order.lpFile = file.as_ptr();
    order.lpParameters = line.as_ptr();
    order.nShow = SW_SHOWNORMAL;
    // SAFETY: all texts are zero-terminated and live until the call returns.
    super::done(unsafe { ShellExecuteExW(&mut order) })?;
    if order.hProcess.is_null() {
        return Err(io::Error::other("the system started no process"));
    }
    let mut code = 0;
    // SAFETY: the process handle is ours, and closed once, at the end.
    unsafe {
        WaitForSingleObject(order.hProcess, INFINITE);
        let got = GetExitCodeProcess(order.hProcess, &mut code);
        CloseHandle(order.hProcess);
        super::done(got)?;
    }
    Ok(code)
}

/// One argument as the receiving program takes it apart again:
/// <https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments>.
fn quoted(argument: &OsStr) -> Vec<u16> {
    const QUOTE: u16 = b'"' as u16;
    const BACKSLASH: u16 = b'\\' as u16;
    let mut line = vec![b' '.into(), QUOTE];
    let mut backslashes = 0;
    for unit in argument.encode_wide() {
        if unit == QUOTE {
            line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
        }
        backslashes = if unit == BACKSLASH { backslashes + 1 } else { 0 };
        line.push(unit);
    }
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
    line
}
