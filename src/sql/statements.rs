//! Cuts a script into statements, with the line on which each begins, by the rule of `sqlite3_complete()`: a statement ends at a
//! semicolon, and `CREATE TRIGGER` only at the one behind its `END`.

use super::tokens::{Kind, Token, tokens};

/// One statement of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Its text, with the semicolon if it has one.
    pub text: &'a str,
    /// The line of its first word, from 1.
    pub line: usize,
}

/// All statements of a script; what holds only blanks and semicolons is left out.
pub fn statements(script: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut counted = 0;
    let mut words: Vec<Token<'_>> = Vec::new();
    for token in tokens(script) {
        if token.kind == Kind::Blank || (words.is_empty() && token.text == ";") {
            continue;
        }
        words.push(token);
        if token.text == ";" && ends(&words) {
            found.push(cut(script, &words, &mut line, &mut counted));
            words.clear();
        }
    }
    if !words.is_empty() {
        found.push(cut(script, &words, &mut line, &mut counted));
    }
    found
}

fn cut<'a>(script: &'a str, words: &[Token<'a>], line: &mut usize, counted: &mut usize) -> Statement<'a> {
    let first = words[0].start;
    let end = words.last().map_or(first, |last| last.start + last.text.len());
    *line += script[*counted..first].matches('\n').count();
    *counted = first;
    Statement {
        text: &script[first..end],
        line: *line,
    }
}

/// Whether the semicolon that stands last ends the statement.
fn ends(words: &[Token<'_>]) -> bool {
    let explained = |word: &&Token<'_>| ["EXPLAIN", "QUERY", "PLAN"].iter().any(|w| word.is(w));
    let first = words.iter().take_while(explained).count();
    let trigger = words.get(first).is_some_and(|w| w.is("CREATE"))
        && match words.get(first + 1) {
            Some(second) if second.is("TEMP") || second.is("TEMPORARY") => words.get(first + 2).is_some_and(|w| w.is("TRIGGER")),
            Some(second) => second.is("TRIGGER"),
            None => false,
        };
    // Inside a trigger every statement ends with a semicolon, so `; END ;` closes it and `CASE … END ;` does not.
    !trigger || (words.len() >= 3 && words[words.len() - 2].is("END") && words[words.len() - 3].text == ";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_one_statement_and_lines_are_kept() {
        let script = "-- first\nCREATE TABLE t(a);;\n\nCREATE TRIGGER g AFTER INSERT ON t BEGIN\n SELECT CASE 1 WHEN 1 THEN 2 END;\n INSERT INTO t VALUES(';');\nEND;\nSELECT 1";
        let cuts = statements(script);
        assert_eq!(cuts.iter().map(|s| s.line).collect::<Vec<_>>(), [2, 4, 8]);
        assert!(cuts[1].text.ends_with("END;"));
    }

    #[test]
    fn a_mark_between_joined_files_is_a_blank() {
        let script = "SELECT 1;\u{feff}CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;";
        assert_eq!(statements(script).len(), 2);
    }
}
