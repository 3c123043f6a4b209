//! What only the crate sees: lists on the wire, sessions that are shared, and errors told apart.

use std::io;
use std::sync::Arc;

use ::rustls::crypto::ring;
#[cfg(feature = "certificate-details")]
use ::rustls::pki_types::CertificateDer;
use ::rustls::pki_types::PrivateKeyDer;
use ::rustls::pki_types::pem::PemObject;
use ::rustls::server::Acceptor;
use ::rustls::{
    AlertDescription, ClientConfig, ClientConnection, HandshakeKind, ServerConfig, ServerConnection, SideData,
};
use ::rustls::{CertificateError, ConnectionCommon, Error as TlsError};
use rcgen::{CertifiedKey, KeyPair};

use super::name::server_name;
use super::*;
use crate::client::report::TlsReport;
use crate::options::Alpn;

fn with_provider() {
    let _ = ring::default_provider().install_default();
}

/// A server that is its own root, and what trusts it.
fn server(alpn: &[&[u8]]) -> (Arc<ServerConfig>, TlsOptions) {
    with_provider();
    let CertifiedKey { cert, signing_key } = certificate();
    let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth();
    let mut config = config.with_single_cert(vec![cert.der().clone()], key).expect("a certificate");
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let options = TlsOptions::new().root_certificates(cert.pem()).expect("a root").only_these_roots();
    (Arc::new(config), options)
}

fn certificate() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
}

fn client(tls: &Tls, alpn: Alpn) -> ClientConnection {
    let config = tls.config(alpn).expect("a configuration");
    ClientConnection::new(config, tls.server_name("localhost").expect("a name")).expect("a client")
}

/// Until neither has something to say; the error of whoever finds fault first.
fn shake(client: &mut ClientConnection, server: &mut ServerConnection) -> io::Result<()> {
    while client.wants_write() || server.wants_write() {
        carry(client, server)?;
        carry(server, client)?;
    }
    Ok(())
}

fn carry<A: SideData, B: SideData>(
    from: &mut ConnectionCommon<A>,
    to: &mut ConnectionCommon<B>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes)?;
    }
    let mut bytes = &bytes[..];
    while !bytes.is_empty() {
        to.read_tls(&mut bytes)?;
        to.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    }
    Ok(())
}

/// What a hello offers by ALPN.
fn offered(tls: &Tls, alpn: Alpn) -> Vec<String> {
    let mut hello = Vec::new();
    client(tls, alpn).write_tls(&mut hello).expect("a hello");
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut &hello[..]).expect("a hello");
    let accepted = acceptor.accept().map_err(|(error, _)| error).expect("a hello").expect("all of it");
    let alpn = accepted.client_hello().alpn().expect("ALPN");
    alpn.map(|protocol| String::from_utf8_lossy(protocol).into_owned()).collect()
}

type List = &'static [&'static str];

#[test]
fn what_is_offered_fits_the_handshake() {
    let (_, options) = server(&[]);
    let base = options.0.config(Alpn::Http11).expect("a configuration");
    let with = |list: &[&str]| {
        let mut config = ClientConfig::clone(&base);
        config.alpn_protocols = list.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Tls::from(TlsOptions::new().config(Arc::new(config)))
    };
    let table: &[(List, List, List)] = &[
        // theirs, over HTTP/1.1, over HTTP/2
        (&[], &["http/1.1"], &["h2", "http/1.1"]),
        (&["http/1.1"], &["http/1.1"], &["h2", "http/1.1"]),
        (&["h2", "http/1.1"], &["http/1.1"], &["h2", "http/1.1"]),
        (&["http/1.1", "h2"], &["http/1.1"], &["h2", "http/1.1"]),
        (&["h2"], &["http/1.1"], &["h2"]),
        (&["x-own"], &["x-own"], &["h2", "x-own"]),
        (&["x-own", "h2"], &["http/1.1"], &["h2", "x-own"]),
    ];
    for (theirs, http11, http2) in table {
        let tls = with(theirs);
        assert_eq!(offered(&tls, Alpn::Http11), *http11, "{theirs:?}");
        #[cfg(feature = "http2")]
        assert_eq!(offered(&tls, Alpn::Http2), *http2, "{theirs:?}");
        #[cfg(not(feature = "http2"))]
        let _ = http2;
    }
    assert_eq!(offered(&options.0, Alpn::Http11), ["http/1.1"]);
    #[cfg(feature = "http2")]
    assert_eq!(offered(&options.0, Alpn::Http2), ["h2", "http/1.1"]);
}

#[test]
fn a_configuration_is_made_once() {
    let (_, options) = server(&[]);
    let (tls, clone) = (Tls::from(options.clone()), Tls::from(options.clone()));
    let config = tls.config(Alpn::Http11).expect("a configuration");
    assert!(Arc::ptr_eq(&config, &clone.config(Alpn::Http11).expect("a configuration")));
    // Another option is another configuration.
    let other = Tls::from(options.server_name("example.com").expect("a name"));
    assert!(!Arc::ptr_eq(&config, &other.config(Alpn::Http11).expect("a configuration")));
    // One that fits is taken as it is.
    let own = Tls::from(TlsOptions::new().config(Arc::clone(&config)));
    assert!(Arc::ptr_eq(&config, &own.config(Alpn::Http11).expect("a configuration")));
}

/// A session of one HTTP version is resumed for the other, which is agreed on anew (RFC 7301 §3.1).
#[cfg(feature = "http2")]
#[test]
fn sessions_are_shared_and_protocols_are_not() {
    let (config, options) = server(&[b"h2", b"http/1.1"]);
    let mut kinds = Vec::new();
    for (alpn, agreed) in
        [(Alpn::Http2, "h2"), (Alpn::Http11, "http/1.1"), (Alpn::Http2, "h2"), (Alpn::Http11, "http/1.1")]
    {
        let mut client = client(&options.0, alpn);
        let mut server = ServerConnection::new(Arc::clone(&config)).expect("a server");
        shake(&mut client, &mut server).expect("a handshake");
        assert_eq!(
            (client.alpn_protocol(), server.alpn_protocol()),
            (Some(agreed.as_bytes()), Some(agreed.as_bytes()))
        );
        kinds.push(client.handshake_kind().expect("a handshake"));
        let report = TlsReport::of(&client);
        assert_eq!((report.version, report.alpn.as_deref()), (Some("TLS 1.3"), Some(agreed)));
        let subject = cfg!(feature = "certificate-details").then_some("CN=rcgen self signed cert");
        assert_eq!(report.subject.as_deref(), subject);
    }
    assert_eq!(kinds[0], HandshakeKind::Full);
    assert_eq!(kinds[1..], [HandshakeKind::Resumed; 3]);
}

#[cfg(feature = "certificate-details")]
#[test]
fn a_rejected_certificate_is_told_once_and_to_its_own_connection() {
    let (ours, trusting) = server(&[]);
    let (theirs, _) = server(&[]);
    let tls = Tls::from(trusting.clone());
    let fail = |tls: &Tls, config: &Arc<ServerConfig>| {
        let mut server = ServerConnection::new(Arc::clone(config)).expect("a server");
        shake(&mut client(tls, Alpn::Http11), &mut server).expect_err("not trusted")
    };
    let (error, subject) = tls.explain(fail(&tls, &theirs));
    assert_eq!(subject.as_deref(), Some("CN=rcgen self signed cert"));
    assert!(
        error
            .to_string()
            .contains("(CN=rcgen self signed cert) is self-signed, and is not the trusted root of that name"),
        "{error}"
    );
    assert!(is_certificate_error(&error) && error.kind() == io::ErrorKind::InvalidData);

    // It is gone.
    let error = || io::Error::other(TlsError::InvalidCertificate(CertificateError::UnknownIssuer));
    let (explained, subject) = tls.explain(error());
    let says = "the server's certificate does not lead to a trusted root: ";
    assert!(subject.is_none() && explained.to_string().starts_with(says), "{explained}");

    // One whose error never came is not another's.
    let _ = fail(&tls, &theirs);
    let named = Tls::from(trusting.server_name("example.com").expect("a name"));
    let (error, subject) = named.explain(fail(&named, &ours));
    assert!(error.to_string().contains("is not for \"example.com\", but for localhost"), "{error}");
    assert!(subject.is_some());
    let _ = fail(&tls, &theirs);
    let expired = TlsError::InvalidCertificate(CertificateError::Expired);
    assert_eq!(tls.explain(io::Error::other(expired)).1, None);

    // A caller's configuration is not looked into.
    let own = Tls::from(TlsOptions::new().config(tls.config(Alpn::Http11).expect("a configuration")));
    let (error, subject) = own.explain(fail(&own, &theirs));
    assert!(rustls_inside(&error) && subject.is_none(), "{error}");
}

#[cfg(feature = "certificate-details")]
fn rustls_inside(error: &io::Error) -> bool {
    error.get_ref().and_then(|error| error.downcast_ref::<TlsError>()).is_some()
}

#[test]
fn errors_about_certificates() {
    use AlertDescription as A;
    let of = |error: TlsError| is_certificate_error(&io::Error::new(io::ErrorKind::InvalidData, error));
    assert!(of(TlsError::InvalidCertificate(CertificateError::Expired)));
    assert!(of(TlsError::NoCertificatesPresented));
    for alert in
        [A::CertificateRequired, A::UnknownCA, A::BadCertificate, A::CertificateExpired, A::AccessDenied]
    {
        assert!(of(TlsError::AlertReceived(alert)), "{alert:?}");
        // As it is after it was explained.
        let (error, _) = Tls::default().explain(io::Error::other(TlsError::AlertReceived(alert)));
        assert!(is_certificate_error(&error) && error.to_string().contains("there is none"), "{error}");
    }
    for alert in [A::HandshakeFailure, A::ProtocolVersion, A::InternalError, A::NoApplicationProtocol] {
        assert!(!of(TlsError::AlertReceived(alert)), "{alert:?}");
    }
    assert!(!of(TlsError::HandshakeNotComplete));
    assert!(!is_certificate_error(&io::ErrorKind::ConnectionReset.into()));
    assert!(!is_certificate_error(&io::Error::other("words")));
}

#[test]
fn a_host_that_no_certificate_can_be_for() {
    assert_eq!(server_name("[::1]").expect("an address"), server_name("::1").expect("an address"));
    for host in ["", "[localhost]", "a..b", "[::1", "-"] {
        let Err(Unusable::Error(error)) = server_name(host) else { panic!("{host:?} is a name") };
        assert!(
            error.kind() == io::ErrorKind::InvalidInput && error.to_string().contains("server_name"),
            "{error}"
        );
    }
}

/// Whatever it is that a server shows as its certificate, only its text can suffer.
#[cfg(feature = "certificate-details")]
#[test]
fn certificates_that_are_none() {
    use super::certificate::Certificate;
    let whole = certificate().cert.der().to_vec();
    assert!(Certificate::read(&whole).is_some());
    for cut in 0..whole.len() {
        assert!(Certificate::read(&whole[..cut]).is_none(), "{cut}");
        for flipped in [0x01, 0x80, 0xFF] {
            let mut broken = whole.clone();
            broken[cut] ^= flipped;
            if let Some(read) = Certificate::read(&CertificateDer::from(broken)) {
                for text in [read.subject, read.issuer, read.names] {
                    assert!(text.len() < 250 && !text.contains(char::is_control), "{text:?}");
                }
            }
        }
    }
}
