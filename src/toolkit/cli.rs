//! `holdfast`: what was typed, and to which command it goes.

use super::{demo, diff, draft, export, import, inspect, migrate, new, pack, rehearse, release, reshape, verify};
use crate::failure::{Class, Exit};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Packs updates that move an application and its SQLite databases together, or leave both as they were.
#[derive(Parser)]
#[command(name = "holdfast", version, about)]
struct Holdfast {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lay out a payload folder.
    New {
        /// The folder; it must not exist or be empty.
        folder: PathBuf,
        /// Lay out the sample product, complete with its old releases.
        #[arg(long)]
        sample: bool,
    },
    /// Record an installed release as one from which updates may start.
    Release {
        /// Its version.
        version: String,
        /// The application folder as that release installed it.
        #[arg(long)]
        app: PathBuf,
        /// The payload into which it is written.
        #[arg(long, default_value = ".")]
        payload: PathBuf,
        /// A database, if it is not where the manifest says: NAME=PATH.
        #[arg(long = "database", value_name = "NAME=PATH")]
        databases: Vec<String>,
        /// Record a further combination of modules of a release that is recorded already, under this name.
        #[arg(long)]
        variant: Option<String>,
    },
    /// Try a payload's migrations and pack it into an updater.
    Pack(pack::Arguments),
    /// Show what differs between two schemas, how grave it is for the data, and what to do.
    Diff(diff::Arguments),
    /// Write the migration from one schema to another: rules for what is certain, questions for the rest.
    Draft(draft::Arguments),
    /// Try a payload on copies of real sites, exactly as the updater will run, and write a certificate of it.
    Rehearse(rehearse::Arguments),
    /// One run of a rehearsal, in a process of its own.
    #[command(hide = true)]
    RehearseRun(crate::rehearse::ChildArguments),
    /// Show what an updater carries, and verify every byte of it.
    Inspect {
        /// An updater or a bundle.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say which version a site is, program and data together, and whether anything there is mixed or unfinished. It changes nothing.
    Verify(verify::Arguments),
    /// Run a payload's migrations on a copy of a database, into a new file.
    Migrate(migrate::Arguments),
    /// Bring a database to another schema, in a new file: one reshape by hand.
    Reshape(reshape::Arguments),
    /// Write tables of a database to a zip that a payload and `import` take back.
    Export(export::Arguments),
    /// Load a zip into a database: a copy is loaded, checked, and put in its place. The old database is kept.
    Import(import::Arguments),
    /// Bring an import that was cut off to its end.
    Recover {
        /// The database; whatever is unfinished where this program stands if not given.
        database: Option<PathBuf>,
    },
    /// Build an old site, update it, and show what a failed and a killed update leave behind.
    Demo {
        /// Keep the sites in this folder, and do not remove them.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
    /// The updates of the demo, in a process of their own.
    #[command(hide = true)]
    DemoUpdate {
        /// The bundle.
        bundle: PathBuf,
        /// The application folder.
        app: PathBuf,
        /// End the process after so many renames.
        #[arg(long)]
        cut_after: Option<u64>,
    },
}

/// Runs a command and returns the process's exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> u8 {
    let holdfast = match Holdfast::try_parse_from(words) {
        Ok(holdfast) => holdfast,
        Err(error) => {
            let _ = error.print();
            return error.exit_code() as u8;
        }
    };
    let done = match holdfast.command {
        Command::New { folder, sample } => new::new(&folder, sample),
        Command::Release {
            version,
            app,
            payload,
            databases,
            variant,
        } => release::release(&version, &app, &payload, &databases, variant.as_deref()),
        Command::Pack(arguments) => pack::pack(&arguments),
        Command::Diff(arguments) => match diff::diff(&arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Draft(arguments) => draft::draft(&arguments),
        Command::Rehearse(arguments) => return rehearse::run(&arguments),
        Command::RehearseRun(arguments) => return crate::rehearse::run_child(&arguments),
        Command::Inspect { file, json } => inspect::inspect(&file, json),
        Command::Verify(arguments) => return verify::run(&arguments),
        Command::Migrate(arguments) => migrate::migrate(&arguments),
        Command::Reshape(arguments) => reshape::reshape(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Import(arguments) => return import::run(&arguments),
        Command::Recover { database } => return import::recover(database.as_deref()),
        Command::Demo { keep } => demo::demo(keep.as_deref()),
        Command::DemoUpdate { bundle, app, cut_after } => return demo::update(&bundle, &app, cut_after),
    };
    match done {
        Ok(()) => Exit::Done as u8,
        Err(failure) => {
            eprintln!("{}", failure.message);
            eprintln!("{}", failure.reason);
            let exit = match failure.reason.class() {
                Class::Busy => Exit::Busy,
                _ => Exit::Refused,
            };
            exit as u8
        }
    }
}
