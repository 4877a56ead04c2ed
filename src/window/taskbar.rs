//! The progress on the window's button in the taskbar. It is an adornment: every failure is silent.
#![allow(unsafe_code, reason = "ITaskbarList3 is called through its table of functions")]

use std::ffi::c_void;
use std::ptr;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::System::Com::{CLSCTX_INPROC_SERVER, COINIT_APARTMENTTHREADED, CoCreateInstance, CoInitializeEx, CoUninitialize};
use windows_sys::Win32::UI::Shell::{TBPF_ERROR, TBPF_INDETERMINATE, TBPF_NOPROGRESS, TBPF_NORMAL, TBPF_PAUSED, TBPFLAG, TaskbarList};
use windows_sys::core::{GUID, HRESULT};

/// `ITaskbarList3`: <https://learn.microsoft.com/windows/win32/api/shobjidl_core/nn-shobjidl_core-itaskbarlist3>.
const INTERFACE: GUID = GUID::from_u128(0xea1a_fb91_9e28_4b86_90e9_9e9f_8a5e_efaf);

/// The table of functions, as `shobjidl_core.h` lays it out. What is not called is a place only.
#[repr(C)]
struct Table {
    query_interface: *const c_void,
    add_ref: *const c_void,
    release: unsafe extern "system" fn(*mut c_void) -> u32,
    hr_init: unsafe extern "system" fn(*mut c_void) -> HRESULT,
    add_tab: *const c_void,
    delete_tab: *const c_void,
    activate_tab: *const c_void,
    set_active_alt: *const c_void,
    mark_fullscreen_window: *const c_void,
    set_progress_value: unsafe extern "system" fn(*mut c_void, HWND, u64, u64) -> HRESULT,
    set_progress_state: unsafe extern "system" fn(*mut c_void, HWND, TBPFLAG) -> HRESULT,
}

/// What the button shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// Something runs.
    Marquee,
    /// So many thousandths.
    Thousandths(u64),
    /// A person is asked.
    Waits,
    /// Something went wrong.
    Trouble,
}

/// The taskbar, for one window.
pub struct Taskbar {
    object: *mut c_void,
    window: HWND,
    initialised: bool,
}

impl Taskbar {
    /// For a window of this thread.
    pub fn new(window: HWND) -> Taskbar {
        let mut object = ptr::null_mut();
        // SAFETY: the class and the interface are those of ITaskbarList3; `object` stays null if anything fails. Each successful
        // CoInitializeEx is answered by a CoUninitialize in `drop`, on the same thread, because a Taskbar cannot leave it.
        let initialised = unsafe {
            let initialised = CoInitializeEx(ptr::null(), COINIT_APARTMENTTHREADED as u32) >= 0;
            CoCreateInstance(&TaskbarList, ptr::null_mut(), CLSCTX_INPROC_SERVER, &INTERFACE, &mut object);
            initialised
        };
        let taskbar = Taskbar {
            object,
            window,
            initialised,
        };
        if let Some(table) = taskbar.table() {
            // SAFETY: the object is alive.
            unsafe { (table.hr_init)(taskbar.object) };
        }
        taskbar
    }

    fn table(&self) -> Option<&Table> {
        // SAFETY: a COM object begins with the pointer to its table, and the object lives as long as `self`.
        (!self.object.is_null()).then(|| unsafe { &**self.object.cast::<*const Table>() })
    }

    /// Shows something.
    pub fn show(&self, what: Shown) {
        let Some(table) = self.table() else { return };
        let (state, value) = match what {
            Shown::Nothing => (TBPF_NOPROGRESS, None),
            Shown::Marquee => (TBPF_INDETERMINATE, None),
            Shown::Thousandths(value) => (TBPF_NORMAL, Some(value)),
            Shown::Waits => (TBPF_PAUSED, Some(1000)),
            Shown::Trouble => (TBPF_ERROR, Some(1000)),
        };
        // SAFETY: the object is alive, and the window is the one that it was made for; one that is gone is an error code.
        unsafe {
            (table.set_progress_state)(self.object, self.window, state);
            if let Some(value) = value {
                (table.set_progress_value)(self.object, self.window, value, 1000);
            }
        }
    }
}

impl Drop for Taskbar {
    fn drop(&mut self) {
        // SAFETY: the one reference that `new` got is given back, and then the one initialisation.
        unsafe {
            if let Some(table) = self.table() {
                (table.release)(self.object);
            }
            if self.initialised {
                CoUninitialize();
            }
        }
    }
}
