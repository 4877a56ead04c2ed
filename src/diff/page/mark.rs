//! Two texts beside each other, with what differs marked in each.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

/// Texts that are longer together are not compared word by word.
const MOST_BYTES: usize = 40_000;

/// The old text with what goes marked, and the new one with what comes.
pub fn marked(old: &str, new: &str) -> (Markup, Markup) {
    if old.is_empty() || new.is_empty() || old.len() + new.len() > MOST_BYTES {
        return (html! { (old) }, html! { (new) });
    }
    let diff = TextDiff::from_words(old, new);
    let side = |mine: ChangeTag| {
        let mut runs: Vec<(bool, String)> = Vec::new();
        for change in diff.iter_all_changes().filter(|c| c.tag() == mine || c.tag() == ChangeTag::Equal) {
            let is_marked = change.tag() == mine;
            // A blank between two words that are marked belongs to them.
            if let (true, [.., (true, before), (false, blank)]) = (is_marked, runs.as_mut_slice())
                && blank.trim().is_empty()
            {
                before.push_str(blank);
                runs.pop();
            }
            match runs.last_mut() {
                Some((same, text)) if *same == is_marked => text.push_str(change.value()),
                _ => runs.push((is_marked, change.value().to_owned())),
            }
        }
        runs
    };
    let was = html! { @for (is_marked, text) in side(ChangeTag::Delete) { @if is_marked { del { (text) } } @else { (text) } } };
    let is = html! { @for (is_marked, text) in side(ChangeTag::Insert) { @if is_marked { ins { (text) } } @else { (text) } } };
    (was, is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_go_and_come_are_marked() {
        let (was, is) = marked("INTEGER NOT NULL", "INTEGER DEFAULT 0");
        assert_eq!(was.into_string(), "INTEGER <del>NOT NULL</del>");
        assert_eq!(is.into_string(), "INTEGER <ins>DEFAULT 0</ins>");
    }

    #[test]
    fn markup_in_texts_is_text() {
        let (was, is) = marked("'<b>' x", "'<i>' x");
        assert_eq!(was.into_string(), "<del>'&lt;b&gt;'</del> x");
        assert_eq!(is.into_string(), "<ins>'&lt;i&gt;'</ins> x");
    }
}
