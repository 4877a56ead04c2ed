//! SQLite's errors inside a script: most are thrown, and a script may catch them. A few end the step, whatever it catches: a refused
//! statement, a cancel, a full disk, and a transaction that SQLite has rolled back.

use super::lent::Loan;
use super::state::{End, State};
use super::trouble::{cut, here, throw};
use crate::failure::Reason;
use rquickjs::{Ctx, Exception};
use rusqlite::ErrorCode;

/// Throws an error of SQLite: an Error with its message, `code` (SQLite's extended code) and `sql`.
pub fn thrown(ctx: &Ctx<'_>, state: &State, step: &str, loan: &Loan<'_>, sql: &str, error: &rusqlite::Error) -> rquickjs::Error {
    let text = message(error);
    match error.sqlite_error_code() {
        Some(ErrorCode::AuthorizationForStatementDenied) => {
            return refuse(
                ctx,
                state,
                step,
                sql,
                &format!("it uses a statement that no step may use: {}", cut(sql)),
            );
        }
        Some(ErrorCode::OperationInterrupted) => state.end(End::new(Reason::Cancelled, "The update was cancelled.")),
        Some(ErrorCode::DiskFull) => state.end(End::new(
            Reason::SpaceShort,
            "There was no room left while the data was brought to the new version. Make room and run the update again.",
        )),
        _ if rolled_back(loan, error) => {
            let mut end = End::new(Reason::StepFailed, format!("{text} (SQLite has undone the whole transaction)"));
            (end.line, end.statement) = (here(ctx, step), Some(sql.to_owned()));
            state.end(end);
        }
        _ => {}
    }
    make(ctx, &text, sql, error.sqlite_error().map(|e| e.extended_code)).unwrap_or_else(|error| error)
}

/// Some errors make SQLite roll back by itself; what came after would stand outside of the transaction.
fn rolled_back(loan: &Loan<'_>, error: &rusqlite::Error) -> bool {
    let rolls_back = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::ConstraintViolation
                | ErrorCode::DatabaseCorrupt
        )
    );
    rolls_back && loan.in_transaction && loan.connection.is_autocommit()
}

/// Ends the step for good: what it did is not for a script to catch.
pub fn refuse(ctx: &Ctx<'_>, state: &State, step: &str, sql: &str, text: &str) -> rquickjs::Error {
    let mut end = End::new(Reason::StepRefused, text);
    (end.line, end.statement) = (here(ctx, step), Some(sql.to_owned()));
    state.end(end);
    throw(ctx, text)
}

fn make(ctx: &Ctx<'_>, text: &str, sql: &str, code: Option<i32>) -> rquickjs::Result<rquickjs::Error> {
    let exception = Exception::from_message(ctx.clone(), text)?;
    exception.set("name", "SqlError")?;
    exception.set("sql", sql)?;
    exception.set("code", code)?;
    Ok(exception.throw())
}

/// SQLite's own words.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}
