//! Errors of the command line: one line, and a hint.

use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;

/// Shows the help that was asked for, or what is wrong with the command line.
pub(crate) fn show(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let asked = !error.use_stderr();
            // Nobody may be reading it any more.
            let _ = error.print();
            if asked { Exit::Success } else { Exit::Usage }.into()
        }
        _ => failure(error).show(),
    }
}

fn failure(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    // A message that ends in a colon goes on with a list: the missing arguments.
    if message.ends_with(':') {
        let listed =
            lines.by_ref().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("tip:"));
        let listed: Vec<_> = listed.collect();
        message = format!("{message} {}", listed.join(", "));
    }
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    // What looks like a flag is seldom meant as a value.
    let tip = tip.filter(|tip| !tip.contains(" as a value"));
    let hint = match tip {
        Some(tip) => tip.to_owned(),
        None => match command(error).or_else(named) {
            Some(command) => format!("`{command} --help` lists the flags"),
            None => String::from("`wsupgrade help` lists the commands"),
        },
    };
    Failure::new(Exit::Usage, message).hint(hint)
}

/// The command that was called.
fn named() -> Option<String> {
    let name = std::env::args().nth(1)?;
    let known = Arguments::command().find_subcommand(&name).is_some();
    known.then(|| format!("wsupgrade {name}"))
}

/// The command whose usage the error shows.
fn command(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return None };
    let usage = usage.to_string();
    let mut words = usage.strip_prefix("Usage: ")?.split_whitespace();
    let (name, command) = (words.next()?, words.next()?);
    command.starts_with(char::is_alphabetic).then(|| format!("{name} {command}"))
}
