//! SQL as text: tokens and statements. It never judges meaning; SQLite itself does that.

mod statements;
mod tokens;

pub use statements::{Statement, statements};
pub use tokens::{Kind, Token, normalised, tokens, unquoted};

/// An identifier in double quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
