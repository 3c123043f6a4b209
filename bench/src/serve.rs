//! Servers on streams of tokio. They upgrade a connection, and wait until the client closes it.

use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::process;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use axum::Router;
use bench_core::requests::RESPONSE;
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use websocket_upgrade::ServerOptions;

use crate::frameworks::{constant_on, constant_router, hyper_tungstenite_on, ours_on, ours_router};
use crate::peers::{axum_on, axum_router, fastwebsockets_on};

/// The servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Answers a constant to any request that ends in an empty line. It reads into 1 KiB within its task.
    Constant,
    WebsocketUpgrade,
    TokioWebsockets,
    TokioTungstenite,
    Fastwebsockets,
    Axum,
    /// hyper with a constant 101.
    Constant101,
    Constant101InAxum,
    OnHyper,
    InAxum,
    HyperTungstenite,
}

impl Server {
    /// The servers on hyper. The first one answers a constant, too.
    pub(crate) const ON_HYPER: [Self; 7] = [
        Self::Constant101,
        Self::Constant101InAxum,
        Self::OnHyper,
        Self::InAxum,
        Self::Axum,
        Self::Fastwebsockets,
        Self::HyperTungstenite,
    ];

    /// The servers on streams. The first one, the constant, is the base of the ratios.
    pub(crate) const ALL: [Self; 7] = [
        Self::Constant,
        Self::WebsocketUpgrade,
        Self::InAxum,
        Self::TokioWebsockets,
        Self::TokioTungstenite,
        Self::Fastwebsockets,
        Self::Axum,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::WebsocketUpgrade => "websocket-upgrade",
            Self::TokioWebsockets => "tokio-websockets",
            Self::TokioTungstenite => "tokio-tungstenite",
            Self::Fastwebsockets => "fastwebsockets",
            Self::Axum => "axum",
            Self::Constant101 => "constant 101",
            Self::Constant101InAxum => "constant 101, axum",
            Self::OnHyper => "websocket-upgrade, hyper",
            Self::InAxum => "websocket-upgrade, axum",
            Self::HyperTungstenite => "hyper-tungstenite",
        }
    }

    /// Serves a connection in a task. The result is ignored, since it is up to the client how a connection ends.
    pub(crate) fn start<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, io: S) {
        match self {
            Self::Constant => drop(tokio::spawn(constant(io))),
            Self::WebsocketUpgrade => drop(tokio::spawn(websocket_upgrade(io))),
            Self::TokioWebsockets => drop(tokio::spawn(tokio_websockets(io))),
            Self::TokioTungstenite => drop(tokio::spawn(tokio_tungstenite(io))),
            Self::Fastwebsockets => drop(tokio::spawn(fastwebsockets(io))),
            Self::Axum => drop(tokio::spawn(axum(io))),
            Self::Constant101 => drop(tokio::spawn(constant_on(io, wait))),
            Self::Constant101InAxum => drop(tokio::spawn(constant_in_axum(io))),
            Self::OnHyper => drop(tokio::spawn(on_hyper(io))),
            Self::InAxum => drop(tokio::spawn(in_axum(io))),
            Self::HyperTungstenite => drop(tokio::spawn(hyper_tungstenite(io))),
        }
    }
}

async fn constant<S: AsyncRead + AsyncWrite + Unpin>(mut io: S) -> io::Result<()> {
    let mut head = [0; 1024];
    let mut len = 0;
    while !head.get(..len).unwrap_or_default().ends_with(b"\r\n\r\n") {
        match io.read(head.get_mut(len..).unwrap_or_default()).await? {
            0 => return Ok(()),
            more => len += more,
        }
    }
    io.write_all(RESPONSE).await?;
    until_closed(io).await
}

async fn websocket_upgrade<S: AsyncRead + AsyncWrite + Unpin>(io: S) -> io::Result<()> {
    // A slow machine needs longer than the default to open thousands of connections, which must all wait.
    static OPTIONS: LazyLock<ServerOptions> =
        LazyLock::new(|| ServerOptions::new().deadline(Duration::from_mins(10)));
    match websocket_upgrade::tokio::accept(io, &OPTIONS).await {
        Ok(upgraded) => until_closed(upgraded.into_stream()).await,
        Err(_) => Ok(()),
    }
}

async fn tokio_websockets<S: AsyncRead + AsyncWrite + Unpin>(io: S) {
    if let Ok((_, mut socket)) = tokio_websockets::ServerBuilder::new().accept(io).await {
        while socket.next().await.is_some() {}
    }
}

async fn tokio_tungstenite<S: AsyncRead + AsyncWrite + Unpin>(io: S) {
    if let Ok(mut socket) = tokio_tungstenite::accept_async(io).await {
        while socket.next().await.is_some() {}
    }
}

fn fastwebsockets<S>(io: S) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fastwebsockets_on(io, |mut socket| async move { while socket.read_frame().await.is_ok() {} })
}

fn axum<S>(io: S) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    static ROUTER: LazyLock<Router> =
        LazyLock::new(|| axum_router(|mut socket| async move { while socket.recv().await.is_some() {} }));
    axum_on(io, ROUTER.clone())
}

fn constant_in_axum<S>(io: S) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    static ROUTER: LazyLock<Router> = LazyLock::new(|| constant_router(wait));
    axum_on(io, ROUTER.clone())
}

fn on_hyper<S>(io: S) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(ServerOptions::new);
    ours_on(io, &OPTIONS, |upgraded| wait(upgraded.into_stream()))
}

fn in_axum<S>(io: S) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    static ROUTER: LazyLock<Router> = LazyLock::new(|| ours_router(|upgraded| wait(upgraded.into_stream())));
    axum_on(io, ROUTER.clone())
}

fn hyper_tungstenite<S>(io: S) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    hyper_tungstenite_on(io, |mut socket| async move { while socket.next().await.is_some() {} })
}

/// Waits until the client closes; the result is ignored.
async fn wait<S: AsyncRead + Unpin>(io: S) {
    let _ = until_closed(io).await;
}

async fn until_closed<S: AsyncRead + Unpin>(mut io: S) -> io::Result<()> {
    while io.read(&mut [0]).await? != 0 {}
    Ok(())
}

/// Runs a process that serves on one thread.
pub(crate) fn serve(server: Server) -> io::Result<()> {
    listen("", |io| server.start(io))
}

/// Runs a process that gives every accepted stream to `start`, on one thread. It prints its port, and one more word if
/// there is one. It ends when its input ends.
pub(crate) fn listen(word: &str, mut start: impl FnMut(TcpStream)) -> io::Result<()> {
    on_one_thread(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        say(listener.local_addr()?.port(), word)?;
        loop {
            let (io, _) = listener.accept().await?;
            start(io);
        }
    })
}

/// Runs a server on one thread, until the process' input ends.
pub(crate) fn on_one_thread<T>(server: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    thread::spawn(|| {
        // At the end of the input, or an error, the parent process is gone.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0)
    });
    Builder::new_current_thread().enable_all().build()?.block_on(server)
}

/// Prints the port of a server, and one more word if there is one.
pub(crate) fn say(port: u16, word: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{port} {word}")?;
    stdout.flush()
}
