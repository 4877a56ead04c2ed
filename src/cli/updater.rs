//! Runs what the command line asks for, and says once, in every form, how it ended.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the terminal")]
#![allow(
    clippy::disallowed_methods,
    reason = "the copy of the result file that was asked for lies outside the site"
)]

use super::arguments::{Arguments, HELP, Output, Verb};
use super::terminal::{Silent, Streaming, Terminal};
use crate::bundle::{Bundle, container};
use crate::disk;
use crate::failure::{Exit, Failure, Reason, Result};
use crate::flow::{self, Context, Ended, Outcome};
use crate::report::Reporter;
use crate::site::{Environment, locate};
use crate::swap::WORK;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The updater from its command line to its exit code. `embedded` is the bundle that was built in, or nothing.
pub fn main(words: impl IntoIterator<Item = OsString>, embedded: &'static [u8]) -> Exit {
    let arguments = match Arguments::parse(words) {
        Ok(arguments) => arguments,
        Err(failure) => {
            eprintln!("{}", failure.message);
            return Exit::Usage;
        }
    };
    match arguments.verb {
        Verb::Help => print!("{HELP}"),
        Verb::Version => println!("holdfast {}", env!("CARGO_PKG_VERSION")),
        _ => return run(&arguments, embedded),
    }
    Exit::Done
}

/// The time in UTC, to the second.
pub fn clock() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}

/// A name for this run that sorts by time and that no other run has.
fn run_id() -> String {
    let digits: String = clock().chars().filter(char::is_ascii_digit).collect();
    format!(
        "{}-{}-{}",
        &digits[..8.min(digits.len())],
        &digits[8.min(digits.len())..],
        std::process::id()
    )
}

fn run(arguments: &Arguments, embedded: &'static [u8]) -> Exit {
    let started = Instant::now();
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    // A second handler in one process is refused; then the first one stays.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let terminal = Terminal::new(arguments.details, cancel.clone());
    let silent = Silent::new(cancel.clone());
    let streaming = Streaming::new(cancel);
    let reporter: &dyn Reporter = match arguments.output {
        Output::Terminal => &terminal,
        Output::Silent => &silent,
        Output::Json => &streaming,
    };
    let disk = disk::disk();
    let executable = std::env::current_exe().and_then(|exe| exe.canonicalize()).unwrap_or_default();
    let context = Context {
        disk: &*disk,
        reporter,
        environment: Environment {
            variable: &|name| std::env::var_os(name),
            executable,
        },
        now: &clock,
        run: run_id(),
    };
    let bundle = open_bundle(arguments, embedded, &context);
    let app = folder(arguments, &context, bundle.as_ref().ok());
    let log = super::log::begin(
        arguments.log.as_deref(),
        app.as_deref()
            .ok()
            .filter(|app| !arguments.request.plan && (arguments.verb == Verb::Update && bundle.is_ok() || app.join(WORK).is_dir())),
        &context.run,
    );
    log::info!("holdfast {} begins: {arguments:?}", env!("CARGO_PKG_VERSION"));
    if arguments.verb == Verb::Status {
        return status(&context, arguments, app);
    }
    let mut ended = carry_out(&context, arguments, bundle, app);
    ended.processed(clock());
    terminal.clear();
    tell(&context, arguments, &ended, started.elapsed().as_secs_f64(), log.as_deref())
}

fn carry_out(context: &Context<'_>, arguments: &Arguments, bundle: Result<Bundle>, app: Result<PathBuf>) -> Ended {
    let found = app.as_deref().map_or(Path::new(""), |app| app).to_owned();
    let refused = |failure| Ended::bare(context, &found).with(Err(failure), crate::failure::Aftermath::Untouched);
    let asks = arguments.output == Output::Terminal && !arguments.request.plan && matches!(arguments.verb, Verb::Update | Verb::Rollback);
    if asks && !Terminal::can_ask() {
        return refused(Failure::new(
            Reason::RequestNoTerminal,
            "There is no terminal at which a question could be answered. Say --silent to update without questions.",
        ));
    }
    match (arguments.verb, bundle, app) {
        (Verb::Update, Err(failure), _) => flow::refuse(context, &found, failure),
        (Verb::Update, Ok(bundle), _) => flow::update(context, &bundle, &arguments.request),
        (_, _, Err(failure)) => refused(failure),
        (Verb::Confirm, _, Ok(app)) => flow::confirm(context, &app),
        (Verb::Rollback, _, Ok(app)) => flow::rollback(context, &app, &arguments.request),
        (_, _, Ok(app)) => flow::recover(context, &app),
    }
}

/// The bundle: the one that was named, else the one behind this executable, else the one inside it.
fn open_bundle(arguments: &Arguments, embedded: &'static [u8], context: &Context<'_>) -> Result<Bundle> {
    let place = match &arguments.bundle {
        Some(path) => container::find(path)?,
        None => match container::find(&context.environment.executable)? {
            Some(place) => Some(place),
            None => container::embedded(embedded)?,
        },
    };
    let place = place.ok_or_else(|| {
        let what = arguments
            .bundle
            .as_ref()
            .map_or_else(|| "This program".to_owned(), |path| format!("“{}”", path.display()));
        Failure::new(
            Reason::BundleMissing,
            format!("{what} carries no update. Use the file that was delivered to you, or name one with --bundle."),
        )
    })?;
    Bundle::open(place)
}

/// The application folder; without a bundle it must be given, or be the one in which this program stands.
fn folder(arguments: &Arguments, context: &Context<'_>, bundle: Option<&Bundle>) -> Result<PathBuf> {
    if let Some(bundle) = bundle {
        return locate(&bundle.manifest, arguments.request.app.as_deref(), &context.environment);
    }
    let own = context.environment.executable.parent().filter(|own| own.join(WORK).is_dir());
    let found = arguments
        .request
        .app
        .as_deref()
        .or(own)
        .and_then(|app| app.canonicalize().ok())
        .filter(|app| app.is_dir());
    found.ok_or_else(|| {
        Failure::new(
            Reason::TargetMissing,
            "The application was not found. Say where it is with --app FOLDER.",
        )
    })
}

fn status(context: &Context<'_>, arguments: &Arguments, app: Result<PathBuf>) -> Exit {
    match app.and_then(|app| flow::status(context, &app)) {
        Ok(status) if arguments.output == Output::Json => println!("{}", serde_json::to_string(&status).unwrap_or_default()),
        Ok(status) => print!("{status}"),
        Err(failure) => {
            eprintln!("{}", failure.message);
            return Exit::Refused;
        }
    }
    Exit::Done
}

fn tell(context: &Context<'_>, arguments: &Arguments, ended: &Ended, elapsed_s: f64, log: Option<&Path>) -> Exit {
    let exit = ended.exit();
    let file = ended.file(elapsed_s, log);
    let sentence = ended.sentence();
    log::info!("ended with {}: {sentence}", exit as i32);
    let text = serde_json::to_string(&file).unwrap_or_default();
    if let Some(app) = ended.app.as_ref().filter(|app| app.join(WORK).is_dir() && !arguments.request.plan)
        && let Err(failure) = disk::write_text(context.disk, &app.join(WORK).join("result.json"), &file)
    {
        log::warn!("{failure}");
    }
    if let Some(path) = &arguments.result
        && let Err(e) = std::fs::write(path, format!("{text}\n"))
    {
        eprintln!("The result cannot be written to “{}”: {e}.", path.display());
    }
    match (&ended.outcome, arguments.output) {
        (Ok(Outcome::Planned(plan)), _) if arguments.plan_json => println!("{}", serde_json::to_string_pretty(plan).unwrap_or_default()),
        (Ok(Outcome::Planned(plan)), Output::Terminal | Output::Silent) => print!("{plan}"),
        (_, Output::Json) => println!("{{\"event\":\"ended\",\"result\":{text}}}"),
        (Ok(_), _) => println!("{sentence}"),
        (Err(failure), _) => {
            eprintln!("{sentence}");
            if arguments.details {
                eprintln!("{}", failure.reason);
            }
            if let Some(log) = log {
                eprintln!("The log is “{}”.", log.display());
            }
        }
    }
    exit
}
