//! Sockets of clients that have no endpoint of their own: each is closed with its last connection. Descriptors belong
//! to the whole process, so this test is alone in its program.

use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;
use websocket_upgrade::{ClientOptions, ServerOptions, TlsOptions};
use websocket_upgrade_h3::{Connection, Session, create_upgrade_request, server_config};

const NAME: &str = "server.example.com";
const URL: &str = "wss://server.example.com/";

#[cfg(target_os = "linux")]
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("descriptors").count()
}

/// Accepts everything.
async fn serve(endpoint: quinn::Endpoint) {
    let options = ServerOptions::new();
    while let Some(incoming) = endpoint.accept().await {
        let Ok(quic) = incoming.await else { continue };
        let options = options.clone();
        tokio::spawn(async move {
            let Ok(mut connection) = Connection::new(quic, &options).await else { return };
            let mut open = Vec::new();
            while let Some(Ok(incoming)) = connection.accept().await {
                open.push(incoming.accept(&options).await);
            }
        });
    }
}

/// Drops a future when it has been polled so many times.
async fn dropped<T>(future: impl Future<Output = T>, times: usize) {
    let mut future = std::pin::pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| {
        left = left.saturating_sub(1);
        if left == 0 { std::task::Poll::Ready(()) } else { future.as_mut().poll(context).map(drop) }
    })
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_client_leaves_a_socket_behind() {
    let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let key = certified.signing_key.serialize_der().try_into().expect("a key");
    let config = server_config(vec![certified.cert.der().clone()], key).expect("a configuration");
    let endpoint = quinn::Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("an endpoint");
    let address = endpoint.local_addr().expect("an address").to_string();
    tokio::spawn(serve(endpoint));
    let tls = TlsOptions::new().root_certificates(certified.cert.pem()).expect("a root").only_these_roots();
    let options = ClientOptions::new().no_proxy().connect_to(NAME, &address).expect("places");
    let (trusting, other) = (options.clone().tls(tls), options.deadline(Duration::from_secs(1)));
    // What is made once is made.
    create_upgrade_request(URL, &trusting).await.expect("accepted");
    let before = descriptors();
    for times in (1..40).step_by(4) {
        let opened = create_upgrade_request(URL, &trusting).await.expect("accepted");
        let session = Session::connect(URL, &trusting).await.expect("a session");
        let streams = (session.open(URL, &trusting).await, session.open(URL, &trusting).await);
        assert!(opened.get_ref().is_http3() && streams.0.is_ok() && streams.1.is_ok());
        dropped(create_upgrade_request(URL, &trusting), times).await;
        if times % 8 == 1 {
            // Nobody trusts the certificate.
            create_upgrade_request(URL, &other).await.expect_err("not trusted");
        }
    }
    // The servers are told, and acknowledge it.
    let closed = async {
        while descriptors() > before {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), closed)
        .await
        .unwrap_or_else(|_| panic!("{} of {before}", descriptors()));
}
