//! A client for the conformance suite: it opens a WebSocket, echoes every message until the server closes, and exits
//! with 0. If the handshake fails, it says why and exits with 1.
//!
//! ```sh
//! wsupgrade check --client -- cargo run -q -p websocket-upgrade-conformance --example client -- {url}
//! ```

use std::env::{self, VarError};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};
use websocket_upgrade::blocking::create_upgrade_request;
use websocket_upgrade::{ClientOptions, TlsOptions};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("usage: client URL")?;
    let upgraded = create_upgrade_request(&url, &options()?)?;
    let mut socket = WebSocket::from_raw_socket(upgraded.into_stream(), Role::Client, None);
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message)?,
            // Pings and the close are answered by tungstenite.
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What the suite asks for. This client has no permessage-deflate, so it ignores `WS_DEFLATE`.
fn options() -> Result<ClientOptions, Box<dyn Error>> {
    let mut options = ClientOptions::new();
    for name in variable("WS_SUBPROTOCOLS")?.iter().flat_map(|names| names.split(',')) {
        options = options.subprotocol(name)?;
    }
    if let Some(seconds) = variable("WS_TIMEOUT")? {
        options = options.deadline(Duration::from_secs(seconds.parse()?));
    }
    if let Some(file) = variable("WS_CA")? {
        options = options.tls(TlsOptions::new().root_certificates(std::fs::read(file)?)?.only_these_roots());
    }
    Ok(options)
}

fn variable(name: &str) -> Result<Option<String>, VarError> {
    match env::var(name) {
        Err(VarError::NotPresent) => Ok(None),
        value => value.map(Some),
    }
}
