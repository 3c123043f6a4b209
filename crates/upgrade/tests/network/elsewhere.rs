//! Another host and port to connect to than the URL's, on every driver that dials.

use std::net::TcpListener;

use tokio::io::AsyncWriteExt;
use websocket_upgrade::{ClientOptions, ConnectReason, Phase, create_upgrade_request};

use crate::certificates::{acceptor, trusting};
use crate::drivers::{DRIVERS, beside};
use crate::peers::{Servers, accept, bind, read_head, redirect};

/// No name is looked up here. Each case has the URL, `from`, the port in `to` or none, and whether the option applies.
#[test]
fn whom_it_is_for() {
    for (driver, connect) in DRIVERS {
        let servers = Servers::in_order(&[]);
        let address = beside(&servers);
        let port = address.rsplit(':').next().expect("a port");
        let with_port = |host: &str| format!("{host}:{port}");
        for (host, from, to) in [
            ("name.invalid", "name.invalid:80", &*address),
            ("NAME.invalid", "name.INVALID:80", &address),
            ("name.invalid.", "name.invalid:80", &address),
            ("name.invalid", "name.invalid", &address),
            ("name.invalid:8080", "name.invalid", &address),
            ("[2001:db8::1]", "[2001:DB8:0::1]:80", &address),
            ("192.0.2.1:1", "192.0.2.1:1", &address),
            (&with_port("name.invalid"), &with_port("name.invalid"), "127.0.0.1"),
            (&with_port("name.invalid"), "name.invalid", "127.0.0.1"),
        ] {
            let options = ClientOptions::new().no_proxy();
            let options = options.connect_to("other.invalid", "127.0.0.1:1").expect("a place");
            let options = options.connect_to(from, to).expect("a place");
            let options = options.connect_to(from, "127.0.0.1:1").expect("a place");
            let before = servers.asked().len();
            let report = connect(&format!("ws://{host}/x"), &options);
            let report = report.unwrap_or_else(|error| panic!("{driver}: {host}, {from}: {error}"));
            assert_eq!(report.remote_address.map(|address| address.to_string()).as_deref(), Some(&*address));
            let asked = servers.asked();
            assert_eq!(asked.len(), before + 1, "{driver}: {host}");
            let expected = host.to_ascii_lowercase();
            assert_eq!(asked[before].field("Host"), Some(&*expected), "{driver}");
        }
    }
}

#[test]
fn whom_it_is_not_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a listener");
    silent.set_nonblocking(true).expect("a listener");
    let to = silent.local_addr().expect("an address").to_string();
    for (driver, connect) in DRIVERS {
        for from in ["name.invalid:81", "x.name.invalid", "invalid", "127.0.0.1:2", "[::1]"] {
            let options = ClientOptions::new().no_proxy().connect_to(from, &to).expect("a place");
            connect("ws://127.0.0.1:1/", &options).expect_err("nobody");
            assert!(silent.accept().is_err(), "{driver}: {from}");
        }
    }
}

/// After a redirect, the new host and port count; the option applies only if it names them.
#[test]
fn a_redirect_goes_where_it_says() {
    for (driver, connect) in DRIVERS {
        let servers = Servers::in_order(&[redirect(302, "/same"), redirect(302, "ws://b.invalid/x")]);
        let (here, there) = (beside(&servers), beside(&servers));
        let options = ClientOptions::new().no_proxy().redirects(2);
        let options = options.connect_to("a.invalid:80", &here).expect("a place");
        let options = options.connect_to("b.invalid:80", &there).expect("a place");
        connect("ws://a.invalid/", &options).unwrap_or_else(|error| panic!("{driver}: {error}"));
        let asked: Vec<_> = servers.asked().into_iter().map(|asked| asked.at).collect();
        assert_eq!(asked, [&*here, &here, &there], "{driver}");
    }
}

/// TLS uses and verifies the name in the URL.
#[tokio::test]
async fn tls_is_with_the_urls_host() {
    for (host, known) in [("a.example", true), ("c.example", false)] {
        let (listener, address) = bind().await;
        let options = ClientOptions::new().no_proxy().tls_config(trusting());
        let options = options.connect_to(host, &address).expect("a place");
        let serve = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let Ok(mut stream) = acceptor().accept(stream).await else { return None };
            let name = stream.get_ref().1.server_name().map(str::to_owned);
            let head = read_head(&mut stream).await.expect("a request");
            assert!(head.contains(&format!("\r\nHost: {host}\r\n")), "{head}");
            stream.write_all(accept(&head, "").as_bytes()).await.expect("a client");
            name
        };
        let url = format!("wss://{host}/");
        let (name, connected) = tokio::join!(serve, create_upgrade_request(&url, &options));
        assert_eq!((name.as_deref(), connected.is_ok()), (known.then_some(host), known));
    }
}

/// A proxy or a transport is asked to reach the other host. The URL's host decides which proxy is used.
#[tokio::test]
async fn others_are_asked_for_a_way_there() {
    for (url, to, target) in [
        ("ws://a.example/", "b.example:8080", "b.example:8080"),
        ("ws://a.example/", "[2001:db8::1]", "[2001:db8::1]:80"),
        ("ws://a.example/", "127.0.0.1:8080", "127.0.0.1:8080"),
    ] {
        let (listener, address) = bind().await;
        let options = ClientOptions::new().proxy_except(&format!("http://{address}"), "127.0.0.1, b.example");
        let options = options.and_then(|options| options.connect_to("a.example", to)).expect("options");
        let serve = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let head = read_head(&mut stream).await.expect("a request");
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("a client");
            let asked = read_head(&mut stream).await.expect("a request");
            stream.write_all(accept(&asked, "").as_bytes()).await.expect("a client");
            (head, asked)
        };
        let ((head, asked), connected) = tokio::join!(serve, create_upgrade_request(url, &options));
        connected.expect("accepted");
        assert!(head.starts_with(&format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n")), "{head}");
        assert!(asked.contains("\r\nHost: a.example\r\n"), "{asked}");

        let servers = Servers::in_order(&[]);
        let options = servers.client().connect_to("a.example", to).expect("a place");
        create_upgrade_request(url, &options).await.expect("accepted");
        let asked = servers.asked();
        assert_eq!(
            (asked[0].at.as_str(), asked[0].field("Host")),
            (&*format!("http://{target}"), Some("a.example"))
        );
    }
}

#[tokio::test]
async fn a_connector_that_does_tls_contradicts_it() {
    let service = tower::service_fn(|_: http::Uri| {
        std::future::pending::<std::io::Result<hyper_util::rt::TokioIo<tokio::net::TcpStream>>>()
    });
    let options =
        ClientOptions::new().connector(service).connect_to("a.example", "127.0.0.1:1").expect("a place");
    let error = create_upgrade_request("wss://a.example/", &options).await.expect_err("contradicting");
    assert!(matches!(error.reason(), ConnectReason::Unsupported(_)), "{error:?}");
}

#[test]
fn what_is_no_place() {
    for place in
        ["", ":80", "a b", "a:x", "a:99999", "user@a", "a/", "a?x", "a#x", "[::1", "::1", "a%41", "[v1.x]"]
    {
        for (from, to) in [(place, "a.example"), ("a.example", place)] {
            let error = ClientOptions::new().connect_to(from, to).expect_err(place).to_string();
            // Of a value that was meant as a URL, user information and query are not shown.
            let shown = if place.contains('@') { "" } else { place.split(['?', '#']).next().unwrap_or("") };
            assert!(
                error.starts_with("place") && error.ends_with(": not a host and perhaps a port"),
                "{error}"
            );
            assert!(error.contains(shown) && (shown == place || !error.contains(place)), "{error}");
        }
    }
}

/// The list of exceptions does not match such a host, and programs would read it differently, so it is not dialled.
#[test]
fn a_host_that_nobody_can_look_up() {
    for (driver, connect) in DRIVERS {
        for host in ["a%41b.invalid", "127.0.0%2e1", "%31", "[v1.x]"] {
            let url = format!("ws://{host}/");
            let error = connect(&url, &ClientOptions::new().no_proxy()).expect_err(host);
            let ConnectReason::Connect(cause) = error.reason() else { panic!("{driver}: {error:?}") };
            assert_eq!((cause.kind(), error.phase()), (std::io::ErrorKind::InvalidInput, Phase::Prepare));
            assert!(error.to_string().contains("that can be looked up"), "{error}");
        }
    }
}

#[test]
fn a_host_is_reached_by_the_family_that_is_asked_for() {
    for (driver, connect) in DRIVERS {
        let servers = Servers::in_order(&[]);
        let url = format!("ws://{}/", beside(&servers));
        connect(&url, &ClientOptions::new().no_proxy().ipv4_only()).expect(driver);
        let error = connect(&url, &ClientOptions::new().no_proxy().ipv6_only()).expect_err(driver);
        assert_eq!(error.phase(), Phase::Resolve, "{driver}");
        assert_eq!(error.to_string(), "could not connect: the host has no IPv6 address", "{driver}");
        assert_eq!(servers.asked().len(), 1, "{driver}");
    }
}
