//! From a step's text to the function that it gives. Whether it is a module (`export default function (db, ctx)`) or has the older form
//! (`module.exports = function (opts, cb)`) is told by what it does, not by its name.

use super::engine::{Engine, enter};
use super::trouble::{Trouble, UNLOADED};
use crate::failure::Reason;
use rquickjs::context::EvalOptions;
use rquickjs::function::This;
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Function, Module, Object, Persistent, Promise, Value};

/// A step's function and how it wants to be called.
pub enum Entry {
    /// `(db, ctx)`; may return a promise.
    Direct(Persistent<Function<'static>>),
    /// `(opts, cb)`; may return a promise instead of calling back.
    Callback(Persistent<Function<'static>>),
}

/// What parsing gave. Nothing of the step has run yet.
enum Parsed<'js> {
    Module(Module<'js>),
    /// A function that runs the text, with `module` and its like as parameters.
    Script(Function<'js>),
}

const NO_FUNCTION: &str =
    "it exports no function: write “export default function (db, ctx) { … }”, or “module.exports = function (opts, cb) { … }”";

/// Parses and evaluates; what stands outside of functions runs here.
pub fn load(engine: &Engine, realm: &Context, step: &str, source: &str) -> Result<Entry, Trouble> {
    enum Begun {
        Module(Persistent<Object<'static>>, Persistent<Promise<'static>>),
        Entry(Entry),
    }
    let begun = enter(&engine.state, realm, |ctx| match parse(&ctx, step, source)? {
        Parsed::Module(module) => {
            let (module, promise) = module.eval().map_err(|e| Trouble::caught(&ctx, e, step))?;
            let exports = module.namespace().map_err(|e| Trouble::caught(&ctx, e, step))?;
            Ok(Begun::Module(Persistent::save(&ctx, exports), Persistent::save(&ctx, promise)))
        }
        Parsed::Script(script) => exported(&ctx, &script, step).map(Begun::Entry),
    })?;
    match begun {
        Begun::Entry(entry) => Ok(entry),
        Begun::Module(exports, promise) => {
            finish(engine, realm, Some(promise), step)?;
            enter(&engine.state, realm, |ctx| {
                let function: Value<'_> = exports
                    .restore(&ctx)
                    .and_then(|exports| exports.get("default"))
                    .map_err(|e| Trouble::caught(&ctx, e, step))?;
                let function = function.into_function().ok_or_else(|| Trouble::new(NO_FUNCTION))?;
                Ok(Entry::Direct(Persistent::save(&ctx, function)))
            })
        }
    }
}

/// Runs what is queued; then the promise, if there is one, must be settled, since nothing is left that could settle it.
pub fn finish(engine: &Engine, realm: &Context, promise: Option<Persistent<Promise<'static>>>, step: &str) -> Result<(), Trouble> {
    let driven = engine.drive(step);
    let settled = promise.map_or(Ok(()), |promise| {
        enter(&engine.state, realm, |ctx| match promise.restore(&ctx) {
            Ok(promise) => settled(&ctx, &promise, step),
            Err(error) => Err(Trouble::caught(&ctx, error, step)),
        })
    });
    match (driven, settled) {
        // The error with which it was stopped knows the line.
        (Err(_), Err(settled)) if settled.end.line.is_some() => Err(settled),
        (driven, settled) => driven.and(settled),
    }
}

fn settled(ctx: &Ctx<'_>, promise: &Promise<'_>, step: &str) -> Result<(), Trouble> {
    match promise.state() {
        PromiseState::Resolved => Ok(()),
        PromiseState::Pending => Err(Trouble::new(
            "it waits for a promise that never settles: nothing is left to run that could resolve it",
        )),
        PromiseState::Rejected => match promise.result::<Value<'_>>() {
            Some(Err(error)) => Err(Trouble::caught(ctx, error, step)),
            _ => Ok(()),
        },
    }
}

fn parse<'js>(ctx: &Ctx<'js>, step: &str, source: &str) -> Result<Parsed<'js>, Trouble> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(step.to_owned());
    // On one line, so that lines stay what they are.
    let wrapped = format!("(function (module, exports, require) {{{source}\n}})");
    let script = match ctx.eval_with_options::<Function<'_>, _>(wrapped, options) {
        Ok(function) => return Ok(Parsed::Script(function)),
        Err(error) => Trouble::caught(ctx, error, step),
    };
    match Module::declare(ctx.clone(), step, source) {
        Ok(module) => Ok(Parsed::Module(module)),
        Err(error) => {
            let module = Trouble::caught(ctx, error, step);
            if module.end.reason == Reason::StepRefused {
                return Err(module);
            }
            // The reading that came further is the one that was meant.
            let far = |t: &Trouble| (t.end.line, t.column);
            Err(if far(&script) > far(&module) { script } else { module })
        }
    }
}

/// The engine resolves imports before it has frames, so it does not say where they stand.
pub fn placed(mut trouble: Trouble, source: &str) -> Trouble {
    let end = &mut trouble.end;
    let module = end.text.split('\'').nth(1).map(str::to_owned);
    if let (Reason::StepRefused, None, Some(module)) = (end.reason, end.line, module) {
        let line = source
            .lines()
            .position(|line| line.contains(&module) && (line.contains("import") || line.contains("from")));
        end.line = line.and_then(|line| u32::try_from(line + 1).ok());
    }
    trouble
}

/// Runs a script of the older form and takes what it exports. `exports.default` is what compilers make of a module.
fn exported<'js>(ctx: &Ctx<'js>, script: &Function<'js>, step: &str) -> Result<Entry, Trouble> {
    let run = || -> rquickjs::Result<(Option<Function<'js>>, Option<Function<'js>>)> {
        let module = Object::new(ctx.clone())?;
        let exports = Object::new(ctx.clone())?;
        module.set("exports", exports.clone())?;
        let require = Function::new(ctx.clone(), |ctx: Ctx<'js>, name: rquickjs::convert::Coerced<String>| {
            Err::<(), _>(super::trouble::throw(&ctx, &format!("{UNLOADED}“{}”", name.0)))
        })?;
        script.call::<_, ()>((This(exports.clone()), module.clone(), exports, require))?;
        let exports: Value<'js> = module.get("exports")?;
        let default = match exports.as_object() {
            Some(object) => object.get::<_, Value<'js>>("default")?.into_function(),
            None => None,
        };
        Ok((exports.into_function(), default))
    };
    match run().map_err(|e| Trouble::caught(ctx, e, step))? {
        (Some(function), _) => Ok(Entry::Callback(Persistent::save(ctx, function))),
        (None, Some(function)) => Ok(Entry::Direct(Persistent::save(ctx, function))),
        (None, None) => Err(Trouble::new(NO_FUNCTION)),
    }
}

/// A body of a function that the manifest declares: an expression, which must be a function.
pub fn function<'js>(ctx: &Ctx<'js>, name: &str, body: &str) -> Result<Function<'js>, Trouble> {
    let mut options = EvalOptions::default();
    options.filename = Some(name.to_owned());
    let value = ctx
        .eval_with_options::<Value<'_>, _>(format!("({body}\n)"), options)
        .map_err(|e| Trouble::caught(ctx, e, name))?;
    value
        .into_function()
        .ok_or_else(|| Trouble::new("its body is not a function: write one, like “(text) => text.trim()”"))
}
