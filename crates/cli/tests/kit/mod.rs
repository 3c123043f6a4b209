//! The parts that the tests of the tool share: the tool itself, and servers on loopback.
#![allow(dead_code)] // no test needs all of them

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{ServerOptions, accept};
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, Options, Role, WebSocket};

/// What the tool came to.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The tool, without what the environment of the test says.
pub(crate) fn tool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsupgrade"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
}

/// Runs the tool without input.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Done {
    run_with(arguments, b"")
}

/// Runs the tool with this input.
pub(crate) fn run_with<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Done {
    let mut command = tool();
    command.args(arguments);
    finish(command, input)
}

/// Runs a command with this input.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Done {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the tool");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writing = thread::spawn(move || {
        // The tool may end before it has read everything.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("an end");
    writing.join().expect("the writer");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Done { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs a server on a thread of its own, up to the end of the test. Each connection is given to `serve`.
pub(crate) fn serve<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tell, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            tell.send(listener.local_addr().expect("an address")).expect("the test");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
    });
    address.recv().expect("an address")
}

/// A server that answers every request with these bytes, closes, and waits for the client to do so.
pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    serve(move |mut stream| {
        let answer = answer.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
}

/// Reads a head, and no bytes behind it.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A port of loopback that nothing listens on.
pub(crate) fn free() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    listener.local_addr().expect("an address")
}

/// An echo server with the subprotocol `chat` and compression. The text `close me` has it close with 1011, `ping me`
/// has it send a ping, and `drop me` has it go without a word.
pub(crate) fn echo() -> SocketAddr {
    serve(|stream| async {
        echo_on(stream).await;
    })
}

/// The same over TLS.
pub(crate) fn echo_over_tls(authority: &Certificate) -> SocketAddr {
    let acceptor = authority.acceptor();
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                echo_on(stream).await;
            }
        }
    })
}

/// An echo server that also sends the texts that it is given here, to its first client.
pub(crate) fn pushing() -> (SocketAddr, UnboundedSender<&'static str>) {
    let (push, pushed) = unbounded_channel();
    let pushed = Mutex::new(Some(pushed));
    let address = serve(move |stream| {
        let pushed = pushed.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move {
            if let Some(pushed) = pushed {
                talk(stream, pushed).await;
            }
        }
    });
    (address, push)
}

pub(crate) async fn echo_on(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let (_open, pushed) = unbounded_channel();
    talk(stream, pushed).await;
}

/// Echoes, and sends what is pushed.
async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, mut pushed: UnboundedReceiver<&'static str>) {
    let deflate = PermessageDeflate::new(Codec::ZLIB);
    let options =
        ServerOptions::new().subprotocol("chat").and_then(|options| options.permessage_deflate(deflate));
    let Ok(upgraded) = accept(stream, &options.expect("options")).await else { return };
    let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
    let options = Options::default().with_balanced_compression();
    let socket = WebSocket::from_stream_with_extensions(
        upgraded.into_stream(),
        Role::Server,
        agreed.as_deref(),
        options,
    );
    let mut socket = socket.expect("a codec");
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame,
            Some(text) = pushed.recv() => Some(Frame::text(text)),
        };
        let Some(frame) = frame else { return };
        let frame = match (frame.opcode(), &frame.payload()[..]) {
            (OpCode::Text, b"close me") => Frame::close(CloseCode::Error, "as you wish"),
            (OpCode::Text, b"ping me") => Frame::ping("are you there"),
            (OpCode::Text, b"drop me") => return,
            (OpCode::Text | OpCode::Binary, _) => frame,
            _ => continue,
        };
        if socket.send(frame).await.is_err() {
            return;
        }
    }
}

/// `wsupgrade serve`, up to the end of the test.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn new(flags: &[&str]) -> Self {
        let mut command = tool();
        command.args([&["serve", "--listen", "localhost:0", "-q"], flags].concat()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the tool");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A self-signed certificate.
pub(crate) struct Certificate {
    certified: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Certificate {
    pub(crate) fn of(name: &str) -> Self {
        Self { certified: rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate") }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let key = self.certified.signing_key.serialize_pem();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth();
        let config =
            config.with_single_cert(vec![self.certified.cert.der().clone()], key).expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }

    /// Writes it to a file of this name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        file(name, self.certified.cert.pem())
    }
}

/// Writes a file for the test.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, content).expect("a file");
    path
}
