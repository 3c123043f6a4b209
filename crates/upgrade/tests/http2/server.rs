//! A network in memory with a server at its other end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::service_fn;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientOptions, ClientStream, ConnectError, ReplayStream, ResponseHead, Upgraded};

pub(crate) const URL: &str = "ws://server.example.com/chat";

/// A WebSocket.
pub(crate) type Opened = Upgraded<ClientStream, ResponseHead>;

/// The other ends of the connections.
pub(crate) type Connections = mpsc::UnboundedReceiver<DuplexStream>;

/// Makes options that connect in memory for every host.
pub(crate) fn network() -> (ClientOptions, Connections) {
    network_of(|client| client)
}

/// As [`network`], with something around the client's end.
pub(crate) fn network_of<S: Io>(
    around: impl Fn(DuplexStream) -> S + Clone + Send + 'static,
) -> (ClientOptions, Connections) {
    let (sender, connections) = mpsc::unbounded_channel();
    let transport = service_fn(move |_: Uri| {
        let (client, server) = duplex(64 * 1024);
        let connected = sender.send(server).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused));
        let client = TokioIo::new(around(client));
        async { connected.map(|()| client) }
    });
    (ClientOptions::new().transport(transport), connections)
}

/// Returns what a future gives, in simulated time. A future that hangs fails the test.
pub(crate) async fn ends<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(3600), future).await.expect("it does not end")
}

/// A server with extended CONNECT that leaves everything else to the test.
pub(crate) struct Server {
    requests: mpsc::UnboundedReceiver<Asked>,
    commands: mpsc::UnboundedSender<Command>,
    serving: JoinHandle<()>,
}

/// A stream of bytes.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for S {}

/// A request, and the means to answer it.
pub(crate) struct Asked {
    pub(crate) request: Request<RecvStream>,
    pub(crate) respond: SendResponse<Bytes>,
}

enum Command {
    GoAway,
    Abort(Reason),
    Freeze,
}

impl Server {
    pub(crate) async fn on(io: impl Io) -> Self {
        Self::with(io, Builder::new().enable_connect_protocol()).await
    }

    pub(crate) async fn with(io: impl Io, builder: &Builder) -> Self {
        let connection = builder.handshake(io).await.expect("a client's preface");
        let (sender, requests) = mpsc::unbounded_channel();
        let (commands, receiver) = mpsc::unbounded_channel();
        Self { requests, commands, serving: tokio::spawn(serve(connection, sender, receiver)) }
    }

    /// Returns the next request.
    pub(crate) async fn asked(&mut self) -> Asked {
        ends(self.requests.recv()).await.expect("a request")
    }

    /// Accepts the next request.
    pub(crate) async fn accept(&mut self) -> Pipe {
        self.asked().await.accept(Response::new(()))
    }

    /// Returns the next request, or `None` if there will be none.
    pub(crate) async fn next(&mut self) -> Option<Asked> {
        ends(self.requests.recv()).await
    }

    /// Returns whether there is a request that the test has not taken yet.
    pub(crate) fn is_asked(&mut self) -> bool {
        !self.requests.is_empty()
    }

    /// Accepts no more requests.
    pub(crate) fn go_away(&self) {
        self.commands.send(Command::GoAway).expect("a connection");
    }

    /// Ends the connection at once.
    pub(crate) fn abort(&self, reason: Reason) {
        self.commands.send(Command::Abort(reason)).expect("a connection");
    }

    /// Stops reading and writing, and keeps the connection.
    pub(crate) fn freeze(&self) {
        self.commands.send(Command::Freeze).expect("a connection");
    }

    /// Waits until the client has ended the connection.
    pub(crate) async fn ended(self) {
        ends(self.serving).await.expect("no panic");
    }

    /// As [`Server::ended`], and checks that there was no request.
    pub(crate) async fn ended_unasked(mut self) {
        assert!(self.next().await.is_none());
        ends(self.serving).await.expect("no panic");
    }

    /// Accepts everything, and echoes.
    pub(crate) fn echo(mut self) -> JoinHandle<()> {
        tokio::spawn(async move {
            while let Some(asked) = self.requests.recv().await {
                tokio::spawn(asked.accept(Response::new(())).echo());
            }
            self.serving.await.expect("no panic");
        })
    }
}

async fn serve(
    mut connection: Connection<impl Io, Bytes>,
    requests: mpsc::UnboundedSender<Asked>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let mut frozen = false;
    poll_fn(|context| {
        while let Poll::Ready(Some(command)) = commands.poll_recv(context) {
            match command {
                Command::GoAway => connection.graceful_shutdown(),
                Command::Abort(reason) => connection.abrupt_shutdown(reason),
                Command::Freeze => frozen = true,
            }
        }
        if frozen {
            return Poll::Pending;
        }
        loop {
            match connection.poll_accept(context) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    let _nobody_asks = requests.send(Asked { request, respond });
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

impl Asked {
    /// Answers, and keeps the stream.
    pub(crate) fn accept(mut self, response: Response<()>) -> Pipe {
        let sending = self.respond.send_response(response, false).expect("an open stream");
        Pipe { sending, receiving: self.request.into_body() }
    }
}

/// The server's end of a stream.
pub(crate) struct Pipe {
    pub(crate) sending: SendStream<Bytes>,
    pub(crate) receiving: RecvStream,
}

impl Pipe {
    /// Returns the next bytes, and opens the window by as many; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, h2::Error>> {
        let data = ends(self.receiving.data()).await?;
        Some(data.inspect(|data| {
            self.receiving.flow_control().release_capacity(data.len()).expect("no more than was received");
        }))
    }

    /// Reads everything up to the end.
    pub(crate) async fn read_to_end(&mut self) -> Result<Vec<u8>, h2::Error> {
        let mut all = Vec::new();
        while let Some(data) = self.next().await {
            all.extend_from_slice(&data?);
        }
        Ok(all)
    }

    /// Sends bytes as the window allows. Fails if the client stops.
    pub(crate) async fn send(&mut self, mut bytes: Bytes) -> Result<(), h2::Error> {
        while !bytes.is_empty() {
            let room = self.room(bytes.len()).await?;
            self.sending.send_data(bytes.split_to(room), false)?;
        }
        Ok(())
    }

    /// Waits until some of `wanted` bytes may be sent, and returns how many.
    pub(crate) async fn room(&mut self, wanted: usize) -> Result<usize, h2::Error> {
        self.sending.reserve_capacity(wanted);
        while self.sending.capacity() == 0 {
            match ends(poll_fn(|context| self.sending.poll_capacity(context))).await {
                Some(room) => room?,
                None => return Err(Reason::STREAM_CLOSED.into()),
            };
        }
        Ok(self.sending.capacity().min(wanted))
    }

    /// Ends the server's side.
    pub(crate) fn end(&mut self) {
        self.sending.send_data(Bytes::new(), true).expect("an open stream");
    }

    /// Echoes everything, and then the end.
    pub(crate) async fn echo(mut self) {
        while let Some(Ok(data)) = self.next().await {
            if self.send(data).await.is_err() {
                return;
            }
        }
        let _ = self.sending.send_data(Bytes::new(), true);
    }
}

/// Makes a session, and returns it with the server at its other end.
pub(crate) async fn connected(options: &ClientOptions, connections: &mut Connections) -> (Session, Server) {
    connected_with(options, connections, Builder::new().enable_connect_protocol()).await
}

pub(crate) async fn connected_with(
    options: &ClientOptions,
    connections: &mut Connections,
    builder: &Builder,
) -> (Session, Server) {
    let serving = async {
        let io = connections.recv().await.expect("a connection");
        Server::with(io, builder).await
    };
    let (session, server) = tokio::join!(Session::connect(URL, options), serving);
    let session = session.expect("HTTP/2");
    assert!(session.is_http2());
    (session, server)
}

/// Opens another WebSocket, and returns it with the server's end.
pub(crate) async fn opened(
    session: &Session,
    options: &ClientOptions,
    server: &mut Server,
) -> (ReplayStream<ClientStream>, Pipe) {
    let (opened, pipe) = tokio::join!(session.open(URL, options), server.accept());
    (opened.expect("accepted").into_stream(), pipe)
}

/// Returns the result of a request that the server answers like this.
pub(crate) async fn answered(
    change: impl FnOnce(ClientOptions) -> ClientOptions,
    answer: impl AsyncFnOnce(Asked),
) -> Result<Opened, ConnectError> {
    let (options, mut connections) = network();
    let options = change(options);
    let (session, mut server) = connected(&options, &mut connections).await;
    let mut answering = pin!(async { answer(server.asked().await).await });
    let mut opening = pin!(session.open(URL, &options));
    tokio::select! {
        done = &mut opening => {
            // If the request is not accepted, the server sees the end of its stream.
            if done.is_err() {
                answering.await;
            }
            done
        }
        () = &mut answering => opening.await,
    }
}

/// Writes a text, and reads it back.
pub(crate) async fn echoes(stream: &mut ReplayStream<ClientStream>, text: &[u8]) {
    let mut back = vec![0; text.len()];
    let (mut reader, mut writer) = tokio::io::split(stream);
    let writing = async {
        writer.write_all(text).await?;
        writer.flush().await
    };
    ends(async { tokio::try_join!(reader.read_exact(&mut back), writing) }).await.expect("an open stream");
    assert_eq!(back, text);
}
