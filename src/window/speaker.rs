//! Who speaks on every page: a language, and the product of which it speaks.

use super::page::{Button, Choice};
use crate::flow::UNNAMED;
use crate::texts::{Ends, Language, Reasons, Words};

/// A language and a product.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    /// The language.
    pub language: &'static Language,
    /// The product's name; empty if nobody knows it.
    pub product: &'a str,
}

impl<'a> Speaker<'a> {
    /// Whoever knows the product's name best: the caller, else what a run found out.
    pub fn of(self, found: &'a str) -> Speaker<'a> {
        let product = match self.product {
            "" if found != UNNAMED => found,
            known => known,
        };
        Speaker { product, ..self }
    }

    /// Single words and sentences.
    pub fn words(&self) -> &'static Words {
        &self.language.texts.words
    }

    /// The outcomes.
    pub fn ends(&self) -> &'static Ends {
        &self.language.texts.ends
    }

    /// What happened and what to do.
    pub fn reasons(&self) -> &'static Reasons {
        &self.language.texts.reasons
    }

    /// A text with its values; the product's name is one of them.
    pub fn say(&self, template: &str, values: &[(&str, &str)]) -> String {
        if !self.product.is_empty() {
            return self.language.fill(template, &[&[("product", self.product)], values].concat());
        }
        // The general word is of this language, so it is not set off; a sentence may begin with it.
        let text = template.replace("{product}", self.words().application);
        let text = self.language.fill(&text, values);
        let mut letters = text.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// A button with a text and its values.
    pub fn button(&self, choice: Choice, template: &str, values: &[(&str, &str)]) -> Button {
        Button::new(choice, self.say(template, values))
    }
}
