//! The servers of the tests, in memory and on loopback. They send given answers, and record requests.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, sink};
use tokio::net::TcpListener;
use websocket_upgrade::ClientOptions;
use websocket_upgrade::proto::key::Key;

use crate::certificates::{acceptor, trusting};

/// A frame that a server sends directly after its head.
pub(crate) const FRAME: &[u8] = b"\x81\x05hello";

/// A stream of any kind.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + ?Sized> Io for S {}

/// A request, and the server that it reached: a URI of the transport, or an address of loopback.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: String,
    pub(crate) head: String,
}

impl Asked {
    /// Returns method, request target and version.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the values of all lines of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// Returns the value of a field that has one line.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        match self.all(name)[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Makes the accepting response, with these lines.
    pub(crate) fn accept(&self, lines: &str) -> String {
        accept(&self.head, lines)
    }
}

/// Makes the response that accepts the request with this head, with these lines.
pub(crate) fn accept(head: &str, lines: &str) -> String {
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
    let value = Key::parse(key.as_bytes()).expect("the client's own key").accept_value();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: {}\r\n{lines}\r\n",
        std::str::from_utf8(value.as_bytes()).expect("ASCII")
    )
}

/// Makes a response that refuses.
pub(crate) fn refuse(status: u16, lines: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} No\r\nContent-Length: {}\r\n{lines}\r\n{body}", body.len())
}

/// Makes a redirect.
pub(crate) fn redirect(status: u16, location: &str) -> String {
    refuse(status, &format!("Location: {location}\r\n"), "")
}

/// Reads a head, and no bytes after it; `None` if there is no head.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).expect("ASCII"))
}

/// Binds a port on loopback, and returns its address.
pub(crate) async fn bind() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

type Answer = Arc<dyn Fn(&Asked, usize) -> String + Send + Sync>;

/// Servers that share a record of requests.
#[derive(Clone)]
pub(crate) struct Servers {
    answer: Answer,
    book: Arc<Mutex<Vec<Asked>>>,
}

impl Servers {
    /// They answer a request with the result of this function. Its number is the count of earlier requests.
    pub(crate) fn new(answer: impl Fn(&Asked, usize) -> String + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), book: Arc::default() }
    }

    /// They give these answers in order, and then accept.
    pub(crate) fn in_order(answers: &[String]) -> Self {
        let answers = answers.to_vec();
        Self::new(move |asked, count| answers.get(count).cloned().unwrap_or_else(|| asked.accept("")))
    }

    /// Returns the requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a client that reaches one of them in memory for every host, with TLS if the scheme requires it.
    pub(crate) fn client(&self) -> ClientOptions {
        let servers = self.clone();
        let transport =
            tower::service_fn(move |uri| std::future::ready(Ok::<_, Infallible>(servers.connect(uri))));
        ClientOptions::new().transport(transport).tls_config(trusting())
    }

    /// Connects to one of them in memory.
    pub(crate) fn connect(&self, uri: http::Uri) -> TokioIo<DuplexStream> {
        let (near, far) = duplex(1024);
        tokio::spawn(self.clone().serve(far, uri));
        TokioIo::new(near)
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, uri: http::Uri) {
        let at = uri.to_string().trim_end_matches('/').to_owned();
        if uri.scheme_str() == Some("https") {
            if let Ok(stream) = acceptor().accept(stream).await {
                self.talk(stream, at).await;
            }
        } else {
            self.talk(stream, at).await;
        }
    }

    /// Runs one of them on loopback, and returns its address.
    pub(crate) async fn listen(&self) -> String {
        let (listener, address) = bind().await;
        self.serve_on(listener);
        address
    }

    /// Runs one of them on this listener, for tests that need the address earlier.
    pub(crate) fn serve_on(&self, listener: TcpListener) {
        let servers = self.clone();
        let at = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(servers.clone().talk(stream, at.clone()));
            }
        });
    }

    async fn talk(self, mut stream: impl AsyncRead + AsyncWrite + Unpin, at: String) {
        let Some(head) = read_head(&mut stream).await else { return };
        let asked = Asked { at, head };
        let answer = {
            let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = (self.answer)(&asked, book.len());
            book.push(asked);
            answer
        };
        if stream.write_all(answer.as_bytes()).await.is_ok() && stream.shutdown().await.is_ok() {
            // The client may end it in any way.
            let _ = tokio::io::copy(&mut stream, &mut sink()).await;
        }
    }
}
