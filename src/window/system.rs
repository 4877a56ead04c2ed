//! The few calls of Windows that the window needs besides its dialog: texts, message boxes, opening a file, holding back a shutdown.
#![allow(unsafe_code, reason = "these are calls of Windows")]

use super::page::Icon;
use super::plain::{Buttons, MessageBox, Pressed};
use std::ffi::OsStr;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::ptr;
use windows_sys::Win32::Foundation::{HWND, RECT};
use windows_sys::Win32::Graphics::Gdi::{GetMonitorInfoW, MONITOR_DEFAULTTONEAREST, MONITORINFO, MonitorFromWindow};
use windows_sys::Win32::System::Shutdown::{ShutdownBlockReasonCreate, ShutdownBlockReasonDestroy};
use windows_sys::Win32::System::SystemInformation::GetWindowsDirectoryW;
use windows_sys::Win32::UI::Shell::ShellExecuteW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    FLASHW_ALL, FLASHW_TIMERNOFG, FLASHWINFO, FlashWindowEx, GetForegroundWindow, GetWindowRect, IDNO, IDOK, IDYES, MB_DEFBUTTON2,
    MB_DEFBUTTON3, MB_ICONERROR, MB_ICONINFORMATION, MB_ICONWARNING, MB_OK, MB_OKCANCEL, MB_RIGHT, MB_RTLREADING, MB_SETFOREGROUND,
    MB_YESNOCANCEL, MessageBoxW, SW_SHOWNORMAL, SWP_NOACTIVATE, SWP_NOSIZE, SWP_NOZORDER, SetWindowPos, SetWindowTextW,
};

/// A text as Windows takes it: UTF-16 with a zero behind it.
pub fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    // A zero in the middle would end the text early.
    text.as_ref().encode_wide().filter(|unit| *unit != 0).chain([0]).collect()
}

/// Sets a window's title.
pub fn set_title(window: HWND, title: &str) {
    // SAFETY: the text is zero-terminated and outlives the call.
    unsafe { SetWindowTextW(window, wide(title).as_ptr()) };
}

/// Moves a window so far that all of it is on its screen: a page that is larger than the one before grows to the right and down only.
pub fn keep_on_screen(window: HWND) {
    let mut at = RECT::default();
    let mut monitor = MONITORINFO {
        cbSize: size_of::<MONITORINFO>() as u32,
        ..MONITORINFO::default()
    };
    // SAFETY: both structures outlive the calls, and the size of the one that asks for it is given.
    unsafe {
        let screen = MonitorFromWindow(window, MONITOR_DEFAULTTONEAREST);
        if GetWindowRect(window, &raw mut at) == 0 || GetMonitorInfoW(screen, &raw mut monitor) == 0 {
            return;
        }
        let room = monitor.rcWork;
        // What is larger than the screen keeps its title in sight.
        let x = at.left.min(room.right - (at.right - at.left)).max(room.left);
        let y = at.top.min(room.bottom - (at.bottom - at.top)).max(room.top);
        if (x, y) != (at.left, at.top) {
            SetWindowPos(window, ptr::null_mut(), x, y, 0, 0, SWP_NOACTIVATE | SWP_NOSIZE | SWP_NOZORDER);
        }
    }
}

/// Makes the taskbar button of a window flash until somebody comes, if another one is in front of it.
pub fn call_attention(window: HWND) {
    let flash = FLASHWINFO {
        cbSize: size_of::<FLASHWINFO>() as u32,
        hwnd: window,
        dwFlags: FLASHW_ALL | FLASHW_TIMERNOFG,
        uCount: 0,
        dwTimeout: 0,
    };
    // SAFETY: the structure's size is given.
    unsafe {
        if GetForegroundWindow() != window {
            FlashWindowEx(&flash);
        }
    }
}

/// Says why a shutdown should wait, or takes that back. Windows shows the sentence to whoever shuts it down; that person decides.
pub fn hold_shutdown(window: HWND, sentence: Option<&str>) {
    // SAFETY: the text is zero-terminated and outlives the call. A failure means that no sentence is shown.
    unsafe {
        match sentence {
            Some(sentence) => ShutdownBlockReasonCreate(window, wide(sentence).as_ptr()),
            None => ShutdownBlockReasonDestroy(window),
        };
    }
}

/// Opens a file or folder of ours with the program that is meant for it. An administrator's process hands it to the desktop's own
/// process, so that the viewer has only the person's rights.
pub fn open(path: &Path, elevated: bool) {
    match elevated {
        false => execute(path.as_os_str(), None),
        true => {
            // A path holds no quotation mark.
            let quoted = format!("\"{}\"", path.display());
            execute(windows_folder().join("explorer.exe").as_os_str(), Some(&quoted));
        }
    }
}

fn execute(file: &OsStr, parameters: Option<&str>) {
    let (verb, file) = (wide("open"), wide(file));
    let parameters = parameters.map(wide);
    let parameters = parameters.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    // SAFETY: all texts are zero-terminated and outlive the call.
    let answer = unsafe {
        ShellExecuteW(
            ptr::null_mut(),
            verb.as_ptr(),
            file.as_ptr(),
            parameters,
            ptr::null(),
            SW_SHOWNORMAL,
        )
    };
    // Up to 32 it is an error: https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shellexecutew
    if answer as usize <= 32 {
        log::warn!("“{}” could not be opened ({}).", String::from_utf16_lossy(&file), answer as usize);
    }
}

fn windows_folder() -> PathBuf {
    let mut name = [0u16; 260];
    // SAFETY: the buffer's length is given.
    let length = unsafe { GetWindowsDirectoryW(name.as_mut_ptr(), name.len() as u32) } as usize;
    PathBuf::from(std::ffi::OsString::from_wide(name.get(..length).unwrap_or_default()))
}

/// Shows a message box and waits for what is pressed.
pub fn message_box(what: &MessageBox<'_>) -> Pressed {
    let buttons = match (what.buttons, what.default_is_last) {
        (Buttons::One, _) => MB_OK,
        (Buttons::Two, false) => MB_OKCANCEL,
        (Buttons::Two, true) => MB_OKCANCEL | MB_DEFBUTTON2,
        (Buttons::Three, false) => MB_YESNOCANCEL,
        (Buttons::Three, true) => MB_YESNOCANCEL | MB_DEFBUTTON3,
    };
    let icon = match what.page.icon {
        Icon::None => 0,
        Icon::Information => MB_ICONINFORMATION,
        Icon::Warning => MB_ICONWARNING,
        Icon::Error => MB_ICONERROR,
    };
    let direction = if what.page.right_to_left { MB_RTLREADING | MB_RIGHT } else { 0 };
    let directed = |text: &str| wide(what.page.directed(text));
    let (text, title) = (directed(&what.text), directed(&what.page.title));
    // SAFETY: both texts are zero-terminated and outlive the call.
    let pressed = unsafe {
        MessageBoxW(
            ptr::null_mut(),
            text.as_ptr(),
            title.as_ptr(),
            buttons | icon | direction | MB_SETFOREGROUND,
        )
    };
    match pressed {
        IDOK | IDYES if what.buttons != Buttons::One => Pressed::First,
        IDNO => Pressed::Second,
        _ => Pressed::Cancel,
    }
}
