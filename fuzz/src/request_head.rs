//! A request head, as a server reads and answers it.
//!
//! - The verdict and the answer do not depend on the parser of the request.
//! - Every answer is one legal response, and the needed size of its buffer is reported exactly.
//! - A rejection closes. Its body is a line of text of the length that the head says.

use websocket_upgrade_proto::authority::Authorities;
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::head::{RequestHead, ResponseHead, Scan, read_request, read_response};
use websocket_upgrade_proto::origin::OriginPolicy;
use websocket_upgrade_proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_proto::server::{self, Entrance, Options, Request, RequestError, Target};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::{ExtraFields, Limits};

use crate::{Input, Text, encode};

/// Checks one input.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let verdict = arrive(&input, [input.bytes.len()]);
    match &verdict {
        Verdict::More => {}
        Verdict::Accepted { answer, head_len } => {
            assert!(*head_len <= input.bytes.len(), "a head longer than its bytes");
            check_accepted(&answer.0);
        }
        Verdict::Rejected { error, answer } => check_rejection(error, &answer.0),
    }
    with_options(&input, |options| check_entrances(&input, options, &verdict));
}

/// Returns the result of a request that arrives up to these ends.
pub(crate) fn arrive(input: &Input<'_>, ends: impl IntoIterator<Item = usize>) -> Verdict {
    with_options(input, |options| deliver(input.bytes, ends, options))
}

/// The result of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    More,
    Accepted { answer: Text, head_len: usize },
    Rejected { error: RequestError, answer: Text },
}

pub(crate) fn with_options<T>(input: &Input<'_>, test: impl FnOnce(&Options<'_, '_>) -> T) -> T {
    let plain = Plain::new("x-test").expect("a token");
    let deflate = PermessageDeflate::new(Codec::ZLIB);
    test(&options(input, &[&plain, &deflate]))
}

fn options<'p>(input: &Input<'_>, extensions: &'p [&'p dyn Extension]) -> Options<'p, 'p> {
    let mut options = Options::new();
    if input.chooses(0) {
        options.limits.head = 256;
        options.limits.target = 16;
        options.limits.fields = 8;
        options.limits.offers = 2;
    }
    if input.chooses(1) {
        options.extensions = extensions;
    }
    if input.chooses(2) {
        options.subprotocols = Subprotocols::parse("chat, superchat").expect("tokens");
    }
    options.require_subprotocol = input.chooses(3);
    options.origins = match (input.chooses(4), input.chooses(5)) {
        (false, _) => OriginPolicy::DangerAny,
        (true, known) => OriginPolicy::Same { secure: known.then_some(input.chooses(6)), authority: None },
    };
    if input.chooses(5) {
        options.secure = Some(input.chooses(6));
    } else if input.chooses(6) {
        options.authorities = Authorities::parse("server.example.com *.a:* [::1]:*").ok();
    }
    if input.chooses(7) {
        options.fields = ExtraFields::from_lines(b"Server: fuzzed\r\n").expect("a legal field");
    }
    options
}

/// Delivers the request up to these ends, until there is a verdict.
fn deliver(bytes: &[u8], ends: impl IntoIterator<Item = usize>, options: &Options<'_, '_>) -> Verdict {
    let mut scan = Scan::default();
    for end in ends {
        match server::read(&bytes[..end], &mut scan, &options.limits) {
            Ok(None) => {}
            Ok(Some(request)) => return answer(&request, options),
            Err(error) => return reject(error),
        }
    }
    Verdict::More
}

fn answer(request: &Request<'_>, options: &Options<'_, '_>) -> Verdict {
    match request.accept(options) {
        Ok(accepted) => {
            let answer = Text(encode(|dst| accepted.encode_h1(dst)));
            Verdict::Accepted { answer, head_len: request.head_len() }
        }
        Err(error) => reject(error),
    }
}

fn reject(error: RequestError) -> Verdict {
    let rejection = error.rejection();
    Verdict::Rejected { error, answer: Text(encode(|dst| rejection.encode_h1(dst))) }
}

fn check_accepted(answer: &[u8]) {
    let answer = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(answer);
    with_response(answer, |head| {
        assert_eq!(head.status(), 101);
        assert_eq!(head.head_len(), answer.len(), "something is behind the 101");
        for name in ["Upgrade", "Connection", "Sec-WebSocket-Accept"] {
            assert_eq!(head.fields().get_all(name).count(), 1, "lines of {name}");
        }
    });
}

fn check_rejection(error: &RequestError, answer: &[u8]) {
    with_response(answer, |head| {
        assert_eq!(head.status(), error.rejection().status());
        assert!((400..600).contains(&head.status()), "{error}");
        let connection = head.fields().get("Connection").expect("Connection");
        assert!(connection.starts_with(b"close"), "{error}: does not close");
        let length = head.fields().get("Content-Length").expect("Content-Length");
        let body = &answer[head.head_len()..];
        if let [text @ .., b'\n'] = body {
            assert_eq!(length, body.len().to_string().as_bytes(), "{error}: the length is wrong");
            assert!(text.iter().all(|byte| (b' '..=b'~').contains(byte)), "{error}: not a line of text");
        } else {
            assert!(body.is_empty(), "{error}: the body has no end");
        }
    });
}

fn with_response(answer: &[u8], check: impl FnOnce(&ResponseHead<'_>)) {
    let mut answer = answer.to_vec();
    let head = read_response(&mut answer, &mut Scan::default(), &Limits::new());
    check(&head.expect("a legal answer").expect("a whole answer"));
}

/// Checks the same request on entrances for other parsers.
fn check_entrances(input: &Input<'_>, options: &Options<'_, '_>, whole: &Verdict) {
    let Ok(Some(head)) = read_request(input.bytes, &mut Scan::default(), &options.limits) else {
        return;
    };
    let expected = match whole.clone() {
        Verdict::Accepted { answer, .. } => Verdict::Accepted { answer, head_len: 0 },
        other => other,
    };
    let fields: Vec<(&[u8], &[u8])> = head.fields().iter().map(|field| (field.name, field.value)).collect();
    let fields = fields.as_slice();
    let (method, target) = (head.method(), Target::parse(head.target()));
    let entrance = Entrance::Upgrade { method, target, minor_version: head.minor_version() };
    let request = Request::from_fields(&entrance, &fields);
    let verdict = request.map_or_else(reject, |request| answer(&request, options));
    assert_eq!(verdict, expected, "as names and values");

    // The types of the `http` crate can't hold everything that is legal.
    if let Ok(request) = to_http(&head) {
        let verdict = Request::from_http(&request).map_or_else(reject, |request| answer(&request, options));
        assert_eq!(verdict, expected, "as http::Request");
    }
}

fn to_http(head: &RequestHead<'_>) -> Result<http::Request<()>, http::Error> {
    let version = if head.minor_version() == 0 { http::Version::HTTP_10 } else { http::Version::HTTP_11 };
    let request = http::Request::builder().method(head.method()).uri(head.target()).version(version);
    head.fields().iter().fold(request, |request, field| request.header(field.name, field.value)).body(())
}
