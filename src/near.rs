//! The word that somebody most likely meant.

/// The candidate nearest to a mistyped word, if any is near.
pub fn near<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.map(|c| (strsim::damerau_levenshtein(word, c), c));
    scored.filter(|(distance, c)| *distance <= 2.max(c.len() / 3)).min().map(|(_, c)| c)
}
