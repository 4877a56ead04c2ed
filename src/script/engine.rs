//! The engine: one QuickJS runtime with its limits. A realm in it has the language and nothing of the machine: no file, network, process,
//! clock or chance.
#![allow(
    unsafe_code,
    reason = "the engine is entered again from inside one of its own calls; see the comment"
)]

use super::memory::Limited;
use super::state::{End, State};
use super::trouble::Trouble;
use crate::failure::Reason;
use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::{Context, Ctx, Runtime};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// What a realm has, besides the base objects. Not: Performance and WeakRef (they tell of time), DOMException (nothing throws it).
type Language = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// Deep enough for a walk through a tree; the smallest stack of a thread that runs steps is 1 MiB.
const STACK_BYTES: usize = 512 << 10;

/// One runtime. It stays on the thread that made it.
pub struct Engine {
    runtime: Runtime,
    /// Shared with everything that the engine calls.
    pub state: Rc<State>,
}

impl Engine {
    /// A runtime whose limits are off until [`State::arm`].
    pub fn new(state: Rc<State>) -> Result<Engine, Trouble> {
        let runtime = Runtime::new_with_alloc(Limited(state.memory.clone())).map_err(|e| unable(&e))?;
        runtime.set_max_stack_size(STACK_BYTES);
        let watched = state.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || watched.over())));
        let watched = state.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, handled| {
            let mut identity = DefaultHasher::new();
            promise.hash(&mut identity);
            match handled {
                true => watched.awaited(identity.finish()),
                false => watched.rejected(identity.finish(), Trouble::thrown(&ctx, &reason, &watched.step)),
            }
        })));
        Ok(Engine { runtime, state })
    }

    /// A realm, with the prelude run in it.
    pub fn realm(&self) -> Result<Context, Trouble> {
        let realm = Context::custom::<Language>(&self.runtime).map_err(|e| unable(&e))?;
        enter(&self.state, &realm, |ctx| {
            let mut options = EvalOptions::default();
            options.filename = Some("prelude".to_owned());
            ctx.eval_with_options::<(), _>(include_str!("prelude.js"), options)
                .map_err(|e| Trouble::caught(&ctx, e, "prelude"))
        })?;
        Ok(realm)
    }

    /// Runs what promises have queued, until nothing is left or a limit is met. `realm` reads the error of a job that was stopped.
    pub fn drive(&self, step: &str) -> Result<(), Trouble> {
        while !self.state.over() {
            match inside(&self.state, || self.runtime.execute_pending_job()) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // A job throws only when it was stopped: what a script throws goes to its promise.
                Err(stopped) => {
                    return Err(enter(&self.state, &stopped.0, |ctx| {
                        Trouble::caught(&ctx, rquickjs::Error::Exception, step)
                    }));
                }
            }
        }
        Err(Trouble::new("it was stopped"))
    }
}

fn unable(error: &rquickjs::Error) -> Trouble {
    Trouble::from(End::new(
        Reason::StepFailed,
        format!("the script engine could not be started ({error})"),
    ))
}

/// Goes into a realm: through the front door, or, when the engine is waiting for one of our own calls, through that call.
pub fn enter<R>(state: &State, realm: &Context, run: impl for<'js> FnOnce(Ctx<'js>) -> R) -> R {
    if state.inside.get() {
        // SAFETY: the runtime is this thread's (it is not Send), its lock is held by the frame below us that set `inside`, and that frame waits.
        // `run` takes any lifetime, so nothing of this one leaves it.
        return run(unsafe { Ctx::from_raw(realm.as_raw()) });
    }
    inside(state, || realm.with(run))
}

/// Says that the engine runs, for as long as `run` does.
fn inside<R>(state: &State, run: impl FnOnce() -> R) -> R {
    struct Before<'s>(&'s State, bool);
    impl Drop for Before<'_> {
        fn drop(&mut self) {
            self.0.inside.set(self.1);
        }
    }
    let _before = Before(state, state.inside.replace(true));
    run()
}
