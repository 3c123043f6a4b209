//! `requests.json`: how a server answers a request, on every entrance and however it arrives.

use vectors::{AcceptExpect, Layer, RequestCase, ServerExpect};
use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::head::{RequestHead, Scan, read_request};
use websocket_upgrade_proto::origin::OriginPolicy;
use websocket_upgrade_proto::server::{self, Entrance, Options, Request, RequestError, Target};

use crate::answer::Answer;
use crate::common::server::{Accepted, Verdict, answer, deliver};
use crate::owned::assert_copied;
use crate::report::{Outcome, is_label, run, same, splits};
use crate::twin;

#[test]
fn requests() {
    run(
        "requests.json",
        &vectors::requests(),
        |case| (&case.name, &case.rfc),
        |case| case.server.with(|options| check(case, options)),
    );
}

fn check(case: &RequestCase, options: &Options<'_, '_>) -> Outcome {
    let bytes: &[u8] = &case.request;
    let verdict = deliver(bytes, [bytes.len()], options);
    judge(case, &verdict)?;
    if let Ok(Some(request)) = server::read(bytes, &mut Scan::default(), &options.limits) {
        assert_copied(&request, options);
    }
    if let Verdict::Accepted(accepted) = &verdict {
        let request = server::read(bytes, &mut Scan::default(), &options.limits).ok().flatten();
        twin::check(&request.ok_or("read once, but not twice")?, accepted)?;
    }
    for at in splits(bytes.len()) {
        let parts = deliver(bytes, [at, bytes.len()], options);
        same(&format!("in two parts, split at {at}"), &parts, &verdict)?;
    }
    same("byte by byte", &deliver(bytes, 0..=bytes.len(), options), &verdict)?;
    if case.layer != Some(Layer::Syntax) {
        other_entrances(bytes, options, &verdict)?;
    }
    Ok(())
}

/// Checks that the verdict is the expected one.
fn judge(case: &RequestCase, verdict: &Verdict) -> Outcome {
    let is_head = case.request.starts_with(b"HEAD ");
    match (&case.expect, verdict) {
        (ServerExpect::More, Verdict::More) => Ok(()),
        (ServerExpect::Accept(expect), Verdict::Accepted(accepted)) => {
            same("subprotocol", &accepted.subprotocol, &expect.subprotocol)?;
            same("extensions", &accepted.extensions, &expect.extensions.clone().unwrap_or_default())?;
            same("leftover", &&case.request[accepted.head_len..], &&*expect.leftover)?;
            judge_101(case, expect, &accepted.answer.0)
        }
        (ServerExpect::Reject(expect), Verdict::Rejected { error, answer }) => {
            let answer = Answer::parse(&answer.0)?;
            same("status", &answer.status, &expect.status).map_err(|wrong| format!("{error}: {wrong}"))?;
            same("not an upgrade", &error.is_not_upgrade(), &false)?;
            answer.is_refusal(is_head)?;
            answer.has_all(&expect.fields)?;
            names(error, &answer, is_head, &expect.names)
        }
        (ServerExpect::NotUpgrade(expect), Verdict::Rejected { error, answer }) => {
            same("not an upgrade", &error.is_not_upgrade(), &true).map_err(|_| format!("{error}"))?;
            let answer = Answer::parse(&answer.0)?;
            same("status", &answer.status, &expect.status.unwrap_or(426))?;
            answer.is_refusal(is_head)?;
            answer.has_once("Sec-WebSocket-Version", (answer.status == 426).then_some("13"))?;
            names(error, &answer, is_head, &expect.names)
        }
        (expect, verdict) => Err(format!("got {verdict:?}\n    expected {expect:?}")),
    }
}

fn judge_101(case: &RequestCase, expect: &AcceptExpect, answer: &[u8]) -> Outcome {
    // A 100 comes first if the client expects one, and only then.
    let behind_100 = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n");
    same("a 100 before it", &behind_100.is_some(), &expects_continue(&case.request))?;
    let answer = Answer::parse(behind_100.unwrap_or(answer))?;
    same("status", &answer.status, &101)?;
    answer.has_once("Upgrade", Some("websocket"))?;
    answer.has_once("Connection", Some("Upgrade"))?;
    let keys = usize::from(has_key(&case.request));
    same("lines of Sec-WebSocket-Accept", &answer.all("Sec-WebSocket-Accept").len(), &keys)?;
    answer.has_once("Sec-WebSocket-Protocol", expect.subprotocol.as_deref())?;
    answer.has_once("Sec-WebSocket-Extensions", expect.extensions.as_deref())?;
    answer.has_once("Content-Length", None)?;
    answer.has_once("Transfer-Encoding", None)?;
    same("behind the head", &answer.body, &"")?;
    answer.has_all(&expect.fields)
}

/// Returns whether a request has a key. Without one it is accepted only if the options allow it, without an accept
/// value.
fn has_key(request: &[u8]) -> bool {
    const KEY: &[u8] = b"\nSec-WebSocket-Key:";
    request.windows(KEY.len()).any(|bytes| bytes.eq_ignore_ascii_case(KEY))
}

/// Returns whether the request expects a 100 (RFC 9110 §10.1.1).
fn expects_continue(request: &[u8]) -> bool {
    let head = String::from_utf8_lossy(request).to_ascii_lowercase();
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines().filter_map(|line| line.strip_prefix("expect:"));
    lines.any(|value| value.split(',').any(|member| member.trim() == "100-continue"))
}

fn names(error: &RequestError, answer: &Answer<'_>, is_head: bool, names: &str) -> Outcome {
    is_label(error.reason().label(), &error.reason())?;
    let text = if is_head { &error.to_string() } else { answer.body };
    if text.contains(names) { Ok(()) } else { Err(format!("the text {text:?} does not name {names:?}")) }
}

#[test]
fn what_is_known_of_the_connection_counts_for_the_same_origin() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://a\r\n\r\n";
    let request = server::read(request, &mut Scan::default(), &Limits::new());
    let request = request.expect("valid").expect("whole");
    for (secure, told, allowed) in [
        (None, None, true),
        (Some(false), None, true),
        (Some(true), None, false),
        (Some(true), Some(false), true),
        (None, Some(true), false),
    ] {
        let mut options = Options::new();
        options.secure = secure;
        options.origins = OriginPolicy::Same { secure: told, authority: None };
        assert_eq!(request.accept(&options).is_ok(), allowed, "{secure:?}, {told:?}");
    }
}

/// Checks the same request on entrances for other parsers.
fn other_entrances(bytes: &[u8], options: &Options<'_, '_>, verdict: &Verdict) -> Outcome {
    let expected = match verdict.clone() {
        Verdict::Accepted(accepted) => Verdict::Accepted(Accepted { head_len: 0, ..accepted }),
        other => other,
    };
    let head = read_request(bytes, &mut Scan::default(), &Limits::new());
    let head = head.map_err(|error| format!("a case of syntax without `layer`: {error}"))?;
    let head = head.ok_or("an unfinished head without `layer`")?;

    let fields: Vec<(&[u8], &[u8])> = head.fields().iter().map(|field| (field.name, field.value)).collect();
    let fields = fields.as_slice();
    let entrance = Entrance::Upgrade {
        method: head.method(),
        target: Target::parse(head.target()),
        minor_version: head.minor_version(),
    };
    let verdict = answer(&Request::from_fields(&entrance, &fields), options);
    same("as names and values", &verdict, &expected)?;

    let request = to_http(&head).map_err(|error| format!("not a request of the `http` crate: {error}"))?;
    same("as http::Request", &answer(&Request::from_http(&request), options), &expected)
}

fn to_http(head: &RequestHead<'_>) -> Result<http::Request<()>, http::Error> {
    let version = if head.minor_version() == 0 { http::Version::HTTP_10 } else { http::Version::HTTP_11 };
    let request = http::Request::builder().method(head.method()).uri(head.target()).version(version);
    head.fields().iter().fold(request, |request, field| request.header(field.name, field.value)).body(())
}
