//! What a column's values look like, in little room however many there are: hashes of some, kinds, lengths, a few of them as they are.

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many different values are remembered: those with the smallest hashes, so that two columns remember the same ones.
const KEPT: usize = 512;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// A whole number, also as text.
    Integer,
    /// Another number, also as text.
    Real,
    /// A day or a point in time.
    Time,
    /// A UUID, also behind a scheme.
    Uuid,
    /// An e-mail address.
    Mail,
    /// Other text.
    Text,
    /// Bytes.
    Blob,
}

/// The values of one column, those seen.
#[derive(Debug, Clone, Default)]
pub struct Sketch {
    /// Rows seen.
    pub rows: u64,
    /// NULLs among them.
    pub nulls: u64,
    /// Values with the smallest hashes, and how often each was seen.
    pub values: BTreeMap<u64, (String, u64)>,
    /// Whether more different values were there than are kept.
    pub is_full: bool,
    looks: BTreeMap<Look, u64>,
}

impl Sketch {
    /// Takes one more value.
    pub fn add(&mut self, value: ValueRef<'_>) {
        self.rows += 1;
        let Some((text, look)) = seen(value) else {
            self.nulls += 1;
            return;
        };
        *self.looks.entry(look).or_default() += 1;
        let hash = hash(text.as_bytes());
        match self.values.get_mut(&hash) {
            Some((_, times)) => *times += 1,
            None => {
                self.values.insert(hash, (text.chars().take(80).collect(), 1));
                if self.values.len() > KEPT {
                    self.is_full = true;
                    self.values.pop_last();
                }
            }
        }
    }

    /// Values that are not NULL.
    pub fn filled(&self) -> u64 {
        self.rows - self.nulls
    }

    /// What at least nine of ten values look like.
    pub fn look(&self) -> Option<Look> {
        let found = self.looks.iter().find(|(_, n)| **n * 10 >= self.filled() * 9);
        found.map(|(look, _)| *look).filter(|_| self.filled() > 0)
    }

    /// How many values are text that is no number, and one of them.
    pub fn words(&self) -> (u64, Option<&str>) {
        let count = |look| self.looks.get(&look).copied().unwrap_or_default();
        let number = count(Look::Time) + count(Look::Uuid) + count(Look::Mail) + count(Look::Text);
        let is_word = |text: &&(String, u64)| !matches!(look_of(&text.0), Look::Integer | Look::Real);
        (number, self.values.values().find(is_word).map(|(text, _)| text.as_str()))
    }

    /// How many of this column's remembered values the other one has, of how many that could be compared.
    pub fn shared(&self, other: &Sketch) -> (usize, usize) {
        // Beyond the largest hash that the other keeps, nothing is known of it.
        let limit = if other.is_full {
            other.values.keys().next_back().copied().unwrap_or(0)
        } else {
            u64::MAX
        };
        let comparable = self.values.keys().filter(|hash| **hash <= limit);
        comparable.fold((0, 0), |(shared, all), hash| {
            (shared + usize::from(other.values.contains_key(hash)), all + 1)
        })
    }

    /// Whether a value is among those remembered.
    pub fn has(&self, text: &str) -> bool {
        self.values.contains_key(&hash(text.as_bytes()))
    }

    /// The values by frequency.
    pub fn frequent(&self) -> Vec<(String, u64)> {
        let mut list: Vec<(String, u64)> = self.values.values().cloned().collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list
    }
}

/// A value as text, so that a number and its text are the same; `None` for NULL.
fn seen(value: ValueRef<'_>) -> Option<(String, Look)> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some((n.to_string(), Look::Integer)),
        ValueRef::Real(n) if n.fract() == 0.0 && n.abs() < 1e15 => Some((format!("{n:.0}"), Look::Integer)),
        ValueRef::Real(n) => Some((n.to_string(), Look::Real)),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
            let look = look_of(&text);
            Some((text, look))
        }
        ValueRef::Blob(bytes) => {
            let digest = Sha256::digest(&bytes[..bytes.len().min(4096)]);
            let head: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
            Some((format!("{} bytes, {head}", bytes.len()), Look::Blob))
        }
    }
}

fn look_of(text: &str) -> Look {
    let text = text.trim();
    let bytes = text.as_bytes();
    let digits_at = |places: &[usize]| places.iter().all(|p| bytes.get(*p).is_some_and(u8::is_ascii_digit));
    let is_day = bytes.len() >= 10 && digits_at(&[0, 1, 2, 3, 5, 6, 8, 9]) && bytes[4] == b'-' && bytes[7] == b'-';
    let tail = text.rsplit(':').next().unwrap_or(text);
    let is_hex = tail.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    match () {
        () if text.is_empty() => Look::Text,
        () if text.parse::<i64>().is_ok() => Look::Integer,
        () if bytes[0].is_ascii_digit() && is_day => Look::Time,
        () if tail.len() == 36 && is_hex && tail.matches('-').count() == 4 => Look::Uuid,
        () if text.parse::<f64>().is_ok_and(f64::is_finite) => Look::Real,
        () if text.contains('@') && text.contains('.') && !text.contains(char::is_whitespace) => Look::Mail,
        () => Look::Text,
    }
}

fn hash(bytes: &[u8]) -> u64 {
    // FNV-1a, stirred: the same in every run and on every machine.
    let mut hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}
