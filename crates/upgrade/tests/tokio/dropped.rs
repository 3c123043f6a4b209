//! A future that is dropped half way leaves nothing behind: no stream that is open, no second answer.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_upgrade::{
    ClientOptions, Rejection, ServerOptions, Socket, accept, handle_upgrade_request, receive, upgrade_on,
};

use crate::suite::answer::Answer;
use crate::suite::model::{REQUEST, RESPONSE, Server, Then};

/// What a stream reads, given what has been written to it.
type Peer = fn(&[u8]) -> Vec<u8>;

/// A stream in which everything takes many steps, and from some step on nothing happens any more.
#[derive(Debug)]
struct Stages {
    written: Arc<Mutex<Vec<u8>>>,
    peer: Peer,
    /// What is still to be read; made when it is read first.
    incoming: Option<Vec<u8>>,
    steps: usize,
}

impl Stages {
    /// Bytes of a step.
    const STEP: usize = 50;

    fn step(&mut self) -> Poll<()> {
        if self.steps == 0 {
            return Poll::Pending;
        }
        self.steps -= 1;
        Poll::Ready(())
    }
}

impl AsyncRead for Stages {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.step().map(|()| {
            let made = || (this.peer)(&this.written.lock().expect("one thread"));
            let incoming = this.incoming.get_or_insert_with(made);
            let len = incoming.len().min(Self::STEP).min(buffer.remaining());
            buffer.put_slice(&incoming[..len]);
            incoming.drain(..len);
            Ok(())
        })
    }
}

impl AsyncWrite for Stages {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.step().map(|()| {
            let bytes = &bytes[..bytes.len().min(Self::STEP)];
            self.written.lock().expect("one thread").extend_from_slice(bytes);
            Ok(bytes.len())
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step().map(Ok)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step().map(Ok)
    }
}

/// Lets a future go as far as so many steps of its stream take it.
async fn go<T>(future: impl Future<Output = T>) -> Poll<T> {
    let mut future = Box::pin(future);
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// Drops a future at each of its steps, from the first to the one behind which it is done.
async fn at_every_step<T>(peer: Peer, start: impl AsyncFn(Stages) -> T) {
    for steps in 0.. {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let stream = Stages { written: Arc::clone(&written), peer, incoming: None, steps };
        let done = go(start(stream)).await.is_ready();
        assert_eq!(Arc::strong_count(&written), 1, "the stream is still there after {steps} steps");
        let written = written.lock().expect("one thread");
        let answers = written.windows(9).filter(|window| window == b"HTTP/1.1 ").count();
        assert!(answers <= 1, "after {steps} steps: {}", written.escape_ascii());
        if done {
            assert!(steps > 3 && written.ends_with(b"\r\n\r\n") || written.ends_with(b"\n"), "{steps}");
            return;
        }
    }
}

fn valid(_: &[u8]) -> Vec<u8> {
    format!("{REQUEST}\r\nleft").into_bytes()
}

fn invalid(_: &[u8]) -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\nleft".to_vec()
}

fn broken(_: &[u8]) -> Vec<u8> {
    [&b"GET / HTTP/1.1\r\n"[..], &b"a".repeat(20_000)].concat()
}

fn established(request: &[u8]) -> Vec<u8> {
    let response = format!("HTTP/1.1 103 Early Hints\r\n\r\n{RESPONSE}\r\nleft");
    Server::new(response.as_bytes(), Then::Silence).response_to(request)
}

fn refused(_: &[u8]) -> Vec<u8> {
    b"HTTP/1.1 403 No\r\nContent-Length: 200\r\n\r\ntruncated".to_vec()
}

#[tokio::test(start_paused = true)]
async fn accepting() {
    at_every_step(valid, async |io| accept(io, &ServerOptions::new()).await.map(drop)).await;
    at_every_step(invalid, async |io| accept(io, &ServerOptions::new()).await.map(drop)).await;
    at_every_step(broken, async |io| accept(io, &ServerOptions::new()).await.map(drop)).await;
}

#[tokio::test(start_paused = true)]
async fn handling() {
    for uri in ["/", "/chat"] {
        let mut request = http::Request::get(uri).header("Host", "a").body(()).expect("a request");
        if uri == "/chat" {
            for (name, value) in [
                ("upgrade", "websocket"),
                ("connection", "Upgrade"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("sec-websocket-version", "13"),
            ] {
                request.headers_mut().insert(name, http::HeaderValue::from_static(value));
            }
        }
        at_every_step(valid, async |io| {
            handle_upgrade_request(&request, Socket::new(io), &ServerOptions::new()).await.map(drop)
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn deciding() {
    let options = ServerOptions::new();
    for peer in [valid as Peer, invalid] {
        at_every_step(peer, async |io| {
            receive(io, &options).await.expect("received").accept(&options).await.map(drop)
        })
        .await;
        at_every_step(peer, async |io| {
            let rejection = Rejection::new(403).expect("a status").body("no\n");
            receive(io, &options).await.expect("received").reject(rejection).await
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn connecting() {
    at_every_step(established, async |io| upgrade_on(io, "ws://a/", &ClientOptions::new()).await.map(drop))
        .await;
    at_every_step(refused, async |io| upgrade_on(io, "ws://a/", &ClientOptions::new()).await.map(drop)).await;
}

/// The stream, received, and what is written to it.
async fn received(steps: usize) -> (websocket_upgrade::Incoming<Stages>, Arc<Mutex<Vec<u8>>>) {
    let written = Arc::<Mutex<Vec<u8>>>::default();
    let reads = valid(b"").len().div_ceil(Stages::STEP);
    let stream = Stages { written: Arc::clone(&written), peer: valid, incoming: None, steps: reads + steps };
    (receive(stream, &ServerOptions::new()).await.expect("received"), written)
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_is_never_carried_out_is_none() {
    let options = ServerOptions::new();
    let (incoming, accepts) = received(100).await;
    drop(incoming.accept(&options));
    let (incoming, rejects) = received(100).await;
    drop(incoming.reject(Rejection::new(403).expect("a status")));
    let (incoming, drops) = received(100).await;
    drop(incoming);
    for written in [accepts, rejects, drops] {
        let answer =
            Answer::parse(&written.lock().expect("one thread")).expect("a whole answer, in several writes");
        assert_eq!((answer.status, answer.all("Retry-After")), (503, vec!["1"]));
        answer.is_rejection(false).expect("a whole answer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_is_dropped_half_way_gets_no_second_answer() {
    let options = ServerOptions::new();
    let (incoming, written) = received(0).await;
    assert!(go(incoming.accept(&options)).await.is_pending());
    assert_eq!(Arc::strong_count(&written), 1);
    assert!(written.lock().expect("one thread").is_empty());

    let (incoming, written) = received(1).await;
    assert!(go(incoming.accept(&options)).await.is_pending());
    assert_eq!(Arc::strong_count(&written), 1);
    assert_eq!(&written.lock().expect("one thread")[..20], b"HTTP/1.1 101 Switchi");
    assert_eq!(written.lock().expect("one thread").len(), Stages::STEP);
}

/// An undecided request whose client does not read can't be answered without waiting: it is closed.
#[tokio::test(start_paused = true)]
async fn dropping_never_waits() {
    let (incoming, written) = received(0).await;
    drop(incoming);
    assert_eq!(Arc::strong_count(&written), 1);
}
