//! Options that contradict each other, each with its error.

use std::net::TcpListener;

use rcgen::KeyPair;
use websocket_upgrade::{
    ClientOptions, ConnectError, ConnectReason, OptionsError, Retry, TlsOptions, TlsReport,
};

use super::authority::{Authority, Identity, params};
use super::{trusting, with_provider};

/// Some errors come when the option is set, the others before the handshake begins.
pub(crate) fn every_contradiction(
    connect: impl Fn(&str, &ClientOptions) -> Result<Option<TlsReport>, ConnectError>,
) {
    with_provider();
    given();
    let authority = Authority::new("Ours");
    let Identity { chain, key } = authority.issue(&params("client", &[]));
    let rooted = || TlsOptions::new().root_certificates(&authority.pem).expect("a root");
    let config = trusting(&[]);
    let contradictions = [
        (TlsOptions::new().only_these_roots(), "add the roots with root_certificates"),
        (TlsOptions::new().only_these_roots().config(config.clone()), "config and only_these_roots"),
        (TlsOptions::new().danger_accept_any_certificate().only_these_roots(), "asks no root"),
        (rooted().danger_accept_any_certificate(), "asks no root"),
        (
            rooted().config(config.clone()),
            "config and root_certificates contradict each other: leave out one",
        ),
        (
            TlsOptions::new().client_certificate(chain, key).expect("a certificate").config(config.clone()),
            "config and client_certificate",
        ),
        (
            TlsOptions::new().danger_accept_any_certificate().config(config.clone()),
            "config and danger_accept_any_certificate",
        ),
        (TlsOptions::new().config(config).key_log(), "config and key_log"),
    ];
    // There is no server at this address.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    for (options, says) in contradictions {
        let error = connect(&url, &ClientOptions::new().tls(options)).expect_err(says);
        assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{says}: {error:?}");
        assert_eq!(error.retry(), Retry::Never);
        assert!(error.to_string().contains(says), "{error} does not say {says:?}");
    }
}

fn given() {
    let says = |options: Result<TlsOptions, OptionsError>, says: &str| {
        let error = options.expect_err(says).to_string();
        assert!(error.starts_with("TLS: ") && error.contains(says), "{error} does not say {says:?}");
    };
    let tls = TlsOptions::new;
    let authority = Authority::new("Ours");
    let Identity { chain, key } = authority.issue(&params("client", &[]));
    let other = KeyPair::generate().expect("a key").serialize_pem();
    says(tls().root_certificates(""), "no certificate in it");
    says(tls().root_certificates(&key), "no certificate in it");
    says(tls().root_certificates(b"\x30\x82"), "no certificate in it");
    says(tls().root_certificates(pem("CERTIFICATE", "AAAA")), "number 1 can't be read");
    says(
        tls().root_certificates(authority.pem.clone() + &pem("CERTIFICATE", "AAAA")),
        "number 2 can't be read",
    );
    says(tls().root_certificates(pem("CERTIFICATE", "!")), "no valid PEM");
    says(tls().root_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n"), "no valid PEM");
    says(tls().client_certificate("", &key), "client certificate: no certificate in it");
    says(tls().client_certificate(pem("CERTIFICATE", "AAAA"), &key), "client certificate: it can't be read");
    says(tls().client_certificate(&chain, ""), "no key that can be read");
    says(tls().client_certificate(&chain, pem("ENCRYPTED PRIVATE KEY", "AAAA")), "not encrypted");
    says(tls().client_certificate(&chain, pem("PRIVATE KEY", "!")), "the key is no valid PEM");
    says(tls().client_certificate(&chain, pem("PRIVATE KEY", "AAAA")), "can't use a key of this kind");
    says(tls().client_certificate(&chain, other), "the key is another certificate's");
    says(tls().server_name(""), "neither a DNS name nor an address");
    says(tls().server_name("a b"), "neither a DNS name nor an address");
    says(tls().server_name("[localhost]"), "neither a DNS name nor an address");
    let config = trusting(&[]);
    says(tls().config(config.clone()).root_certificates(&authority.pem), "config and root_certificates");
    says(tls().config(config).client_certificate(&chain, &key), "config and client_certificate");

    // No other text shows a secret either.
    let options = tls().client_certificate(&chain, &key).expect("a certificate").server_name("example.com");
    let shown = format!("{:?}", ClientOptions::new().tls(options.clone().expect("a name")));
    let shown = shown + &format!("{:?}", options.expect("a name"));
    assert!(shown.contains("client_certificate: true") && shown.contains("example.com"), "{shown}");
    let secret = key.lines().nth(1).expect("a line of the key");
    assert!(!shown.contains(secret) && !shown.contains("48, "), "{shown}");
}

fn pem(kind: &str, base64: &str) -> String {
    format!("-----BEGIN {kind}-----\n{base64}\n-----END {kind}-----\n")
}
