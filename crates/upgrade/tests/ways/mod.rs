//! Every way on which a client would dial something if it could do TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use hyper_util::rt::TokioIo;
use websocket_upgrade::connect::Connector;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientOptions, ConnectError};

use super::{DRIVERS, Driver, listening, on_tokio};

const NAMES: [&str; 3] = ["tokio", "futures", "blocking"];

/// Tries every way with these options, and returns the errors. Nothing that needs TLS may be dialled.
pub(crate) fn by_every_way(options: &ClientOptions) -> Vec<(String, ConnectError)> {
    let (listener, address) = listening();
    listener.set_nonblocking(true).expect("a listener");
    let url = format!("wss://{address}/");
    let mut errors = directly(&url, &options.clone().no_proxy());
    errors.extend(through_proxies(address, options));
    errors.extend(after_redirects(&url, &options.clone().no_proxy()));
    let dialled = listener.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(dialled, Err(ErrorKind::WouldBlock), "something was dialled");
    errors
}

fn directly(url: &str, options: &ClientOptions) -> Vec<(String, ConnectError)> {
    let uncalled = tower::service_fn(|_: http::Uri| async {
        Err::<TokioIo<tokio::net::TcpStream>, _>(io::Error::other("the transport was called"))
    });
    let ours = ClientOptions::new().no_proxy().connector(Connector::new(options.clone()));
    let [tokio, ..] = DRIVERS;
    let session = on_tokio(Session::connect(url, options)).map(drop).expect_err("no connection");
    let mut errors = vec![
        ("HTTP/2".into(), error(tokio, url, &options.clone().http2())),
        ("a session".into(), session),
        ("a transport".into(), error(tokio, url, &options.clone().transport(uncalled))),
        ("the library's connector".into(), error(tokio, url, &ours)),
    ];
    for (name, driver) in NAMES.into_iter().zip(DRIVERS) {
        errors.push((name.to_owned(), error(driver, url, options)));
    }
    errors
}

fn through_proxies(proxy: SocketAddr, options: &ClientOptions) -> Vec<(String, ConnectError)> {
    let [tokio, ..] = DRIVERS;
    let cases = [("http", "wss"), ("https", "wss"), ("socks5", "wss"), ("https", "ws")];
    let cases = cases.into_iter().map(|(to_proxy, to_host)| {
        let options = options.clone().proxy(&format!("{to_proxy}://{proxy}")).expect("a proxy");
        let error = error(tokio, &format!("{to_host}://host.invalid/"), &options);
        (format!("{to_host} through an {to_proxy} proxy"), error)
    });
    cases.collect()
}

fn after_redirects(url: &str, options: &ClientOptions) -> Vec<(String, ConnectError)> {
    let cases = NAMES.into_iter().zip(DRIVERS).map(|(name, driver)| {
        let error = error(driver, &redirecting(url.to_owned()), &options.clone().redirects(1));
        assert_eq!(error.report().redirects.len(), 1, "{name}: {error:?}");
        (format!("a redirect, {name}"), error)
    });
    cases.collect()
}

fn error(connect: Driver, url: &str, options: &ClientOptions) -> ConnectError {
    connect(url, options).expect_err("no connection")
}

/// Redirects one client to a URL. Returns the URL to ask.
fn redirecting(to: String) -> String {
    let (listener, address) = listening();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        redirect(&mut stream, &to).expect("a client that waits");
    });
    format!("ws://{address}/")
}

fn redirect(stream: &mut TcpStream, to: &str) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    write!(stream, "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}
