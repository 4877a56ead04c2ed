//! What the release manager writes in TOML. An unknown key is an error that names the near one.

use crate::near::near;
use serde::de::DeserializeOwned;

/// Reads a text, or says what is wrong and in which line.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|e| explain(&e.to_string()))
}

/// Adds the near word to serde's complaint about an unknown one.
pub fn explain(error: &str) -> String {
    let error = error.trim_end();
    let words: Vec<&str> = error.split('`').collect();
    let unknown = |w: &&str| w.ends_with("unknown field ") || w.ends_with("unknown variant ");
    let near = words
        .iter()
        .position(unknown)
        .and_then(|n| near(words.get(n + 1)?, words[n + 2..].iter().skip(1).step_by(2).copied()));
    match near {
        Some(near) => format!("{error}\nDid you mean `{near}`?"),
        None => error.to_owned(),
    }
}
