//! `holdfast completion`: what lets a shell complete the commands, made from what they are.

use super::cli;
use crate::failure::Result;
use clap::Command;

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The shell.
    shell: clap_complete::Shell,
}

const EXAMPLES: &str = "Examples:
  holdfast completion bash > ~/.local/share/bash-completion/completions/holdfast
  holdfast completion zsh > ~/.zfunc/_holdfast
  holdfast completion fish > ~/.config/fish/completions/holdfast.fish
  holdfast completion powershell >> $PROFILE
  holdfast completion elvish >> ~/.config/elvish/rc.elv";

/// Prints it.
pub fn completion(arguments: &Arguments) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut shown(), "holdfast", &mut script);
    crate::print::out(format_args!("{}", String::from_utf8_lossy(&script)));
    Ok(())
}

/// The commands without the hidden ones, which the crate would complete, too.
fn shown() -> Command {
    let all = cli::command();
    let shown: Vec<Command> = all.get_subcommands().filter(|c| !c.is_hide_set()).cloned().collect();
    Command::new("holdfast").version(env!("CARGO_PKG_VERSION")).subcommands(shown)
}
