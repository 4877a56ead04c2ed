//! Findings that are alike: they differ in names alone, so that one sentence and a number tell all of them.

use super::report::{Finding, Level};

/// What findings have in common that are alike: all but the names.
pub fn likeness(finding: &Finding) -> (Level, String) {
    let mut text = String::new();
    let mut depth = 0;
    for c in finding.sentence.chars() {
        match c {
            '“' => depth += 1,
            '”' => depth -= 1,
            c if depth == 0 => text.push(c),
            _ => continue,
        }
        if c == '“' && depth == 1 {
            text.push('…');
        }
    }
    (finding.level, text)
}
