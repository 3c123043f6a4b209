//! The client with faults, under the suite for clients.

use std::time::Duration;

use websocket_upgrade_conformance::case::{Deflate, Role};
use websocket_upgrade_conformance::client::{Attempt, ClientSuite};
use websocket_upgrade_conformance::faults::{Choice, Errand, Fault, Manner, client};
use websocket_upgrade_conformance::wire::Bounds;

use crate::found::{is_honest, is_noticed};

/// A suite for the client.
fn suite(manner: impl Into<Manner>) -> ClientSuite {
    let manner = manner.into();
    ClientSuite::new(move |attempt: Attempt| async move {
        let deflate = match attempt.deflate {
            Deflate::No => None,
            Deflate::Usual => Some("client_max_window_bits".to_owned()),
            Deflate::Params(params) => Some(params),
        };
        let mut errand = Errand::new(attempt.url);
        errand.subprotocols = attempt.subprotocols;
        errand.deflate = deflate;
        errand.timeout = attempt.timeout;
        client(&errand, manner).await
    })
}

/// As [`suite`], with so much time that no case fails because the machine is busy.
fn ample(manner: impl Into<Manner>) -> ClientSuite {
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_secs(30);
    suite(manner).bounds(bounds).jobs(4)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_passes() {
    let report = ample(Manner::default()).intrusive(true).run().await;
    assert_eq!(is_honest("honest", &report), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_client_is_noticed() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.role() == Role::Client) {
        let report = suite(fault).only(fault.caught_by()).jobs(4).run().await;
        missed.extend(is_noticed(fault, &report).err());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_choice_of_a_client_is_a_fault() {
    let mut wrong = Vec::new();
    for &choice in Choice::ALL.iter().filter(|choice| choice.role() == Role::Client) {
        wrong.extend(is_honest(choice.name(), &ample(choice).run().await).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
