//! Plain HTTP beside WebSocket streams: a browser loads its page over the same connection.
//!
//! This is enough for pages, health checks and small interfaces. There is no routing, and no streaming of responses.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};

use super::answer::send;
use super::shared::User;
use crate::exchange::Exchange;

/// A plain HTTP request: its content can be read, and it is answered with one response.
///
/// Nothing here has a deadline: put one around reading and answering, since a client can be slow or silent. Dropped
/// unanswered, the request is cancelled (`H3_REQUEST_CANCELLED`).
#[must_use = "the client waits for an answer"]
pub struct Request {
    head: http::Request<()>,
    exchange: Exchange,
    /// Whether the client waits for a 100 before it sends its content.
    expects: bool,
    user: User,
}

impl Request {
    pub(super) fn new(head: http::Request<()>, exchange: Exchange, user: User) -> Self {
        let expect = head.headers().get(header::EXPECT);
        let expects = expect.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        Self { head, exchange, expects, user }
    }

    /// The request's head.
    pub fn head(&self) -> &http::Request<()> {
        &self.head
    }

    /// The next piece of the request's content, at least one byte. `None` is its end. The first call sends a 100 to a
    /// client that waits for one (RFC 9110 §10.1.1). Trailers are skipped.
    ///
    /// There is no limit: stop when it is enough. What is not read holds the client up, in its stream's window.
    ///
    /// # Errors
    ///
    /// If the client cancels the request, if the content has another length than announced (RFC 9114 §4.1.2), or if the
    /// connection ends.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn data(&mut self) -> io::Result<Option<Bytes>> {
        if std::mem::take(&mut self.expects) {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::CONTINUE;
            self.exchange.send_response(&response).await?;
        }
        poll_fn(|context| self.exchange.poll_data(context)).await
    }

    /// Answers the request.
    ///
    /// `Date` is added if it is missing, and `Content-Length` is that of the body. There is no body in the answer to
    /// HEAD, nor with 204, 205 and 304 (RFC 9110 §6.4.1). A `Content-Length` that the answer to HEAD or a 304 has stays
    /// as it is. Connection-specific fields are left out (RFC 9114 §4.2).
    ///
    /// It is ready when QUIC has taken everything. What is left of the request's content is discarded in the
    /// background.
    ///
    /// # Errors
    ///
    /// If the client does not want the response any more, or if the connection ends. A status of 1xx is an error too:
    /// it is no answer.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future resets the stream.
    pub async fn respond(mut self, response: Response<impl Into<Bytes>>) -> io::Result<()> {
        let response = framed(response.map(Into::into), self.head.method());
        if response.status().is_informational() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an interim response is no answer"));
        }
        send(&mut self.exchange, response).await?;
        self.exchange.end(Arc::new(self.user));
        Ok(())
    }
}

/// The response with the fields and the body that its status and the request's method ask for.
fn framed(mut response: Response<Bytes>, method: &Method) -> Response<Bytes> {
    /// RFC 9114 §4.2.
    const CONNECTION_SPECIFIC: [&str; 6] =
        ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];
    let (status, to_head) = (response.status(), method == Method::HEAD);
    let len = HeaderValue::from(response.body().len());
    let is_empty =
        [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
    if to_head || is_empty {
        *response.body_mut() = Bytes::new();
    }
    let fields = response.headers_mut();
    for name in CONNECTION_SPECIFIC {
        fields.remove(name);
    }
    match status {
        StatusCode::NO_CONTENT => {
            fields.remove(header::CONTENT_LENGTH);
        }
        StatusCode::NOT_MODIFIED => {}
        StatusCode::RESET_CONTENT => {
            fields.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        // A 2xx to CONNECT has none (RFC 9110 §8.6).
        _ if method == Method::CONNECT && status.is_success() => {
            fields.remove(header::CONTENT_LENGTH);
        }
        _ if to_head && fields.contains_key(header::CONTENT_LENGTH) => {}
        _ => {
            fields.insert(header::CONTENT_LENGTH, len);
        }
    }
    response
}

/// Shows no values of fields.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", self.head.method())
            .field("path", &self.head.uri().path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Method, status and `Content-Length` of the application; the length announced and the length sent.
    #[test]
    fn content_and_its_length_are_what_method_and_status_ask_for() {
        type Case = (Method, u16, Option<&'static str>, Option<&'static str>, usize);
        let cases: [Case; 11] = [
            (Method::GET, 200, None, Some("5"), 5),
            (Method::GET, 200, Some("7"), Some("5"), 5),
            (Method::GET, 404, None, Some("5"), 5),
            (Method::HEAD, 200, None, Some("5"), 0),
            (Method::HEAD, 200, Some("7"), Some("7"), 0),
            (Method::GET, 204, Some("5"), None, 0),
            (Method::GET, 205, None, Some("0"), 0),
            (Method::GET, 304, None, None, 0),
            (Method::GET, 304, Some("7"), Some("7"), 0),
            (Method::CONNECT, 200, None, None, 5),
            (Method::CONNECT, 405, None, Some("5"), 5),
        ];
        for (method, status, given, announced, len) in cases {
            let mut response = Response::builder().status(status).header("connection", "close");
            if let Some(given) = given {
                response = response.header("content-length", given);
            }
            let response = framed(response.body(Bytes::from_static(b"hello")).unwrap(), &method);
            let value = response.headers().get("content-length").map(|value| value.to_str().unwrap());
            assert_eq!((value, response.body().len()), (announced, len), "{method} {status}");
            assert!(!response.headers().contains_key("connection"), "{method} {status}");
        }
    }
}
