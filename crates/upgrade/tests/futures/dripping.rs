//! Ten thousand clients that send a byte each second, and a well-behaved one among them.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use websocket_upgrade::{HandleError, ServerOptions, futures::accept};

use crate::simulated::{Clock, Simulated};
use crate::suite::answer::Answer;
use crate::suite::model::{Client, REQUEST};
use crate::time::sleep;

const CLIENTS: usize = 10_000;

const SECOND: Duration = Duration::from_secs(1);

type Serving<'o> = Pin<Box<dyn Future<Output = Result<(), HandleError>> + 'o>>;

fn serve<'o>(io: &Simulated<'o>, options: &'o ServerOptions) -> Serving<'o> {
    let (io, sleep) = (io.clone(), sleep(&io.clock));
    Box::pin(async { accept(io, options, sleep).await.map(drop) })
}

fn poll(serving: &mut Serving<'_>) -> Poll<Result<(), HandleError>> {
    serving.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn drip(count: usize) {
    let (clock, options) = (Clock::default(), ServerOptions::new());
    let dripping = Client { piece: 1, pause: SECOND, ..Client::new(REQUEST.as_bytes()) };
    let clients: Vec<_> = (0..count).map(|_| Simulated::client(&clock, dripping)).collect();
    let mut servers: Vec<_> = clients.iter().map(|io| serve(io, &options)).collect();
    let good = format!("{REQUEST}\r\n");
    loop {
        let ended: Vec<_> = servers.iter_mut().map(poll).collect();
        if clock.now() == 5 * SECOND {
            let good = Simulated::client(&clock, Client::new(good.as_bytes()));
            let Poll::Ready(Ok(())) = poll(&mut serve(&good, &options)) else { panic!("not served at once") };
        }
        if clock.now() < 10 * SECOND {
            assert!(ended.iter().all(Poll::is_pending), "it is not the deadline yet");
            clock.pass();
            continue;
        }
        assert_eq!(clock.now(), 10 * SECOND);
        for ended in ended {
            let Poll::Ready(Err(error)) = ended else { panic!("{ended:?}") };
            assert_eq!(error.rejected().map(|error| error.reason().status()), Some(408));
        }
        break;
    }
    for client in &clients {
        let answer = Answer::parse(&client.written().0).expect("a response");
        assert_eq!(answer.status, 408);
        answer.is_rejection(false).expect("a whole answer");
    }
}

#[test]
fn all_are_gone_by_the_deadline_and_nothing_is_kept() {
    drip(10);
    let info = measure(|| drip(CLIENTS));
    assert_eq!((info.count_current, info.bytes_current), (0, 0), "{info:?}");
}
