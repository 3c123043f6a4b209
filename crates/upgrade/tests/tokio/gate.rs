//! The values that the gate reports.

use ::tokio::io::{AsyncReadExt, duplex};
use ::tokio::runtime::Builder;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::gate::{Gate, GateOptions};

use crate::suite::collector::events;

#[test]
fn whom_it_turns_away_and_whom_it_waits_for_in_vain() {
    let run = |work: &mut dyn FnMut(&::tokio::runtime::Runtime)| {
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let (events, ()) = events(|| work(&runtime));
        let [event] = &events[..] else { panic!("not one event: {events:?}") };
        event.clone()
    };
    for (options, drains, why) in [
        (GateOptions::new().total(0), false, "`total` of 0"),
        (GateOptions::new().per_peer(0), false, "`per_peer` of 0"),
        (GateOptions::new(), true, "draining"),
    ] {
        let event = run(&mut |runtime| {
            let gate = Gate::new(options.clone());
            if drains {
                gate.drain();
            }
            let peer = std::net::IpAddr::from([192, 0, 2, 1]);
            let accept = async { gate.accept(duplex(1024).1, peer, &ServerOptions::new()).await };
            runtime.block_on(accept).expect_err("turned away");
        });
        for word in ["server", "503", "turned away", why] {
            assert!(event.contains(word), "{word} is not in: {event}");
        }
    }
    let event = run(&mut |runtime| {
        let silent = async {
            let (_client, server) = duplex(16);
            let mut admitted = Gate::default().admit(server, None).expect("room");
            (admitted.read_u8().await, admitted.read_u8().await)
        };
        let (first, second) = runtime.block_on(silent);
        first.and(second).expect_err("overdue");
    });
    assert!(event.contains("deadline"), "{event}");
}
