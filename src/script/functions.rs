//! SQL functions that scripts define for the steps after them, and how SQL calls into the engine. A function computes from its arguments
//! alone: it may not use the database.

use super::engine::enter;
use super::lent::Loan;
use super::state::State;
use super::thread::OnThread;
use super::trouble::{Trouble, throw};
use super::values::{Unreadable, to_js, to_sql};
use rquickjs::function::Args;
use rquickjs::{Context, Ctx, Function, Persistent, Value};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value as Sql;
use std::rc::Rc;

/// A function in JavaScript that SQL calls. The order of the fields is the order in which they go.
pub struct Callable {
    /// What it computes.
    pub function: Persistent<Function<'static>>,
    /// Where it was made; it keeps the engine alive.
    pub realm: Context,
    /// Of its engine.
    pub state: Rc<State>,
    /// Its name in SQL.
    pub name: String,
    /// The step, or whatever its lines are counted in.
    pub step: String,
}

/// Registers a function for any number of arguments, or for `arguments`.
pub fn register(connection: &Connection, callable: Callable, arguments: i32, deterministic: bool) -> rusqlite::Result<()> {
    let name = callable.name.clone();
    let held = OnThread::new(callable);
    connection.create_scalar_function(name.as_str(), arguments, flags(deterministic), move |given| match held.get() {
        Some(callable) => call(callable, given).map_err(|text| rusqlite::Error::UserFunctionError(text.into())),
        None => Err(rusqlite::Error::UserFunctionError(
            "the function belongs to another thread of the program".into(),
        )),
    })
}

/// Pure functions are harmless in views, triggers and indexes, also where the schema is not trusted.
pub fn flags(deterministic: bool) -> FunctionFlags {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    match deterministic {
        true => flags | FunctionFlags::SQLITE_DETERMINISTIC,
        false => flags,
    }
}

/// Whether SQL can call a function so without quotes.
pub fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 64
}

/// Whether the connection has a function of this name.
pub fn exists(connection: &Connection, name: &str, built_in: bool) -> rusqlite::Result<bool> {
    let query = "SELECT count(*) FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE AND builtin >= ?2";
    connection
        .query_row(query, (name, built_in), |row| row.get::<_, i64>(0))
        .map(|n| n > 0)
}

/// `db.define(name, options?, fn)`.
pub fn define<'js>(ctx: &Ctx<'js>, state: &Rc<State>, step: &str, given: &[Value<'js>]) -> rquickjs::Result<Value<'js>> {
    let usage = "db.define(name, {deterministic: true}, function) wants a name of letters, digits and “_”, and a function; the middle may be left out";
    let name = given
        .first()
        .and_then(Value::as_string)
        .map(rquickjs::String::to_string)
        .transpose()?;
    let function = given.last().and_then(Value::as_function);
    let (Some(name), Some(function)) = (name.filter(|name| is_name(name)), function) else {
        return Err(throw(ctx, usage));
    };
    let deterministic = match given {
        [_, _] => false,
        [_, options, _] if options.is_object() && !options.is_function() => {
            let options = options.as_object().map(|o| o.get::<_, Option<bool>>("deterministic"));
            options.transpose()?.flatten().unwrap_or(false)
        }
        _ => return Err(throw(ctx, usage)),
    };
    let made = state.chain.lent.with(|loan| {
        let callable = Callable {
            function: Persistent::save(ctx, function.clone()),
            realm: loan.realm.clone(),
            state: state.clone(),
            name: name.clone(),
            step: step.to_owned(),
        };
        add(loan, callable, deterministic)
    });
    match made {
        Some(Ok(())) => Ok(Value::new_undefined(ctx.clone())),
        Some(Err(text)) => Err(throw(ctx, &text)),
        None => Err(throw(ctx, "the step has ended")),
    }
}

fn add(loan: &Loan<'_>, callable: Callable, deterministic: bool) -> Result<(), String> {
    let name = callable.name.clone();
    let lower = name.to_ascii_lowercase();
    let unable = |e: rusqlite::Error| format!("the function {name}() cannot be defined: {e}");
    let state = callable.state.clone();
    if !state.chain.defined.borrow().contains(&lower) && exists(loan.connection, &name, false).map_err(unable)? {
        return Err(format!(
            "there is a function {name}() already, and views or indexes may use it: take another name"
        ));
    }
    register(loan.connection, callable, -1, deterministic).map_err(unable)?;
    state.chain.defined.borrow_mut().insert(lower);
    Ok(())
}

/// From SQL: inside of a script's own query, or of a step in SQL. There the limits hold for each call.
fn call(callable: &Callable, given: &rusqlite::functions::Context<'_>) -> Result<Sql, String> {
    struct Running<'s>(&'s State);
    impl Drop for Running<'_> {
        fn drop(&mut self) {
            self.0.chain.functions.set(self.0.chain.functions.get() - 1);
        }
    }
    let state = &*callable.state;
    let outermost = !state.inside.get();
    if outermost {
        state.arm();
    }
    state.chain.functions.set(state.chain.functions.get() + 1);
    let running = Running(state);
    let result = enter(state, &callable.realm, |ctx| {
        compute(&ctx, callable, given).map_err(|error| match error {
            Wrong::Engine(error) => Trouble::caught(&ctx, error, &callable.step),
            Wrong::Value(text) => Trouble::new(text),
        })
    });
    drop(running);
    let end = if outermost { state.disarm() } else { None };
    let (end, line) = match (result, end) {
        (Ok(value), None) => return Ok(value),
        (Ok(_), Some(end)) => (end, None),
        (Err(trouble), Some(end)) => (end, trouble.end.line),
        (Err(trouble), None) => {
            let line = trouble.end.line;
            (trouble.end, line)
        }
    };
    let place = line.map_or_else(String::new, |line| format!(" line {line}"));
    Err(format!("{}() of {}{place}: {}", callable.name, callable.step, end.text))
}

enum Wrong {
    Engine(rquickjs::Error),
    Value(String),
}

impl From<rquickjs::Error> for Wrong {
    fn from(error: rquickjs::Error) -> Wrong {
        Wrong::Engine(error)
    }
}

fn compute<'js>(ctx: &Ctx<'js>, callable: &Callable, given: &rusqlite::functions::Context<'_>) -> Result<Sql, Wrong> {
    let function = callable.function.clone().restore(ctx)?;
    let mut arguments = Args::new_unsized(ctx.clone());
    for at in 0..given.len() {
        let value = to_js(ctx, given.get_raw(at)).map_err(|trouble| match trouble {
            Unreadable::Engine(error) => Wrong::Engine(error),
            Unreadable::Text => Wrong::Value(format!("argument {} is text that is not UTF-8", at + 1)),
        })?;
        arguments.push_arg(value)?;
    }
    let returned: Value<'js> = function.call_arg(arguments)?;
    to_sql(ctx, &returned).map_err(|what| Wrong::Value(format!("what it returned {what}")))
}
