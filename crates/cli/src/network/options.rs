//! The library's options, made of the flags.

use std::env;
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;

use websocket_upgrade::proto::proxy::{EXCEPTIONS, variables};
use websocket_upgrade::proto::uri::Uri;
use websocket_upgrade::{ClientOptions, Phase, TlsOptions};

use super::flags::Flags;
#[cfg(unix)]
use super::unix::UnixSocket;
use super::{extensions, files, headers, url};
use crate::failure::Failure;

/// Where a command connects to, and how.
#[derive(Debug)]
pub(crate) struct Target {
    /// A WebSocket URI, which is checked.
    pub(crate) url: String,
    pub(crate) options: ClientOptions,
}

impl Target {
    /// # Errors
    ///
    /// What is wrong with a flag. Nothing has been sent.
    pub(crate) fn new(flags: &Flags) -> Result<Self, Failure> {
        let url = url::read(&flags.url)?;
        let uri = Uri::parse(&url).map_err(|error| {
            Failure::usage(error).hint("a URL looks like ws://example.com:8080/path or wss://example.com/")
        })?;
        let options = asked(flags)?.tls(tls(flags)?);
        let options = way(flags, options, &uri)?;
        Ok(Self { url, options })
    }
}

/// What the request asks for.
fn asked(flags: &Flags) -> Result<ClientOptions, Failure> {
    let mut options = headers::add(ClientOptions::new(), &flags.headers)?;
    for name in &flags.subprotocols {
        options =
            options.subprotocol(name.trim()).map_err(|error| Failure::usage(format_args!("-s: {error}")))?;
    }
    options = extensions::add(options, &flags.extensions, flags.compress)?;
    if let Some(origin) = &flags.origin {
        options = options.origin(origin).map_err(|error| {
            Failure::usage(format_args!("-o {origin}: {error}"))
                .hint("an origin is a scheme, a host and perhaps a port: https://example.com")
        })?;
    }
    if let Some(user) = &flags.user {
        let (user, password) = user.split_once(':').ok_or_else(|| {
            Failure::usage("-u: no colon between user and password")
                .hint("write -u USER:PASSWORD, or -u USER: for an empty password")
        })?;
        options = options.basic_authorization(user, password).map_err(named("-u"))?;
    }
    if let Some(token) = &flags.bearer {
        options = options.bearer_token(token).map_err(named("--bearer"))?;
    }
    if !flags.cookies.is_empty() {
        if flags.cookies.iter().any(|cookie| !cookie.contains('=')) {
            return Err(Failure::usage("-b: a cookie without =").hint("write -b \"name=value\""));
        }
        options = options.header("Cookie", flags.cookies.join("; ")).map_err(named("-b"))?;
    }
    if flags.location {
        options = options.redirects(flags.max_redirs);
    }
    if let Some(time) = flags.max_time {
        options = options.deadline(time);
    }
    Ok(options)
}

fn tls(flags: &Flags) -> Result<TlsOptions, Failure> {
    let mut tls = TlsOptions::new();
    if let Some(path) = &flags.cacert {
        let pem = files::read("--cacert", path)?;
        tls = tls.root_certificates(pem).map_err(named("--cacert"))?.only_these_roots();
    }
    if let Some(path) = &flags.cert {
        let chain = files::read("--cert", path)?;
        let key = match &flags.key {
            Some(path) => files::read("--key", path)?,
            None => chain.clone(),
        };
        tls = tls.client_certificate(chain, key).map_err(named("--cert"))?;
    }
    Ok(if flags.insecure { tls.danger_accept_any_certificate() } else { tls })
}

/// The way through the network.
fn way(flags: &Flags, mut options: ClientOptions, uri: &Uri<'_>) -> Result<ClientOptions, Failure> {
    options = headers::add_for_proxy(options, &flags.proxy_headers)?;
    options = proxy(flags, options, uri)?;
    for places in &flags.connect_to {
        let (from, to) = places_of(places, uri).ok_or_else(|| {
            Failure::usage(format_args!("--connect-to {places}: not HOST1:PORT1:HOST2:PORT2"))
                .hint("for example --connect-to example.com:443:127.0.0.1:8443")
        })?;
        options = options.connect_to(&from, &to).map_err(named("--connect-to"))?;
    }
    if let Some(path) = &flags.unix_socket {
        options = on_socket(options, path)?;
    }
    if flags.http2 {
        options = options.http2();
    }
    if flags.ipv4 {
        options = options.ipv4_only();
    }
    if flags.ipv6 {
        options = options.ipv6_only();
    }
    if let Some(time) = flags.connect_timeout {
        for phase in [Phase::Resolve, Phase::Connect, Phase::Proxy, Phase::Tls] {
            options = options.phase_deadline(phase, time);
        }
    }
    Ok(options)
}

/// Over this Unix socket.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // other systems have none
fn on_socket(options: ClientOptions, path: &Path) -> Result<ClientOptions, Failure> {
    Ok(options.transport(UnixSocket(Arc::new(path.to_owned()))))
}

#[cfg(not(unix))]
fn on_socket(_: ClientOptions, _: &Path) -> Result<ClientOptions, Failure> {
    Err(Failure::usage("--unix-socket: this system has no Unix sockets"))
}

/// The proxy of `-x`, or that of the environment; `--noproxy` has the hosts that are reached without.
fn proxy(flags: &Flags, options: ClientOptions, uri: &Uri<'_>) -> Result<ClientOptions, Failure> {
    let with_scheme = |proxy: &str| match proxy {
        proxy if proxy.contains("://") => proxy.to_owned(),
        proxy => format!("http://{proxy}"),
    };
    match (&flags.proxy, &flags.noproxy) {
        (_, Some(hosts)) if hosts.trim() == "*" => Ok(options.no_proxy()),
        // As with curl, an empty one means none.
        (Some(proxy), _) if proxy.is_empty() => Ok(options.no_proxy()),
        (Some(proxy), hosts) => {
            let hosts = hosts.clone().or_else(|| variable(&EXCEPTIONS)).unwrap_or_default();
            options.proxy_except(&with_scheme(proxy), &hosts).map_err(|error| {
                Failure::usage(format_args!("-x: {error}")).hint(
                    "for example -x http://user:password@proxy.example:3128, or socks5://127.0.0.1:1080",
                )
            })
        }
        (None, Some(hosts)) => {
            // The list replaces NO_PROXY.
            match variable(variables(uri.secure(), false)) {
                Some(proxy) => options
                    .proxy_except(&with_scheme(&proxy), hosts)
                    .map_err(named("the proxy of the environment")),
                None => Ok(options),
            }
        }
        (None, None) => Ok(options),
    }
}

/// The first of these environment variables that is not empty.
fn variable(names: &[&str]) -> Option<String> {
    names.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.is_empty())
}

/// Splits `HOST1:PORT1:HOST2:PORT2`. An empty host or port of the first place is the URL's; of the second, that of the
/// first.
fn places_of(text: &str, uri: &Uri<'_>) -> Option<(String, String)> {
    let (host1, rest) = host(text)?;
    let (port1, rest) = rest.split_once(':')?;
    let (host2, port2) = host(rest)?;
    let own = if uri.host().contains(':') { format!("[{}]", uri.host()) } else { uri.host().to_owned() };
    let given = |host: &str, other: &str| if host.is_empty() { other.to_owned() } else { host.to_owned() };
    let host1 = given(host1, &own);
    let place = |host: &str, port: &str| match port {
        "" => host.to_owned(),
        port => format!("{host}:{port}"),
    };
    Some((place(&host1, port1), place(&given(host2, &host1), port2)))
}

/// Splits a host, perhaps in brackets, from what is behind its colon.
fn host(text: &str) -> Option<(&str, &str)> {
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':')? };
    let (host, rest) = text.split_at_checked(end)?;
    Some((host, rest.strip_prefix(':')?))
}

fn named<E: std::fmt::Display>(flag: &'static str) -> impl Fn(E) -> Failure {
    move |error| Failure::usage(format_args!("{flag}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_split_as_curl_does() {
        let uri = Uri::parse("wss://example.com/").expect("a URI");
        for (text, expected) in [
            ("a:1:b:2", Some(("a:1", "b:2"))),
            ("a::b:", Some(("a", "b"))),
            ("::b:2", Some(("example.com", "b:2"))),
            (":443::2", Some(("example.com:443", "example.com:2"))),
            ("[::1]:1:[::2]:2", Some(("[::1]:1", "[::2]:2"))),
            ("a:1", None),
            ("a", None),
            ("[::1", None),
        ] {
            let places = places_of(text, &uri);
            let places = places.as_ref().map(|(from, to)| (from.as_str(), to.as_str()));
            assert_eq!(places, expected, "{text}");
        }
    }
}
