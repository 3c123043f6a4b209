//! TLS: a certificate made on the spot, those of files, and peers that speak something else.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use websocket_upgrade::{ClientOptions, TlsOptions};

use crate::accepted::talk;
use crate::common::{Served, fails, head};

/// A directory for the files of one test.
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new(test: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("room");
        Self(directory)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("text").to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).expect("room");
        self.path(name)
    }

    /// Writes a new certificate and its key.
    fn identity(&self, name: &str) -> (String, String) {
        let certified = rcgen::generate_simple_self_signed(vec![String::from("127.0.0.1")]).expect("a name");
        let cert = self.write(&format!("{name}.pem"), &certified.cert.pem());
        (cert, self.write(&format!("{name}.key"), &certified.signing_key.serialize_pem()))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // The directory of the target is removed with it otherwise.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Options that trust the certificate of a file, and nothing else.
fn trusting(cert: &str) -> ClientOptions {
    let roots = TlsOptions::new().root_certificates(fs::read(cert).expect("a file")).expect("a certificate");
    ClientOptions::new().tls(roots.only_these_roots())
}

#[tokio::test]
async fn a_certificate_is_made_on_the_spot() {
    let files = Files::new("made");
    let saved = files.path("saved.pem");
    let served = Served::start(&["--tls", "--save-cert", &saved]);
    let options = trusting(&saved);
    assert_eq!(talk(&served.url("wss", "/"), &options).await.0, 101);
    assert_eq!(talk(&served.url("wss", "/"), &options.clone().http2()).await.0, 200);
    let localhost = format!("wss://localhost:{}/", served.address.port());
    assert_eq!(talk(&localhost, &options).await.0, 101);
    let any = ClientOptions::new().tls(TlsOptions::new().danger_accept_any_certificate());
    assert_eq!(talk(&served.url("wss", "/"), &any).await.0, 101);
}

#[tokio::test]
async fn the_certificate_of_files_is_shown() {
    let files = Files::new("files");
    let (cert, key) = files.identity("own");
    let served = Served::start(&["--cert", &cert, "--key", &key]);
    assert_eq!(talk(&served.url("wss", "/"), &trusting(&cert)).await.0, 101);
    // http/1.1 alone by ALPN.
    let served = Served::start(&["--cert", &cert, "--key", &key, "--http1.1"]);
    assert_eq!(talk(&served.url("wss", "/"), &trusting(&cert).http2()).await.0, 101);
}

#[test]
fn files_that_are_no_identity_say_so() {
    let files = Files::new("wrong");
    let ((cert, key), (_, other)) = (files.identity("own"), files.identity("other"));
    let (text, missing) = (files.write("text", "no PEM\n"), files.path("missing"));
    for (cert, key, part) in [
        (&cert, &other, "the key does not fit the certificate"),
        (&text, &key, "no certificate"),
        (&cert, &text, "no private key"),
        (&missing, &key, "missing: No such file"),
        (&cert, &missing, "missing: No such file"),
        (&key, &cert, "no certificate"),
    ] {
        let said = fails(&["serve", "--listen", "127.0.0.1:0", "--cert", cert, "--key", key], 2);
        assert!(said.contains(part) && said.contains("hint: "), "{cert}, {key}: {said}");
    }
    let into = files.path("no/directory/cert.pem");
    assert!(fails(&["serve", "--listen", "127.0.0.1:0", "--save-cert", &into], 2).contains("No such file"));
    assert!(fails(&["serve", "--cert", &cert], 2).contains("--key"));
}

#[test]
fn a_client_that_speaks_something_else_is_named() {
    let served = Served::start(&[]);
    // The start of a ClientHello.
    let hello = b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n";
    let mut client = served.client(hello);
    let _ = client.read_to_end(&mut Vec::new());
    assert!(served.logs("TLS").contains("--tls"));
    let served = Served::start(&["--tls"]);
    let mut client = served.client(served.request("/", "").as_bytes());
    let _ = client.read_to_end(&mut Vec::new());
    assert!(served.logs("TLS").contains("wss://"));
    // Both go on.
    assert!(
        head(&mut Served::start(&[]).client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            .starts_with("http/1.1 200 ")
    );
}
