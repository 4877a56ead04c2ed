//! Makes sure that nobody uses the application. The databases are locked already; an idle application holds no lock, so open
//! files, running programs and started scripts are looked for, too.

use super::preflight::Decision;
use crate::failure::{Failure, Reason, Result};

/// A site at rest: decided, locked, and used by nobody.
#[must_use = "a site at rest must be updated or let go"]
pub struct Quiet<'a> {
    /// What was decided, with the locks.
    pub decision: Decision<'a>,
}

/// Fails if somebody has the application or its data open, and names them.
pub fn look(decision: &Decision<'_>) -> Result<()> {
    let holders = decision.holders();
    let Some(first) = holders.first() else { return Ok(()) };
    let names: Vec<String> = holders
        .iter()
        .take(5)
        .map(|h| format!("“{}” (process {})", h.name, h.pid))
        .collect();
    Err(Failure::new(
        Reason::ApplicationRunning,
        format!(
            "{} is in use by {}, which has “{}” open. Close it, then run the update again.",
            decision.plan.name,
            names.join(", "),
            first.path.display()
        ),
    )
    .at(&first.path)
    .with("holders", serde_json::to_value(&holders).unwrap_or_default()))
}
