//! One absolute deadline for the whole handshake, on both sides.

use std::time::Duration;

use websocket_upgrade::{ClientOptions, ConnectReason, HandleError, ServerOptions};

use super::answer::Answer;
use super::model::{Client, Connected, Decision, REQUEST, RESPONSE, Served, Server, Then};
use crate::driver;

const SECOND: Duration = Duration::from_secs(1);

/// The default, and a configured value.
fn deadlines() -> [(ServerOptions, ClientOptions, Duration); 2] {
    let short = Duration::from_millis(2500);
    [
        (ServerOptions::new(), ClientOptions::new(), 10 * SECOND),
        (ServerOptions::new().deadline(short), ClientOptions::new().deadline(short), short),
    ]
}

fn is_408<T>(served: &Served<T>, deadline: Duration) {
    assert!(matches!(&served.outcome, Err(HandleError::Rejected(_))));
    assert_eq!(served.elapsed, deadline);
    let answer = Answer::parse(&served.answer).expect("a response");
    assert_eq!(answer.status, 408);
    answer.is_rejection(false).expect("a whole answer");
}

#[test]
fn a_silent_client_gets_408() {
    for (options, _, deadline) in deadlines() {
        for bytes in ["", REQUEST] {
            let client = Client::new(bytes.as_bytes());
            is_408(&driver::accept(&client, &options), deadline);
            is_408(&driver::receive(&client, &options, &[], Decision::Accept), deadline);
        }
    }
}

#[test]
fn a_client_that_drips_gets_408() {
    for (options, _, deadline) in deadlines() {
        let client = Client { piece: 1, pause: SECOND, ..Client::new(REQUEST.as_bytes()) };
        is_408(&driver::accept(&client, &options), deadline);
        is_408(&driver::receive(&client, &options, &[], Decision::Accept), deadline);
    }
}

#[test]
fn a_client_that_is_slow_but_in_time_is_accepted() {
    let head = format!("{REQUEST}\r\n");
    let client = Client { piece: head.len() / 8, pause: SECOND, ..Client::new(head.as_bytes()) };
    let served = driver::accept(&client, &ServerOptions::new());
    served.outcome.expect("accepted");
}

fn connect(options: &ClientOptions, server: &Server<'_>) -> Connected {
    driver::upgrade_on("ws://server.example.com/chat", options, server)
}

#[test]
fn a_silent_server_is_given_up() {
    for (_, options, deadline) in deadlines() {
        for bytes in ["", "HTTP/1.1 101 Sw", "HTTP/1.1 103 Early Hints\r\n\r\n"] {
            let connected = connect(&options, &Server::new(bytes.as_bytes(), Then::Silence));
            assert!(matches!(connected.reason(), Some(ConnectReason::Deadline)), "{:?}", connected.outcome);
            assert_eq!(connected.elapsed, deadline);
        }
    }
}

#[test]
fn a_server_that_drips_is_given_up() {
    for (_, options, deadline) in deadlines() {
        let server = Server { piece: 1, pause: SECOND, ..Server::new(RESPONSE.as_bytes(), Then::Silence) };
        let connected = connect(&options, &server);
        assert!(matches!(connected.reason(), Some(ConnectReason::Deadline)), "{:?}", connected.outcome);
        assert_eq!(connected.elapsed, deadline);
    }
}

#[test]
fn a_refusal_whose_body_never_ends_is_a_refusal() {
    for framing in ["", "Content-Length: 1000\r\n"] {
        let head = format!("HTTP/1.1 503 No\r\n{framing}\r\n");
        let bytes = format!("{head}{}", "a".repeat(1000));
        for (_, options, deadline) in deadlines() {
            let silent = Server::new(&bytes.as_bytes()[..head.len() + 5], Then::Silence);
            let drips = Server {
                piece: head.len(),
                pause: SECOND / 2,
                ..Server::new(bytes.as_bytes(), Then::Silence)
            };
            // The client waits a second for more of the body; if more keeps coming, it waits up to the deadline.
            for (server, kept, elapsed) in [(silent, Some(5), SECOND.min(deadline)), (drips, None, deadline)]
            {
                let connected = connect(&options, &server);
                let Some(refused) = connected.refused() else { panic!("{:?}", connected.outcome) };
                assert!(refused.truncated);
                assert_eq!(refused.status(), 503);
                assert!(kept.is_none_or(|kept| refused.body.len() == kept), "{}", refused.body.len());
                assert!(!refused.body.is_empty());
                assert_eq!(connected.elapsed, elapsed);
            }
        }
    }
}
