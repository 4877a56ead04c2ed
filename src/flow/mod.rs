//! The way of an update: `bundle → site → preflight → quiesce → snapshot → migrate → verify → stage → swap → confirm → tidy`.
//!
//! [`update`] holds that sequence and reads like it. What it calls neither decides the order nor touches the journal's course:
//! each phase is a value that consumes the one before. Once a run has begun, every failure goes the one way back.

mod attributes;
mod back;
mod examine;
pub mod import;
mod instance;
mod locks;
mod migrate;
mod plan;
mod preflight;
mod quiesce;
mod result;
mod space;
mod stage;
mod standby;
mod start;
mod status;
mod verify;

pub use back::{confirm, rollback};
pub use instance::Instance;
pub use plan::{DatabasePlan, Described, ModulePlan};
pub use preflight::Decision;
pub use result::{Ended, Outcome, RequestState, ResultFile, UNNAMED};
pub use space::human;
pub use standby::leave_rest;
pub use status::{Status, status};

use crate::bundle::Bundle;
use crate::bundle::manifest::not_rehearsed;
use crate::disk::Disk;
use crate::failure::{Aftermath, Failure, Reason, Result};
use crate::report::{Answer, Event, Question, Reporter, Stage};
use crate::site::{Environment, locate};
use crate::swap::{self, Recovered, Work};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// What the engine is given: no clock, environment or terminal is reached for.
pub struct Context<'a> {
    /// The disk.
    pub disk: &'a dyn Disk,
    /// Whoever watches.
    pub reporter: &'a dyn Reporter,
    /// Variables and the running executable.
    pub environment: Environment<'a>,
    /// The program that runs: the one that brings an unfinished run to its end.
    pub program: PathBuf,
    /// The time in UTC, as `2026-01-31T12:00:00Z`.
    pub now: &'a dyn Fn() -> String,
    /// This run's id; it is in every line of the log.
    pub run: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The application folder, if given.
    pub app: Option<PathBuf>,
    /// Databases by name, if given.
    pub databases: BTreeMap<String, PathBuf>,
    /// The tenant whose data it is, for data loads and scripts.
    pub tenant: Option<String>,
    /// Everything up to the swap, and the new pair is left beside the live one.
    pub test: bool,
    /// Only the plan.
    pub plan: bool,
    /// Hold the snapshot until people confirm.
    pub hold: bool,
    /// Go on where a power cut in a rename may lose both names.
    pub allow_fat: bool,
    /// Roll back even if rows written since would go.
    pub discard_newer: bool,
}

impl Context<'_> {
    /// What the swap works with, for an application folder.
    pub fn work<'w>(&'w self, app: &'w Path) -> Work<'w> {
        Work {
            disk: self.disk,
            reporter: self.reporter,
            app,
        }
    }

    fn stage(&self, stage: Stage) -> Result<()> {
        if self.reporter.cancelled() && stage < Stage::Swap {
            return Err(Failure::new(Reason::Cancelled, "The update was cancelled."));
        }
        self.reporter.event(&Event::Stage { stage });
        Ok(())
    }
}

/// Runs an update from its beginning to its end.
pub fn update(context: &Context<'_>, bundle: &Bundle, request: &Request) -> Ended {
    let mut ended = Ended::new(context, bundle, request);
    let prepared = prepare(context, bundle, request, &mut ended);
    // The right to work on the folder is held until the end, the way back included.
    let (quiet, _instance, request) = match prepared {
        Ok(Next::Go(quiet, instance, request)) => (quiet, instance, request),
        Ok(Next::Stop(outcome)) => return ended.with(Ok(outcome), Aftermath::Untouched),
        Err(failure) => {
            let aftermath = ended.aftermath;
            return ended.with(Err(failure), aftermath);
        }
    };
    ended.test = request.test;
    let app = quiet.decision.app.clone();
    let work = context.work(&app);
    let run = catch_unwind(AssertUnwindSafe(|| carry_out(context, bundle, &request, *quiet)));
    let failure = match run {
        Ok(Ok((outcome, tidied))) => return ended.finished(context, &app, outcome, tidied),
        Ok(Err(failure)) => failure,
        Err(panic) => panicked(&*panic),
    };
    context.reporter.event(&Event::Failed { failure: &failure });
    ended.gave_back(context, &work, failure)
}

/// Reads every byte of the bundle before anything of it is used.
fn check_bundle(context: &Context<'_>, bundle: &Bundle) -> Result<()> {
    let total = bundle.manifest.entries.iter().map(|e| e.size).sum();
    let mut done = 0;
    bundle.verify(|entry| {
        done += entry.size;
        context.reporter.event(&Event::Progress {
            stage: Stage::Bundle,
            done,
            total,
        });
    })
}

/// What follows the look at the site.
enum Next<'a> {
    Go(Box<quiesce::Quiet<'a>>, Instance, Request),
    Stop(Outcome),
}

/// Decides first: nothing of this changes the site, but that an unfinished earlier run is brought to its end.
fn prepare<'a>(context: &Context<'_>, bundle: &'a Bundle, request: &Request, ended: &mut Ended) -> Result<Next<'a>> {
    // Where the site is needs only the manifest, and a damaged bundle is then reported there, too.
    let located = locate(&bundle.manifest, request.app.as_deref(), &context.environment);
    ended.app = located.as_ref().ok().cloned();
    context.stage(Stage::Bundle)?;
    context.stage(Stage::Site)?;
    let app = located?;
    let instance = Instance::begin(context, &app, request.plan)?;
    // Recovery needs no payload, so it comes before anything of the bundle can be found wrong.
    recover_first(context, &app, request, ended)?;
    check_bundle(context, bundle)?;
    context.stage(Stage::Preflight)?;
    let Some(mut decision) = retrying(context, || preflight::decide(context, bundle, request, &app))? else {
        return Ok(Next::Stop(Outcome::AlreadyInPlace));
    };
    ended.decided(&decision);
    if let Some(why) = &ended.unrehearsed {
        let message = &not_rehearsed(why);
        context.reporter.event(&Event::Note { message });
    }
    if request.plan {
        return Ok(Next::Stop(Outcome::Planned(Box::new(decision.described()))));
    }
    let mut request = request.clone();
    match context.reporter.ask(&decision.question(&app.display().to_string())) {
        Answer::Yes => {}
        Answer::Trial => request.test = true,
        Answer::No => return Err(Failure::new(Reason::Cancelled, "The update was cancelled.")),
    }
    context.stage(Stage::Quiesce)?;
    let hold = retrying(context, || quiesce::look(&decision))?;
    decision.room_for(&request)?;
    Ok(Next::Go(Box::new(quiesce::Quiet { decision, hold }), instance, request))
}

/// From the first byte written to the end; the second value says whether everything was tidied up.
fn carry_out(context: &Context<'_>, bundle: &Bundle, request: &Request, quiet: quiesce::Quiet<'_>) -> Result<(Outcome, bool)> {
    let app = quiet.decision.app.clone();
    let work = context.work(&app);
    swap::begin(&work, &quiet.decision.plan, &(context.now)())?;
    context.stage(Stage::Snapshot)?;
    let copied = migrate::snapshot(context, quiet)?;
    context.stage(Stage::Migrate)?;
    let migrated = migrate::migrate(context, bundle, request, copied)?;
    context.stage(Stage::Verify)?;
    let verified = verify::verify(context, bundle, migrated)?;
    context.stage(Stage::Stage)?;
    let sealed = stage::seal(context, bundle, verified)?;
    if request.test {
        return stage::leave_beside(context, sealed).map(|outcome| (outcome, true));
    }
    stage::write_notes(context, bundle, &app)?;
    standby::stand_by(context, &app);
    context.stage(Stage::Swap)?;
    let armed = sealed.arm(context)?;
    let staged = swap::perform(&work, armed)?;
    context.stage(Stage::Confirm)?;
    swap::try_pair(&work, &staged.confirmation)?;
    if crate::mutants::planted("backup-removed-early") {
        crate::disk::remove_tree(context.disk, &swap::Workspace::of_app(&app).old())?;
    }
    swap::commit(&work, &staged, &(context.now)())?;
    context.stage(Stage::Tidy)?;
    // Past the commit point nothing can fail the update; what is left over is finished at the next start.
    let tidied = swap::tidy(&work, &staged, &(context.now)());
    if let Err(failure) = &tidied {
        let message = format!("The new version is in place, but tidying up was not finished: {}", failure.message);
        context.reporter.event(&Event::Warning { message: &message });
    }
    let outcome = if staged.plan.hold { Outcome::Held } else { Outcome::Updated };
    Ok((outcome, tidied.is_ok()))
}

/// Ends an update that cannot begin because its bundle cannot be used. An unfinished earlier run is brought to its end all the same.
pub fn refuse(context: &Context<'_>, app: &Path, failure: Failure) -> Ended {
    let mut ended = Ended::bare(context, app);
    let recovered = match app.join(swap::WORK).is_dir() {
        true => Instance::begin(context, app, false).and_then(|_instance| recover_first(context, app, &Request::default(), &mut ended)),
        false => Ok(()),
    };
    let aftermath = ended.aftermath;
    match recovered {
        Ok(()) => ended.with(Err(failure), Aftermath::Untouched),
        Err(worse) => ended.with(Err(worse), aftermath),
    }
}

/// Brings an unfinished earlier run to its end before anything else.
fn recover_first(context: &Context<'_>, app: &Path, request: &Request, ended: &mut Ended) -> Result<()> {
    let work = context.work(app);
    if !swap::is_hot(&work)? {
        return Ok(());
    }
    if request.plan {
        context.reporter.event(&Event::Warning {
            message: "An unfinished update is here; it would be brought to its end first.",
        });
        return Ok(());
    }
    let recovered = swap::recover(&work, &(context.now)(), false);
    if recovered.is_ok() && !swap::is_hot(&context.work(app))? {
        standby::stand_down(context, app);
    }
    ended.recovered(recovered)
}

/// Asks a person to close what is open, for as long as they say that they did.
fn retrying<T>(context: &Context<'_>, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match attempt() {
            Err(failure) if failure.reason.class() == crate::failure::Class::Busy => {
                if context.reporter.ask(&Question::Busy { failure: &failure }) != Answer::Yes {
                    return Err(failure);
                }
            }
            done => return done,
        }
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Failure::new(
        Reason::InternalPanic,
        format!("Holdfast made a mistake of its own ({text}). Send the log to those who made the update."),
    )
}

/// Brings an unfinished run to its end because a person, or the system at logon, asked for it.
pub fn recover(context: &Context<'_>, app: &Path) -> Ended {
    let mut ended = Ended::bare(context, app);
    let instance = match Instance::begin(context, app, !app.join(swap::WORK).is_dir()) {
        Ok(instance) => instance,
        Err(failure) => return ended.with(Err(failure), Aftermath::Untouched),
    };
    let recovered = swap::recover(&context.work(app), &(context.now)(), true);
    if recovered.is_ok() && swap::is_hot(&context.work(app)) == Ok(false) {
        standby::stand_down(context, app);
    }
    drop(instance);
    let outcome = match recovered {
        Ok((Recovered::Nothing, _)) => Ok(Outcome::NothingToRecover),
        Ok((found, left)) => {
            ended.note_recovered(&found);
            if let Some(left) = left {
                ended.tidied = false;
                standby::leave_rest(context.reporter, &left);
            }
            Ok(Outcome::Recovered(found))
        }
        Err(failure) => return ended.with(Err(failure), Aftermath::NotRestored),
    };
    ended.with(outcome, Aftermath::Untouched)
}
