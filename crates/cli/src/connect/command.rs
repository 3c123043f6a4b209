//! The command: its flags, the handshake, and what reads and shows the messages.

use std::io::{IsTerminal, stdin, stdout};

use clap::Args;
use websocket_upgrade::create_upgrade_request;

use super::screen::Screen;
use super::session::{Codec, HandOver, Session};
use super::verbose::Verbose;
use super::{pipe, terminal};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::{self, Seconds, Target};

/// Open a WebSocket, and send and receive messages.
#[allow(clippy::struct_excessive_bools)] // each is a flag
#[derive(Args, Debug)]
#[command(after_help = "In a terminal each line is a text message; /help lists the commands. \
    In a pipe each line is a message, too. At its end the command waits for as many answers as it has sent \
    messages, and closes the connection.")]
pub(crate) struct Flags {
    #[command(flatten)]
    pub(super) network: network::Flags,
    /// Send what is read as binary messages, and write what is received as it is
    #[arg(long)]
    pub(super) binary: bool,
    /// At the end of the input, wait so long for the next answer
    #[arg(long, value_name = "SECONDS", value_parser = network::seconds, default_value = "2")]
    pub(super) wait: Seconds,
    /// Show the handshake, the pings and the pongs
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Show messages and errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Write one JSON object a line for everything that happens
    #[arg(long, conflicts_with = "binary")]
    pub(super) json: bool,
}

pub(crate) async fn run(flags: &Flags) -> Result<Exit, Failure> {
    let Target { url, mut options } = Target::new(&flags.network)?;
    let begun = tokio::time::Instant::now();
    if flags.verbose {
        options = options.watch(Verbose::default().into_watch());
    }
    let upgraded = match create_upgrade_request(&url, &options).await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            if flags.json {
                Screen::failed(&error)?;
            }
            return Err(network::failure(&error, &flags.network));
        }
    };
    let until = flags.network.max_time.and_then(|time| begun.checked_add(time));
    // A terminal that can do nothing is read like a pipe.
    let is_terminal = stdin().is_terminal() && stdout().is_terminal() && !flags.binary && !flags.json;
    let (screen, input) = match Some(()).filter(|()| is_terminal).and_then(|()| terminal::start().ok()) {
        Some((printer, input)) => (Screen::terminal(printer, flags.quiet), input),
        None if flags.json => (Screen::json(), pipe::lines()),
        None if flags.binary => (Screen::raw(), pipe::chunks()),
        None => (Screen::pipe(!flags.verbose), pipe::lines()),
    };
    // As the report has it: without a password, and where redirects have led to.
    let url = upgraded.report().url;
    let (socket, agreed) = Codec::of(upgraded)?;
    let session = Session::new(socket, screen, input.messages, flags.wait, flags.verbose, until);
    let done = session.run(&url, &agreed).await;
    if let Some(reader) = input.reader {
        reader.stop().await;
    }
    done
}
