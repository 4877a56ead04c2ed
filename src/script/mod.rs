//! Steps in JavaScript, for what SQL cannot say. A script is given the database and a few words about the update, and nothing of the
//! machine: no file, network, process, clock or chance, so that it does at the site what it did when it was tried.
//!
//! It runs in the conductor's transaction and never begins or commits. Limits of memory, stack and time end it with a failure that names
//! the limit and the line; whatever a script does, the connection stays usable, and the conductor decides what becomes of the transaction.
//!
//! | what a script has | |
//! |---|---|
//! | `export default function (db, ctx)`, also `async` | a module |
//! | `module.exports = function (opts, cb)` | the older form; `opts` holds `db` and what `ctx` holds, `cb(error?)` is called once |
//! | `db.query(sql, params?)` | an array of rows, as objects |
//! | `db.get(sql, params?)` | the first row, or `undefined` |
//! | `db.each(sql, params?, fn)` | one row after the other, in bounded memory; how many there were |
//! | `db.run(sql, params?)` | `{changes, lastInsertRowid}` |
//! | `db.prepare(sql)` | a statement with the same four, without `sql` |
//! | `db.exec(sql)` | several statements, without parameters |
//! | `db.define(name, {deterministic}?, fn)` | an SQL function, for this step and those after it |
//! | `ctx.from`, `ctx.to`, `ctx.context` | versions; the tenant, or `null` |
//! | `ctx.log(…)`, `ctx.progress(done, total)` | `console.log` is the log, too |
//! | `ctx.fail(reason, fields?)` | ends the step; nothing can catch it |
//!
//! NULL is `null`, an integer a number or, beyond 2⁵³ − 1, a BigInt, a blob a `Uint8Array`. A number that is an integer is written as INTEGER,
//! another one as REAL. Parameters are an array for `?` and an object for `:name`. Dates are in UTC.
//!
//! One hole is left in the limit of time: it is looked at between the steps of the language, of its regular expressions and of a query. A
//! single call that computes for long inside of the engine or of SQLite is over only when it returns.

mod bind;
mod ctx;
mod db;
mod declared;
mod engine;
mod functions;
mod lent;
mod memory;
mod run;
mod source;
mod sql_error;
mod state;
mod thread;
mod trouble;
mod values;

pub use declared::{DeclaredFunction, declare};

use crate::failure::Result;
use crate::report::Reporter;
use engine::Engine;
use lent::Loan;
use rusqlite::Connection;
use state::{Chain, State};
use std::rc::Rc;
use trouble::Trouble;

/// What a script may know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The version from which the migration leads.
    pub from: &'a str,
    /// The version to which it leads.
    pub to: &'a str,
    /// The tenant whose data it is: `ctx.context`.
    pub tenant: Option<&'a str>,
    /// Hears of log and progress, and knows whether a person has cancelled.
    pub reporter: &'a dyn Reporter,
}

/// What a script may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the script's own values; the database's are not counted.
    pub memory_bytes: usize,
    /// Of one step, its SQL included.
    pub seconds: u64,
}

impl Default for Limits {
    /// Memory that a machine with 1 GiB and a 32-bit program can give. The time is there so that an endless loop ends at all: a slow
    /// machine with much data must never meet it.
    fn default() -> Self {
        Limits {
            memory_bytes: 256 << 20,
            seconds: 3600,
        }
    }
}

/// What a step did, besides the rows that it wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptReport {
    /// Rows given to the script.
    pub read: u64,
    /// What it logged.
    pub log: Vec<String>,
}

/// The scripts of one chain on one connection. It keeps the functions that scripts define for the steps after them, and takes them off when
/// it goes.
pub struct Scripts<'c> {
    connection: &'c Connection,
    limits: Limits,
    chain: Rc<Chain>,
}

impl<'c> Scripts<'c> {
    /// For the chain that begins.
    #[allow(clippy::unnecessary_wraps, reason = "what a chain needs of the engine is this module's own affair")]
    pub fn new(connection: &'c Connection, limits: Limits) -> Result<Scripts<'c>> {
        Ok(Scripts {
            connection,
            limits,
            chain: Rc::default(),
        })
    }

    /// Runs one step, named like `2.0/30-x.js`, to its end. It has an engine of its own, so it inherits no value, job or memory of the steps
    /// before it.
    pub fn run(&mut self, step: &str, source: &str, context: &Context<'_>) -> Result<ScriptReport> {
        let state = State::new(&self.chain, self.limits, step);
        let result = begin(&state).and_then(|(engine, realm)| {
            let loan = Loan {
                connection: self.connection,
                reporter: context.reporter,
                realm: &realm,
                in_transaction: !self.connection.is_autocommit(),
            };
            state.arm();
            self.chain.lent.during(&loan, || {
                let result = run::run(&engine, &realm, step, source, context);
                decided(&state, result)
            })
        });
        self.connection.flush_prepared_statement_cache();
        result
            .map(|()| state.take_report())
            .map_err(|trouble| source::placed(trouble, source).at_site(step))
    }
}

impl Drop for Scripts<'_> {
    fn drop(&mut self) {
        for name in self.chain.defined.take() {
            // What cannot be removed now goes with the connection.
            let _ = self.connection.remove_function(name.as_str(), -1);
        }
    }
}

/// For packing: whether a step can be parsed and gives a function. What stands outside of its functions is run, without a database.
pub fn check(step: &str, source: &str) -> Result<()> {
    let limits = Limits {
        seconds: 10,
        ..Limits::default()
    };
    let state = State::new(&Rc::default(), limits, step);
    let result = begin(&state).and_then(|(engine, realm)| {
        state.arm();
        let result = source::load(&engine, &realm, step, source).map(|_| ());
        decided(&state, result)
    });
    result.map_err(|trouble| source::placed(trouble, source).at_packing(step))
}

fn begin(state: &Rc<State>) -> std::result::Result<(Engine, rquickjs::Context), Trouble> {
    let engine = Engine::new(state.clone())?;
    let realm = engine.realm()?;
    Ok((engine, realm))
}

/// An end that was decided counts more than what the script made of it; the script knows the line.
fn decided(state: &State, result: std::result::Result<(), Trouble>) -> std::result::Result<(), Trouble> {
    match (state.disarm(), result) {
        (None, result) => result,
        (Some(mut end), result) => {
            if let Err(trouble) = result {
                end.line = end.line.or(trouble.end.line);
            }
            Err(Trouble::from(end))
        }
    }
}
