//! What a failure knows, on lines of its own: where, which version, how much room, who holds it. A line is there only if its field is.

use super::speaker::Speaker;
use crate::failure::{Failure, Reason};
use serde_json::Value;

/// More programs than these are not listed.
const HOLDERS: usize = 5;

/// The lines of a failure.
pub fn facts(speaker: &Speaker<'_>, failure: &Failure) -> Vec<String> {
    let words = speaker.words();
    let line = |template: &str, value: &str| speaker.say(template, &[("value", value)]);
    let text = |key: &str| failure.fields.get(key).and_then(Value::as_str);
    let bytes = |key: &str| failure.fields.get(key).and_then(Value::as_u64).map(human);
    let mut lines = Vec::new();
    match failure.reason {
        Reason::VersionUnknown | Reason::VersionOlder | Reason::VersionNewer => {
            lines.extend(text("value").map(|value| line(words.installed, value)));
            lines.extend(text("expected").map(|value| line(words.fits, value)));
        }
        Reason::SpaceShort => {
            lines.extend(bytes("expected").map(|value| line(words.room_needed, &value)));
            lines.extend(bytes("value").map(|value| line(words.room_free, &value)));
        }
        Reason::TargetLink => lines.extend(text("value").map(|value| line(words.where_it_is, value))),
        _ => {}
    }
    lines.extend(holders(failure).map(|value| line(words.open_in, &value)));
    lines.extend(text("path").map(|value| line(words.where_it_is, value)));
    lines
}

/// The programs that hold something, as `name (process id)`.
fn holders(failure: &Failure) -> Option<String> {
    let list = failure.fields.get("holders")?.as_array()?;
    let name = |holder: &Value| Some(format!("{} ({})", holder.get("name")?.as_str()?, holder.get("pid")?.as_u64()?));
    let names: Vec<String> = list.iter().filter_map(name).take(HOLDERS).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Bytes as people read them: three digits are enough.
fn human(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, 0);
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    match value < 10.0 && unit > 0 {
        true => format!("{value:.1} {}", UNITS[unit]),
        false => format!("{value:.0} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::choose;
    use serde_json::json;
    use std::path::Path;

    fn english(failure: &Failure) -> Vec<String> {
        let language = choose(["en"].into_iter());
        facts(
            &Speaker {
                language,
                product: "Relief",
            },
            failure,
        )
    }

    #[test]
    fn room_is_told_in_units_that_people_know() {
        let failure = Failure::new(Reason::SpaceShort, "")
            .with("value", 300_000_000)
            .with("expected", 1_240_000_000)
            .at(Path::new("C:\\"));
        assert_eq!(english(&failure), ["Needed: 1.2 GB", "Free: 300 MB", "Where: C:\\"]);
        assert_eq!(
            (human(0), human(999), human(25_000)),
            ("0 B".to_owned(), "999 B".to_owned(), "25 KB".to_owned())
        );
    }

    #[test]
    fn holders_are_named_and_missing_fields_leave_no_line() {
        let held = json!([{"pid": 12, "name": "relief.exe", "path": "C:\\Relief"}, {"pid": 13, "name": "backup.exe", "path": ""}]);
        let failure = Failure::new(Reason::ApplicationRunning, "").with("holders", held);
        assert_eq!(english(&failure), ["Open in: relief.exe (12), backup.exe (13)"]);
        assert!(english(&Failure::new(Reason::VersionOlder, "")).is_empty());
    }
}
