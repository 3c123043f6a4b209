//! Both sides against each other with smol, over TCP.

use std::io::IoSliceMut;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use ::smol::Timer;
use ::smol::future::zip;
use ::smol::io::{AsyncReadExt, AsyncWriteExt};
use ::smol::net::{TcpListener, TcpStream};
use websocket_upgrade::futures::{
    accept, create_upgrade_request, handle_upgrade_request, receive, upgrade_on,
};
use websocket_upgrade::{ClientOptions, ConnectReason, HandleError, Rejection, ServerOptions, Socket};

use crate::certified::trusting;
use crate::suite::answer::Answer;
use crate::suite::model::{FRAME, REQUEST, RESPONSE, Server, Then};

pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    (listener, url)
}

async fn client(listener: &TcpListener) -> TcpStream {
    listener.accept().await.expect("a client").0
}

async fn read_head(io: &mut TcpStream) -> Vec<u8> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        io.read_exact(&mut byte).await.expect("a head");
        head.extend(byte);
    }
    head
}

#[test]
fn both_agree_and_are_joined() {
    smol::block_on(async {
        let (listener, url) = listen().await;
        let server = ServerOptions::new().subprotocol("chat").expect("a token");
        let options = ClientOptions::new().subprotocol("chat").expect("a token");
        // Also by name, which a helper thread looks up.
        for url in [url.clone(), url.replace("127.0.0.1", "localhost")] {
            let serve = async { accept(client(&listener).await, &server, Timer::after).await };
            let (client, server) = zip(create_upgrade_request(&url, &options), serve).await;
            let (client, server) = (client.expect("accepted"), server.expect("accepted"));
            assert_eq!(client.settings, server.settings);
            assert_eq!(client.settings.subprotocol(), Some("chat"));
            assert!(client.get_ref().tcp().nodelay().expect("an option") && !client.get_ref().is_tls());
            let (mut client, mut server) = (client.into_stream(), server.into_stream());
            client.write_all(b"ping").await.expect("a stream");
            client.close().await.expect("a stream");
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.expect("the end of it");
            assert_eq!(received, b"ping");
            server.write_all(b"pong").await.expect("a stream");
            server.close().await.expect("a stream");
            client.read_to_end(&mut received).await.expect("the end of it");
            assert_eq!(received, b"pingpong");
        }
    });
}

#[test]
fn by_an_http_server() {
    smol::block_on(async {
        let (listener, url) = listen().await;
        let (options, server) = (ClientOptions::new(), ServerOptions::new());
        let serve = async {
            let incoming = receive(client(&listener).await, &server, Timer::after).await.expect("a request");
            let (head, socket) = incoming.into_http();
            let request = head.to_http().expect("a request");
            handle_upgrade_request(&request, socket, &server, Timer::after).await
        };
        let (client, server) = zip(create_upgrade_request(&url, &options), serve).await;
        assert_eq!(client.expect("accepted").settings, server.expect("accepted").settings);
    });
}

#[test]
fn frames_in_the_segments_of_the_heads() {
    smol::block_on(async {
        let (listener, url) = listen().await;
        let address = listener.local_addr().expect("an address");
        let mut raw = TcpStream::connect(address).await.expect("a server");
        raw.write_all(&[REQUEST.as_bytes(), b"\r\n", FRAME].concat()).await.expect("a server");
        let upgraded = accept(client(&listener).await, &ServerOptions::new(), Timer::after).await;
        let upgraded = upgraded.expect("accepted");
        assert_eq!(upgraded.read_buf(), FRAME, "it came with the head");
        raw.write_all(b"more").await.expect("a server");
        raw.shutdown(Shutdown::Write).expect("a server");
        let mut stream = upgraded.into_stream();
        // The buffers are smaller than what was read before.
        let mut first = [0; 3];
        stream.read_exact(&mut first).await.expect("a client");
        let mut second = [0; 2];
        let spaces = &mut [IoSliceMut::new(&mut []), IoSliceMut::new(&mut second)];
        assert_eq!(stream.read_vectored(spaces).await.expect("a client"), 2);
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.expect("a client");
        assert_eq!([&first[..], &second, &rest].concat(), [FRAME, b"more"].concat());

        let bytes = [RESPONSE.as_bytes(), b"\r\n", FRAME].concat();
        let serve = async {
            let mut socket = client(&listener).await;
            let request = read_head(&mut socket).await;
            let response = Server::new(&bytes, Then::Close).response_to(&request);
            socket.write_all(&response).await.expect("a client");
        };
        let options = ClientOptions::new();
        let (client, ()) = zip(create_upgrade_request(&url, &options), serve).await;
        let client = client.expect("accepted");
        assert_eq!(client.read_buf(), FRAME, "it came with the head");
        let mut stream = Vec::new();
        client.into_stream().read_to_end(&mut stream).await.expect("a server");
        assert_eq!(stream, FRAME);
    });
}

/// A client sends its whole body whatever it receives, and then reads: no reset erases the answer.
#[test]
fn a_refusal_closes_in_stages() {
    const LARGE: usize = 6 * 1024 * 1024;
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n");
    let bytes = [request.as_bytes(), &vec![b'a'; LARGE]].concat();
    smol::block_on(async {
        let (listener, _) = listen().await;
        let options = ServerOptions::new();
        for _ in 0..4 {
            let serve = async {
                let incoming = receive(client(&listener).await, &options, Timer::after).await;
                incoming.expect("a request").reject(Rejection::new(401).expect("a status")).await
            };
            let speak = async {
                let address = listener.local_addr().expect("an address");
                let mut client = TcpStream::connect(address).await.expect("a server");
                client.write_all(&bytes).await.expect("no reset while it sends");
                let mut answer = Vec::new();
                client.read_to_end(&mut answer).await.expect("no reset while it reads");
                answer
            };
            let (rejected, answer) = zip(serve, speak).await;
            rejected.expect("it was told");
            let answer = Answer::parse(&answer).expect("a response");
            assert_eq!(answer.status, 401);
            answer.is_rejection(false).expect("a whole answer");
        }
    });
}

#[test]
fn who_says_nothing_is_given_up() {
    const SHORT: Duration = Duration::from_millis(100);
    smol::block_on(async {
        let (listener, url) = listen().await;
        for url in [url.clone(), url.replace("ws://", "wss://")] {
            let start = Instant::now();
            // Without a provider there would be another error.
            let options = ClientOptions::new().tls_config(trusting(&[])).deadline(SHORT);
            let error = create_upgrade_request(&url, &options).await.expect_err("silence");
            assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
            assert!(start.elapsed() >= SHORT);
        }
        let mut silent =
            TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a server");
        // The clients above wait in the queue before it.
        let (options, mut rejected) = (ServerOptions::new().deadline(SHORT), Vec::new());
        for _ in 0..3 {
            rejected.push(accept(client(&listener).await, &options, Timer::after).await.map(drop));
        }
        assert!(matches!(rejected.pop(), Some(Err(HandleError::Rejected(_)))), "{rejected:?}");
        let mut answer = Vec::new();
        silent.read_to_end(&mut answer).await.expect("no reset");
        assert_eq!(Answer::parse(&answer).expect("a response").status, 408);
    });
}

#[test]
fn a_time_beyond_every_clock_is_no_deadline() {
    smol::block_on(async {
        let (listener, url) = listen().await;
        let server = ServerOptions::new().deadline(Duration::MAX);
        let serve = async { accept(client(&listener).await, &server, Timer::after).await };
        let options = ClientOptions::new().deadline(Duration::MAX);
        let (client, server) = zip(create_upgrade_request(&url, &options), serve).await;
        client.expect("accepted");
        server.expect("accepted");
    });
}

#[test]
fn nobody_there() {
    smol::block_on(async {
        let (listener, url) = listen().await;
        drop(listener);
        let error = create_upgrade_request(&url, &ClientOptions::new()).await.expect_err("nobody listens");
        assert!(matches!(error.reason(), ConnectReason::Connect(_)), "{error:?}");
    });
}

/// The futures can be spawned, and their errors can be sent to another thread.
#[test]
fn everything_can_go_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    let (client, server) = (ClientOptions::new(), ServerOptions::new());
    let io = || smol::io::Cursor::new(Vec::new());
    is_send(upgrade_on(io(), "ws://a/", &client, Timer::after));
    is_send(create_upgrade_request("ws://a/", &client));
    is_send(accept(io(), &server, Timer::after));
    is_send(handle_upgrade_request(&http::Request::new(()), Socket::new(io()), &server, Timer::after));
    is_send(async {
        let incoming = receive(io(), &server, Timer::after).await?;
        incoming.accept(&server).await
    });
}
