//! What the counting program counts: allocations of a handshake, bytes that a connection holds.

use serde_json::{Value, json};

use crate::cases;
use crate::clients;
use crate::heap::Measure;
use crate::memory::{self, Waiting};
use crate::serve::Server;
use crate::sockets;

/// Counts everything.
pub(crate) fn count(measure: Measure) -> Value {
    let mut allocations = json!({});
    for case in cases::all() {
        for (who, handshake) in &case.handshakes {
            let mut out = [0; 1024];
            // The first handshake makes what is made only once.
            handshake(case.input, &mut out);
            let heap = measure(&mut || {
                handshake(case.input, &mut out);
            });
            allocations[&case.name][who] = heap.allocations.into();
        }
    }
    let mut memory = json!({});
    for server in Server::ALL {
        for waiting in Waiting::ALL {
            memory[server.name()][waiting.name()] = memory::held(server, waiting, measure).ok().into();
        }
    }
    json!({
        "allocations": allocations,
        "memory": memory,
        "clients": clients::count(measure).ok(),
        "sockets": sockets::count(measure).ok(),
    })
}
