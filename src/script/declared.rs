//! Functions that the application itself gives to SQLite and that the manifest declares, so that a schema that calls them can be parsed,
//! altered and, where a body is given, used.

use super::Limits;
use super::engine::{Engine, enter};
use super::functions::{Callable, exists, flags, is_name, register};
use super::source;
use super::state::State;
use super::trouble::Trouble;
use crate::failure::{Failure, Reason, Result};
use rquickjs::Persistent;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// One such function, as the manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFunction {
    /// Its name in SQL.
    pub name: String,
    /// How many arguments it takes; any number if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<u8>,
    /// Whether the same arguments always give the same result. SQLite wants that of what indexes and generated columns call.
    #[serde(default)]
    pub deterministic: bool,
    /// What it computes: a JavaScript function, like `(text) => text.trim()`. Without it, the function can be named and not called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Gives the functions to a connection, for as long as it is open. A function with a body works on the thread that declared it.
pub fn declare(connection: &Connection, functions: &[DeclaredFunction], limits: Limits) -> Result<()> {
    let mut engine = None;
    for function in functions {
        check(connection, function)?;
        match &function.body {
            Some(body) => {
                let engine = match &engine {
                    Some(engine) => engine,
                    None => engine.insert(
                        Engine::new(State::new(&Rc::default(), limits, "the manifest")).map_err(|t| wrong(&function.name, &t.end.text))?,
                    ),
                };
                with_body(connection, function, body, engine)?;
            }
            None => without_body(connection, function)?,
        }
    }
    Ok(())
}

fn check(connection: &Connection, function: &DeclaredFunction) -> Result<()> {
    let name = &function.name;
    if !is_name(name) {
        return Err(wrong(
            name,
            "its name must consist of letters, digits and “_”, and begin with a letter",
        ));
    }
    if function.arguments.is_some_and(|n| n > 127) {
        return Err(wrong(name, "SQLite knows no function with more than 127 arguments").with("expected", 127));
    }
    if function.body.is_none() && exists(connection, name, true).map_err(|e| unable(name, &e))? {
        return Err(wrong(
            name,
            "SQLite has it itself: leave it out, or give it the body that the application uses",
        ));
    }
    Ok(())
}

fn with_body(connection: &Connection, function: &DeclaredFunction, body: &str, engine: &Engine) -> Result<()> {
    let name = &function.name;
    let place = format!("function {name}");
    let state = &engine.state;
    let made = || -> std::result::Result<Callable, Trouble> {
        let realm = engine.realm()?;
        state.arm();
        let made = enter(state, &realm, |ctx| {
            source::function(&ctx, &place, body).map(|function| Persistent::save(&ctx, function))
        });
        let end = state.disarm();
        Ok(Callable {
            function: end.map_or(made, |end| Err(Trouble::from(end)))?,
            realm,
            state: state.clone(),
            name: name.clone(),
            step: place.clone(),
        })
    };
    let callable = made().map_err(|trouble| wrong(name, &trouble.end.text))?;
    let arguments = function.arguments.map_or(-1, i32::from);
    register(connection, callable, arguments, function.deterministic).map_err(|e| unable(name, &e))
}

fn without_body(connection: &Connection, function: &DeclaredFunction) -> Result<()> {
    let name = function.name.clone();
    let refuse = move |_: &rusqlite::functions::Context<'_>| {
        let text = format!("{name}() is the application's own function, and the manifest gives no body for it");
        Err::<rusqlite::types::Null, _>(rusqlite::Error::UserFunctionError(text.into()))
    };
    let arguments = function.arguments.map_or(-1, i32::from);
    connection
        .create_scalar_function(function.name.as_str(), arguments, flags(function.deterministic), refuse)
        .map_err(|e| unable(&function.name, &e))
}

fn wrong(name: &str, what: &str) -> Failure {
    let message = format!("The manifest declares the SQL function “{name}”: {what}. Correct it and pack again.");
    Failure::new(Reason::PayloadInvalid, message).with("value", name)
}

fn unable(name: &str, error: &rusqlite::Error) -> Failure {
    wrong(name, &error.to_string())
}
