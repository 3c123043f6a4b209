//! A refusal closes in stages, so that no reset erases it.

use std::io::ErrorKind;
use std::time::Duration;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use ::tokio::net::{TcpListener, TcpStream};
use ::tokio::time::{Instant, sleep};
use websocket_upgrade::{
    ClientOptions, HandleError, Rejection, ServerOptions, Socket, accept, handle_upgrade_request, receive,
};

use crate::driver::read_head;
use crate::suite::answer::Answer;
use crate::suite::model::REQUEST;
use crate::watched::{Faults, Watched};

/// More than fits into all buffers between the two.
const LARGE: usize = 6 * 1024 * 1024;

/// The number of repetitions, since a reset depends on timing.
const TIMES: usize = 12;

const POST: &str = "POST /chat HTTP/1.1\r\nHost: server.example.com\r\nContent-Length: 6291456\r\n\r\n";

/// Checks that a client that sends all of this, and only then reads, gets the answer without an error.
async fn refused(start: &str, status: u16, serve: impl AsyncFn(TcpStream)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut bytes = start.as_bytes().to_vec();
    bytes.resize(start.len() + LARGE, b'a');
    for _ in 0..TIMES {
        let client = async {
            let mut client = TcpStream::connect(address).await.expect("a server");
            // A reset would make these writes, or the reads, fail.
            client.write_all(&bytes).await.expect("no reset while it sends");
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.expect("no reset while it reads");
            answer
        };
        let serve = async { serve(listener.accept().await.expect("a client").0).await };
        let (answer, ()) = ::tokio::join!(client, serve);
        let answer = Answer::parse(&answer).expect("a response");
        assert_eq!(answer.status, status);
        answer.is_rejection(false).expect("a whole answer");
    }
}

#[tokio::test]
async fn a_large_head_and_accept() {
    refused(&format!("{REQUEST}A: "), 431, async |io| {
        let error = accept(io, &ServerOptions::new()).await.expect_err("rejected");
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_large_head_and_receive() {
    refused(&format!("{REQUEST}A: "), 431, async |io| {
        let error = receive(io, &ServerOptions::new()).await.expect_err("rejected");
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_large_body_and_accept() {
    refused(POST, 426, async |io| {
        let error = accept(io, &ServerOptions::new()).await.expect_err("rejected");
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_large_body_and_handle_upgrade_request() {
    refused(POST, 426, async |mut io| {
        read_head(&mut io).await;
        let request =
            http::Request::post("/chat").header("Host", "server.example.com").body(()).expect("a request");
        let socket = Socket::new(io);
        let error =
            handle_upgrade_request(&request, socket, &ServerOptions::new()).await.expect_err("rejected");
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_large_body_and_reject() {
    refused(POST, 401, async |io| {
        let incoming = receive(io, &ServerOptions::new()).await.expect("a request");
        let rejection = Rejection::new(401).expect("a status").body("who are you?\n");
        incoming.reject(rejection).await.expect("sent");
    })
    .await;
}

#[tokio::test]
async fn a_large_body_and_an_incoming_that_can_not_be_accepted() {
    refused(POST, 426, async |io| {
        let incoming = receive(io, &ServerOptions::new()).await.expect("a request");
        let error = incoming.accept(&ServerOptions::new()).await.expect_err("rejected");
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
    })
    .await;
}

/// Answers that may not wait, on a stream whose readiness the runtime must have noticed first.
#[tokio::test(start_paused = true)]
async fn last_words_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    for (bytes, status) in [(POST, 503), (&POST[..20], 408), ("", 408)] {
        let mut client =
            TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a server");
        client.write_all(bytes.as_bytes()).await.expect("a server");
        let io = listener.accept().await.expect("a client").0;
        drop(receive(io, &ServerOptions::new()).await);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("no reset");
        let answer = Answer::parse(&answer).expect("a response");
        assert_eq!(answer.status, status);
        answer.is_rejection(false).expect("a whole answer");
    }
}

/// The client receives the refusal, goes on sending, and never closes.
#[tokio::test(start_paused = true)]
async fn what_a_refused_client_sends_is_bounded() {
    let (mut client, server) = duplex(64 * 1024);
    client.write_all(POST.as_bytes()).await.expect("room");
    let start = Instant::now();
    let chatter = async {
        let mut sent = 0_usize;
        while let Ok(len) = client.write(&[b'a'; 4096]).await {
            sent += len;
        }
        sent
    };
    let options = ServerOptions::new();
    let (outcome, sent) = ::tokio::join!(accept(server, &options), chatter);
    assert!(matches!(outcome, Err(HandleError::Rejected(_))));
    assert!((LARGE..32 * 1024 * 1024).contains(&sent), "{sent}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_drips_is_left_at_the_deadline() {
    let (mut client, server) = duplex(1024);
    client.write_all(POST.as_bytes()).await.expect("room");
    let start = Instant::now();
    let drips = async {
        while client.write_all(b"a").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let options = ServerOptions::new();
    let (outcome, ()) = ::tokio::join!(accept(server, &options), drips);
    assert!(matches!(outcome, Err(HandleError::Rejected(_))));
    assert!((10..=11).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_leaves_does_not_wait_for_the_deadline() {
    let (mut client, server) = duplex(1024);
    client.write_all(POST.as_bytes()).await.expect("room");
    let leaves = async {
        read_head(&mut client).await;
        drop(client);
    };
    let start = Instant::now();
    let options = ServerOptions::new();
    let (outcome, ()) = ::tokio::join!(accept(server, &options), leaves);
    assert!(matches!(outcome, Err(HandleError::Rejected(_))));
    assert!(start.elapsed().is_zero());
}

#[tokio::test]
async fn how_a_client_leaves_once_it_has_been_told_is_no_error() {
    let (mut client, server) = duplex(1024);
    client.write_all(POST.as_bytes()).await.expect("room");
    let server = Watched::new(server, Faults { reset: true, deaf: false });
    let incoming = receive(server, &ServerOptions::new()).await.expect("a request");
    let leaves = async {
        let head = read_head(&mut client).await;
        drop(client);
        head
    };
    let (outcome, head) = ::tokio::join!(incoming.reject(Rejection::new(403).expect("a status")), leaves);
    outcome.expect("it was told");
    assert!(head.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
}

#[tokio::test]
async fn a_refusal_that_can_not_be_sent_is_an_error() {
    let (mut client, server) = duplex(1024);
    client.write_all(POST.as_bytes()).await.expect("room");
    let server = Watched::new(server, Faults { reset: false, deaf: true });
    let incoming = receive(server, &ServerOptions::new()).await.expect("a request");
    let error = incoming.reject(Rejection::new(403).expect("a status")).await.expect_err("never sent");
    assert!(matches!(&error, HandleError::Io(error) if error.kind() == ErrorKind::BrokenPipe), "{error:?}");
}

/// The server reads a part of the head, refuses, and neither reads nor closes.
#[::tokio::test(start_paused = true)]
async fn a_server_that_refuses_before_it_has_read_everything_is_heard() {
    let (client, mut server) = duplex(64);
    let answer = async {
        let mut part = [0; 32];
        server.read_exact(&mut part).await.expect("a part of the head");
        server.write_all(b"HTTP/1.1 431 \r\nContent-Length: 2\r\n\r\nno").await.expect("an open stream");
        server
    };
    let options = ClientOptions::new().header("Cookie", "c".repeat(10_000)).expect("a legal header");
    let upgrade = websocket_upgrade::upgrade_on(client, "ws://server.example.com/", &options);
    let (error, _server) = ::tokio::join!(upgrade, answer);
    let error = error.expect_err("refused");
    let refused = error.refused().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!((refused.status(), &refused.body[..], refused.truncated), (431, &b"no"[..], false));
}
