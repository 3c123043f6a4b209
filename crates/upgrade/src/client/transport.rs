//! A connector of the caller's: any service of tower's.

use std::any::Any;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
#[cfg(feature = "http2")]
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use super::error::ConnectError;
use super::reason::ConnectReason;
use super::report::Phase;
use super::trace::Trace;

/// A stream of any kind.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for S {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Io>, ConnectError>> + Send>>;

/// A connector of the caller's, with its type erased.
#[derive(Clone)]
pub(crate) struct Custom {
    connect: Arc<dyn Fn(http::Uri) -> Connecting + Send + Sync>,
    /// Whether TLS is a part of it.
    includes_tls: bool,
}

impl Custom {
    pub(crate) fn new<C>(service: C, includes_tls: bool) -> Self
    where
        C: Service<http::Uri> + Clone + Send + 'static,
        C::Response: Read + Write + Unpin + Send + 'static,
        C::Error: Into<Box<dyn Error + Send + Sync>>,
        C::Future: Send + 'static,
    {
        // The service is cloned for every call. The mutex makes it `Sync`.
        let service = Mutex::new(service);
        let connect = move |uri| -> Connecting {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Box::pin(async move {
                poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
                let stream = service.call(uri).await.map_err(failed)?;
                Ok(Box::new(TokioIo::new(stream)) as Box<dyn Io>)
            })
        };
        Self { connect: Arc::new(connect), includes_tls }
    }

    /// Whether it is the same, as a clone is.
    #[cfg(feature = "http2")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.includes_tls == other.includes_tls
            && ptr::addr_eq(Arc::as_ptr(&self.connect), Arc::as_ptr(&other.connect))
    }

    /// Whether TLS is a part of it.
    pub(crate) fn includes_tls(&self) -> bool {
        self.includes_tls
    }

    /// Calls the service.
    pub(crate) async fn call(&self, uri: http::Uri) -> Result<Box<dyn Io>, ConnectError> {
        (self.connect)(uri).await
    }
}

/// Keeps an error of the library's own as it is.
fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectError {
    match error.into().downcast::<ConnectError>() {
        Ok(own) => *own,
        Err(other) => {
            let mut trace = Trace::new();
            trace.enter(Phase::Connect);
            // An IO error keeps its kind.
            let error = other.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error);
            trace.failed(ConnectReason::Connect(error))
        }
    }
}

/// The stream in the box, if it is one of this type.
pub(crate) fn taken<S: 'static>(stream: Box<dyn Io>) -> Result<S, Box<dyn Io>> {
    // `*stream` is the value in the box. The box itself implements `Io`, too.
    if !(*stream).as_any().is::<TokioIo<S>>() {
        return Err(stream);
    }
    match Io::into_any(stream).downcast::<TokioIo<S>>() {
        Ok(stream) => Ok(stream.into_inner()),
        Err(_) => unreachable!("it was looked at"),
    }
}
