//! Reads what `strace -f -y -xx` writes: one call a line, strings in hexadecimal digits, descriptors with their paths. It knows nothing of
//! what the calls do.

use std::collections::HashMap;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A system call that has returned.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    pub arguments: Vec<Argument>,
    /// What it returned; `None` if the process did not live to see it.
    pub result: Option<Argument>,
}

/// An argument, or what was returned.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Text(Vec<u8>),
    /// A descriptor, or the current folder (-100), with the path that it had. A file that is gone has none.
    Descriptor(i64, Option<PathBuf>),
    Number(i64),
    Other(String),
}

impl Argument {
    pub fn number(&self) -> Option<i64> {
        match self {
            Argument::Number(n) | Argument::Descriptor(n, _) => Some(*n),
            _ => None,
        }
    }

    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Argument::Descriptor(_, path) => path.clone(),
            Argument::Text(bytes) => Some(PathBuf::from(std::ffi::OsString::from_vec(bytes.clone()))),
            _ => None,
        }
    }
}

/// All calls of a trace, in the order in which they returned. A line that cannot be read is an error.
pub fn calls(text: &str) -> Result<Vec<Call>, String> {
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (process, rest) = line.split_once(' ').ok_or_else(|| format!("no process: {line}"))?;
        let rest = rest.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start.to_owned());
            continue;
        }
        let whole = match rest.strip_prefix("<... ") {
            Some(resumed) => {
                let (_, end) = resumed.split_once(" resumed>").ok_or_else(|| format!("not resumed: {line}"))?;
                begun.remove(process).ok_or_else(|| format!("never begun: {line}"))? + end
            }
            None => rest.to_owned(),
        };
        calls.push(call(&whole).ok_or_else(|| format!("not a call: {whole}"))?);
    }
    Ok(calls)
}

fn call(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (inside, returned) = rest.rsplit_once(" = ")?;
    let inside = inside.trim_end().strip_suffix(')')?;
    let result = match argument(returned) {
        Argument::Other(other) if other.starts_with('?') => None,
        other => Some(other),
    };
    Some(Call {
        name: name.to_owned(),
        arguments: parts(inside).into_iter().map(argument).collect(),
        result,
    })
}

/// Splits at the commas that are in no bracket and in no string.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn argument(text: &str) -> Argument {
    let text = text.trim();
    if let Some(string) = text.strip_prefix('"')
        && let Some((inside, end)) = string.split_once('"')
        && end.is_empty()
    {
        return Argument::Text(unescape(inside));
    }
    if let Some((number, path)) = text.split_once('<') {
        let number = if number == "AT_FDCWD" { Ok(-100) } else { number.parse() };
        if let (Ok(number), Some((path, end))) = (number, path.split_once('>')) {
            let is_there = !end.contains("deleted") && !path.contains("(deleted)");
            return Argument::Descriptor(
                number,
                is_there.then(|| PathBuf::from(std::ffi::OsString::from_vec(unescape(path)))),
            );
        }
    }
    let first = text.split(' ').next().unwrap_or_default();
    let number = match first.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if first.len() > 1 && first.starts_with('0') => i64::from_str_radix(first, 8),
        None => first.parse(),
    };
    number.map_or_else(|_| Argument::Other(text.to_owned()), Argument::Number)
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let hex = rest.strip_prefix("\\x").and_then(|hex| hex.get(..2));
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[4..];
            }
            None => {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                bytes.extend_from_slice(&rest.as_bytes()[..length]);
                rest = &rest[length..];
            }
        }
    }
    bytes
}
