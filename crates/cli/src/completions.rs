//! `wsupgrade completions`: the completions of a shell, made of the command line.

use std::io::Write;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::Exit;
use crate::failure::Failure;

const INSTALL: &str = "\
Write them into the file where the shell looks for them:
  bash  ~/.local/share/bash-completion/completions/wsupgrade
  zsh   _wsupgrade, in one of the directories of $fpath
  fish  ~/.config/fish/completions/wsupgrade.fish";

/// Prints the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = INSTALL)]
pub(crate) struct Flags {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(flags: &Flags, mut command: Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut command, "wsupgrade", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Success)
}
