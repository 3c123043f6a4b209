//! The file that `SSLKEYLOGFILE` names.

use std::net::TcpListener;
use std::{fs, thread};

use websocket_upgrade::{ClientOptions, ConnectError, TlsOptions, TlsReport};

use super::authority::{Identity, params};
use super::server::serve;
use super::{child, with_provider};

/// `test` is the name of the calling test.
pub(crate) fn written_where_asked_for(
    test: &str,
    connect: impl Fn(&str, &ClientOptions) -> Result<Option<TlsReport>, ConnectError>,
) {
    if let Some(task) = child::task() {
        return log_one(task == "asked", connect);
    }
    for task in ["asked", "not-asked"] {
        let file = child::File::new(test, task);
        child::run(test, task, ("SSLKEYLOGFILE", file.0.as_os_str()));
        let secrets = fs::read_to_string(&file.0).ok();
        assert_eq!(secrets.is_some(), task == "asked");
        assert!(secrets.is_none_or(|secrets| secrets.contains("CLIENT_TRAFFIC_SECRET_0 ")));
    }
}

fn log_one(asked: bool, connect: impl Fn(&str, &ClientOptions) -> Result<Option<TlsReport>, ConnectError>) {
    with_provider();
    let identity = Identity::self_signed(&params("server", &["127.0.0.1"]));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let server = identity.server();
    let server = thread::spawn(move || serve(&listener, server));
    let options = TlsOptions::new().root_certificates(identity.chain).expect("a root").only_these_roots();
    let options = if asked { options.key_log() } else { options };
    connect(&url, &ClientOptions::new().tls(options)).expect("accepted");
    assert!(server.join().expect("no panic").established);
}
