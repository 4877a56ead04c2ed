//! What a compiler cannot see in the table: placeholders, empty texts, and how a language is chosen and filled.

use super::*;
use crate::failure::Reason;
use std::collections::BTreeSet;

/// Every text of a language with its name.
fn all(texts: &Texts) -> Vec<(String, &'static str)> {
    let words = texts.words.each().into_iter().map(|(name, text)| (name.to_owned(), *text));
    let ends = texts.ends.each().into_iter().flat_map(|(name, said)| {
        let parts = [
            ("title", said.title),
            ("heading", said.heading),
            ("text", said.text),
            ("close", said.close),
        ];
        parts.map(|(part, text)| (format!("{name}.{part}"), text))
    });
    let reasons = texts.reasons.each().into_iter().flat_map(|(name, sorry)| {
        let parts = [("what", sorry.what), ("todo", sorry.todo)];
        parts.map(|(part, text)| (format!("{name}.{part}"), text))
    });
    words.chain(ends).chain(reasons).collect()
}

/// The placeholders of a text.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// What may stand in place of a name in each table.
const VALUES: [&str; 8] = ["product", "from", "to", "percent", "minutes", "rows", "value", "label"];

#[test]
fn every_language_says_everything_with_the_same_values_as_english() {
    let english = all(LANGUAGES[0].texts);
    assert_eq!(LANGUAGES[0].tag, "en");
    for language in LANGUAGES {
        let theirs = all(language.texts);
        assert_eq!(theirs.len(), english.len());
        for ((name, text), (_, original)) in theirs.iter().zip(&english) {
            assert!(!text.trim().is_empty(), "{}: {name} is empty", language.tag);
            assert_eq!(text.trim(), *text, "{}: {name} begins or ends with a space", language.tag);
            assert_eq!(placeholders(text), placeholders(original), "{}: {name}", language.tag);
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{}: {name}", language.tag);
            assert!(
                placeholders(text).iter().all(|value| VALUES.contains(value)),
                "{}: {name}",
                language.tag
            );
            assert!(!text.contains('<'), "{}: {name} could be taken for a link", language.tag);
        }
    }
}

#[test]
fn no_text_was_left_in_english() {
    // These are the same word in two languages, or hardly more than values.
    const SAME: [&str; 2] = ["means_ok", "means_no"];
    let english = all(LANGUAGES[0].texts);
    for language in &LANGUAGES[1..] {
        for ((name, text), (_, original)) in all(language.texts).iter().zip(&english) {
            assert!(text != original || SAME.contains(&name.as_str()), "{}: {name}", language.tag);
        }
    }
}

#[test]
fn every_outcome_is_told_by_title_and_button() {
    for language in LANGUAGES {
        let close = language.texts.words.close;
        for (name, said) in language.texts.ends.each() {
            let told = said.close.split_once(" – ").map(|(_, outcome)| outcome);
            assert!(
                told.is_some_and(|outcome| !outcome.is_empty()),
                "{}: {name}: {}",
                language.tag,
                said.close
            );
            assert!(said.title.contains(" – "), "{}: {name}: {}", language.tag, said.title);
            assert!(
                said.close.starts_with(close) || name == "held",
                "{}: {name} does not begin with “{close}”",
                language.tag
            );
        }
    }
}

#[test]
fn every_reason_has_sentences_of_its_own() {
    for language in LANGUAGES {
        let said: BTreeSet<&str> = Reason::ALL.iter().map(|reason| language.texts.reasons.of(*reason).what).collect();
        assert_eq!(said.len(), Reason::ALL.len(), "{}: two reasons are told alike", language.tag);
    }
}

#[test]
fn a_language_is_chosen_by_its_first_part_and_english_where_none_fits() {
    let chosen = |tags: &[&str]| choose(tags.iter().copied()).tag;
    assert_eq!(chosen(&["fr-CA"]), "fr");
    assert_eq!(chosen(&["de-DE", "ES_mx", "fr"]), "es");
    assert_eq!(chosen(&["ar-EG"]), "ar");
    assert_eq!(chosen(&["en-GB", "fr"]), "en");
    assert_eq!(chosen(&["sw", "", "arc"]), "en");
    assert_eq!(chosen(&[]), "en");
}

#[test]
fn values_are_set_in_and_never_read_again() {
    let english = &LANGUAGES[0];
    let values = [("product", "{to}"), ("to", "2.0"), ("from", "")];
    assert_eq!(english.fill("{product} {to}{from}: {unknown} {", &values), "{to} 2.0: {unknown} {");
    assert_eq!(english.fill("no value", &[]), "no value");
}

#[test]
fn a_value_keeps_its_direction_in_right_to_left_text() {
    let arabic = choose(["ar"].into_iter());
    for plain in ["2.0", "Relief Register", "C:\\Program Files\\Relief 2", ""] {
        assert_eq!(arabic.foreign(plain), plain);
    }
    for embedded in ["2.0-rc1", "1.2 GB", "C:\\", "relief.exe (12)"] {
        assert_eq!(
            arabic.fill("أ {value}", &[("value", embedded)]),
            format!("أ \u{202A}{embedded}\u{202C}")
        );
    }
    assert_eq!(arabic.foreign("سجل 2"), "\u{202B}سجل 2\u{202C}");
    assert_eq!(LANGUAGES[0].foreign("C:\\"), "C:\\");
}

#[test]
fn every_line_of_right_to_left_text_says_so() {
    assert_eq!(directed("أ\nب"), "\u{202B}أ\u{200F}\u{202C}\n\u{202B}ب\u{200F}\u{202C}");
}
