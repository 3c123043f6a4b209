//! `wss://` in a process in which nobody has chosen a crypto provider: alone here, so that nobody does.

use std::error::Error as _;

use tokio::net::TcpListener;
use websocket_upgrade::{ClientOptions, ConnectError, create_upgrade_request};

#[tokio::test]
async fn is_an_error_and_no_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let error = create_upgrade_request(&url, &ClientOptions::new()).await.expect_err("no provider");
    assert!(matches!(error, ConnectError::NoTlsProvider), "{error:?}");
    assert!(error.to_string().contains("provider") && error.source().is_none(), "{error}");

    rustls::crypto::ring::default_provider().install_default().expect("the first");
    drop(listener);
    let error = create_upgrade_request(&url, &ClientOptions::new()).await.expect_err("nobody listens");
    assert!(matches!(error, ConnectError::Connect(_)), "{error:?}");
}
