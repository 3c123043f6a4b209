//! The way to a host over QUIC: name, addresses, TLS, and whether the server offers extended CONNECT.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use quinn::Connecting;
use quinn::crypto::rustls::HandshakeData;
use rustls::pki_types::CertificateDer;
use websocket_upgrade::internals::client::{
    Attempts, Deadline, QuicTls, Sleep, Trace, addresses, deadline as deadline_in, options, sleep, tls_report,
};
use websocket_upgrade::{ClientOptions, ConnectReason, Http3Fallback, Phase, TlsReport};
use websocket_upgrade_proto as proto;

use proto::Limits;
use proto::uri::Uri;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::handshake_failure::{Failure, of_connection, of_handshake, requires_http11};
use super::link::Link;
use super::tls;
use crate::codes;

/// What a server supports.
pub(super) enum Reached {
    /// Extended CONNECT over HTTP/3.
    Http3(Link),
    /// Something else.
    Fallback(Http3Fallback),
}

/// QUIC's part of the time for everything. The rest is left for TCP.
const PART: u32 = 3;

/// The most time for QUIC, in which a packet that is lost is sent three times.
const MOST: Duration = Duration::from_secs(4);

/// Connects to the host of a URI. The connection keeps to these limits.
///
/// QUIC has a third of the time, and 4 seconds at the most: where UDP is blocked, nobody answers.
pub(super) async fn reach(
    uri: &Uri<'_>,
    options: &ClientOptions,
    limits: &Limits,
    endpoint: Option<&Endpoint>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Reached, ConnectReason> {
    if let Some(why) = options::no_way_for_http3(options, uri)? {
        return Ok(Reached::Fallback(why));
    }
    let tls = options::tls(options, uri)?;
    let place = options::place(options, uri)?;
    let addresses = addresses(place, options, trace, deadline).await?;
    let quic = match connect(addresses, options, &tls, endpoint, trace, deadline).await? {
        Ok(quic) => quic,
        Err(why) => return Ok(Reached::Fallback(why)),
    };
    let report = trace.report.clone();
    trace.enter(Phase::Handshake);
    let own = options::phase_time(options, Phase::Handshake).map(sleep);
    let connected = deadline.within_phase(own, Connection::handshake(quic, limits)).await;
    match connected.map_err(|_| ConnectReason::Deadline)? {
        Ok(Some(connection)) => Ok(Reached::Http3(Link::new(connection, report))),
        Ok(None) => Ok(Reached::Fallback(Http3Fallback::NotOffered)),
        Err(error) if requires_http11(&error) => Ok(Reached::Fallback(Http3Fallback::Required)),
        Err(error) => Err(of_connection(error, options)),
    }
}

/// A QUIC connection to one of the addresses, or why there is none and another version may help.
async fn connect(
    addresses: Vec<SocketAddr>,
    options: &ClientOptions,
    tls: &QuicTls,
    endpoint: Option<&Endpoint>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Result<quinn::Connection, Http3Fallback>, ConnectReason> {
    let config = tls::config(tls)?;
    let endpoint = match endpoint {
        Some(endpoint) => endpoint.clone(),
        None => Endpoint::new().map_err(ConnectReason::Connect)?,
    };
    let time = |phase| options::phase_time(options, phase).map(sleep);
    let mut quic = deadline_in((options::time(options) / PART).min(MOST));
    trace.enter(Phase::Connect);
    let name = tls.server_name().to_str();
    let attempt = |address| attempt(endpoint.quinn().connect_with(config.clone(), address, &name));
    let first = Attempts::new(addresses, attempt, sleep).first();
    let first = deadline.within(quic.within_phase(time(Phase::Connect), first)).await;
    let unreachable = Ok(Err(Http3Fallback::Unreachable));
    // Where no address has answered, one may over TCP.
    let Ok(Ok(answer)) = first.map_err(|_| ConnectReason::Deadline)? else { return unreachable };
    trace.enter(Phase::Tls);
    let connected = match answer {
        Ok(connecting) => {
            trace.report.remote_address = Some(canonical(connecting.remote_address()));
            let connected = deadline.within(quic.within_phase(time(Phase::Tls), connecting)).await;
            // Large packets may get lost on a way on which the first has passed.
            let Ok(connected) = connected.map_err(|_| ConnectReason::Deadline)? else { return unreachable };
            connected
        }
        Err(error) => Err(error),
    };
    match connected {
        Ok(connection) => {
            trace.report.tls = Some(report(&connection));
            Ok(Ok(connection))
        }
        Err(error) => match of_handshake(&error) {
            Failure::Fallback(why) => Ok(Err(why)),
            Failure::Tls(alert) => Err(trace.tls_failed(tls.failed(alert, error.clone()))),
            Failure::Ended => Err(ConnectReason::Connect(codes::closed(&error))),
        },
    }
}

/// What has come of an attempt: a server that has answered, or whose answer is final.
type Answer = Result<Connecting, quinn::ConnectionError>;

/// An attempt to connect to an address, up to the server's first answer. The next address is tried only if it may give
/// another answer.
async fn attempt(connecting: Result<Connecting, quinn::ConnectError>) -> io::Result<Answer> {
    let mut connecting =
        connecting.map_err(|error| io::Error::new(io::ErrorKind::AddrNotAvailable, error))?;
    match connecting.handshake_data().await {
        Ok(_) => Ok(Ok(connecting)),
        Err(error) => match of_handshake(&error) {
            Failure::Fallback(Http3Fallback::Unreachable) => Err(codes::closed(&error)),
            _ => Ok(Err(error)),
        },
    }
}

/// The address as it was asked for: a socket for both families shows IPv4 addresses as ones of IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn report(connection: &quinn::Connection) -> TlsReport {
    let shaken = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    let identity = connection.peer_identity();
    let certificates = identity.and_then(|identity| identity.downcast::<Vec<CertificateDer<'static>>>().ok());
    let alpn = shaken.as_ref().and_then(|shaken| shaken.protocol.as_deref());
    tls_report(alpn, certificates.as_deref().map_or(&[], Vec::as_slice))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};

    use websocket_upgrade::TlsOptions;

    use super::*;
    use crate::server::server_config;

    /// A server of QUIC that accepts connections, and its certificate.
    fn server() -> (SocketAddr, String) {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = certified.signing_key.serialize_der().try_into().expect("a key");
        let config = server_config(vec![certified.cert.der().clone()], key).expect("a configuration");
        let endpoint = quinn::Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).expect("an endpoint");
        let address = endpoint.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let Ok(connection) = incoming.await else { continue };
                connection.closed().await;
            }
        });
        (address, certified.cert.pem())
    }

    async fn reached(
        addresses: &[SocketAddr],
        root: &str,
    ) -> Result<Result<SocketAddr, Http3Fallback>, ConnectReason> {
        let tls = TlsOptions::new().root_certificates(root).expect("a root").only_these_roots();
        let options = ClientOptions::new().tls(tls).deadline(Duration::from_secs(3));
        let uri = Uri::parse("wss://localhost/").expect("a URI");
        let tls = options::tls(&options, &uri)?;
        let (mut trace, mut deadline) = (Trace::new(), deadline_in(options::time(&options)));
        let connected = connect(addresses.to_vec(), &options, &tls, None, &mut trace, &mut deadline).await?;
        if let Ok(connection) = &connected {
            assert_eq!(trace.report.remote_address, Some(canonical(connection.remote_address())));
        }
        Ok(connected.map(|connection| canonical(connection.remote_address())))
    }

    #[tokio::test]
    async fn the_first_address_that_answers_counts() {
        type Case<'a> = (&'a [SocketAddr], Option<Result<SocketAddr, Http3Fallback>>);

        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let silent_at = silent.local_addr().expect("an address");
        let (answers, root) = server();
        let (other, _) = server();
        let cases: [Case<'_>; 5] = [
            (&[answers], Some(Ok(answers))),
            (&[silent_at, answers], Some(Ok(answers))),
            (&[answers, other], Some(Ok(answers))),
            (&[silent_at], Some(Err(Http3Fallback::Unreachable))),
            // A certificate that is not accepted is final.
            (&[other, answers], None),
        ];
        for (addresses, expected) in cases {
            match (reached(addresses, &root).await, expected) {
                (Ok(reached), Some(expected)) => assert_eq!(reached, expected, "{addresses:?}"),
                (Err(ConnectReason::Tls(_)), None) => {}
                (reached, expected) => panic!("{addresses:?}: {reached:?}, expected {expected:?}"),
            }
        }
    }
}
