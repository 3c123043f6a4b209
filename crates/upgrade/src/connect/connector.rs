//! The library's own connector, as a service of tower's.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;
use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use super::client_stream::ClientStream;
use super::network::connect;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::trace::Trace;
use crate::options::Alpn;
use crate::tokio::deadline;

/// The library's own connector as a tower service. It is called with a URI of scheme `ws`, `wss`, `http` or `https`,
/// and does name lookup, proxy and TLS as the options say.
#[derive(Clone, Debug)]
pub struct Connector(Arc<ClientOptions>);

impl Connector {
    /// A connector with these options' proxies, TLS and deadlines.
    pub fn new(options: impl Into<Arc<ClientOptions>>) -> Self {
        Self(options.into())
    }
}

impl Service<http::Uri> for Connector {
    type Response = ClientStream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: http::Uri) -> Self::Future {
        let options = Arc::clone(&self.0);
        Box::pin(async move {
            let mut trace = Trace::new();
            let scheme = match uri.scheme_str() {
                Some("https" | "wss") => "wss",
                _ => "ws",
            };
            let url = format!("{scheme}://{}/", uri.authority().map_or("", |authority| authority.as_str()));
            let uri = match Uri::parse(&url) {
                Ok(uri) => uri,
                Err(error) => return Err(trace.failed(ConnectReason::Uri(error))),
            };
            let mut deadline = deadline(options.time());
            match connect(&uri, &options, Alpn::Http11, &mut trace, &mut deadline).await {
                Ok(mut stream) => {
                    stream.keep(trace.finish());
                    Ok(stream)
                }
                Err(reason) => Err(trace.failed(reason)),
            }
        })
    }
}
