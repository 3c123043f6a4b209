//! Origins, behind a trusted proxy and without one.

use std::net::IpAddr;

use tokio::join;
use websocket_upgrade::{HandleError, Origins, ServerOptions};

use crate::kit::raw::connect;
use crate::served::Served;

/// The address of every client in memory.
const CLIENT: &str = "192.0.2.1";

const FORWARDED: (&str, &str) = ("forwarded", "host=public.example;proto=https");

/// The trusted proxy, the peer of the options, the lines, and what the origin was compared with if it is not allowed.
type Case =
    (&'static str, Option<&'static str>, &'static [(&'static str, &'static str)], Option<&'static str>);

const CASES: [Case; 8] = [
    (CLIENT, None, &[("origin", "https://server.example.com")], None),
    (CLIENT, None, &[("origin", "https://public.example"), FORWARDED], None),
    (CLIENT, None, &[("origin", "https://server.example.com"), FORWARDED], Some("public.example")),
    (CLIENT, None, &[("origin", "https://public.example"), ("x-forwarded-host", "public.example")], None),
    ("192.0.2.0/24", None, &[("origin", "https://public.example"), FORWARDED], None),
    ("192.0.2.9", None, &[("origin", "https://public.example"), FORWARDED], Some("server.example.com")),
    // The address of the options counts instead of QUIC's.
    (
        CLIENT,
        Some("192.0.2.9"),
        &[("origin", "https://public.example"), FORWARDED],
        Some("server.example.com"),
    ),
    ("192.0.2.9", Some("192.0.2.9"), &[("origin", "https://public.example"), FORWARDED], None),
];

#[tokio::test(start_paused = true)]
async fn a_trusted_proxy_tells_the_authority() {
    for (trusted, peer, lines, expected) in CASES {
        let origins = Origins::same().trusted_proxy(trusted).expect("an address");
        let mut options = ServerOptions::new().origins(origins);
        if let Some(peer) = peer {
            options = options.peer(peer.parse::<IpAddr>().expect("an address"));
        }
        // The peer may be given with the connection's options, and with those of the decision.
        for of_connection in [options.clone(), ServerOptions::new()] {
            let mut served = Served::new(&of_connection).await;
            let mut exchange = served.send(&connect("/chat", lines)).await;
            let incoming = served.next().await.expect("a head");
            let (accepted, head) = join!(incoming.accept(&options), exchange.head());
            let status = head.expect("an answer").status;
            match (accepted, expected) {
                (Ok(_), None) => assert_eq!(status, 200),
                (Err(HandleError::Rejected(error)), Some(compared_with)) => {
                    assert_eq!(status, 403);
                    let shown = error.compared_with().expect("an authority").to_string();
                    assert!(shown.contains(compared_with), "{shown}");
                }
                (accepted, _) => panic!("{trusted} {lines:?}: {accepted:?}"),
            }
        }
    }
}
