//! Calls a step's function and drives what it began to its end: a promise to its outcome, a callback to its call.

use super::db;
use super::engine::{Engine, enter};
use super::source::{Entry, finish, load};
use super::state::State;
use super::trouble::{Trouble, here, text};
use super::{Context, ctx};
use rquickjs::function::Rest;
use rquickjs::{Context as Realm, Ctx, Exception, Function, Object, Persistent, Promise, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// What a callback was told.
#[derive(Default)]
struct Called {
    times: u32,
    trouble: Option<Trouble>,
}

/// Runs one step in a realm of its own, with the limits armed, and connection and reporter lent.
pub fn run(engine: &Engine, realm: &Realm, step: &str, source: &str, context: &Context<'_>) -> Result<(), Trouble> {
    let entry = load(engine, realm, step, source)?;
    let called = Rc::new(RefCell::new(Called::default()));
    let callback = matches!(entry, Entry::Callback(_));
    let promise = enter(&engine.state, realm, |ctx| {
        begin(&ctx, &engine.state, entry, step, context, &called)
    })?;
    let promised = promise.is_some();
    finish(engine, realm, promise, step)?;
    let mut called = called.borrow_mut();
    match called.times {
        _ if called.trouble.is_some() => called.trouble.take().map_or(Ok(()), Err),
        0 if callback && !promised => Err(Trouble::new(
            "it ended without calling its callback: call cb() at the end, and cb(error) when something failed",
        )),
        0 | 1 => engine.state.take_rejected().map_or(Ok(()), |mut trouble| {
            trouble.end.text = format!("a promise that nothing waits for was rejected: {}", trouble.end.text);
            Err(trouble)
        }),
        times => Err(Trouble::new(format!(
            "it called its callback {times} times: call it once, at the end"
        ))),
    }
}

fn begin<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<State>,
    entry: Entry,
    step: &str,
    context: &Context<'_>,
    called: &Rc<RefCell<Called>>,
) -> Result<Option<Persistent<Promise<'static>>>, Trouble> {
    let run = || -> rquickjs::Result<Value<'js>> {
        let database = db::object(ctx, state, step)?;
        let told = ctx::object(ctx, state, step, context)?;
        ctx::console(ctx, state)?;
        match entry {
            Entry::Direct(function) => function.restore(ctx)?.call((database, told)),
            Entry::Callback(function) => {
                told.set("db", database)?;
                function.restore(ctx)?.call((told, callback(ctx, called, step)?))
            }
        }
    };
    let returned = run().map_err(|e| Trouble::caught(ctx, e, step))?;
    Ok(returned.into_promise().map(|promise| Persistent::save(ctx, promise)))
}

/// `cb(err)`. What it is told counts only when everything has ended.
fn callback<'js>(ctx: &Ctx<'js>, called: &Rc<RefCell<Called>>, step: &str) -> rquickjs::Result<Function<'js>> {
    let (called, step) = (called.clone(), step.to_owned());
    Function::new(ctx.clone(), move |ctx: Ctx<'js>, told: Rest<Value<'js>>| {
        let trouble = told
            .0
            .first()
            .filter(|error| fails(error))
            .map(|error| told_error(&ctx, error, &step));
        let mut called = called.borrow_mut();
        called.times += 1;
        called.trouble = called.trouble.take().or(trouble);
    })
}

fn fails(error: &Value<'_>) -> bool {
    !error.is_null() && !error.is_undefined() && error.as_bool() != Some(false)
}

fn told_error<'js>(ctx: &Ctx<'js>, error: &Value<'js>, step: &str) -> Trouble {
    let is_error = error.as_object().is_some_and(|o| Exception::from_object(o.clone()).is_some());
    let mut trouble = if is_error {
        Trouble::thrown(ctx, error, step)
    } else {
        Trouble::new(text(ctx, error).unwrap_or_else(|| "something".to_owned()))
    };
    trouble.end.line = trouble.end.line.or_else(|| here(ctx, step));
    trouble
}

/// A function of an object that a script is given.
pub fn method<'js>(
    ctx: &Ctx<'js>,
    object: &Object<'js>,
    name: &str,
    run: impl Fn(&Ctx<'js>, &[Value<'js>]) -> rquickjs::Result<Value<'js>> + 'js,
) -> rquickjs::Result<()> {
    let function = Function::new(ctx.clone(), move |ctx: Ctx<'js>, given: Rest<Value<'js>>| run(&ctx, &given.0))?;
    object.set(name, function.with_name(name)?)
}
