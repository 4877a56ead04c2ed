//! How reasons become a score: each adds to the logarithm of the odds, and what it has added to the score itself is what people see.

use super::findings::Evidence;

/// Reasons for and against one possibility.
#[derive(Debug, Clone)]
pub struct Odds {
    prior: f64,
    reasons: Vec<(&'static str, String, f64)>,
}

impl Odds {
    /// Before anything is known.
    pub fn new(prior: f64) -> Odds {
        Odds {
            prior,
            reasons: Vec::new(),
        }
    }

    /// A reason; above 0 if it speaks for the possibility.
    pub fn add(&mut self, about: &'static str, weight: f64, sentence: impl Into<String>) {
        self.reasons.push((about, sentence.into(), weight));
    }

    /// The logarithm of the odds.
    pub fn total(&self) -> f64 {
        self.prior + self.reasons.iter().map(|r| r.2).sum::<f64>()
    }

    /// The reasons, each with what it added to the score; they are told from the strongest to the weakest, and add up to what lies between
    /// the score without any reason and `score`.
    pub fn evidence(mut self, score: f64, rivals: &[String]) -> Vec<Evidence> {
        self.reasons.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        let mut sum = self.prior;
        let told = self.reasons.into_iter().map(|(about, sentence, weight)| {
            let before = chance(sum);
            sum += weight;
            let weight = rounded(chance(sum) - before);
            Evidence { about, sentence, weight }
        });
        let mut told: Vec<Evidence> = told.collect();
        let lost = rounded(score - chance(sum));
        if let (true, Some(rival)) = (lost < -0.01, rivals.first()) {
            let more = if rivals.len() > 1 { " and others" } else { "" };
            told.push(Evidence {
                about: "structure",
                sentence: format!("{rival}{more} may be meant as well."),
                weight: lost,
            });
        }
        told
    }
}

/// The chance that belongs to a logarithm of odds.
pub fn chance(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// Three digits: more would pretend.
pub fn rounded(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}
