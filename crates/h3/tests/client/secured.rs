//! TLS over QUIC: the options hold as over TCP, and failures have the same words. None is a reason to fall back.

use std::sync::Arc;

use rcgen::date_time_ymd;
use rustls::ServerConfig;
use rustls::version::TLS13;
use websocket_upgrade::{
    ClientOptions, ConnectError, ConnectReason, Phase, Retry, TlsOptions, create_upgrade_request,
};

use crate::authority::{Authority, Identity, params};
use crate::kit::raw;
use crate::server::{EXTENDED_CONNECT, NAME, Server, URL};
use crate::tcp::Ports;

fn only(root: &str) -> TlsOptions {
    TlsOptions::new().root_certificates(root).expect("a root").only_these_roots()
}

/// A server, the options of a client, and whether they get on with each other.
type Case = (&'static str, ServerConfig, TlsOptions, bool);

fn cases() -> Vec<Case> {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Other"));
    let good = ours.issue(&params("server", &[NAME]));
    let elsewhere = ours.issue(&params("server", &["other.example.com"]));
    let alone = Identity::self_signed(&params("alone", &[NAME]));
    let dated = |from, to| {
        let mut params = params("server", &[NAME]);
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        ours.issue(&params)
    };
    let client = ours.issue(&params("client", &[]));
    let stranger = other.issue(&params("stranger", &[]));
    let shows = |identity: &Identity| {
        only(&ours.pem).client_certificate(&identity.chain, &identity.key).expect("an identity")
    };
    let named = only(&ours.pem).server_name("other.example.com").expect("a name");
    vec![
        ("trusted", good.server(), only(&ours.pem), true),
        ("self-signed and trusted", alone.server(), only(&alone.chain), true),
        ("another name that is expected", elsewhere.server(), named, true),
        ("anyone", alone.server(), TlsOptions::new().danger_accept_any_certificate(), true),
        ("a client that is known", good.server_for(&TLS13, &ours), shows(&client), true),
        ("not trusted", good.server(), only(&other.pem), false),
        ("self-signed", alone.server(), only(&ours.pem), false),
        ("another name", elsewhere.server(), only(&ours.pem), false),
        ("expired", dated(2001, 2002).server(), only(&ours.pem), false),
        ("not yet valid", dated(4001, 4002).server(), only(&ours.pem), false),
        ("another key", good.server_signing_as(&alone, &TLS13), only(&ours.pem), false),
        ("a client without a certificate", good.server_for(&TLS13, &ours), only(&ours.pem), false),
        ("a client that is not known", good.server_for(&TLS13, &ours), shows(&stranger), false),
        ("only roots, and none", good.server(), TlsOptions::new().only_these_roots(), false),
    ]
}

/// What an error says of TLS.
fn words(error: &ConnectError) -> String {
    match error.reason() {
        ConnectReason::Tls(error) | ConnectReason::Io(error) => error.to_string(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn failures_have_the_words_of_tcp() {
    for (name, tls, options, fits) in cases() {
        let ports = Ports::of(tls, ClientOptions::new().no_proxy().tls(options)).await;
        let endpoint = ports.endpoint.clone().expect("QUIC");
        let quic = tokio::spawn(async move {
            let connection = endpoint.accept().await?.await.ok()?;
            let control = raw::control(&connection, &[EXTENDED_CONNECT]).await;
            let server = Server { connection, control };
            Some((server.accepts().await, server))
        });
        let asked = websocket_upgrade_h3::create_upgrade_request(URL, &ports.options);
        if fits {
            let opened = asked.await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
            let report = opened.get_ref().report();
            assert!(opened.get_ref().is_http3(), "{name}: {report}");
            let tls = report.tls.expect("TLS");
            assert_eq!((tls.version, tls.alpn.as_deref()), (Some("TLS 1.3"), Some("h3")), "{name}");
            assert!(tls.subject.is_some() && tls.issuer.is_some() && tls.valid.is_some(), "{name}: {tls:?}");
            quic.await.expect("no panic").expect("a request");
            continue;
        }
        let error = asked.await.expect_err(name);
        quic.abort();
        let (over_tcp, ()) = tokio::join!(create_upgrade_request(URL, &ports.options), async {
            // Where nothing is dialled there is nobody to accept.
            if error.phase() != Phase::Prepare {
                ports.refuse().await;
            }
        });
        let over_tcp = over_tcp.expect_err(name);
        assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{name}: {error:?}");
        assert_eq!(words(&error), words(&over_tcp), "{name}");
        let subject = |error: &ConnectError| error.report().tls.as_ref().and_then(|tls| tls.subject.clone());
        assert_eq!((error.retry(), error.report().http3_fallback), (Retry::Never, None), "{name}: {error:#}");
        if matches!(over_tcp.reason(), ConnectReason::Tls(_)) {
            assert_eq!((error.phase(), subject(&error)), (over_tcp.phase(), subject(&over_tcp)), "{name}");
        }
    }
}

/// A configuration of the caller's own, of which the verifier is not known.
#[tokio::test]
async fn a_configuration_of_the_callers_own() {
    let ours = Authority::new("Ours");
    let good = ours.issue(&params("server", &[NAME]));
    let config = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider);
        let config = config.with_protocol_versions(versions).expect("versions");
        config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    };
    let ports = Ports::of(good.server(), ClientOptions::new().no_proxy()).await;
    let endpoint = ports.endpoint.clone().expect("QUIC");
    let quic = tokio::spawn(async move { endpoint.accept().await.expect("a client").await.is_err() });
    let options = ports.options.clone().tls_config(Arc::new(config(&[&TLS13])));
    let error = websocket_upgrade_h3::create_upgrade_request(URL, &options).await.expect_err("no roots");
    assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
    assert!(error.to_string().contains("certificate is not accepted: UnknownIssuer"), "{error}");
    assert_eq!((error.retry(), error.phase()), (Retry::Never, Phase::Tls));
    assert!(quic.await.expect("no panic"));

    let options = ports.options.clone().tls_config(Arc::new(config(&[&rustls::version::TLS12])));
    let error = websocket_upgrade_h3::create_upgrade_request(URL, &options).await.expect_err("no TLS 1.3");
    assert!(error.to_string().contains("QUIC can't be used with this configuration"), "{error}");
    assert_eq!((error.retry(), error.phase()), (Retry::Never, Phase::Prepare));
}
