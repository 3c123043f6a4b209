//! The flags of all commands that connect to a server. Names and meanings are those of curl where it has them.

use std::path::PathBuf;

use clap::Args;

#[allow(clippy::struct_excessive_bools)] // each is a flag
#[allow(clippy::doc_markdown)] // the help is no markdown
#[derive(Args, Clone, Debug)]
#[group(skip)] // its name would be that of the flags of each command
pub(crate) struct Flags {
    /// The server: ws://, wss://, http:// or https:// (ws:// if there is no scheme)
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// Add a header to the request ("Name: value"; "Name;" without a value; "User-Agent:" sends none)
    #[arg(short = 'H', long = "header", value_name = "HEADER", help_heading = "Request")]
    pub(crate) headers: Vec<String>,
    /// Offer a subprotocol (several times, or with commas, in the order of preference)
    #[arg(short, long = "subprotocol", value_name = "NAME", value_delimiter = ',', help_heading = "Request")]
    pub(crate) subprotocols: Vec<String>,
    /// Send this origin, such as https://example.com
    #[arg(short, long, value_name = "ORIGIN", help_heading = "Request")]
    pub(crate) origin: Option<String>,
    /// Offer an extension with its parameters, such as "permessage-deflate; client_max_window_bits"
    #[arg(long = "extension", value_name = "OFFER", help_heading = "Request")]
    pub(crate) extensions: Vec<String>,
    /// Offer permessage-deflate, as browsers do
    #[arg(long, help_heading = "Request")]
    pub(crate) compress: bool,
    /// Send Basic authorization
    #[arg(short, long, value_name = "USER:PASSWORD", conflicts_with = "bearer", help_heading = "Request")]
    pub(crate) user: Option<String>,
    /// Send a bearer token
    #[arg(long, value_name = "TOKEN", help_heading = "Request")]
    pub(crate) bearer: Option<String>,
    /// Send cookies
    #[arg(short = 'b', long = "cookie", value_name = "NAME=VALUE", help_heading = "Request")]
    pub(crate) cookies: Vec<String>,
    /// Follow redirects
    #[arg(short = 'L', long, help_heading = "Request")]
    pub(crate) location: bool,
    /// Follow at most so many redirects
    #[arg(long, value_name = "NUMBER", default_value_t = 50, help_heading = "Request")]
    pub(crate) max_redirs: usize,
    /// Use HTTP/1.1, which is the default
    #[arg(long = "http1.1", conflicts_with = "http2", help_heading = "Request")]
    pub(crate) http11: bool,
    /// Ask over HTTP/2 (RFC 8441): by ALPN with wss://, by prior knowledge with ws://
    #[arg(long, help_heading = "Request")]
    pub(crate) http2: bool,

    /// Accept any certificate: only for tests, as anyone can pretend to be the server
    #[arg(short = 'k', long, help_heading = "TLS")]
    pub(crate) insecure: bool,
    /// Trust the certificates in this PEM file, and not those of the system
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    pub(crate) cacert: Option<PathBuf>,
    /// Show this certificate of the client (PEM, the key in the same file or in that of --key)
    #[arg(short = 'E', long, value_name = "FILE", help_heading = "TLS")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of the certificate of --cert (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    pub(crate) key: Option<PathBuf>,

    /// Connect through this proxy: http://, https://, socks5:// or socks4:// (http:// if there is no scheme)
    #[arg(short = 'x', long, value_name = "URL", help_heading = "Network")]
    pub(crate) proxy: Option<String>,
    /// Add a header to the proxy's CONNECT request
    #[arg(long = "proxy-header", value_name = "HEADER", help_heading = "Network")]
    pub(crate) proxy_headers: Vec<String>,
    /// Connect to these hosts without a proxy, also if the environment names one ("*" for all)
    #[arg(long, value_name = "HOSTS", help_heading = "Network")]
    pub(crate) noproxy: Option<String>,
    /// Connect to HOST2:PORT2 where a URL has HOST1:PORT1; each may be empty
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", help_heading = "Network")]
    pub(crate) connect_to: Vec<String>,
    /// Connect to this Unix socket
    #[arg(long, value_name = "PATH", conflicts_with_all = ["proxy", "connect_to"], help_heading = "Network")]
    pub(crate) unix_socket: Option<PathBuf>,
    /// Use IPv4 addresses only
    #[arg(short = '4', long, conflicts_with = "ipv6", help_heading = "Network")]
    pub(crate) ipv4: bool,
    /// Use IPv6 addresses only
    #[arg(short = '6', long, help_heading = "Network")]
    pub(crate) ipv6: bool,
    /// The time for each step of the connection: name lookup, TCP, proxy, TLS
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Network")]
    pub(crate) connect_timeout: Option<Seconds>,
    /// The time for everything (by default the handshake has 10 seconds, and a session any time)
    #[arg(short = 'm', long, value_name = "SECONDS", value_parser = seconds, help_heading = "Network")]
    pub(crate) max_time: Option<Seconds>,
}

/// A time on the command line.
pub(crate) type Seconds = std::time::Duration;

/// Reads a time, of which one can also give a part: `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Seconds, &'static str> {
    let seconds: f64 = text.parse().map_err(|_| "expected seconds, such as 2 or 0.5")?;
    let time = Seconds::try_from_secs_f64(seconds).map_err(|_| "expected a time that is not negative")?;
    if time.is_zero() { Err("expected more than 0 seconds") } else { Ok(time) }
}
