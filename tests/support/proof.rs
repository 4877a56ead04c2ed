//! What the sweeps find, for the report: each prints a line, and leaves its figures in `target/proof/`.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::time::Instant;

/// Whether everything is to be tried, and not only as much as fits into every run.
pub fn is_nightly() -> bool {
    std::env::var("HOLDFAST_PROOF").is_ok_and(|size| size == "nightly")
}

/// A sweep at work.
pub struct Sweep {
    name: String,
    /// What the sweep shows, in a sentence for people.
    shows: String,
    began: Instant,
    notes: std::cell::RefCell<Vec<String>>,
}

impl Sweep {
    pub fn begin(name: &str, shows: &str) -> Sweep {
        Sweep {
            name: name.to_owned(),
            shows: shows.to_owned(),
            began: Instant::now(),
            notes: std::cell::RefCell::default(),
        }
    }

    /// Lines for the report.
    pub fn note(&self, lines: &[String]) {
        self.notes.borrow_mut().extend_from_slice(lines);
    }

    /// Ends it: how many of what were tried, what else is worth saying, and all that went wrong. Anything wrong fails the test.
    #[track_caller]
    pub fn end(self, tried: usize, unit: &str, more: &[(&str, usize)], wrong: &[String]) {
        self.record(tried, unit, more, wrong);
        let shown: Vec<&String> = wrong.iter().take(10).collect();
        assert!(wrong.is_empty(), "{}: {} wrong, such as {shown:#?}", self.name, wrong.len());
        assert!(tried > 0, "{}: nothing was tried", self.name);
    }

    /// The same without a judgement, for sweeps that have to find something.
    pub fn record(&self, tried: usize, unit: &str, more: &[(&str, usize)], wrong: &[String]) {
        let seconds = self.began.elapsed().as_secs_f64();
        let said: String = more.iter().map(|(what, n)| format!(", {n} {what}")).collect();
        println!("{}: {tried} {unit}{said}, {} wrong, {seconds:.1} s", self.name, wrong.len());
        let folder = super::project().join("target/proof");
        let slug: String = self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let figures = serde_json::json!({
            "sweep": self.name,
            "shows": self.shows,
            "size": if is_nightly() { "nightly" } else { "ci" },
            "tried": tried,
            "unit": unit,
            "more": more,
            "notes": *self.notes.borrow(),
            "wrong": wrong.len(),
            "examples": wrong.iter().take(10).collect::<Vec<_>>(),
            "seconds": seconds,
        });
        let text = serde_json::to_string_pretty(&figures).expect("figures");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(format!("{slug}.json")), text))
            .expect("the figures can be written");
    }
}
