//! The same story told with message boxes: for whoever hears the screen better that way, and where the dialog cannot be had. While
//! something runs there is nothing to see, and a box says so before.

use super::page::{Button, Choice, Page};
use super::story::{Next, Story};
use std::time::Duration;

/// How often the run is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The buttons that a message box has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buttons {
    /// OK.
    One,
    /// OK and Cancel.
    Two,
    /// Yes, No and Cancel.
    Three,
}

/// What was pressed in a message box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// OK or Yes.
    First,
    /// No.
    Second,
    /// Cancel, Escape, or the cross; also when no box can be shown.
    Cancel,
}

/// A message box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageBox<'a> {
    /// The page that it tells.
    pub page: &'a Page,
    /// What it says.
    pub text: String,
    /// Its buttons.
    pub buttons: Buttons,
    /// Whether Enter presses the last of them.
    pub default_is_last: bool,
}

/// Tells the story to its end. `ask` shows a box and says what was pressed.
pub fn show(story: &mut Story<'_, '_>, ask: &dyn Fn(&MessageBox<'_>) -> Pressed) {
    let mut next = Next::Stay;
    loop {
        next = match next {
            Next::Close => return,
            Next::Show(page) if page.waits() => {
                let (first, second, last) = (page.buttons.first(), page.buttons.get(1), page.buttons.last());
                let pressed = match ask(&message_box(story, &page)) {
                    Pressed::First => first,
                    Pressed::Second => second,
                    Pressed::Cancel => last,
                };
                match story.press(pressed.map_or(Choice::Close, |button| button.choice)) {
                    // The folder was opened; the box is gone, and is shown again.
                    Next::Stay => Next::Show(page),
                    next => next,
                }
            }
            Next::Stay | Next::Show(_) => {
                std::thread::sleep(LOOK);
                story.tick()
            }
        };
    }
}

/// The box for a page. Its buttons cannot be named, so the text says what each of them does.
fn message_box<'a>(story: &Story<'_, '_>, page: &'a Page) -> MessageBox<'a> {
    let speaker = story.speaker();
    let words = speaker.words();
    let (buttons, means): (Buttons, &[&str]) = match page.buttons.len() {
        0 | 1 => (Buttons::One, &[]),
        2 => (Buttons::Two, &[words.means_ok, words.means_cancel]),
        _ => (Buttons::Three, &[words.means_yes, words.means_no, words.means_cancel]),
    };
    let mut parts = vec![page.heading.clone(), page.text.clone()];
    if page.buttons.iter().any(|button| button.choice == Choice::Update) {
        parts.push(words.runs_unseen.to_owned());
    }
    parts.extend(
        page.links
            .iter()
            .map(|link| format!("{}\n{}", link.label, speaker.language.foreign(&link.path.display().to_string()))),
    );
    let meaning = |(template, button): (&&str, &Button)| template.replace("{label}", &button.label);
    let meanings: Vec<String> = means.iter().zip(&page.buttons).map(meaning).collect();
    parts.push(meanings.join("\n"));
    parts.retain(|part| !part.is_empty());
    MessageBox {
        page,
        text: parts.join("\n\n"),
        buttons,
        default_is_last: page.buttons.last().is_some_and(|last| last.choice == page.default),
    }
}
