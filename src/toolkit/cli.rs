//! `holdfast`: what was typed, and to which command it goes.

use super::{
    completion, demo, diff, draft, export, import, inspect, keys, man, migrate, new, pack, rehearse, release, report, reshape, sign,
    status, verify,
};
use crate::failure::{Class, Exit};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;

/// The way of a release, for `holdfast --help`.
const EXAMPLES: &str = "Examples:
  holdfast new my-payload                                    # lay out a payload
  holdfast release 1.0 --app installed --payload my-payload  # record the release from which it starts
  holdfast pack my-payload -o update --unrehearsed \"a first try\"
  holdfast inspect update                                    # what it carries
  holdfast help pack                                         # all about one command";

/// Packs updates that move an application and its SQLite databases together, or leave both as they were.
#[derive(Parser)]
#[command(name = "holdfast", version, about, after_long_help = EXAMPLES)]
struct Holdfast {
    #[command(subcommand)]
    command: Command,
}

/// What each takes, and examples of it, lie beside the command.
#[derive(Subcommand)]
enum Command {
    /// Lay out a payload folder.
    New(new::Arguments),
    /// Record an installed release as one from which updates may start.
    Release(release::Arguments),
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
    /// Make a pair of keys: a secret one that signs updates, and a public one that programs pin.
    Keygen(keys::Arguments),
    /// Sign a packed update, or a bundle. It comes before a signature for Windows, which covers it.
    Sign(sign::Signing),
    /// Make an updater take only what certain keys have signed; it is then also fit for an `update.hfb` beside it.
    Pin(sign::Pinning),
    /// Show what an updater carries, and verify every byte of it.
    Inspect(inspect::Arguments),
    /// Check every byte of an update and who signed it; or, with --app, say which version a site is, program and data together, and whether
    /// anything there is mixed or unfinished. It changes nothing.
    Verify(verify::Arguments),
    /// Say how the sites stand whose results sticks brought home; those that need help come first.
    Status(status::Arguments),
    /// Make one page of what sticks brought home, or the same for a spreadsheet or a machine.
    Report(report::Arguments),
    /// Run a payload's migrations on a copy of a database, into a new file.
    Migrate(migrate::Arguments),
    /// Bring a database to another schema, in a new file: one reshape by hand.
    Reshape(reshape::Arguments),
    /// Write tables of a database to a zip that a payload and `import` take back.
    Export(export::Arguments),
    /// Load a zip into a database: a copy is loaded, checked, and put in its place. The old database is kept.
    Import(import::Arguments),
    /// Bring an import that was cut off to its end.
    Recover(import::RecoverArguments),
    /// Build an old site, update it, and show what a failed and a killed update leave behind.
    Demo(demo::Arguments),
    /// Print what lets a shell complete these commands.
    Completion(completion::Arguments),
    /// Print the manual page, or write those of all commands to a folder.
    Man(man::Arguments),
    /// The updates of the demo, in a process of their own.
    #[command(hide = true)]
    DemoUpdate(demo::UpdateArguments),
}

/// All commands as they are typed: what completion, manual pages and the tests of the examples are made from.
pub fn command() -> clap::Command {
    Holdfast::command()
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
    let ended = match holdfast.command {
        Command::New(arguments) => new::new(&arguments).map(done),
        Command::Release(arguments) => release::release(&arguments).map(done),
        Command::Pack(arguments) => pack::pack(&arguments).map(done),
        Command::Keygen(arguments) => keys::generate(&arguments).map(done),
        Command::Sign(arguments) => sign::sign(&arguments).map(done),
        Command::Pin(arguments) => sign::pin(&arguments).map(done),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Draft(arguments) => draft::draft(&arguments).map(done),
        Command::Rehearse(arguments) => Ok(rehearse::run(&arguments)),
        Command::RehearseRun(arguments) => Ok(crate::rehearse::run_child(&arguments)),
        Command::Inspect(arguments) => inspect::inspect(&arguments).map(done),
        Command::Verify(arguments) => Ok(verify::run(&arguments)),
        Command::Status(arguments) => status::status(&arguments).map(done),
        Command::Report(arguments) => report::report(&arguments).map(done),
        Command::Migrate(arguments) => migrate::migrate(&arguments).map(done),
        Command::Reshape(arguments) => reshape::reshape(&arguments).map(done),
        Command::Export(arguments) => export::export(&arguments).map(done),
        Command::Import(arguments) => Ok(import::run(&arguments)),
        Command::Recover(arguments) => Ok(import::recover(&arguments)),
        Command::Demo(arguments) => demo::demo(&arguments).map(done),
        Command::Completion(arguments) => completion::completion(&arguments).map(done),
        Command::Man(arguments) => man::man(&arguments).map(done),
        Command::DemoUpdate(arguments) => Ok(demo::update(&arguments)),
    };
    match ended {
        Ok(code) => all_was_printed(code),
        Err(failure) => {
            complain!("{}", failure.message);
            complain!("{}", failure.reason);
            let exit = match failure.reason.class() {
                Class::Busy => Exit::Busy,
                _ => Exit::Refused,
            };
            exit as u8
        }
    }
}

fn done((): ()) -> u8 {
    Exit::Done as u8
}

/// What a command printed may be all that it was asked for: a full disk under it is a failure, too.
fn all_was_printed(code: u8) -> u8 {
    match crate::print::lost() {
        Some(error) if code == 0 => {
            complain!("Not everything could be printed: {error}. Make room, or print elsewhere, and do it again.");
            Exit::Refused as u8
        }
        _ => code,
    }
}
