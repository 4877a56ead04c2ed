//! What is wrong with a mapping, gathered: whoever wrote it is told all of it at once.

use crate::failure::{Failure, Reason, Result};

/// What is wrong with a mapping.
#[derive(Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// One more.
    pub fn add(&mut self, problem: String) {
        self.0.push(problem);
    }

    /// One failure for all of them.
    pub fn failure(self, step: &str) -> Result<()> {
        match self.0.as_slice() {
            [] => Ok(()),
            [one] => Err(Failure::new(Reason::PayloadInvalid, format!("{step}: {one}")).with("step", step)),
            many => {
                let shown: Vec<String> = many.iter().take(20).map(|p| format!("\n- {p}")).collect();
                let message = format!("{step}: {} things are wrong with the mapping:{}", many.len(), shown.concat());
                Err(Failure::new(Reason::PayloadInvalid, message)
                    .with("step", step)
                    .with("value", many.to_vec()))
            }
        }
    }
}
