//! Connecting through a proxy: HTTP CONNECT and SOCKS.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::ext::on_informational;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;
use websocket_upgrade_proto as proto;

use proto::client::Truncation;
use proto::{ExtraFields, Limits};

use crate::client::proxy::Proxy;
use crate::client::reason::ConnectReason;
use crate::client::refused::Refused;
use crate::drive::forward::{forward, to_io};
use crate::head::ResponseHead;
use crate::text::cause::Explained;
use crate::tokio::sleep;

/// The smallest limit of a head's bytes that hyper accepts.
const LEAST_HEAD: usize = 8 * 1024;

/// The limits of a proxy's response.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'o> {
    pub(crate) limits: &'o Limits,
    /// The time for more of a refusal's body.
    pub(crate) idle: Duration,
}

impl Proxy {
    /// Connects to the target over a connection to the proxy. Returns the stream, and the bytes that followed the
    /// answer.
    ///
    /// `fields` are what the caller adds to a CONNECT. A refusal is in `refused` as far as it has come, for whoever
    /// does not wait for its end.
    pub(crate) async fn tunnel<S>(
        &self,
        stream: S,
        target: &http::Uri,
        fields: ExtraFields<'_>,
        bounds: Bounds<'_>,
        refused: &mut Option<Refused>,
    ) -> Result<(S, Bytes), ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match self.scheme() {
            "http" | "https" => self.connect(stream, target, fields, bounds, refused).await,
            scheme => {
                let through = self.socks(scheme, stream, target.clone()).await;
                through.map(|stream| (stream, Bytes::new())).map_err(ConnectReason::Proxy)
            }
        }
    }

    /// SOCKS 5 or 4a. What the server says behind the proxy's answer stays in the stream.
    async fn socks<S>(&self, scheme: &str, stream: S, target: http::Uri) -> io::Result<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connected = Connected(Some(TokioIo::new(ByteByByte { io: stream })));
        let proxy = self.0.uri().clone();
        let credentials = self.0.raw_auth();
        let stream = if scheme.starts_with("socks4") {
            SocksV4::new(proxy, connected).call(target).await
        } else {
            let mut service = SocksV5::new(proxy, connected);
            if let Some((user, password)) = credentials {
                service = service.with_auth(user.to_owned(), password.to_owned());
            }
            service.call(target).await
        };
        let stream = stream.map_err(|error| of_socks(error, credentials.is_some()))?;
        Ok(stream.into_inner().io)
    }

    /// HTTP CONNECT (RFC 9110 §9.3.6), by hyper's client.
    async fn connect<S>(
        &self,
        stream: S,
        target: &http::Uri,
        fields: ExtraFields<'_>,
        bounds: Bounds<'_>,
        refused: &mut Option<Refused>,
    ) -> Result<(S, Bytes), ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let host = target.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let mut request = http::Request::connect(super::target::parse(host)?).header(HOST, host);
        // The caller's field replaces the credentials of the URL.
        let own = fields.iter().any(|field| field.name.eq_ignore_ascii_case(b"Proxy-Authorization"));
        if let Some(credentials) = self.0.basic_auth().filter(|_| !own) {
            request = request.header(PROXY_AUTHORIZATION, credentials);
        }
        for field in fields.iter() {
            request = request.header(field.name, field.value);
        }
        let request = request.body(String::new());
        let mut request = request.map_err(|error| broken(io::Error::other(error)))?;
        let interim = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&interim);
        on_informational(&mut request, move |_| _ = counted.fetch_add(1, Ordering::Relaxed));
        let mut builder = http1::Builder::new();
        // Field names in their usual case: some proxies do not recognise lower case.
        builder.max_buf_size(bounds.limits.head.max(LEAST_HEAD)).title_case_headers(true);
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| broken(of_hyper(error)))?;
        let mut driven = Driven { connection, ended: false };
        let answer = driven.answer(sender.send_request(request), &interim, bounds.limits.interim).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => return Err(driven.explained(reason)),
        };
        if !answer.status().is_success() {
            driven.refusal(answer, bounds, refused).await;
            let refused = refused.take().map(Box::new);
            return Err(refused.map_or(ConnectReason::Deadline, ConnectReason::ProxyRefused));
        }
        // There is no further request. After a status without a body (204) hyper would wait for one.
        drop((answer, sender));
        driven.end().await.map_err(|error| broken(of_hyper(error)))?;
        let parts = driven.connection.into_parts();
        Ok((parts.io.into_inner(), parts.read_buf))
    }
}

fn broken(error: io::Error) -> ConnectReason {
    ConnectReason::Proxy(error)
}

/// hyper's error with a kind: what the network does is told from what the proxy says.
fn of_hyper(error: hyper::Error) -> io::Error {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let kind = match cause {
        _ if error.is_parse() => io::ErrorKind::InvalidData,
        _ if error.is_incomplete_message() => io::ErrorKind::UnexpectedEof,
        Some(kind) => kind,
        None => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// hyper-util's error of both versions of SOCKS, which it has no name for.
type SocksError = <SocksV5<Connected<TokioIo<ByteByByte<TcpStream>>>> as Service<http::Uri>>::Error;

/// hyper-util's error with a kind, in the same way.
fn of_socks(error: SocksError, has_credentials: bool) -> io::Error {
    /// Words in errors that a proxy would repeat. Its other errors are about the network behind it.
    const MEANT: [&str; 6] =
        ["credentials", "authentication", "not allowed", "not supported", "ident", "255 characters"];
    let kind = match error {
        SocksError::Io(error) | SocksError::Inner(error) => return error,
        SocksError::V4(_) | SocksError::V5(_) => {
            let said = error.to_string();
            if !has_credentials && said.contains("does not support user/pass") {
                let text = "SOCKS error: the proxy wants credentials";
                return Explained::error(io::ErrorKind::PermissionDenied, text);
            }
            let meant = MEANT.iter().any(|word| said.contains(word));
            if meant { io::ErrorKind::PermissionDenied } else { io::ErrorKind::HostUnreachable }
        }
        SocksError::Parsing(_) => io::ErrorKind::InvalidData,
        SocksError::Serialize(_) | SocksError::MissingHost | SocksError::MissingPort => {
            io::ErrorKind::InvalidInput
        }
        SocksError::DnsFailure => io::ErrorKind::NotFound,
    };
    // Its text says it all.
    Explained::error(kind, error.to_string())
}

/// A connection of hyper's that is polled by whoever waits for its result, so that no task is needed.
struct Driven<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    connection: http1::Connection<TokioIo<S>, String>,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driven<S> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        let ended = self.connection.poll_without_shutdown(context);
        self.ended = ended.is_ready();
        ended
    }

    /// The answer that `waits` waits for, unless there are too many interim responses before it.
    async fn answer(
        &mut self,
        waits: impl Future<Output = hyper::Result<http::Response<Incoming>>>,
        interim: &AtomicUsize,
        most: usize,
    ) -> Result<http::Response<Incoming>, ConnectReason> {
        let mut waits = pin!(waits);
        poll_fn(|context| {
            // Its result also reaches the future that waits.
            let _ = self.poll(context);
            if interim.load(Ordering::Relaxed) > most {
                let text = format!("interim responses: more than the limit `interim` of {most}");
                return Poll::Ready(Err(broken(Explained::error(io::ErrorKind::InvalidData, text))));
            }
            waits.as_mut().poll(context).map_err(|error| broken(of_hyper(error)))
        })
        .await
    }

    /// Why there is no answer, in plain words where the proxy has sent a TLS record (RFC 8446 §5.1).
    fn explained(self, reason: ConnectReason) -> ConnectReason {
        match self.connection.into_parts().read_buf.first() {
            Some(20..=23) => {
                let text = "the proxy speaks TLS here: https:// instead of http://";
                broken(Explained::error(io::ErrorKind::InvalidData, text))
            }
            _ => reason,
        }
    }

    async fn end(&mut self) -> hyper::Result<()> {
        poll_fn(|context| self.poll(context)).await
    }

    /// Reads a refusal, with as much of its body as the limit allows, and as comes without a pause.
    async fn refusal(
        &mut self,
        answer: http::Response<Incoming>,
        Bounds { limits, idle }: Bounds<'_>,
        refused: &mut Option<Refused>,
    ) {
        let (head, mut body) = ResponseHead::from_http(answer);
        let truncation = (!body.is_end_stream()).then_some(Truncation::Incomplete);
        let refused = refused.insert(Refused::new(head, Vec::new(), truncation));
        let mut paused = pin!(sleep(idle));
        while refused.truncated {
            let room = limits.refusal_body - refused.body.len();
            if room == 0 && (limits.refusal_body == 0 || body.size_hint().lower() > 0) {
                refused.cut(Some(Truncation::RefusalBody));
                return;
            }
            let next = poll_fn(|context| {
                // Its result also reaches the future that waits.
                let _ = self.poll(context);
                match Pin::new(&mut body).poll_frame(context) {
                    Poll::Ready(frame) => Poll::Ready(Some(frame)),
                    Poll::Pending => paused.as_mut().poll(context).map(|()| None),
                }
            });
            match next.await {
                Some(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    refused.body.extend_from_slice(data.get(..room).unwrap_or(&data));
                    if data.len() > room {
                        refused.cut(Some(Truncation::RefusalBody));
                        return;
                    }
                    paused.set(sleep(idle));
                }
                Some(None) => refused.cut(None),
                Some(Some(Err(_))) | None => return,
            }
        }
    }
}

/// A stream that gives one byte at a time, so that its reader takes nothing that follows the proxy's answer.
struct ByteByByte<S> {
    io: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for ByteByByte<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.io).poll_read(context, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ByteByByte<S> {
    forward!(AsyncWrite, poll_shutdown, to_io);
}

/// A stream that is connected already, as a service that connects.
#[derive(Clone)]
struct Connected<S>(Option<S>);

impl<S> Service<http::Uri> for Connected<S> {
    type Response = S;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<S>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        std::future::ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::coop::consume_budget;
    use tokio::time::{Instant, advance};

    use super::*;
    use crate::tokio::deadline;

    const DEADLINE: Duration = Duration::from_secs(5);

    /// The time that a read takes.
    const STEP: Duration = Duration::from_millis(1);

    /// A connection to a proxy that says one thing again and again, once it has been asked. As with tokio's own
    /// streams, each read counts into what a task may do in one turn.
    struct Flood {
        piece: &'static [u8],
        reads: u32,
        asked: bool,
    }

    impl AsyncRead for Flood {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            ready!(pin!(consume_budget()).poll(context));
            if !self.asked {
                // It is asked in the same turn.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            // It ends all the same, so that a test does.
            if self.reads < 20_000 {
                self.reads += 1;
                buffer.put_slice(self.piece);
                // The clock is advanced in the first poll; the rest of it lets others have their turn.
                let _ = pin!(advance(STEP)).poll(&mut Context::from_waker(std::task::Waker::noop()));
            }
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Flood {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.asked = true;
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_hides_no_deadline() {
        let mut limits = Limits::new();
        (limits.interim, limits.refusal_body) = (usize::MAX, usize::MAX);
        let bounds = Bounds { limits: &limits, idle: DEADLINE };
        let proxy = Proxy::parse("http://proxy.example").expect("a proxy");
        let to = http::Uri::from_static("http://server.example:80/");
        for piece in [b"HTTP/1.1 103 Early Hints\r\n\r\n".as_slice(), b"HTTP/1.1 403 No\r\n\r\n"] {
            let (start, mut refused, mut deadline) = (Instant::now(), None, deadline(DEADLINE));
            let flood = Flood { piece, reads: 0, asked: false };
            let tunnel = proxy.tunnel(flood, &to, ExtraFields::default(), bounds, &mut refused);
            let done = deadline.within(tunnel).await.map(|done| done.map(drop));
            assert!(done.is_err(), "{done:?}, {:?}", start.elapsed());
            let elapsed = start.elapsed();
            assert!((DEADLINE..DEADLINE + 1000 * STEP).contains(&elapsed), "{elapsed:?}");
        }
    }
}
