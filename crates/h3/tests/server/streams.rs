//! How many streams a client may open: few at first, and more as they are used.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::time::{Duration, sleep};
use websocket_upgrade::ServerOptions;
use websocket_upgrade_h3::Stream;

use crate::kit::raw::{Exchange, Frames, connect, headers, plain};
use crate::served::Served;

/// How many streams a client can open at once now, without the server's consent to more.
async fn allowed(served: &Served) -> usize {
    // What the server has announced has arrived then.
    sleep(Duration::from_secs(1)).await;
    let mut opened = Vec::new();
    loop {
        let opening = pin!(served.pair.client.open_bi());
        match opening.poll(&mut Context::from_waker(Waker::noop())) {
            // Nothing is sent on it, so the server does not know of it.
            Poll::Ready(stream) => opened.push(stream.expect("a connection")),
            Poll::Pending => break,
        }
    }
    let count = opened.len();
    for (mut send, mut receive) in opened {
        send.reset(0x10c_u32.into()).expect("open");
        receive.stop(0x10c_u32.into()).expect("open");
    }
    count
}

async fn establish(served: &mut Served) -> (Exchange, Stream) {
    let exchange = served.send(&connect("/", &[])).await;
    established(served, exchange).await
}

async fn established(served: &mut Served, mut exchange: Exchange) -> (Exchange, Stream) {
    let incoming = served.next().await.expect("a head");
    let upgraded = incoming.accept(&ServerOptions::new()).await.expect("allowed");
    assert_eq!(exchange.head().await.expect("an answer").status, 200);
    (exchange, upgraded.into_stream().into_parts().0)
}

#[tokio::test(start_paused = true)]
async fn few_are_allowed_at_first() {
    let mut served = Served::new(&ServerOptions::new()).await;
    // The task of the connection begins with the first call.
    assert!(pin!(served.connection.accept()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(allowed(&served).await, 100);
}

#[tokio::test(start_paused = true)]
async fn there_is_always_room_beside_websockets_up_to_the_limit() {
    const MOST: usize = 200;
    let mut served = Served::of(&ServerOptions::new(), |connection| connection.max_streams(200)).await;
    let mut open = Vec::new();
    // QUIC keeps up to an eighth of the streams that have ended to itself.
    for count in 1..MOST * 7 / 8 {
        open.push(establish(&mut served).await);
        if count % 20 == 0 {
            let requests = if count < 140 { 16 } else { 1 };
            for _ in 0..requests {
                let mut request = served.send(&plain("GET", "/", &[])).await;
                request.finish();
                drop(served.next().await.expect("a head"));
                assert_eq!(request.answer().await.expect("an answer").head.status, 503);
            }
        }
    }
    let client = served.pair.client.clone();
    while let Poll::Ready(stream) = pin!(client.open_bi()).poll(&mut Context::from_waker(Waker::noop())) {
        let (send, receive) = stream.expect("a connection");
        let mut exchange = Exchange { send, frames: Frames::new(receive) };
        exchange.write(&headers(&connect("/", &[]))).await;
        open.push(established(&mut served, exchange).await);
        assert!(open.len() <= MOST);
    }
    let mut waiting = pin!(client.open_bi());
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    open.truncate(MOST / 2);
    waiting.await.expect("a stream");
}
