//! Makes sure that nobody uses the application. The databases are locked already; an idle application holds no lock, so open
//! files, running programs and started scripts are looked for, too.

use super::preflight::Decision;
use crate::failure::{Failure, Reason, Result};
use crate::platform::{self, Hold, Holder};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A site at rest: decided, locked, and used by nobody.
#[must_use = "a site at rest must be updated or let go"]
pub struct Quiet<'a> {
    /// What was decided, with the locks.
    pub decision: Decision<'a>,
    /// The code, kept from being opened, where the system can do that.
    pub hold: Hold,
}

/// Fails if somebody has the application or its data open, and names them. Nobody can open the code while the result lives.
pub fn look(decision: &Decision<'_>) -> Result<Hold> {
    let holders = match decision.holders() {
        none if none.is_empty() => match platform::hold(&decision.code_files()) {
            Ok(hold) => return Ok(hold),
            Err(path) => vec![somebody(path)],
        },
        some => some,
    };
    Err(in_use(&decision.plan.name, &holders))
}

/// The failure where something is open: by whom, of whom there is one at least.
pub fn in_use(name: &str, holders: &[Holder]) -> Failure {
    let names: Vec<String> = holders.iter().take(5).map(Holder::words).collect();
    let path = holders.first().map_or_else(PathBuf::new, |h| h.path.clone());
    let message = format!(
        "{name} is in use by {}, which has “{}” open. Close it, then run the update again.",
        names.join(", "),
        path.display()
    );
    Failure::new(Reason::ApplicationRunning, message)
        .at(&path)
        .with("holders", serde_json::to_value(holders).unwrap_or_default())
}

/// Whoever opened a file between two looks at it.
fn somebody(path: PathBuf) -> Holder {
    let unknown = Holder {
        pid: 0,
        name: "another program".to_owned(),
        path: path.clone(),
    };
    platform::holders(&BTreeSet::from([path]), &[])
        .into_iter()
        .next()
        .unwrap_or(unknown)
}
