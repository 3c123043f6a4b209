//! What all connections of the server share.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::sync::{mpsc, watch};
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::proto::to_base64;
use websocket_upgrade::{Origins, ServerOptions};
use websocket_upgrade_conformance::faults::Fault;

use super::fault;
use super::flags::Flags;
use super::log::Log;
use super::notes::Notes;
use super::page;
use crate::failure::Failure;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) options: ServerOptions,
    /// The fields of every answer, which refusals have too.
    pub(crate) fields: Vec<(String, String)>,
    /// The credentials that every request must have.
    pub(crate) user: Option<Credentials>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) delay: Option<Duration>,
    pub(crate) drip: Option<Duration>,
    pub(crate) early_frame: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) versions: Versions,
    pub(crate) timeout: Duration,
    pub(crate) gate: Gate,
    pub(crate) page: String,
    pub(crate) notes: Notes,
    pub(crate) log: Log,
    /// Whether the server ends.
    pub(crate) end: watch::Receiver<bool>,
    /// Dropped with the last task that has the server.
    _open: mpsc::Sender<()>,
}

/// The HTTP versions that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    Both,
    Http11,
    Http2,
}

/// What becomes of a handshake that is valid and allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Accept,
    Unauthorized,
    /// Refused with a status that was ordered.
    Ordered(StatusCode),
}

impl Verdict {
    /// The status, if it refuses.
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Accept => None,
            Self::Unauthorized => Some(401),
            Self::Ordered(status) => Some(status.as_u16()),
        }
    }

    /// Why it refuses.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Accept => "",
            Self::Unauthorized => "no credentials, or wrong ones",
            Self::Ordered(_) => "as ordered by --status",
        }
    }
}

impl Versions {
    /// Their names for ALPN (RFC 7301).
    pub(crate) fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::Both => &["h2", "http/1.1"],
            Self::Http11 => &["http/1.1"],
            Self::Http2 => &["h2"],
        }
    }
}

/// Credentials of basic authorization (RFC 7617), as their field has them behind the scheme.
#[derive(Clone)]
pub(crate) struct Credentials(String);

impl Credentials {
    fn parse(user: &str) -> Result<Self, Failure> {
        if !user.contains(':') || user.contains(char::is_control) {
            return Err(
                Failure::usage("-u: no colon between user and password").hint("write -u USER:PASSWORD")
            );
        }
        let mut encoded = String::new();
        // A string takes any text.
        let _ = to_base64(user.as_bytes(), &mut encoded);
        Ok(Self(encoded))
    }

    /// Whether these fields have the credentials.
    pub(crate) fn are_in(&self, fields: &HeaderMap) -> bool {
        let given = fields.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.and_then(|given| given.split_once(' ')).is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("basic") && given.trim_start() == self.0
        })
    }
}

/// A secret is not shown.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Server {
    /// The server that the flags describe. `secure` says whether it has TLS.
    pub(crate) fn new(
        flags: &Flags,
        secure: bool,
        end: watch::Receiver<bool>,
        open: mpsc::Sender<()>,
    ) -> Result<Self, Failure> {
        let fields = flags.header.iter().map(|field| split_field(field)).collect::<Result<Vec<_>, _>>()?;
        let status = flags.status.map(status).transpose()?;
        Ok(Self {
            options: options(flags, &fields, secure)?,
            fields,
            user: flags.user.as_deref().map(Credentials::parse).transpose()?,
            status,
            delay: flags.delay,
            drip: flags.drip,
            early_frame: flags.early_frame,
            fault: flags.fault.as_deref().map(fault::named).transpose()?,
            versions: match (flags.http11, flags.http2) {
                (_, true) => Versions::Http2,
                (false, false) if flags.fault.is_none() => Versions::Both,
                _ => Versions::Http11,
            },
            timeout: flags.timeout,
            gate: Gate::new(GateOptions::new().deadline(flags.timeout)),
            page: page::page(&flags.subprotocol),
            notes: Notes::default(),
            log: Log::new(flags.quiet),
            end,
            _open: open,
        })
    }

    /// What becomes of a handshake with these fields: first the credentials, then the status that was ordered.
    pub(crate) fn verdict(&self, fields: &HeaderMap) -> Verdict {
        match (&self.user, self.status) {
            (Some(user), _) if !user.are_in(fields) => Verdict::Unauthorized,
            (_, Some(status)) => Verdict::Ordered(status),
            _ => Verdict::Accept,
        }
    }

    /// Waits for the end of the server.
    pub(crate) fn ending(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut end = self.end.clone();
        async move {
            // The sender is gone when the server has ended.
            let _ = end.wait_for(|end| *end).await;
        }
    }
}

fn options(flags: &Flags, fields: &[(String, String)], secure: bool) -> Result<ServerOptions, Failure> {
    let mut origins = if flags.origin.is_empty() { Origins::same() } else { Origins::listed() };
    if flags.any_origin {
        // A server to try things with has nothing that a foreign page could misuse.
        origins = Origins::danger_any();
    }
    for origin in &flags.origin {
        origins = origins.allow(origin).map_err(|error| {
            Failure::usage(format_args!("-o: {error}"))
                .hint("an origin is a scheme, a host and perhaps a port: https://example.com")
        })?;
    }
    let mut options = ServerOptions::new().origins(origins).secure(secure);
    for name in &flags.subprotocol {
        options = options.subprotocol(name).map_err(|error| {
            Failure::usage(format_args!("-s: {error}")).hint("each is a token, given once: -s chat,superchat")
        })?;
    }
    if flags.require_subprotocol {
        options = options.require_subprotocol();
    }
    if flags.compress {
        // yawc compresses with zlib.
        let deflate = PermessageDeflate::new(Codec::ZLIB);
        options = options.permessage_deflate(deflate).map_err(Failure::usage)?;
    }
    for (name, value) in fields {
        let added = options.header(name, value);
        options = added.map_err(|error| {
            Failure::usage(format_args!("-H: {error}"))
                .hint("-H adds a header beside those of the handshake: -H \"Name: value\"")
        })?;
    }
    Ok(options)
}

fn split_field(field: &str) -> Result<(String, String), Failure> {
    let (name, value) = field
        .split_once(':')
        .ok_or_else(|| Failure::usage("-H: a header without a colon").hint("write -H \"Name: value\""))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// A status that refuses. One of 2xx accepts over HTTP/2, and one of 1xx is no answer.
fn status(code: u16) -> Result<StatusCode, Failure> {
    let refuses = (200..600).contains(&code) && code != 304;
    let status = StatusCode::from_u16(code).ok().filter(|_| refuses);
    status.ok_or_else(|| {
        Failure::usage(format_args!("--status {code}: not a status that refuses"))
            .hint("200 to 599, except 304, which is for caches")
    })
}
