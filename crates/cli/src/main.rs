//! `wsupgrade`: see, serve and test any WebSocket opening handshake.

#![forbid(unsafe_code)]
// The documentation of arguments is the text of `--help`, where a URL has no brackets.
#![allow(rustdoc::bare_urls)]

mod arguments;
mod bench;
mod check;
mod compare;
mod completions;
mod connect;
mod descriptors;
mod duration;
mod exit;
mod explain;
mod failure;
mod inspect;
mod man;
mod network;
mod output;
mod secrets;
mod serve;
mod suite;
mod usage;
mod verdicts;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use exit::Exit;
use failure::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::show(&error),
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.show(),
    }
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(arguments.command.run());
    // A thread that reads standard input or looks up a name may never end.
    runtime.shutdown_background();
    done
}
