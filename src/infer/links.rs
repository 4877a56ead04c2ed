//! Lists in text: what stands between their parts.

use super::data::Data;
use super::masked::told;
use super::odds::Odds;
use super::types::Family;
use super::world::key;
use crate::schema::{Column, Table};

/// What may stand between the parts of a list, the longer first.
const SEPARATORS: [&str; 6] = ["|", ", ", "; ", ",", ";", " "];

/// The separator of a column's values, with what they say; `None` in it for single values, `None` as a whole if they are no list of what
/// `member` holds.
pub fn separator(data: &Data<'_>, old: (&Table, &Column), member: &Column, odds: &mut Odds) -> Option<Option<String>> {
    let (wanted, is_text) = (Family::of(&member.declared), Family::of(&old.1.declared) == Family::Text);
    let rows = data.old(old.0);
    let Some(sketch) = rows.columns.get(&key(&old.1.name)).filter(|s| s.filled() > 0) else {
        if is_text && wanted != Family::Text {
            odds.add("values", -1.5, "It is text, and no value shows how a list in it is written.");
        }
        return Some(None);
    };
    let values: Vec<&str> = sketch
        .values
        .values()
        .map(|(text, _)| text.as_str())
        .filter(|t| !t.trim().is_empty())
        .collect();
    let is_part = |part: &str| match wanted {
        Family::Integer => part.parse::<i64>().is_ok(),
        _ => !part.is_empty(),
    };
    if values.iter().all(|v| is_part(v)) && wanted == Family::Integer {
        return Some(None);
    }
    let splits = |separator: &&str| {
        let parts = |value: &str| -> Vec<String> {
            value
                .trim_matches(['[', ']'])
                .split(*separator)
                .map(|p| p.trim().to_owned())
                .collect()
        };
        let is_list = |value: &&str| parts(value).iter().filter(|p| !p.is_empty()).all(|p| is_part(p));
        values.iter().any(|v| v.contains(*separator)) && values.iter().all(is_list)
    };
    match SEPARATORS.into_iter().find(|s| splits(s)) {
        Some(separator) => {
            let example = values.iter().find(|v| v.contains(separator)).copied().unwrap_or_default();
            odds.add("values", 1.5, format!("Its values are lists, such as “{}”.", told(example)));
            Some(Some(separator.to_owned()))
        }
        None if wanted == Family::Integer => None,
        None => Some(None),
    }
}
