//! The entrance for every framework: a request that other code has parsed, and a response that it sends.

#[cfg(any(feature = "hyper", feature = "internals"))]
use bytes::Bytes;
use http::{Response, Version};
use websocket_upgrade_proto as proto;

use proto::server::{Request, RequestError};

use super::accept;
use super::accept::Accepted;
use super::options::ServerOptions;
#[cfg(any(feature = "hyper", feature = "internals"))]
use super::refusal::Refusal;
use super::rejected::Rejected;
#[cfg(any(feature = "hyper", feature = "internals"))]
use super::rejection::Rejection;
#[cfg(any(feature = "hyper", feature = "internals"))]
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::settings::Settings;

/// Decides on a request that an HTTP server has parsed. Returns the response that the server has to send, and the
/// settings of the stream that it hands over afterwards.
///
/// This is the entrance for frameworks that have none of their own here. It needs no feature and no runtime. For
/// hyper, tower and axum there are modules, which hand over the stream as well. If you have the stream before the
/// answer is sent, use `handle_upgrade_request` of a driver, which writes the answer itself.
///
/// ```
/// use http::{Request, Response};
/// use websocket_upgrade::{ServerOptions, respond};
///
/// fn handle(request: &Request<()>, options: &ServerOptions) -> Response<Vec<u8>> {
///     match respond(request, None, options) {
///         Ok((response, settings)) => {
///             // Give `settings` to the task that gets the stream, once the response has been sent.
///             # assert_eq!(settings.subprotocol(), Some("chat"));
///             response.map(|()| Vec::new())
///         }
///         Err(rejected) if rejected.is_not_upgrade() => Response::new(b"plain HTTP goes on\n".to_vec()),
///         Err(rejected) => rejected.into_http().map(Vec::from), // close the connection behind it
///     }
/// }
///
/// let options = ServerOptions::new().subprotocol("chat")?;
/// let request = Request::get("/chat")
///     .header("Host", "example.com")
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
///     .header("Sec-WebSocket-Version", "13")
///     .header("Sec-WebSocket-Protocol", "chat");
/// let response = handle(&request.body(())?, &options);
/// assert_eq!(response.status(), 101);
/// assert_eq!(response.headers()["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(handle(&Request::new(()), &options).body(), b"plain HTTP goes on\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What the request must have
///
/// | | over HTTP/1.1 | over HTTP/2 and HTTP/3 |
/// |---|---|---|
/// | method and URI | as they came: `GET /chat?room=1` | `CONNECT`; scheme, authority and path in the URI |
/// | version | [`HTTP_11`](Version::HTTP_11), or [`HTTP_10`](Version::HTTP_10) if it came so | [`HTTP_2`](Version::HTTP_2) or [`HTTP_3`](Version::HTTP_3) |
/// | headers | every line, `Connection`, `Upgrade` and repeated ones included | every line |
/// | `protocol` | `None` | `:protocol` (RFC 8441 §4, RFC 9220 §3); the server has to offer extended CONNECT |
/// | extensions | the peer as a [`SocketAddr`](std::net::SocketAddr), for trusted proxies and events; or [`ServerOptions::peer`] | the same |
///
/// The HTTP server has checked the syntax, its own limits, and the end of the head in time: [`ServerOptions::limits`]
/// sets only the number of extension offers here, and [`ServerOptions::deadline`] nothing.
///
/// # What to send
///
/// | result | over HTTP/1.1 | over HTTP/2 and HTTP/3 | counted |
/// |---|---|---|---|
/// | `Ok` | the response, a 101 with `Connection` and `Upgrade`; all bytes behind the request's head belong to the stream | the response, a 200, and the stream stays open | `accepted`, when this returns |
/// | `Err`, and [`Rejected::is_not_upgrade`] | the answer to plain HTTP, or [`Rejected::into_http`] | the same | no; by `into_http`, `rejected` |
/// | any other `Err` | [`Rejected::into_http`], and then close the connection: the next bytes may be frames | the same response, which ends the stream | `rejected`, when this returns |
///
/// Send the status and all header lines unchanged. Of a rejection over HTTP/1.1, `Connection: close` is among them,
/// but many frameworks close only if they are told so in a way of their own.
///
/// If you answer a valid request in another way, because your application does not want it, do so before you call
/// this: the call counts the request as accepted. Over HTTP/1.1, that answer has to close the connection too. Call
/// [`check`] before you ask for credentials.
///
/// # Errors
///
/// [`Rejected`], with the reason and the response to send.
pub fn respond<B>(
    request: &http::Request<B>,
    protocol: Option<&str>,
    options: &ServerOptions,
) -> Result<(Response<()>, Settings), Rejected> {
    let info = options.info_of(request);
    let version = request.version();
    let request = Request::from_http_with_protocol(request, protocol);
    let Accepted { answer, settings, acceptance } = decide(request.as_ref(), version, options, b"", info)?;
    acceptance.sent(&settings);
    Ok((answer, settings))
}

/// Checks everything for which [`respond`] with the same options would reject a request: whether it is valid, its
/// authority (RFC 9110 §7.4), its origin (RFC 6455 §10.2), and its lists of subprotocols and extensions. Call it
/// before you look up credentials, so that a page of a foreign origin can't cause that, and call [`respond`]
/// afterwards.
///
/// The arguments are those of [`respond`]. A request that passes is not counted here. The requests that wait for a
/// decision on other entrances have a method with this name.
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use websocket_upgrade::{Rejected, ServerOptions, check, respond};
///
/// fn handle(request: &Request<()>, options: &ServerOptions) -> Result<Response<Vec<u8>>, Rejected> {
///     check(request, None, options)?; // origin first
///     if !request.headers().contains_key("Authorization") {
///         let mut unauthorized = Response::new(Vec::new());
///         *unauthorized.status_mut() = StatusCode::UNAUTHORIZED;
///         return Ok(unauthorized); // close the connection behind it
///     }
///     let (response, _settings) = respond(request, None, options)?;
///     Ok(response.map(|()| Vec::new()))
/// }
/// # let request = Request::get("/").header("Host", "example.com").header("Origin", "https://elsewhere.example");
/// # let request = request.header("Upgrade", "websocket").header("Connection", "Upgrade");
/// # let request = request.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
/// # let request = request.header("Sec-WebSocket-Version", "13").body(()).unwrap();
/// # assert_eq!(handle(&request, &ServerOptions::new()).unwrap_err().status(), 403);
/// # assert_eq!(handle(&request, &ServerOptions::new().danger_any_origin()).unwrap().status(), 401);
/// ```
///
/// # Errors
///
/// [`Rejected`], as from [`respond`].
pub fn check<B>(
    request: &http::Request<B>,
    protocol: Option<&str>,
    options: &ServerOptions,
) -> Result<(), Rejected> {
    let info = options.info_of(request);
    let version = request.version();
    examine(Request::from_http_with_protocol(request, protocol).as_ref(), version, options, info)
}

/// Accepts a request if it is valid and the options allow it, with `lines` added to the answer. It is counted if it is
/// rejected.
#[inline]
pub(crate) fn decide(
    request: Result<&Request<'_>, &RequestError>,
    version: Version,
    options: &ServerOptions,
    lines: &[u8],
    info: HandshakeInfo,
) -> Result<Accepted<Response<()>>, Rejected> {
    let write = |accepted: &proto::server::Accepted<'_, '_>| accepted.to_http();
    request
        .map_err(|error| *error)
        .and_then(|valid| accept::accept(valid, options, lines, &info, write))
        .map_err(|error| Rejected::request(error, version, info))
}

/// Checks everything for which [`decide`] rejects a request. It is counted if it is rejected.
pub(crate) fn examine(
    request: Result<&Request<'_>, &RequestError>,
    version: Version,
    options: &ServerOptions,
    info: HandshakeInfo,
) -> Result<(), Rejected> {
    request
        .map_err(|error| *error)
        .and_then(|valid| accept::check(valid, options, &info))
        .map_err(|error| Rejected::request(error, version, info))
}

/// The application's own refusal, with `lines` added.
#[cfg(any(feature = "hyper", feature = "internals"))]
pub(crate) fn reject(
    rejection: &Rejection,
    lines: &[u8],
    version: Version,
    info: &HandshakeInfo,
) -> Response<Bytes> {
    event::rejected_by_application(rejection.status(), info);
    Refusal::of_application(rejection, lines).to_http(version)
}
