//! The flags of `wsupgrade bench`.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::rate::Rate;
use crate::{duration, network};

const MORE: &str = "\
What the times are:
  The time of a handshake ends when the response has been checked. Name
  lookup, TCP and TLS are in it, and are also shown by themselves. Closing
  is not in it.

  At a concurrency (-c) it begins when the handshake does. A server that
  stalls is then asked less often, and its stalls hide in few slow
  handshakes (\"coordinated omission\").

  At a rate (--rate) it begins when the handshake is due, whether or not it
  could begin then: a handshake that had to wait for slow ones before it has
  waited. The time from its real beginning is shown too. Handshakes that
  were due and not begun when the time was over are counted.

  Failed handshakes are not in the times. They are counted by reason.

Examples:
  wsupgrade bench ws://127.0.0.1:9001/                       10 at a time, for 10 seconds
  wsupgrade bench -c 64 -n 10000 wss://127.0.0.1:9001/ -k    10,000, 64 at a time, over TLS
  wsupgrade bench --rate 500/s -d 1m --hold=5s ws://...      500 a second, each kept for 5 seconds
  wsupgrade bench --http2 --one-connection wss://...         all of them on one HTTP/2 connection";

/// Opens handshakes at a concurrency or a rate, and measures their times.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
#[group(skip)] // the name of the group is that of the flags inside
pub(crate) struct Flags {
    #[command(flatten)]
    pub(crate) network: network::Flags,

    /// How many handshakes are under way at a time [default: 10, or at most 1000 with --rate]
    #[arg(short = 'c', long, value_name = "NUMBER", value_parser = positive, help_heading = "Load")]
    pub(crate) concurrency: Option<usize>,
    /// Begin handshakes at this rate, such as 500/s or 90/m
    #[arg(short, long, value_name = "RATE", help_heading = "Load")]
    pub(crate) rate: Option<Rate>,
    /// Stop after this number of handshakes
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(help_heading = "Load")]
    pub(crate) number: Option<u64>,
    /// Begin handshakes for this time [default: 10s, or any time with -n]
    #[arg(short, long, value_name = "TIME", value_parser = duration::positive, help_heading = "Load")]
    pub(crate) duration: Option<Duration>,
    /// Keep each connection open for this time, or to the end, instead of closing it at once
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "end", help_heading = "Load")]
    pub(crate) hold: Option<Hold>,
    /// Open every WebSocket on the same HTTP/2 connection
    #[arg(long, requires = "http2", help_heading = "Load")]
    pub(crate) one_connection: bool,

    /// Print the result as JSON
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
}

/// How long connections are kept open.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hold {
    For(Duration),
    /// Until all handshakes are done, and the time of the run is over.
    ToTheEnd,
}

impl Hold {
    pub(crate) fn time(self) -> Duration {
        match self {
            Self::For(time) => time,
            Self::ToTheEnd => Duration::MAX,
        }
    }
}

impl FromStr for Hold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "end" { Ok(Self::ToTheEnd) } else { duration::parse(text).map(Self::For) }
    }
}

fn positive(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|number| *number > 0).ok_or("expected a number above 0")
}
