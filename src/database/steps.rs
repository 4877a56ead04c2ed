//! Runs the steps of a chain of migrations on a working copy: all steps and their ledger rows in one transaction, with foreign
//! keys off, under an authorizer that refuses what no step may do. It never commits half a chain.

use super::account::{Account, TableAccount};
use super::ledger::{self, is_ours};
use super::preupdate::{Changes, Counter};
use crate::bundle::manifest::RowRule;
use crate::bundle::sha256;
use crate::failure::{Failure, Reason, Result};
use crate::report::{Event, Reporter};
use crate::sql::{Statement, quoted, statements};
use crate::version::Version;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, ErrorCode};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A step with its text.
#[derive(Debug, Clone)]
pub struct StepText {
    /// The version to which it leads.
    pub version: Version,
    /// Its file name.
    pub name: String,
    /// SQL.
    pub text: String,
}

impl StepText {
    /// Reads the bytes of a step; a byte-order mark goes.
    pub fn new(version: Version, name: &str, bytes: Vec<u8>) -> Result<StepText> {
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(Reason::PayloadInvalid, format!("The step “{version}/{name}” is not UTF-8 text.")))?;
        Ok(StepText {
            version,
            name: name.to_owned(),
            text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
        })
    }

    /// The checksum that the ledger and the manifest hold: line ends do not count.
    pub fn checksum(&self) -> String {
        format!("sha256:{}", sha256(self.text.replace("\r\n", "\n").as_bytes()))
    }
}

/// What a chain of migrations did to one database.
#[derive(Debug, Default, Serialize)]
pub struct StepReport {
    /// The accounts, version by version.
    pub accounts: Vec<(Version, Vec<TableAccount>)>,
    /// Tables that were made, changed or dropped.
    #[serde(skip)]
    pub touched: BTreeSet<String>,
    /// Rows inserted, updated and deleted in all.
    pub changes: (u64, u64, u64),
}

/// Runs all steps in one transaction. On failure the database is as before (and is thrown away by the caller all the same).
/// Each version in `versions` gets its own row account, also when it has no step for this database.
pub fn migrate(
    connection: &mut Connection,
    steps: &[StepText],
    rules: &[&RowRule],
    run: &str,
    reporter: &dyn Reporter,
) -> Result<StepReport> {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let prepared = prepare(connection, &seen, reporter.cancel_flag());
    prepared.map_err(|e| plain(&e))?;
    let report = in_transaction(connection, steps, rules, run, &seen, reporter);
    let restored = connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
    restored
        .and_then(|()| connection.progress_handler(0, None::<fn() -> bool>))
        .map_err(|e| plain(&e))?;
    report
}

fn prepare(connection: &mut Connection, seen: &Arc<Mutex<Seen>>, cancel: Option<Arc<AtomicBool>>) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    connection.execute_batch("PRAGMA foreign_keys=OFF; PRAGMA cache_size=-16384; BEGIN IMMEDIATE;")?;
    ledger::prepare(connection)?;
    let seen = seen.clone();
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        seen.lock().unwrap_or_else(PoisonError::into_inner).judge(&context)
    }))?;
    connection.progress_handler(10_000, cancel.map(|flag| move || flag.load(Ordering::Relaxed)))
}

fn in_transaction(
    connection: &Connection,
    steps: &[StepText],
    rules: &[&RowRule],
    run: &str,
    seen: &Mutex<Seen>,
    events: &dyn Reporter,
) -> Result<StepReport> {
    let mut report = StepReport::default();
    let mut counter = Counter::new(connection);
    for steps in steps.chunk_by(|a, b| a.version == b.version) {
        let version = &steps[0].version;
        let rules: Vec<&RowRule> = rules.iter().copied().filter(|r| r.version == *version).collect();
        let mut account = trusted(seen, || Account::begin(connection)).map_err(|e| plain(&e))?;
        for step in steps {
            events.event(&Event::Step {
                version: &version.to_string(),
                step: &step.name,
            });
            let started = Instant::now();
            let changes = run_step(connection, step, &mut counter, &mut account, seen)?;
            report.changes = add(report.changes, changes);
            trusted(seen, || {
                let row = ledger::Row {
                    run,
                    version: &version.to_string(),
                    step: &step.name,
                    kind: "sql",
                    checksum: &step.checksum(),
                    changes,
                    seconds: started.elapsed().as_secs_f64(),
                };
                // What one step leaves switched on is not the next one's to inherit.
                connection.execute_batch("PRAGMA legacy_alter_table=OFF")?;
                ledger::record(connection, &row)
            })
            .map_err(|e| plain(&e))?;
            counter.take();
        }
        let closed = trusted(seen, || account.close(connection, &rules)).map_err(|e| plain(&e))?;
        report
            .accounts
            .push((version.clone(), closed.map_err(|f| f.with("version", version.to_string()))?));
        report.touched.extend(account.touched().iter().cloned());
    }
    trusted(seen, || connection.execute_batch("COMMIT")).map_err(|e| plain(&e))?;
    Ok(report)
}

fn add(a: (u64, u64, u64), b: (u64, u64, u64)) -> (u64, u64, u64) {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}

fn run_step(
    connection: &Connection,
    step: &StepText,
    counter: &mut Counter<'_>,
    account: &mut Account,
    seen: &Mutex<Seen>,
) -> Result<(u64, u64, u64)> {
    let mut total = (0, 0, 0);
    for statement in statements(&step.text) {
        let changes = run_statement(connection, &statement, counter, account, seen).map_err(|e| explain(&e, step, &statement, seen))?;
        total = changes.values().fold(total, |t, c| add(t, (c.inserted, c.updated, c.deleted)));
        account.enter(&changes);
    }
    Ok(total)
}

fn run_statement(
    connection: &Connection,
    statement: &Statement<'_>,
    counter: &mut Counter<'_>,
    account: &mut Account,
    seen: &Mutex<Seen>,
) -> rusqlite::Result<HashMap<String, Changes>> {
    take(seen);
    let mut prepared = connection.prepare(statement.text)?;
    let actions = take(seen);
    let names = if actions.altered.is_empty() {
        BTreeMap::new()
    } else {
        trusted(seen, || roots(connection))?
    };
    for table in &actions.dropped {
        let rows = trusted(seen, || {
            connection.query_row(&format!("SELECT count(*) FROM main.{}", quoted(table)), [], |r| r.get(0))
        })?;
        account.dropped(table, rows);
    }
    let mut rows = prepared.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    for table in &actions.created {
        let rows = trusted(seen, || {
            connection.query_row(&format!("SELECT count(*) FROM main.{}", quoted(table)), [], |r| r.get(0))
        });
        account.created(table, rows.unwrap_or(0));
    }
    for table in &actions.altered {
        account.altered(table);
    }
    if !names.is_empty() {
        let now = trusted(seen, || roots(connection))?;
        for (root, name) in &names {
            if let Some(new) = now.get(root).filter(|new| *new != name) {
                if is_ours(new) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).refused = Some(OURS);
                    return Err(rusqlite::Error::InvalidQuery);
                }
                account.renamed(name, new);
            }
        }
    }
    let mut changes = counter.take();
    for (table, changes) in changes.iter_mut().filter(|(_, c)| c.replaced > 0) {
        // The hook knows no rowid where there is none, so there every row that went counts as gone.
        let query = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
        if trusted(seen, || connection.query_row(query, [table], |r| r.get::<_, bool>(0))).unwrap_or(true) {
            changes.replaced = 0;
        }
    }
    Ok(changes)
}

/// The tables by root page, which a rename does not change.
fn roots(connection: &Connection) -> rusqlite::Result<BTreeMap<i64, String>> {
    let mut statement = connection.prepare("SELECT rootpage, name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0")?;
    statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
}

/// What the authorizer saw while a statement was prepared, and what it refused.
#[derive(Default)]
struct Seen {
    trusted: bool,
    dropping: bool,
    dropped: Vec<String>,
    created: Vec<String>,
    altered: Vec<String>,
    refused: Option<&'static str>,
}

fn take(seen: &Mutex<Seen>) -> Seen {
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs our own statements, which may do what a step may not.
fn trusted<T>(seen: &Mutex<Seen>, run: impl FnOnce() -> T) -> T {
    let set = |value| seen.lock().unwrap_or_else(PoisonError::into_inner).trusted = value;
    set(true);
    let result = run();
    set(false);
    result
}

/// Pragmas that a step may use: they read, or set what belongs to the application.
const PRAGMAS: [&str; 19] = [
    "application_id",
    "case_sensitive_like",
    "collation_list",
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

const OURS: &str = "tables whose names begin with “holdfast_”: they are the updater's own";

impl Seen {
    fn judge(&mut self, context: &AuthContext<'_>) -> Authorization {
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
        self.dropping |= matches!(
            context.action,
            AuthAction::DropTable { .. }
                | AuthAction::DropView { .. }
                | AuthAction::DropVtable { .. }
                | AuthAction::DropTempTable { .. }
                | AuthAction::DropTempView { .. }
        );
        match context.action {
            AuthAction::DropTable { table_name } if context.database_name == Some("main") => self.dropped.push(table_name.to_owned()),
            AuthAction::CreateTable { table_name } if context.database_name == Some("main") => self.created.push(table_name.to_owned()),
            AuthAction::AlterTable { table_name, .. } => self.altered.push(table_name.to_owned()),
            // Without this a DELETE of all rows would bypass the hook that counts: <https://sqlite.org/c3ref/set_authorizer.html>.
            // A DROP asks for the same right, and would silently not happen.
            AuthAction::Delete { table_name } if !self.dropping && !table_name.starts_with("sqlite_") => return Authorization::Ignore,
            _ => {}
        }
        Authorization::Allow
    }
}

/// A step's error: file, line, statement, and SQLite's word for it.
fn explain(error: &rusqlite::Error, step: &StepText, statement: &Statement<'_>, seen: &Mutex<Seen>) -> Failure {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        return Failure::new(Reason::Cancelled, "The update was cancelled.");
    }
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
        return Failure::new(
            Reason::SpaceShort,
            "There was no room left while the data was brought to the new version. Make room and run the update again.",
        );
    }
    let place = format!("{}/{} line {}", step.version, step.name, statement.line);
    let (reason, message) = match take(seen).refused {
        Some(what) => (Reason::StepRefused, format!("The step {place} may not use {what}.")),
        None => (Reason::StepFailed, format!("The step {place} failed: {error}.")),
    };
    let text: String = statement.text.chars().take(500).collect();
    Failure::new(reason, format!("{message} Ask those who made the update for a corrected one."))
        .with("step", format!("{}/{}", step.version, step.name))
        .with("line", statement.line)
        .with("statement", text)
}

fn plain(error: &rusqlite::Error) -> Failure {
    super::failed(error, std::path::Path::new("the working copy"), "changing")
}
