//! The first contact with a server: a good opening handshake, before any case is run.
//!
//! A server that nobody reaches is one error with a hint, and not hundreds of failed cases.

use clap::Parser;
use websocket_upgrade::http2::Session;
use websocket_upgrade::proto::client::ResponseReason;
use websocket_upgrade::{ConnectReason, create_upgrade_request};

use super::flags::Flags;
use crate::failure::Failure;
use crate::network::{self, Target};

#[derive(Parser)]
struct Contact {
    #[command(flatten)]
    network: network::Flags,
}

/// Makes a handshake with a server, and returns its URL as the suite reads it.
///
/// # Errors
///
/// If the server can't be reached, or refuses. A server whose acceptance breaks a rule is what the suite is for.
pub(super) async fn reach(url: &str, flags: &Flags) -> Result<String, Failure> {
    let mut network = contact(url)?;
    network.headers.clone_from(&flags.headers);
    network.subprotocols.clone_from(&flags.subprotocols);
    network.insecure = flags.insecure;
    network.cacert.clone_from(&flags.cacert);
    network.http2 = flags.http2;
    network.max_time = Some(flags.timeout);
    // The suite connects directly, too.
    network.noproxy = Some("*".to_owned());
    let Target { url, options } = Target::new(&network)?;
    let contact = if flags.http2 {
        // Without TLS too: a server that knows HTTP/2 by its preface may know nothing else.
        async { Session::connect(&url, &options).await?.open(&url, &options).await.map(drop) }.await
    } else {
        create_upgrade_request(&url, &options).await.map(drop)
    };
    match contact {
        Ok(()) => Ok(url),
        Err(error) => match error.reason() {
            ConnectReason::Response(response) if !matches!(response.reason(), ResponseReason::Syntax(_)) => {
                Ok(url)
            }
            _ => Err(network::failure(&error, &network)),
        },
    }
}

/// Returns the flags of a command that has only a URL.
fn contact(url: &str) -> Result<network::Flags, Failure> {
    let contact = Contact::try_parse_from(["wsupgrade", "--", url]);
    contact.map(|contact| contact.network).map_err(Failure::usage)
}
