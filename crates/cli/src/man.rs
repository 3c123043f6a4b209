//! `wsupgrade man`: the man pages, made of the command line.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;

use crate::exit::Exit;
use crate::failure::Failure;

const INSTALL: &str = "\
Read and install:
  wsupgrade man bench | man -l -
  wsupgrade man --dir ~/.local/share/man/man1";

/// Prints a man page, or writes all of them.
#[derive(Debug, Args)]
#[command(after_help = INSTALL)]
pub(crate) struct Flags {
    /// The command whose page is printed, instead of that of the whole tool
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    of: Option<String>,
    /// Write the page of each command into this directory, as `wsupgrade-COMMAND.1`
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints or writes them.
pub(crate) fn run(flags: &Flags, mut command: Command) -> Result<Exit, Failure> {
    // With it, each command has its own name and the options that all have.
    command.build();
    if let Some(dir) = &flags.dir {
        fs::create_dir_all(dir).map_err(|error| Failure::file(dir, &error))?;
        clap_mangen::generate_to(command, dir).map_err(|error| Failure::file(dir, &error))?;
        return Ok(Exit::Success);
    }
    let page = match &flags.of {
        None => Man::new(command),
        Some(name) => {
            let known: Vec<_> =
                command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
            let of = command.find_subcommand(name).ok_or_else(|| {
                Failure::usage(format_args!("no command {name:?}"))
                    .hint(format_args!("there are {}", known.join(", ")))
            })?;
            Man::new(of.clone()).title(format!("wsupgrade-{name}"))
        }
    };
    let mut text = Vec::new();
    page.render(&mut text)?;
    std::io::stdout().write_all(&text)?;
    Ok(Exit::Success)
}
