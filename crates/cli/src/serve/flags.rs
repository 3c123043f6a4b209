//! The flags of `wsupgrade serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::duration;

const EXAMPLES: &str = "\
Examples:
  wsupgrade serve                                  echo, on ws://127.0.0.1:9001/
  wsupgrade serve --tls --compress -s chat         TLS, HTTP/2, permessage-deflate, a subprotocol
  wsupgrade serve --origin https://example.com     only pages of this origin
  wsupgrade serve --status 302 -H 'Location: /x'   every handshake is redirected
  wsupgrade serve --fault accept-constant          a fault that a client has to notice

Open http://127.0.0.1:9001/ in a browser: the page shows what the browser offered and what was agreed.";

/// Echoes every text and binary message.
// Independent flags of the command line.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Flags {
    /// Where to listen; port 0 picks a free one
    #[arg(short, long, value_name = "HOST:PORT", default_value = "127.0.0.1:9001")]
    pub(crate) listen: String,
    /// Speak HTTP/1.1 only
    #[arg(long = "http1.1", conflicts_with = "http2")]
    pub(crate) http11: bool,
    /// Speak HTTP/2 only
    #[arg(long)]
    pub(crate) http2: bool,
    /// The time that a client has for its request, and for taking what is sent
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    pub(crate) timeout: Duration,
    /// Print no line for each handshake
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Speak TLS, with a self-signed certificate that is made on the spot
    #[arg(long, help_heading = "TLS")]
    pub(crate) tls: bool,
    /// Speak TLS with the certificates of this file, in PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "TLS")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    pub(crate) key: Option<PathBuf>,
    /// Write the self-signed certificate into this file, for clients to trust
    #[arg(long, value_name = "FILE", conflicts_with = "cert", help_heading = "TLS")]
    pub(crate) save_cert: Option<PathBuf>,

    /// Support a subprotocol (several times, or with commas)
    #[arg(short, long, value_name = "NAME", value_delimiter = ',', help_heading = "What is agreed")]
    pub(crate) subprotocol: Vec<String>,
    /// Refuse clients that offer none of the subprotocols
    #[arg(long, requires = "subprotocol", help_heading = "What is agreed")]
    pub(crate) require_subprotocol: bool,
    /// Support permessage-deflate
    #[arg(long, help_heading = "What is agreed")]
    pub(crate) compress: bool,
    /// Add a header to every answer to a handshake
    #[arg(short = 'H', long, value_name = "NAME: VALUE", help_heading = "What is agreed")]
    pub(crate) header: Vec<String>,

    /// Let pages of this origin connect, instead of the server's own (several times)
    #[arg(short, long, value_name = "ORIGIN", help_heading = "Who may connect")]
    pub(crate) origin: Vec<String>,
    /// Let pages of every origin connect
    #[arg(long, conflicts_with = "origin", help_heading = "Who may connect")]
    pub(crate) any_origin: bool,
    /// Ask for this user and password (Basic authorization)
    #[arg(short, long, value_name = "USER:PASSWORD", help_heading = "Who may connect")]
    pub(crate) user: Option<String>,

    /// Refuse every handshake with this status (a 2xx accepts over HTTP/2, and the stream ends)
    #[arg(
        long,
        value_name = "CODE",
        conflicts_with = "user",
        help_heading = "Misbehaviour, to test clients"
    )]
    pub(crate) status: Option<u16>,
    /// Answer a handshake after this time
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    #[arg(help_heading = "Misbehaviour, to test clients")]
    pub(crate) delay: Option<Duration>,
    /// Send the answer byte by byte, with this time behind each
    #[arg(long, value_name = "TIME", value_parser = duration::parse, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "10ms", help_heading = "Misbehaviour, to test clients")]
    pub(crate) drip: Option<Duration>,
    /// Send a text message in the same piece as the answer that accepts
    #[arg(long, help_heading = "Misbehaviour, to test clients")]
    pub(crate) early_frame: bool,
    /// Break a rule of the handshake, over HTTP/1.1; `chat`, `superchat` and permessage-deflate are supported
    #[arg(long, value_name = "NAME", help_heading = "Misbehaviour, to test clients")]
    #[arg(conflicts_with_all = ["http2", "subprotocol", "require_subprotocol", "compress", "header", "origin"])]
    #[arg(conflicts_with_all = ["any_origin", "user", "status", "delay", "drip", "early_frame"])]
    pub(crate) fault: Option<String>,
    /// List the names of the faults, and what each does
    #[arg(long, help_heading = "Misbehaviour, to test clients")]
    pub(crate) list_faults: bool,
}
