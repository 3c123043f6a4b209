//! A server's answer to a request: decided by the options, and encoded. Every driver sends it.

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::head::{Scan, read_request};
use proto::server::{self, Request, RequestError};

use super::accept::{Accepted, accept, check};
use super::options::ServerOptions;
use super::refusal::Refusal;
use super::rejection::Rejection;
use crate::head::{Encoded, RequestHead, encode};
use crate::observe::event::{self, Acceptance};
use crate::observe::handshake_info::HandshakeInfo;
use crate::settings::Settings;

/// An answer to a request: the bytes to send, and the outcome that they stand for.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// `Err` closes the connection in stages once it is sent.
    pub(crate) outcome: Result<(Settings, Acceptance), RequestError>,
}

/// A request that was received and is accepted, and what was received behind it.
pub(crate) struct AcceptedRequest {
    pub(crate) accepted: Accepted<Encoded>,
    pub(crate) head: RequestHead,
    pub(crate) read_buf: Bytes,
}

impl Answer {
    /// The answer to the bytes received so far; `None` if more are needed. One that accepts is encoded into `buffer`.
    pub(crate) fn to_bytes(
        received: &[u8],
        scan: &mut Scan,
        options: &ServerOptions,
        info: &HandshakeInfo,
        buffer: &mut [u8],
    ) -> Option<Result<AcceptedRequest, Box<Self>>> {
        let request = match server::read(received, scan, options.bounds()) {
            Ok(request) => request?,
            Err(error) => return Some(Err(Box::new(Self::refuse(error, info)))),
        };
        let encoded =
            |accepted: &server::Accepted<'_, '_>| Encoded::new(buffer, |dst| accepted.encode_h1(dst));
        Some(match accept(&request, options, b"", info, encoded) {
            Ok(accepted) => {
                let (head, read_buf) = RequestHead::split(received, request.head_len());
                Ok(AcceptedRequest { accepted, head, read_buf })
            }
            Err(error) => Err(Box::new(Self::refuse(error, info))),
        })
    }

    /// The answer to a request that an HTTP server has parsed.
    pub(crate) fn to_http<B>(request: &http::Request<B>, options: &ServerOptions) -> Self {
        let info = HandshakeInfo::of_request(request, options.peer_address());
        match Request::from_http(request) {
            Ok(request) => Self::to_request(&request, options, b"", &info),
            Err(error) => Self::refuse(error, &info),
        }
    }

    /// The answer to a head that has been read, with `lines` added whatever it is.
    pub(crate) fn to_request_head(
        received: &[u8],
        options: &ServerOptions,
        lines: &[u8],
        info: &HandshakeInfo,
    ) -> Self {
        let head = proto::head::RequestHead::reread(received);
        match head.as_ref().map(Request::try_from) {
            Some(Ok(request)) => Self::to_request(&request, options, lines, info),
            Some(Err(error)) => Self::refuse_with(error, lines, info),
            None => Self::refuse(RequestError::closed(), info),
        }
    }

    /// The refusal of a head for which [`Answer::to_request_head`] would refuse it; `None` if it would be accepted.
    pub(crate) fn refusal_of_request_head(
        received: &[u8],
        options: &ServerOptions,
        lines: &[u8],
        info: &HandshakeInfo,
    ) -> Option<Self> {
        let head = proto::head::RequestHead::reread(received);
        match head.as_ref().map(Request::try_from) {
            Some(Ok(request)) => {
                let checked = check(&request, options, info);
                checked.err().map(|error| Self::refuse_with(error, lines, info))
            }
            _ => Some(Self::to_request_head(received, options, lines, info)),
        }
    }

    fn to_request(
        request: &Request<'_>,
        options: &ServerOptions,
        lines: &[u8],
        info: &HandshakeInfo,
    ) -> Self {
        let encoded = |accepted: &server::Accepted<'_, '_>| encode(|dst| accepted.encode_h1(dst));
        match accept(request, options, lines, info, encoded) {
            Ok(Accepted { answer, settings, acceptance }) => {
                Self { bytes: answer, outcome: Ok((settings, acceptance)) }
            }
            Err(error) => Self::refuse_with(error, lines, info),
        }
    }

    /// The refusal for an error.
    pub(crate) fn refuse(error: RequestError, info: &HandshakeInfo) -> Self {
        Self::refuse_with(error, b"", info)
    }

    fn refuse_with(error: RequestError, lines: &[u8], info: &HandshakeInfo) -> Self {
        event::rejected(&error, info);
        let bytes = Refusal::of_error(&error, lines).encode();
        Self { bytes, outcome: Err(error) }
    }

    /// 503 for a request that was dropped undecided, with `lines` added; 400 if it is malformed.
    pub(crate) fn undecided(head: &RequestHead, lines: &[u8], info: &HandshakeInfo) -> Vec<u8> {
        let wrong = head.view().and_then(|head| Request::try_from(&head).err());
        Refusal::undecided(wrong.as_ref(), head.method(), lines, info).encode()
    }

    /// The application's own refusal of a request, with `lines` added.
    pub(crate) fn by_application(
        rejection: &Rejection,
        head: &RequestHead,
        lines: &[u8],
        info: &HandshakeInfo,
    ) -> Vec<u8> {
        event::rejected_by_application(rejection.status(), info);
        Refusal::of_application(rejection, lines).for_method(head.method()).encode()
    }
}

/// A head, once it is there, and what was received behind it; `None` if more bytes are needed.
pub(crate) fn head(
    received: &[u8],
    scan: &mut Scan,
    limits: &proto::Limits,
    info: &HandshakeInfo,
) -> Option<Result<(RequestHead, Bytes), Box<Answer>>> {
    match read_request(received, scan, limits) {
        Ok(head) => Some(Ok(RequestHead::split(received, head?.head_len()))),
        Err(error) => {
            let error = RequestError::of_head(error, received, limits);
            Some(Err(Box::new(Answer::refuse(error, info))))
        }
    }
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
