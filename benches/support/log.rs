//! What the log of an update says of its times.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The events with their instants. A line is `[run] time [LEVEL] {…}`.
pub fn events(text: &str) -> Vec<(OffsetDateTime, Value)> {
    let event = |line: &str| {
        let json = line.find('{')?;
        Some((instant(line)?, serde_json::from_str(&line[json..]).ok()?))
    };
    text.lines().filter_map(event).collect()
}

/// The stages in their order, with their seconds.
pub fn stages(text: &str) -> Vec<(String, f64)> {
    let events = events(text);
    let began: Vec<&(OffsetDateTime, Value)> = events.iter().filter(|(_, e)| e["event"] == "stage").collect();
    let last = text.lines().filter_map(instant).next_back().expect("a last line");
    let ends = began.iter().skip(1).map(|(at, _)| *at).chain([last]);
    began
        .iter()
        .zip(ends)
        .map(|((at, e), end)| (e["stage"].as_str().unwrap_or_default().to_owned(), (end - *at).as_seconds_f64()))
        .collect()
}

fn instant(line: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(line.split_whitespace().nth(1)?, &Rfc3339).ok()
}
