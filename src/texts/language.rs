//! A language: its tag, its direction, its texts, and how values are set into them.

use super::{LANGUAGES, Texts};

/// A language that the window speaks.
#[derive(Debug)]
pub struct Language {
    /// The primary tag of BCP 47: `en`, `ar`.
    pub tag: &'static str,
    /// Whether it is written from right to left.
    pub right_to_left: bool,
    /// What the window says.
    pub texts: &'static Texts,
}

// Not the isolates (U+2066 to U+2069), which would be the better characters: Windows 7 does not know them and draws boxes.
const LEFT_TO_RIGHT_EMBEDDING: char = '\u{202A}';
const RIGHT_TO_LEFT_EMBEDDING: char = '\u{202B}';
const POP: char = '\u{202C}';
const RIGHT_TO_LEFT_MARK: char = '\u{200F}';

impl Language {
    pub(super) const fn new(tag: &'static str, right_to_left: bool, texts: &'static Texts) -> Language {
        Language { tag, right_to_left, texts }
    }

    /// Sets values into a text. A placeholder without a value stays as it is; what stands in a value is never taken for a placeholder.
    pub fn fill(&self, template: &str, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            let close = rest.find('}').map_or(rest.len(), |close| close + 1);
            let name = rest[1..close].trim_end_matches('}');
            match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => filled.push_str(&self.foreign(value)),
                None => filled.push_str(&rest[..close]),
            }
            rest = &rest[close..];
        }
        filled + rest
    }

    /// A text that is not of this language, such as a path or a version: in right-to-left text it keeps its own direction. Most do so by
    /// themselves, and are left as they are.
    pub fn foreign(&self, value: &str) -> String {
        if !self.right_to_left || keeps_its_direction(value) {
            return value.to_owned();
        }
        let embedding = match value.chars().find(|c| c.is_alphabetic()) {
            Some(first) if is_right_to_left(first) => RIGHT_TO_LEFT_EMBEDDING,
            _ => LEFT_TO_RIGHT_EMBEDDING,
        };
        format!("{embedding}{value}{POP}")
    }
}

/// Says of each line of a right-to-left text that it is one, whatever is around it: not every place that draws a text knows.
pub fn directed(text: &str) -> String {
    // The mark holds a full stop on its side where a line is broken in two.
    let line = |line: &str| format!("{RIGHT_TO_LEFT_EMBEDDING}{line}{RIGHT_TO_LEFT_MARK}{POP}");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a text looks the same inside right-to-left text without any mark: a plain version, or what begins and ends in Latin letters.
fn keeps_its_direction(value: &str) -> bool {
    let number = value.chars().all(|c| c.is_ascii_digit() || c == '.');
    let latin = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.ends_with(|c: char| c.is_ascii_alphanumeric())
        && !value.chars().any(is_right_to_left);
    number || latin
}

/// Hebrew, Arabic, Syriac, Thaana, N'Ko, and the forms of them that old files use.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}')
}

/// The language for the first tag that fits: `fr-CA` and `fr_CA` fit French. English if none does.
pub fn choose<'a>(preferred: impl Iterator<Item = &'a str>) -> &'static Language {
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    preferred
        .filter_map(|tag| LANGUAGES.iter().find(|language| language.tag == primary(tag)))
        .next()
        .unwrap_or(&LANGUAGES[0])
}
