//! Heads: slow ones, many of them, and those over a limit.

use tokio::time::{Duration, Instant, sleep};
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{HandleError, ServerOptions};

use crate::kit::raw::{H3_NO_ERROR, connect, headers, plain};
use crate::served::Served;

#[tokio::test(start_paused = true)]
async fn slow_heads_block_nobody_and_get_408_each_at_its_own_deadline() {
    let options = ServerOptions::new().deadline(Duration::from_secs(5));
    let mut served = Served::new(&options).await;
    let head = headers(&connect("/slow", &[]));
    let mut slow = Vec::new();
    // Each has another part of its head, and they begin one after the other.
    for len in 1..=20 {
        slow.push(served.open(&head[..len]).await);
        served.without_request(sleep(Duration::from_millis(100))).await;
    }
    let mut fast = served.send(&connect("/fast", &[])).await;
    let start = Instant::now();
    let incoming = served.next().await.expect("a head");
    assert_eq!(incoming.path(), "/fast");
    let _stream = incoming.accept(&options).await.expect("allowed");
    assert_eq!(fast.head().await.expect("an answer").status, 200);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    let mut refused = Vec::new();
    for exchange in &mut slow {
        match served.next().await {
            Err(HandleError::Rejected(error)) => assert_eq!(error.reason().status(), 408, "{error}"),
            next => panic!("{next:?}"),
        }
        refused.push(Instant::now());
        let answer = exchange.answer().await.expect("an answer");
        assert_eq!((answer.head.status, answer.text()), (408, "head: not complete at the deadline\n"));
        assert_eq!(exchange.stopped().await, Some(H3_NO_ERROR));
    }
    assert!(refused.is_sorted() && refused[19] - refused[0] > Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_head_may_come_byte_by_byte() {
    let options = ServerOptions::new();
    let mut served = Served::new(&options).await;
    let mut exchange = served.open(b"").await;
    for byte in headers(&connect("/chat", &[])) {
        exchange.write(&[byte]).await;
        tokio::task::yield_now().await;
    }
    let incoming = served.next().await.expect("a head");
    let _stream = incoming.accept(&options).await.expect("allowed");
    assert_eq!(exchange.head().await.expect("an answer").status, 200);
}

/// Lines of a request, and status and text of its refusal. `None` if it is within the limits.
type Case = (Vec<(&'static str, String)>, Option<(u16, &'static str)>);

#[tokio::test(start_paused = true)]
async fn limits_are_those_of_the_options_with_the_words_of_the_core() {
    let mut limits = Limits::new();
    (limits.head, limits.target, limits.fields) = (400, 60, 6);
    let options = ServerOptions::new().limits(limits);
    let with = |path: &'static str, name: &'static str, values: &[usize]| {
        let mut lines: Vec<_> =
            connect(path, &[]).iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        lines.extend(values.iter().map(|len| (name, "a".repeat(*len))));
        lines
    };
    let long: &str = Box::leak(format!("/{}", "a".repeat(60)).into_boxed_str());
    let cases: [Case; 7] = [
        (with("/", "x-a", &[100]), None),
        (with("/", "x-a", &[1; 5]), None),
        (with(&long[..60], "x-a", &[]), None),
        (with(long, "x-a", &[]), Some((414, "request target: more bytes than the limit `target` of 60\n"))),
        (with("/", "x-a", &[400]), Some((431, "head: more bytes than the limit `head` of 400\n"))),
        (with("/", "x-a", &[4000]), Some((431, "head: more bytes than the limit `head` of 400\n"))),
        (with("/", "x-a", &[1; 50]), Some((431, "head: "))),
    ];
    let mut served = Served::new(&options).await;
    for (lines, expected) in &cases {
        let mut exchange = served.send(lines).await;
        match (served.next().await, expected) {
            (Ok(incoming), None) => drop(incoming),
            (Err(HandleError::Rejected(error)), Some((status, _))) => {
                assert_eq!(error.reason().status(), *status);
                assert!(error.limit().is_some());
            }
            (next, _) => panic!("{next:?}"),
        }
        let answer = exchange.answer().await.expect("an answer");
        let (status, text) = expected.unwrap_or((503, ""));
        assert_eq!(
            (answer.head.status, answer.text().starts_with(text)),
            (status, true),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn plain_http_has_the_same_limits() {
    let mut limits = Limits::new();
    limits.target = 10;
    let mut served = Served::new(&ServerOptions::new().limits(limits)).await;
    for (method, status, has_text) in [("GET", 414, true), ("HEAD", 414, false)] {
        let mut exchange = served.send(&plain(method, "/0123456789", &[])).await;
        let _ = served.next().await.expect_err("too long");
        let answer = exchange.answer().await.expect("an answer");
        assert_eq!((answer.head.status, !answer.body.is_empty()), (status, has_text), "{method}");
    }
}
