//! Both sides against each other, in memory and over TCP.

use ::tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use ::tokio::net::{TcpListener, TcpStream};
use ::tokio::runtime::Builder;
use bytes::Bytes;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{
    ClientOptions, ClientStream, ConnectError, ConnectReason, Incoming, RequestHead, ResponseHead,
    ServerOptions, Socket, Upgraded, accept, create_upgrade_request, handle_upgrade_request, receive,
    upgrade_on,
};

use crate::driver::read_head;
use crate::suite::collector::events;
use crate::suite::model::{FRAME, REQUEST, RESPONSE, Server, Then};
use crate::watched::{Faults, Watched};

struct Case {
    client: ClientOptions,
    server: ServerOptions,
    subprotocol: Option<&'static str>,
    extensions: &'static str,
}

/// The options of both sides, and the expected agreement.
fn cases() -> Vec<Case> {
    let client = |subprotocols: &[&str], extensions: &[&str]| {
        let options =
            subprotocols.iter().try_fold(ClientOptions::new(), |options, name| options.subprotocol(name));
        let mut options = options.expect("tokens").header("Cookie", "a=1").expect("a header");
        for name in extensions {
            options = match *name {
                "permessage-deflate" => options.permessage_deflate(PermessageDeflate::new(Codec::FULL)),
                name => options.extension(name),
            }
            .expect("tokens");
        }
        options
    };
    let server = |subprotocols: &[&str], extensions: &[&str]| {
        let options =
            subprotocols.iter().try_fold(ServerOptions::new(), |options, name| options.subprotocol(name));
        let mut options = options.expect("tokens");
        for name in extensions {
            options = match *name {
                "permessage-deflate" => options.permessage_deflate(PermessageDeflate::new(Codec::FULL)),
                name => options.extension(name),
            }
            .expect("tokens");
        }
        options
    };
    let case = |client, server, subprotocol, extensions| Case { client, server, subprotocol, extensions };
    vec![
        case(client(&[], &[]), server(&[], &[]), None, ""),
        case(client(&["chat"], &["x-test"]), server(&[], &[]), None, ""),
        case(client(&[], &[]), server(&["chat"], &["x-test", "permessage-deflate"]), None, ""),
        case(client(&["chat"], &["x-test"]), server(&["chat"], &["x-test"]), Some("chat"), "x-test"),
        case(
            client(&["b", "a"], &["x-b", "x-a"]),
            server(&["a", "b"], &["x-a", "x-b"]),
            Some("b"),
            "x-b, x-a",
        ),
        case(client(&["a", "b"], &["x-a"]), server(&["c", "b"], &["x-c"]), Some("b"), ""),
        case(
            client(&[], &["x-a", "permessage-deflate"]),
            server(&[], &["permessage-deflate"]),
            None,
            "permessage-deflate",
        ),
    ]
}

/// Checks that both sides have agreed on this, and that their streams are joined.
async fn agree<A, B, G, H>(case: &Case, client: Upgraded<A, G>, server: Upgraded<B, H>)
where
    A: AsyncReadExt + AsyncWriteExt + Unpin,
    B: AsyncReadExt + AsyncWriteExt + Unpin,
    websocket_upgrade::ReplayStream<A>: AsyncReadExt + AsyncWriteExt + Unpin,
    websocket_upgrade::ReplayStream<B>: AsyncReadExt + AsyncWriteExt + Unpin,
{
    assert_eq!(client.settings, server.settings);
    assert_eq!(client.settings.subprotocol(), case.subprotocol);
    let extensions = client.settings.extensions();
    assert!(extensions.as_str().starts_with(case.extensions), "{}", extensions.as_str());
    assert_eq!(extensions.is_empty(), case.extensions.is_empty());
    assert_eq!(client.settings.is_empty(), case.subprotocol.is_none() && extensions.is_empty());
    let deflate = case.extensions.contains("permessage-deflate");
    assert_eq!(client.settings.permessage_deflate().is_some(), deflate);
    assert_eq!(client.settings.permessage_deflate(), server.settings.permessage_deflate());

    let (mut client, mut server) = (client.into_stream(), server.into_stream());
    // More than the streams hold, so both sides must read.
    let (mut from_client, mut from_server) = ([0; 4], [0; 4]);
    let speak = async {
        client.write_all(b"ping").await.expect("a stream");
        client.read_exact(&mut from_server).await.expect("a stream");
    };
    let answer = async {
        server.read_exact(&mut from_client).await.expect("a stream");
        server.write_all(b"pong").await.expect("a stream");
    };
    ::tokio::join!(speak, answer);
    assert_eq!((&from_client, &from_server), (b"ping", b"pong"));
}

#[tokio::test]
async fn in_memory() {
    for case in cases() {
        for room in [1, 16, 4096] {
            let (client, server) = duplex(room);
            let connect = upgrade_on(client, "ws://a/", &case.client);
            let (client, server) = ::tokio::join!(connect, accept(server, &case.server));
            agree(&case, client.expect("accepted"), server.expect("accepted")).await;
        }
    }
}

#[tokio::test]
async fn over_tcp() {
    for case in cases() {
        let (listener, url) = listen().await;
        let serve = async { accept(listener.accept().await.expect("a client").0, &case.server).await };
        let (client, server) = ::tokio::join!(connect(&url, &case.client), serve);
        let server = server.expect("accepted");
        assert!(
            client.get_ref().tcp().expect("TCP").nodelay().expect("an option") && !client.get_ref().is_tls()
        );
        assert_eq!(server.head.field("cookie"), Some(&b"a=1"[..]));
        assert_eq!(
            server.head.field("host"),
            url.strip_prefix("ws://").map(|host| host.trim_end_matches('/').as_bytes())
        );
        agree(&case, client, server).await;
    }
}

#[tokio::test]
async fn over_tcp_by_an_http_server() {
    for case in cases() {
        let (listener, url) = listen().await;
        let serve = async {
            let incoming = receive(listener.accept().await.expect("a client").0, &case.server).await;
            let (head, socket) = Incoming::into_http(incoming.expect("a request"));
            let request = RequestHead::to_http(&head).expect("a request");
            handle_upgrade_request(&request, socket, &case.server).await
        };
        let (client, server) = ::tokio::join!(connect(&url, &case.client), serve);
        agree(&case, client, server.expect("accepted")).await;
    }
}

/// Connects, or fails at once, so that no server waits for a missing client.
async fn connect(url: &str, options: &ClientOptions) -> Upgraded<ClientStream, ResponseHead> {
    create_upgrade_request(url, options).await.expect("accepted")
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    (listener, url)
}

#[tokio::test]
async fn a_frame_in_the_segment_of_the_request() {
    let (listener, url) = listen().await;
    let mut client =
        TcpStream::connect(url.trim_start_matches("ws://").trim_end_matches('/')).await.expect("a server");
    client.write_all(&[REQUEST.as_bytes(), b"\r\n", FRAME].concat()).await.expect("a server");
    let upgraded = accept(listener.accept().await.expect("a client").0, &ServerOptions::new()).await;
    let upgraded = upgraded.expect("accepted");
    assert_eq!(upgraded.read_buf(), FRAME, "it came with the head");
    read_head(&mut client).await;
    client.write_all(b"more").await.expect("a server");
    client.shutdown().await.expect("a server");
    let mut stream = upgraded.into_stream();
    // The buffer is smaller than what was read before.
    let mut first = [0; 3];
    stream.read_exact(&mut first).await.expect("a client");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("a client");
    assert_eq!([&first[..], &rest].concat(), [FRAME, b"more"].concat());
    let (_, left) = stream.into_parts();
    assert_eq!(left, Bytes::new());
}

#[tokio::test]
async fn a_frame_in_the_segment_of_the_response() {
    let (listener, url) = listen().await;
    let bytes = [RESPONSE.as_bytes(), b"\r\n", FRAME].concat();
    let serve = async {
        let (mut socket, _) = listener.accept().await.expect("a client");
        let request = read_head(&mut socket).await;
        socket.write_all(&Server::new(&bytes, Then::Silence).response_to(&request)).await.expect("a client");
        socket
    };
    let options = ClientOptions::new();
    let (client, mut server) = ::tokio::join!(connect(&url, &options), serve);
    assert_eq!(client.read_buf(), FRAME);
    server.write_all(b"more").await.expect("a client");
    drop(server);
    let mut stream = Vec::new();
    client.into_stream().read_to_end(&mut stream).await.expect("a server");
    assert_eq!(stream, [FRAME, b"more"].concat());
}

#[tokio::test]
async fn what_is_left_of_the_bytes_read_before_is_given_back() {
    let (client, mut server) = duplex(64);
    let mut stream = Socket::with_read_buf(client, FRAME).into_stream();
    stream.read_exact(&mut [0; 2]).await.expect("a stream in memory");
    stream.write_all(b"straight through").await.expect("a stream in memory");
    stream.flush().await.expect("a stream in memory");
    let (_, left) = stream.into_parts();
    assert_eq!(left, &FRAME[2..]);
    server.read_exact(&mut [0; 16]).await.expect("a stream in memory");
}

#[tokio::test]
async fn no_server_is_an_error_of_the_connection() {
    let (listener, url) = listen().await;
    drop(listener);
    let error = create_upgrade_request(&url, &ClientOptions::new()).await.expect_err("nobody listens");
    assert!(matches!(error.reason(), ConnectReason::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn what_can_not_be_asked_calls_nobody() {
    let (listener, url) = listen().await;
    drop(listener);
    let url = url.replace("ws://", "ws://user:pass@");
    let options = ClientOptions::new().header("Authorization", "Bearer x").expect("a header");
    let error = create_upgrade_request(&url, &options).await.expect_err("twice");
    assert!(matches!(error.reason(), ConnectReason::Options(_)), "{error:?}");
}

#[tokio::test]
async fn an_address_in_brackets_is_dialled() {
    // Without IPv6 on the machine, there is nothing to test.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let server = ServerOptions::new();
    let serve = async { accept(listener.accept().await.expect("a client").0, &server).await };
    let options = ClientOptions::new();
    let (client, server) = ::tokio::join!(connect(&url, &options), serve);
    assert!(!client.get_ref().is_tls());
    let host = format!("[::1]:{}", listener.local_addr().expect("an address").port());
    assert_eq!(server.expect("accepted").head.field("host"), Some(host.as_bytes()));
}

#[test]
fn what_happens_to_a_connection_is_reported_once() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (client, server) = (ClientOptions::new(), ServerOptions::new());
    let (established, url) = events(|| {
        runtime.block_on(async {
            let (listener, url) = listen().await;
            let serve = async { accept(listener.accept().await.expect("a client").0, &server).await };
            let (client, server) = ::tokio::join!(connect(&url, &client), serve);
            assert_eq!(client.settings, server.expect("accepted").settings);
            url
        })
    });
    assert_eq!(established.len(), 2, "{established:?}");
    assert!(established.iter().any(|event| event.contains("role=\"client\"")), "{established:?}");
    assert!(established.iter().any(|event| event.contains("role=\"server\"")), "{established:?}");

    let (unreachable, _) = events(|| runtime.block_on(create_upgrade_request(&url, &client)).is_err());
    assert_eq!(unreachable.len(), 1, "{unreachable:?}");
    assert!(
        unreachable[0].contains("reason=\"connect\"") && unreachable[0].contains("refused"),
        "{unreachable:?}"
    );

    let (broken, _) = events(|| {
        let io = Watched::new(duplex(1).1, Faults { reset: true, deaf: false });
        runtime.block_on(accept(io, &server)).map(drop).expect_err("it broke")
    });
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].contains("the connection broke") && broken[0].contains("reset"), "{broken:?}");
}

/// The futures can be spawned, and their errors can be sent to another thread.
#[test]
fn everything_can_go_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    let (client, server) = (ClientOptions::new(), ServerOptions::new());
    let io = || duplex(1).0;
    is_send(upgrade_on(io(), "ws://a/", &client));
    is_send(create_upgrade_request("ws://a/", &client));
    is_send(accept(io(), &server));
    is_send(handle_upgrade_request(&http::Request::new(()), Socket::new(io()), &server));
    is_send(async {
        let incoming = receive(io(), &server).await?;
        incoming.accept(&server).await
    });
    is_error::<ConnectError>();
    is_error::<websocket_upgrade::HandleError>();
    is_error::<websocket_upgrade::OptionsError>();
}
