//! Versions as products write them: dotted numbers with an optional suffix, compared by their numbers.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A version such as `2.0`, `2022.05` or `1.4.0-rc1`. `1.0` and `1.0.0` are the same version; a suffix comes before none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    text: String,
    numbers: Vec<u64>,
    suffix: String,
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is not a version: dotted numbers such as 2.0 or 1.4.2, with an optional -suffix, are expected");
        let (numbers, suffix) = text.split_once('-').unwrap_or((text, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if text.len() > 64 || !suffix.chars().all(plain) || (suffix.is_empty() && text.ends_with('-')) {
            return Err(wrong());
        }
        let numbers = numbers
            .split('.')
            .map(|part| match part.bytes().all(|b| b.is_ascii_digit()) {
                true => part.parse().map_err(|_| wrong()),
                false => Err(wrong()),
            })
            .collect::<Result<Vec<u64>, _>>()?;
        Ok(Version {
            text: text.to_owned(),
            numbers,
            suffix: suffix.to_owned(),
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let number = |v: &Version, n: usize| v.numbers.get(n).copied().unwrap_or(0);
        (0..length)
            .map(|n| number(self, n).cmp(&number(other, n)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| match (self.suffix.is_empty(), other.suffix.is_empty()) {
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ => self.suffix.cmp(&other.suffix),
            })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.text
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    #[test]
    fn numbers_count_not_text() {
        assert!(version("1.10") > version("1.9"));
        assert!(version("1.0") == version("1.0.0"));
        assert!(version("2.0-rc1") < version("2.0"));
        assert!(version("2022.05") > version("2020.05"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "v1", "1..2", "1.x", "-1", "1.0-", "1.0 beta", "99999999999999999999"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
