//! Servers, each with the options of a client and the expected result, for every driver.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, DnType, IsCa, date_time_ymd};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ServerConfig};
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, Phase, Retry, TlsOptions, TlsReport};

use super::authority::{Authority, Identity, params};
use super::server::{Seen, serve};
use super::{trusting, with_provider};

struct Case {
    name: &'static str,
    /// The host as in the URL.
    host: &'static str,
    server: ServerConfig,
    options: TlsOptions,
    /// `None` if there is a WebSocket, otherwise parts of the error's text.
    error: Option<&'static [&'static str]>,
    /// The name that is sent (SNI).
    sni: Option<&'static str>,
    alpn: &'static [&'static str],
    /// Whether the client shows a certificate.
    certificate: bool,
}

impl Case {
    fn new(name: &'static str, server: ServerConfig, options: TlsOptions) -> Self {
        let (host, alpn) = ("localhost", &["http/1.1"][..]);
        Self { name, host, server, options, error: None, sni: Some("localhost"), alpn, certificate: false }
    }

    fn fails(self, says: &'static [&'static str]) -> Self {
        Self { error: Some(says), ..self }
    }

    fn on(self, host: &'static str, sni: Option<&'static str>) -> Self {
        Self { host, sni, ..self }
    }
}

/// Runs all cases, each with a client of this driver.
pub(crate) fn every_case(connect: impl Fn(&str, &ClientOptions) -> Result<Option<TlsReport>, ConnectError>) {
    with_provider();
    let cases =
        trust().into_iter().chain(rejections()).chain(clients()).chain(names()).chain(configurations());
    for Case { name, host, server, options, error, sni, alpn, certificate } in cases {
        let listener = TcpListener::bind((if host == "[::1]" { "::1" } else { "127.0.0.1" }, 0));
        let listener = listener.expect("a listener");
        let url = format!("wss://{host}:{}/", listener.local_addr().expect("an address").port());
        let server = thread::spawn(move || serve(&listener, server));
        let connected = connect(&url, &ClientOptions::new().tls(options));
        let seen = server.join().expect("no panic");
        let alpn: Vec<String> = alpn.iter().map(|&name| name.into()).collect();
        let established = error.is_none();
        assert_eq!(seen, Seen { name: sni.map(str::to_owned), alpn, certificate, established }, "{name}");
        match (connected, error) {
            (Ok(tls), None) => told(tls.as_ref(), name),
            (Err(error), Some(says)) => {
                assert_eq!(error.retry(), Retry::Never, "{name}: {error}");
                explained(&error, name, says);
            }
            (Ok(_), Some(says)) => panic!("{name}: connected, expected {says:?}"),
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
}

fn told(tls: Option<&TlsReport>, case: &str) {
    let Some(TlsReport { version: Some(version), subject: Some(subject), .. }) = tls else {
        panic!("{case}: {tls:?}");
    };
    assert!(version.starts_with("TLS 1.") && subject.starts_with("CN="), "{case}: {tls:?}");
    let cipher_suite = tls.and_then(|tls| tls.cipher_suite).unwrap_or_default();
    assert!(cipher_suite.starts_with("TLS"), "{case}: {tls:?}");
    let valid = tls.and_then(|tls| tls.valid).unwrap_or_default();
    let issued = tls.is_some_and(|tls| tls.issuer.is_some() && tls.names.is_some());
    assert!(issued && valid[0] < valid[1], "{case}: {tls:?}");
}

fn explained(error: &ConnectError, case: &str, says: &[&str]) {
    let reason = error.reason();
    let in_time = match (reason, error.phase()) {
        (ConnectReason::Tls(_), Phase::Tls) => true,
        // With TLS 1.3 the client finishes its handshake before the server has checked its certificate.
        (ConnectReason::Io(_), Phase::Handshake) => true,
        _ => false,
    };
    assert!(in_time, "{case}: {error:?}");
    let text = format!("{reason:#}");
    for words in says {
        assert!(text.contains(words), "{case}: {text} does not say {words:?}");
    }
    if matches!(error.phase(), Phase::Tls) {
        let subject = error.report().tls.as_ref().and_then(|tls| tls.subject.as_ref());
        assert_eq!(subject.is_some(), text.contains("the server's certificate ("), "{case}: {error}");
        assert!(subject.is_none_or(|subject| text.contains(&format!("({subject})"))), "{case}: {error}");
    }
}

fn only(root: &str) -> TlsOptions {
    TlsOptions::new().root_certificates(root).expect("a root").only_these_roots()
}

/// Cases of the roots that the client trusts.
fn trust() -> Vec<Case> {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Other"));
    let server = ours.issue(&params("server", &["localhost"]));
    let both = format!("{}\n{}", other.pem, ours.pem);
    let twice =
        TlsOptions::new().root_certificates(&ours.pem).and_then(|tls| tls.root_certificates(&other.pem));
    let besides = TlsOptions::new().root_certificates(&ours.pem).expect("a root");
    let between = ours.below("Between", [2001, 4001]);
    let Identity { chain, key } = between.issue(&params("below", &["localhost"]));
    let below = Identity { chain: chain + &between.pem, key }.server();
    let alone = Identity::self_signed(&params("alone", &["localhost"]));
    let mut expired = params("expired", &["elsewhere.example"]);
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    expired.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let expired = Identity::self_signed(&expired);
    let danger = || TlsOptions::new().danger_accept_any_certificate();
    let signature = &["(CN=server) is not the peer's own: it has not signed with its key"];
    vec![
        Case::new("a root besides the platform's", server.server(), besides),
        Case::new("a root alone", server.server(), only(&ours.pem)),
        Case::new("the second root of a PEM", server.server(), only(&both)),
        Case::new("through an authority below", below, only(&ours.pem)),
        Case::new("two PEMs", server.server(), twice.expect("roots").only_these_roots()),
        Case::new("a self-signed certificate as its own root", alone.server(), only(&alone.chain)),
        Case::new("any certificate", expired.server(), danger()),
        Case::new(
            "any certificate, but not without its key",
            server.server_signing_as(&alone, &TLS13),
            danger(),
        )
        .fails(signature),
        Case::new("nor over TLS 1.2", server.server_signing_as(&alone, &TLS12), danger()).fails(signature),
    ]
}

/// Cases of certificates that are not accepted, with the errors.
fn rejections() -> Vec<Case> {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Other"));
    let named = params("named", &["www.example.com", "*.example.org", "192.0.2.7"]);
    let mut unnamed = params("a,\u{1B}b", &[]);
    unnamed.distinguished_name.push(DnType::OrganizationName, "x".repeat(300));
    let mut expired = params("late", &["localhost"]);
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 2, 3));
    let mut early = params("early", &["localhost"]);
    (early.not_before, early.not_after) = (date_time_ymd(4001, 1, 1), date_time_ymd(4002, 1, 1));
    let plain = params("plain", &["localhost"]);
    let nobody = params("", &["localhost"]);
    let mut authority = params("authority", &["localhost"]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = Identity::self_signed(&authority);
    let authority_alone = only(&authority.chain);
    let server = |params| ours.issue(params).server();
    let through = |name, years| {
        let between = ours.below(name, years);
        let Identity { chain, key } = between.issue(&params("below", &["localhost"]));
        Identity { chain: chain + &between.pem, key }.server()
    };
    vec![
        Case::new("wrong name", server(&named), only(&ours.pem))
            .fails(&["the server's certificate (CN=named) is not for \"localhost\", \
             but for www.example.com, *.example.org, 192.0.2.7"]),
        Case::new("no name", server(&unnamed), only(&ours.pem)).fails(&[
            "(CN=a\\,\\u{1b}b, O=xxx",
            "xxx...) is not for \"localhost\"",
            "it has no subjectAltName",
        ]),
        Case::new("expired", server(&expired), only(&ours.pem))
            .fails(&["(CN=late) has expired on Sun, 03 Feb 2002 00:00:00 GMT"]),
        Case::new("not yet valid", server(&early), only(&ours.pem))
            .fails(&["(CN=early) is not valid before Mon, 01 Jan 4001 00:00:00 GMT, and here it is "]),
        Case::new("below one that has expired", through("Old", [2001, 2002]), only(&ours.pem))
            .fails(&["(CN=below) depends on another, which has expired on Tue, 01 Jan 2002 00:00:00 GMT"]),
        Case::new("below one that is not yet valid", through("New", [4001, 4002]), only(&ours.pem)).fails(&[
            "(CN=below) depends on another, which is not valid before Mon, 01 Jan 4001 00:00:00 GMT",
        ]),
        Case::new("self-signed", Identity::self_signed(&plain).server(), only(&ours.pem))
            .fails(&["(CN=plain) is self-signed, and is no trusted root"]),
        Case::new("unknown issuer", server(&plain), only(&other.pem))
            .fails(&["(CN=plain) was issued by CN=Ours, and nothing that the server has sent"]),
        Case::new(
            "unknown to the platform",
            server(&plain),
            TlsOptions::new().root_certificates(&other.pem).expect("a root"),
        )
        .fails(&["(CN=plain) was issued by CN=Ours"]),
        Case::new("another issuer of the same name", server(&plain), only(&Authority::new("Ours").pem))
            .fails(&["(CN=plain) names CN=Ours as its issuer, which has not signed it"]),
        Case::new("no subject", server(&nobody), only(&other.pem))
            .fails(&["(subjectAltName=localhost) was issued by"]),
        Case::new("an authority's own", authority.server(), authority_alone)
            .fails(&["(CN=authority) is self-signed, and is an authority's (CA:TRUE)"]),
    ]
}

/// Cases of the client's identity.
fn clients() -> Vec<Case> {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Other"));
    let server = ours.issue(&params("server", &["localhost"]));
    let client = |authority: &Authority| {
        let Identity { chain, key } = authority.issue(&params("client", &[]));
        only(&ours.pem).client_certificate(chain, key).expect("a certificate")
    };
    let shown = |case| Case { certificate: true, ..case };
    let Identity { chain, key } = ours.issue(&params("client", &[]));
    let bundle = chain + &key;
    let bundle = only(&ours.pem).client_certificate(&bundle, &bundle).expect("both");
    let mut cases = vec![
        Case::new("nobody asks for a client certificate", server.server(), client(&ours)),
        shown(Case::new("in one PEM with its key", server.server_for(&TLS13, &ours), bundle)),
    ];
    for version in [&TLS12, &TLS13] {
        let server = || server.server_for(version, &ours);
        cases.push(shown(Case::new("asked for and given", server(), client(&ours))));
        cases.push(
            Case::new("asked for and missing", server(), only(&ours.pem)).fails(&["CertificateRequired"]),
        );
        cases.push(
            Case::new("of an authority that is not asked for", server(), client(&other))
                .fails(&["UnknownCA"]),
        );
    }
    cases
}

/// Cases of the expected name.
fn names() -> Vec<Case> {
    let ours = Authority::new("Ours");
    let named = || ours.issue(&params("server", &["override.example"])).server();
    let addressed = |address| ours.issue(&params("server", &[address])).server();
    let expecting = |name| only(&ours.pem).server_name(name).expect("a name");
    vec![
        Case::new("the name in the options", named(), expecting("override.example"))
            .on("127.0.0.1", Some("override.example")),
        Case::new("the name in the options, wrong", named(), expecting("other.example"))
            .on("localhost", Some("other.example"))
            .fails(&["is not for \"other.example\", but for override.example"]),
        Case::new("an address in the options", addressed("192.0.2.7"), expecting("192.0.2.7"))
            .on("localhost", None),
        Case::new("an address in brackets", addressed("2001:db8::7"), expecting("[2001:db8::7]"))
            .on("localhost", None),
        Case::new("an IPv4 address in the URL", addressed("127.0.0.1"), only(&ours.pem))
            .on("127.0.0.1", None),
        Case::new("an IPv6 address in the URL", addressed("::1"), only(&ours.pem)).on("[::1]", None),
        Case::new("another IPv6 address", addressed("::2"), only(&ours.pem))
            .on("[::1]", None)
            .fails(&["is not for \"::1\", but for ::2"]),
    ]
}

/// Cases with the caller's own configuration.
fn configurations() -> Vec<Case> {
    let alone = Identity::self_signed(&params("alone", &["localhost"]));
    let root =
        rustls::pki_types::pem::PemObject::from_pem_slice(alone.chain.as_bytes()).expect("a certificate");
    let config = |alpn: &[&str]| {
        let mut config = ClientConfig::clone(&trusting(std::slice::from_ref(&root)));
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsOptions::new().config(Arc::new(config))
    };
    let offers = |alpn: &'static [&'static str], case| Case { alpn, ..case };
    let named = config(&[]).server_name("localhost").expect("a name");
    vec![
        Case::new("no protocols", alone.server(), config(&[])),
        Case::new("HTTP/1.1", alone.server(), config(&["http/1.1"])),
        Case::new("HTTP/2 too", alone.server(), config(&["h2", "http/1.1"])),
        Case::new("HTTP/2 alone", alone.server(), config(&["h2"])),
        Case::new("HTTP/2 and others", alone.server(), config(&["http/1.0", "h2"])),
        offers(&["x-own", "http/1.1"], Case::new("others", alone.server(), config(&["x-own", "http/1.1"]))),
        Case::new("with a name", alone.server(), named).on("127.0.0.1", Some("localhost")),
        Case::new("not trusted", Identity::self_signed(&params("x", &["localhost"])).server(), config(&[]))
            .fails(&["UnknownIssuer"]),
    ]
}
