//! The roots of the platform. On most platforms they are files, and `SSL_CERT_FILE` names others.

use std::net::TcpListener;
use std::{env, fs, thread};

use websocket_upgrade::{ClientOptions, ConnectError, TlsOptions, TlsReport};

use super::authority::{Authority, Identity, params};
use super::server::serve;
use super::{child, with_provider};

const FILE: &str = "SSL_CERT_FILE";

/// `test` is the name of the calling test.
pub(crate) fn trusted_unless_others_are_alone(
    test: &str,
    connect: impl Fn(&str, &ClientOptions) -> Result<Option<TlsReport>, ConnectError>,
) {
    if child::task().is_some() {
        return trust(connect);
    }
    let file = child::File::new(test, "roots");
    let Identity { chain, key } = Identity::self_signed(&params("server", &["127.0.0.1"]));
    fs::write(&file.0, chain + &key).expect("a file");
    child::run(test, "trust", (FILE, file.0.as_os_str()));
}

/// The server has a certificate that the platform trusts.
fn trust(connect: impl Fn(&str, &ClientOptions) -> Result<Option<TlsReport>, ConnectError>) {
    with_provider();
    let pem = fs::read_to_string(env::var_os(FILE).expect("a file")).expect("a file");
    let identity = Identity { chain: pem.clone(), key: pem };
    let others = || TlsOptions::new().root_certificates(Authority::new("Other").pem).expect("a root");
    for (options, trusted) in
        [(TlsOptions::new(), true), (others(), true), (others().only_these_roots(), false)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let url = format!("wss://{}/", listener.local_addr().expect("an address"));
        let server = identity.server();
        let server = thread::spawn(move || serve(&listener, server));
        let connected = connect(&url, &ClientOptions::new().tls(options));
        assert_eq!(server.join().expect("no panic").established, trusted);
        assert_eq!(connected.is_ok(), trusted, "{connected:?}");
    }
}
