//! Everything that a rehearsal measured and saw, as it stands in the certificate. It holds no judgement: that is the rehearsal's `passed`.

use super::samples::Change;
use crate::failure::Failure;
use crate::steps::TableAccount;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What was measured in one rehearsal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// When it was done, in UTC.
    pub at: String,
    /// What went wrong, with fields for machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// What the update warned of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How long the update took here, in seconds.
    pub seconds: f64,
    /// How long there was no program to start, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away_seconds: Option<f64>,
    /// How long it may take on a slow disk, in seconds.
    pub estimated_seconds: u64,
    /// The room that the update asks for before it begins, in bytes.
    pub needed_bytes: u64,
    /// The most that it was seen to take beside the live pair, in bytes.
    pub peak_bytes: u64,
    /// The stages, with their durations.
    pub phases: Vec<Phase>,
    /// What the ledger says of each step.
    pub steps: Vec<StepRow>,
    /// What became of the rows of each table.
    pub accounts: Vec<AccountRow>,
    /// The payload's checks.
    pub checks: Vec<CheckRow>,
    /// The rollback from the completed update; `None` if it did not come to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Back>,
    /// The swap cut at many points; `None` if it did not come to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<Drill>,
    /// Where the two pairs were left for people to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
    /// Rows before and after, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Change>,
}

/// A stage of the update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name in the flow.
    pub stage: String,
    /// How long it took.
    pub seconds: f64,
}

/// A row of the ledger: a step, or one table of a step that fills several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// The database.
    pub database: String,
    /// The product, or the module whose step it is.
    pub module: String,
    /// The version to which it leads.
    pub version: String,
    /// Its name.
    pub step: String,
    /// `sql`, `reshape`, `load`, `script`.
    pub kind: String,
    /// The table that was filled, where the step says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The table or file from which its rows came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Rows read.
    pub read: u64,
    /// Rows inserted.
    pub inserted: u64,
    /// Rows updated.
    pub updated: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Rows that were there as they are.
    pub skipped: u64,
    /// How long it took.
    pub seconds: f64,
}

/// The account of one table over one version's migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    /// The database.
    pub database: String,
    /// The version.
    pub version: String,
    /// The account.
    #[serde(flatten)]
    pub account: TableAccount,
}

/// A check of the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckRow {
    /// Its name.
    pub name: String,
    /// `sql`, or `run` for a program.
    pub kind: String,
    /// Whether it held; `None` if it was not asked.
    pub passed: Option<bool>,
    /// What a program said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// The way back from the completed update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Back {
    /// How long it took.
    pub seconds: f64,
    /// Whether the old pair was there again, byte for byte.
    pub old_again: bool,
}

/// The swap, cut at points that are spread over all of its operations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// Operations on the disk from the beginning of the swap to the end of tidying up.
    pub operations: u64,
    /// Where it was cut, and what was there.
    pub cuts: Vec<Cut>,
}

/// One cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Before which operation, counted from 1.
    pub at: u64,
    /// The stage in which it is.
    pub stage: String,
    /// What the operation does.
    pub operation: String,
    /// On which path.
    pub path: String,
    /// What could be started right after the cut.
    pub left: Found,
    /// What was there after the recovery.
    pub recovered: Found,
    /// In words, if it is neither pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// What is at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Found {
    /// Exactly the old program with exactly the old data.
    Old,
    /// Exactly the new program with exactly the new data.
    New,
    /// Nothing that could be started.
    Nothing,
    /// Something else: the promise is broken.
    Mixed,
}

impl Found {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Found::Old => "old",
            Found::New => "new",
            Found::Nothing => "nothing",
            Found::Mixed => "neither",
        }
    }
}

impl Drill {
    /// How often the recovery left this.
    pub fn count(&self, what: Found) -> usize {
        self.cuts.iter().filter(|cut| cut.recovered == what).count()
    }

    /// Whether every cut left what it may, before and after the recovery.
    pub fn held(&self) -> bool {
        self.cuts
            .iter()
            .all(|cut| cut.left != Found::Mixed && matches!(cut.recovered, Found::Old | Found::New))
    }
}
