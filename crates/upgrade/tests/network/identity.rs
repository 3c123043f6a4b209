//! TLS options for the first origin are not used for another peer, unless the options say so.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;

use rcgen::CertifiedKey;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use websocket_upgrade::{ClientOptions, TlsOptions};

use crate::drivers::{Connect, DRIVERS};
use crate::peers::{accept, redirect};

/// A certificate for both sides: its PEM, and that of its key.
struct Certificate {
    chain: String,
    key: String,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Certificate {
    fn new() -> Self {
        // The library's own configuration uses the provider of the process.
        let _ = ring::default_provider().install_default();
        let names = ["localhost", "override.example"].map(str::to_owned).to_vec();
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = || PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).expect("a root");
        let roots = Arc::new(roots);
        // The server asks for a certificate, but does not require one.
        let verifier = WebPkiClientVerifier::builder(Arc::clone(&roots)).allow_unauthenticated().build();
        let server = ServerConfig::builder().with_client_cert_verifier(verifier.expect("a verifier"));
        let server = server.with_single_cert(vec![cert.der().clone()], key()).expect("a certificate");
        let client = ClientConfig::builder().with_root_certificates(roots);
        let client = client.with_client_auth_cert(vec![cert.der().clone()], key()).expect("a certificate");
        let (server, client) = (Arc::new(server), Arc::new(client));
        Self { chain: cert.pem(), key: signing_key.serialize_pem(), server, client }
    }

    /// Returns the library's options, and a configuration of the caller.
    fn options(&self) -> [TlsOptions; 2] {
        let own = TlsOptions::new().root_certificates(&self.chain).expect("a root").only_these_roots();
        let own = own.client_certificate(&self.chain, &self.key).expect("a certificate");
        [own, TlsOptions::new().config(Arc::clone(&self.client))]
    }
}

/// The request to a peer, whether it was shown a certificate, and the name that it was asked for.
type Seen = (String, bool, Option<String>);

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a request");
        head.extend(byte);
    }
    String::from_utf8(head).expect("ASCII")
}

/// Serves TLS and a request, and returns its head.
fn serve<S: Read + Write>(
    config: &Arc<ServerConfig>,
    stream: S,
) -> (StreamOwned<ServerConnection, S>, String, Seen) {
    let connection = ServerConnection::new(Arc::clone(config)).expect("a configuration");
    let mut stream = StreamOwned::new(connection, stream);
    let head = read_head(&mut stream);
    let target = head.split(' ').nth(1).expect("a target").to_owned();
    let certificate = stream.conn.peer_certificates().is_some();
    let name = stream.conn.server_name().map(str::to_owned);
    (stream, head, (target, certificate, name))
}

fn say(stream: &mut impl Write, answer: &str) {
    stream.write_all(answer.as_bytes()).and_then(|()| stream.flush()).expect("a client");
}

/// Two origins that redirect a client from one to the other and back. Returns the URL, and what they see.
fn origins(config: &Arc<ServerConfig>) -> (String, mpsc::Receiver<Seen>) {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a listener"));
    let at = |listener: &TcpListener| {
        format!("wss://localhost:{}", listener.local_addr().expect("an address").port())
    };
    let origins = listeners.each_ref().map(at);
    let url = format!("{}/start", origins[0]);
    let (tell, seen) = mpsc::channel();
    for listener in listeners {
        let (config, origins, tell) = (Arc::clone(config), origins.clone(), tell.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, head, seen) = serve(&config, stream.expect("a client"));
                let answer = match &*seen.0 {
                    "/start" => redirect(302, "/same"),
                    "/same" => redirect(302, &format!("{}/away", origins[1])),
                    "/away" => redirect(302, &format!("{}/back", origins[0])),
                    _ => accept(&head, ""),
                };
                // The test may have failed already.
                let _ = tell.send(seen);
                say(&mut stream, &answer);
                // The client may leave in any way.
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
    }
    (url, seen)
}

type Driver = (&'static str, Connect);

/// Returns what the four requests of a round trip show.
fn round_trip(driver: Driver, certificate: &Certificate, tls: TlsOptions) -> [(bool, Option<String>); 4] {
    let (url, seen) = origins(&certificate.server);
    let (name, connect) = driver;
    let options = ClientOptions::new().no_proxy().redirects(3).tls(tls);
    connect(&url, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
    ["/start", "/same", "/away", "/back"].map(|target| {
        let (asked, certificate, sni) = seen.recv().expect("four requests");
        assert_eq!(asked, target, "{name}");
        (certificate, sni)
    })
}

#[test]
fn a_client_certificate_is_the_first_origins() {
    let certificate = Certificate::new();
    for driver in DRIVERS {
        for tls in certificate.options() {
            let shown = |tls| round_trip(driver, &certificate, tls).map(|(shown, _)| shown);
            let name = driver.0;
            assert_eq!(shown(tls.clone()), [true, true, false, false], "{name}: {tls:?}");
            // A resumed session does not show the certificate either.
            assert_eq!(shown(tls.clone()), [true, true, false, false], "{name}: {tls:?}");
            assert_eq!(shown(tls.clone().client_certificate_everywhere()), [true; 4], "{name}: {tls:?}");
        }
    }
}

#[test]
fn a_name_in_the_options_is_the_first_origins() {
    let certificate = Certificate::new();
    for driver in DRIVERS {
        for tls in certificate.options() {
            let tls = tls.server_name("override.example").expect("a name");
            let asked = |tls| round_trip(driver, &certificate, tls).map(|(_, name)| name.expect("a name"));
            let (name, [ours, theirs]) = (driver.0, ["override.example", "localhost"]);
            assert_eq!(asked(tls.clone()), [ours, ours, theirs, theirs], "{name}: {tls:?}");
            assert_eq!(asked(tls.clone().server_name_everywhere()), [ours; 4], "{name}: {tls:?}");
        }
    }
}

/// Serves a proxy that also asks for a certificate, and the server behind it.
fn proxy(listener: &TcpListener, config: &Arc<ServerConfig>) -> [Seen; 2] {
    let stream: TcpStream = listener.accept().expect("a client").0;
    let (mut stream, _, to_proxy) = serve(config, stream);
    say(&mut stream, "HTTP/1.1 200 OK\r\n\r\n");
    let (mut stream, head, to_server) = serve(config, stream);
    say(&mut stream, &accept(&head, ""));
    let _ = stream.read_to_end(&mut Vec::new());
    [to_proxy, to_server]
}

#[test]
fn a_proxy_is_shown_none() {
    let certificate = Certificate::new();
    let connect = DRIVERS[0].1;
    for tls in certificate.options() {
        let everywhere = tls.clone().client_certificate_everywhere();
        for (tls, expected) in [(tls, [false, true]), (everywhere, [true, true])] {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
            let proxied = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
            let config = Arc::clone(&certificate.server);
            let seen = thread::spawn(move || proxy(&listener, &config));
            let options = ClientOptions::new().proxy(&proxied).expect("a proxy").tls(tls);
            connect("wss://override.example/", &options).expect("accepted");
            let seen = seen.join().expect("no panic");
            assert_eq!(seen.each_ref().map(|(_, shown, _)| *shown), expected);
            let names = seen.map(|(_, _, name)| name.expect("a name"));
            assert_eq!(names, ["localhost", "override.example"]);
        }
    }
}
