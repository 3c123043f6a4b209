//! A client's future that is dropped at any point closes all of its connections.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;
use websocket_upgrade::{ClientOptions, create_upgrade_request, futures};

use crate::certificates::{acceptor, trusting};
use crate::peers::{accept, bind, read_head, redirect};

/// Longer than any step takes.
const LONG: Duration = Duration::from_secs(60);

/// Returns what a future gives, or `None` if it was dropped after this number of polls.
async fn within<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Serves one connection up to its end: a proxy, TLS, and a server that redirects the client once. Everything is sent
/// byte by byte, so that the client waits at many points.
async fn serve(listener: &TcpListener, goes_on: bool, through: bool, tls: bool) -> Option<()> {
    let (mut stream, _) = listener.accept().await.ok()?;
    stream.set_nodelay(true).ok()?;
    if through {
        read_head(&mut stream).await?;
        say(&mut stream, "HTTP/1.1 200 OK\r\n\r\n").await?;
    }
    if tls { talk(acceptor().accept(stream).await.ok()?, goes_on).await } else { talk(stream, goes_on).await }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, goes_on: bool) -> Option<()> {
    let head = read_head(&mut stream).await?;
    let answer = if goes_on { redirect(307, "/next") } else { accept(&head, "") };
    say(&mut stream, &answer).await?;
    // Reads up to the client's end, or its reset.
    while stream.read_u8().await.is_ok() {}
    Some(())
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> Option<()> {
    for piece in text.as_bytes().chunks(40) {
        stream.write_all(piece).await.ok()?;
        stream.flush().await.ok()?;
        tokio::task::yield_now().await;
    }
    Some(())
}

/// Serves until no client is left; each connection then ends at once.
async fn end_of(listener: &TcpListener, redirects: usize, through: bool, tls: bool) {
    for at in 0..=redirects {
        let served = timeout(LONG, serve(listener, at < redirects, through, tls)).await;
        assert!(served.is_ok(), "the connection is open");
    }
}

#[tokio::test]
async fn at_every_await_point() {
    for (through, tls) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut points = 0;
        for polls in 0.. {
            assert!(polls < 1000, "it never comes to its end");
            let (listener, address) = bind().await;
            let scheme = if tls { "wss" } else { "ws" };
            let options = ClientOptions::new().redirects(1).tls_config(trusting()).deadline(LONG);
            let (url, options) = if through {
                (
                    format!("{scheme}://a.example/"),
                    options.proxy(&format!("http://{address}")).expect("a proxy"),
                )
            } else {
                (format!("{scheme}://{address}/"), options.no_proxy())
            };
            let client = async {
                let connected = within(polls, create_upgrade_request(&url, &options)).await;
                // A finished result is dropped here too.
                let done = connected.map(|connected| connected.map(drop));
                // No client is there for the connections that were not made.
                done.map(|done| done.expect("accepted"))
            };
            let mut server = pin!(end_of(&listener, 1, through, tls));
            let mut client = pin!(client);
            let done = tokio::select! {
                biased;
                done = &mut client => done,
                () = &mut server => panic!("the server ended first"),
            };
            // The connections that it made end. Those that it did not make are made and ended here.
            let rest = async {
                while let Ok(stream) = tokio::net::TcpStream::connect(&address).await {
                    drop(stream);
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                () = server => {}
                () = rest => unreachable!("the listener is there"),
            }
            if done.is_some() {
                points = polls;
                break;
            }
        }
        assert!(points >= 4, "{points} polls are too few for {through} {tls}");
    }
}

#[test]
fn at_every_await_point_of_the_other_driver() {
    for polls in 0.. {
        assert!(polls < 1000, "it never comes to its end");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (listener, address) = runtime.block_on(bind());
        let server = std::thread::spawn(move || {
            runtime.block_on(async { timeout(LONG, serve(&listener, false, false, true)).await.is_ok() })
        });
        let options = ClientOptions::new().tls_config(trusting()).deadline(LONG);
        let url = format!("wss://{address}/");
        let done = smol::block_on(within(polls, futures::create_upgrade_request(&url, &options)));
        let done = done.map(|connected| connected.map(drop).expect("accepted"));
        // If the client was dropped before it connected, the test connects instead.
        drop(std::net::TcpStream::connect(&address));
        assert!(server.join().expect("a server"), "the connection is open");
        if done.is_some() {
            assert!(polls >= 3, "{polls} polls are too few");
            return;
        }
    }
}
