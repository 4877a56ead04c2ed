//! The two sentences for each reason: what happened, and what to do.

use super::table;
use crate::failure::Reason;

/// What happened and what to do. `{product}` may stand in both; paths, versions and holders are told on lines of their own.
#[derive(Debug)]
pub struct Sorry {
    /// What happened.
    pub what: &'static str,
    /// What to do.
    pub todo: &'static str,
}

table! {
    /// The two sentences for each reason.
    Reasons: Sorry {
        request_invalid,
        request_no_terminal,
        payload_invalid,
        bundle_missing,
        bundle_damaged,
        bundle_name,
        bundle_format,
        target_missing,
        target_invalid,
        target_link,
        target_denied,
        target_volume,
        product_other,
        version_unknown,
        version_older,
        version_newer,
        code_changed,
        code_collision,
        schema_drift,
        database_missing,
        database_invalid,
        database_corrupt,
        database_readonly,
        database_unfinished,
        database_unsupported,
        database_busy,
        database_written,
        application_running,
        update_running,
        hold_open,
        update_unfinished,
        pair_mixed,
        space_short,
        step_failed,
        step_refused,
        row_rejected,
        rows_lost,
        table_changed,
        check_failed,
        check_timeout,
        check_wrote,
        edit_failed,
        stage_damaged,
        disk_failed,
        journal_format,
        recovery_failed,
        recovery_given_up,
        snapshot_missing,
        rollback_would_lose,
        cancelled,
        internal_panic,
    }
}

impl Reasons {
    /// The sentences for a reason.
    pub fn of(&self, reason: Reason) -> &Sorry {
        match reason {
            Reason::RequestInvalid => &self.request_invalid,
            Reason::RequestNoTerminal => &self.request_no_terminal,
            Reason::PayloadInvalid => &self.payload_invalid,
            Reason::BundleMissing => &self.bundle_missing,
            Reason::BundleDamaged => &self.bundle_damaged,
            Reason::BundleName => &self.bundle_name,
            Reason::BundleFormat => &self.bundle_format,
            Reason::TargetMissing => &self.target_missing,
            Reason::TargetInvalid => &self.target_invalid,
            Reason::TargetLink => &self.target_link,
            Reason::TargetDenied => &self.target_denied,
            Reason::TargetVolume => &self.target_volume,
            Reason::ProductOther => &self.product_other,
            Reason::VersionUnknown => &self.version_unknown,
            Reason::VersionOlder => &self.version_older,
            Reason::VersionNewer => &self.version_newer,
            Reason::CodeChanged => &self.code_changed,
            Reason::CodeCollision => &self.code_collision,
            Reason::SchemaDrift => &self.schema_drift,
            Reason::DatabaseMissing => &self.database_missing,
            Reason::DatabaseInvalid => &self.database_invalid,
            Reason::DatabaseCorrupt => &self.database_corrupt,
            Reason::DatabaseReadonly => &self.database_readonly,
            Reason::DatabaseUnfinished => &self.database_unfinished,
            Reason::DatabaseUnsupported => &self.database_unsupported,
            Reason::DatabaseBusy => &self.database_busy,
            Reason::DatabaseWritten => &self.database_written,
            Reason::ApplicationRunning => &self.application_running,
            Reason::UpdateRunning => &self.update_running,
            Reason::HoldOpen => &self.hold_open,
            Reason::UpdateUnfinished => &self.update_unfinished,
            Reason::PairMixed => &self.pair_mixed,
            Reason::SpaceShort => &self.space_short,
            Reason::StepFailed => &self.step_failed,
            Reason::StepRefused => &self.step_refused,
            Reason::RowRejected => &self.row_rejected,
            Reason::RowsLost => &self.rows_lost,
            Reason::TableChanged => &self.table_changed,
            Reason::CheckFailed => &self.check_failed,
            Reason::CheckTimeout => &self.check_timeout,
            Reason::CheckWrote => &self.check_wrote,
            Reason::EditFailed => &self.edit_failed,
            Reason::StageDamaged => &self.stage_damaged,
            Reason::DiskFailed => &self.disk_failed,
            Reason::JournalFormat => &self.journal_format,
            Reason::RecoveryFailed => &self.recovery_failed,
            Reason::RecoveryGivenUp => &self.recovery_given_up,
            Reason::SnapshotMissing => &self.snapshot_missing,
            Reason::RollbackWouldLose => &self.rollback_would_lose,
            Reason::Cancelled => &self.cancelled,
            Reason::InternalPanic => &self.internal_panic,
        }
    }
}
