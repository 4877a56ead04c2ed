//! `holdfast import`: the data loads of a zip against a database, with the safety of an update: a copy is made under the database's lock,
//! loaded, checked, and put in its place in the durable way; the old database stays as a snapshot. And `holdfast recover`, which brings what
//! was cut off to its end.

mod archive;

use crate::bundle::manifest::Snapshots;
use crate::cli::{Terminal, clock, run_id};
use crate::disk;
use crate::failure::{Aftermath, Class, Exit, Failure, Result};
use crate::flow::import::{Ending, Imported, Wanted, import, real_database, settle};
use crate::flow::{self, Context, Outcome};
use crate::load::Mode;
use crate::platform;
use crate::report::{Event, Reporter};
use crate::site::Environment;
use crate::swap::{Recovered, WORK};
use archive::Archive;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The zip: as `holdfast export` writes it, or data loads of your own.
    zip: PathBuf,
    /// The database into which it goes.
    #[arg(long)]
    database: PathBuf,
    /// What is done with the rows, whatever the zip says.
    #[arg(long)]
    mode: Option<ModeWord>,
    /// The tenant whose data it is.
    #[arg(long)]
    context: Option<String>,
    /// Allow the zip to empty tables before it loads them.
    #[arg(long)]
    clear: bool,
    /// How many old databases stay.
    #[arg(long, default_value_t = Snapshots::default().keep)]
    keep: u32,
    /// Go on where a power cut in a rename may lose both databases.
    #[arg(long)]
    allow_fat: bool,
    /// Print what became of the rows as JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast import rows.zip --database app.db
  holdfast import prices.zip --database app.db --mode upsert
  holdfast import rows.zip --database app.db --clear --json  # the tables of the zip are emptied first";

/// What was typed to recover.
#[derive(clap::Args)]
#[command(after_long_help = RECOVER_EXAMPLES)]
pub struct RecoverArguments {
    /// The database; whatever is unfinished where this program stands if not given.
    database: Option<PathBuf>,
}

const RECOVER_EXAMPLES: &str = "Examples:
  holdfast recover app.db
  holdfast recover  # where this program stands";

#[derive(Clone, Copy, clap::ValueEnum)]
enum ModeWord {
    /// Every row is new.
    Insert,
    /// A row that is there by its key gets the values; else it is new.
    Upsert,
    /// A row must be there by its key, and gets the values.
    Update,
}

impl From<ModeWord> for Mode {
    fn from(word: ModeWord) -> Mode {
        match word {
            ModeWord::Insert => Mode::Insert,
            ModeWord::Upsert => Mode::Upsert,
            ModeWord::Update => Mode::Update,
        }
    }
}

/// Runs an import, and gives the process's exit code.
pub fn run(arguments: &Arguments) -> u8 {
    let _awake = platform::keep_awake();
    in_context(|context| {
        let (outcome, aftermath, second) = match attempt(context, arguments) {
            Ok(ending) => (ending.outcome, ending.aftermath, ending.second),
            Err(failure) => (Err(failure), Aftermath::Untouched, None),
        };
        match outcome {
            Ok(imported) => {
                print(&imported, arguments);
                Exit::Done as u8
            }
            Err(failure) => {
                let failures: Vec<Failure> = [failure].into_iter().chain(second).map(in_words).collect();
                tell(&failures, aftermath, arguments.json);
                Exit::of(&failures[0], aftermath) as u8
            }
        }
    })
}

fn attempt(context: &Context<'_>, arguments: &Arguments) -> Result<Ending> {
    let database = real_database(&arguments.database)?;
    match settle(context, &database, false) {
        Ok((Recovered::Nothing, _)) => {}
        Ok((found, left)) => {
            context.reporter.event(&Event::Warning {
                message: &sentence(&found),
            });
            if let Some(left) = left {
                return Ok(Ending {
                    aftermath: Aftermath::Untouched,
                    outcome: Err(left),
                    second: None,
                });
            }
        }
        Err(failure) => {
            return Ok(Ending {
                aftermath: unsettled(&failure),
                outcome: Err(failure),
                second: None,
            });
        }
    }
    let archive = Archive::open(&arguments.zip, arguments.mode.map(Mode::from))?;
    let wanted = Wanted {
        database: &database,
        tenant: arguments.context.as_deref(),
        clear: arguments.clear,
        keep: arguments.keep,
        allow_fat: arguments.allow_fat,
    };
    Ok(import(context, &wanted, &archive))
}

/// What an unfinished import that could not be brought to its end leaves behind.
fn unsettled(failure: &Failure) -> Aftermath {
    match failure.reason.class() {
        // Somebody else is at it.
        Class::Busy => Aftermath::Untouched,
        _ => Aftermath::NotRestored,
    }
}

/// Brings an import into a database to its end; without a database, whatever is unfinished in the folder in which this program stands.
pub fn recover(arguments: &RecoverArguments) -> u8 {
    in_context(|context| {
        let settled = match &arguments.database {
            Some(database) => real_database(database).and_then(|database| settle(context, &database, true)),
            None => return recover_here(context),
        };
        match settled {
            Ok((found, left)) => {
                say!("{}", sentence(&found));
                if let Some(left) = left {
                    flow::leave_rest(context.reporter, &left);
                }
                match found {
                    Recovered::Nothing => Exit::NothingToDo as u8,
                    _ => Exit::Done as u8,
                }
            }
            Err(failure) => {
                let aftermath = unsettled(&failure);
                let code = Exit::of(&failure, aftermath) as u8;
                tell(&[failure], aftermath, false);
                code
            }
        }
    })
}

/// A copy of this program that stands by in Holdfast's own folder is started without a word more.
fn recover_here(context: &Context<'_>) -> u8 {
    let own = context
        .program
        .ancestors()
        .skip(1)
        .take(2)
        .find(|folder| folder.join(WORK).is_dir());
    let Some(app) = own else {
        complain!("Say which database an import was cut off for: holdfast recover DATABASE.");
        return Exit::Usage as u8;
    };
    let ended = flow::recover(context, app);
    match &ended.outcome {
        Ok(Outcome::Recovered(found)) => say!("{}", sentence(found)),
        _ => say!("{}", ended.sentence()),
    }
    ended.exit() as u8
}

fn sentence(found: &Recovered) -> String {
    match found {
        Recovered::Nothing => "There is no unfinished import here.".to_owned(),
        Recovered::Committed { .. } => "The unfinished import was brought to its end: its rows are in the database.".to_owned(),
        Recovered::Restored { aside, .. } => {
            let newer = aside.first().map_or_else(String::new, |path| {
                format!(" What was written meanwhile is kept in “{}”.", path.display())
            });
            format!("The unfinished import was undone: the database is as before.{newer}")
        }
    }
}

fn in_context(act: impl FnOnce(&Context<'_>) -> u8) -> u8 {
    let program = std::env::current_exe()
        .and_then(|exe| platform::real_path(&exe))
        .unwrap_or_default();
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    // A second handler in one process is refused; then the first one stays.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let terminal = Terminal::new(false, cancel);
    let disk = disk::disk();
    let context = Context {
        disk: &*disk,
        reporter: &terminal as &dyn Reporter,
        environment: Environment {
            variable: &|name| std::env::var_os(name),
            executable: program.clone(),
        },
        program,
        now: &clock,
        run: run_id(),
    };
    let code = act(&context);
    terminal.clear();
    code
}

fn print(imported: &Imported, arguments: &Arguments) {
    if arguments.json {
        let value = json!({
            "snapshot": imported.snapshot,
            "files": imported.files,
            "accounts": imported.tables,
        });
        say!("{value:#}");
        return;
    }
    say!(
        "{:<40} {:>10} {:>10} {:>10} {:>10}  file",
        "table",
        "read",
        "inserted",
        "updated",
        "skipped"
    );
    for file in &imported.files {
        say!(
            "{:<40} {:>10} {:>10} {:>10} {:>10}  {}",
            file.table,
            file.read,
            file.inserted,
            file.updated,
            file.skipped,
            file.file
        );
    }
    for account in imported.tables.iter().filter(|a| a.left > 0) {
        let why = account.dropped.as_deref().unwrap_or("");
        say!("{} rows of “{}” went: {why}", account.left, account.table);
    }
    say!("The old database is kept as “{}”.", imported.snapshot.display());
}

fn tell(failures: &[Failure], aftermath: Aftermath, json: bool) {
    if json {
        say!(
            "{:#}",
            json!({ "failures": failures, "state": serde_json::to_value(aftermath).unwrap_or(Value::Null) })
        );
    }
    for failure in failures {
        complain!("{}", failure.message);
        complain!("{}", failure.reason);
    }
    complain!(
        "{}",
        match aftermath {
            Aftermath::Untouched => "Nothing was changed.",
            Aftermath::Restored => "The database is as before.",
            Aftermath::NotRestored =>
                "Not everything could be put back: run `holdfast recover` for this database before anything else uses it.",
        }
    );
}

/// The engine speaks of updates; here it is an import, and who started it can correct it.
fn in_words(mut failure: Failure) -> Failure {
    const WORDS: [(&str, &str); 5] = [
        (crate::load::ASK, "Correct the zip or the database, then import again."),
        (
            "Ask those who made the update.",
            "Correct the zip or the database, then import again.",
        ),
        ("run the update again", "import again"),
        ("before this update", "before this import"),
        ("The update was cancelled.", "The import was cancelled."),
    ];
    for (update, import) in WORDS {
        failure.message = failure.message.replace(update, import);
    }
    failure
}
