//! `wss://` with and without a crypto provider, and without the feature `rustls`; and a proxy without the feature
//! `proxy`. Which of these tests there are depends on the features. There is one of `wss://` in each set of
//! features, so that no other one in the process installs a provider.

use std::net::{SocketAddr, TcpListener};

use websocket_upgrade::{ClientOptions, ConnectError, blocking, create_upgrade_request, futures};

// Not all of these items are needed here.
#[cfg(feature = "rustls")]
#[allow(dead_code, unused_imports)]
mod certified;
#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
mod ways;

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
use ways::by_every_way;

type Driver = fn(&str, &ClientOptions) -> Result<(), ConnectError>;

/// `create_upgrade_request` of each driver.
const DRIVERS: [Driver; 3] = [
    |url, options| on_tokio(create_upgrade_request(url, options)).map(drop),
    |url, options| smol::block_on(futures::create_upgrade_request(url, options)).map(drop),
    |url, options| blocking::create_upgrade_request(url, options).map(drop),
];

/// Without the feature `rustls`.
#[cfg(not(feature = "rustls"))]
#[test]
fn wss_without_tls_is_an_error() {
    for (way, error) in by_every_way(&ClientOptions::new()) {
        assert!(matches!(error.reason(), websocket_upgrade::ConnectReason::Tls(_)), "{way}: {error:?}");
        assert!(!error.retry().is_worthwhile(), "{way}: {error:?}");
        let text = error.to_string();
        assert!(text.contains("cargo add websocket-upgrade --features rustls,ring"), "{way}: {text}");
    }
}

/// With the feature `rustls`, and no feature for a provider.
#[cfg(all(feature = "rustls", not(any(feature = "ring", feature = "aws-lc-rs"))))]
mod without_provider {
    use std::error::Error as _;
    use std::thread;

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use websocket_upgrade::{ConnectReason, OptionsError, TlsOptions};

    use super::certified::authority::{Authority, Identity, params};
    use super::certified::server::serve;
    use super::certified::trusting;
    use super::*;

    #[test]
    fn is_an_error_and_no_panic() {
        let authority = Authority::new("Ours");
        let unfitting = unfitting(&authority).expect("options");
        for tls in every_way(&authority).expect("options").into_iter().chain([unfitting.clone()]) {
            for (way, error) in by_every_way(&ClientOptions::new().tls(tls.clone())) {
                assert!(matches!(error.reason(), ConnectReason::NoTlsProvider), "{way}, {tls:?}: {error:?}");
                assert!(error.source().is_none() && !error.retry().is_worthwhile(), "{way}: {error:?}");
                let text = error.to_string();
                assert!(text.contains("cargo add websocket-upgrade --features ring"), "{way}: {text}");
                let line = "rustls::crypto::ring::default_provider().install_default()";
                assert!(text.contains(line), "{way}: {text}");
            }
        }

        // The caller's configuration has its own provider.
        let identity = Identity::self_signed(&params("x", &["127.0.0.1"]));
        let root = CertificateDer::from_pem_slice(identity.chain.as_bytes()).expect("a certificate");
        let options = ClientOptions::new().tls_config(trusting(&[root]));
        let (listener, address) = listening();
        let server = thread::spawn(move || serve(&listener, identity.server()));
        let url = format!("wss://{address}/");
        blocking::create_upgrade_request(&url, &options).map(drop).expect("accepted");
        assert!(server.join().expect("no panic").established);

        // An earlier failure is not remembered.
        rustls::crypto::ring::default_provider().install_default().expect("the first");
        for (way, error) in by_every_way(&ClientOptions::new().tls(unfitting)) {
            assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{way}: {error:?}");
            assert!(error.to_string().contains("the key is another certificate's"), "{way}: {error}");
        }
    }

    /// A key of another certificate. The error comes when there is a provider.
    fn unfitting(authority: &Authority) -> Result<TlsOptions, OptionsError> {
        let [one, other] = [(); 2].map(|()| authority.issue(&params("client", &[])));
        Ok(TlsOptions::new().client_certificate(one.chain, other.key)?.client_certificate_everywhere())
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
}

/// With a feature for a provider.
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod with_provider {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use rustls::crypto::{CryptoProvider, GetRandomFailed, SecureRandom, ring};
    use websocket_upgrade::TlsOptions;

    use super::certified::authority::{Authority, Identity, params};
    use super::certified::server::serve;
    use super::*;

    /// Counts how often it is asked for random bytes.
    #[derive(Debug)]
    struct Counting(AtomicUsize);

    impl SecureRandom for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
            self.0.fetch_add(1, Ordering::Relaxed);
            ring::default_provider().secure_random.fill(bytes)
        }
    }

    static INSTALLED: Counting = Counting(AtomicUsize::new(0));

    #[test]
    fn is_the_one_of_the_feature_unless_the_process_has_its_own() {
        let authority = Authority::new("Ours");
        let [one, other] = [(); 2].map(|()| authority.issue(&params("client", &[])));
        let error = TlsOptions::new().client_certificate(one.chain, other.key).expect_err("another key");
        assert!(error.to_string().contains("the key is another certificate's"), "{error}");
        by_every_driver();
        assert!(CryptoProvider::get_default().is_none(), "the library has installed one");

        let installed = CryptoProvider { secure_random: &INSTALLED, ..ring::default_provider() };
        installed.install_default().expect("the first");
        by_every_driver();
        assert!(INSTALLED.0.load(Ordering::Relaxed) >= 3, "the process' own was not used");
    }

    /// Establishes a connection with each driver.
    fn by_every_driver() {
        let identity = Identity::self_signed(&params("x", &["127.0.0.1"]));
        let tls = TlsOptions::new().root_certificates(&identity.chain).expect("a root").only_these_roots();
        let options = ClientOptions::new().tls(tls).no_proxy();
        for connect in DRIVERS {
            let (listener, address) = listening();
            let config = identity.server();
            let server = thread::spawn(move || serve(&listener, config));
            connect(&format!("wss://{address}/"), &options).expect("accepted");
            assert!(server.join().expect("no panic").established);
        }
    }
}

/// Without the feature `proxy`.
#[cfg(not(feature = "proxy"))]
mod without_proxy {
    use std::env;
    use std::io::ErrorKind;
    use std::process::Command;

    use websocket_upgrade::ConnectReason;

    use super::*;

    /// Tells the child from the parent: a process can't safely change its own environment.
    const CHILD: &str = "WEBSOCKET_UPGRADE_TEST_CHILD";

    #[test]
    fn a_proxy_of_the_environment_is_an_error() {
        if env::var_os(CHILD).is_some() {
            return in_child();
        }
        let mut child = Command::new(env::current_exe().expect("this program"));
        child.args(["--exact", "without_proxy::a_proxy_of_the_environment_is_an_error"]).env(CHILD, "1");
        for name in ["HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"] {
            child.env_remove(name);
        }
        let output = child.env("ALL_PROXY", "http://proxy.invalid:3128").output().expect("a child");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    fn in_child() {
        let (listener, address) = listening();
        listener.set_nonblocking(true).expect("a listener");
        let (url, [tokio, ..]) = (format!("ws://{address}/"), DRIVERS);
        let error = tokio(&url, &ClientOptions::new()).expect_err("a proxy");
        assert!(matches!(error.reason(), ConnectReason::Unsupported(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("cargo add websocket-upgrade --features proxy"), "{text}");
        assert!(text.contains("ClientOptions::no_proxy"), "{text}");
        let dialled = listener.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(dialled, Err(ErrorKind::WouldBlock), "it went around the proxy");

        drop(listener);
        let error = tokio(&url, &ClientOptions::new().no_proxy()).expect_err("nobody listens");
        assert!(matches!(error.reason(), ConnectReason::Connect(_)), "{error:?}");
    }
}

fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn on_tokio<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}
