//! The report of a client's connection: its way through the network, its phases, and the time that each phase took.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::text::part::Part;

/// The phases of a client's connection, in order. A connection skips the phases that it does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Phase {
    /// The client checks the URL and the options. It has not connected to anything.
    Prepare,
    /// The client looks up the name of the host or of the proxy.
    Resolve,
    /// The client connects to the host or to the proxy.
    Connect,
    /// The proxy connects to the host. TLS between client and proxy is a part of this phase.
    Proxy,
    /// The TLS handshake with the host.
    Tls,
    /// The opening handshake: request and response, including the body of a refusal.
    Handshake,
}

impl Phase {
    /// The phases that are timed.
    pub(crate) const TIMED: [Self; 5] =
        [Self::Resolve, Self::Connect, Self::Proxy, Self::Tls, Self::Handshake];

    /// Returns the phase's name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Handshake => "handshake",
        }
    }

    /// Returns the phase's index among the timed phases.
    pub(crate) fn index(self) -> Option<usize> {
        Self::TIMED.iter().position(|phase| *phase == self)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known about a client's connection, established or failed. It contains no credentials, cookies or queries.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The URL of the last request, without user information and query. It is empty if the URL is not valid.
    pub url: String,
    /// The redirects that led to this URL.
    pub redirects: Vec<Redirect>,
    /// The proxy: its scheme, host and port.
    pub proxy: Option<String>,
    /// The address that the client is connected to. With a proxy it is the proxy's.
    pub remote_address: Option<SocketAddr>,
    /// The result of the TLS handshake, if there was one.
    pub tls: Option<TlsReport>,
    /// Why the request went over HTTP/1.1 although the options ask for HTTP/2.
    pub fallback: Option<Fallback>,
    /// Why the request did not go over HTTP/3 although the client of the crate `websocket-upgrade-h3` was asked for it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub http3_fallback: Option<Http3Fallback>,
    /// The time that each phase took. It covers this URL only, and not the redirects before it.
    pub times: Times,
}

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Redirect {
    /// The status of the response.
    pub status: u16,
    /// The URL that was redirected, without user information and query.
    pub from: String,
    /// The URL that the client was sent to, without user information and query.
    pub to: String,
}

/// The result of a TLS handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TlsReport {
    /// The version, such as `TLS 1.3`. `None` if the handshake ended before it was agreed.
    pub version: Option<&'static str>,
    /// The cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher_suite: Option<&'static str>,
    /// The protocol agreed by ALPN (RFC 7301), such as `h2`.
    pub alpn: Option<String>,
    /// The subject of the server's certificate, whether it was accepted or not. `None` without the feature
    /// `certificate-details`.
    pub subject: Option<String>,
    /// The issuer of the certificate, if the handshake succeeded. It needs the feature, too.
    pub issuer: Option<String>,
    /// The names and addresses that the certificate is for, with commas between them, if the handshake succeeded. It
    /// needs the feature, too.
    pub names: Option<String>,
    /// The first and the last second of the certificate's time, in Unix time, if the handshake succeeded. It needs the
    /// feature, too.
    pub valid: Option<[i64; 2]>,
}

#[cfg(all(feature = "rustls", dials))]
impl TlsReport {
    /// Version, cipher suite, ALPN and certificate of a connection.
    pub(crate) fn of(connection: &::rustls::ClientConnection) -> Self {
        use crate::tls::peer::{alpn, cipher_suite, version};
        let certificates = connection.peer_certificates().unwrap_or_default();
        Self {
            version: version(connection),
            cipher_suite: cipher_suite(connection),
            alpn: alpn(connection),
            ..Self::of_certificates(certificates)
        }
    }

    /// The same of a connection over QUIC, as far as a QUIC library says it. The version is always the same (RFC 9001
    /// §4.2).
    #[cfg(feature = "internals")]
    pub(crate) fn of_quic(
        alpn: Option<&[u8]>,
        certificates: &[::rustls::pki_types::CertificateDer<'_>],
    ) -> Self {
        Self {
            version: Some("TLS 1.3"),
            alpn: alpn.map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
            ..Self::of_certificates(certificates)
        }
    }

    /// What the server's own certificate says, which comes first.
    fn of_certificates(certificates: &[::rustls::pki_types::CertificateDer<'_>]) -> Self {
        match certificates.first().and_then(crate::tls::peer::certificate) {
            None => Self::default(),
            Some(certificate) => Self {
                subject: Some(certificate.subject),
                issuer: Some(certificate.issuer),
                names: Some(certificate.names),
                valid: Some(certificate.valid),
                ..Self::default()
            },
        }
    }
}

/// Why a request went over HTTP/1.1 although the options ask for HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Fallback {
    /// The server did not choose `h2` by ALPN (RFC 7301).
    Alpn,
    /// The server speaks HTTP/2 and does not offer extended CONNECT (RFC 8441 §3).
    NotOffered,
    /// The server ended the stream or the connection with `HTTP_1_1_REQUIRED` (RFC 9113 §7).
    Required,
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alpn => "the server did not choose h2 by ALPN",
            Self::NotOffered => "the server does not offer extended CONNECT",
            Self::Required => "the server requires it (HTTP_1_1_REQUIRED)",
        })
    }
}

/// Why a request did not go over HTTP/3, but over HTTP/2 or HTTP/1.1: the client of the crate `websocket-upgrade-h3`
/// falls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Http3Fallback {
    /// The URL is `ws://`, and HTTP/3 always has TLS (RFC 9114 §3.1).
    NoTls,
    /// There is a proxy on the way, in the options or in the environment.
    Proxy,
    /// The options have a connector or a transport of the caller's own.
    Connector,
    /// QUIC does not get through: no address has answered over UDP, or the server has refused QUIC.
    Unreachable,
    /// The server did not choose `h3` by ALPN (RFC 9114 §3.1).
    Alpn,
    /// The server speaks HTTP/3 and does not offer extended CONNECT (RFC 9220 §3).
    NotOffered,
    /// The server ended the stream or the connection with `H3_VERSION_FALLBACK` (RFC 9114 §8.1).
    Required,
}

impl fmt::Display for Http3Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTls => "it needs wss://",
            Self::Proxy => "it does not go through the proxy",
            Self::Connector => "it does not go through a connector or a transport of one's own",
            Self::Unreachable => "QUIC does not get through (UDP)",
            Self::Alpn => "the server did not choose h3 by ALPN",
            Self::NotOffered => "the server does not offer extended CONNECT over it",
            Self::Required => "the server requires HTTP/1.1 (H3_VERSION_FALLBACK)",
        })
    }
}

/// The time that each phase took. A phase that was skipped has no time.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Times([Option<Duration>; Phase::TIMED.len()]);

impl Times {
    /// Returns the time of a phase.
    pub fn of(&self, phase: Phase) -> Option<Duration> {
        *self.0.get(phase.index()?)?
    }

    /// Returns the phases that were not skipped, each with its time.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> {
        Phase::TIMED.into_iter().filter_map(|phase| Some((phase, self.of(phase)?)))
    }

    /// Returns the sum of the times.
    pub fn total(&self) -> Duration {
        self.iter().map(|(_, time)| time).sum()
    }

    #[cfg(driver)]
    pub(super) fn add(&mut self, phase: Phase, time: Duration) {
        if let Some(slot) = phase.index().and_then(|index| self.0.get_mut(index)) {
            *slot = Some(slot.unwrap_or_default() + time);
        }
    }
}

impl fmt::Debug for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Seconds by the name of the phase.
#[cfg(feature = "serde")]
impl serde::Serialize for Times {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(phase, time)| (phase, time.as_secs_f64())))
    }
}

/// One line: the URL, the way there, and the times.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// How many characters of a URL or a name are shown, and how many of the last redirects.
        const SHOWN: (usize, usize) = (200, 5);
        let mut before = "";
        if !self.url.is_empty() {
            write!(f, "{}", Part(&self.url, SHOWN.0))?;
            before = ", ";
        }
        let mut item = |text: fmt::Arguments<'_>| {
            let done = write!(f, "{before}{text}");
            before = ", ";
            done
        };
        let more = self.redirects.len().saturating_sub(SHOWN.1);
        if more > 0 {
            item(format_args!("{more} redirects"))?;
        }
        for Redirect { from, status, .. } in self.redirects.iter().skip(more) {
            item(format_args!("redirected by {} ({status})", Part(from, SHOWN.0)))?;
        }
        if let Some(proxy) = &self.proxy {
            item(format_args!("proxy {}", Part(proxy, SHOWN.0)))?;
        }
        if let Some(address) = self.remote_address {
            item(format_args!("at {address}"))?;
        }
        if let Some(TlsReport { version, alpn, subject, .. }) = &self.tls {
            if let Some(version) = version {
                item(format_args!("{version}"))?;
            }
            if let Some(alpn) = alpn {
                item(format_args!("ALPN {}", Part(alpn, SHOWN.0)))?;
            }
            if let Some(subject) = subject {
                item(format_args!("certificate of {}", Part(subject, SHOWN.0)))?;
            }
        }
        if let Some(fallback) = self.http3_fallback {
            item(format_args!("not over HTTP/3, as {fallback}"))?;
        }
        if let Some(fallback) = self.fallback {
            item(format_args!("over HTTP/1.1, as {fallback}"))?;
        }
        for (phase, time) in self.times.iter() {
            item(format_args!("{phase} {:.1} ms", time.as_secs_f64() * 1000.0))?;
        }
        Ok(())
    }
}
