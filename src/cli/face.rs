//! The window's side of a run: what it is called with, and what the process returns when it has been closed.

use super::arguments::{Arguments, Output, VERBS, Verb};
use super::job::{Job, Told, code};
use super::terminal::Silent;
use crate::failure::{Exit, WindowsCode};
use crate::flow::ResultFile;
use crate::platform;
use crate::site::locate_databases;
use crate::texts::{self, Language};
use crate::window::{self, Asked, Closed, Doing, Finished, Options};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

/// Runs the job in a window until that is closed. The result file is that of the last run.
pub fn in_window(job: &Job<'_>) -> (i32, Option<ResultFile>) {
    let arguments = job.arguments;
    let options = Options {
        language: language(arguments),
        passive: arguments.output == Output::Passive,
        plain: arguments.plain,
        elevated: platform::is_elevated(),
        doing: match arguments.verb {
            Verb::Rollback => Doing::Rollback,
            Verb::Confirm => Doing::Confirm,
            Verb::Recover => Doing::Recover,
            _ => Doing::Update,
        },
    };
    let behind = Silent::new(Arc::default());
    let product = job.with_context(&behind, |_, bundle, _| {
        bundle.map(|b| b.manifest.product.name.clone()).unwrap_or_default()
    });
    let last = Mutex::new(0);
    let run = |asked: Asked, reporter: &dyn crate::report::Reporter| {
        let verb = match asked {
            Asked::AsCalled => arguments.verb,
            Asked::Rollback => Verb::Rollback,
            Asked::Confirm => Verb::Confirm,
            Asked::Recover => Verb::Recover,
        };
        let told = job.carry_out(verb, reporter);
        *last.lock().unwrap_or_else(PoisonError::into_inner) = told.code;
        Finished::from(told)
    };
    match window::run(&options, &product, &behind, &run) {
        Closed::Done(file) => (*last.lock().unwrap_or_else(PoisonError::into_inner), Some(file)),
        // The process with more rights writes its own result.
        Closed::Elevate(_) => (elevated(job, &behind), None),
    }
}

impl From<Told> for Finished {
    fn from(told: Told) -> Finished {
        Finished {
            outcome: told.ended.outcome,
            aftermath: told.ended.aftermath,
            file: told.file,
        }
    }
}

fn language(arguments: &Arguments) -> &'static Language {
    let read = match &arguments.language {
        Some(tag) => vec![tag.clone()],
        None => platform::preferred_languages(),
    };
    texts::choose(read.iter().map(String::as_str))
}

/// The same run by a process that may do what an administrator may, for which the system asks the person.
fn elevated(job: &Job<'_>, behind: &Silent) -> i32 {
    const REFUSED_BY_PERSON: i32 = 1223;
    let codes = job.arguments.codes;
    match platform::run_elevated(&job.program, &in_full(job, behind)) {
        Ok(code) => code as i32,
        Err(e) if e.raw_os_error() == Some(REFUSED_BY_PERSON) => code(codes, Exit::Cancelled, WindowsCode::Cancelled),
        Err(e) => {
            log::error!("the process with administrator's rights could not be started: {e}");
            code(codes, Exit::Refused, WindowsCode::NeedsAdministrator)
        }
    }
}

/// The command line for the same run by another user: whatever depends on this one is named in full.
fn in_full(job: &Job<'_>, behind: &Silent) -> Vec<OsString> {
    let arguments = job.arguments;
    let request = &arguments.request;
    let mut words: Vec<OsString> = Vec::new();
    words.extend(VERBS.iter().find(|(_, verb)| *verb == arguments.verb).map(|(name, _)| name.into()));
    let flags = [
        ("--test", request.test),
        ("--hold", request.hold),
        ("--allow-fat", request.allow_fat),
        ("--discard-newer", request.discard_newer),
        ("--details", arguments.details),
        ("--plain", arguments.plain),
    ];
    words.extend(flags.iter().filter(|(_, set)| *set).map(|(name, _)| name.into()));
    words.extend(arguments.paths());
    words.extend(request.tenant.iter().flat_map(|name| ["--context".into(), OsString::from(name)]));
    words.extend(["--language".into(), language(arguments).tag.into()]);
    job.with_context(behind, |context, bundle, app| {
        let Ok(app) = app else { return };
        let sites = bundle.and_then(|b| locate_databases(&b.manifest, &app, &request.databases, &context.environment));
        words.extend(["--app".into(), app.into()]);
        for site in sites.unwrap_or_default() {
            let mut named = OsString::from(format!("{}=", site.name));
            named.push(&site.path);
            words.extend(["--database".into(), named]);
        }
    });
    words
}
