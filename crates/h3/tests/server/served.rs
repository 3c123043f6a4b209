//! A connection whose client has begun HTTP/3.

use quinn::SendStream;
use tokio::select;
use websocket_upgrade::{HandleError, ServerOptions};
use websocket_upgrade_h3::{Connection, Incoming};

use crate::kit::quic::Pair;
use crate::kit::raw::{Exchange, control, headers};

/// A connection, and its client.
pub(crate) struct Served {
    pub(crate) pair: Pair,
    pub(crate) connection: Connection,
    /// It must live as long as the connection.
    pub(crate) _control: SendStream,
}

impl Served {
    pub(crate) async fn new(options: &ServerOptions) -> Self {
        Self::of(options, |connection| connection).await
    }

    /// The same with a connection that `set` has changed.
    pub(crate) async fn of(options: &ServerOptions, set: impl FnOnce(Connection) -> Connection) -> Self {
        let pair = Pair::new().await;
        let connection = Connection::new(pair.server.clone(), options).await.expect("a connection");
        let control = control(&pair.client, &[]).await;
        Self { pair, connection: set(connection), _control: control }
    }

    /// Opens a stream, and sends these bytes.
    pub(crate) async fn open(&self, bytes: &[u8]) -> Exchange {
        Exchange::open(&self.pair.client, bytes).await
    }

    /// Sends a head with these lines.
    pub(crate) async fn send<N: AsRef<[u8]>, V: AsRef<[u8]>>(&self, lines: &[(N, V)]) -> Exchange {
        self.open(&headers(lines)).await
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Result<Incoming, HandleError> {
        self.connection.accept().await.expect("a request")
    }

    #[allow(dead_code)]
    /// The result of `work`, during which no request may come.
    pub(crate) async fn without_request<T>(&mut self, work: impl Future<Output = T>) -> T {
        select! {
            next = self.connection.accept() => panic!("{next:?}"),
            done = work => done,
        }
    }
}
