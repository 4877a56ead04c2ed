//! The frame of every page that Holdfast writes: one file with everything in it, for phone and desktop, light and dark, screen and paper.
//!
//! A page asks nothing of any network, and says so to the browser. Text goes in through `maud`, which escapes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How something stands, as a colour with a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Somebody should look.
    Look,
    /// Something must be done.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    /// The class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Look => "look",
            Tone::Bad => "bad",
            Tone::Plain => "",
        }
    }
}

/// A whole page.
pub fn page(title: &str, body: &Markup) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    whole.into_string()
}

/// A word in a colour.
pub fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (word) } }
}

/// A row of figures: number, what it counts, how that stands.
pub fn tiles<'t>(figures: impl IntoIterator<Item = (String, &'t str, Tone)>) -> Markup {
    html! {
        ul class="tiles" {
            @for (number, what, tone) in figures {
                li class={ "tile " (tone.class()) } { b { (number) } (what) }
            }
        }
    }
}

/// Names and what belongs to them.
pub fn facts<'f>(facts: impl IntoIterator<Item = (&'f str, Markup)>) -> Markup {
    html! {
        dl { @for (name, what) in facts { dt { (name) } dd { (what) } } }
    }
}

/// A search box, and a box for each level: its value in `data-level`, its word. What can be found carries `data-find` with its text.
pub fn tools(what: &str, levels: &[(&str, &str)]) -> Markup {
    html! {
        div class="tools" role="search" {
            input type="search" placeholder=(what) aria-label=(what);
            @for (value, word) in levels {
                label { input type="checkbox" value=(value) checked; (word) }
            }
            output class="soft" aria-live="polite" {}
        }
    }
}

/// A table whose rows become cards on a phone. Columns whose name begins with `#` hold numbers.
pub fn table(names: &[&str], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let class = |name: &str| if name.starts_with('#') { "number" } else { "" };
    html! {
        div class="scroll" {
            table class="stack" {
                thead { tr { @for name in names { th class=(class(name)) scope="col" { (name.trim_start_matches('#')) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (name, cell) in names.iter().zip(row) {
                                td class=(class(name)) data-name=(name.trim_start_matches('#')) { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A number with its thousands apart.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that people read.
pub fn size(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let power = bytes.max(1).ilog(1000).min(4);
    match power {
        0 => format!("{bytes} bytes"),
        _ => format!("{:.1} {}", bytes as f64 / 1000_f64.powi(power as i32), units[power as usize]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_nothing_comes_from_elsewhere() {
        let name = "</style><script>alert(1)</script>\"'&";
        let text = page(
            name,
            &html! { (badge(Tone::Bad, name)) (tools(name, &[("bad", name)])) (table(&["#n"], [vec![html! { (name) }]])) },
        );
        assert_eq!(text.matches("<script>").count(), 1);
        assert!(!text.contains("alert(1)</script>\""));
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("src="));
        assert_eq!(
            text,
            page(
                name,
                &html! { (badge(Tone::Bad, name)) (tools(name, &[("bad", name)])) (table(&["#n"], [vec![html! { (name) }]])) }
            )
        );
    }

    #[test]
    fn figures_are_as_people_write_them() {
        assert_eq!(
            [0, 999, 1000, 31_650, 1_234_567].map(number),
            ["0", "999", "1,000", "31,650", "1,234,567"]
        );
        assert_eq!([0, 999, 13_500_000].map(size), ["0 bytes", "999 bytes", "13.5 MB"]);
    }
}
