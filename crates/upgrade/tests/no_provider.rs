//! `wss://` in a process without a crypto provider. The test is alone in this process, so that no other one installs
//! it.

use std::error::Error as _;
use std::net::TcpListener;
use std::thread;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, OptionsError, TlsOptions};
use websocket_upgrade::{blocking, create_upgrade_request, futures};

// Not all of these items are needed here.
#[allow(dead_code, unused_imports)]
mod certified;

use certified::authority::{Authority, Identity, params};
use certified::server::serve;
use certified::trusting;

/// Everything is in one test, since the process is shared.
#[test]
fn is_an_error_and_no_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let authority = Authority::new("Ours");
    let unfitting = unfitting(&authority).expect("options");
    for options in every_way(&authority).expect("options").into_iter().chain([unfitting.clone()]) {
        for error in by_every_driver(&url, &ClientOptions::new().tls(options.clone())) {
            assert!(matches!(error.reason(), ConnectReason::NoTlsProvider), "{options:?}: {error:?}");
            assert!(error.to_string().contains("provider") && error.source().is_none(), "{error}");
        }
    }

    // The caller's configuration has its own provider.
    let identity = Identity::self_signed(&params("x", &["127.0.0.1"]));
    let root = CertificateDer::from_pem_slice(identity.chain.as_bytes()).expect("a certificate");
    let options = ClientOptions::new().tls_config(trusting(&[root]));
    let other = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let theirs = format!("wss://{}/", other.local_addr().expect("an address"));
    let server = thread::spawn(move || serve(&other, identity.server()));
    blocking::create_upgrade_request(&theirs, &options).map(drop).expect("accepted");
    assert!(server.join().expect("no panic").established);

    // An earlier failure is not remembered.
    rustls::crypto::ring::default_provider().install_default().expect("the first");
    for error in by_every_driver(&url, &ClientOptions::new().tls(unfitting)) {
        assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
        assert!(error.to_string().contains("the key is another certificate's"), "{error}");
    }
}

/// A key of another certificate. The error comes when there is a provider.
fn unfitting(authority: &Authority) -> Result<TlsOptions, OptionsError> {
    let [one, other] = [(); 2].map(|()| authority.issue(&params("client", &[])));
    TlsOptions::new().client_certificate(one.chain, other.key)
}

/// Every way to make a configuration.
fn every_way(authority: &Authority) -> Result<Vec<TlsOptions>, OptionsError> {
    let tls = TlsOptions::new;
    let Identity { chain, key } = authority.issue(&params("client", &[]));
    Ok(vec![
        tls(),
        tls().root_certificates(&authority.pem)?,
        tls().root_certificates(&authority.pem)?.only_these_roots(),
        tls().client_certificate(&chain, &key)?,
        tls().server_name("example.com")?,
        tls().danger_accept_any_certificate(),
        tls().key_log(),
    ])
}

fn by_every_driver(url: &str, options: &ClientOptions) -> [ConnectError; 3] {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    [
        runtime.block_on(create_upgrade_request(url, options)).map(drop).expect_err("no connection"),
        smol::block_on(futures::create_upgrade_request(url, options)).map(drop).expect_err("no connection"),
        blocking::create_upgrade_request(url, options).map(drop).expect_err("no connection"),
    ]
}
