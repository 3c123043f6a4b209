//! Which failures are worth a retry, and when. The loop is the caller's.

use std::time::{Duration, SystemTime};

use backon::{ExponentialBuilder, Retryable};
use websocket_upgrade::{ConnectError, ConnectReason, Retry, create_upgrade_request};

use crate::peers::{Servers, redirect, refuse};

async fn failed(answer: String, redirects: usize) -> ConnectError {
    let servers = Servers::new(move |_, _| answer.clone());
    let options = servers.client().redirects(redirects);
    create_upgrade_request("ws://a.example/", &options).await.expect_err("refused")
}

/// The statuses that ask the client to wait.
const LATER: [u16; 4] = [429, 502, 503, 504];

#[tokio::test]
async fn by_status() {
    for status in 200..=599 {
        let error = failed(refuse(status, "Retry-After: 7\r\n", ""), 0).await;
        let after = Some(Duration::from_secs(7));
        let expected = if LATER.contains(&status) { Retry::Later { after } } else { Retry::Never };
        assert_eq!(error.retry(), expected, "{error}");
        assert_eq!(error.refused().map(websocket_upgrade::Refused::status), Some(status));
    }
}

/// Lines of the answer, and the seconds to wait.
#[tokio::test]
async fn when_it_is_said() {
    let lines: [(&str, Option<u64>); 8] = [
        ("", None),
        ("Retry-After: 0\r\n", Some(0)),
        ("retry-after: 120\r\n", Some(120)),
        ("Retry-After:  120 \r\n", Some(120)),
        ("Retry-After: -1\r\n", None),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Some(0)),
        ("Retry-After: Sunday, 06-Nov-94 08:49:37 GMT\r\n", Some(0)),
    ];
    for (lines, seconds) in lines {
        let error = failed(refuse(503, lines, ""), 0).await;
        assert_eq!(error.retry(), Retry::Later { after: seconds.map(Duration::from_secs) }, "{lines:?}");
    }
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let after = failed(refuse(429, &format!("Retry-After: {date}\r\n"), ""), 0).await.retry().after();
    let after = after.expect("a time");
    assert!(after > Duration::from_secs(3000) && after <= Duration::from_secs(3600), "{after:?}");
}

/// A server that breaks the protocol, or redirects in circles, will do so again.
#[tokio::test]
async fn what_stays_as_it_is() {
    let accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    for (answer, redirects) in [
        (accepted.to_owned(), 0),
        ("no HTTP\r\n\r\n".into(), 0),
        (redirect(302, "/"), 3),
        (redirect(302, "\\"), 3),
    ] {
        let error = failed(answer, redirects).await;
        assert_eq!((error.retry(), error.retry().is_worthwhile()), (Retry::Never, false), "{error}");
        assert_eq!(error.retry().after(), None);
    }
    let closed = failed(String::new(), 0).await;
    assert!(matches!(closed.reason(), ConnectReason::Response(_)), "{closed:?}");
    assert_eq!(closed.retry(), Retry::Later { after: None }, "{closed}");
}

/// Combines it with the backoff of another crate, as in the documentation.
#[tokio::test(start_paused = true)]
async fn with_a_backoff() {
    let servers =
        Servers::in_order(&[refuse(503, "Retry-After: 30\r\n", ""), String::new(), refuse(502, "", "")]);
    let options = servers.client();
    let start = tokio::time::Instant::now();
    let backoff = ExponentialBuilder::new().with_jitter().with_max_times(5);
    let upgraded = (|| create_upgrade_request("ws://a.example/", &options))
        .retry(backoff)
        .when(|error| error.retry().is_worthwhile())
        .adjust(|error, pause| Some(pause?.max(error.retry().after().unwrap_or_default())))
        .await
        .expect("accepted");
    assert_eq!((upgraded.head.status(), servers.asked().len()), (101, 4));

    assert!(start.elapsed() >= Duration::from_secs(30), "{:?}", start.elapsed());

    let servers = Servers::in_order(&[refuse(403, "Retry-After: 30\r\n", "")]);
    let options = servers.client();
    let refused = (|| create_upgrade_request("ws://a.example/", &options))
        .retry(backoff)
        .when(|error| error.retry().is_worthwhile())
        .await;
    refused.expect_err("meant");
    assert_eq!(servers.asked().len(), 1);
}
