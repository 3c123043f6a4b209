//! The way from a URL to its stream as a service of tower's: the library's own, and the caller's.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
#[cfg(feature = "http2")]
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tower_service::Service;
use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use super::dial::{self, Alpn};
use super::stream::{ClientStream, Io, Stream, taken};
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::{Phase, Trace};
use crate::tokio::deadline;

/// The library's way from a URL to its stream, with name, addresses, proxy and TLS as the options say: a service that
/// is called with `ws`, `wss`, `http` or `https` and a host.
#[derive(Clone, Debug)]
pub struct Connector(Arc<ClientOptions>);

impl Connector {
    /// With these options' proxies, TLS and deadlines.
    pub fn new(options: impl Into<Arc<ClientOptions>>) -> Self {
        Self(options.into())
    }
}

impl Service<http::Uri> for Connector {
    type Response = TokioIo<ClientStream>;
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
            match dial::dial(&uri, &options, Alpn::Http11, &mut trace, &mut deadline).await {
                Ok(mut stream) => {
                    stream.keep(trace.arrived());
                    Ok(TokioIo::new(stream))
                }
                Err(reason) => Err(trace.failed(reason)),
            }
        })
    }
}

type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Io>, ConnectError>> + Send>>;

/// The caller's own way to a stream.
#[derive(Clone)]
pub(crate) struct Custom {
    connect: Arc<dyn Fn(http::Uri) -> Connecting + Send + Sync>,
    /// Whether TLS is a part of it.
    whole: bool,
}

impl Custom {
    pub(crate) fn new<C>(service: C, whole: bool) -> Self
    where
        C: Service<http::Uri> + Clone + Send + 'static,
        C::Response: Read + Write + Unpin + Send + 'static,
        C::Error: Into<Box<dyn Error + Send + Sync>>,
        C::Future: Send + 'static,
    {
        // A service is cloned for every call, and need not be one that threads share.
        let service = Mutex::new(service);
        let connect = move |uri| -> Connecting {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Box::pin(async move {
                poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
                let stream = service.call(uri).await.map_err(failed)?;
                Ok(Box::new(TokioIo::new(stream)) as Box<dyn Io>)
            })
        };
        Self { connect: Arc::new(connect), whole }
    }

    /// Whether it is the same, as a clone is.
    #[cfg(feature = "http2")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.whole == other.whole && ptr::addr_eq(Arc::as_ptr(&self.connect), Arc::as_ptr(&other.connect))
    }

    /// Whether TLS is a part of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The stream. One of the library's own stays what it is.
    pub(crate) async fn call(&self, uri: http::Uri) -> Result<ClientStream, ConnectError> {
        let stream = (self.connect)(uri).await?;
        Ok(match taken::<TokioIo<ClientStream>>(stream) {
            Ok(own) => own.into_inner(),
            Err(other) => ClientStream::new(Stream::Other(other)),
        })
    }
}

/// An error of the library's own stays what it is.
fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectError {
    match error.into().downcast::<ConnectError>() {
        Ok(own) => *own,
        Err(other) => {
            let mut trace = Trace::new();
            trace.enter(Phase::Connect);
            // One of IO has a kind.
            let error = other.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error);
            trace.failed(ConnectReason::Connect(error))
        }
    }
}
