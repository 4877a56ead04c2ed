//! Cuts SQL text into tokens by SQLite's lexical rules (<https://sqlite.org/lang_keywords.html>, tokenize.c), so that
//! schemas can be compared without regard to white space, comments and the case of keywords.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// White space or a comment.
    Blank,
    /// A keyword or a bare identifier.
    Word,
    /// An identifier in quotes, back-ticks or brackets.
    Quoted,
    /// A string or blob literal.
    Literal,
    /// A number.
    Number,
    /// Anything else, one character at a time.
    Sign,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text as written.
    pub text: &'a str,
    /// Byte offset in the source.
    pub start: usize,
}

impl Token<'_> {
    /// Whether this is the bare word, in any case.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// All tokens of a text, blanks included. An unclosed quote or comment runs to the end.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (kind, length) = next(sql, at);
        found.push(Token {
            kind,
            text: &sql[at..at + length],
            start: at,
        });
        at += length;
    }
    found
}

fn next(sql: &str, at: usize) -> (Kind, usize) {
    let rest = &sql[at..];
    let bytes = rest.as_bytes();
    match bytes[0] {
        b if b.is_ascii_whitespace() || b == 0x0b => (Kind::Blank, run(rest, |c| c.is_ascii_whitespace() || c == '\u{b}')),
        // Where two files were joined, the mark of the second stands in the middle. To SQLite it is a blank.
        0xef if rest.starts_with('\u{feff}') => (Kind::Blank, 3),
        b'-' if rest.starts_with("--") => (Kind::Blank, rest.find('\n').map_or(rest.len(), |n| n + 1)),
        b'/' if rest.starts_with("/*") => (Kind::Blank, rest[2..].find("*/").map_or(rest.len(), |n| n + 4)),
        b'\'' => (Kind::Literal, quoted(rest, b'\'')),
        b'"' => (Kind::Quoted, quoted(rest, b'"')),
        b'`' => (Kind::Quoted, quoted(rest, b'`')),
        b'[' => (Kind::Quoted, rest.find(']').map_or(rest.len(), |n| n + 1)),
        b'x' | b'X' if bytes.get(1) == Some(&b'\'') => (Kind::Literal, 1 + quoted(&rest[1..], b'\'')),
        b if b.is_ascii_digit() => (Kind::Number, run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_')),
        b if b.is_ascii_alphabetic() || b == b'_' || b >= 0x80 => (
            Kind::Word,
            run(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()),
        ),
        _ => (Kind::Sign, 1),
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn quoted(text: &str, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// What stands in an identifier's quotes, which may not be closed.
fn inside(text: &str) -> &str {
    let inner = &text[1..];
    let end = if text.starts_with('[') { "]" } else { &text[..1] };
    inner.strip_suffix(end).unwrap_or(inner)
}

/// The name that a quoted identifier, or a string in its place, means.
pub fn unquoted(text: &str) -> String {
    match text.chars().next() {
        Some('[') => inside(text).to_owned(),
        Some(quote @ ('"' | '`' | '\'')) => inside(text).replace(&format!("{quote}{quote}"), &quote.to_string()),
        _ => text.to_owned(),
    }
}

/// The text without comments, with single blanks where two words meet, words in lower case and identifiers without their quotes.
pub fn normalised(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for token in tokens(sql) {
        let part = match token.kind {
            Kind::Blank => continue,
            Kind::Word => token.text.to_lowercase(),
            Kind::Quoted => inside(token.text).to_lowercase(),
            _ => token.text.to_owned(),
        };
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '\'');
        if joins(text.chars().last()) && joins(part.chars().next()) {
            text.push(' ');
        }
        text.push_str(&part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_comments_and_case_do_not_count() {
        let one = "CREATE VIEW \"V\" AS -- why\n SELECT  [a],'It''s' FROM t";
        let two = "create view v as select a , 'It''s' from \"T\"";
        assert_eq!(normalised(one), normalised(two));
    }

    #[test]
    fn what_is_not_closed_runs_to_the_end() {
        for text in ["'abc", "\"abc", "[abc", "/* abc", "-- abc", "`", "\"", "x'", "\"é", "[\u{feff}"] {
            let joined: String = tokens(text).iter().map(|t| t.text).collect();
            assert_eq!(joined, text);
            normalised(text);
        }
    }
}
