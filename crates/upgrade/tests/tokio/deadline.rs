//! The deadline if the other side does not read, or never closes.

use std::io::ErrorKind;
use std::time::Duration;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use ::tokio::net::TcpListener;
use ::tokio::time::{Instant, sleep};
use websocket_upgrade::{
    ClientOptions, ConnectReason, HandleError, Rejection, ServerOptions, Socket, accept,
    create_upgrade_request, handle_upgrade_request, receive, upgrade_on,
};

use crate::suite::answer::Answer;
use crate::suite::model::REQUEST;

const SECOND: Duration = Duration::from_secs(1);

/// A server's stream that takes only a few bytes, and the client's, after a request with this line.
async fn blocked(line: &str) -> (DuplexStream, DuplexStream) {
    let (mut client, server) = duplex(1024);
    client.write_all(format!("{REQUEST}{line}\r\n").as_bytes()).await.expect("room");
    (client, server)
}

/// Fills the stream in the direction of the client, up to this many bytes.
async fn fill(server: &mut DuplexStream) {
    server.write_all(&[0; 1020]).await.expect("room");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_reads_is_given_up() {
    let start = Instant::now();
    let (_client, mut server) = blocked("").await;
    fill(&mut server).await;
    let error = accept(server, &ServerOptions::new()).await.expect_err("nobody reads");
    assert!(matches!(&error, HandleError::Io(error) if error.kind() == ErrorKind::TimedOut), "{error:?}");
    assert_eq!(start.elapsed(), 10 * SECOND);

    let (_client, mut server) = blocked("Origin: https://elsewhere.example\r\n").await;
    fill(&mut server).await;
    let error = accept(server, &ServerOptions::new().deadline(SECOND)).await.expect_err("rejected");
    assert_eq!(error.rejected().map(|error| error.reason().status()), Some(403));
    assert_eq!(start.elapsed(), 11 * SECOND);

    let (_client, mut server) = blocked("").await;
    fill(&mut server).await;
    let request = http::Request::get("/").body(()).expect("a request");
    let options = ServerOptions::new().deadline(SECOND);
    let error = handle_upgrade_request(&request, Socket::new(server), &options).await.expect_err("rejected");
    assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
    assert_eq!(start.elapsed(), 12 * SECOND);

    let (_client, mut server) = blocked("").await;
    fill(&mut server).await;
    let incoming = receive(server, &options).await.expect("a request");
    let error = incoming.reject(Rejection::new(403).expect("a status")).await.expect_err("never sent");
    assert!(matches!(&error, HandleError::Io(error) if error.kind() == ErrorKind::TimedOut), "{error:?}");
    assert_eq!(start.elapsed(), 13 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_reads_is_given_up() {
    let start = Instant::now();
    let (client, _server) = duplex(16);
    let error = upgrade_on(client, "ws://a/", &ClientOptions::new()).await.expect_err("nobody reads");
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_goes_on_while_the_application_decides() {
    let start = Instant::now();
    let (mut client, server) = blocked("").await;
    let incoming = receive(server, &ServerOptions::new()).await.expect("a request");
    sleep(4 * SECOND).await;
    // The client receives it at once, and stays.
    incoming.reject(Rejection::new(403).expect("a status")).await.expect("sent");
    assert_eq!(start.elapsed(), 10 * SECOND);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("a stream in memory");
    assert_eq!(Answer::parse(&answer).expect("a response").status, 403);
}

#[tokio::test(start_paused = true)]
async fn a_decision_after_the_deadline_is_told_all_the_same() {
    for (accepts, status) in [(true, 101), (false, 403)] {
        let start = Instant::now();
        let (mut client, server) = blocked("").await;
        let incoming = receive(server, &ServerOptions::new()).await.expect("a request");
        sleep(60 * SECOND).await;
        if accepts {
            incoming.accept(&ServerOptions::new()).await.expect("accepted");
        } else {
            incoming.reject(Rejection::new(403).expect("a status")).await.expect("sent");
        }
        assert_eq!(start.elapsed(), 60 * SECOND, "nothing waits");
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("a stream in memory");
        assert_eq!(Answer::parse(&answer).expect("a response").status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_on_its_connection_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    for scheme in ["ws", "wss"] {
        let start = Instant::now();
        // Without a provider there would be another error.
        let options = ClientOptions::new().tls_config(crate::certified::trusting(&[])).deadline(3 * SECOND);
        let error =
            create_upgrade_request(&format!("{scheme}://{address}/"), &options).await.expect_err("silence");
        assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
        assert_eq!(start.elapsed(), 3 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_beyond_every_clock_is_no_deadline() {
    let (client, server) = duplex(1024);
    let serve = async {
        sleep(1000 * SECOND).await;
        accept(server, &ServerOptions::new().deadline(Duration::MAX)).await
    };
    let options = ClientOptions::new().deadline(Duration::MAX);
    let (client, server) = ::tokio::join!(upgrade_on(client, "ws://a/", &options), serve);
    client.expect("accepted");
    server.expect("accepted");
}
