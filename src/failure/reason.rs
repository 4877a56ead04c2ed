//! The reasons: stable names by which scripts and support people know a failure. Append; never rename, never reuse.

use serde::{Deserialize, Serialize};

/// What kind of answer a reason calls for; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The command line was wrong.
    Usage,
    /// The update cannot run here, or failed on the way.
    Plain,
    /// Later it may work.
    Busy,
    /// A person said no.
    Cancelled,
}

macro_rules! reasons {
    ($($name:ident = $code:literal, $class:ident, $meaning:literal;)+) => {
        /// Why something failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $(#[doc = $meaning] #[serde(rename = $code)] $name,)+
        }

        impl Reason {
            /// All reasons, in the order of the README's table.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];

            /// The stable name.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)+ }
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Reason::$name => $meaning,)+ }
            }

            /// Which answer it calls for.
            pub fn class(self) -> Class {
                match self { $(Reason::$name => Class::$class,)+ }
            }
        }
    };
}

reasons! {
    RequestInvalid = "REQUEST:INVALID", Usage, "an option or verb is unknown, lacks its value, or contradicts another";
    RequestNoTerminal = "REQUEST:NO_TERMINAL", Usage, "a question would have to be asked and there is no terminal: use --silent";
    PayloadInvalid = "PAYLOAD:INVALID", Plain, "the payload folder cannot be packed as it is";
    PayloadUnrehearsed = "PAYLOAD:UNREHEARSED", Plain, "a version that the update starts from was not rehearsed with exactly this payload";
    BundleMissing = "BUNDLE:MISSING", Plain, "this executable carries no update";
    BundleDamaged = "BUNDLE:DAMAGED", Plain, "the update is cut off or changed: its bytes are not those that were packed";
    BundleName = "BUNDLE:NAME", Plain, "a path in the update is not safe on every system";
    BundleFormat = "BUNDLE:FORMAT", Plain, "the update was packed for another version of Holdfast";
    BundleUnsigned = "BUNDLE:UNSIGNED", Plain, "the update is not signed, and this program takes only what a key that it pins has signed";
    BundleSignature = "BUNDLE:SIGNATURE", Plain, "the update's signature is not by a key that counts here, or does not fit the update";
    BundleUnpinned = "BUNDLE:UNPINNED", Plain, "the update lies in a file of its own, and this program pins no key by which it could be known";
    TargetMissing = "TARGET:MISSING", Plain, "no application folder was found";
    TargetInvalid = "TARGET:INVALID", Plain, "the folder is not an installation of this product";
    TargetLink = "TARGET:LINK", Plain, "a path that would be replaced goes through a link, or another volume is mounted inside the folder";
    TargetDenied = "TARGET:DENIED", Plain, "the folder, or one that must be written to, is not writable";
    TargetVolume = "TARGET:VOLUME", Plain, "the volume cannot rename safely (FAT, exFAT)";
    ProductOther = "PRODUCT:OTHER", Plain, "another product is installed there";
    VersionUnknown = "VERSION:UNKNOWN", Plain, "the installed version is none that the update starts from";
    VersionOlder = "VERSION:OLDER", Plain, "the installed version is older than any that the update starts from";
    VersionNewer = "VERSION:NEWER", Plain, "the installed version is newer than the update";
    CodeChanged = "CODE:CHANGED", Plain, "program files differ from what the installed release shipped";
    CodeCollision = "CODE:COLLISION", Plain, "the new version brings a file where the site has one of its own";
    SchemaDrift = "SCHEMA:DRIFT", Plain, "the database's schema is not the one that the update was made for";
    DatabaseMissing = "DATABASE:MISSING", Plain, "a database is not where it should be";
    DatabaseInvalid = "DATABASE:INVALID", Plain, "the file is not an SQLite database, or it is encrypted";
    DatabaseCorrupt = "DATABASE:CORRUPT", Plain, "the database was damaged before the update";
    DatabaseReadonly = "DATABASE:READONLY", Plain, "the database is write-protected";
    DatabaseUnfinished = "DATABASE:UNFINISHED", Plain, "the application was cut off while writing: its database has a rollback journal";
    DatabaseUnsupported = "DATABASE:UNSUPPORTED", Plain, "the database needs functions, collations or modules that only the application has";
    DatabaseBusy = "DATABASE:BUSY", Busy, "the database is in use";
    DatabaseWritten = "DATABASE:WRITTEN", Busy, "someone wrote to the live database or a kept file while the update ran";
    ApplicationRunning = "APPLICATION:RUNNING", Busy, "the application is running, or its files are open";
    UpdateRunning = "UPDATE:RUNNING", Busy, "another updater works on this folder";
    HoldOpen = "HOLD:OPEN", Plain, "an update waits to be confirmed or rolled back first";
    UpdateUnfinished = "UPDATE:UNFINISHED", Plain, "an update was cut off here and has not been brought to its end";
    PairMixed = "PAIR:MIXED", Plain, "program and data are not of one version";
    SpaceShort = "SPACE:SHORT", Plain, "there is not enough free space";
    StepFailed = "STEP:FAILED", Plain, "a migration step failed";
    StepRefused = "STEP:REFUSED", Plain, "a migration step does what no step may do";
    RowRejected = "ROW:REJECTED", Plain, "a row could not be converted or loaded";
    RowsLost = "ROWS:LOST", Plain, "rows went without being declared";
    TableChanged = "TABLE:CHANGED", Plain, "a table that no step touches came out different";
    CheckFailed = "CHECK:FAILED", Plain, "a check gave another answer than it must";
    CheckTimeout = "CHECK:TIMEOUT", Plain, "a check did not end in time";
    CheckWrote = "CHECK:WROTE", Plain, "a check changed what it was to look at";
    EditFailed = "EDIT:FAILED", Plain, "a kept file is not as the edit expects it";
    StageDamaged = "STAGE:DAMAGED", Plain, "what was staged did not read back as it was written";
    DiskFailed = "DISK:FAILED", Plain, "the file system refused an operation";
    JournalFormat = "JOURNAL:FORMAT", Plain, "the journal was written by a newer Holdfast";
    RecoveryFailed = "RECOVERY:FAILED", Plain, "an unfinished update could not be undone or finished";
    RecoveryGivenUp = "RECOVERY:GIVEN_UP", Plain, "recovery was cut off too often; it is not tried again by itself";
    SnapshotMissing = "SNAPSHOT:MISSING", Plain, "the old version is not kept any more";
    RollbackWouldLose = "ROLLBACK:WOULD_LOSE", Plain, "rows written since the update would go; say so to go on";
    Cancelled = "CANCELLED", Cancelled, "a person cancelled";
    InternalPanic = "INTERNAL:PANIC", Plain, "Holdfast itself made a mistake";
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
