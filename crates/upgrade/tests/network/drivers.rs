//! The three clients that dial, each with its runtime.

use std::future::pending;
use std::sync::mpsc;
use std::thread;

use websocket_upgrade::{ClientOptions, ConnectError, Report, blocking, create_upgrade_request, futures};

use crate::peers::Servers;

/// Connects, and closes.
pub(crate) type Connect = fn(&str, &ClientOptions) -> Result<Report, ConnectError>;

/// tokio's driver comes first, because it can do more. The blocking one comes last, because it has no hooks.
pub(crate) const DRIVERS: [(&str, Connect); 3] = [
    ("tokio", |url, options| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(create_upgrade_request(url, options)).map(|upgraded| upgraded.report())
    }),
    ("futures", |url, options| {
        let connected = smol::block_on(futures::create_upgrade_request(url, options));
        connected.map(|upgraded| upgraded.report())
    }),
    ("blocking", |url, options| {
        blocking::create_upgrade_request(url, options).map(|upgraded| upgraded.report())
    }),
];

/// Runs one of the servers on loopback in a thread, and returns its address.
pub(crate) fn beside(servers: &Servers) -> String {
    let (servers, (tell, address)) = (servers.clone(), mpsc::channel());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            tell.send(servers.listen().await).expect("the test");
            pending::<()>().await;
        });
    });
    address.recv().expect("an address")
}
