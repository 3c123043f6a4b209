//! What a failed connection means for the exit code, and what to try next.

use std::io::ErrorKind;

use websocket_upgrade::proto::ShownUrl;
use websocket_upgrade::proto::client::ResponseReason;
use websocket_upgrade::proto::head::Syntax;
use websocket_upgrade::{ConnectError, ConnectReason, Phase, RedirectProblem, Refused};

use super::flags::Flags;
use crate::exit::Exit;
use crate::failure::Failure;

/// The failure of a command that could not connect.
pub(crate) fn failure(error: &ConnectError, flags: &Flags) -> Failure {
    let failure = Failure::new(exit(error), error);
    match advice(error, flags) {
        Some(advice) => failure.hint(advice),
        None => failure,
    }
}

/// The kind of the failure.
fn exit(error: &ConnectError) -> Exit {
    use ConnectReason as R;
    let is_tls = error.report().tls.is_some();
    match error.reason() {
        R::Connect(_) if error.report().proxy.is_some() => Exit::Proxy,
        R::Connect(_) if error.phase() == Phase::Resolve => Exit::Resolve,
        R::Connect(_) => Exit::Connect,
        R::Proxy(_) | R::ProxyRefused(_) => Exit::Proxy,
        R::Tls(_) | R::NoTlsProvider => Exit::Tls,
        // With TLS 1.3 a server refuses a client's certificate only when the handshake is over for the client.
        R::Io(_) if is_tls && !error.retry().is_worthwhile() => Exit::Tls,
        R::Io(_) => Exit::Closed,
        R::Deadline => Exit::Timeout,
        R::Refused(_) | R::Redirect(..) => Exit::Refused,
        R::Response(error) if error.reason() == ResponseReason::Syntax(Syntax::Closed) => Exit::Closed,
        R::Response(_) => Exit::Invalid,
        // The URL, or options that contradict each other.
        _ => Exit::Usage,
    }
}

/// What to try next, in one line.
fn advice(error: &ConnectError, flags: &Flags) -> Option<String> {
    use ConnectReason as R;
    let url = &error.report().url;
    let told = match error.reason() {
        R::Connect(_) if error.report().proxy.is_some() => proxy(flags).to_owned(),
        R::Connect(cause) if error.phase() == Phase::Resolve => {
            if flags.ipv4 || flags.ipv6 {
                String::from("try without -4 or -6")
            } else {
                // The resolver itself may be out of reach.
                let _ = cause;
                String::from("check the spelling of the host, and that this machine can look up names")
            }
        }
        R::Connect(cause) => match (cause.kind(), &flags.unix_socket) {
            (ErrorKind::ConnectionRefused, None) => {
                String::from("nothing listens there: is the server running, and is the port right?")
            }
            (_, Some(path)) => format!("is a server listening on the socket {}?", path.display()),
            _ => String::from("check the host, the port and the network between"),
        },
        R::Proxy(_) | R::ProxyRefused(_) => match error.refused().map(Refused::status) {
            Some(407) => {
                String::from("give the proxy's credentials: -x http://user:password@proxy.example:3128")
            }
            _ => proxy(flags).to_owned(),
        },
        R::Tls(cause) => return tls(&format!("{:#}", error.reason()), cause.kind(), url),
        R::Io(cause) => return io(&format!("{:#}", error.reason()), cause.kind(), url, flags),
        R::Deadline => timeout(error.phase(), url),
        R::Refused(refused) => return refused_with(refused, flags),
        R::Redirect(problem, refused) => redirect(*problem, refused),
        R::Response(response) => return Some(invalid(response.reason(), url)),
        _ => return None,
    };
    Some(told)
}

fn proxy(flags: &Flags) -> &'static str {
    if flags.proxy.is_some() {
        "check the proxy's address and scheme; without -x the connection is direct"
    } else {
        "the environment names this proxy; --noproxy \"*\" connects without it"
    }
}

/// The URL with the other scheme.
fn other_scheme(url: &str) -> String {
    match url.split_once("://") {
        Some(("wss", rest)) => format!("ws://{rest}"),
        Some((_, rest)) => format!("wss://{rest}"),
        None => url.to_owned(),
    }
}

fn tls(text: &str, kind: ErrorKind, url: &str) -> Option<String> {
    let has = |words: &str| text.contains(words);
    Some(if has("does not speak TLS") || has("messages break TLS") {
        format!("the port may be one without TLS: {}", other_scheme(url))
    } else if has("is not for ") {
        "use a name that the certificate has; --connect-to connects there with that name".into()
    } else if has("self-signed") || has("trusted root") || has("its issuer") {
        "--cacert FILE trusts the certificate in a file; -k accepts any, for tests only".into()
    } else if has("expired") || has("not valid before") {
        "check the clock of this machine; -k accepts any certificate, for tests only".into()
    } else if has("wants a certificate") || has("client's certificate") {
        "--cert FILE and --key FILE show a certificate of the client".into()
    } else if matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) {
        format!("the server may not speak TLS on this port: {}", other_scheme(url))
    } else {
        return None;
    })
}

fn io(text: &str, kind: ErrorKind, url: &str, flags: &Flags) -> Option<String> {
    if url.starts_with("wss:") && kind == ErrorKind::InvalidData {
        return tls(text, kind, url);
    }
    if flags.http2 && text.contains("HTTP/2") {
        return Some("try without --http2".into());
    }
    let reset = matches!(kind, ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe);
    (reset && url.starts_with("ws:")).then(|| format!("the port may be one with TLS: {}", other_scheme(url)))
}

fn timeout(phase: Phase, url: &str) -> String {
    match phase {
        Phase::Resolve => "the resolver does not answer: check the network of this machine".into(),
        Phase::Connect => {
            "nothing answers there: a firewall may drop the packets, or the address is wrong".into()
        }
        Phase::Proxy => "the proxy does not answer in time; -m gives more".into(),
        Phase::Tls => format!("the port may be one without TLS: {}", other_scheme(url)),
        _ if url.starts_with("ws:") => format!(
            "the server took the request and did not answer: it may expect TLS ({}), or need more time (-m)",
            other_scheme(url)
        ),
        _ => "the server took the request and did not answer; -m gives it more time".into(),
    }
}

fn refused_with(refused: &Refused, flags: &Flags) -> Option<String> {
    let field = |name| refused.head.field(name).map(String::from_utf8_lossy);
    Some(match refused.status() {
        200..=299 => {
            "an ordinary answer: the path is no WebSocket, or a proxy before the server has removed Upgrade"
                .into()
        }
        300..=399 => match field("Location") {
            Some(place) => format!("-L follows the redirect to {}", ShownUrl::new(&place)),
            None => return None,
        },
        401 => {
            let asked = field("WWW-Authenticate");
            let scheme =
                asked.as_deref().and_then(|asked| asked.split_whitespace().next()).unwrap_or_default();
            match scheme.to_ascii_lowercase().as_str() {
                "basic" => "-u USER:PASSWORD answers the server's Basic".into(),
                "bearer" => "--bearer TOKEN answers the server's Bearer".into(),
                _ => "give credentials: -u USER:PASSWORD, --bearer TOKEN, -b COOKIE or -H".into(),
            }
        }
        403 if flags.origin.is_none() => {
            "the server may want an origin that it knows (-o https://example.com), or credentials".into()
        }
        403 => "the server may not allow this origin, or want credentials".into(),
        404 | 405 => "the path may be another one, such as /ws".into(),
        421 => "the server does not answer for this host: check the URL, or use --connect-to".into(),
        426 => match field("Upgrade") {
            Some(upgrade) => format!("the server asks for another protocol: {upgrade}"),
            None => "the server asks for another protocol or version".into(),
        },
        429 | 503 => match field("Retry-After") {
            Some(after) => format!("the server asks to try again later (Retry-After: {after})"),
            None => "the server is busy: try again later".into(),
        },
        502 | 504 => "a gateway answers, and does not reach the server behind it".into(),
        _ => "the body of the answer, or the log of the server, may say why".into(),
    })
}

fn redirect(problem: RedirectProblem, refused: &Refused) -> String {
    let place = refused.head.field("Location").map(String::from_utf8_lossy).unwrap_or_default();
    match problem {
        RedirectProblem::TooMany => "--max-redirs follows more; the redirects may be a circle".into(),
        RedirectProblem::Downgrade => {
            format!("it leads to a connection without TLS; if that is right, use {}", ShownUrl::new(&place))
        }
        _ => "Location does not lead to a WebSocket or HTTP URL".into(),
    }
}

fn invalid(reason: ResponseReason, url: &str) -> String {
    match reason {
        ResponseReason::Syntax(Syntax::Tls) => format!("the port is one with TLS: {}", other_scheme(url)),
        ResponseReason::Syntax(Syntax::Closed) if url.starts_with("ws:") => {
            format!(
                "the server closed without an answer: the port may be one with TLS ({})",
                other_scheme(url)
            )
        }
        ResponseReason::Syntax(Syntax::Closed) => "the server closed without an answer".into(),
        ResponseReason::Syntax(Syntax::StatusLine) => "it does not speak HTTP/1.1: is the port right?".into(),
        _ => "`wsupgrade inspect` shows every rule that the response breaks".into(),
    }
}
