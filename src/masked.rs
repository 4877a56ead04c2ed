//! What is shown of a value that nobody is to read: its form. Letters and digits stand for all of their kind, so that a date looks like a
//! date and a code like a code. It hides what a value says, and neither how long it is nor which signs are in it.

/// The form of a text.
pub fn masked(text: &str) -> String {
    text.chars().map(like).collect()
}

/// A character that stands for all of its kind.
pub fn like(c: char) -> char {
    match c {
        c if c.is_numeric() => '9',
        c if c.is_uppercase() => 'A',
        c if c.is_alphabetic() => 'a',
        c => c,
    }
}
