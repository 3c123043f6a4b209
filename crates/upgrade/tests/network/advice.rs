//! Errors that name a remedy, on every driver.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use rustls::{ServerConnection, StreamOwned};
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason};

use crate::certificates::{acceptor, trusting};
use crate::drivers::{DRIVERS, beside};
use crate::peers::{Servers, redirect, refuse};

/// Returns the error of a client whose server does this with the connection.
fn against(
    driver: usize,
    scheme: &str,
    server: impl FnOnce(std::net::TcpStream) + Send + 'static,
) -> (&'static str, ConnectError) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("{scheme}://{}/", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || server(listener.accept().expect("a client").0));
    let (name, connect) = DRIVERS[driver];
    let options = ClientOptions::new().no_proxy().tls_config(trusting());
    let error = connect(&url, &options).expect_err(name);
    server.join().expect("no panic");
    (name, error)
}

#[test]
fn a_server_that_speaks_tls() {
    for driver in 0..DRIVERS.len() {
        let (name, error) = against(driver, "ws", |stream| {
            let connection = ServerConnection::new(acceptor().config().clone()).expect("TLS");
            let mut stream = StreamOwned::new(connection, stream);
            stream.read(&mut [0; 64]).expect_err("no TLS");
            // This sends the alert.
            let _ = stream.conn.write_tls(&mut stream.sock);
            let _ = stream.sock.shutdown(Shutdown::Write);
            let _ = stream.sock.read_to_end(&mut Vec::new());
        });
        let ConnectReason::Response(_) = error.reason() else { panic!("{name}: {error:?}") };
        assert!(error.to_string().contains("the server speaks TLS here, ask with wss://"), "{name}: {error}");
        assert!(!error.retry().is_worthwhile(), "{name}");
    }
}

#[test]
fn a_server_that_speaks_no_tls() {
    for driver in 0..DRIVERS.len() {
        let (name, error) = against(driver, "wss", |mut stream| {
            let _ = stream.read(&mut [0; 64]);
            stream.write_all(refuse(400, "", "").as_bytes()).expect("a client");
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let ConnectReason::Tls(_) = error.reason() else { panic!("{name}: {error:?}") };
        assert!(error.to_string().contains("(the server does not speak TLS here: ws://"), "{name}: {error}");
        assert!(!error.retry().is_worthwhile(), "{name}");
    }
}

/// The client expects a proxy with TLS, or without, and the proxy is the other kind.
#[test]
fn a_proxy_that_speaks_tls_or_none() {
    for (scheme, answer, says) in [
        ("http", &b"\x15\x03\x03\x00\x02\x02F"[..], "the proxy speaks TLS here: https:// instead of http://"),
        (
            "https",
            b"HTTP/1.1 400 No\r\n\r\n",
            "the proxy does not speak TLS here: http:// instead of https://",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let proxy = format!("{scheme}://{}", listener.local_addr().expect("an address"));
        let serve = thread::spawn(move || {
            let mut stream = listener.accept().expect("a client").0;
            let _ = stream.read(&mut [0; 1024]);
            stream.write_all(answer).expect("a client");
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let options = ClientOptions::new().proxy(&proxy).expect("a proxy").tls_config(trusting());
        let error = DRIVERS[0].1("ws://name.invalid/", &options).expect_err(scheme);
        serve.join().expect("no panic");
        let ConnectReason::Proxy(_) = error.reason() else { panic!("{error:?}") };
        assert!(error.to_string().contains(says) && !error.retry().is_worthwhile(), "{error}");
    }
}

/// A redirect, and another refusal, without following redirects.
#[test]
fn a_redirect() {
    for (name, connect) in DRIVERS {
        for (answer, says) in
            [(redirect(302, "/next"), true), (redirect(300, "/next"), false), (refuse(403, "", ""), false)]
        {
            let servers = Servers::in_order(&[answer]);
            let url = format!("ws://{}/", beside(&servers));
            let error = connect(&url, &ClientOptions::new().no_proxy()).expect_err(name);
            assert_eq!(error.reason().label(), "refused", "{name}: {error}");
            assert_eq!(error.to_string().contains("ClientOptions::redirects"), says, "{name}: {error}");
        }
    }
}
