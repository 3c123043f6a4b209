//! The deadlines: one for everything, and one for each phase if it is set, on every runtime.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use websocket_upgrade::{ClientOptions, ConnectReason, Phase, Retry, create_upgrade_request};

use crate::certificates::trusting;
use crate::drivers::{Connect, DRIVERS};
use crate::peers::{Servers, redirect};

/// Longer than any step takes.
const LONG: Duration = Duration::from_secs(60);

const SHORT: Duration = Duration::from_millis(50);

/// A listener whose connections are accepted by the system, but never answered.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

/// A listener with a full queue, so that a further connection waits.
fn full() -> (TcpListener, Vec<TcpStream>, String) {
    let (listener, address) = silent();
    // On Linux, its queue takes one more than this.
    rustix::net::listen(&listener, 0).expect("a listener");
    let parsed = address.parse().expect("an address");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&parsed, 2 * SHORT) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "it is never full");
    }
    (listener, waiting, address)
}

/// Checks that the client ended in this phase at this time.
fn is_deadline(what: &str, driver: (&str, Connect), url: &str, options: &ClientOptions, phase: Phase) {
    let start = Instant::now();
    let error = (driver.1)(url, options).expect_err("nobody answers");
    let what = format!("{what}, {}: {error}", driver.0);
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{what}");
    assert_eq!(error.phase(), phase, "{what}");
    let (elapsed, spent) = (start.elapsed(), error.report().times.of(phase).expect("a time"));
    assert!(elapsed >= SHORT && elapsed < LONG / 2, "{what}: {elapsed:?}");
    assert!(spent <= elapsed && error.report().times.total() <= elapsed, "{what}");
    assert_eq!(error.retry(), Retry::Later { after: None }, "{what}");
    let text = format!("{error:#}");
    assert!(text.contains(&format!("\nphase {phase}: ")), "{text}");
}

/// Checks the deadline of everything, that of the phase, and both.
fn ends_in(phase: Phase, url: &str, options: &ClientOptions, drivers: &[(&str, Connect)]) {
    for driver in drivers {
        let all = options.clone().deadline(SHORT);
        is_deadline("all", *driver, url, &all, phase);
        is_deadline(
            "phase",
            *driver,
            url,
            &options.clone().deadline(LONG).phase_deadline(phase, SHORT),
            phase,
        );
        is_deadline("all before the phase", *driver, url, &all.phase_deadline(phase, LONG), phase);
    }
}

#[test]
fn connect() {
    let (_listener, _waiting, address) = full();
    ends_in(Phase::Connect, &format!("ws://{address}/"), &ClientOptions::new().no_proxy(), &DRIVERS);
    let proxy = ClientOptions::new().proxy(&format!("http://{address}")).expect("a proxy");
    ends_in(Phase::Connect, "ws://name.invalid/", &proxy, &DRIVERS[..1]);
}

#[test]
fn proxy() {
    for scheme in ["http", "https", "socks4", "socks5"] {
        let (_listener, address) = silent();
        let options = ClientOptions::new().proxy(&format!("{scheme}://{address}")).expect("a proxy");
        ends_in(Phase::Proxy, "ws://name.invalid/", &options.tls_config(trusting()), &DRIVERS[..1]);
    }
}

#[test]
fn tls() {
    let (_listener, address) = silent();
    let options = ClientOptions::new().no_proxy().tls_config(trusting());
    ends_in(Phase::Tls, &format!("wss://{address}/"), &options, &DRIVERS);
}

#[test]
fn handshake() {
    let (_listener, address) = silent();
    ends_in(Phase::Handshake, &format!("ws://{address}/"), &ClientOptions::new().no_proxy(), &DRIVERS);
}

/// A deadline of another phase has no effect.
#[test]
fn other_phases_have_no_say() {
    for driver in DRIVERS {
        let (_listener, address) = silent();
        let options = ClientOptions::new().no_proxy().deadline(SHORT);
        let options = [Phase::Prepare, Phase::Resolve, Phase::Proxy, Phase::Tls]
            .into_iter()
            .fold(options, |options, phase| options.phase_deadline(phase, Duration::ZERO));
        is_deadline("others", driver, &format!("ws://{address}/"), &options, Phase::Handshake);
    }
}

/// One deadline covers all requests.
#[tokio::test(start_paused = true)]
async fn redirects_share_one_deadline() {
    let servers = Servers::new(|_, count| redirect(307, &format!("/{count}")));
    for (seconds, most) in [(3, 3), (7, 7)] {
        let slow = slow(&servers).redirects(1000).deadline(Duration::from_secs(seconds));
        let slow = slow.phase_deadline(Phase::Connect, Duration::from_millis(1500));
        let (start, before) = (tokio::time::Instant::now(), servers.asked().len());
        let error = create_upgrade_request("ws://a.example/", &slow).await.expect_err("a loop");
        assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
        assert_eq!((start.elapsed(), error.phase()), (Duration::from_secs(seconds), Phase::Connect));
        let asked = servers.asked().len() - before;
        assert!(asked < most && error.report().redirects.len() == asked, "{asked}: {error}");
    }
}

/// Makes a client that needs a little over a second for every connection.
fn slow(servers: &Servers) -> ClientOptions {
    let address = servers.clone();
    let transport = tower::service_fn(move |uri: http::Uri| {
        let stream = address.connect(uri);
        async move {
            tokio::time::sleep(Duration::from_millis(1100)).await;
            Ok::<_, std::convert::Infallible>(stream)
        }
    });
    ClientOptions::new().transport(transport)
}

/// A time of zero is a deadline too, and the longest time causes no overflow.
#[test]
fn the_shortest_and_the_longest() {
    for driver in DRIVERS {
        let (_listener, address) = silent();
        let url = format!("ws://{address}/");
        let options = ClientOptions::new().no_proxy();
        let error = (driver.1)(&url, &options.clone().deadline(Duration::ZERO)).expect_err("no time");
        assert!(matches!(error.reason(), ConnectReason::Deadline), "{}: {error:?}", driver.0);
        let longest = options.deadline(Duration::MAX).phase_deadline(Phase::Connect, Duration::MAX);
        let longest = longest.phase_deadline(Phase::Handshake, SHORT);
        is_deadline("longest", driver, &url, &longest, Phase::Handshake);
        let longest = longest.deadline(SHORT).phase_deadline(Phase::Handshake, Duration::MAX);
        is_deadline("longest phase", driver, &url, &longest, Phase::Handshake);
    }
}
