//! A server that reports what it has seen of a client.

use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::server::Acceptor;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use websocket_upgrade::ServerOptions;
use websocket_upgrade::blocking::accept;

/// The result of a connection on the server's side.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The name that the client asked for (SNI).
    pub(crate) name: Option<String>,
    /// The protocols that the client offered by ALPN.
    pub(crate) alpn: Vec<String>,
    /// Whether the client has shown a certificate.
    pub(crate) certificate: bool,
    /// Whether there was a WebSocket.
    pub(crate) established: bool,
}

/// Serves one client until it closes.
pub(crate) fn serve(listener: &TcpListener, config: ServerConfig) -> Seen {
    let mut seen = Seen::default();
    let (mut stream, _) = listener.accept().expect("a client");
    let mut acceptor = Acceptor::default();
    let accepted = loop {
        if acceptor.read_tls(&mut stream).expect("a client") == 0 {
            return seen;
        }
        if let Some(accepted) = acceptor.accept().map_err(|(error, _)| error).expect("a hello") {
            break accepted;
        }
    };
    let hello = accepted.client_hello();
    seen.name = hello.server_name().map(str::to_owned);
    let alpn = hello.alpn().into_iter().flatten();
    seen.alpn = alpn.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let mut connection = match accepted.into_connection(Arc::new(config)) {
        Ok(connection) => connection,
        Err((_, mut alert)) => {
            alert.write_all(&mut stream).expect("a client");
            drain(stream);
            return seen;
        }
    };
    if shake(&mut connection, &mut stream) {
        seen.certificate = connection.peer_certificates().is_some();
        if let Ok(upgraded) = accept(StreamOwned::new(connection, stream), &ServerOptions::new()) {
            seen.established = true;
            // The client may end the connection in any way.
            let _ = upgraded.into_stream().read_to_end(&mut Vec::new());
        }
    } else {
        drain(stream);
    }
    seen
}

fn shake(connection: &mut ServerConnection, stream: &mut TcpStream) -> bool {
    while connection.is_handshaking() {
        if connection.complete_io(stream).is_err() {
            // An alert may still have to be sent.
            let _ = connection.write_tls(stream);
            return false;
        }
    }
    true
}

/// Reads the rest, because unread bytes would cause a reset, which erases the alert.
fn drain(mut stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}
