//! `connect_responses.json`: how a client judges responses to an extended CONNECT. The responses of `responses.json`
//! run here too.

use http::{HeaderName, Response};
use vectors::{ClientExpect, ConnectResponse, ConnectResponseCase, ResponseCase};
use websocket_upgrade_proto::client::{ExtendedConnect, Options, Request, ResponseError, Verdict};
use websocket_upgrade_proto::head::{Scan, read_response};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{Fields, Limits};

use crate::report::{Outcome, is_failure, run, same};

#[test]
fn connect_responses() {
    run(
        "connect_responses.json",
        &vectors::connect_responses(),
        |case| (&case.name, &case.rfc),
        |case| case.client.with(|options| check(case, options)),
    );
}

/// The result of responses.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    /// There is no final response so far.
    More,
    /// Accepted, with subprotocol and extensions.
    Accepted(Option<String>, String),
    /// Refused with this status.
    Refused(u16),
    Failed(ResponseError),
}

fn check(case: &ConnectResponseCase, options: &Options<'_, '_>) -> Outcome {
    let heads: Vec<_> = case.responses.iter().map(plain).collect();
    let (seen, interim) = receive(options, heads.iter().map(|(status, fields)| (*status, &fields[..])));
    judge(&case.expect, &seen, &interim)?;
    let as_http: Result<Vec<Response<()>>, http::Error> = case.responses.iter().map(to_http).collect();
    match as_http {
        Ok(responses) => {
            let again = receive_http(options, &responses);
            same("as http::Response", &again, &(seen, interim))
        }
        Err(error) if case.layer.is_none() => {
            Err(format!("not a response of the `http` crate, without `layer`: {error}"))
        }
        Err(_) => Ok(()),
    }
}

fn plain(response: &ConnectResponse) -> (u16, Vec<(&str, &[u8])>) {
    (response.status, response.fields.iter().map(|(name, value)| (name.as_str(), &**value)).collect())
}

fn to_http(response: &ConnectResponse) -> Result<Response<()>, http::Error> {
    let builder = Response::builder().status(response.status);
    response
        .fields
        .iter()
        .try_fold(builder, |builder, (name, value)| {
            // The type requires names in lower case, so it can't hold others.
            Ok(builder.header(HeaderName::from_lowercase(name.as_bytes())?, &**value))
        })
        .and_then(|builder| builder.body(()))
}

/// Reads heads until one is final or wrong.
fn receive<'f, F: Fields + ?Sized + 'f>(
    options: &Options<'_, '_>,
    heads: impl Iterator<Item = (u16, &'f F)>,
) -> (Seen, Vec<u16>) {
    settle(options, heads, |connect, (status, fields)| (status, connect.receive(status, &fields)))
}

fn receive_http(options: &Options<'_, '_>, responses: &[Response<()>]) -> (Seen, Vec<u16>) {
    settle(options, responses.iter(), |connect, response| {
        (response.status().as_u16(), connect.receive_http(response))
    })
}

fn settle<'o, H>(
    options: &Options<'o, 'o>,
    heads: impl Iterator<Item = H>,
    mut take: impl FnMut(&mut ExtendedConnect<'o, 'o>, H) -> (u16, Result<Verdict<'o>, ResponseError>),
) -> (Seen, Vec<u16>) {
    let uri = Uri::parse("ws://server.example.com/chat").expect("a URI");
    let mut connect = ExtendedConnect::new(Request::new(&uri, options).expect("legal options"));
    let mut interim = Vec::new();
    for head in heads {
        let (status, verdict) = take(&mut connect, head);
        let seen = match verdict {
            Ok(Verdict::Interim) => {
                interim.push(status);
                continue;
            }
            Ok(Verdict::Accepted { settings }) => {
                let extensions = settings.extensions().as_str().to_owned();
                Seen::Accepted(settings.subprotocol().map(str::to_owned), extensions)
            }
            Ok(Verdict::Refused) => Seen::Refused(status),
            Err(error) => Seen::Failed(error),
        };
        return (seen, interim);
    }
    (Seen::More, interim)
}

/// Checks that this is the expected result.
fn judge(expect: &ClientExpect, seen: &Seen, interim: &Vec<u16>) -> Outcome {
    match (expect, seen) {
        (ClientExpect::Accept(expect), Seen::Accepted(subprotocol, extensions)) => {
            same("subprotocol", subprotocol, &expect.subprotocol)?;
            same("extensions", extensions, &expect.extensions.clone().unwrap_or_default())?;
            same("interim", interim, &expect.interim)
        }
        (ClientExpect::Refuse(expect), Seen::Refused(status)) => {
            same("status", status, &expect.status)?;
            same("interim", interim, &expect.interim)
        }
        (ClientExpect::Fail(expect), Seen::Failed(error)) => is_failure(error, &expect.names),
        (expect, seen) => Err(format!("got {seen:?}\n    expected {expect:?}")),
    }
}

#[test]
fn responses_to_an_upgrade() {
    run(
        "responses.json",
        &vectors::responses(),
        |case| (&case.name, &case.rfc),
        |case| case.client.with(|options| check_upgrade(case, options)),
    );
}

/// Checks the same response as an answer to an extended CONNECT. The agreement, or the error in it, does not depend on
/// the HTTP version; the accept value and other requirements for a 101 have no meaning.
fn check_upgrade(case: &ResponseCase, options: &Options<'_, '_>) -> Outcome {
    let mut rest = case.response.to_vec();
    let mut heads = Vec::new();
    let mut limits = Limits::new();
    (limits.head, limits.fields) = (usize::MAX, usize::MAX);
    loop {
        // Broken syntax of HTTP/1.1, or a missing end, has no counterpart here.
        let Ok(Some(head)) = read_response(&mut rest, &mut Scan::default(), &limits) else {
            return Ok(());
        };
        let status = if head.status() == 101 { 200 } else { head.status() };
        let fields = head.fields().iter();
        // A proxy would forward the fields like this: names in lower case, no connection-specific fields (RFC 9113
        // §8.2.1, §8.2.2).
        let fields = fields.map(|f| (String::from_utf8_lossy(f.name).to_ascii_lowercase(), f.value.to_vec()));
        let of_connection = ["connection", "upgrade", "transfer-encoding", "keep-alive"];
        let fields = fields.filter(|(name, _)| !of_connection.contains(&name.as_str()));
        heads.push((status, fields.collect::<Vec<(String, Vec<u8>)>>()));
        if status >= 200 {
            break;
        }
        let len = head.head_len();
        rest.drain(..len);
    }
    let upgraded = heads.last().is_some_and(|(status, _)| *status == 200);
    let (seen, interim) = receive(options, heads.iter().map(|(status, fields)| (*status, &fields[..])));
    match &case.expect {
        ClientExpect::Accept(_) => judge(&case.expect, &seen, &interim),
        // A 200 refuses an upgrade, but accepts an extended CONNECT.
        ClientExpect::Refuse(expect) if expect.status < 300 => match seen {
            Seen::Accepted(..) | Seen::Failed(_) => Ok(()),
            seen => Err(format!("got {seen:?}")),
        },
        ClientExpect::Refuse(_) => judge(&case.expect, &seen, &interim),
        ClientExpect::Fail(expect) => match expect.names.as_str() {
            "Sec-WebSocket-Extensions" | "Sec-WebSocket-Protocol" if upgraded => {
                judge(&case.expect, &seen, &interim)
            }
            "Upgrade" | "Connection" | "Sec-WebSocket-Accept" | "Transfer-Encoding" if upgraded => match seen
            {
                Seen::Accepted(..) => Ok(()),
                seen => Err(format!("got {seen:?}")),
            },
            _ => Ok(()),
        },
        // The missing part is a body, not the head.
        ClientExpect::More => Ok(()),
    }
}
