//! Another place to connect to than the URL's: for a session, and for one WebSocket.

use http::Response;
use tokio::net::TcpListener;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientOptions, create_upgrade_request};

use crate::server::{Server, URL};

#[tokio::test]
async fn the_request_is_for_the_urls_authority() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let options = ClientOptions::new().no_proxy().connect_to("server.example.com:80", &address.to_string());
    let options = options.expect("a place");
    let accept = async |server: &mut Server| {
        let asked = server.asked().await;
        assert_eq!(asked.request.uri().authority().expect("an authority").as_str(), "server.example.com");
        asked.accept(Response::new(()))
    };
    let serve = async || Server::on(listener.accept().await.expect("a client").0).await;

    let (session, mut server) = tokio::join!(Session::connect(URL, &options), serve());
    let session = session.expect("a session");
    for own in [&ClientOptions::new(), &options] {
        let (opened, _pipe) = tokio::join!(session.open(URL, own), accept(&mut server));
        assert_eq!(opened.expect("accepted").report().remote_address, Some(address));
    }

    let options = options.http2();
    let (opened, _server) = tokio::join!(create_upgrade_request(URL, &options), async {
        let mut server = serve().await;
        (accept(&mut server).await, server)
    });
    assert_eq!(opened.expect("accepted").report().remote_address, Some(address));
}
