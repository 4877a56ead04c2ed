//! The updater's process: who watches the run, from where the program works, and what is said at its end.

use super::arguments::{Arguments, HELP, Output, Verb, WINDOW_HELP};
use super::job::{Job, Told, code};
use super::spellings;
use super::stick::{self, Copy};
use super::terminal::{Silent, Streaming, Terminal};
use crate::failure::{Aftermath, Exit, Failure, WindowsCode};
use crate::flow::{Outcome, ResultFile};
use crate::platform;
use crate::report::Reporter;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The updater from its command line to its exit code. `embedded` is the bundle that was built in, or nothing.
pub fn main(words: impl IntoIterator<Item = OsString>, embedded: &'static [u8]) -> i32 {
    platform::harden();
    let words: Vec<OsString> = match platform::SPEAKS_WINDOWS {
        true => spellings::translated(words),
        false => words.into_iter().collect(),
    };
    let arguments = match Arguments::parse(words.iter().cloned()) {
        Ok(arguments) => arguments,
        Err(failure) => return not_understood(&words, &failure),
    };
    match arguments.verb {
        Verb::Help => say(&help(), true),
        Verb::Version => say(&format!("holdfast {}\n", env!("CARGO_PKG_VERSION")), true),
        _ => return run(&arguments, &words, embedded),
    }
    0
}

fn help() -> String {
    match platform::SPEAKS_WINDOWS {
        true => format!("{HELP}{WINDOW_HELP}"),
        false => HELP.to_owned(),
    }
}

/// To the console of whoever started this; into a box if there is none and a person is there to close it.
fn say(text: &str, may_show: bool) {
    match platform::attach_console() {
        true => crate::print::out(format_args!("{text}")),
        false if may_show => platform::show_text("Holdfast", text),
        false => {}
    }
}

fn not_understood(words: &[OsString], failure: &Failure) -> i32 {
    let is_silent = words
        .iter()
        .any(|word| ["--silent", "--json", "--passive"].iter().any(|s| word == s));
    match platform::attach_console() {
        true => complain!("{}", failure.message),
        false if !is_silent => platform::show_text("Holdfast", &failure.message),
        false => {}
    }
    let own = words.windows(2).any(|w| w[0] == "--exit-codes" && w[1] == "own")
        || words.iter().any(|w| w == "--exit-codes=own")
        || !platform::SPEAKS_WINDOWS;
    if own { Exit::Usage as i32 } else { WindowsCode::CommandLine as i32 }
}

fn run(arguments: &Arguments, words: &[OsString], embedded: &'static [u8]) -> i32 {
    let program = std::env::current_exe()
        .and_then(|exe| platform::real_path(&exe))
        .unwrap_or_default();
    platform::leave_folder();
    let stick = stick::origin(arguments.stick.as_deref(), &program);
    if arguments.output != Output::Window {
        platform::attach_console();
    }
    if let Some(stick) = stick.as_ref().filter(|stick| program.starts_with(stick)) {
        return leave(arguments, words, &program, stick);
    }
    let origin = match (&stick, program.file_name()) {
        (Some(stick), Some(name)) => stick.join(name),
        _ => program.clone(),
    };
    let job = Job::new(arguments, program, origin, embedded);
    let (code, result) = match arguments.output {
        #[cfg(windows)]
        Output::Window | Output::Passive if arguments.verb != Verb::Status && !arguments.request.plan => super::face::in_window(&job),
        _ => at_console(&job),
    };
    if let (Some(stick), Some(result)) = (&stick, &result) {
        stick::bring_back(stick, result);
    }
    code
}

/// A copy on this machine goes on. A person at a window needs nobody who waits for it; a batch file needs the exit code.
fn leave(arguments: &Arguments, words: &[OsString], program: &std::path::Path, stick: &std::path::Path) -> i32 {
    // Paths that were typed for another folder than the copy's are said once more, in full.
    let words = [words, &arguments.paths()].concat();
    let copy = match Copy::start(program, stick, &words) {
        Ok(copy) => copy,
        Err(failure) => {
            say(
                &format!("{} Nothing was changed.\n", failure.message),
                arguments.output == Output::Window,
            );
            let windows = WindowsCode::of(Exit::Refused, Some(&failure), Aftermath::Untouched, false, false);
            return code(arguments.codes, Exit::Refused, windows);
        }
    };
    if arguments.output == Output::Window {
        return 0;
    }
    platform::hold_in_memory();
    copy.wait()
}

/// Runs the job for whoever reads what is written. The second value is none where nothing was run.
fn at_console(job: &Job<'_>) -> (i32, Option<ResultFile>) {
    let arguments = job.arguments;
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    // A second handler in one process is refused; then the first one stays.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let terminal = Terminal::new(arguments.details, cancel.clone());
    let silent = Silent::new(cancel.clone());
    let streaming = Streaming::new(cancel);
    let reporter: &dyn Reporter = match arguments.output {
        Output::Terminal => &terminal,
        Output::Silent | Output::Window | Output::Passive => &silent,
        Output::Json => &streaming,
    };
    if arguments.verb == Verb::Status {
        return (status(job, reporter), None);
    }
    let told = job.carry_out(arguments.verb, reporter);
    terminal.clear();
    tell(arguments, &told);
    (told.code, Some(told.file))
}

fn status(job: &Job<'_>, reporter: &dyn Reporter) -> i32 {
    match job.status(reporter) {
        Ok(status) if job.arguments.output == Output::Json => say!("{}", serde_json::to_string(&status).unwrap_or_default()),
        Ok(status) => say(&status.to_string(), job.arguments.output == Output::Window),
        Err(failure) => {
            complain!("{}", failure.message);
            let windows = WindowsCode::of(Exit::Refused, Some(&failure), Aftermath::Untouched, false, false);
            return code(job.arguments.codes, Exit::Refused, windows);
        }
    }
    0
}

fn tell(arguments: &Arguments, told: &Told) {
    let request = &told.file.request;
    match (&told.ended.outcome, arguments.output) {
        (Ok(Outcome::Planned(plan)), _) if arguments.plan_json => say!("{}", serde_json::to_string_pretty(plan).unwrap_or_default()),
        (Ok(Outcome::Planned(plan)), output) if output != Output::Json => say(&plan.to_string(), output == Output::Window),
        (_, Output::Json) => say!(
            "{{\"event\":\"ended\",\"result\":{}}}",
            serde_json::to_string(&told.file).unwrap_or_default()
        ),
        (Ok(_), _) => say!("{}", request.message),
        (Err(failure), _) => {
            complain!("{}", request.message);
            if arguments.details {
                complain!("{}", failure.reason);
            }
            if let Some(log) = &request.log {
                complain!("The log is “{}”.", log.display());
            }
        }
    }
}
