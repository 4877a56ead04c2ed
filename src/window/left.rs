//! How long it will still take, from how long it took so far. It says nothing as long as it does not know, and it never promises seconds.

use crate::texts::{Language, Words};
use std::time::{Duration, Instant};

/// Before that much time and progress, an estimate would be a guess.
const WORTH_TIME: Duration = Duration::from_secs(3);
const WORTH_THOUSANDTHS: u64 = 50;
/// A sentence stays for so long, so that it can be read.
const STAYS: Duration = Duration::from_secs(2);

/// The time left, as coarse as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Less than a minute.
    Moments,
    /// About so many minutes: 1 to 10, 15, 20, 30 or 45.
    Minutes(u64),
    /// About an hour.
    Hour,
    /// More than that.
    Hours,
}

impl Left {
    fn of(seconds: u64) -> Left {
        let minutes = seconds.div_ceil(60);
        match minutes {
            0 | 1 if seconds < 45 => Left::Moments,
            0..=10 => Left::Minutes(minutes.max(1)),
            11..=17 => Left::Minutes(15),
            18..=25 => Left::Minutes(20),
            26..=37 => Left::Minutes(30),
            38..=52 => Left::Minutes(45),
            53..=75 => Left::Hour,
            _ => Left::Hours,
        }
    }

    /// As a sentence.
    pub fn sentence(self, language: &Language) -> String {
        let words: &Words = &language.texts.words;
        let template = match self {
            Left::Moments => words.left_moments,
            Left::Minutes(1) => words.left_minute,
            Left::Minutes(2) => words.left_two_minutes,
            Left::Minutes(3..=10) => words.left_few_minutes,
            Left::Minutes(_) => words.left_many_minutes,
            Left::Hour => words.left_hour,
            Left::Hours => words.left_hours,
        };
        match self {
            Left::Minutes(minutes) => language.fill(template, &[("minutes", &minutes.to_string())]),
            _ => template.to_owned(),
        }
    }
}

/// The pace of a run since it last went on by itself. The time in which a person thinks about a question does not count.
#[derive(Debug)]
pub struct Pace {
    began: (Instant, u64),
    said: Option<(Instant, Left)>,
}

impl Pace {
    /// Begins to count at a position in thousandths.
    pub fn new(now: Instant, position: u64) -> Pace {
        Pace {
            began: (now, position),
            said: None,
        }
    }

    /// How long it will still take, if it can be said.
    pub fn left(&mut self, now: Instant, position: u64) -> Option<Left> {
        let (began, from) = self.began;
        if let Some((at, left)) = self.said
            && now.duration_since(at) < STAYS
        {
            return Some(left);
        }
        let took = now.duration_since(began);
        let gained = position.saturating_sub(from);
        if took < WORTH_TIME || gained < WORTH_THOUSANDTHS {
            return None;
        }
        let left = Left::of(took.as_secs() * 1000_u64.saturating_sub(position) / gained);
        self.said = Some((now, left));
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::choose;

    fn at(seconds: u64, position: u64) -> Option<Left> {
        let began = Instant::now();
        Pace::new(began, 0).left(began + Duration::from_secs(seconds), position)
    }

    #[test]
    fn nothing_is_said_before_it_is_known() {
        assert_eq!(at(2, 900), None);
        assert_eq!(at(1000, 49), None);
        assert_eq!(at(3, 50), Some(Left::Minutes(1)));
    }

    #[test]
    fn the_estimate_follows_the_pace() {
        assert_eq!(at(10, 900), Some(Left::Moments));
        assert_eq!(at(60, 300), Some(Left::Minutes(3)));
        assert_eq!(at(60, 60), Some(Left::Minutes(15)));
        assert_eq!(at(600, 500), Some(Left::Minutes(10)));
        assert_eq!(at(600, 200), Some(Left::Minutes(45)));
        assert_eq!(at(600, 140), Some(Left::Hour));
        assert_eq!(at(600, 60), Some(Left::Hours));
        assert_eq!(at(600, 1000), Some(Left::Moments));
    }

    #[test]
    fn time_before_the_count_does_not_matter_and_a_sentence_stays_for_a_moment() {
        let began = Instant::now();
        let mut pace = Pace::new(began, 150);
        let second = Duration::from_secs(1);
        assert_eq!(pace.left(began + 10 * second, 190), None);
        assert_eq!(pace.left(began + 10 * second, 250), Some(Left::Minutes(2)));
        assert_eq!(pace.left(began + 11 * second, 990), Some(Left::Minutes(2)));
        assert_eq!(pace.left(began + 12 * second, 990), Some(Left::Moments));
    }

    #[test]
    fn arabic_counts_in_its_own_way() {
        let arabic = choose(["ar"].into_iter());
        let said: Vec<String> = [1, 2, 5, 15].map(|m| Left::Minutes(m).sentence(arabic)).into();
        let mut different = said.clone();
        different.dedup();
        assert_eq!(different.len(), 4);
        assert!(!said[1].contains('2'), "two minutes are a word of their own");
    }
}
