//! The client against our own server, over the options of both.

use std::sync::Arc;

use tokio::task::JoinHandle;
use websocket_upgrade::cookies::MemoryJar;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{ClientOptions, ConnectReason, Rejection, ServerOptions};
use websocket_upgrade_h3::{Connection, Incoming, Session, server_config_with};

use crate::server::{Host, NAME, URL, echoes, secured, trusting};

/// A host with the library's own configuration.
fn host() -> Host {
    let (pem, tls) = secured(&[b"h3"]);
    Host::of(server_config_with(tls).expect("a configuration"), trusting(&pem))
}

/// Serves the next connection to its end, each request in this way. Returns how many were accepted.
fn serve<F>(
    host: &Host,
    options: ServerOptions,
    decide: impl Fn(Incoming, ServerOptions) -> F + Send + 'static,
) -> JoinHandle<usize>
where
    F: Future<Output = bool> + Send + 'static,
{
    let endpoint = host.endpoint.clone();
    tokio::spawn(async move {
        let quic = endpoint.accept().await.expect("a client").await.expect("a handshake");
        let mut connection = Connection::new(quic, &options).await.expect("HTTP/3");
        let mut all = Vec::new();
        while let Some(Ok(incoming)) = connection.accept().await {
            all.push(tokio::spawn(decide(incoming, options.clone())));
        }
        let mut accepted = 0;
        for one in all {
            accepted += usize::from(one.await.expect("no panic"));
        }
        accepted
    })
}

/// Accepts if the options allow it, and echoes.
async fn echo(incoming: Incoming, options: ServerOptions) -> bool {
    let Ok(upgraded) = incoming.accept(&options).await else { return false };
    let (mut reader, mut writer) = tokio::io::split(upgraded.into_stream());
    let _ = tokio::io::copy(&mut reader, &mut writer).await;
    true
}

/// What a client with these options gets of a server with those: the subprotocol and the extensions, or the status.
async fn meet(
    client: impl FnOnce(ClientOptions) -> ClientOptions,
    server: ServerOptions,
) -> Result<[String; 2], u16> {
    let host = host();
    let serving = serve(&host, server, echo);
    let options = client(host.options.clone());
    let session = Session::connect_on(&host.client, URL, &host.options).await.expect("a session");
    let opened = session.open(URL, &options).await;
    let agreed = match opened {
        Ok(opened) => {
            let settings = &opened.settings;
            let subprotocol = settings.subprotocol().unwrap_or_default().to_owned();
            let agreed = [subprotocol, settings.extensions().as_str().to_owned()];
            echoes(&mut opened.into_stream(), &[5; 10_000]).await;
            Ok(agreed)
        }
        Err(error) => Err(error.refused().unwrap_or_else(|| panic!("{error:#}")).status()),
    };
    drop(session);
    assert_eq!(serving.await.expect("no panic"), usize::from(agreed.is_ok()));
    agreed
}

fn deflate() -> PermessageDeflate {
    PermessageDeflate::new(Codec::ZLIB)
}

#[tokio::test(start_paused = true)]
async fn both_agree_or_the_client_hears_why_not() {
    type Client = fn(ClientOptions) -> ClientOptions;
    type Case = (&'static str, Client, ServerOptions, Result<[&'static str; 2], u16>);
    let new = ServerOptions::new;
    let chat = || new().subprotocol("chat").expect("a subprotocol");
    let mut small = Limits::new();
    small.fields = 3;
    let cases: Vec<Case> = vec![
        ("nothing is wanted", |options| options, new(), Ok(["", ""])),
        (
            "a subprotocol of one",
            |options| options.subprotocol("chat").expect("a name"),
            chat(),
            Ok(["chat", ""]),
        ),
        (
            "a subprotocol that is not known",
            |options| options.subprotocol("other").expect("a name"),
            chat(),
            Ok(["", ""]),
        ),
        ("a subprotocol that nobody wants", |options| options, chat(), Ok(["", ""])),
        (
            "an extension",
            |options| options.extension("x-test").expect("a name"),
            new().extension("x-test").expect("a name"),
            Ok(["", "x-test"]),
        ),
        (
            "permessage-deflate",
            |options| options.permessage_deflate(deflate()).expect("an extension"),
            new().permessage_deflate(deflate()).expect("an extension"),
            Ok(["", "permessage-deflate"]),
        ),
        (
            "permessage-deflate that is not known",
            |options| options.permessage_deflate(deflate()).expect("an extension"),
            new(),
            Ok(["", ""]),
        ),
        (
            "its own origin",
            |options| options.origin("https://server.example.com").expect("an origin"),
            new(),
            Ok(["", ""]),
        ),
        (
            "another origin",
            |options| options.origin("https://other.example").expect("an origin"),
            new(),
            Err(403),
        ),
        (
            "more fields than the server takes",
            |options| {
                (0..4).fold(options, |options, number| {
                    options.header(&format!("x-{number}"), "1").expect("a field")
                })
            },
            new().limits(small),
            Err(431),
        ),
    ];
    for (name, client, server, expected) in cases {
        let got = meet(client, server).await;
        let got = got.as_ref().map(|agreed| agreed.each_ref().map(String::as_str)).map_err(|status| *status);
        assert_eq!(got, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_cookies_and_a_401_lead_to_an_echo() {
    let host = host();
    let serving = serve(&host, ServerOptions::new(), |mut incoming, options| async move {
        let field = |name: &str| {
            incoming
                .head()
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (path, cookie, authorization) =
            (incoming.head().uri().path().to_owned(), field("cookie"), field("authorization"));
        let (status, name, value) = match (&*path, &*cookie, &*authorization) {
            ("/chat", "", _) => (307, "Location", "/there"),
            ("/there", "id=1", "") => (401, "WWW-Authenticate", "Bearer"),
            ("/there", "id=1", "Bearer t") => return echo(incoming, options).await,
            other => panic!("{other:?}"),
        };
        let answer = Rejection::new(status).expect("a status").header(name, value);
        incoming.header("Set-Cookie", "id=1").expect("a field");
        incoming.reject(answer.expect("an answer")).await.expect("sent");
        false
    });
    let options =
        host.options.clone().redirects(1).cookies(Arc::new(MemoryJar::new())).on_unauthorized(|_| async {
            let token = "Bearer t".parse().expect("a value");
            Some(http::HeaderMap::from_iter([(http::header::AUTHORIZATION, token)]))
        });
    let session = Session::connect_on(&host.client, URL, &host.options).await.expect("a session");
    let opened = session.open(URL, &options).await.unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(opened.get_ref().report().redirects.len(), 1);
    echoes(&mut opened.into_stream(), b"led here").await;
    drop(session);
    assert_eq!(serving.await.expect("no panic"), 1);
}

/// A request that the application drops is answered with 503, which is worth another attempt.
#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_decides_is_refused() {
    let host = host();
    let serving = serve(&host, ServerOptions::new(), |incoming, _| async move {
        drop(incoming);
        false
    });
    let session = Session::connect_on(&host.client, URL, &host.options).await.expect("a session");
    let error = session.open(URL, &host.options).await.expect_err("refused");
    assert!(matches!(error.reason(), ConnectReason::Refused(refused) if refused.status() == 503), "{error}");
    assert!(error.retry().is_worthwhile());
    drop(session);
    assert_eq!(serving.await.expect("no panic"), 0);
}

/// A server that drains takes no more, and cuts nothing: the next request has another connection.
#[tokio::test(start_paused = true)]
async fn a_server_that_drains_keeps_what_is_open() {
    let host = host();
    let endpoint = host.endpoint.clone();
    let options = ServerOptions::new();
    let first = tokio::spawn(async move {
        let quic = endpoint.accept().await.expect("a client").await.expect("a handshake");
        let mut connection = Connection::new(quic, &options).await.expect("HTTP/3");
        let incoming = connection.accept().await.expect("a request").expect("a head");
        let echoing = tokio::spawn(echo(incoming, options.clone()));
        connection.drain();
        while let Some(Ok(incoming)) = connection.accept().await {
            drop(incoming);
        }
        echoing.await.expect("no panic")
    });
    let session = Session::connect_on(&host.client, URL, &host.options).await.expect("a session");
    let opened = session.open(URL, &host.options).await.expect("accepted");
    let mut one = opened.into_stream();
    echoes(&mut one, b"before").await;
    let second = serve(&host, ServerOptions::new(), echo);
    let opened = session.open(URL, &host.options).await.unwrap_or_else(|error| panic!("{error:#}"));
    let mut two = opened.into_stream();
    echoes(&mut two, b"elsewhere").await;
    echoes(&mut one, b"still here").await;
    drop((one, two, session));
    assert!(first.await.expect("no panic"));
    assert_eq!(second.await.expect("no panic"), 1);
}

/// The name is the certificate's, also where the library makes the whole configuration.
#[tokio::test]
async fn over_loopback_with_sockets_of_their_own() {
    let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let key = certified.signing_key.serialize_der().try_into().expect("a key");
    let config = websocket_upgrade_h3::server_config(vec![certified.cert.der().clone()], key);
    let config = config.expect("a configuration");
    let endpoint = quinn::Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("an endpoint");
    let address = endpoint.local_addr().expect("an address");
    let options = trusting(&certified.cert.pem()).connect_to(NAME, &address.to_string()).expect("places");
    let serving = tokio::spawn(async move {
        let quic = endpoint.accept().await.expect("a client").await.expect("a handshake");
        let options = ServerOptions::new();
        let mut connection = Connection::new(quic, &options).await.expect("HTTP/3");
        let incoming = connection.accept().await.expect("a request").expect("a head");
        let accepted = echo(incoming, options).await;
        // The connection ends with its last stream.
        while connection.accept().await.is_some_and(|next| next.is_ok()) {}
        accepted
    });
    let opened = websocket_upgrade_h3::create_upgrade_request(URL, &options).await;
    let opened = opened.unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(opened.get_ref().report().remote_address, Some(address));
    echoes(&mut opened.into_stream(), b"over UDP").await;
    assert!(serving.await.expect("no panic"));
}
