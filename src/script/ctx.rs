//! `ctx`, what a step is told and how it speaks: versions, tenant, log, progress, and the end that it decides itself.

use super::Context;
use super::run::method;
use super::state::{End, State};
use super::trouble::{cut, here, json, text, throw};
use crate::failure::Reason;
use crate::report::{Event, Stage};
use rquickjs::{Ctx, Object, Value};
use std::rc::Rc;

/// `ctx` of one step.
pub fn object<'js>(ctx: &Ctx<'js>, state: &Rc<State>, step: &str, context: &Context<'_>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("from", context.from)?;
    object.set("to", context.to)?;
    match context.tenant {
        Some(tenant) => object.set("context", tenant)?,
        None => object.set("context", Value::new_null(ctx.clone()))?,
    }
    let shared = state.clone();
    method(ctx, &object, "log", move |ctx, given| Ok(log(ctx, &shared, given)))?;
    let shared = state.clone();
    method(ctx, &object, "progress", move |ctx, given| progress(ctx, &shared, given))?;
    let (shared, step) = (state.clone(), step.to_owned());
    method(ctx, &object, "fail", move |ctx, given| Err(fail(ctx, &shared, &step, given)))?;
    Ok(object)
}

/// `console`, which scripts from elsewhere write to: it is the log.
pub fn console<'js>(ctx: &Ctx<'js>, state: &Rc<State>) -> rquickjs::Result<()> {
    let console = Object::new(ctx.clone())?;
    for name in ["log", "info", "warn", "error", "debug"] {
        let state = state.clone();
        method(ctx, &console, name, move |ctx, given| Ok(log(ctx, &state, given)))?;
    }
    ctx.globals().set("console", console)
}

fn log<'js>(ctx: &Ctx<'js>, state: &State, given: &[Value<'js>]) -> Value<'js> {
    let shown: Vec<String> = given.iter().map(|value| shown(ctx, value)).collect();
    let line = state.log(&shown.join(" "));
    state.chain.lent.with(|loan| loan.reporter.event(&Event::Note { message: &line }));
    Value::new_undefined(ctx.clone())
}

fn shown<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    let plain = value.is_object() && !value.is_error() && !value.is_function();
    let json = if plain { json(ctx, value) } else { None };
    json.or_else(|| text(ctx, value)).unwrap_or_else(|| "?".to_owned())
}

fn progress<'js>(ctx: &Ctx<'js>, state: &State, given: &[Value<'js>]) -> rquickjs::Result<Value<'js>> {
    let count = |at: usize| given.get(at).and_then(Value::as_number).filter(|n| *n >= 0.0 && n.is_finite());
    let (Some(done), Some(total)) = (count(0), count(1)) else {
        return Err(throw(ctx, "ctx.progress(done, total) wants two numbers that are not negative"));
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates, which is what a bar wants"
    )]
    let (done, total) = (done.min(total) as u64, total as u64);
    state.chain.lent.with(|loan| {
        loan.reporter.event(&Event::Progress {
            stage: Stage::Migrate,
            done,
            total,
        });
    });
    Ok(Value::new_undefined(ctx.clone()))
}

fn fail<'js>(ctx: &Ctx<'js>, state: &State, step: &str, given: &[Value<'js>]) -> rquickjs::Error {
    let reason = given
        .first()
        .map_or_else(|| "it gave no reason".to_owned(), |reason| shown(ctx, reason));
    let mut end = End::new(Reason::StepFailed, cut(&reason));
    end.line = here(ctx, step);
    if let Some(fields) = given.get(1).filter(|fields| !fields.is_undefined() && !fields.is_null()) {
        match json(ctx, fields).and_then(|json| serde_json::from_str(&json).ok()) {
            Some(fields) => end.fields = fields,
            None => {
                return throw(
                    ctx,
                    "ctx.fail(reason, fields) wants an object with fields that can be written as JSON",
                );
            }
        }
    }
    let thrown = throw(ctx, &end.text);
    state.end(end);
    thrown
}
