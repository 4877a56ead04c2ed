//! What a step may not do, and what its statements are about to do to tables: both are told by SQLite's authorizer
//! (<https://sqlite.org/c3ref/set_authorizer.html>) while a statement is prepared. It judges; it never changes anything.

use super::is_ours;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::sync::{Mutex, PoisonError};

/// What the authorizer saw while a statement was prepared, and what it refused.
#[derive(Default)]
pub struct Seen {
    trusted: bool,
    /// Tables and views of which SQLite asks next whether their rows may go.
    dropping: Vec<String>,
    /// Tables that a statement drops.
    pub dropped: Vec<String>,
    /// Tables that it makes.
    pub created: Vec<String>,
    /// Tables that it alters.
    pub altered: Vec<String>,
    /// What was refused.
    pub refused: Option<&'static str>,
}

/// What was seen since the last time.
pub fn take(seen: &Mutex<Seen>) -> Seen {
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs our own statements, which may do what a step may not.
pub fn trusted<T>(seen: &Mutex<Seen>, run: impl FnOnce() -> T) -> T {
    let set = |value| seen.lock().unwrap_or_else(PoisonError::into_inner).trusted = value;
    set(true);
    let result = run();
    set(false);
    result
}

/// Pragmas that a step may use: they read, or set what belongs to the application.
const PRAGMAS: [&str; 20] = [
    "application_id",
    "case_sensitive_like",
    "collation_list",
    // FTS5 asks for it when it is read.
    "data_version",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    // Inside a transaction it does nothing; scripts from elsewhere begin with it.
    "foreign_keys",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "legacy_alter_table",
    "quick_check",
    "recursive_triggers",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// What belongs to Holdfast.
pub const OURS: &str = "tables whose names begin with “holdfast_”: they are the updater's own";

impl Seen {
    /// Whether a step may do something.
    pub fn judge(&mut self, context: &AuthContext<'_>) -> Authorization {
        if self.trusted {
            return Authorization::Allow;
        }
        let refused = match context.action {
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => Some("ATTACH and DETACH: a step works on its own database"),
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {
                Some("BEGIN, COMMIT, ROLLBACK and SAVEPOINT: all steps run in one transaction that Holdfast holds")
            }
            AuthAction::Pragma { pragma_name, .. } if !PRAGMAS.contains(&pragma_name.to_ascii_lowercase().as_str()) => {
                Some("this PRAGMA: it would change how the database is kept, not what is in it")
            }
            AuthAction::Function { function_name } if function_name.eq_ignore_ascii_case("load_extension") => Some("load_extension()"),
            AuthAction::Insert { table_name }
            | AuthAction::Update { table_name, .. }
            | AuthAction::Delete { table_name }
            | AuthAction::DropTable { table_name }
            | AuthAction::AlterTable { table_name, .. }
            | AuthAction::CreateTable { table_name }
            | AuthAction::CreateVtable { table_name, .. }
            | AuthAction::CreateIndex { table_name, .. }
            | AuthAction::CreateTrigger { table_name, .. }
                if is_ours(table_name) =>
            {
                Some(OURS)
            }
            AuthAction::CreateView { view_name } if is_ours(view_name) => Some(OURS),
            _ => None,
        };
        if refused.is_some() {
            self.refused = refused;
            return Authorization::Deny;
        }
        self.note(context)
    }

    fn note(&mut self, context: &AuthContext<'_>) -> Authorization {
        if let AuthAction::DropTable { table_name: name }
        | AuthAction::DropView { view_name: name }
        | AuthAction::DropVtable { table_name: name, .. }
        | AuthAction::DropTempTable { table_name: name }
        | AuthAction::DropTempView { view_name: name } = context.action
        {
            self.dropping.push(name.to_owned());
        }
        match context.action {
            AuthAction::DropTable { table_name } if context.database_name == Some("main") => self.dropped.push(table_name.to_owned()),
            AuthAction::CreateTable { table_name } if context.database_name == Some("main") => self.created.push(table_name.to_owned()),
            AuthAction::AlterTable { table_name, .. } => self.altered.push(table_name.to_owned()),
            // Without this a DELETE of all rows would bypass the hook that counts: <https://sqlite.org/c3ref/set_authorizer.html>.
            // A DROP asks for the same right once, and would silently not happen.
            AuthAction::Delete { table_name } if !table_name.starts_with("sqlite_") => {
                match self.dropping.iter().position(|d| d == table_name) {
                    Some(at) => {
                        self.dropping.remove(at);
                    }
                    None => return Authorization::Ignore,
                }
            }
            _ => {}
        }
        Authorization::Allow
    }
}
