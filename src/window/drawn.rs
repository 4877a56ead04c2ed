//! A page as the task dialog takes it: its texts in UTF-16, and the structure that points at them.
#![allow(unsafe_code, reason = "the structure's zero value")]

use super::page::{Button, Choice, Icon, Page, Progress};
use super::system::wide;
use std::mem;
use std::ptr;
use windows_sys::Win32::UI::Controls::{
    PFTASKDIALOGCALLBACK, TASKDIALOG_BUTTON, TASKDIALOG_FLAGS, TASKDIALOGCONFIG, TD_ERROR_ICON, TD_INFORMATION_ICON, TD_WARNING_ICON,
    TDF_ALLOW_DIALOG_CANCELLATION, TDF_CALLBACK_TIMER, TDF_CAN_BE_MINIMIZED, TDF_ENABLE_HYPERLINKS, TDF_EXPAND_FOOTER_AREA, TDF_RTL_LAYOUT,
    TDF_SHOW_MARQUEE_PROGRESS_BAR, TDF_SHOW_PROGRESS_BAR, TDF_USE_COMMAND_LINKS,
};
use windows_sys::Win32::UI::WindowsAndMessaging::IDCANCEL;

/// The width of all pages, in the dialog's units: a path of some length fits, and pages do not jump.
const WIDTH: u32 = 320;
/// Numbers of buttons other than the system's.
const FIRST_BUTTON: i32 = 100;

/// A page as the task dialog takes it. The dialog reads it for as long as it shows the page.
pub struct Drawn {
    /// What is given to the dialog.
    pub config: TASKDIALOGCONFIG,
    // The structure points into these; neither is touched again.
    _texts: Vec<Vec<u16>>,
    _buttons: Vec<TASKDIALOG_BUTTON>,
}

impl Drawn {
    /// Draws a page. The callback gets `data` with every call.
    pub fn new(page: &Page, callback: PFTASKDIALOGCALLBACK, data: isize) -> Box<Drawn> {
        let mut texts: Vec<Vec<u16>> = Vec::new();
        // The vector may move its vectors; what they point at stays where it is.
        let mut keep_as_it_is = |text: &str| {
            let text = wide(text);
            let start = text.as_ptr();
            texts.push(text);
            start
        };
        let clean = |text: &str| {
            if page.links.is_empty() {
                text.to_owned()
            } else {
                without_links(text)
            }
        };
        // SAFETY: zeros are a valid value of the structure: every pointer is optional.
        let mut config: TASKDIALOGCONFIG = unsafe { mem::zeroed() };
        config.cbSize = size_of::<TASKDIALOGCONFIG>() as u32;
        config.dwFlags = flags(page);
        config.cxWidth = WIDTH;
        if let Some(details) = &page.details {
            // They are English, so their lines have a direction of their own.
            config.pszExpandedInformation = keep_as_it_is(&clean(&details.text));
        }
        let mut keep = |text: &str| keep_as_it_is(&page.directed(text));
        config.pszWindowTitle = keep(&page.title);
        config.pszMainInstruction = keep(&page.heading);
        config.pszContent = keep(&clean(&page.text));
        config.Anonymous1.pszMainIcon = match page.icon {
            Icon::None => ptr::null(),
            Icon::Information => TD_INFORMATION_ICON,
            Icon::Warning => TD_WARNING_ICON,
            Icon::Error => TD_ERROR_ICON,
        };
        if let Some(details) = &page.details {
            config.pszCollapsedControlText = keep(details.show);
            config.pszExpandedControlText = keep(details.hide);
        }
        if !page.links.is_empty() {
            config.pszFooter = keep(&footer(page));
        }
        let label = |button: &Button| keep(&label(button));
        let labels: Vec<*const u16> = page.buttons.iter().map(label).collect();
        let buttons: Vec<TASKDIALOG_BUTTON> = labels
            .iter()
            .enumerate()
            .map(|(place, label)| TASKDIALOG_BUTTON {
                nButtonID: number(page, place),
                pszButtonText: *label,
            })
            .collect();
        config.cButtons = buttons.len() as u32;
        config.pButtons = buttons.as_ptr();
        config.nDefaultButton = number_of(page, page.default).unwrap_or_default();
        config.pfCallback = callback;
        config.lpCallbackData = data;
        Box::new(Drawn {
            config,
            _texts: texts,
            _buttons: buttons,
        })
    }
}

fn flags(page: &Page) -> TASKDIALOG_FLAGS {
    let progress = match page.progress {
        Progress::None => 0,
        Progress::Bar(_) => TDF_SHOW_PROGRESS_BAR,
        Progress::Marquee => TDF_SHOW_MARQUEE_PROGRESS_BAR,
    };
    let one = |wanted: bool, flag: TASKDIALOG_FLAGS| if wanted { flag } else { 0 };
    TDF_CALLBACK_TIMER
        | TDF_CAN_BE_MINIMIZED
        | TDF_EXPAND_FOOTER_AREA
        | progress
        | one(page.cancellable, TDF_ALLOW_DIALOG_CANCELLATION)
        | one(page.right_to_left, TDF_RTL_LAYOUT)
        | one(!page.links.is_empty(), TDF_ENABLE_HYPERLINKS)
        | one(page.buttons.iter().any(|button| button.note.is_some()), TDF_USE_COMMAND_LINKS)
}

/// The number of the button at a place. The one that leaves the page has the system's number for that, so Escape presses it.
pub fn number(page: &Page, place: usize) -> i32 {
    match page.buttons.get(place) {
        Some(button) if button.choice.is_cancel() => IDCANCEL,
        _ => FIRST_BUTTON + place as i32,
    }
}

/// The number of the button with a meaning.
pub fn number_of(page: &Page, choice: Choice) -> Option<i32> {
    let place = page.buttons.iter().position(|button| button.choice == choice)?;
    Some(number(page, place))
}

/// The meaning of a number.
pub fn choice(page: &Page, wanted: i32) -> Option<Choice> {
    let place = (0..page.buttons.len()).find(|place| number(page, *place) == wanted)?;
    Some(page.buttons[place].choice)
}

/// A button's text: an ampersand would underline the letter behind it.
fn label(button: &Button) -> String {
    let escaped = |text: &str| text.replace('&', "&&");
    match &button.note {
        Some(note) => format!("{}\n{}", escaped(&button.label), escaped(note)),
        None => escaped(&button.label),
    }
}

/// Where a page has links, other texts must not look like one.
pub fn without_links(text: &str) -> String {
    text.replace('<', "‹")
}

fn footer(page: &Page) -> String {
    let link = |(place, link): (usize, &super::page::Link)| format!("<a href=\"{place}\">{}</a>", link.label);
    page.links.iter().enumerate().map(link).collect::<Vec<_>>().join("     ")
}
