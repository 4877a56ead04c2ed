//! `holdfast man`: the manual pages, made from what the commands say of themselves. They carry no date: the same program makes the same page.

use super::{cli, desk};
use crate::failure::{Failure, Reason, Result};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::fs;
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The command whose page is printed; the page of `holdfast` itself if not given.
    command: Option<String>,
    /// Write the pages of all commands to this folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  holdfast man | man -l -
  holdfast man pack | man -l -
  holdfast man --out ~/.local/share/man/man1";

/// Prints or writes them.
pub fn man(arguments: &Arguments) -> Result<()> {
    let mut all = cli::command().disable_help_subcommand(true);
    all.build();
    if let Some(folder) = &arguments.out {
        return write_all(all, folder);
    }
    let wanted = match &arguments.command {
        None => all,
        Some(name) => match all.find_subcommand(name).filter(|c| !c.is_hide_set()) {
            Some(command) => command.clone(),
            None => {
                let message = format!("There is no command “{name}”. `holdfast help` lists them.");
                return Err(Failure::new(Reason::RequestInvalid, message));
            }
        },
    };
    crate::print::out(format_args!("{}", String::from_utf8_lossy(&page(wanted)?)));
    Ok(())
}

fn write_all(all: Command, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| desk(folder, &e))?;
    let commands: Vec<Command> = all
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .cloned()
        .chain([all.clone()])
        .collect();
    for command in &commands {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page(command.clone())?).map_err(|e| desk(&path, &e))?;
    }
    say!(
        "{} pages: “{}”. Try `man -l {}`.",
        commands.len(),
        folder.display(),
        folder.join("holdfast.1").display()
    );
    Ok(())
}

/// One page. The examples keep their lines, which the crate's own section for what comes after the help would join.
fn page(command: Command) -> Result<Vec<u8>> {
    let examples = command.get_after_long_help().map(ToString::to_string);
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(examples) = examples {
        let lines = examples.lines().skip(1).map(|line| format!("{}\n", line.trim_start()));
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES"]).control("nf", []);
        section.text([roman(lines.collect::<String>())]).control("fi", []);
        section.to_writer(&mut page)?;
    }
    Ok(page)
}
