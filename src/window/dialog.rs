//! The window itself: one task dialog that shows page after page. A timer of its own looks at the run five times a second, so no
//! other thread ever sends it a message.
//!
//! `TaskDialogIndirect` is in version 6 of the common controls alone. It is looked up when it is needed: where it is missing the
//! program still starts, and message boxes tell the story.
#![allow(unsafe_code, reason = "the task dialog is a call of Windows that calls back")]

use super::drawn::{Drawn, choice, number, without_links};
use super::page::{Icon, Page, Progress};
use super::story::{Next, Story};
use super::system::{call_attention, hold_shutdown, keep_on_screen, set_title, wide};
use super::taskbar::{Shown, Taskbar};
use std::cell::{Cell, RefCell};
use std::mem::transmute;
use std::path::PathBuf;
use std::ptr;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, S_FALSE, S_OK, WPARAM};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};
use windows_sys::Win32::UI::Controls::{
    TASKDIALOG_MESSAGES, TASKDIALOGCONFIG, TDE_CONTENT, TDE_MAIN_INSTRUCTION, TDM_CLICK_BUTTON, TDM_ENABLE_BUTTON, TDM_NAVIGATE_PAGE,
    TDM_SET_BUTTON_ELEVATION_REQUIRED_STATE, TDM_SET_ELEMENT_TEXT, TDM_SET_PROGRESS_BAR_MARQUEE, TDM_SET_PROGRESS_BAR_POS,
    TDM_SET_PROGRESS_BAR_RANGE, TDN_BUTTON_CLICKED, TDN_CREATED, TDN_DESTROYED, TDN_HYPERLINK_CLICKED, TDN_NAVIGATED, TDN_TIMER,
};
use windows_sys::Win32::UI::Shell::SUBCLASSPROC;
use windows_sys::Win32::UI::WindowsAndMessaging::{SendMessageW, WM_QUERYENDSESSION};
use windows_sys::core::{BOOL, HRESULT};

type TaskDialogIndirect = unsafe extern "system" fn(*const TASKDIALOGCONFIG, *mut i32, *mut i32, *mut BOOL) -> HRESULT;
type SetWindowSubclass = unsafe extern "system" fn(HWND, SUBCLASSPROC, usize, usize) -> BOOL;
type DefSubclassProc = unsafe extern "system" fn(HWND, u32, WPARAM, LPARAM) -> LRESULT;

/// The functions of the common controls.
#[derive(Clone, Copy)]
struct Controls {
    task_dialog: TaskDialogIndirect,
    set_subclass: SetWindowSubclass,
    next_procedure: DefSubclassProc,
}

impl Controls {
    /// `None` without a manifest that asks for version 6. The name alone is right here: it is one of the system's known libraries, and
    /// only by its name does the manifest turn it into version 6.
    fn load() -> Option<Controls> {
        let name = wide("comctl32.dll");
        // SAFETY: the name is zero-terminated; the library stays loaded. Each function has the type that its page documents.
        unsafe {
            let library = LoadLibraryW(name.as_ptr());
            if library.is_null() {
                return None;
            }
            Some(Controls {
                task_dialog: transmute::<unsafe extern "system" fn() -> isize, TaskDialogIndirect>(GetProcAddress(
                    library,
                    c"TaskDialogIndirect".as_ptr().cast(),
                )?),
                set_subclass: transmute::<unsafe extern "system" fn() -> isize, SetWindowSubclass>(GetProcAddress(
                    library,
                    c"SetWindowSubclass".as_ptr().cast(),
                )?),
                next_procedure: transmute::<unsafe extern "system" fn() -> isize, DefSubclassProc>(GetProcAddress(
                    library,
                    c"DefSubclassProc".as_ptr().cast(),
                )?),
            })
        }
    }
}

/// Shows the dialog until the story ends. `false` if it could not be shown at all; then the story has not gone on.
pub fn show(story: &mut Story<'_, '_>) -> bool {
    let Some(controls) = Controls::load() else { return false };
    let page = story.page();
    let dialog = Dialog {
        controls,
        story: RefCell::new(story),
        page: RefCell::new(page.clone()),
        drawn: RefCell::new(Vec::new()),
        taskbar: RefCell::new(None),
        created: Cell::new(false),
        closing: Cell::new(false),
    };
    let drawn = dialog.draw(&page);
    // SAFETY: `drawn` is kept by `dialog`, and `dialog` outlives the call, which returns when the window is gone.
    unsafe { (controls.task_dialog)(drawn, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()) };
    dialog.created.get()
}

/// The dialog. Windows calls back while it is being called, so nothing here is borrowed across a call.
struct Dialog<'a, 'scope, 'env> {
    controls: Controls,
    story: RefCell<&'a mut Story<'scope, 'env>>,
    page: RefCell<Page>,
    /// The page that is shown, and the one before it while they change places.
    #[allow(clippy::vec_box, reason = "the dialog holds their addresses")]
    drawn: RefCell<Vec<Box<Drawn>>>,
    taskbar: RefCell<Option<Taskbar>>,
    created: Cell<bool>,
    closing: Cell<bool>,
}

impl Dialog<'_, '_, '_> {
    fn draw(&self, page: &Page) -> *const TASKDIALOGCONFIG {
        let drawn = Drawn::new(page, Some(callback), ptr::from_ref(self).expose_provenance() as isize);
        let config = &raw const drawn.config;
        self.drawn.borrow_mut().push(drawn);
        config
    }

    /// What the dialog tells; the answer says whether a button closes it.
    fn told(&self, window: HWND, what: i32, wparam: WPARAM, lparam: LPARAM) -> HRESULT {
        match what {
            TDN_CREATED => {
                self.created.set(true);
                *self.taskbar.borrow_mut() = Some(Taskbar::new(window));
                // SAFETY: `self` outlives the window.
                unsafe { (self.controls.set_subclass)(window, Some(procedure), 1, ptr::from_ref(self).expose_provenance()) };
                self.finish(window, None);
            }
            TDN_NAVIGATED => self.finish(window, None),
            TDN_TIMER => self.turn(window, self.next(|story| story.tick())),
            TDN_BUTTON_CLICKED => return self.pressed(window, wparam as i32),
            TDN_HYPERLINK_CLICKED => self.followed(lparam),
            TDN_DESTROYED => drop(self.taskbar.take()),
            _ => {}
        }
        S_OK
    }

    /// Lets the story go on. While it is already going on, which opening a file may lead to, nothing happens.
    fn next(&self, go_on: impl FnOnce(&mut Story<'_, '_>) -> Next) -> Next {
        self.story.try_borrow_mut().map_or(Next::Stay, |mut story| go_on(&mut story))
    }

    fn pressed(&self, window: HWND, number: i32) -> HRESULT {
        if self.closing.get() {
            return S_OK;
        }
        let choice = choice(&self.page.borrow(), number);
        match choice.map_or(Next::Stay, |choice| self.next(|story| story.press(choice))) {
            Next::Close => {
                self.closing.set(true);
                S_OK
            }
            next => {
                self.turn(window, next);
                S_FALSE
            }
        }
    }

    fn followed(&self, href: LPARAM) {
        // SAFETY: the dialog gives a zero-terminated text, which is one that we wrote.
        let place = unsafe { *(href as *const u16) };
        let place = char::from_u32(u32::from(place)).and_then(|digit| digit.to_digit(10));
        let path: Option<PathBuf> = place.and_then(|place| Some(self.page.borrow().links.get(place as usize)?.path.clone()));
        if let Some(path) = path {
            self.next(|story| {
                story.follow(&path);
                Next::Stay
            });
        }
    }

    /// Turns to what comes next.
    fn turn(&self, window: HWND, next: Next) {
        match next {
            Next::Stay => {}
            Next::Show(page) => {
                let before = self.page.replace((*page).clone());
                if before == *page {
                    return;
                }
                if before.is_kin(&page) {
                    self.amend(window, &before, &page);
                    self.finish(window, Some(&before));
                    return;
                }
                if before.holds_shutdown.is_some() && page.holds_shutdown.is_none() {
                    hold_shutdown(window, None);
                }
                let config = self.draw(&page);
                send(window, TDM_NAVIGATE_PAGE, 0, config.expose_provenance() as LPARAM);
                // The page before is not read any more.
                let mut drawn = self.drawn.borrow_mut();
                let old = drawn.len().saturating_sub(1);
                drawn.drain(..old);
            }
            Next::Close => {
                // A button is the only way out of a task dialog, and it must not be a grey one.
                self.closing.set(true);
                let number = number(&self.page.borrow(), 0);
                send(window, TDM_ENABLE_BUTTON, number as WPARAM, 1);
                send(window, TDM_CLICK_BUTTON, number as WPARAM, 0);
            }
        }
    }

    /// Changes the sentences of the page that is shown.
    fn amend(&self, window: HWND, before: &Page, page: &Page) {
        let clean = |text: &str| {
            if page.links.is_empty() {
                text.to_owned()
            } else {
                without_links(text)
            }
        };
        for (element, old, new) in [
            (TDE_MAIN_INSTRUCTION, &before.heading, page.heading.clone()),
            (TDE_CONTENT, &before.text, clean(&page.text)),
        ] {
            if *old != new {
                let text = wide(page.directed(&new));
                send(window, TDM_SET_ELEMENT_TEXT, element as WPARAM, text.as_ptr() as LPARAM);
            }
        }
    }

    /// Sets what a drawn page cannot carry: progress, grey buttons, shields, the title, the taskbar, and whether a shutdown waits.
    fn finish(&self, window: HWND, before: Option<&Page>) {
        let page = self.page.borrow().clone();
        let is_new = before.is_none();
        match page.progress {
            Progress::Bar(position) => {
                if is_new {
                    send(window, TDM_SET_PROGRESS_BAR_RANGE, 0, 1000 << 16);
                }
                send(window, TDM_SET_PROGRESS_BAR_POS, position as WPARAM, 0);
            }
            Progress::Marquee if is_new => send(window, TDM_SET_PROGRESS_BAR_MARQUEE, 1, 0),
            _ => {}
        }
        if before.is_none_or(|before| before.title != page.title) {
            set_title(window, &page.directed(&page.title));
        }
        if is_new {
            for (place, button) in page.buttons.iter().enumerate() {
                let number = number(&page, place) as WPARAM;
                if !button.enabled {
                    send(window, TDM_ENABLE_BUTTON, number, 0);
                }
                if button.shield {
                    send(window, TDM_SET_BUTTON_ELEVATION_REQUIRED_STATE, number, 1);
                }
            }
            keep_on_screen(window);
            if page.waits() {
                call_attention(window);
            }
        }
        if page.holds_shutdown.is_some() && before.is_none_or(|before| before.holds_shutdown.is_none()) {
            hold_shutdown(window, page.holds_shutdown.as_deref());
        } else if page.holds_shutdown.is_none() && before.is_some_and(|before| before.holds_shutdown.is_some()) {
            hold_shutdown(window, None);
        }
        if let Some(taskbar) = &*self.taskbar.borrow() {
            taskbar.show(shown(&page));
        }
    }
}

/// What the taskbar shows of a page.
fn shown(page: &Page) -> Shown {
    match (page.progress, page.icon, page.details.is_some()) {
        (Progress::Bar(position), ..) => Shown::Thousandths(position),
        (Progress::Marquee, ..) => Shown::Marquee,
        (Progress::None, Icon::Error, _) => Shown::Trouble,
        (Progress::None, _, true) => Shown::Nothing,
        (Progress::None, _, false) => Shown::Waits,
    }
}

fn send(window: HWND, message: TASKDIALOG_MESSAGES, wparam: WPARAM, lparam: LPARAM) {
    // SAFETY: the window is the dialog that is calling back, in its own thread; what `lparam` points at outlives the call.
    unsafe { SendMessageW(window, message as u32, wparam, lparam) };
}

unsafe extern "system" fn callback(window: HWND, what: u32, wparam: WPARAM, lparam: LPARAM, data: isize) -> HRESULT {
    // SAFETY: `data` is the dialog that drew the page, and it outlives its window.
    let dialog: &Dialog<'_, '_, '_> = unsafe { &*ptr::with_exposed_provenance(data as usize) };
    dialog.told(window, what as i32, wparam, lparam)
}

/// Sees the window's messages before the dialog does: while the swap runs, the answer to a shutdown is no.
unsafe extern "system" fn procedure(window: HWND, message: u32, wparam: WPARAM, lparam: LPARAM, _: usize, data: usize) -> LRESULT {
    // SAFETY: as in `callback`.
    let dialog: &Dialog<'_, '_, '_> = unsafe { &*ptr::with_exposed_provenance(data) };
    let holds = message == WM_QUERYENDSESSION && dialog.page.try_borrow().is_ok_and(|page| page.holds_shutdown.is_some());
    if holds {
        return 0;
    }
    // SAFETY: the message is handed on as it came.
    unsafe { (dialog.controls.next_procedure)(window, message, wparam, lparam) }
}
