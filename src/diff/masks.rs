//! Literals that each site makes for itself, such as a UUID in a default. Two texts that differ in nothing else are the same.

use crate::database::compile_mask;
use crate::failure::Result;
use crate::sql::{Kind, normalised, tokens};
use regex_lite::Regex;

/// A UUID, wherever it stands: nobody writes one by hand.
const UUID: &str = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

/// How two texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Nothing differs that counts.
    Same,
    /// Only what each site makes for itself.
    BySite,
    /// More.
    Differs,
}

/// Regular expressions for such literals.
pub struct Masks(Vec<Regex>);

impl Masks {
    /// Those that people named, and UUIDs.
    pub fn new<'m>(named: impl Iterator<Item = &'m String>) -> Result<Masks> {
        let all = named.map(String::as_str).chain([UUID]);
        Ok(Masks(all.map(compile_mask).collect::<Result<_>>()?))
    }

    /// Compares two texts that are normalised already.
    pub fn compare(&self, old: &str, new: &str) -> Likeness {
        match () {
            () if old == new => Likeness::Same,
            () if self.masked(old) == self.masked(new) => Likeness::BySite,
            () => Likeness::Differs,
        }
    }

    fn masked(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, mask| mask.replace_all(&text, "…").into_owned())
    }
}

/// A default without what does not count. In double quotes a default is a text, whose case does.
pub fn literal(text: &str) -> String {
    match tokens(text).as_slice() {
        [one] if one.kind == Kind::Quoted => format!("'{}'", crate::sql::unquoted(one.text).replace('\'', "''")),
        _ => normalised(text),
    }
}
