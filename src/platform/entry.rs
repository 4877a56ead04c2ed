//! What an entry of the system's list of installed programs says; the same on every system.

use serde::{Deserialize, Serialize};

/// An entry, and what it says. Where it is, only its system knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered<Place> {
    /// Where it is.
    pub place: Place,
    /// The name of its key.
    pub key: String,
    /// Whether Windows Installer keeps it.
    pub is_msi: bool,
    /// What it says.
    pub values: Values,
}

/// The values of an entry that tell its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// What people see.
    pub display_name: Option<String>,
    /// The version as text.
    pub display_version: Option<String>,
    /// `20260131`.
    pub install_date: Option<String>,
    /// KiB.
    pub estimated_size: Option<u32>,
    /// The version's first number.
    pub version_major: Option<u32>,
    /// The version's second number.
    pub version_minor: Option<u32>,
}

impl Values {
    /// The same entry after an update. What it did not say it does not say afterwards, but for the version, for which deployment tools look.
    pub fn updated(&self, from: &str, to: &str, date: &str, size_kib: u32) -> Values {
        let mut numbers = to.split(['.', '-', '+']).map(|n| n.parse::<u32>().ok());
        let mut number = |now: Option<u32>| numbers.next().flatten().filter(|_| now.is_some()).or(now);
        Values {
            display_name: self.display_name.as_ref().map(|name| replaced(name, from, to)),
            display_version: Some(to.to_owned()),
            install_date: self.install_date.as_ref().map(|_| date.to_owned()),
            estimated_size: self.estimated_size.map(|_| size_kib),
            version_major: number(self.version_major),
            version_minor: number(self.version_minor),
        }
    }
}

/// A name that ends with the old version, or has it as a word, gets the new one.
fn replaced(name: &str, from: &str, to: &str) -> String {
    let words: Vec<&str> = name.split(' ').map(|word| if word == from { to } else { word }).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_said_again() {
        let before = Values {
            display_name: Some("Relief Register 1.1".to_owned()),
            display_version: Some("1.1".to_owned()),
            version_major: Some(1),
            ..Values::default()
        };
        let after = before.updated("1.1", "2.0", "20260131", 77);
        assert_eq!(after.display_name.as_deref(), Some("Relief Register 2.0"));
        assert_eq!(after.display_version.as_deref(), Some("2.0"));
        assert_eq!((after.version_major, after.version_minor), (Some(2), None));
        assert_eq!((after.install_date, after.estimated_size), (None, None));
    }
}
