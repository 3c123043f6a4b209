//! Compares requests and responses with hyper's server and client: the vectors, and our own output.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::task::Poll;

use hyper::body::Incoming;
use hyper::service::service_fn;
use websocket_upgrade_proto::head::{Scan, Syntax, read_request, read_response};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{Field, Limits, client, server};

use crate::stream::{Stream, poll};
use crate::{Verdict, text};

/// A head, in a form for both readers: its start line in words, the minor version, the fields by name.
#[derive(Debug, PartialEq)]
struct Head {
    start: String,
    minor_version: u8,
    fields: Vec<(String, Vec<u8>)>,
}

type Ours = Verdict<Head, Syntax>;
type Theirs = Verdict<Head, String>;

impl Head {
    fn ours<'a>(start: String, minor_version: u8, fields: impl Iterator<Item = Field<'a>>) -> Self {
        let fields = fields.map(|field| (text(field.name).to_ascii_lowercase(), field.value.to_vec()));
        Self { start, minor_version, fields: by_name(fields.collect()) }
    }

    fn theirs(start: String, version: http::Version, fields: &http::HeaderMap) -> Self {
        let fields = fields.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        let minor_version = u8::from(version != http::Version::HTTP_10);
        Self { start, minor_version, fields: by_name(fields.collect()) }
    }
}

/// Sorts the lines by name. Their order has no meaning (RFC 9110 §5.3), and hyper does not keep it.
fn by_name(mut fields: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fields
}

fn our_request(bytes: &[u8]) -> Ours {
    match read_request(bytes, &mut Scan::default(), &Limits::new()) {
        Ok(None) => Verdict::Partial,
        Err(error) => Verdict::Wrong(error.reason()),
        Ok(Some(head)) => {
            let start = format!("{} {}", head.method(), head.target());
            Verdict::Complete(Head::ours(start, head.minor_version(), head.fields().iter()))
        }
    }
}

fn their_request(bytes: &[u8]) -> Theirs {
    let seen = RefCell::new(None);
    let service = service_fn(|request: http::Request<Incoming>| {
        let start = format!("{} {}", request.method(), request.uri());
        seen.borrow_mut().get_or_insert(Head::theirs(start, request.version(), request.headers()));
        async { Ok::<_, Infallible>(http::Response::new(String::new())) }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    let end = poll(pin!(server.keep_alive(false).serve_connection(Stream::request(bytes), service)));
    match (seen.take(), end) {
        (Some(head), _) => Verdict::Complete(head),
        (None, Poll::Ready(Err(error))) => Verdict::Wrong(error.to_string()),
        (None, _) => Verdict::Partial,
    }
}

/// The final response, or a 101.
fn our_response(bytes: &[u8]) -> Ours {
    let mut bytes = bytes.to_vec();
    loop {
        let len = match read_response(&mut bytes, &mut Scan::default(), &Limits::new()) {
            Ok(None) => return Verdict::Partial,
            Err(error) => return Verdict::Wrong(error.reason()),
            Ok(Some(head)) if head.status() < 200 && head.status() != 101 => head.head_len(),
            Ok(Some(head)) => {
                let start = head.status().to_string();
                return Verdict::Complete(Head::ours(start, head.minor_version(), head.fields().iter()));
            }
        };
        bytes.drain(..len);
    }
}

fn their_response(bytes: &[u8]) -> Theirs {
    let mut client = hyper::client::conn::http1::Builder::new();
    // By default it refuses white space before the colon and obs-fold (RFC 9112 §5.1, §5.2).
    client
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true);
    let Poll::Ready(Ok((mut sender, connection))) = poll(pin!(client.handshake(Stream::response(bytes))))
    else {
        return Verdict::Wrong("no connection".to_owned());
    };
    let request = http::Request::get("/chat").header("Connection", "Upgrade").header("Upgrade", "websocket");
    let mut response = pin!(sender.send_request(request.body(String::new()).expect("a legal request")));
    // Sends the request.
    let _ = poll(response.as_mut());
    let mut connection = pin!(connection);
    let _ = poll(connection.as_mut());
    match poll(response) {
        Poll::Ready(Ok(response)) => {
            let start = response.status().as_str().to_owned();
            Verdict::Complete(Head::theirs(start, response.version(), response.headers()))
        }
        Poll::Ready(Err(error)) => Verdict::Wrong(error.to_string()),
        Poll::Pending => Verdict::Partial,
    }
}

/// Returns the rule that explains a difference, if there is one. The rules are in the order of the checks.
///
/// | ours | hyper | rule |
/// |---|---|---|
/// | accepts HTTP/1.2 to 1.9 | refuses | RFC 9110 §6.2: a later minor version is treated like the known one |
/// | refuses a target with `#`, or with bytes other than visible ASCII | accepts | RFC 9112 §3.2: no form has them |
/// | accepts a target | refuses | RFC 9112 §3.2: its characters are legal, and its form is judged after the head |
/// | accepts a target | accepts its normal form | RFC 9110 §4.2.3: a scheme in lower case, an empty path as `/` |
/// | refuses an empty line before a response | accepts | RFC 9112 §2.2: only requests may have one |
/// | unfolds a value | unfolds it with fewer spaces | RFC 9112 §5.2: a fold becomes one space or more |
/// | accepts framing | refuses, or joins or drops lines | RFC 9112 §6.3: framing is judged after the head |
/// | refuses beyond a limit | accepts, or waits | it is a limit of ours |
/// | waits | refuses | a wrong line is refused when it is complete, so that the split does not matter |
fn rule(bytes: &[u8], ours: &Ours, theirs: &Theirs) -> Option<&'static str> {
    use Verdict::{Complete, Partial, Wrong};
    match (ours, theirs) {
        (Wrong(_), Wrong(_)) => Some("both refuse"),
        (Complete(head), Wrong(error)) if head.minor_version > 1 && error.contains("version") => {
            Some("later minor version")
        }
        (Wrong(Syntax::Target), Complete(_)) if has_other_characters(bytes) => Some("characters of a target"),
        (Complete(_), Wrong(error)) if error.contains("URI") => Some("form of a target"),
        (Complete(ours), Complete(theirs)) if ours.normal() == *theirs => Some("normal form of a target"),
        (Wrong(Syntax::StatusLine), Complete(theirs)) if matches!(our_response(&without_empty_lines(bytes)), Complete(ours) if ours == *theirs) => {
            Some("empty line before a response")
        }
        (Complete(ours), Complete(theirs)) if ours.single_spaced() == theirs.single_spaced() => Some("folds"),
        (Complete(head), Wrong(error))
            if ["content-length", "transfer-encoding"]
                .iter()
                .any(|name| error.contains(name) && head.fields.iter().any(|field| field.0 == *name)) =>
        {
            Some("framing of a body")
        }
        (Complete(ours), Complete(theirs)) if ours.without_length() == theirs.without_length() => {
            Some("framing of a body")
        }
        (Wrong(Syntax::HeadTooLarge | Syntax::TooManyFields | Syntax::TargetTooLong), _) => Some("limits"),
        (Partial, Wrong(_)) => Some("a wrong line that is not complete"),
        _ => None,
    }
}

/// Returns whether the request line has bytes that no target can have.
fn has_other_characters(request: &[u8]) -> bool {
    let line = request.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default();
    line.iter().any(|byte| *byte == b'#' || !(b' '..=b'~').contains(byte))
}

/// Removes the empty lines before responses that follow each other.
fn without_empty_lines(responses: &[u8]) -> Vec<u8> {
    let (start, more) = (b"HTTP/".as_slice(), b"\r\n\r\n\r\nHTTP/".as_slice());
    let skip = responses.windows(start.len()).position(|window| window == start).unwrap_or_default();
    let responses = &responses[skip..];
    match responses.windows(more.len()).position(|window| window == more) {
        Some(place) => [&responses[..place], &responses[place + 2..]].concat(),
        None => responses.to_vec(),
    }
}

impl Head {
    /// Returns the head with its target in the form of `http::Uri`.
    fn normal(&self) -> Self {
        let normal = self.start.split_once(' ').and_then(|(method, target)| {
            let uri: http::Uri = target.parse().ok()?;
            Some(format!("{method} {uri}"))
        });
        let start = normal.unwrap_or_else(|| self.start.clone());
        Self { start, minor_version: self.minor_version, fields: self.fields.clone() }
    }

    fn single_spaced(&self) -> (&str, u8, Vec<(&str, String)>) {
        let single = |value: &[u8]| text(value).split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), single(value)));
        (&self.start, self.minor_version, fields.collect())
    }

    fn without_length(&self) -> (&str, u8, Vec<&(String, Vec<u8>)>) {
        let others = self.fields.iter().filter(|(name, _)| name != "content-length");
        (&self.start, self.minor_version, others.collect())
    }
}

#[test]
fn every_vector_is_read_alike_or_a_rule_says_why() {
    let mut differences: BTreeMap<&str, usize> = BTreeMap::new();
    let mut compare = |what: &str, bytes: &[u8], ours: Ours, theirs: Theirs| match (&ours, &theirs) {
        (Verdict::Complete(a), Verdict::Complete(b)) if a == b => {}
        (Verdict::Partial, Verdict::Partial) => {}
        _ => {
            let rule = rule(bytes, &ours, &theirs);
            let rule = rule.unwrap_or_else(|| panic!("{what}: ours {ours:?}, theirs {theirs:?}"));
            *differences.entry(rule).or_default() += 1;
        }
    };
    for case in vectors::requests() {
        compare(&case.name, &case.request, our_request(&case.request), their_request(&case.request));
    }
    for case in vectors::responses() {
        compare(&case.name, &case.response, our_response(&case.response), their_response(&case.response));
    }
    // A rule that no vector needs must be removed.
    let needed: Vec<&str> = differences.keys().copied().collect();
    let rules = [
        "a wrong line that is not complete",
        "both refuse",
        "characters of a target",
        "empty line before a response",
        "folds",
        "form of a target",
        "framing of a body",
        "later minor version",
        "limits",
        "normal form of a target",
    ];
    assert_eq!(needed, rules, "{differences:?}");
}

#[test]
fn every_request_that_we_write_is_read_alike() {
    let compare = |uri: &str, options: &client::Options<'_, '_>| {
        let uri = Uri::parse(uri).expect("a URI of a case");
        let request = client::Request::new(&uri, options).expect("options of a case");
        let handshake = client::Handshake::new(request, b"the sample nonce");
        let mut bytes = vec![0; 16 * 1024];
        let len = handshake.encode_h1(&mut bytes).expect("requests of cases are short");
        read_alike(our_request(&bytes[..len]), their_request(&bytes[..len]));
    };
    for case in vectors::uris().iter().filter(|case| case.expect.is_some()) {
        compare(&case.uri, &client::Options::new());
    }
    for case in vectors::responses() {
        case.client.with(|options| compare("ws://server.example.com/chat", options));
    }
}

#[test]
fn every_answer_that_we_write_is_read_alike() {
    for case in vectors::requests() {
        let answer = case.server.with(|options| answer(&case.request, options));
        // A missing answer means that more bytes are needed.
        if let Some(answer) = answer {
            read_alike(our_response(&answer), their_response(&answer));
        }
    }
}

fn answer(request: &[u8], options: &server::Options<'_, '_>) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 16 * 1024];
    let read = server::read(request, &mut Scan::default(), &options.limits).transpose()?;
    let len = match read.and_then(|request| request.accept(options)) {
        Ok(accepted) => accepted.encode_h1(&mut bytes),
        Err(error) => error.rejection().encode_h1(&mut bytes),
    };
    bytes.truncate(len.expect("answers to cases are short"));
    Some(bytes)
}

/// Checks that both accept it, and read the same.
fn read_alike(ours: Ours, theirs: Theirs) {
    match (ours, theirs) {
        (Verdict::Complete(ours), Verdict::Complete(theirs)) => assert_eq!(ours, theirs),
        other => panic!("{other:?}"),
    }
}
