//! The command line.

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{bench, check, compare, completions, connect, explain, inspect, man, serve};

/// See, serve and test any WebSocket opening handshake.
#[derive(Debug, Parser)]
#[command(name = "wsupgrade", version, propagate_version = true, after_help = Exit::table())]
#[command(max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A row for each command. Each has a module of its own with its flags and a function `run`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open a WebSocket, and send and receive messages
    Connect(connect::Flags),
    /// Do the opening handshake, and show and judge all of it
    Inspect(inspect::Flags),
    /// Show which rules the head of a request or a response breaks, and where
    Explain(explain::Flags),
    /// Run the conformance suite against a server or a client
    Check(Box<check::Flags>),
    /// Compare servers, or saved reports of servers or clients
    Compare(Box<compare::Flags>),
    /// Echo messages, and misbehave as ordered
    Serve(serve::Flags),
    /// Open handshakes at a concurrency or a rate, and measure their times
    Bench(bench::Flags),
    /// Print the completions of a shell
    Completions(completions::Flags),
    /// Print a man page, or write all of them
    Man(man::Flags),
}

impl Command {
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Connect(flags) => connect::run(&flags).await,
            Self::Inspect(flags) => inspect::run(&flags).await,
            Self::Explain(flags) => explain::run(&flags),
            Self::Check(flags) => check::run(&flags).await,
            Self::Compare(flags) => compare::run(&flags).await,
            Self::Serve(flags) => serve::run(&flags).await,
            Self::Bench(flags) => bench::run(&flags).await,
            Self::Completions(flags) => completions::run(&flags, Arguments::command()),
            Self::Man(flags) => man::run(&flags, Arguments::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_flags_are_the_same() {
        Arguments::command().debug_assert();
    }
}
