//! One run of the updater from what was asked for to its result file, whoever watches it. It speaks to nobody but the reporter it is given.
#![allow(
    clippy::disallowed_methods,
    reason = "the copy of the result file that was asked for lies outside the site"
)]

use super::arguments::{Arguments, Codes, Output, Verb};
use super::source::Sources;
use super::terminal::Terminal;
use crate::bundle::Bundle;
use crate::disk;
use crate::failure::{Aftermath, Exit, Failure, Reason, Result, WindowsCode};
use crate::flow::{self, Context, Ended, ResultFile};
use crate::platform;
use crate::report::{Heard, Reporter};
use crate::site::{Environment, locate};
use crate::swap::WORK;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the process was started with.
pub struct Job<'a> {
    /// The command line.
    pub arguments: &'a Arguments,
    /// The program that runs.
    pub program: PathBuf,
    /// The program as the person knows it: on the stick, if this is its local copy.
    pub origin: PathBuf,
    /// The bundle that was built in, or nothing.
    pub embedded: &'static [u8],
    log: OnceLock<Option<PathBuf>>,
}

/// How a run ended.
pub struct Told {
    /// All that is known, as it is written to the result file.
    pub file: ResultFile,
    /// The run itself.
    pub ended: Ended,
    /// What the process returns.
    pub code: i32,
}

/// The time in UTC, to the second.
pub fn clock() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}

/// A name for a run that sorts by time and that no other run has.
pub fn run_id() -> String {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let digits: String = clock().chars().filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at(8.min(digits.len()));
    match RUNS.fetch_add(1, Ordering::Relaxed) {
        0 => format!("{day}-{time}-{}", std::process::id()),
        n => format!("{day}-{time}-{}-{n}", std::process::id()),
    }
}

impl<'a> Job<'a> {
    /// A job for a command line.
    pub fn new(arguments: &'a Arguments, program: PathBuf, origin: PathBuf, embedded: &'static [u8]) -> Self {
        Job {
            arguments,
            program,
            origin,
            embedded,
            log: OnceLock::new(),
        }
    }

    /// The log file, once a run has begun it.
    pub fn log(&self) -> Option<&Path> {
        self.log.get()?.as_deref()
    }

    /// Runs a verb to its end.
    pub fn carry_out(&self, verb: Verb, reporter: &dyn Reporter) -> Told {
        let started = Instant::now();
        let _awake = platform::keep_awake();
        let heard = Heard::new(reporter);
        self.with_context(&heard, |context, bundle, app| {
            self.begin_log(context, verb, bundle.is_ok(), app.as_deref().ok());
            let mut ended = self.end(context, verb, bundle, app);
            ended.processed(clock(), heard.warnings());
            self.write(context, ended, started.elapsed().as_secs_f64())
        })
    }

    /// In which state the folder is.
    pub fn status(&self, reporter: &dyn Reporter) -> Result<flow::Status> {
        self.with_context(reporter, |context, _, app| flow::status(context, &app?))
    }

    /// Calls a function with everything that the engine works with.
    pub fn with_context<T>(&self, reporter: &dyn Reporter, act: impl FnOnce(&Context<'_>, Result<Bundle>, Result<PathBuf>) -> T) -> T {
        let disk = disk::disk();
        let context = Context {
            disk: &*disk,
            reporter,
            environment: Environment {
                variable: &|name| std::env::var_os(name),
                executable: self.origin.clone(),
            },
            program: self.program.clone(),
            now: &clock,
            run: run_id(),
        };
        let bundle = self.open_bundle();
        let app = self.folder(&context, bundle.as_ref().ok());
        act(&context, bundle, app)
    }

    fn begin_log(&self, context: &Context<'_>, verb: Verb, has_bundle: bool, app: Option<&Path>) {
        let arguments = self.arguments;
        self.log.get_or_init(|| {
            let fits = |app: &&Path| !arguments.request.plan && (verb == Verb::Update && has_bundle || app.join(WORK).is_dir());
            super::log::begin(arguments.log.as_deref(), app.filter(fits), &context.run)
        });
        log::info!("holdfast {} begins: {verb:?} {arguments:?}", env!("CARGO_PKG_VERSION"));
    }

    fn end(&self, context: &Context<'_>, verb: Verb, bundle: Result<Bundle>, app: Result<PathBuf>) -> Ended {
        let request = &self.arguments.request;
        let found = app.as_deref().map_or(Path::new(""), |app| app).to_owned();
        let refused = |failure| Ended::bare(context, &found).with(Err(failure), Aftermath::Untouched);
        let asks = self.arguments.output == Output::Terminal && !request.plan && matches!(verb, Verb::Update | Verb::Rollback);
        if asks && !Terminal::can_ask() {
            return refused(Failure::new(
                Reason::RequestNoTerminal,
                "There is no terminal at which a question could be answered. Say --silent to update without questions.",
            ));
        }
        match (verb, bundle, app) {
            (Verb::Update, Err(failure), _) => flow::refuse(context, &found, failure),
            (Verb::Update, Ok(bundle), _) => flow::update(context, &bundle, request),
            (_, _, Err(failure)) => refused(failure),
            (Verb::Confirm, _, Ok(app)) => flow::confirm(context, &app),
            (Verb::Rollback, _, Ok(app)) => flow::rollback(context, &app, request),
            (_, _, Ok(app)) => flow::recover(context, &app),
        }
    }

    fn open_bundle(&self) -> Result<Bundle> {
        let sources = Sources {
            named: self.arguments.bundle.as_deref(),
            program: &self.program,
            origin: &self.origin,
            embedded: self.embedded,
        };
        sources.open()
    }

    /// The application folder; without a bundle it must be given, or be the one in which this program stands.
    fn folder(&self, context: &Context<'_>, bundle: Option<&Bundle>) -> Result<PathBuf> {
        let given = self.arguments.request.app.as_deref();
        if let Some(bundle) = bundle {
            return locate(&bundle.manifest, given, &context.environment);
        }
        // The program stands in the application folder, or in Holdfast's own folder there.
        let own = self.origin.ancestors().skip(1).take(2).find(|folder| folder.join(WORK).is_dir());
        let found = given
            .or(own)
            .and_then(|app| platform::real_path(app).ok())
            .filter(|app| app.is_dir());
        found.ok_or_else(|| {
            Failure::new(
                Reason::TargetMissing,
                "The application was not found. Say where it is with --app FOLDER.",
            )
        })
    }

    fn write(&self, context: &Context<'_>, ended: Ended, elapsed_s: f64) -> Told {
        let file = ended.file(elapsed_s, self.log());
        log::info!("ended with {}: {}", ended.exit() as i32, ended.sentence());
        if let Some(app) = ended
            .app
            .as_ref()
            .filter(|app| app.join(WORK).is_dir() && !self.arguments.request.plan)
            && let Err(failure) = disk::write_text(context.disk, &app.join(WORK).join("result.json"), &file)
        {
            log::warn!("{failure}");
        }
        if let Some(path) = &self.arguments.result
            && let Err(e) = std::fs::write(path, format!("{}\n", serde_json::to_string(&file).unwrap_or_default()))
        {
            log::warn!("The result cannot be written to “{}”: {e}.", path.display());
        }
        Told {
            file,
            code: code(self.arguments.codes, ended.exit(), ended.windows_code()),
            ended,
        }
    }
}

/// What the process returns for an ending.
pub fn code(codes: Codes, exit: Exit, windows: WindowsCode) -> i32 {
    match codes {
        Codes::Own => exit as i32,
        Codes::Windows => windows as i32,
    }
}
