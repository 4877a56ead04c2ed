//! How a run ended, in the numbers that deployment tools read on Windows: those of Windows Installer where it has one
//! (<https://learn.microsoft.com/windows/win32/msi/error-codes>), else those of the system. Our own numbers stay in the result file.

use super::{Aftermath, Exit, Failure, Reason};

/// A number for a deployment tool, with its meaning for the README's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table says what each means")]
pub enum WindowsCode {
    Done = 0,
    NoRoom = 112,
    NeedsAdministrator = 740,
    Cancelled = 1602,
    Failed = 1603,
    NotRestored = 1604,
    NoApplication = 1605,
    InUse = 1618,
    Damaged = 1620,
    AlreadyThere = 1638,
    CommandLine = 1639,
    DoesNotFit = 1642,
    Restart = 3010,
}

impl WindowsCode {
    /// All of them with their meaning, in the order of their numbers.
    pub const ALL: [(WindowsCode, &'static str); 13] = [
        (WindowsCode::Done, "done, or there was nothing to recover or confirm"),
        (WindowsCode::NoRoom, "not enough free space; everything is as before"),
        (
            WindowsCode::NeedsAdministrator,
            "administrator's rights are needed; nothing touched",
        ),
        (WindowsCode::Cancelled, "cancelled; code and data are as before"),
        (WindowsCode::Failed, "refused, or failed and restored: code and data are as before"),
        (WindowsCode::NotRestored, "failed and **not** restored: help is needed"),
        (WindowsCode::NoApplication, "the application was not found; nothing touched"),
        (
            WindowsCode::InUse,
            "busy: something is in use, later it may work; code and data are as before",
        ),
        (
            WindowsCode::Damaged,
            "the update is damaged or not rightly signed, or this program carries none; nothing touched",
        ),
        (WindowsCode::AlreadyThere, "this version or a newer one is in place already"),
        (WindowsCode::CommandLine, "the command line could not be understood"),
        (
            WindowsCode::DoesNotFit,
            "this update is not for what is installed there; nothing touched",
        ),
        (
            WindowsCode::Restart,
            "done; what is left over is tidied up at the next start of the machine",
        ),
    ];

    /// The number for an ending. `leftovers`: the new version is in place, and tidying up was not finished.
    pub fn of(exit: Exit, failure: Option<&Failure>, aftermath: Aftermath, already_there: bool, leftovers: bool) -> WindowsCode {
        match (exit, failure) {
            (Exit::Done, _) if leftovers => WindowsCode::Restart,
            (Exit::Done, _) => WindowsCode::Done,
            (Exit::NothingToDo, _) if already_there => WindowsCode::AlreadyThere,
            (Exit::NothingToDo, _) => WindowsCode::Done,
            (Exit::Usage, _) => WindowsCode::CommandLine,
            (Exit::NotRestored, _) => WindowsCode::NotRestored,
            (Exit::Cancelled, _) => WindowsCode::Cancelled,
            (Exit::Busy, _) => WindowsCode::InUse,
            (Exit::Refused | Exit::Restored, Some(failure)) => WindowsCode::of_reason(failure.reason, aftermath),
            (Exit::Refused | Exit::Restored, None) => WindowsCode::Failed,
        }
    }

    fn of_reason(reason: Reason, aftermath: Aftermath) -> WindowsCode {
        match reason {
            Reason::SpaceShort => WindowsCode::NoRoom,
            // What was begun and put back did not fail for want of rights alone.
            _ if aftermath == Aftermath::Restored => WindowsCode::Failed,
            Reason::TargetDenied => WindowsCode::NeedsAdministrator,
            Reason::TargetMissing => WindowsCode::NoApplication,
            Reason::BundleMissing
            | Reason::BundleDamaged
            | Reason::BundleName
            | Reason::BundleFormat
            | Reason::BundleUnsigned
            | Reason::BundleSignature
            | Reason::BundleUnpinned => WindowsCode::Damaged,
            Reason::VersionNewer => WindowsCode::AlreadyThere,
            Reason::ProductOther
            | Reason::TargetInvalid
            | Reason::VersionUnknown
            | Reason::VersionOlder
            | Reason::CodeChanged
            | Reason::SchemaDrift => WindowsCode::DoesNotFit,
            _ => WindowsCode::Failed,
        }
    }
}
