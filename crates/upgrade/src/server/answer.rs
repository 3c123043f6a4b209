//! A server's answer, decided and encoded: what every driver sends, whatever its runtime.

use std::time::SystemTime;

use websocket_upgrade_proto as proto;

use proto::head::{Scan, read_request};
use proto::server::{self, Bootstrap, Request, RequestError};

use super::options::ServerOptions;
use super::rejection::Rejection;
use crate::head::{RequestHead, encode};
use crate::observe::caller::Caller;
use crate::observe::event::{self, Acceptance};
use crate::options::checked;
use crate::settings::Settings;

/// An answer to a request: the bytes to send, and what they mean.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// `Err` closes the connection in stages once it is sent.
    pub(crate) outcome: Result<(Settings, Acceptance), RequestError>,
    /// Bytes that the request's head took, where it was read here.
    pub(crate) head_len: usize,
}

impl Answer {
    /// The answer to the bytes received so far; `None` if more are needed.
    pub(crate) fn to_bytes(
        received: &[u8],
        scan: &mut Scan,
        options: &ServerOptions,
        caller: &Caller,
    ) -> Option<Self> {
        match server::read(received, scan, options.bounds()) {
            Ok(None) => None,
            Ok(Some(request)) => Some(Self::to_request(&request, options, b"", caller)),
            Err(error) => Some(Self::refuse(error, caller)),
        }
    }

    /// The answer to a request that an HTTP server has parsed.
    pub(crate) fn to_http<B>(request: &http::Request<B>, options: &ServerOptions) -> Self {
        let caller = Caller::of_request(request, options.peer_address());
        match Request::from_http(request) {
            Ok(request) => Self::to_request(&request, options, b"", &caller),
            Err(error) => Self::refuse(error, &caller),
        }
    }

    /// The answer to a head that has been read, with `lines` added whatever it is.
    pub(crate) fn to_head(received: &[u8], options: &ServerOptions, lines: &[u8], caller: &Caller) -> Self {
        let head = proto::head::RequestHead::reread(received);
        match head.as_ref().map(Request::try_from) {
            Some(Ok(request)) => Self::to_request(&request, options, lines, caller),
            Some(Err(error)) => Self::refuse_with(error, lines, caller),
            None => Self::refuse(RequestError::closed(), caller),
        }
    }

    fn to_request(request: &Request<'_>, options: &ServerOptions, lines: &[u8], caller: &Caller) -> Self {
        let accepted = options.with_core(&[options.lines(), lines].concat(), request, caller, |core| {
            request.accept(core).map(|accepted| {
                let settings = Settings::from(accepted.settings());
                let acceptance = Acceptance::new(request, accepted.tolerated(), caller);
                (encode(|dst| accepted.encode_h1(dst)), (settings, acceptance))
            })
        });
        match accepted {
            Ok((bytes, outcome)) => Self { bytes, outcome: Ok(outcome), head_len: request.head_len() },
            Err(error) => Self::refuse_with(error, lines, caller),
        }
    }

    /// The refusal for an error.
    pub(crate) fn refuse(error: RequestError, caller: &Caller) -> Self {
        Self::refuse_with(error, b"", caller)
    }

    fn refuse_with(error: RequestError, lines: &[u8], caller: &Caller) -> Self {
        event::rejected(&error, caller);
        let bytes = encode_rejection(error.rejection(), lines.to_vec());
        Self { bytes, outcome: Err(error), head_len: 0 }
    }

    /// 503, for a request that nobody has decided, with `lines` added; 400 for one that gets that whoever decides.
    pub(crate) fn undecided(head: &RequestHead, lines: &[u8], caller: &Caller) -> Vec<u8> {
        let wrong = head.view().and_then(|head| Request::try_from(&head).err());
        if let Some(error) = wrong.filter(|error| error.reason().status() == 400) {
            return Self::refuse_with(error, lines, caller).bytes;
        }
        let rejection = server::Rejection::unavailable(1);
        event::rejected_by_application(rejection.status(), caller);
        encode_rejection(for_method(rejection, head), lines.to_vec())
    }

    /// The application's own refusal of a request, with `lines` added.
    pub(crate) fn by_application(
        rejection: &Rejection,
        head: &RequestHead,
        lines: &[u8],
        caller: &Caller,
    ) -> Vec<u8> {
        // The status was checked when the rejection was made.
        let Ok(core) = rejection.core() else { return Self::undecided(head, lines, caller) };
        event::rejected_by_application(rejection.status(), caller);
        encode_rejection(for_method(core, head), [rejection.lines(), lines].concat())
    }

    /// 503, for a client that the gate lets not begin, before anything of it is read.
    #[cfg(feature = "tokio")]
    pub(crate) fn turned_away(
        why: crate::server::gate::TurnedAway,
        retry_after: u32,
        caller: &Caller,
    ) -> Vec<u8> {
        event::turned_away(why.label(), why, caller);
        let body = format!("{why}\n");
        encode_rejection(server::Rejection::unavailable(retry_after).with_body(body.as_bytes()), Vec::new())
    }
}

/// With these lines, and the date unless it is among them.
fn encode_rejection(rejection: server::Rejection<'_>, mut lines: Vec<u8>) -> Vec<u8> {
    if !checked(&lines).iter().any(|field| field.name.eq_ignore_ascii_case(b"Date")) {
        lines.extend_from_slice(&date());
    }
    // It is written to a stream, so it is HTTP/1.1's, even where the request that came along is of another version.
    let rejection = rejection.over(Bootstrap::Upgrade).with_fields(checked(&lines));
    encode(|dst| rejection.encode_h1(dst))
}

/// The length of a request's head, once it is there; `None` if more bytes are needed.
pub(crate) fn head_len(
    received: &[u8],
    scan: &mut Scan,
    limits: &proto::Limits,
    caller: &Caller,
) -> Option<Result<usize, Answer>> {
    match read_request(received, scan, limits) {
        Ok(None) => None,
        Ok(Some(head)) => Some(Ok(head.head_len())),
        Err(error) => Some(Err(Answer::refuse(RequestError::of_head(error, received, limits), caller))),
    }
}

/// The answer to HEAD has no body (RFC 9110 §9.3.2).
fn for_method<'p>(rejection: server::Rejection<'p>, head: &RequestHead) -> server::Rejection<'p> {
    if head.method() == "HEAD" { rejection.to_head() } else { rejection }
}

/// The field line that an origin server with a clock must send with a 4xx (RFC 9110 §6.6.1).
fn date() -> Vec<u8> {
    format!("Date: {}\r\n", httpdate::fmt_http_date(SystemTime::now())).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_another_http_version_is_answered_on_the_stream_that_came_with_it() {
        let request = http::Request::connect("https://a.example/").version(http::Version::HTTP_2);
        let answer = Answer::to_http(&request.body(()).expect("a request"), &ServerOptions::new());
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"), "{text}");
        assert!(answer.outcome.is_err());
    }
}
